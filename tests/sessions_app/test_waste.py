"""What was drawn and not given is accounted for, and somebody else saw it wasted."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.models import User
from clinic.problems import Conflict, Invalid
from clinic.transactions import violated_constraint
from sessions_app import recording
from sessions_app.infusing import stopping, waste
from sessions_app.infusing.waste import Wasted
from sessions_app.leaving import discharge
from sessions_app.models import Session, Waste, WasteWitness
from tests.cast import House, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT

AFTER = STOPPED_AT + timedelta(minutes=5)


def keep(
    house: House,
    session: Session,
    drawn: str,
    wasted: str,
    *,
    vial: str = "LOT 7",
    now: datetime = AFTER,
    **options: Any,
) -> Waste:
    return waste.waste(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        wasted=Wasted(vial=vial, drawn_mg=Decimal(drawn), wasted_mg=Decimal(wasted)),
        now=now,
        **options,
    )


def witness(house: House, session: Session, line: Waste, who: User, **options: Any) -> WasteWitness:
    return waste.witness(
        actor=house.actor(who), id=new_id(), session=session, waste=line.pk, **{"now": AFTER, **options}
    )


@pytest.mark.parametrize(
    ("drawn", "wasted", "field"),
    [("0", "0", "drawn_mg"), ("50", "50.1", "wasted_mg"), ("50", "-0.1", "wasted_mg")],
)
def test_amounts_that_cannot_be_name_their_field(house: House, drawn: str, wasted: str, field: str) -> None:
    session = stories.recovering(house)
    with pytest.raises(Invalid) as refused:
        keep(house, session, drawn, wasted)
    assert field in [error["field"] for error in refused.value.data["errors"]]


def test_a_waste_names_its_vial(house: House) -> None:
    with pytest.raises(Invalid, match="lot or serial"):
        keep(house, stories.recovering(house), "50", "15", vial=" ")


@pytest.mark.parametrize(("wasted", "refused"), [("15.0", False), ("15.3", False), ("15.4", True)])
def test_given_and_wasted_are_what_was_drawn_but_for_rounding(
    house: House, wasted: str, refused: bool
) -> None:
    """35 of 50 mg were given. A syringe of 50 mg/mL is read to 0.01 mL: half of that is 0.25 mg."""
    session = stories.recovering(house)
    if refused:
        with pytest.raises(Invalid, match=r"Given \(35 mg\) and wasted \(15\.4 mg\) are more than the 50 mg"):
            keep(house, session, "50", wasted)
    else:
        keep(house, session, "50", wasted)


def test_after_an_early_stop_the_rest_of_the_bag_can_be_wasted(house: House) -> None:
    session = stories.infusing(house)
    keep(house, session, "50", "15", now=STARTED_AT + timedelta(minutes=1))
    # It runs: what is in the bag isn't there to be wasted, nor was it given.
    with pytest.raises(Invalid, match=r"8\.8 mg were given so far, the rest of 35 mg is in the bag"):
        keep(house, session, "50", "20", now=STARTED_AT + timedelta(minutes=10))
    stopping.stop(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        early=True,
        reason="Distress",
        now=STARTED_AT + timedelta(minutes=20),
    )
    keep(house, session, "50", "17.5")
    found = waste.account(stories.fresh(session), AFTER)
    assert found is not None
    assert (found.drawn_mg, found.given_mg, found.wasted_mg) == (
        Decimal(50),
        Decimal("17.5"),
        Decimal("32.5"),
    )
    assert found.unaccounted_mg == 0


def test_two_vials_add_up_and_one_vial_told_twice_does_not(house: House) -> None:
    session = stories.recovering(house)
    keep(house, session, "50", "15")
    with pytest.raises(Invalid):
        keep(house, session, "50", "10", vial="lot 7 ")
    keep(house, session, "20", "20", vial="LOT 8")
    found = waste.account(stories.fresh(session), AFTER)
    assert found is not None
    assert (found.drawn_mg, found.wasted_mg, found.unaccounted_mg) == (Decimal(70), Decimal(35), Decimal(0))


def test_of_one_vial_no_more_is_wasted_than_was_drawn_from_it(house: House) -> None:
    session = stories.recovering(house)
    keep(house, session, "100", "5", vial="LOT 8")  # the drug of which the other vial has none left
    keep(house, session, "50", "49")
    with pytest.raises(Invalid, match="all that was wasted of this vial"):
        keep(house, session, "50", "5", vial="lot 7")


@pytest.mark.parametrize("vial", ["\uff2c\uff2f\uff34 7", "LOT7", "LOT\u00a07"])
def test_one_vial_is_not_two_when_its_number_is_typed_otherwise(house: House, vial: str) -> None:
    """In wide letters, without its space or with another."""
    session = stories.recovering(house)
    keep(house, session, "50", "15")
    with pytest.raises(Invalid, match="all that was wasted of this vial"):
        keep(house, session, "50", "50", vial=vial)
    keep(house, session, "50", "50", vial="LOT-7")


def test_a_vials_number_holds_nothing_that_nobody_sees(house: House) -> None:
    with pytest.raises(Invalid, match="without characters that can't be seen"):
        keep(house, stories.recovering(house), "50", "15", vial="LOT 7\u200b")


def test_a_correction_that_names_another_vial_leaves_no_impossible_one_behind(house: House) -> None:
    """Two lines of one vial: the one that told how much was drawn from it was of another."""
    session = stories.recovering(house)
    wrong = keep(house, session, "100", "5")
    keep(house, session, "20", "15")
    keep(house, session, "20", "15")
    with pytest.raises(Invalid, match="all that was wasted of this vial"):
        keep(house, session, "100", "5", vial="LOT 8", corrects=wrong.pk, correction_reason="The other vial")


def test_a_corrected_waste_no_longer_counts(house: House) -> None:
    session = stories.recovering(house)
    wrong = keep(house, session, "50", "5")
    right = keep(house, session, "50", "15", corrects=wrong.pk, correction_reason="Misread")
    found = waste.account(stories.fresh(session), AFTER)
    assert found is not None
    assert (right.corrects, found.wasted_mg) == (wrong, Decimal(15))


# --- The witness -------------------------------------------------------------------------------------------


def test_somebody_else_witnesses_and_only_once(house: House) -> None:
    session = stories.recovering(house)
    line = keep(house, session, "50", "15")
    assert waste.unwitnessed(session) == [line]
    seen = witness(house, session, line, house.priya)
    assert (seen.waste, seen.recorded_by) == (line, house.priya)
    assert waste.unwitnessed(session) == []
    with pytest.raises(Conflict, match="Priya Nair has witnessed") as refused:
        witness(house, session, line, house.priya)
    assert refused.value.code == "witnessed"


def test_whoever_wasted_it_is_no_witness(house: House) -> None:
    session = stories.recovering(house)
    line = keep(house, session, "50", "15")
    with pytest.raises(Conflict) as refused:
        witness(house, session, line, house.nils)
    assert refused.value.code == "second_person"
    assert waste.unwitnessed(session) == [line]


def test_the_database_refuses_the_same_person_as_witness(house: House) -> None:
    session = stories.recovering(house)
    line = keep(house, session, "50", "15")
    current = stories.fresh(session)
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        WasteWitness.objects.create(
            id=new_id(), waste=line, **recording.entry(current, actor=house.actor(house.nils), now=AFTER)
        )
    assert violated_constraint(refused.value) == "second_person"


def test_a_corrected_waste_wants_a_witness_of_its_own(house: House) -> None:
    session = stories.recovering(house)
    wrong = keep(house, session, "50", "5")
    witness(house, session, wrong, house.priya)
    right = keep(house, session, "50", "15", corrects=wrong.pk, correction_reason="Misread")
    assert waste.unwitnessed(session) == [right]


def test_what_does_not_stand_and_what_is_elsewhere_is_not_witnessed(house: House) -> None:
    session, omars = stories.recovering(house), stories.recovering(house, house.omar)
    wrong = keep(house, session, "50", "5")
    keep(house, session, "50", "15", corrects=wrong.pk, correction_reason="Misread")
    with pytest.raises(Conflict) as refused:
        witness(house, session, wrong, house.priya)
    assert refused.value.code == "waste_corrected"
    with pytest.raises(Invalid, match="no such waste"):
        witness(house, omars, wrong, house.priya)


# --- The account at the signature --------------------------------------------------------------------------


def gone_home(house: House) -> Session:
    """Nothing is said about a vial yet."""
    session = stories.observed(house)
    at = session.arrived_at + timedelta(minutes=120)
    discharge.discharge(
        actor=house.actor(house.nils), id=new_id(), session=session, assessment=stories.FIT, now=at
    )
    return stories.fresh(session)


def test_a_record_is_signed_when_every_milligram_is_accounted_for(house: House) -> None:
    session = gone_home(house)
    assert waste.unmet_at_signing(session) == {
        "drug_accounted": "35 mg were given, and no vial is on record: enter each."
    }
    line = keep(house, session, "50", "13")
    witness(house, session, line, house.priya)
    with pytest.raises(Conflict) as refused:
        stories.sign(house, session)
    [blocker] = refused.value.data["blockers"]
    assert blocker == {
        "code": "drug_accounted",
        "detail": "Account for what was drawn: it was given or wasted. "
        "50 mg drawn, 35 mg given, 13 mg wasted: 2 mg are unaccounted for.",
    }
    right = keep(house, session, "50", "15", corrects=line.pk, correction_reason="Misread")
    assert waste.unmet_at_signing(session) == {"waste_witnessed": "Open: 1."}
    witness(house, session, right, house.priya)
    assert stories.sign(house, session).version == 1


@pytest.mark.parametrize(("wasted", "unmet"), [("14.7", False), ("14.6", True)])
def test_the_account_holds_but_for_rounding(house: House, wasted: str, unmet: bool) -> None:
    session = gone_home(house)
    keep(house, session, "50", wasted)
    assert ("drug_accounted" in waste.unmet_at_signing(session)) is unmet


def test_a_vial_of_which_nothing_was_wasted_has_nothing_to_be_seen(house: House) -> None:
    session = gone_home(house)
    keep(house, session, "35", "0")
    assert waste.unmet_at_signing(session) == {}


def test_where_nothing_was_given_a_vial_that_was_opened_is_accounted_for(house: House) -> None:
    session = stories.prepared(house)
    stopping.not_given(
        actor=house.actor(house.nils), id=new_id(), session=session, reason="Fever", now=STARTED_AT
    )
    session = stories.fresh(session)
    assert waste.unmet_at_signing(session) == {}
    keep(house, session, "50", "40")
    assert "10 mg are unaccounted for" in waste.unmet_at_signing(session)["drug_accounted"]


def test_what_no_vial_accounts_for_yet_is_told_once_the_pump_stands(house: House) -> None:
    assert waste.still_to_tell(stories.infusing(house, house.omar)) is None
    session = stories.recovering(house)
    assert waste.still_to_tell(session) == Decimal(35)
    keep(house, session, "50", "15")
    assert waste.still_to_tell(session) == 0
