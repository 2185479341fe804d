"""Tries of which nobody heard what became: looked up, never blindly sent again, and settled by a person."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import OperationalError

from clinic import work
from clinic.models import Patient, WorkItem
from clinic.problems import Conflict
from notifications.channels import opening
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope, Found, NotFound
from notifications.channels.opening import Channels
from notifications.delivering import gathering, leasing, outcomes, undelivered
from notifications.delivering.gathering import Facts
from notifications.models import Message
from notifications.planning import said
from notifications.planning.planner import plan
from tests.cast import NOW, House
from tests.notifications.drains import ScriptedChannel, drain, fate, planned_confirmation
from tests.notifications.visits import book, cancel

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def test_a_lost_answer_is_a_task_for_the_desk_and_never_sent_again(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    channel = scripted(AnswerLost("disconnected"))
    assert drain() == {"unknown": 1}
    drain(NOW + DAY)
    assert sum(envelope.key == str(message.pk) for envelope in channel.seen) == 1
    task = WorkItem.objects.get()
    assert (task.role, task.cause, task.due_at) == ("front_desk", f"message:{message.pk}", message.stale_at)


def test_what_is_sent_again_and_lost_again_is_a_task_again(house: House, scripted: Any) -> None:
    """What a person found out about the first try says nothing of the second."""
    message = planned_confirmation(house)
    scripted(AnswerLost("disconnected"), AnswerLost("disconnected"))
    drain()
    outcomes.settle(actor=house.actor(house.ana), message=message, arrived=False, now=NOW + MINUTE)
    assert not WorkItem.objects.filter(closed_at=None).exists()
    assert drain(NOW + 2 * MINUTE) == {"unknown": 1}
    assert WorkItem.objects.get(closed_at=None).cause == f"message:{message.pk}:2"
    outcomes.settle(actor=house.actor(house.ana), message=message, arrived=True, now=NOW + 3 * MINUTE)
    assert fate(message)[0] == "sent"
    assert not WorkItem.objects.filter(closed_at=None).exists()


def test_a_worker_that_dies_while_sending_leaves_an_unknown_not_a_second_message(
    house: House, scripted: Any
) -> None:
    message = planned_confirmation(house)
    channel = scripted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        drain()
    assert fate(message)[0] == "claimed"
    drain(NOW + leasing.LEASE - timedelta(seconds=1))
    assert fate(message)[0] == "claimed"
    drain(NOW + leasing.LEASE)
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)
    assert len(channel.seen) == 1
    assert WorkItem.objects.filter(role="front_desk").count() == 1


def test_an_error_that_no_channel_explains_leaves_one_unknown_and_the_next_message_goes(
    house: House, scripted: Any, caplog: pytest.LogCaptureFixture
) -> None:
    message = planned_confirmation(house)
    book(house, house.omar)
    plan(now=NOW + timedelta(seconds=1))
    scripted(ValueError("no room for rosa@patients.example"))
    with caplog.at_level("DEBUG"):
        assert drain(NOW + timedelta(seconds=1)) == {"unknown": 1, "sent": 1}
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)
    assert message.attempts.get().error == "ValueError that the channel doesn't explain"
    assert "ValueError" in caplog.text
    assert "rosa@" not in caplog.text
    assert WorkItem.objects.get().cause == f"message:{message.pk}"


def test_a_worker_whose_lease_was_taken_over_cannot_write_its_outcome(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)

    class SlowChannel(ScriptedChannel):
        def send(self, envelope: Envelope) -> str:
            # Meanwhile, somebody else's sweep.
            with Channels() as others:
                outcomes.settle_lost(others, lambda: NOW + leasing.LEASE, NOW + HOUR)
            return "late"

    monkeypatch.setattr(opening, "open_channel", lambda form: SlowChannel())
    assert drain() == {}
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)


def test_a_provider_whose_list_cannot_be_read_is_asked_again_and_then_a_person(
    house: House, scripted: Any
) -> None:
    message = planned_confirmation(house)

    def unreadable(started_at: datetime) -> Found:
        raise ZeroDivisionError

    scripted(AnswerLost("ReadTimeout"), asked=unreadable)
    assert drain() == {}
    assert fate(message)[0] == "claimed"
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)


def test_a_database_that_is_away_makes_no_lost_message_a_persons(
    house: House, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)
    scripted(AnswerLost("disconnected"), asked=lambda _: NotFound.NOT_LISTED)
    drain()

    def away(message: Message) -> Facts:
        raise OperationalError

    monkeypatch.setattr(gathering, "gather_for_lookup", away)
    with pytest.raises(OperationalError):
        drain(NOW + MINUTE)
    assert fate(message)[0] == "claimed"
    assert not WorkItem.objects.exists()


def test_a_provider_that_cannot_be_asked_is_asked_again_and_then_a_person(
    house: House, scripted: Any
) -> None:
    message = planned_confirmation(house)

    def deaf(started_at: datetime) -> Found:
        raise DeliveryError("No connection", permanent=False)

    channel = scripted(AnswerLost("disconnected"), asked=deaf)
    for minutes in range(15):
        drain(NOW + minutes * MINUTE)
        assert fate(message)[0] == "claimed"
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message)[0] == "unknown"
    assert len(channel.seen) == 1


@pytest.mark.parametrize(
    ("found", "status", "arrived"),
    [
        (Found("reference"), "sent", 1),
        (NotFound.ABSENT, "sent", 2),
        (NotFound.NOT_LISTED, "unknown", 1),
        (NotFound.CANNOT_TELL, "unknown", 1),
    ],
    ids=["found there", "not there, and a key is taken once", "not on its list", "can't tell"],
)
def test_a_try_without_an_answer_is_looked_up_and_never_blindly_sent_again(
    house: House, scripted: Any, found: Any, status: str, arrived: int
) -> None:
    message = planned_confirmation(house)
    channel = scripted(AnswerLost("disconnected"), asked=lambda _: found)
    drain()
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message)[0] == status
    assert [envelope.key for envelope in channel.seen] == [str(message.pk)] * arrived


@pytest.mark.parametrize("late", [1, 5, 14])
def test_a_provider_may_list_a_message_many_minutes_late(house: House, scripted: Any, late: int) -> None:
    message = planned_confirmation(house)
    now = NOW

    def listed(started_at: datetime) -> Found | NotFound:
        return Found("late") if now >= started_at + late * MINUTE else NotFound.NOT_LISTED

    channel = scripted(AnswerLost("disconnected"), asked=listed)
    for _ in range(16):
        drain(now)
        now += MINUTE
    assert (len(channel.seen), message.attempts.get().provider_reference) == (1, "late")
    assert not WorkItem.objects.exists()


def test_a_list_that_is_late_is_not_asked_every_minute(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    asked = []

    def empty(started_at: datetime) -> NotFound:
        asked.append(now - started_at)
        return NotFound.NOT_LISTED

    scripted(AnswerLost("disconnected"), asked=empty)
    for minutes in range(20):
        now = NOW + minutes * MINUTE
        drain(now)
    assert asked == [minutes * MINUTE for minutes in (0, 1, 2, 4, 8, 15)]
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)


def test_one_lost_message_that_cannot_be_made_out_holds_up_no_other(house: House, scripted: Any) -> None:
    """Omar's lost try says a form that there isn't: a row that nobody should have been able to write."""
    for patient in (house.omar, house.rosa):
        book(house, patient)
    plan(now=NOW)
    listed: list[Found] = []
    lost = AnswerLost("disconnected")
    scripted(lost, lost, asked=lambda _: listed[0] if listed else NotFound.NOT_LISTED)
    drain()
    first = Message.objects.order_by("pk")[0]
    first.attempts.update(form="fax")
    listed.append(Found("reference"))
    assert drain(NOW + MINUTE) == {"unknown": 1, "sent": 1}
    assert fate(first) == ("unknown", outcomes.ANSWER_LOST)
    assert WorkItem.objects.get().cause == f"message:{first.pk}"


@pytest.fixture
def unknown(house: House, scripted: Any) -> Message:
    """Nobody knows whether Rosa's confirmation arrived; a task waits at the desk."""
    message = planned_confirmation(house)
    scripted(AnswerLost("disconnected"))
    drain()
    return message


