"""The worksheet's inputs, and the second person's independent check of it."""

from dataclasses import asdict
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.problems import Conflict, Invalid
from scheduler.prescribing import dose_orders
from sessions_app.infusing import infusion
from sessions_app.models import DoseCheck, DoseWorksheet, Session
from sessions_app.preparing import dose
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT


def blockers(session: Session) -> dict[str, str]:
    return dose.unmet(stories.fresh(session), STARTED_AT)


def correct(house: House, session: Session, worksheet: DoseWorksheet, **changes: Any) -> DoseWorksheet:
    made: DoseWorksheet = stories.weigh(
        house, session, at=NOW, corrects=worksheet.pk, correction_reason="Weighed again", **changes
    )
    return made


# --- The worksheet -------------------------------------------------------------------------------------


def test_a_dose_past_the_hard_limit_is_refused_and_one_past_the_soft_limit_warns(house: House) -> None:
    with pytest.raises(Invalid, match="hard limit"):
        stories.weigh(house, stories.arrived(house, ordered_dose="1.501"), at=NOW)
    worksheet = stories.weigh(house, stories.arrived(house, house.omar, ordered_dose="1.2"), at=NOW)
    assert "usual range" in worksheet.warning


def test_another_vial_or_bag_than_the_protocols_is_refused_where_it_was_entered(house: House) -> None:
    stories.active_protocol(
        house, stock_strengths_mg_per_ml=[Decimal(10), Decimal(50)], bag_volumes_ml=[Decimal(250)]
    )
    session = stories.arrived(house)
    with pytest.raises(Invalid) as refused:
        stories.weigh(house, session, at=NOW, stock_mg_per_ml=Decimal(100), bag_volume_ml=Decimal(100))
    said = {error["field"]: error["detail"] for error in refused.value.data["errors"]}
    assert said["stock_mg_per_ml"].startswith("The protocol draws from vials of 10 or 50 mg/mL")
    assert said["bag_volume_ml"].startswith("The protocol's bags hold 250 mL")
    kept = stories.weigh(house, session, at=NOW, stock_mg_per_ml=Decimal(50), bag_volume_ml=Decimal(250))
    assert kept.warning == ""


def test_everything_that_is_unusual_about_one_dose_is_kept(house: House) -> None:
    """A light patient under pain-4h, who weighed more the last time and before breakfast: four warnings."""
    stories.active_protocol(house, "pain-4h")
    stories.weigh(house, stories.arrived(house), at=NOW)
    later = NOW + timedelta(days=3)
    session = stories.arrived(house, at=later, ordered_dose="0.15")
    first = stories.weigh(house, session, at=later, weight_kg=Decimal("84.5"), confirmed=True)
    kept = stories.weigh(
        house,
        session,
        at=later,
        weight_kg=Decimal("50.5"),
        minutes=110,
        confirmed=True,
        corrects=first.pk,
        correction_reason="Somebody stood on the scale too",
    )
    for words in ("outside the protocol's usual range", "less than the 80 mg", "84.5 kg", "shorter than"):
        assert words in kept.warning


def test_the_weight_is_todays(house: House) -> None:
    session = stories.arrived(house)
    with pytest.raises(Invalid, match="from today"):
        stories.weigh(house, session, at=NOW, weighed_at=NOW - timedelta(days=1))
    with pytest.raises(Invalid, match="future"):
        stories.weigh(house, session, at=NOW, weighed_at=NOW + timedelta(minutes=1))


def test_pounds_entered_as_kilograms_must_be_confirmed(house: House) -> None:
    stories.signed(house)
    later = NOW + timedelta(days=3)
    session = stories.arrived(house, at=later)
    with pytest.raises(Invalid) as refused:
        stories.weigh(house, session, at=later, weight_kg=Decimal("154.0"), confirmed=False)
    [error] = refused.value.data["errors"]
    assert (error["field"], error["code"]) == ("weight_kg", "confirm")
    kept = stories.weigh(house, session, at=later, weight_kg=Decimal("154.0"), confirmed=True)
    assert "pounds" in kept.warning


def test_a_second_worksheet_corrects_the_first(house: House) -> None:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW)
    with pytest.raises(Conflict) as refused:
        stories.weigh(house, session, at=NOW, weight_kg=Decimal("71"))
    assert refused.value.code == "dose_prepared"
    second = stories.weigh(
        house,
        session,
        at=NOW,
        weight_kg=Decimal("71"),
        corrects=first.pk,
        correction_reason="Weighed again without shoes",
    )
    assert (second.corrects, second.dose_mg) == (first, Decimal("35.5"))


