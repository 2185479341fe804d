"""Check-ins and readiness without an answer: who calls, what is closed, and when (domain.md 6.2)."""

from dataclasses import replace
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import WorkItem
from notifications.answering import check_ins, missing, things
from notifications.models import CheckIn, Message, MessageStatus, PatientLink
from notifications.planning.planner import plan
from scheduler.models import Appointment
from sessions_app.models import Readiness
from sessions_app.preparing import readiness
from tests.cast import House, local, make_patient
from tests.notifications.visits import VISIT, book, cancel, discharge, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
HOME = VISIT + 3 * HOUR
MORNING = local((VISIT + DAY).date(), "9:00")


WHOLE = readiness.Answers(
    ride_home="yes",
    fasting_understood="yes",
    new_medicines="no",
    possible_pregnancy="no",
    alcohol_drugs="no",
)


def run_to(until: datetime, *, since: datetime = HOME) -> None:
    """The beats of the planner and the clocks, every hour; what is planned goes out at once."""
    at = since
    while at <= until:
        plan(now=at)
        Message.objects.filter(status="planned", due_at__lte=at).update(status="sent", sent_at=at)
        missing.look(now=at)
        at += HOUR


@pytest.fixture
def first(house: House) -> Appointment:
    visit = book(house, house.rosa)
    discharge(visit, HOME)
    return visit


def test_no_answer_on_the_day_of_the_first_infusion_is_called_the_next_morning(
    house: House, first: Appointment
) -> None:
    run_to(MORNING - HOUR)
    assert CheckIn.objects.get(kind="same_day").ended_at is None
    missing.look(now=MORNING - timedelta(microseconds=1))
    assert not WorkItem.objects.exists()
    missing.look(now=MORNING)
    missing.look(now=MORNING + MINUTE)
    task = WorkItem.objects.get()
    assert (task.role, task.urgency, task.due_at) == ("nurse", "amber", MORNING + 2 * HOUR)
    assert CheckIn.objects.get(kind="same_day").end == "no_response"


def test_after_a_later_infusion_nobody_is_called_and_the_patient_is_asked_once_more(
    house: House, first: Appointment
) -> None:
    later = book(house, house.rosa, VISIT + 7 * DAY)
    discharge(later, HOME + 7 * DAY)
    since = HOME + 7 * DAY
    run_to(since + 4 * DAY, since=since)
    assert not WorkItem.objects.filter(cause__startswith="check_in_missing").exists()
    asked = CheckIn.objects.get(kind="same_day", session__appointment=later)
    assert Message.objects.filter(stage="check_in_again", again_of=asked.message).count() == 1
    assert asked.end == "no_response"


def test_it_is_closed_only_when_no_link_asks_any_more(house: House, first: Appointment) -> None:
    run_to(MORNING + 30 * HOUR)
    asked = CheckIn.objects.get(kind="next_morning")
    again = Message.objects.get(stage="check_in_again", again_of=asked.message)
    last = max(
        PatientLink.objects.filter(message__in=[asked.message_id, again.pk, again.carried_by_id])
        .values_list("expires_at", flat=True)
        .order_by("expires_at")
    )
    missing.look(now=last - timedelta(seconds=1))
    asked.refresh_from_db()
    assert asked.ended_at is None
    missing.look(now=last)
    asked.refresh_from_db()
    assert (asked.ended_at, asked.end) == (last, "no_response")


def test_a_check_in_with_an_answer_is_neither_called_about_nor_closed(
    house: House, first: Appointment
) -> None:
    run_to(HOME + 5 * HOUR)
    asked = CheckIn.objects.get(kind="same_day")
    check_ins.answer(id=uuid4(), check_in=asked, question="safety", value="no", now=HOME + 5 * HOUR)
    missing.look(now=MORNING + 10 * DAY)
    asked.refresh_from_db()
    assert asked.ended_at is None
    assert not WorkItem.objects.exists()


@pytest.mark.parametrize("answered", [True, False])
def test_what_is_open_a_day_before_the_visit_is_a_nurses_task_once(house: House, answered: bool) -> None:
    visit = book(house, house.rosa)
    plan(now=VISIT - 5 * DAY)
    Message.objects.filter(stage="confirmation").update(status=MessageStatus.SENT)
    if answered:
        readiness.confirm(id=uuid4(), appointment=visit, answers=WHOLE, now=VISIT - 2 * DAY)
    missing.look(now=VISIT - DAY - MINUTE)
    assert not WorkItem.objects.exists()
    missing.look(now=VISIT - DAY)
    missing.look(now=VISIT - HOUR)
    found = [(task.role, task.urgency, task.due_at) for task in WorkItem.objects.all()]
    assert found == ([] if answered else [("nurse", "routine", VISIT - DAY + HOUR)])


