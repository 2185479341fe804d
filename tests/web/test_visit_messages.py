"""The page of a visit's messages, sending one again, and searching the log."""

from collections.abc import Iterator

import pytest
import time_machine
from django.urls import reverse

from notifications.delivering import delivery
from notifications.models import Message
from notifications.planning.planner import plan
from scheduler.models import Appointment
from tests.cast import NOW, House, new_id
from tests.notifications.visits import book
from tests.web.pages import browser_of, words


@pytest.fixture
def visit(house: House) -> Iterator[Appointment]:
    with time_machine.travel(NOW, tick=False):
        appointment = book(house, house.rosa)
        plan(now=NOW)
        delivery.drain(clock=lambda: NOW)
        yield appointment


def test_the_desk_comes_from_a_visit_to_all_its_messages(house: House, visit: Appointment) -> None:
    said = words(browser_of(house.ana).get(reverse("visit_messages", args=[visit.pk])))
    assert "Visit booked Sent" in said
    assert "Reminder that asks to confirm Still to come" in said
    assert "r…@patients.example" in said
    assert "rosa@patients.example" not in said


def test_another_clinic_finds_neither_page(house: House, other_house: House, visit: Appointment) -> None:
    outsider, first = browser_of(other_house.max), Message.objects.get(stage="confirmation")
    assert outsider.get(reverse("visit_messages", args=[visit.pk])).status_code == 404
    assert outsider.post(reverse("message_again", args=[first.pk]), {"id": new_id()}).status_code == 404


def test_sending_again_twice_by_a_double_tap_sends_once(house: House, visit: Appointment) -> None:
    ana, first = browser_of(house.ana), Message.objects.get(stage="confirmation")
    sent = {"id": new_id(), "text": "Please call us."}
    for _ in range(2):
        assert "It is on its way." in words(
            ana.post(reverse("message_again", args=[first.pk]), sent, follow=True)
        )
    assert Message.objects.filter(again_of=first).count() == 1


def test_refused_words_come_back_with_their_mend(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    sent = {"id": new_id(), "text": "Your ketamine is ready"}
    answer = browser_of(house.ana).post(reverse("message_again", args=[first.pk]), sent)
    assert answer.status_code == 400
    assert "tells a lock screen what the visit is about" in words(answer)
    assert "Your ketamine is ready" in words(answer)


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"stage": "confirmation"}, True),
        ({"stage": "T-3d"}, False),
        ({"channel": "email"}, True),
        ({"channel": "sms"}, False),
        ({"first": "2027-01-11", "last": "2027-01-11"}, True),
        ({"first": "2027-01-12"}, False),
        ({"last": "2027-01-10"}, False),
    ],
)
def test_the_log_is_searched_by_message_way_and_days(
    house: House, visit: Appointment, query: dict[str, str], found: bool
) -> None:
    said = words(browser_of(house.ana).get(reverse("messages"), query))
    assert ("Rosa Delgado" in said) is found


def test_a_day_that_is_none_is_said_at_its_field(house: House, visit: Appointment) -> None:
    answer = browser_of(house.ana).get(reverse("messages"), {"first": "yesterday"})
    assert (answer.status_code, "Enter a valid date." in words(answer)) == (400, True)
