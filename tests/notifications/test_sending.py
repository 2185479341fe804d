"""How a batch leaves: what a worker that dies would leave in doubt, and how the pace follows the provider."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from notifications.channels import opening
from notifications.channels.envelope import Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery, leasing, outcomes, sending
from notifications.delivering.sending import Pace
from notifications.models import DeliveryAttempt, InboxItem, Message
from notifications.planning.planner import plan
from notifications.talking import answers
from tests.cast import NOW, House, make_patient
from tests.notifications.visits import VISIT, book, cancel, move


def due(house: House, count: int) -> None:
    for number in range(count):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)


def drain(monkeypatch: pytest.MonkeyPatch, channel: Any) -> Any:
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    return delivery.drain(clock=lambda: NOW)


class TakingChannel(InboxChannel):
    """Takes everything, and asks the database nothing."""

    def __init__(self) -> None:
        self.taken: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.taken.append(envelope)
        return envelope.key


class WatchingChannel(InboxChannel):
    """Notes, as each message arrives, how many tries have begun and have no end."""

    def __init__(self) -> None:
        self.begun: list[int] = []

    def send(self, envelope: Envelope) -> str:
        self.begun.append(DeliveryAttempt.objects.filter(outcome="started").count())
        return super().send(envelope)


def test_a_worker_that_died_now_would_leave_one_message_in_doubt(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house, 4)
    channel = WatchingChannel()
    assert drain(monkeypatch, channel) == {"sent": 4}
    assert channel.begun == [1, 1, 1, 1]


def test_what_a_dead_worker_took_and_had_not_begun_is_said_soon_after(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It dies without a last word, as by kill -9: nothing is given back and nothing is concluded. What it had
    begun is surely not there, and is tried again when any try would be that came to nothing."""
    due(house, 3)

    class DeadlyChannel(InboxChannel):
        def send(self, envelope: Envelope) -> str:
            monkeypatch.setattr(sending, "_take_back", lambda attempts, token, now: None)
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        drain(monkeypatch, DeadlyChannel())
    monkeypatch.undo()
    assert list(Message.objects.values_list("status", flat=True)) == ["claimed"] * 3
    assert DeliveryAttempt.objects.count() == 1
    soon, lease_over = NOW + leasing.BEGUN_WITHIN, NOW + leasing.LEASE
    assert delivery.drain(clock=lambda: soon - timedelta(seconds=1)) == {}
    assert delivery.drain(clock=lambda: soon) == {"planned": 2, "sent": 2}
    assert delivery.drain(clock=lambda: lease_over) == {"planned": 1}
    assert delivery.drain(clock=lambda: lease_over + outcomes.RETRY_AFTER[0]) == {"sent": 1}
    assert InboxItem.objects.count() == 3


def test_what_is_urgent_leaves_while_it_is_of_use_though_its_worker_died_with_it(house: House) -> None:
    """The confirmation of an opt-out is of use for 5 minutes; its next sender needn't be the one that looks
    lost messages up."""
    due(house, 1)
    dead = {"status": "claimed", "lease_token": uuid4(), "lease_until": NOW + leasing.LEASE}
    Message.objects.update(**dead, urgent=True, stale_at=NOW + answers.STOPPED_OF_USE_FOR)
    soon = NOW + leasing.BEGUN_WITHIN
    assert delivery.drain(clock=lambda: soon, urgent_only=True) == {"planned": 1, "sent": 1}


def test_what_somebody_else_has_taken_over_is_not_begun(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    due(house, 2)

    class SlowChannel(InboxChannel):
        def send(self, envelope: Envelope) -> str:
            Message.objects.exclude(pk=envelope.key).update(lease_token=uuid4())
            return super().send(envelope)

    assert drain(monkeypatch, SlowChannel()) == {"sent": 1}
    other = Message.objects.get(status="claimed")
    assert not other.attempts.exists()


@pytest.mark.parametrize(
    ("seconds_each", "asked", "begun"), [(2.0, 1, 1), (0.05, 10, 1), (0.005, 40, 4), (0.0, 40, 20)]
)
def test_the_pace_follows_the_provider(seconds_each: float, asked: int, begun: int) -> None:
    pace = Pace()
    pace.learn(10, 10 * seconds_each)
    assert pace.asked == asked
    assert pace.begun >= begun


def test_the_pace_never_leaves_its_bounds() -> None:
    pace = Pace()
    for _ in range(9):
        pace.learn(pace.asked, 0.0)
    assert pace.asked == sending.LARGEST_BATCH
    pace.learn(0, timedelta(minutes=1).total_seconds())
    assert pace.asked == sending.LARGEST_BATCH


def reads_of_a_drain(monkeypatch: pytest.MonkeyPatch, channel: Any) -> int:
    """How many queries of the ORM's read anything while what is wanted now leaves."""
    plan(now=NOW)
    with CaptureQueriesContext(connection) as asked:
        drain(monkeypatch, channel)
    return sum((query["sql"] or "").startswith('SELECT "') for query in asked.captured_queries)


def test_a_batch_reads_as_often_for_one_visit_as_for_five(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Booked, moved and cancelled: a column that was left in the database is asked for by nobody."""
    found = []
    for turn, many in enumerate((1, 1, 5)):  # the very first makes the rows of the ways out
        channel = TakingChannel()
        visits = [
            book(house, make_patient(house.clinic, f"Given{turn}of{number}", "Family"))
            for number in range(many)
        ]
        reads = [reads_of_a_drain(monkeypatch, channel)]
        for visit in visits:
            move(visit, VISIT + timedelta(hours=1))
        reads.append(reads_of_a_drain(monkeypatch, channel))
        for visit in visits:
            cancel(visit)
        reads.append(reads_of_a_drain(monkeypatch, channel))
        assert [envelope.subject.split()[2] for envelope in channel.taken] == [
            *["on"] * many,
            *["has"] * many,
            *["on"] * many,
        ]
        found.append(reads)
    assert found[1] == found[2]