# --- Weight --------------------------------------------------------------------------------------------


def test_a_weight_in_pounds_is_kept_as_read_and_in_kilograms(house: House) -> None:
    sheet = stories.weigh(house, stories.arrived(house), at=NOW, weight_kg=None, weight_lb=Decimal("154.3"))
    assert (sheet.weight_as_read, sheet.weight_unit) == (Decimal("154.3"), "[lb_av]")
    assert (sheet.weight_kg, sheet.dosing_weight_kg) == (Decimal("70.0"), Decimal("70.0"))
    assert (sheet.dose_mg, sheet.formula_version) == (Decimal("35.0"), "3")


def test_a_corrected_weight_is_held_against_what_was_weighed_before_it(house: House) -> None:
    """A first patient's correction: nothing of an earlier day would show that it mixes up the units."""
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW, weight_kg=Decimal("92.6"))
    with pytest.raises(Invalid, match=r"Compared with 92.6 kg .weighed at .* pounds mixed up with kilograms"):
        correct(house, session, first, weight_kg=Decimal("204.0"), confirmed=False)
    second = correct(house, session, first, weight_kg=Decimal("165.0"))
    assert "More than 10 % off 92.6 kg" in second.warning
    with pytest.raises(Invalid) as refused:
        correct(house, session, second, weight_kg=Decimal("204.0"), confirmed=False)
    said = refused.value.data["errors"][0]["detail"]
    assert "Compared with 92.6 kg" in said
    assert "More than 10 % off 165 kg" in said
    assert "no earlier weight" not in said


@pytest.mark.parametrize(
    ("read", "asked"),
    [
        ({"weight_kg": Decimal("160.0")}, "160 kg is 352.7 lb. Is it so?"),
        ({"weight_kg": None, "weight_lb": Decimal("160.0")}, "160 lb is 72.6 kg. Is it so?"),
    ],
)
def test_a_first_weight_is_read_again_in_both_units(
    house: House, read: dict[str, Decimal | None], asked: str
) -> None:
    """domain.md 1.4: nothing would show that 160 kg were 160 lb."""
    session = stories.arrived(house)
    with pytest.raises(Invalid, match=asked) as refused:
        stories.weigh(house, session, at=NOW, confirmed=False, **read)
    [error] = refused.value.data["errors"]
    assert (error["field"], error["code"]) == ("weight_lb" if "weight_lb" in read else "weight_kg", "confirm")
    first = stories.weigh(house, session, at=NOW, **read)
    assert first.warning == ""
    correct(house, session, first, bag_volume_ml=Decimal("50"), confirmed=False, **read)


def test_another_first_weight_is_asked_about_again(house: House) -> None:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW, weight_kg=Decimal("160.0"))
    with pytest.raises(Invalid, match=r"160\.5 kg is 353\.8 lb\. Is it so"):
        correct(house, session, first, weight_kg=Decimal("160.5"), confirmed=False)


@pytest.mark.parametrize("pounds", [None, Decimal("154.3")])
def test_a_weight_is_given_once(house: House, pounds: Decimal | None) -> None:
    kilograms = None if pounds is None else Decimal("70.0")
    with pytest.raises(Invalid, match="weight_kg: Enter the weight once"):
        stories.weigh(house, stories.arrived(house), at=NOW, weight_kg=kilograms, weight_lb=pounds)


def test_an_impossible_weight_is_named_at_the_unit_it_was_read_in(house: House) -> None:
    with pytest.raises(Invalid, match="weight_lb: Enter a weight from 25 to 350 kg"):
        stories.weigh(house, stories.arrived(house), at=NOW, weight_kg=None, weight_lb=Decimal("50.0"))


def test_a_capped_protocol_doses_by_at_most_its_cap(house: House) -> None:
    stories.active_protocol(house, weight_basis="capped", weight_cap_kg=Decimal("90"))
    sheet = stories.weigh(house, stories.arrived(house), at=NOW, weight_kg=Decimal("120.0"))
    assert (sheet.weight_kg, sheet.dosing_weight_kg, sheet.weight_basis) == (120, 90, "capped")
    assert sheet.dose_mg == Decimal("45.0")


@pytest.mark.parametrize(("days", "accepted"), [(2, True), (3, False)])
def test_a_weight_is_as_old_as_the_protocol_allows(house: House, days: int, accepted: bool) -> None:
    stories.active_protocol(house, weight_valid_days=2)
    session, weighed_at = stories.arrived(house), NOW - timedelta(days=days)
    if accepted:
        assert stories.weigh(house, session, at=NOW, weighed_at=weighed_at).weighed_at == weighed_at
    else:
        with pytest.raises(Invalid, match="weighed_at: The weight must be at most 2 days old"):
            stories.weigh(house, session, at=NOW, weighed_at=weighed_at)


