"""Delivery: due messages are leased, everything is asked again, and each is handed to a channel once.

No transaction is open while a provider is spoken to. What is about to be sent is frozen on an attempt
first; a worker that dies between that and the outcome leaves an attempt `started`, and the message
becomes `unknown` and a task for the front desk: it is never blindly sent again. An error that no channel
explains ends the drain and is treated the same once the lease has run out.
"""

from collections import Counter
from collections.abc import Callable
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.conf import settings
from django.db.models import Exists, OuterRef

from clinic import consents, work
from clinic.models import Channel as Form
from clinic.models import Role, Urgency
from clinic.transactions import in_transaction
from notifications import tokens
from notifications.channels.envelope import AnswerLost, Channel, DeliveryError, Envelope
from notifications.channels.inbox import InboxChannel
from notifications.channels.smtp import SmtpChannel
from notifications.delivering import addressing, calendar_files, undelivered
from notifications.models import AttemptOutcome, DeliveryAttempt, Message, MessageStatus
from notifications.planning import reasons, said, standing, timing
from notifications.wording import writing
from scheduler.models import Appointment

BATCH = 50
# Longer than one message can take with every command of a mail server at its time-out.
LEASE = timedelta(minutes=5)
# A drain ends before Celery's time limits do; what it had leased and not begun goes back.
DRAIN_FOR = timedelta(seconds=150)
RETRY_AFTER = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
STAFF_LANGUAGE = "en"
ANSWER_LOST = "The answer was lost: it may have arrived or not."


def drain(*, clock: Callable[[], datetime]) -> Counter[str]:
    """Send what is due until nothing is, or the time is up. Returns how many messages ended in which status.

    `clock` is read again for every message, because a drain takes time. Any number may run at once.
    """
    done: Counter[str] = Counter()
    stop_at = clock() + DRAIN_FOR
    done.update(_settle_lost_leases(clock()))
    with open_channel() as channel:
        while clock() < stop_at:
            token = uuid4()
            batch = _claim(token, clock())
            if not batch:
                break
            for message_id in batch:
                if clock() >= stop_at:
                    break
                done.update(_deliver(message_id, token, channel, clock))
            _release(token)
    return done


def open_channel() -> Channel:
    """The mail server where one is set up, otherwise the inbox page."""
    return SmtpChannel() if settings.EMAIL_URL else InboxChannel()


def _claim(token: UUID, now: datetime) -> list[UUID]:
    """Lease the oldest due messages that nobody else is leasing."""

    def work() -> list[UUID]:
        ids = list(
            Message.objects.filter(status=MessageStatus.PLANNED, due_at__lte=now)
            .order_by("due_at", "pk")
            .select_for_update(skip_locked=True)
            .values_list("pk", flat=True)[:BATCH]
        )
        Message.objects.filter(pk__in=ids).update(
            status=MessageStatus.CLAIMED, lease_token=token, lease_until=now + LEASE
        )
        return ids

    return in_transaction(work)


def _release(token: UUID) -> None:
    """Give back what was leased and not begun."""
    Message.objects.filter(lease_token=token, status=MessageStatus.CLAIMED).exclude(
        attempts__outcome=AttemptOutcome.STARTED
    ).update(status=MessageStatus.PLANNED, lease_token=None, lease_until=None)


def _deliver(message_id: UUID, token: UUID, channel: Channel, clock: Callable[[], datetime]) -> list[str]:
    """One message from lease to outcome; the status it ended in, as a list of none or one."""
    ready = in_transaction(lambda: _make_ready(message_id, token, channel, clock()))
    if ready is None:
        return []
    if isinstance(ready, MessageStatus):
        return [ready]
    attempt, envelope = ready
    try:
        reference = channel.send(envelope)
    except DeliveryError as error:
        outcome = AttemptOutcome.PERMANENT if error.permanent else AttemptOutcome.TEMPORARY
        return _conclude(attempt, token, outcome, clock(), error=error.detail)
    except AnswerLost as error:
        return _conclude(attempt, token, AttemptOutcome.STARTED, clock(), error=str(error))
    return _conclude(attempt, token, AttemptOutcome.ACCEPTED, clock(), reference=reference)


def _make_ready(
    message_id: UUID, token: UUID, channel: Channel, now: datetime
) -> tuple[DeliveryAttempt, Envelope] | MessageStatus | None:
    """Ask everything again and freeze what will be sent.

    None when the lease is no longer ours; a status when the message is not sent now. The appointment's
    row is locked with the message's, so a cancellation is either seen here or comes after. Patient and
    clinic are read after the wait for these locks: rows joined to a locked one are as old as the query.
    """
    message = (
        Message.objects.select_for_update(no_key=True)
        .filter(pk=message_id, status=MessageStatus.CLAIMED, lease_token=token)
        .first()
    )
    if message is None:
        return None
    if message.appointment_id:
        visits = Appointment.objects.select_for_update(no_key=True)
        message.appointment = visits.get(pk=message.appointment_id)
    reason = standing.fallen_through(message) or (reasons.TOO_LATE if now >= message.stale_at else "")
    if not reason and message.kind in said.NOTICES:
        told = said.told_of(message.visit.pk)
        reason = standing.overtaken(message, told.starts_at if told else None)
    if reason:
        return _end(message, MessageStatus.SKIPPED, reason)
    if message.user is not None:  # a page: staff is called at any hour
        address = addressing.address_of_staff(message.user, takes_sms=channel.takes_sms)
        return _freeze(message, channel, address, now)
    awake_at = timing.out_of_quiet_hours(now, message.patient.time_zone or message.clinic.time_zone)
    if awake_at >= message.stale_at:
        return _end(message, MessageStatus.SKIPPED, reasons.TOO_LATE)
    if awake_at > now:
        return _wait(message, awake_at)
    try:
        scopes = consents.current_scopes(message.patient_id)
        address = addressing.address_of(message.patient, scopes, takes_sms=channel.takes_sms)
    except addressing.Unreachable as unreachable:
        undelivered.call_instead(message)
        return _end(message, MessageStatus.SKIPPED, unreachable.reason)
    return _freeze(message, channel, address, now)


