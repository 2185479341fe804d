"""PRN medicines: by the order set, on a prescriber's order, and in spite of an allergy only with a reason."""

from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest

from clinic.models import Allergy, User
from clinic.problems import Conflict, Invalid
from sessions_app.infusing import medicines
from sessions_app.infusing.medicines import Medicine
from sessions_app.models import MedicineGiven, Session
from tests.cast import NOW, House, make_user, new_id
from tests.sessions_app import stories

GIVEN_AT = NOW + timedelta(minutes=30)
# A made-up order set: which medicines a clinic holds ready is its prescriber's to say.
SETRON = {
    "medicine": "Testosetron",
    "amount": "4",
    "unit": "mg",
    "route": "intravenous",
    "reason": "Nausea",
}
BY_THE_SET = Medicine(medicine="Testosetron", given_at=GIVEN_AT)


@pytest.fixture
def session(house: House) -> Session:
    stories.active_protocol(house, prn_medicines=[SETRON])
    return stories.infusing(house)


def give(
    house: House, session: Session, medicine: Medicine, *, now: datetime = GIVEN_AT, **options: Any
) -> MedicineGiven:
    return medicines.give(
        actor=house.actor(house.nils), id=new_id(), session=session, medicine=medicine, now=now, **options
    )


def fields_of(refused: pytest.ExceptionInfo[Invalid]) -> list[str]:
    return [error["field"] for error in refused.value.data["errors"]]


def ordered(by: User | UUID, **changes: Any) -> Medicine:
    order = Medicine(
        medicine="Otherol",
        given_at=GIVEN_AT,
        amount=Decimal("2.5"),
        unit="mg",
        route="oral",
        reason="Headache",
        ordered_by_id=by.pk if isinstance(by, User) else by,
    )
    return replace(order, **changes)


def test_the_order_set_fills_in_what_it_says(house: House, session: Session) -> None:
    line = give(house, session, replace(BY_THE_SET, medicine=" testosetron "))
    assert (line.amount, line.unit, line.route, line.reason) == (Decimal(4), "mg", "intravenous", "Nausea")
    assert (line.ordered_by, line.recorded_by) == (None, house.nils)
    assert line.revision == stories.fresh(session).revision


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"amount": Decimal("4.001")}, "amount"),
        ({"amount": Decimal(0)}, "amount"),
        ({"unit": "g"}, "unit"),
        ({"route": "oral"}, "route"),
        ({"medicine": "Otherol"}, "ordered_by"),
        ({"medicine": " "}, "medicine"),
        ({"given_at": GIVEN_AT + timedelta(seconds=1)}, "given_at"),
        ({"given_at": NOW - timedelta(seconds=1)}, "given_at"),
    ],
)
def test_the_order_set_cannot_be_passed(house: House, session: Session, changes: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        give(house, session, replace(BY_THE_SET, **changes))
    assert fields_of(refused) == [field]
    assert not session.medicines_given.exists()


def test_what_was_given_before_counts_towards_the_order_set(house: House, session: Session) -> None:
    first = give(house, session, replace(BY_THE_SET, amount=Decimal("2.5")))
    with pytest.raises(Invalid, match=r"allows 4 mg a session\. 2\.5 mg were given already"):
        give(house, session, replace(BY_THE_SET, amount=Decimal(2)))
    corrected = give(
        house,
        session,
        replace(BY_THE_SET, amount=Decimal(4)),
        corrects=first.pk,
        correction_reason="The whole ampoule",
    )
    assert corrected.corrects == first
    by_priya = ordered(house.priya, medicine="Testosetron", amount=Decimal(4))
    assert give(house, session, by_priya).ordered_by == house.priya


def test_a_named_prescriber_orders_what_the_order_set_has_not(house: House, session: Session) -> None:
    line = give(house, session, ordered(house.priya))
    assert (line.medicine, line.ordered_by) == ("Otherol", house.priya)
    for missing in ("unit", "route", "reason"):
        with pytest.raises(Invalid) as refused:
            give(house, session, ordered(house.priya, **{missing: ""}))
        assert fields_of(refused) == [missing]
    with pytest.raises(Invalid) as refused:
        give(house, session, ordered(house.priya, amount=None))
    assert fields_of(refused) == ["amount"]


def test_only_a_prescriber_of_this_clinic_orders(house: House, other_house: House, session: Session) -> None:
    left = make_user(house.clinic, "Lena Former", "prescriber")  # type: ignore[arg-type]
    left.is_active = False
    left.save()
    for somebody in (house.nils, other_house.priya, left, new_id()):
        with pytest.raises(Invalid, match="prescriber of this clinic") as refused:
            give(house, session, ordered(somebody))
        assert fields_of(refused) == ["ordered_by"]


def test_the_order_of_somebody_who_has_left_stands_in_a_correction(house: House, session: Session) -> None:
    """The amount was mistyped, and she works elsewhere by now; anything new is another's to order."""
    lena = make_user(house.clinic, "Lena Former", "prescriber")  # type: ignore[arg-type]
    first, second = give(house, session, ordered(lena)), give(house, session, ordered(house.priya))
    lena.is_active = False
    lena.save()
    changed: dict[str, Any] = {"correction_reason": "Read again"}
    right = ordered(lena, amount=Decimal("1.5"))
    assert give(house, session, right, corrects=first.pk, **changed).ordered_by == lena
    with pytest.raises(Invalid, match="prescriber of this clinic"):
        give(house, session, right, corrects=second.pk, **changed)


@pytest.mark.parametrize("substance", ["testosetron", "Testosetron injection", "Testo", "Setron class"])
def test_an_allergy_on_record_asks_for_a_reason(house: House, session: Session, substance: str) -> None:
    Allergy.objects.create(patient=house.rosa, substance=substance)
    with pytest.raises(Invalid) as refused:
        give(house, session, BY_THE_SET)
    [error] = refused.value.data["errors"]
    assert (error["field"], error["code"]) == ("allergy_reason", "confirm")
    assert substance not in error["detail"]
    line = give(house, session, replace(BY_THE_SET, allergy_reason="Had it twice since without harm"))
    assert line.allergy_reason == "Had it twice since without harm"


def test_the_prescribers_own_order_asks_about_an_allergy_too(house: House, session: Session) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Otherol")
    with pytest.raises(Invalid, match="allergy"):
        give(house, session, ordered(house.priya))


@pytest.mark.parametrize("options", [{"verification_status": "refuted"}, {"substance": "Latex of gloves"}])
def test_a_refuted_allergy_and_another_substance_ask_nothing(
    house: House, session: Session, options: dict[str, str]
) -> None:
    Allergy.objects.create(patient=house.rosa, **{"substance": "Testosetron", **options})
    Allergy.objects.create(patient=house.omar, substance="Testosetron")
    assert give(house, session, BY_THE_SET).allergy_reason == ""


def test_after_discharge_no_medicine_is_given(house: House) -> None:
    session = stories.discharged(house)
    with pytest.raises(Conflict) as refused:
        give(house, session, ordered(house.priya))
    assert refused.value.code == "wrong_state"