def test_nobody_is_asked_about_a_visit_of_which_no_message_went_out(house: House) -> None:
    book(house, house.rosa)
    plan(now=VISIT - 5 * DAY)
    missing.look(now=VISIT - HOUR)
    assert not WorkItem.objects.exists()


def test_a_doubt_stands_also_on_a_visit_that_is_booked_later_and_is_heard_once(
    house: House, first: Appointment
) -> None:
    run_to(HOME + 5 * HOUR)
    message = Message.objects.get(stage="same_day")
    asked = CheckIn.objects.create(clinic=house.clinic, patient=house.rosa, kind="day_7", message=message)
    check_ins.answer(id=uuid4(), check_in=asked, question="urine_blood", value="yes", now=VISIT + 7 * DAY)
    coming = book(house, house.rosa, VISIT + 14 * DAY)
    missing.look(now=VISIT + 8 * DAY)
    missing.look(now=VISIT + 9 * DAY)
    given = Readiness.objects.get(appointment=coming)
    assert readiness.doubts(given) == ["urinary_symptoms"]
    discharge(coming, VISIT + 14 * DAY + 3 * HOUR)
    after = book(house, house.rosa, VISIT + 20 * DAY)
    missing.look(now=VISIT + 15 * DAY)
    assert not Readiness.objects.filter(appointment=after).exists()


@pytest.fixture
def asked(house: House) -> Appointment:
    """A day before Rosa's visit nothing was answered, so that a nurse is to ask."""
    visit = book(house, house.rosa)
    plan(now=VISIT - 5 * DAY)
    Message.objects.filter(stage="confirmation").update(status=MessageStatus.SENT)
    missing.look(now=VISIT - DAY)
    assert WorkItem.objects.get().closed_at is None
    return visit


def test_what_the_patient_answers_meanwhile_nobody_has_to_ask(asked: Appointment) -> None:
    answers = replace(WHOLE, alcohol_drugs="unknown")
    readiness.confirm(id=uuid4(), appointment=asked, answers=answers, now=VISIT - 23 * HOUR)
    missing.look(now=VISIT - 23 * HOUR)
    assert WorkItem.objects.get().closed_at is None, "one question is open"
    last = readiness.Answers(alcohol_drugs="no")
    readiness.confirm(id=uuid4(), appointment=asked, answers=last, now=VISIT - 22 * HOUR)
    missing.look(now=VISIT - 22 * HOUR)
    task = WorkItem.objects.get()
    assert (task.closed_at, task.outcome) == (VISIT - 22 * HOUR, "The patient has answered.")


@pytest.mark.parametrize("end", ["cancelled", "moved", "begun"])
def test_of_a_visit_that_is_not_ahead_any_more_nobody_is_asked(asked: Appointment, end: str) -> None:
    if end == "cancelled":
        cancel(asked, VISIT - 20 * HOUR)
    elif end == "moved":
        move(asked, VISIT + 3 * DAY)
    now = VISIT if end == "begun" else VISIT - 20 * HOUR
    missing.look(now=now)
    task = WorkItem.objects.get()
    assert (task.closed_at, task.outcome) == (now, "The visit isn't ahead any more, or not at that time.")


def test_what_was_said_before_another_visit_had_come_is_asked_again(house: House) -> None:
    """Nothing new since the last visit: but that was before Tuesday's."""
    tuesday = book(house, house.rosa, VISIT - 2 * DAY)
    thursday = book(house, house.rosa)
    plan(now=VISIT - 5 * DAY)
    Message.objects.filter(kind="confirmation", status="planned").update(status=MessageStatus.SENT)
    readiness.confirm(id=uuid4(), appointment=thursday, answers=WHOLE, now=VISIT - 3 * DAY)
    discharge(tuesday, VISIT - 2 * DAY + 3 * HOUR)
    missing.look(now=VISIT - DAY)
    link = PatientLink.objects.get(message__kind="confirmation")
    offered = things.of_link(link, VISIT - DAY)
    assert (offered.visit, offered.open_questions) == (thursday, list(readiness.SINCE_LAST_VISIT))
    assert [task.title for task in WorkItem.objects.filter(patient=house.rosa)] == [missing.CALL_BEFORE]


def test_a_look_asks_the_same_number_of_questions_for_one_visit_and_for_five(house: House) -> None:
    asked = []
    for patients in (
        [house.rosa],
        [make_patient(house.clinic, f"Given{each}", "Family") for each in range(4)],
    ):
        for patient in patients:
            visit = book(house, patient)
            readiness.confirm(id=uuid4(), appointment=visit, answers=WHOLE, now=VISIT - 2 * DAY)
        plan(now=VISIT - 5 * DAY)
        Message.objects.filter(stage="confirmation").update(status=MessageStatus.SENT)
        with CaptureQueriesContext(connection) as questions:
            missing.look(now=VISIT - HOUR)
        asked.append(len(questions))
    assert asked[0] == asked[1]
    assert not WorkItem.objects.exists()
