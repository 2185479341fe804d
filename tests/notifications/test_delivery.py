"""Delivery to the inbox page: leased, asked again, sent once, and never blindly twice."""

from collections import Counter
from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic.models import Channel, Clinic, Consent, ConsentScope, Patient, WorkItem
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery
from notifications.models import DeliveryAttempt, InboxItem, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.at_once import at_once
from tests.cast import NOW, House, local, make_patient
from tests.notifications.visits import VISIT, book, cancel, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def drain(now: datetime = NOW) -> Counter[str]:
    return delivery.drain(clock=lambda: now)


def planned_confirmation(house: House, **patient: Any) -> Message:
    """A visit of Rosa's was booked and its confirmation is due now."""
    if patient:
        Patient.objects.filter(pk=house.rosa.pk).update(**patient)
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get(stage="confirmation")


def fate(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.reason


class ScriptedChannel(InboxChannel):
    """The inbox, after first raising what a test wants raised."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.seen: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.seen.append(envelope)
        if self.errors:
            raise self.errors.pop(0)
        return super().send(envelope)


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(*errors: Exception) -> ScriptedChannel:
        channel = ScriptedChannel(*errors)
        monkeypatch.setattr(delivery, "open_channel", lambda: channel)
        return channel

    return use


def test_a_due_message_arrives_on_the_inbox_page_and_the_row_says_so(house: House) -> None:
    message = planned_confirmation(house)
    assert drain() == {"sent": 1}
    item = InboxItem.objects.get()
    assert item.recipient == "rosa@patients.example"
    assert "Thu 21 Jan at 9:30 AM" in item.body
    message.refresh_from_db()
    assert (message.status, message.sent_at) == ("sent", NOW)
    attempt = message.attempts.get()
    assert (attempt.channel, attempt.outcome, attempt.body) == ("inbox", "accepted", item.body)


def test_a_second_drain_sends_nothing_more(house: House) -> None:
    planned_confirmation(house)
    drain()
    assert drain() == {}
    assert InboxItem.objects.count() == 1


def test_what_is_not_due_yet_waits(house: House) -> None:
    message = planned_confirmation(house)
    Message.objects.filter(pk=message.pk).update(due_at=NOW + MINUTE)
    drain(NOW + MINUTE - timedelta(seconds=1))
    assert fate(message)[0] == "planned"
    drain(NOW + MINUTE)
    assert fate(message)[0] == "sent"


def test_nothing_secret_is_stored(house: House) -> None:
    message = planned_confirmation(house)
    drain()
    token = token_for(message.link.pk)
    for stored in (*InboxItem.objects.values_list("body"), *DeliveryAttempt.objects.values_list("body")):
        assert "{link}" in stored[0]
        assert token not in stored[0]
    assert message.link.token_sha256 != token


def test_a_visit_cancelled_between_planning_and_sending_is_not_reminded(house: House) -> None:
    message = planned_confirmation(house)
    cancel(message.appointment)
    assert drain() == {"skipped": 1}
    assert fate(message) == ("skipped", "The visit was cancelled.")
    assert not InboxItem.objects.exists()


def test_a_visit_moved_between_planning_and_sending_is_not_announced_for_its_old_time(house: House) -> None:
    message = planned_confirmation(house)
    move(message.appointment, VISIT + DAY)
    drain()
    assert fate(message) == ("skipped", "The visit was moved to another time.")


def test_somebody_who_opted_out_between_planning_and_sending_is_left_alone(house: House) -> None:
    message = planned_confirmation(house)
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.EMAIL).update(revoked_at=NOW)
    drain()
    assert fate(message) == ("skipped", "No consent to e-mail.")


def test_a_patient_who_died_since_is_not_written_to(house: House) -> None:
    message = planned_confirmation(house, deceased=False)
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    drain()
    assert fate(message) == ("skipped", "The patient has died.")


@pytest.mark.parametrize(
    ("patient", "reason"),
    [
        ({"email": ""}, "No e-mail address."),
        ({"preferred_channel": Channel.NONE}, "The patient wants no messages."),
    ],
)
def test_a_message_that_cannot_go_says_exactly_why(house: House, patient: Any, reason: str) -> None:
    message = planned_confirmation(house, **patient)
    drain()
    assert fate(message) == ("skipped", reason)


def test_a_text_message_reaches_the_made_up_phone(house: House) -> None:
    planned_confirmation(house, preferred_channel=Channel.SMS)
    drain()
    item = InboxItem.objects.get()
    assert (item.recipient, item.subject) == ("+13125550142", "")
    assert item.body.startswith("Lakeside Clinic: visit booked Thu 21 Jan 9:30 AM.")


def test_the_inbox_is_for_made_up_patients_only(house: House) -> None:
    message = planned_confirmation(house)
    Clinic.objects.update(synthetic=False)
    drain()
    assert fate(message) == ("failed", "Refused for good: No mail server is set up (EMAIL_URL).")
    assert not InboxItem.objects.exists()


def test_a_message_delayed_into_the_night_waits_for_the_morning(house: House) -> None:
    message = planned_confirmation(house)
    assert drain(local(date(2027, 1, 11), "21:00")) == {"planned": 1}
    message.refresh_from_db()
    assert message.due_at == local(date(2027, 1, 12), "8:00")
    assert drain(message.due_at) == {"sent": 1}


def test_the_night_is_the_patients_not_the_clinics(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(time_zone="America/Los_Angeles")
    book(house, house.rosa)
    late = local(date(2027, 1, 11), "22:30")  # 20:30 in Los Angeles
    plan(now=late)
    assert drain(late) == {"sent": 1}


def test_a_message_of_the_last_second_before_the_night_still_goes(house: House) -> None:
    planned_confirmation(house)
    assert drain(local(date(2027, 1, 11), "21:00") - timedelta(seconds=1)) == {"sent": 1}


def test_a_message_delayed_past_its_use_is_dropped(house: House) -> None:
    planned_confirmation(house)
    drain()
    plan(now=VISIT - 3 * DAY)
    reminder = Message.objects.get(stage="T-3d")
    drain(reminder.stale_at)
    assert fate(reminder) == ("skipped", "It would have come too late to be of use.")


def test_a_temporary_failure_is_tried_again_later_with_the_same_words(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    channel = scripted(DeliveryError("SMTP 451", permanent=False))
    assert drain() == {"planned": 1}
    assert drain(NOW + MINUTE - timedelta(seconds=1)) == {}
    Clinic.objects.update(phone="+13125550199")  # would change the words
    assert drain(NOW + MINUTE) == {"sent": 1}
    first, second = channel.seen
    assert first == second
    assert [attempt.outcome for attempt in message.attempts.order_by("number")] == [
        "temporary_failure",
        "accepted",
    ]


def test_a_retry_goes_to_the_address_that_is_right_by_then(house: House, scripted: Any) -> None:
    planned_confirmation(house)
    channel = scripted(DeliveryError("SMTP 451", permanent=False))
    drain()
    Patient.objects.filter(pk=house.rosa.pk).update(email="new@patients.example")
    drain(NOW + MINUTE)
    assert [envelope.recipient for envelope in channel.seen] == [
        "rosa@patients.example",
        "new@patients.example",
    ]


def test_a_server_that_stays_down_is_given_up_with_a_reason(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    tries = len(delivery.RETRY_AFTER) + 1
    scripted(*[DeliveryError("No connection", permanent=False)] * tries)
    now = NOW
    for wait in [timedelta(0), *delivery.RETRY_AFTER]:
        now += wait
        drain(now)
    assert fate(message) == ("failed", f"Given up after {tries} tries: No connection")


def test_a_permanent_failure_is_not_tried_again(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    scripted(DeliveryError("SMTP 550", permanent=True))
    assert drain() == {"failed": 1}
    assert fate(message) == ("failed", "Refused for good: SMTP 550")
    assert drain(NOW + DAY) == {}


def test_a_lost_answer_is_a_task_for_the_desk_and_never_sent_again(house: House, scripted: Any) -> None:
    message = planned_confirmation(house)
    channel = scripted(AnswerLost("disconnected"))
    assert drain() == {"unknown": 1}
    drain(NOW + DAY)
    assert sum(envelope.key == str(message.pk) for envelope in channel.seen) == 1
    task = WorkItem.objects.get()
    assert (task.role, task.cause, task.due_at) == ("front_desk", f"message:{message.pk}", message.stale_at)


def test_a_worker_that_dies_while_sending_leaves_an_unknown_not_a_second_message(
    house: House, scripted: Any
) -> None:
    message = planned_confirmation(house)
    channel = scripted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        drain()
    assert fate(message)[0] == "claimed"
    drain(NOW + delivery.LEASE - timedelta(seconds=1))
    assert fate(message)[0] == "claimed"
    drain(NOW + delivery.LEASE)
    assert fate(message) == ("unknown", delivery.ANSWER_LOST)
    assert len(channel.seen) == 1
    assert WorkItem.objects.filter(role="front_desk").count() == 1


def test_a_worker_that_dies_before_sending_leaves_the_message_to_the_next(house: House) -> None:
    message = planned_confirmation(house)
    Message.objects.filter(pk=message.pk).update(
        status="claimed", lease_token=uuid4(), lease_until=NOW + delivery.LEASE
    )
    assert drain() == {}
    assert drain(NOW + delivery.LEASE)["sent"] == 1


def test_a_worker_whose_lease_was_taken_over_cannot_write_its_outcome(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)

    class SlowChannel(InboxChannel):
        def send(self, envelope: Envelope) -> str:
            delivery._settle_lost_leases(NOW + delivery.LEASE)  # meanwhile, somebody else's sweep
            return "late"

    monkeypatch.setattr(delivery, "open_channel", SlowChannel)
    assert drain() == {}
    assert fate(message) == ("unknown", delivery.ANSWER_LOST)


def test_a_drain_that_runs_out_of_time_gives_back_what_it_had_not_begun(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    planned_confirmation(house)
    readings = iter([NOW, NOW, NOW, NOW, NOW + delivery.DRAIN_FOR, NOW + delivery.DRAIN_FOR])
    delivery.drain(clock=lambda: next(readings))
    message = Message.objects.get(stage="confirmation")
    assert (message.status, message.lease_token) == ("planned", None)


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_send_every_message_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    channel = ScriptedChannel()
    monkeypatch.setattr(delivery, "open_channel", lambda: channel)
    monkeypatch.setattr(delivery, "BATCH", 3)
    outcomes = at_once(*[drain] * 4)
    assert sum(outcomes, Counter()) == {"sent": 30}
    assert len(channel.seen) == len({envelope.key for envelope in channel.seen}) == 30


@pytest.mark.django_db(transaction=True)
def test_no_transaction_is_open_while_a_message_is_handed_over(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)
    seen: list[str] = []

    class WatchingChannel(InboxChannel):
        def send(self, envelope: Envelope) -> str:
            # Another connection already sees the attempt, and may change the visit meanwhile.
            def look() -> str:
                cancel(message.appointment)
                return str(message.attempts.get().outcome)

            seen.extend(at_once(look))
            return "taken"

    monkeypatch.setattr(delivery, "open_channel", WatchingChannel)
    assert drain() == {"sent": 1}
    assert seen == ["started"]
