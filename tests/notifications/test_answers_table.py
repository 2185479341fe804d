"""The answer table of domain.md 6.2, row by row: who is called, by when, and what holds the next visit."""

from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from psycopg.types.range import TimestamptzRange

from clinic.models import Urgency, WorkItem
from notifications.answering import check_ins
from notifications.models import CheckIn, CheckInAnswer, Message
from scheduler.models import Appointment, Opening, Resource, ResourceKind
from sessions_app.models import QuestionnaireResponse, Readiness
from sessions_app.outcomes import responses
from sessions_app.preparing import readiness
from tests.cast import House, local
from tests.notifications.visits import VISIT, book, discharge

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
# Friday, the morning after the visit of Thursday, 9:30 in Chicago.
MORNING = VISIT + DAY

RED = [
    ("safety", "yes"),
    ("urgent_symptom", "chest_pain"),
    ("urgent_symptom", "trouble_breathing"),
    ("urgent_symptom", "fainted"),
    ("urgent_symptom", "one_sided_weakness"),
    ("urgent_symptom", "worst_headache"),
]
AMBER_BY_A_NURSE = [
    ("next_morning", "perception", "yes"),
    ("next_morning", "stomach", "vomiting_over_6_hours"),
    ("next_morning", "stomach", "no_fluids"),
    ("next_morning", "fall", "yes"),
    ("next_morning", "drove", "yes"),
    ("next_morning", "pressure", "yes"),
    ("same_day", "perception", "yes"),
    ("same_day", "adult_at_home", "no"),
    ("day_7", "side_effects", "other"),
]
HOLDING = [
    ("day_7", "urine_blood", "urinary_symptoms"),
    ("day_7", "urine_pain", "urinary_symptoms"),
    ("before_next", "urine_blood", "urinary_symptoms"),
    ("before_next", "urine_pain", "urinary_symptoms"),
    ("before_next", "pregnancy", "possible_pregnancy"),
    ("before_next", "medicines", "new_medicines"),
    ("before_next", "alcohol_drugs", "alcohol_drugs"),
]
GREEN = [
    ("next_morning", "stomach", "nausea"),
    ("next_morning", "mild", "dizzy"),
    ("next_morning", "mild", "tired"),
    ("next_morning", "headache", "2"),
    ("same_day", "mild", "both"),
]


@pytest.fixture
def past(house: House) -> Appointment:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 3 * HOUR)
    return visit


def ask(past: Appointment, kind: str) -> CheckIn:
    message = Message.objects.create(
        clinic=past.clinic,
        patient=past.patient,
        appointment=past,
        visit_starts_at=past.starts_at,
        kind="check_in",
        stage=kind,
        key=f"{past.pk}:{kind}:{uuid4()}",
        due_at=MORNING,
        stale_at=MORNING + DAY,
    )
    return CheckIn.objects.create(
        clinic=past.clinic, patient=past.patient, plan=past.plan, kind=kind, message=message
    )


def say(check_in: CheckIn, question: str, value: str, now: datetime = MORNING) -> CheckInAnswer:
    return check_ins.answer(id=uuid4(), check_in=check_in, question=question, value=value, now=now)


def staff(house: House, *days_from_morning: int) -> None:
    """A nurse works 8:00 to 17:00 on the days so many days after that Friday."""
    nurse = Resource.objects.create(clinic=house.clinic, kind=ResourceKind.NURSE, name="Nils", capacity=6)
    for days in days_from_morning:
        day = (MORNING + days * DAY).date()
        during = TimestamptzRange(local(day, "8:00"), local(day, "17:00"))
        Opening.objects.create(resource=nurse, during=during)


@pytest.mark.parametrize("kind", ["same_day", "next_morning", "day_7", "before_next"])
@pytest.mark.parametrize(("question", "value"), RED)
def test_red_is_called_within_fifteen_minutes_at_any_hour(
    past: Appointment, kind: str, question: str, value: str
) -> None:
    midnight = MORNING - 9 * HOUR
    assert say(ask(past, kind), question, value, midnight).level == "red"
    task = WorkItem.objects.get()
    assert (task.urgency, task.role, task.due_at) == (Urgency.RED, "nurse", midnight + 15 * MINUTE)


@pytest.mark.parametrize(("kind", "question", "value"), AMBER_BY_A_NURSE)
def test_amber_is_called_by_a_nurse_within_two_hours(
    house: House, past: Appointment, kind: str, question: str, value: str
) -> None:
    staff(house, 0)
    assert say(ask(past, kind), question, value).level == "amber"
    task = WorkItem.objects.get()
    assert (task.urgency, task.role, task.due_at) == (Urgency.AMBER, "nurse", MORNING + 2 * HOUR)
    assert not Readiness.objects.exists()


def test_amber_on_a_saturday_counts_from_when_somebody_is_there(house: House, past: Appointment) -> None:
    staff(house, 0, 3)
    say(ask(past, "next_morning"), "fall", "yes", MORNING + DAY)
    assert WorkItem.objects.get().due_at == local((MORNING + 3 * DAY).date(), "10:00")


