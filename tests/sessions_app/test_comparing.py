"""Two signed versions side by side, and each kind of line amended."""

import json
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest

from clinic.models import Allergy, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.signin import Proof
from sessions_app.infusing import medicines
from sessions_app.leaving import discharge
from sessions_app.lines import PARTS
from sessions_app.models import Session, SignedRecord
from sessions_app.observing import side_effects
from sessions_app.signing import amending, compared_words, signing
from sessions_app.signing.comparing import Change, compare
from sessions_app.signing.frozen import Frozen
from sessions_app.signing.verification import verify_chain
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.behind import behind_the_triggers, full

LATER = stories.HOME_AT + timedelta(hours=20)


def amend(house: House, session: Session, *corrections: amending.Correction) -> SignedRecord:
    return signing.amend(
        actor=house.actor(house.nils),
        id=new_id(),
        session=session,
        reason="Read the paper again",
        corrections=corrections,
        proof=Proof(PASSWORD),
        now=LATER,
    )


def correction(content: Any, corrects: Any = None) -> amending.Correction:
    return amending.Correction(id=new_id(), content=content, corrects=corrects)


def changes(session: Session, first: int = 1, second: int = 2) -> list[Change]:
    versions = {signed.version: signed.content for signed in session.signed_records.all()}
    return compare(versions[first], versions[second])


def in_words(session: Session, change: Change) -> list[tuple[str, str, str]]:
    newest = session.signed_records.latest("version")
    return compared_words.rows(change, Frozen(json.loads(newest.content)))


# By the order set as much as one session here ever has of it.
ONDANSETRON = {"medicine": "ondansetron", "amount": "12", "unit": "mg", "route": "IV", "reason": "Nausea"}
MEDICINE = amending.Medicine(
    medicine="ondansetron",
    amount=Decimal("8"),
    unit="mg",
    route="IV",
    given_at=NOW + timedelta(minutes=30),
    reason="Nausea",
)
AMENDED = {
    "vital_signs": stories.calm(NOW + timedelta(minutes=10), systolic_mmhg=132),
    "side_effects": side_effects.Report(
        term="vomiting", grade=1, onset_at=NOW + timedelta(minutes=30), action="Basin"
    ),
    "checklist": amending.ChecklistNote(note="Kim Reyes, 312 555 0101"),
    "medicines": MEDICINE,
    "wastes": amending.Wasted(vial="LOT-8", drawn_mg=Decimal("50"), wasted_mg=Decimal("15")),
    "notes": amending.Note(text="Slept through all of it."),
    "discharge": amending.DischargeFacts(escort_name="Kim Reyes", instructions_given=True, iv_removed=True),
}
# Of another vial, of which nothing was given.
LATE_WASTE = amending.Wasted(vial="LOT-8", drawn_mg=Decimal("12"), wasted_mg=Decimal("12"))


@pytest.mark.parametrize("part", AMENDED)
def test_each_kind_of_line_can_be_amended_and_the_two_versions_read_beside_each_other(
    house: House, part: str
) -> None:
    stories.active_protocol(house, prn_medicines=[ONDANSETRON])
    session = full(house)
    stories.sign(house, session)
    lines: Any = PARTS[part]._default_manager
    line = lines.filter(session=session).earliest("recorded_at", "id")
    amend(house, session, correction(AMENDED[part], line.pk))
    [change] = changes(session)
    assert (change.what, change.part) == ("changed", part)
    assert change.before is not None
    assert change.before["id"] == str(line.pk)
    assert change.fields_changed
    assert verify_chain(patient=house.rosa) is None


