"""Delivery to the inbox page: leased, asked again, sent once, and never blindly twice."""

from collections import Counter
from datetime import date, datetime, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection

from clinic.models import Channel, Clinic, Consent, ConsentScope, Patient, WorkItem
from clinic.problems import Conflict
from notifications import saying
from notifications.channels import opening
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope, Found, NotFound
from notifications.channels.inbox import InboxChannel
from notifications.channels.opening import Channels
from notifications.delivering import composing, delivery, leasing, outcomes, sending, setting_aside
from notifications.models import DeliveryAttempt, InboxItem, Message
from notifications.planning.planner import plan
from notifications.planning.rules import BEFORE_NEXT
from notifications.tokens import token_for
from tests.at_once import at_once
from tests.cast import NOW, House, local, make_patient
from tests.notifications.visits import VISIT, book, cancel, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


def drain(now: datetime = NOW) -> Counter[Any]:
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
    """The inbox, after first raising what a test wants raised. Like a mail server it can't be asked."""

    def __init__(self, *errors: Exception) -> None:
        self.errors = list(errors)
        self.seen: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.seen.append(envelope)
        if self.errors:
            raise self.errors.pop(0)
        return super().send(envelope)

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
        return NotFound.CANNOT_TELL


@pytest.fixture
def scripted(monkeypatch: pytest.MonkeyPatch) -> Any:
    def use(*errors: Exception) -> ScriptedChannel:
        channel = ScriptedChannel(*errors)
        monkeypatch.setattr(opening, "open_channel", lambda form: channel)
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
    cancel(message.visit)
    assert drain() == {"skipped": 1}
    assert fate(message) == ("skipped", "The visit was cancelled.")
    assert not InboxItem.objects.exists()


def test_a_visit_moved_between_planning_and_sending_is_not_announced_for_its_old_time(house: House) -> None:
    message = planned_confirmation(house)
    move(message.visit, VISIT + DAY)
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
    tries = len(outcomes.RETRY_AFTER) + 1
    scripted(*[DeliveryError("No connection", permanent=False)] * tries)
    now = NOW
    for wait in [timedelta(0), *outcomes.RETRY_AFTER]:
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


def test_a_provider_whose_list_cannot_be_read_is_asked_again_and_then_a_person(
    house: House, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)
    channel = scripted(AnswerLost("ReadTimeout"))

    def lookup(envelope: Envelope, *, started_at: datetime) -> Found:
        raise ZeroDivisionError

    monkeypatch.setattr(channel, "lookup", lookup)
    assert drain() == {}
    assert fate(message)[0] == "claimed"
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)


def test_a_worker_that_dies_before_sending_leaves_the_message_to_the_next(house: House) -> None:
    message = planned_confirmation(house)
    Message.objects.filter(pk=message.pk).update(
        status="claimed", lease_token=uuid4(), lease_until=NOW + leasing.LEASE
    )
    assert drain() == {}
    assert drain(NOW + leasing.BEGUN_WITHIN)["sent"] == 1


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


