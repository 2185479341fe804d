"""What the chart says against a plan: seen when it is written, and before each visit after it."""

from datetime import date, timedelta
from typing import Any

import pytest

from clinic.models import Allergy, Patient
from clinic.problems import Conflict, Invalid
from scheduler.models import Finding, Protocol, TreatmentPlan
from scheduler.prescribing import charted, going_ahead, screening
from scheduler.protocols import protocol_content, protocols
from tests.cast import NOW, House, client_of
from tests.scheduler.stage import HEALTHY, Stage, next_version, set_stage, write_plan

SENSITIVITY = charted.SENSITIVITY
REASON = "Itching in 2009 after a first dose elsewhere; given since without any."


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def allergic(patient: Patient, substance: str = "Ketamine", **said: Any) -> Allergy:
    """Told before the plan is written, by the story's clock and not by the database's own."""
    words = {"criticality": "high", "verification_status": "confirmed", **said}
    return Allergy.objects.create(patient=patient, substance=substance, created_at=NOW, **words)


def go_ahead(
    stage: Stage, plan: TreatmentPlan, reason: str = REASON, item: str = SENSITIVITY
) -> TreatmentPlan:
    priya = stage.house.actor(stage.house.priya)
    return going_ahead.go_ahead(actor=priya, plan=plan, item=item, reason=reason, now=NOW)