@pytest.mark.parametrize(("kind", "question", "doubt"), HOLDING)
def test_what_holds_the_next_visit_is_a_prescribers_before_it_and_stands_on_its_readiness(
    house: House, past: Appointment, kind: str, question: str, doubt: str
) -> None:
    coming = book(house, house.rosa, VISIT + 4 * DAY)
    assert say(ask(past, kind), question, "yes").level == "amber"
    task = WorkItem.objects.get()
    assert (task.urgency, task.role) == (Urgency.AMBER, "prescriber")
    assert task.due_at == coming.starts_at - DAY
    given = readiness.newest(coming)
    assert given is not None
    assert readiness.doubts(given) == [doubt]
    assert [said.result for said in readiness.said(given)] == ["fail"]


def test_with_no_visit_ahead_it_is_the_prescribers_within_a_working_day(
    house: House, past: Appointment
) -> None:
    staff(house, 0, 3)
    say(ask(past, "day_7"), "urine_blood", "yes")
    assert WorkItem.objects.get().due_at == local((MORNING + 3 * DAY).date(), "9:30")
    assert not Readiness.objects.exists()


def test_two_doubts_stand_side_by_side(house: House, past: Appointment) -> None:
    coming = book(house, house.rosa, VISIT + 4 * DAY)
    asked = ask(past, "before_next")
    say(asked, "medicines", "yes")
    say(asked, "urine_pain", "yes", MORNING + MINUTE)
    given = readiness.newest(coming)
    assert given is not None
    assert readiness.doubts(given) == ["new_medicines", "urinary_symptoms"]


@pytest.mark.parametrize(("kind", "question", "value"), GREEN)
def test_green_calls_nobody(past: Appointment, kind: str, question: str, value: str) -> None:
    assert say(ask(past, kind), question, value).level == "green"
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize(("value", "level"), [("5", "amber"), ("4", "green")])
def test_pain_three_above_the_score_before_the_first_infusion_is_called_within_a_working_day(
    house: House, past: Appointment, value: str, level: str
) -> None:
    staff(house, 0, 3)
    score(house, 2, VISIT - DAY)
    score(house, 0, VISIT + HOUR)  # after the first infusion had begun: no baseline
    assert say(ask(past, "day_7"), "pain", value).level == level
    due = [(task.role, task.due_at) for task in WorkItem.objects.all()]
    monday = local((MORNING + 3 * DAY).date(), "9:30")
    assert due == ([("nurse", monday)] if level == "amber" else [])


def test_without_a_score_the_first_answer_is_what_pain_is_compared_with(past: Appointment) -> None:
    say(ask(past, "next_morning"), "headache", "3")
    say(ask(past, "day_7"), "headache", "5", MORNING + 6 * DAY)
    assert not WorkItem.objects.exists()
    say(ask(past, "day_7"), "headache", "6", MORNING + 13 * DAY)
    assert WorkItem.objects.get().urgency == Urgency.AMBER


@pytest.mark.parametrize(("indication", "tasks"), [("G90.50", 1), ("G43.709", 0)])
def test_a_new_headache_is_not_hidden_by_a_worse_pain_elsewhere(
    house: House, past: Appointment, indication: str, tasks: int
) -> None:
    """8 before the first infusion, in a limb or in the head: a head without pain, and then one with 5."""
    past.plan.indication = indication
    past.plan.save(update_fields=["indication"])
    score(house, 8, VISIT - DAY)
    say(ask(past, "next_morning"), "headache", "0")
    say(ask(past, "day_7"), "headache", "5", MORNING + 6 * DAY)
    assert WorkItem.objects.count() == tasks


def test_a_mood_worse_two_checks_running_is_called_within_a_working_day(past: Appointment) -> None:
    assert say(ask(past, "next_morning"), "mood", "worse").level == "green"
    assert not WorkItem.objects.exists()
    assert say(ask(past, "day_7"), "mood", "worse", MORNING + 6 * DAY).level == "amber"
    task = WorkItem.objects.get()
    assert (task.role, task.due_at) == ("nurse", MORNING + 7 * DAY)


def test_a_mood_that_was_corrected_in_the_same_check_is_one_check(past: Appointment) -> None:
    asked = ask(past, "next_morning")
    say(asked, "mood", "worse")
    say(asked, "mood", "same", MORNING + MINUTE)
    say(asked, "mood", "worse", MORNING + 2 * MINUTE)
    assert not WorkItem.objects.exists()


def test_a_check_in_that_was_closed_is_open_again_when_the_patient_answers(past: Appointment) -> None:
    asked = ask(past, "next_morning")
    CheckIn.objects.filter(pk=asked.pk).update(ended_at=MORNING, end="no_response")
    say(asked, "safety", "yes", MORNING + HOUR)
    asked.refresh_from_db()
    assert (asked.ended_at, asked.end, asked.level) == (None, "", "red")
    assert WorkItem.objects.count() == 1


def score(house: House, value: int, at: datetime) -> QuestionnaireResponse:
    row = responses.begin(
        actor=None, id=uuid4(), patient=house.rosa, instrument="nrs-pain", how="patient", now=at
    )
    responses.answer(actor=None, id=uuid4(), response=row, item=1, value=value, now=at)
    return responses.complete(actor=None, response=row, now=at)