def test_a_drain_that_runs_out_of_time_gives_back_what_it_had_not_begun(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    for patient in house.patients.values():
        book(house, patient)
    plan(now=NOW)
    now = NOW

    class EndlessChannel(ScriptedChannel):
        def send(self, envelope: Envelope) -> str:
            nonlocal now
            now += delivery.DRAIN_FOR
            return super().send(envelope)

    monkeypatch.setattr(opening, "open_channel", lambda form: EndlessChannel())
    assert delivery.drain(clock=lambda: now) == {"sent": 1}
    left = Message.objects.get(status="planned")
    assert (left.lease_token, left.attempts.count()) == (None, 0)


def test_a_try_that_was_begun_and_not_handed_over_is_taken_back_and_stays_on_the_record(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As the application's own role, which deletes no row of a record."""
    for patient in house.patients.values():
        book(house, patient)
    plan(now=NOW)
    now = NOW

    class SlowChannel(ScriptedChannel):
        def send(self, envelope: Envelope) -> str:
            nonlocal now
            now += delivery.DRAIN_FOR
            return super().send(envelope)

    monkeypatch.setattr(opening, "open_channel", lambda form: SlowChannel())
    monkeypatch.setattr(delivery, "Pace", partial(sending.Pace, begun=2))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")
    assert delivery.drain(clock=lambda: now) == {"sent": 1}
    left = Message.objects.get(status="planned")
    assert list(left.attempts.values_list("outcome", flat=True)) == ["withdrawn"]
    assert delivery.drain(clock=lambda: now) == {"sent": 1}
    assert list(left.attempts.order_by("number").values_list("outcome", flat=True)) == [
        "withdrawn",
        "accepted",
    ]


def test_a_worker_that_is_stopped_while_sending_gives_back_what_it_had_not_begun(
    house: House, scripted: Any
) -> None:
    for patient in house.patients.values():
        book(house, patient)
    plan(now=NOW)
    scripted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        drain()
    assert sorted(Message.objects.values_list("status", flat=True)) == ["claimed", "planned"]
    assert drain() == {"sent": 1}


def test_what_a_slow_provider_kept_waiting_is_asked_again(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits = [book(house, patient) for patient in house.patients.values()]
    plan(now=NOW)
    now = NOW

    class SlowChannel(ScriptedChannel):
        def send(self, envelope: Envelope) -> str:
            nonlocal now
            now += sending.DECISION_HOLDS_FOR
            for visit in visits:
                cancel(visit)
            return super().send(envelope)

    monkeypatch.setattr(opening, "open_channel", lambda form: SlowChannel())
    assert delivery.drain(clock=lambda: now) == {"sent": 1, "skipped": 1}


def test_urgent_messages_go_first(house: House, scripted: Any) -> None:
    for patient in house.patients.values():
        book(house, patient)
    plan(now=NOW)
    urgent = Message.objects.latest("pk")
    Message.objects.filter(pk=urgent.pk).update(urgent=True, due_at=NOW)
    Message.objects.exclude(pk=urgent.pk).update(due_at=NOW - HOUR)
    channel = scripted()
    drain()
    assert channel.seen[0].key == str(urgent.pk)


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
    house: House, monkeypatch: pytest.MonkeyPatch, found: Any, status: str, arrived: int
) -> None:
    message = planned_confirmation(house)

    class AskedChannel(ScriptedChannel):
        def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
            return found

    channel = AskedChannel(AnswerLost("disconnected"))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    drain()
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message)[0] == status
    assert [envelope.key for envelope in channel.seen] == [str(message.pk)] * arrived


@pytest.mark.parametrize("late", [1, 5, 14])
def test_a_provider_may_list_a_message_many_minutes_late(
    house: House, monkeypatch: pytest.MonkeyPatch, late: int
) -> None:
    message = planned_confirmation(house)
    now = NOW

    class LateChannel(ScriptedChannel):
        def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
            return Found("late") if now >= started_at + late * MINUTE else NotFound.NOT_LISTED

    channel = LateChannel(AnswerLost("disconnected"))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    for _ in range(16):
        drain(now)
        now += MINUTE
    assert (len(channel.seen), message.attempts.get().provider_reference) == (1, "late")
    assert not WorkItem.objects.exists()


def test_a_list_that_is_late_is_not_asked_every_minute(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    message = planned_confirmation(house)
    asked = []

    class EmptyChannel(ScriptedChannel):
        def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
            asked.append(now - started_at)
            return NotFound.NOT_LISTED

    channel = EmptyChannel(AnswerLost("disconnected"))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    for minutes in range(20):
        now = NOW + minutes * MINUTE
        drain(now)
    assert asked == [minutes * MINUTE for minutes in (0, 1, 2, 4, 8, 15)]
    assert fate(message) == ("unknown", outcomes.ANSWER_LOST)


def test_one_lost_message_that_cannot_be_made_out_holds_up_no_other(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Omar's lost try says a form that there isn't: a row that nobody should have been able to write."""
    for patient in (house.omar, house.rosa):
        book(house, patient)
    plan(now=NOW)

    class AskedChannel(ScriptedChannel):
        def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
            return Found("reference") if asked_again else NotFound.NOT_LISTED

    asked_again = False
    channel = AskedChannel(AnswerLost("disconnected"), AnswerLost("disconnected"))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    drain()
    first = Message.objects.order_by("pk")[0]
    first.attempts.update(form="fax")
    asked_again = True
    assert drain(NOW + MINUTE) == {"unknown": 1, "sent": 1}
    assert fate(first) == ("unknown", outcomes.ANSWER_LOST)
    assert WorkItem.objects.get().cause == f"message:{first.pk}"


def test_a_provider_that_cannot_be_asked_is_asked_again_and_then_a_person(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    message = planned_confirmation(house)

    class DeafChannel(ScriptedChannel):
        def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
            raise DeliveryError("No connection", permanent=False)

    channel = DeafChannel(AnswerLost("disconnected"))
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    for minutes in range(15):
        drain(NOW + minutes * MINUTE)
        assert fate(message)[0] == "claimed"
    drain(NOW + outcomes.ASKED_FOR)
    assert fate(message)[0] == "unknown"
    assert len(channel.seen) == 1


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


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_send_every_message_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    channel = ScriptedChannel()
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    monkeypatch.setattr(sending, "LARGEST_BATCH", 3)
    monkeypatch.setattr(sending, "FIRST_BATCH", 3)
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
                cancel(message.visit)
                return str(message.attempts.get().outcome)

            seen.extend(at_once(look))
            return "taken"

    monkeypatch.setattr(opening, "open_channel", lambda form: WatchingChannel())
    assert drain() == {"sent": 1}
    assert seen == ["started"]


def without_its_visit(house: House, stage: str) -> Message:
    """A row that nothing of ours writes: due before the others, about a visit that it doesn't name."""
    return saying.say(
        key=f"broken:{stage}",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind="check_in",
        stage=stage,
        due_at=NOW - MINUTE,
        stale_at=NOW + HOUR,
    )


@pytest.mark.parametrize("wrong", ["decided about", "written out"])
def test_one_bad_row_is_set_aside_alone_and_the_others_go(
    house: House, wrong: str, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    good = planned_confirmation(house)
    bad = without_its_visit(house, BEFORE_NEXT if wrong == "decided about" else "D+1")
    if wrong == "written out":
        write = composing.attempt_at

        def broken(message: Message, *rest: Any, **named: Any) -> DeliveryAttempt:
            if message.pk == bad.pk:
                raise ValueError("Rosa's words")
            return write(message, *rest, **named)

        monkeypatch.setattr(composing, "attempt_at", broken)
    assert drain() == {"sent": 1, "failed": 1}
    assert fate(good)[0] == "sent"
    assert fate(bad) == ("failed", setting_aside.CANNOT_BE_SENT)
    task = WorkItem.objects.get(cause=f"message:{bad.pk}")
    assert (task.title, task.role) == (setting_aside.FIND_OUT, "front_desk")
    (line,) = [each.getMessage() for each in caplog.records if each.name == setting_aside.__name__]
    assert str(bad.pk) in line
    assert "ValueError" in line
    assert "Rosa" not in line
