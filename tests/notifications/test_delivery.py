"""Delivery to the inbox page: leased, asked again, sent once, and never blindly twice."""

from collections import Counter
from datetime import date, timedelta
from functools import partial
from typing import Any
from uuid import uuid4

import pytest
from django.db import connection
from django.db.models import OuterRef

from clinic.models import Channel, Clinic, Consent, ConsentScope, Patient, WorkItem
from notifications import saying
from notifications.channels import opening
from notifications.channels.envelope import DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import composing, delivery, leasing, outcomes, sending, setting_aside
from notifications.models import DeliveryAttempt, InboxItem, Message
from notifications.planning.planner import plan
from notifications.planning.rules import BEFORE_NEXT
from notifications.tokens import token_for
from tests.at_once import at_once
from tests.cast import NOW, House, local, make_patient
from tests.notifications.drains import ScriptedChannel, drain, fate, planned_confirmation
from tests.notifications.visits import VISIT, book, cancel, move

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


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
    Consent.objects.filter(patient=house.rosa).update(revoked_at=NOW)
    drain()
    assert fate(message) == ("skipped", "No consent to e-mail.")


@pytest.mark.parametrize("agreed", [{ConsentScope.SMS}, {ConsentScope.SMS, ConsentScope.EMAIL}])
def test_what_reaches_a_patient_is_what_they_agreed_to_after_registration(
    house: House, agreed: set[ConsentScope]
) -> None:
    """Registered with both addresses and no wish, before there was any consent."""
    message = planned_confirmation(house)
    consents = Consent.objects.filter(patient=house.rosa)
    consents.filter(scope__in={ConsentScope.SMS, ConsentScope.EMAIL} - agreed).delete()
    drain()
    assert fate(message) == ("sent", "")
    by_email = ConsentScope.EMAIL in agreed
    assert InboxItem.objects.get().recipient == (house.rosa.email if by_email else str(house.rosa.phone))


def test_a_patient_who_died_since_is_not_written_to(house: House) -> None:
    message = planned_confirmation(house, deceased=False)
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    drain()
    assert fate(message) == ("skipped", "The patient has died.")


@pytest.mark.parametrize(
    ("patient", "reason"),
    [
        ({"email": "", "phone": ""}, "No e-mail address."),
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


def test_a_worker_that_dies_before_sending_leaves_the_message_to_the_next(house: House) -> None:
    message = planned_confirmation(house)
    Message.objects.filter(pk=message.pk).update(
        status="claimed", lease_token=uuid4(), lease_until=NOW + leasing.LEASE
    )
    assert drain() == {}
    assert drain(NOW + leasing.BEGUN_WITHIN)["sent"] == 1


def test_what_is_begun_while_it_is_looked_for_is_not_anybodys_again(
    house: House, scripted: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The look for what nobody has begun came a moment too early to see the try."""
    message = planned_confirmation(house)
    scripted(KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        drain()
    unseen = DeliveryAttempt.objects.filter(message=OuterRef("pk"), number=2)
    monkeypatch.setattr(leasing, "_under_way", lambda: unseen)
    assert drain(NOW + leasing.BEGUN_WITHIN) == {}
    assert fate(message)[0] == "claimed"


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


@pytest.mark.django_db(transaction=True)
def test_four_drains_at_once_send_every_message_once(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(30):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    channel = ScriptedChannel()
    monkeypatch.setattr(opening, "open_channel", lambda form: channel)
    monkeypatch.setattr(sending, "LARGEST_BATCH", 3)
    monkeypatch.setattr(sending, "FIRST_BATCH", 3)
    counted = at_once(*[drain] * 4)
    assert sum(counted, Counter()) == {"sent": 30}
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