def test_what_an_amendment_leaves_out_stays_as_it_was_signed(house: House) -> None:
    session = stories.observed(house)
    ordered = medicines.Medicine(
        medicine="ondansetron",
        amount=Decimal("4"),
        unit="mg",
        route="IV",
        given_at=NOW + timedelta(minutes=30),
        reason="Nausea",
        ordered_by_id=house.priya.pk,
    )
    now = session.arrived_at + timedelta(minutes=120)
    nils = house.actor(house.nils)
    given = medicines.give(actor=nils, id=new_id(), session=session, medicine=ordered, now=now)
    discharge.discharge(actor=nils, id=new_id(), session=session, assessment=stories.FIT, now=now)
    session = stories.fresh(session)
    stories.account_for_the_vial(house, session, at=now)
    stories.sign(house, session)
    home = session.discharges.get()
    amend(
        house,
        session,
        correction(AMENDED["medicines"], given.pk),
        correction(amending.DischargeFacts(escort_name="Kim Reyes", instructions_given=True), home.pk),
    )
    assert session.medicines_given.get(corrects=given).ordered_by == house.priya
    assert session.discharges.get(corrects=home).escort_seen


@pytest.mark.parametrize("part", AMENDED)
def test_a_late_entry_is_added_and_what_cannot_be_late_is_not(house: House, part: str) -> None:
    stories.active_protocol(house, prn_medicines=[ONDANSETRON])
    session = full(house)
    stories.sign(house, session)
    late = correction(LATE_WASTE if part == "wastes" else AMENDED[part])
    if part in ("checklist", "discharge"):
        with pytest.raises(Invalid, match=r"corrections.0.corrects"):
            amend(house, session, late)
        return
    amend(house, session, late)
    [change] = changes(session)
    assert (change.what, change.part, change.before) == ("added", part, None)
    assert verify_chain(patient=house.rosa) is None


@pytest.mark.parametrize(
    ("content", "field"),
    [
        (amending.Note(text=" "), "text"),
        (amending.Wasted(vial="L", drawn_mg=Decimal(5), wasted_mg=Decimal(6)), "wasted_mg"),
        (amending.Wasted(vial=" ", drawn_mg=Decimal(5), wasted_mg=Decimal(5)), "vial"),
    ],
)
def test_a_line_of_an_amendment_that_cannot_be_is_named_at_its_place(
    house: House, content: Any, field: str
) -> None:
    session = stories.signed(house)
    with pytest.raises(Invalid) as refused:
        amend(house, session, correction(content))
    assert refused.value.data["errors"][0]["field"] == f"corrections.0.{field}"


def test_the_scores_of_a_discharge_stay_what_it_went_by(house: House) -> None:
    session = stories.signed(house)
    before = session.discharges.get()
    amend(house, session, correction(AMENDED["discharge"], before.pk))
    after = session.discharges.get(corrects=before)
    assert after.escort_name == "Kim Reyes"
    assert after.intake_score == before.intake_score
    assert after.recorded_at == LATER


def test_looked_at_the_other_way_round_what_was_added_is_withdrawn(house: House) -> None:
    session = stories.signed(house)
    amend(house, session, correction(amending.Note(text="She called.")))
    [change] = changes(session, 2, 1)
    assert (change.what, change.part, change.after) == ("withdrawn", "notes", None)


def test_a_line_corrected_twice_is_one_change_from_the_first_version_to_the_third(house: House) -> None:
    session = stories.signed(house)
    first = session.vital_signs.earliest("recorded_at")
    once = correction(stories.calm(first.measured_at, systolic_mmhg=132), first.pk)
    amend(house, session, once)
    amend(house, session, correction(stories.calm(first.measured_at, systolic_mmhg=134), once.id))
    [change] = changes(session, 1, 3)
    assert in_words(session, change) == [("Systolic pressure", "122 mmHg", "134 mmHg")]
    [back] = changes(session, 3, 1)
    assert in_words(session, back) == [("Systolic pressure", "134 mmHg", "122 mmHg")]