def test_somebody_finds_out_that_it_arrived(house: House, unknown: Message) -> None:
    ana = house.actor(house.ana)
    for _ in range(2):
        outcomes.settle(actor=ana, message=unknown, arrived=True, now=NOW + HOUR)
    assert fate(unknown) == ("sent", "")
    assert (unknown.sent_at, unknown.attempts.get().outcome) == (NOW, "accepted")
    assert WorkItem.objects.get().outcome == "It had arrived."


def test_somebody_finds_out_that_it_did_not_and_it_is_sent_again(house: House, unknown: Message) -> None:
    outcomes.settle(actor=house.actor(house.ana), message=unknown, arrived=False, now=NOW + HOUR)
    assert fate(unknown) == ("planned", "")
    assert drain(NOW + HOUR) == {"sent": 1}
    assert WorkItem.objects.get().outcome == "It had not arrived."
    with pytest.raises(Conflict, match="not in question"):
        outcomes.settle(actor=house.actor(house.ana), message=unknown, arrived=False, now=NOW + HOUR)


def test_what_has_lost_its_use_meanwhile_is_not_sent_again(house: House, unknown: Message) -> None:
    ana = house.actor(house.ana)
    outcomes.settle(actor=ana, message=unknown, arrived=False, now=unknown.stale_at)
    assert fate(unknown) == ("failed", outcomes.OF_NO_USE)


def test_what_was_found_not_to_have_arrived_and_then_cannot_be_sent_is_called(
    house: House, scripted: Any
) -> None:
    """The first task asked whether it had arrived: that was answered, and nobody has told the patient yet."""
    message = planned_confirmation(house)
    drain()
    visit = message.appointment
    assert visit is not None
    cancel(visit)
    plan(now=NOW + MINUTE)
    scripted(AnswerLost("disconnected"))
    assert drain(NOW + MINUTE) == {"unknown": 1}
    cancellation = Message.objects.get(kind="cancellation")
    ana = house.actor(house.ana)
    outcomes.settle(actor=ana, message=cancellation, arrived=False, now=NOW + 2 * MINUTE)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel="none")
    drain(NOW + 3 * MINUTE)
    assert fate(cancellation)[0] == "skipped"
    [call] = WorkItem.objects.filter(closed_at=None)
    assert call.title == undelivered.CANCELLED
    assert said.told_of(visit.pk) != said.Told(None, cancellation.pk)
    work.close(actor=ana, item=call, outcome="Told her.", now=NOW + 4 * MINUTE)
    assert said.told_of(visit.pk) == said.Told(None, cancellation.pk)
