"""A visit booked so late that no message tells of it: the page and a task say that somebody has to call."""

from datetime import date, datetime, timedelta

import pytest
import time_machine
from django.urls import reverse

from clinic.models import Role, Urgency, WorkItem
from notifications.delivering import delivery, untold_visits
from notifications.models import Message, MessageStatus
from notifications.planning import planner
from notifications.reporting.untold import is_untold
from notifications.reporting.visit_messages import messages_of_visit
from scheduler.models import Appointment
from tests.cast import NOW, House, local
from tests.notifications.visits import book, cancel, confirm, move
from tests.web.pages import browser_of, words

LATE = local(date(2027, 1, 11), "22:51")
MORNING = local(date(2027, 1, 12), "8:00")
MINUTE = timedelta(minutes=1)


def look(at: datetime) -> None:
    planner.plan(now=at)
    delivery.drain(clock=lambda: at)
    untold_visits.look(now=at)


@pytest.fixture
def visit(house: House) -> Appointment:
    """Booked at 22:51 for 8:00."""
    appointment = book(house, house.rosa, MORNING)
    Appointment.objects.filter(pk=appointment.pk).update(created_at=LATE)
    return Appointment.objects.get(pk=appointment.pk)


def test_the_desk_has_one_task_to_call_and_nobody_is_woken_for_it(house: House, visit: Appointment) -> None:
    assert is_untold(visit, LATE), "known at once, before the planner has looked"
    look(LATE)
    assert Message.objects.get(kind="confirmation").status == MessageStatus.SKIPPED
    look(LATE + MINUTE)
    task = WorkItem.objects.get()
    assert task.title == "Call: no message goes out before this patient's visit"
    assert (task.role, task.urgency, task.due_at) == (Role.FRONT_DESK, Urgency.ROUTINE, MORNING)
    assert is_untold(visit, LATE + MINUTE)


@pytest.mark.parametrize("end", ["confirmed", "cancelled", "moved", "begun"])
def test_the_task_closes_when_there_is_nothing_to_call_about(visit: Appointment, end: str) -> None:
    look(LATE)
    later = LATE + MINUTE
    if end == "confirmed":
        confirm(visit, later)
    elif end == "cancelled":
        cancel(visit, later)
    elif end == "moved":
        move(visit, MORNING + timedelta(days=7))
    untold_visits.look(now=MORNING if end == "begun" else later)
    assert WorkItem.objects.get().closed_at is not None


def test_who_can_be_told_in_time_is_no_task(house: House) -> None:
    visit = book(house, house.rosa, NOW + timedelta(days=2))
    assert not is_untold(visit, NOW), "the confirmation is about to go"
    look(NOW)
    assert not is_untold(visit, NOW), "it has gone"
    assert not WorkItem.objects.exists()


def test_no_reason_says_that_the_patient_was_told(visit: Appointment) -> None:
    lines = {line.stage: line for line in messages_of_visit(visit, LATE)}
    said = lines["prepare"].why_not
    assert said == "Its time had passed before the patient could be told of the visit."


def test_the_visits_page_says_whom_to_call_and_how_to_prepare(house: House, visit: Appointment) -> None:
    with time_machine.travel(LATE, tick=False):
        page = words(browser_of(house.ana).get(reverse("visit", args=[visit.pk])))
    told = page.partition("Call them: no message goes out before the visit. ")[2]
    assert told.startswith("(312) 555-0142 How to prepare: Eat nothing from 2:00 AM on Tue 12 Jan.")
    confirm(visit, LATE)
    with time_machine.travel(LATE, tick=False):
        page = words(browser_of(house.ana).get(reverse("visit", args=[visit.pk])))
    assert "no message goes out" not in page