def test_what_differs_is_told_in_the_fields_words(house: House) -> None:
    session = stories.signed(house)
    home, wasted = session.discharges.get(), session.wastes.get()
    more = amending.Wasted(vial="LOT 7", drawn_mg=Decimal("50"), wasted_mg=Decimal("15"), reason="Left over")
    amend(house, session, correction(AMENDED["discharge"], home.pk), correction(more, wasted.pk))
    told = [row for change in changes(session) for row in in_words(session, change)]
    assert ("Adult who took the patient home", "Sam Reyes", "Kim Reyes") in told
    assert ("Reason", "Rest of the vial", "Left over") in told
    assert "Their phone" not in [name for name, _, _ in told], "what an amendment leaves out stays"
    late = side_effects.Report(term="vomiting", grade=1, onset_at=NOW + timedelta(minutes=30))
    amend(house, session, correction(late))
    [added] = changes(session, 2, 3)
    rows = {name: after for name, _, after in in_words(session, added)}
    assert (rows["What"], rows["Began at"]) == ("Vomiting", "2027-01-11 09:30")


def test_a_version_compared_with_itself_has_no_change(house: House) -> None:
    session = full(house)
    stories.sign(house, session)
    assert changes(session, 1, 1) == []


def test_the_api_compares_two_versions_and_knows_which_there_are(house: House) -> None:
    session = stories.signed(house)
    amend(house, session, correction(amending.Note(text="She called.")))
    client = client_of(house.nils)
    address = f"/api/v1/sessions/{session.pk}/record/compare/"
    [change] = client.get(address, {"from": 1, "to": 2}).json()
    assert (change["what"], change["part"], change["after"]["text"]) == ("added", "notes", "She called.")
    assert client.get(address, {"from": 1, "to": 3}).status_code == 404
    assert client.get(address, {"to": 2}).status_code == 400


def refusal(house: House, late: Any) -> Invalid:
    """What is said against such a line of an amendment, with 4 mg of 12 given by the order set."""
    stories.active_protocol(house, prn_medicines=[ONDANSETRON])
    session = full(house)
    stories.sign(house, session)
    with pytest.raises(Invalid) as refused:
        amend(house, session, correction(late))
    return refused.value


@pytest.mark.parametrize(
    ("past", "field"),
    [
        ({"amount": Decimal("9")}, "amount"),
        ({"medicine": "Otherol"}, "ordered_by"),
        ({"route": "oral"}, "route"),
    ],
)
def test_a_late_medicine_past_the_order_set_needs_a_prescriber(
    house: House, past: dict[str, Any], field: str
) -> None:
    late = replace(MEDICINE, **past)
    [error] = refusal(house, late).data["errors"]
    assert error["field"] == f"corrections.0.{field}"


def test_a_late_medicine_was_given_before_the_patient_went_home(house: House) -> None:
    late = replace(MEDICINE, given_at=stories.HOME_AT + timedelta(seconds=1), amount=Decimal("4"))
    [error] = refusal(house, late).data["errors"]
    assert (error["field"], error["detail"]) == (
        "corrections.0.given_at",
        "The patient had gone home by this moment.",
    )


def test_a_late_medicine_asks_about_an_allergy_on_record(house: House) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Ondansetron")
    [error] = refusal(house, AMENDED["medicines"]).data["errors"]
    assert (error["field"], error["code"]) == ("corrections.0.allergy_reason", "confirm")


def test_no_amendment_wastes_what_was_given(house: House) -> None:
    much = amending.Wasted(vial="LOT 7", drawn_mg=Decimal("50"), wasted_mg=Decimal("1"))
    assert "are more than the 50 mg drawn" in str(refusal(house, much).data)


@pytest.mark.parametrize(("drawn", "wasted"), [("50.0", "0.0"), ("999999.9", "999000.0"), ("50", "49.6")])
def test_an_amendment_leaves_no_milligram_unaccounted_for(house: House, drawn: str, wasted: str) -> None:
    session = stories.signed(house)
    late = amending.Wasted(vial="V9", drawn_mg=Decimal(drawn), wasted_mg=Decimal(wasted))
    with pytest.raises(Conflict, match="mg are unaccounted for") as refused:
        amend(house, session, correction(late))
    assert [blocker["code"] for blocker in refused.value.data["blockers"]] == ["drug_accounted"]
    assert (session.wastes.count(), session.signed_records.count()) == (1, 1)