@pytest.mark.parametrize(("minutes", "words"), [(29, "usual 30 min at least"), (61, "usual 60 min at most")])
def test_minutes_outside_the_protocols_usual_ones_want_confirming(
    house: House, minutes: int, words: str
) -> None:
    """domain.md 2.2: mood-40 runs for 40 minutes (30 to 60)."""
    session = stories.arrived(house)
    with pytest.raises(Invalid, match=words) as refused:
        stories.weigh(house, session, at=NOW, minutes=minutes, confirmed=False)
    assert ("minutes", "confirm") in [
        (error["field"], error["code"]) for error in refused.value.data["errors"]
    ]
    assert words in stories.weigh(house, session, at=NOW, minutes=minutes, confirmed=True).warning


@pytest.mark.parametrize("minutes", [30, 60])
def test_the_protocols_usual_minutes_want_no_confirming(house: House, minutes: int) -> None:
    assert stories.weigh(house, stories.arrived(house), at=NOW, minutes=minutes).warning == ""


@pytest.mark.parametrize(("bag", "minutes"), [("99999.9", 40), ("2000.0", 1)])
def test_a_bag_and_minutes_that_no_pump_can_run_are_refused(house: House, bag: str, minutes: int) -> None:
    with pytest.raises(Invalid, match=r"minutes: .* no pump can be set above"):
        stories.weigh(
            house,
            stories.arrived(house),
            at=NOW,
            bag_volume_ml=Decimal(bag),
            minutes=minutes,
            confirmed=True,
        )


@pytest.mark.parametrize(("limit", "accepted"), [("35.0", True), ("34.9", False)])
def test_the_total_of_one_session_is_a_hard_limit(house: House, limit: str, accepted: bool) -> None:
    stories.active_protocol(house, total_hard_max_mg=Decimal(limit))
    session = stories.arrived(house)
    if accepted:
        assert stories.weigh(house, session, at=NOW).dose_mg == Decimal("35.0")
    else:
        with pytest.raises(Invalid, match=r"35\.0 mg passes the protocol's hard limit of 34\.9 mg"):
            stories.weigh(house, session, at=NOW)


# --- The second person ----------------------------------------------------------------------------------


def test_no_infusion_starts_before_somebody_else_checked_the_dose(house: House) -> None:
    session = stories.arrived(house)
    assert list(blockers(session)) == ["dose_prepared"]
    worksheet = stories.weigh(house, session, at=NOW)
    assert list(blockers(session)) == ["dose_checked"]
    with pytest.raises(Conflict) as refused:
        infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=STARTED_AT)
    assert "dose_checked" in [blocker["code"] for blocker in refused.value.data["blockers"]]
    stories.check_dose(house, session, worksheet, at=NOW)
    assert blockers(session) == {}