def _freeze(
    message: Message, channel: Channel, address: addressing.Address, now: datetime
) -> tuple[DeliveryAttempt, Envelope]:
    """The attempt's row and the envelope; a retry has the first try's words and file, and today's address."""
    message.lease_until = now + LEASE
    message.save(update_fields=["lease_until"])
    address_of_link = tokens.address_in(message)
    tries = list(message.attempts.order_by("number"))
    same_form = [attempt for attempt in tries if attempt.form == address.form]
    if same_form:
        first = same_form[0]
        subject, body, calendar, written_at = first.subject, first.body, first.calendar, first.started_at
    else:
        subject, body = _words(message, address.form, address_of_link)
        calendar = calendar_files.file_of(message, now=now) if address.form == Form.EMAIL else ""
        written_at = now
    attempt = DeliveryAttempt.objects.create(
        message=message,
        number=len(tries) + 1,
        channel=channel.name,
        form=address.form,
        sender=message.clinic.sender_name,
        recipient=address.recipient,
        subject=subject,
        body=body,
        calendar=calendar,
        started_at=now,
    )
    envelope = Envelope(
        key=str(message.pk),
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        sender=message.clinic.sender_name,
        recipient=address.recipient,
        subject=subject,
        body=body,
        link=address_of_link,
        written_at=written_at,
        calendar=calendar,
    )
    return attempt, envelope


def _words(message: Message, form: Form, link: str) -> tuple[str, str]:
    language = STAFF_LANGUAGE if message.user else message.patient.language
    words = writing.words_for(
        sender=message.clinic.sender_name,
        phone=message.clinic.phone.as_national,
        clinic_zone=message.clinic.time_zone,
        visit_starts_at=message.visit_starts_at,
        instead_of=message.instead_of,
        language=language,
    )
    if form == Form.SMS:
        return "", writing.write_sms(message.stage, words, language=language, link_length=len(link))
    return writing.write_email(message.stage, words, language=language)


def _conclude(
    attempt: DeliveryAttempt,
    token: UUID,
    outcome: AttemptOutcome,
    now: datetime,
    *,
    reference: str = "",
    error: str = "",
) -> list[str]:
    """Write what came of an attempt, unless the lease ran out meanwhile and is no longer ours."""

    def work() -> list[str]:
        message = (
            Message.objects.select_for_update(no_key=True)
            .filter(pk=attempt.message_id, status=MessageStatus.CLAIMED, lease_token=token)
            .first()
        )
        if message is None:
            return []
        attempt.outcome, attempt.provider_reference, attempt.error = outcome, reference, error[:240]
        attempt.finished_at = None if outcome == AttemptOutcome.STARTED else now
        attempt.save(update_fields=["outcome", "provider_reference", "error", "finished_at"])
        return [_after(message, attempt, now)]

    return in_transaction(work)


def _after(message: Message, attempt: DeliveryAttempt, now: datetime) -> MessageStatus:
    """The message's status after an attempt: sent, planned again, failed, or unknown."""
    if attempt.outcome == AttemptOutcome.ACCEPTED:
        message.sent_at = now
        return _end(message, MessageStatus.SENT, "")
    if attempt.outcome == AttemptOutcome.STARTED:
        return _call_unknown(message)
    if attempt.outcome == AttemptOutcome.PERMANENT:
        undelivered.call_instead(message)
        return _end(message, MessageStatus.FAILED, f"Refused for good: {attempt.error}")
    if attempt.number > len(RETRY_AFTER):
        undelivered.call_instead(message)
        return _end(message, MessageStatus.FAILED, f"Given up after {attempt.number} tries: {attempt.error}")
    return _wait(message, now + RETRY_AFTER[attempt.number - 1])


def _settle_lost_leases(now: datetime) -> list[str]:
    """Messages whose worker died: not begun, they are planned again; begun, nobody knows."""

    def work() -> list[str]:
        begun = DeliveryAttempt.objects.filter(message=OuterRef("pk"), outcome=AttemptOutcome.STARTED)
        lost = (
            Message.objects.filter(status=MessageStatus.CLAIMED, lease_until__lte=now)
            .select_for_update(skip_locked=True, no_key=True)
            .annotate(begun=Exists(begun))
            .order_by("pk")
        )
        return [
            _call_unknown(message) if message.begun else _wait(message, message.due_at) for message in lost
        ]

    return in_transaction(work)


def _call_unknown(message: Message) -> MessageStatus:
    """Nobody knows whether it arrived: somebody at the desk asks before it would have lost its use."""
    work.open_item(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=f"message:{message.pk}",
        title="Find out whether a message arrived, and call if it did not",
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,
    )
    return _end(message, MessageStatus.UNKNOWN, ANSWER_LOST)


def _wait(message: Message, until: datetime) -> MessageStatus:
    message.due_at = until
    return _end(message, MessageStatus.PLANNED, "")


def _end(message: Message, status: MessageStatus, reason: str) -> MessageStatus:
    """Give up the lease in the same write as the status."""
    message.status, message.reason = status, reason
    message.lease_token = message.lease_until = None
    message.save(update_fields=["status", "reason", "lease_token", "lease_until", "due_at", "sent_at"])
    return status