def test_the_wastes_of_one_amendment_are_accounted_for_together_whatever_their_order(house: House) -> None:
    """Of the 35 mg that were given 30 came from one vial and 5 from another: neither line is right alone."""
    session = stories.signed(house)
    one = amending.Wasted(vial="LOT 7", drawn_mg=Decimal("30"), wasted_mg=Decimal("0"))
    other = amending.Wasted(vial="LOT 8", drawn_mg=Decimal("5"), wasted_mg=Decimal("0"))
    amend(house, session, correction(one, session.wastes.get().pk), correction(other))
    assert session.signed_records.count() == 2
    much = amending.Wasted(vial="LOT 9", drawn_mg=Decimal("5"), wasted_mg=Decimal("5"))
    more = amending.Wasted(vial="LOT 8", drawn_mg=Decimal("5"), wasted_mg=Decimal("1"))
    with pytest.raises(Invalid) as refused:
        amend(house, session, correction(much), correction(more), correction(amending.Note(text="Counted")))
    assert [error["field"] for error in refused.value.data["errors"]] == ["corrections.1.wasted_mg"]


def test_a_correction_leaves_no_milligram_unaccounted_for_but_with_what_it_brings_beside(
    house: House,
) -> None:
    session = stories.signed(house)
    more = amending.Wasted(vial="LOT 7", drawn_mg=Decimal("60"), wasted_mg=Decimal("15"))
    again = correction(more, session.wastes.get().pk)
    with pytest.raises(Conflict, match="10 mg are unaccounted for"):
        amend(house, session, again)
    beside = replace(more, wasted_mg=Decimal("10"))
    assert amend(house, session, again, correction(beside)).version == 2


def test_an_account_that_was_signed_open_hinders_no_other_amendment(house: House) -> None:
    """Records were signed before anybody asked for it."""
    session = stories.signed(house)
    behind_the_triggers("UPDATE sessions_app_waste SET wasted_mg = 10")
    assert amend(house, session, correction(amending.Note(text="She called."))).version == 2


def test_a_late_waste_calls_for_its_witness_until_somebody_saw_it_or_it_is_corrected(house: House) -> None:
    session = stories.signed(house)
    first = correction(LATE_WASTE)
    amend(house, session, first)
    task = WorkItem.objects.get(cause=f"waste:{first.id}")
    assert (task.role, task.patient, task.closed_at) == ("prescriber", house.rosa, None)
    again = correction(replace(LATE_WASTE, vial="LOT-9"), first.id)
    amend(house, session, again)
    task.refresh_from_db()
    assert task.outcome == "It was corrected: another line stands."
    task = WorkItem.objects.get(closed_at=None)
    assert task.cause == f"waste:{again.id}"
    signing.amend(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        reason="I was there.",
        corrections=[correction(amending.Witnessed(waste=again.id))],
        proof=Proof(PASSWORD),
        now=LATER,
    )
    task.refresh_from_db()
    assert (task.closed_by, task.outcome) == (house.priya, "It was witnessed.")


def test_a_waste_of_an_amendment_is_witnessed_by_an_amendment_of_somebody_else(house: House) -> None:
    session = stories.signed(house)
    amend(house, session, correction(LATE_WASTE))
    late = session.wastes.get(vial="LOT-8")
    seen = amending.Witnessed(waste=late.pk)
    with pytest.raises(Conflict, match="Somebody else must witness this"):
        amend(house, session, correction(seen))
    signing.amend(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        reason="I was there.",
        corrections=[correction(seen)],
        proof=Proof(PASSWORD),
        now=session.arrived_at + timedelta(minutes=140),
    )
    late.refresh_from_db()
    assert late.witness.recorded_by == house.priya
    [change] = changes(session, 2, 3)
    assert (change.what, change.part) == ("added", "waste_witnesses")
    assert verify_chain(patient=house.rosa) is None
