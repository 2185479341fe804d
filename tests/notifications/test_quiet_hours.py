"""Quiet hours are asked again when a message leaves: the patient's zone and state, as they are by then."""

from datetime import date, datetime, time, timedelta
from typing import Any

import pytest

from clinic.models import Patient
from notifications.delivering import delivery
from notifications.models import Message, QuietHours
from notifications.planning.planner import plan
from tests.cast import NOW, TODAY, House, local
from tests.notifications.visits import VISIT, book, move

DAY = timedelta(days=1)
TOO_LATE = "It would have come too late to be of use."


@pytest.fixture
def message(house: House) -> Message:
    """Rosa's confirmation, planned and due; Illinois has a shorter day than the rest."""
    QuietHours.objects.create(clinic=house.clinic, state="IL", day_begins=time(10), day_ends=time(19))
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get(stage="confirmation")


def since_then(house: House, **changes: Any) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(**changes)


def drained(message: Message, now: datetime) -> tuple[str, datetime]:
    delivery.drain(clock=lambda: now)
    message.refresh_from_db()
    return message.status, message.due_at


def test_a_patient_who_moved_to_a_stricter_state_waits_for_its_morning(
    house: House, message: Message
) -> None:
    since_then(house, state=" il ")
    begins = local(TODAY, "10:00")
    assert drained(message, NOW) == ("planned", begins)
    assert drained(message, begins)[0] == "sent"


def test_a_stricter_states_day_ends_earlier(house: House, message: Message) -> None:
    since_then(house, state="IL")
    assert drained(message, local(TODAY, "19:00")) == ("planned", local(TODAY + DAY, "10:00"))
    since_then(house, state="WI")
    Message.objects.update(due_at=NOW)
    assert drained(message, local(TODAY, "19:00"))[0] == "sent"


def test_a_jurisdiction_that_was_settled_after_planning_holds(house: House, message: Message) -> None:
    QuietHours.objects.create(clinic=house.clinic, state="WI", day_begins=time(11), day_ends=time(20))
    since_then(house, state="WI")
    assert drained(message, NOW) == ("planned", local(TODAY, "11:00"))


def test_a_patient_who_moved_west_is_still_asleep(house: House, message: Message) -> None:
    since_then(house, time_zone="Pacific/Honolulu")  # 5:00 there
    assert drained(message, NOW) == ("planned", local(TODAY, "8:00", "Pacific/Honolulu"))


def test_a_patient_who_moved_east_is_written_to_while_the_clinic_sleeps(
    house: House, message: Message
) -> None:
    since_then(house, time_zone="Asia/Tokyo")
    at_night = local(TODAY, "21:30")  # 12:30 in Tokyo
    assert drained(message, at_night)[0] == "sent"


def test_what_the_new_night_makes_useless_is_dropped_with_the_reason(house: House, message: Message) -> None:
    delivery.drain(clock=lambda: NOW)
    plan(now=local(VISIT.date(), "8:00"))
    reminder = Message.objects.get(stage="T-2h")
    since_then(house, state="IL")  # its day begins at 10:00, after the visit has begun
    assert drained(reminder, local(VISIT.date(), "8:05"))[0] == "skipped"
    assert reminder.reason == TOO_LATE


@pytest.mark.parametrize("day", [date(2027, 3, 14), date(2027, 11, 7)])
def test_on_both_days_of_the_change_a_stricter_morning_is_on_the_wall(
    house: House, message: Message, day: date
) -> None:
    since_then(house, state="IL")
    Message.objects.update(due_at=local(day, "0:30"), stale_at=local(day + DAY, "20:00"))
    move(message.visit, local(day + DAY, "12:00"))
    Message.objects.update(visit_starts_at=local(day + DAY, "12:00"))
    assert drained(message, local(day, "1:30")) == ("planned", local(day, "10:00"))