def test_whoever_prepared_the_dose_does_not_check_it(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    figures = dose.figures_of(worksheet)
    with pytest.raises(Conflict) as refused:
        dose.check_dose(
            actor=house.actor(house.nils),
            id=new_id(),
            session=session,
            worksheet=worksheet.pk,
            figures=figures,
            now=NOW,
        )
    assert refused.value.code == "second_person"


@pytest.mark.parametrize(("name", "refused"), [("nils", True), ("priya", False)])
def test_the_database_refuses_a_check_by_whoever_prepared_the_dose(
    house: House, name: str, refused: bool
) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    check = DoseCheck(
        session=session,
        worksheet=worksheet,
        recorded_at=NOW,
        recorded_by=getattr(house, name),
        **asdict(dose.figures_of(worksheet)),
    )
    if refused:
        with pytest.raises(IntegrityError, match="somebody else"), transaction.atomic():
            check.save(force_insert=True)
    else:
        check.save(force_insert=True)


@pytest.mark.parametrize("figure", dose.FIGURES)
def test_every_figure_that_differs_is_named_kept_and_blocks(house: House, figure: str) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    other = getattr(dose.figures_of(worksheet), figure) + Decimal("0.1")
    check = stories.check_dose(house, session, worksheet, at=NOW, **{figure: other})
    assert DoseCheck.objects.get().disagreements == check.disagreements == [figure]
    assert blockers(session) == {
        "dose_checked": f"{house.priya.full_name} found otherwise: {dose.FIGURES[figure]}."
    }


def test_a_ten_fold_error_shows_in_every_figure_that_it_touches(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW, stock_mg_per_ml=Decimal("10"))
    check = stories.check_dose(
        house,
        session,
        worksheet,
        at=NOW,
        stock_mg_per_ml=Decimal("100"),
        drug_volume_ml=Decimal("0.35"),
    )
    assert check.disagreements == ["stock_mg_per_ml", "drug_volume_ml"]


def test_a_later_check_that_agrees_counts_and_the_one_before_is_kept(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    stories.check_dose(house, session, worksheet, at=NOW, dose_mg=Decimal("53.0"))
    stories.check_dose(house, session, worksheet, at=NOW)
    assert blockers(session) == {}
    assert session.dose_checks.count() == 2


def test_a_corrected_worksheet_needs_a_check_of_its_own(house: House) -> None:
    session = stories.arrived(house)
    first = stories.weigh(house, session, at=NOW)
    stories.check_dose(house, session, first, at=NOW)
    second = correct(house, session, first, weight_kg=Decimal("71"))
    assert list(blockers(session)) == ["dose_checked"]
    with pytest.raises(Conflict) as refused:
        stories.check_dose(house, session, first, at=NOW)
    assert refused.value.code == "worksheet_corrected"
    stories.check_dose(house, session, second, at=NOW)
    assert blockers(session) == {}


def test_an_order_that_changed_after_the_check_is_reckoned_again_and_blocks(house: House) -> None:
    session = stories.prepared(house)
    assert blockers(session) == {}
    dose_orders.order_dose(
        actor=house.actor(house.priya),
        plan=session.appointment.plan,
        ordered_dose=Decimal("0.6"),
        was=Decimal("0.5"),
        reason="Half an effect, well borne",
    )
    assert blockers(session) == {
        "dose_prepared": "Reckoned again, it differs (the order, dose, volume drawn up, strength in the "
        "bag): correct the worksheet."
    }


@pytest.mark.parametrize(("minutes", "held"), [(-1, False), (0, True)])
def test_a_patient_who_waited_past_midnight_is_weighed_again(house: House, minutes: int, held: bool) -> None:
    """Midnight in Chicago is 06:00 UTC; the weight is the one of the morning before."""
    session, at = stories.prepared(house), NOW + timedelta(hours=15, minutes=minutes)
    stories.measure(house, session, stories.calm(at))
    if not held:
        assert infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=at)
        return
    with pytest.raises(Conflict) as refused:
        infusion.start(actor=house.actor(house.nils), id=new_id(), session=session, now=at)
    [blocker] = refused.value.data["blockers"]
    assert blocker["code"] == "dose_prepared"
    assert "The weight must be from today: weigh the patient." in blocker["detail"]


def test_a_worksheet_of_the_first_formula_stays_as_it_is(house: House) -> None:
    session = stories.arrived(house)
    now = stories.weigh(house, session, at=NOW)
    old = DoseWorksheet.objects.get(pk=now.pk)
    old.pk, old.formula_version, old.corrects = new_id(), "1", now
    old.dosing_weight_kg = old.weight_as_read = None
    old.save(force_insert=True)
    stories.check_dose(house, session, old, at=NOW)
    assert blockers(session) == {}
    assert DoseWorksheet.objects.get(pk=old.pk).formula_version == "1"


def test_a_figure_of_zero_is_no_reading(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    with pytest.raises(Invalid, match="dose_mg"):
        stories.check_dose(house, session, worksheet, at=NOW, dose_mg=Decimal(0))


def test_the_api_gives_the_second_person_the_order_and_no_figure(house: House) -> None:
    session = stories.arrived(house)
    worksheet = stories.weigh(house, session, at=NOW)
    priya, address = client_of(house.priya), f"/api/v1/sessions/{session.pk}/dose-checks/"
    assert priya.get(address).json() == {
        "worksheet": str(worksheet.pk),
        "prepared_by_name": house.nils.full_name,
        "ordered_dose": "0.500",
        "dose_basis": "mg/kg",
        "weight_cap_kg": None,
        "infusion_minutes": 40,
    }
    body = {"id": str(new_id()), "worksheet": str(worksheet.pk), **stories.FOUND, "dose_mg": "53.0"}
    kept = priya.post(address, body)
    assert (kept.status_code, kept.json()["disagreements"]) == (201, ["dose_mg"])
    assert "35.0" not in kept.content.decode()
    own = client_of(house.nils).post(address, {**body, "id": str(new_id())})
    assert (own.status_code, own.json()["code"]) == (409, "second_person")