def refusals(stage: Stage, **changes: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as refused:
        write_plan(stage.house, stage.protocol, stage.house.rosa, **changes)
    return {error["field"]: error["detail"] for error in refused.value.data["errors"]}


@pytest.mark.parametrize(
    "substance",
    [
        *("Ketamine", "KETAMINE HYDROCHLORIDE", "Esketamine", "Ketamina"),
        # A letter wrong, missing, added, exchanged.
        *("Ketemine", "IV ketmine", "Ketaamine", "Kteamine", "esketmine", "Ketelar", "Spravto"),
    ],
)
def test_absent_is_no_answer_against_an_allergy_on_the_chart(stage: Stage, substance: str) -> None:
    allergic(stage.house.rosa, substance)
    told = refusals(stage)
    assert list(told) == [f"findings.{SENSITIVITY}"]
    assert told[f"findings.{SENSITIVITY}"].startswith(
        f"The chart has an allergy to {substance} (high risk). Answer present with your reason"
    )


def test_present_with_a_reason_goes_ahead_and_keeps_it(stage: Stage) -> None:
    allergic(stage.house.rosa)
    answers = {**HEALTHY, SENSITIVITY: screening.Answer("present", REASON)}
    plan = write_plan(stage.house, stage.protocol, stage.house.rosa, findings=answers)
    assert charted.unanswered(plan.pk, now=NOW) == {}
    stage.book(plan, "9:30")


@pytest.mark.parametrize(
    "said",
    [
        {"substance": "Penicillin"},
        {"substance": "Ketorolac"},
        {"substance": "Ketoconazole"},
        {"substance": "Acetaminophen"},
        {"substance": "Histamine, vitamin B12"},
        {"clinical_status": "resolved"},
        {"verification_status": "refuted"},
        {"verification_status": "entered-in-error"},
    ],
)
def test_what_is_to_something_else_or_does_not_hold_asks_for_nothing(
    stage: Stage, said: dict[str, str]
) -> None:
    allergic(stage.house.rosa, **said)
    assert charted.unanswered(stage.plan().pk, now=NOW) == {}


def test_an_allergy_that_comes_later_is_answered_by_a_prescriber_once(stage: Stage) -> None:
    plan = stage.plan()
    allergic(stage.house.rosa)
    assert charted.unanswered(plan.pk, now=NOW) == {
        SENSITIVITY: "The chart has an allergy to Ketamine (high risk)."
    }
    go_ahead(stage, plan)
    line = plan.findings.get(item=SENSITIVITY)
    assert (line.finding, line.override_reason, line.override_by) == (
        Finding.PRESENT,
        REASON,
        stage.house.priya,
    )
    assert charted.unanswered(plan.pk, now=NOW) == {}
    go_ahead(stage, plan)  # sent twice
    with pytest.raises(Conflict, match="not answered"):
        go_ahead(stage, plan, "Another reason")


def test_until_it_is_answered_nothing_is_booked(stage: Stage) -> None:
    plan = stage.plan()
    allergic(stage.house.rosa)
    with pytest.raises(Conflict) as refused:
        stage.book(plan, "9:30")
    assert refused.value.data["blockers"] == [
        {
            "code": "chart_unanswered",
            "detail": "The chart has an allergy to Ketamine (high risk)."
            " A prescriber answers it on the plan's page first.",
        }
    ]
    go_ahead(stage, plan)
    stage.book(plan, "9:30")


def test_going_ahead_answers_what_the_chart_had_then_and_nothing_that_comes_after(stage: Stage) -> None:
    plan = stage.plan()
    allergic(stage.house.rosa)
    go_ahead(stage, plan)
    later = allergic(stage.house.rosa, "Spravato")
    Allergy.objects.filter(pk=later.pk).update(created_at=NOW + timedelta(minutes=1))

    assert charted.unanswered(plan.pk, now=NOW + timedelta(minutes=2)) == {
        SENSITIVITY: "The chart has an allergy to Spravato (high risk)."
    }


def test_going_ahead_needs_a_reason_and_a_plan_that_stands(stage: Stage) -> None:
    plan = stage.plan()
    with pytest.raises(Invalid):
        go_ahead(stage, plan, " ")
    with pytest.raises(Conflict):
        go_ahead(stage, plan)


def test_a_prescriber_goes_ahead_over_the_api(stage: Stage) -> None:
    plan = stage.plan()
    allergic(stage.house.rosa)
    sent = {"item": SENSITIVITY, "reason": REASON}
    answer = client_of(stage.house.priya).post(f"/api/v1/plans/{plan.pk}/go-ahead/", sent, format="json")
    assert answer.status_code == 200
    [line] = [each for each in answer.json()["findings"] if each["item"] == SENSITIVITY]
    assert (line["finding"], line["override_reason"]) == ("present", REASON)


# --- The patient's age -------------------------------------------------------------------------------------


def for_ages(stage: Stage, least: int | None, most: int | None) -> Protocol:
    """The protocol's next version, in force, is for these ages."""
    return next_version(stage.protocol, stage.house, age_min_years=least, age_max_years=most)


def born(stage: Stage, birth_date: date) -> None:
    stage.house.rosa.birth_date = birth_date
    stage.house.rosa.save()


# The story's day is 2027-01-11; the ages are the story's own.
@pytest.mark.parametrize(
    ("birth_date", "least", "most", "refused"),
    [
        (date(2020, 6, 1), None, None, False),
        (date(2020, 6, 1), 18, None, True),
        (date(2009, 1, 11), 18, None, False),
        (date(2009, 1, 12), 18, None, True),
        (date(1951, 1, 12), None, 75, False),
        (date(1951, 1, 11), None, 75, True),
        (date(1950, 1, 12), None, 75, True),
    ],
)
def test_an_age_that_the_version_is_not_for_is_refused_to_the_day(
    stage: Stage, birth_date: date, least: int | None, most: int | None, refused: bool
) -> None:
    protocol = for_ages(stage, least, most)
    born(stage, birth_date)
    if not refused:
        write_plan(stage.house, protocol, stage.house.rosa)
        return
    with pytest.raises(Invalid) as answer:
        write_plan(stage.house, protocol, stage.house.rosa)
    [error] = answer.value.data["errors"]
    assert (error["field"], error["code"]) == ("findings.age", "against_chart")


def test_a_prescriber_treats_outside_the_ages_with_a_reason(stage: Stage) -> None:
    protocol = for_ages(stage, 18, 75)
    born(stage, date(2020, 6, 1))
    with pytest.raises(Invalid, match="6 years old, and the protocol is for patients of 18 to 75 years"):
        write_plan(stage.house, protocol, stage.house.rosa)
    answers = {**HEALTHY, "age": screening.Answer("present", "Palliative, agreed with paediatrics.")}
    plan = write_plan(stage.house, protocol, stage.house.rosa, findings=answers)
    assert charted.unanswered(plan.pk, now=NOW) == {}
    stage.book(plan, "9:30")


def test_a_birth_date_that_is_mended_later_stands_before_the_next_visit(stage: Stage) -> None:
    plan = write_plan(stage.house, for_ages(stage, 18, None), stage.house.rosa)
    born(stage, date(2020, 6, 1))
    with pytest.raises(Conflict) as refused:
        stage.book(plan, "9:30")
    [against] = refused.value.data["blockers"]
    assert against["detail"].startswith(
        "The patient is 6 years old, and the protocol is for patients from 18 years."
    )
    go_ahead(stage, plan, item="age")
    stage.book(plan, "9:30")


def test_a_version_does_not_end_its_ages_before_they_begin(stage: Stage) -> None:
    content = {**protocols.content_of(stage.protocol), "age_min_years": 18, "age_max_years": 17}
    assert protocol_content.faults(content) == [
        ("age_max_years", "The highest age must not be below the lowest.")
    ]
