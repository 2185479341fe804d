"""What providers tell of a message after they took it: delivered, refused, marked as unwanted.

Told twice it stands once, and told out of order what has arrived counts. Whose call it was, and what its
codes mean, is the webhook's to know (`notifications.api.provider_reports`).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic import work
from clinic.transactions import in_transaction
from notifications.delivering import outcomes, undelivered
from notifications.models import (
    AttemptOutcome,
    BlockedAddress,
    BlockReason,
    DeliveryAttempt,
    DeliveryReport,
    DeliveryReportKind,
    Form,
    Message,
    MessageStatus,
)

NOT_DELIVERED: Final = "The provider could not deliver it"
IT_HAD_ARRIVED: Final = "The provider had taken it."
ARRIVED_AFTER_ALL: Final = "It arrived after all, the provider says."
# Nothing has gone out since: what was to be sent another way is not begun while its message is locked here.
NOT_SAID_SINCE: Final = (
    MessageStatus.PLANNED,
    MessageStatus.CLAIMED,
    MessageStatus.FAILED,
    MessageStatus.SKIPPED,
)


@dataclass(frozen=True)
class Report:
    """One report. `message_id` is what the provider was asked to give back, or None; `reference` is its own.

    `blocks`: why, where it is the address itself that can't be used.
    """

    channel: str
    reference: str
    message_id: UUID | None
    kind: DeliveryReportKind
    code: str
    at: datetime
    blocks: BlockReason | None = None


def take(*, report: Report, now: datetime) -> bool:
    """Write the report and what follows from it. False when it is news of no try of ours, or no news."""

    def work_() -> bool:
        attempt = _attempt_of(report)
        if attempt is None:
            return False
        message = Message.objects.select_for_update(no_key=True).get(pk=attempt.message_id)
        attempt = DeliveryAttempt.objects.select_for_update(no_key=True).get(pk=attempt.pk)
        _, new = DeliveryReport.objects.get_or_create(
            attempt=attempt,
            kind=report.kind,
            defaults={"code": report.code[:40], "at": report.at, "received_at": now},
        )
        if new:
            _follow(message, attempt, report, now)
        return new

    return in_transaction(work_)


def _attempt_of(report: Report) -> DeliveryAttempt | None:
    """The try that it speaks of: by the provider's own name for it, or, where its answer hasn't been written
    yet or was lost, the one of the message that has no end. Never another message's than the one that it
    gives back, whatever name that was written under."""
    tries = DeliveryAttempt.objects.filter(channel=report.channel)
    if report.message_id is not None:
        tries = tries.filter(message=report.message_id)
    named = tries.filter(provider_reference=report.reference).first() if report.reference else None
    if named is not None or report.message_id is None:
        return named
    return tries.filter(outcome=AttemptOutcome.STARTED).first()


def _follow(message: Message, attempt: DeliveryAttempt, report: Report, now: datetime) -> None:
    newest = not message.attempts.filter(number__gt=attempt.number).exists()
    if attempt.outcome == AttemptOutcome.STARTED:
        _was_taken(message, attempt, report, now)
    if report.kind == DeliveryReportKind.COMPLAINED:
        outcomes.block(message, attempt.recipient, BlockReason.STOP, now)
    elif report.kind == DeliveryReportKind.DELIVERED:
        if message.delivered_at is None and message.status == MessageStatus.SENT:
            message.delivered_at = report.at
            message.save(update_fields=["delivered_at"])
        elif attempt.outcome == AttemptOutcome.PERMANENT and newest and message.status in NOT_SAID_SINCE:
            _arrived_after_all(message, attempt, report, now)
    elif attempt.outcome == AttemptOutcome.ACCEPTED and not _has_arrived(attempt):
        _was_refused(message, attempt, report, now, newest=newest)


def _was_taken(message: Message, attempt: DeliveryAttempt, report: Report, now: datetime) -> None:
    """The report is the answer that was lost, or that its sender has not written yet."""
    attempt.outcome, attempt.provider_reference = AttemptOutcome.ACCEPTED, report.reference
    attempt.finished_at, attempt.error = now, ""
    attempt.save(update_fields=["outcome", "provider_reference", "finished_at", "error"])
    if message.status == MessageStatus.UNKNOWN:
        work.settle(
            actor=None,
            clinic_id=message.clinic_id,
            causes=[undelivered.cause_of(message)],
            outcome=IT_HAD_ARRIVED,
            now=now,
        )
    message.status, message.reason, message.sent_at = MessageStatus.SENT, "", attempt.started_at
    message.lease_token = message.lease_until = None
    message.save(update_fields=["status", "reason", "sent_at", "lease_token", "lease_until"])


def _arrived_after_all(message: Message, attempt: DeliveryAttempt, report: Report, now: datetime) -> None:
    """It had been told as refused, which doesn't count any more: it isn't said a second time, nobody calls,
    and its address can be reached."""
    attempt.outcome, attempt.error = AttemptOutcome.ACCEPTED, ""
    attempt.save(update_fields=["outcome", "error"])
    message.status, message.reason = MessageStatus.SENT, ""
    message.sent_at, message.delivered_at = attempt.started_at, report.at
    message.lease_token = message.lease_until = None
    message.save(
        update_fields=["status", "reason", "sent_at", "delivered_at", "lease_token", "lease_until"],
    )
    BlockedAddress.objects.filter(
        clinic=message.clinic_id,
        address=attempt.recipient.lower(),
        reason=BlockReason.UNREACHABLE,
        lifted_at=None,
    ).update(lifted_at=now, lifted_how=ARRIVED_AFTER_ALL)
    work.settle(
        actor=None,
        clinic_id=message.clinic_id,
        causes=[undelivered.cause_of(message)],
        outcome=ARRIVED_AFTER_ALL,
        now=now,
    )


def _has_arrived(attempt: DeliveryAttempt) -> bool:
    """What has arrived isn't said again, whatever is told afterwards."""
    return attempt.reports.filter(kind=DeliveryReportKind.DELIVERED).exists()


def _was_refused(
    message: Message, attempt: DeliveryAttempt, report: Report, now: datetime, *, newest: bool
) -> None:
    """It was taken and has not arrived: a text goes another way where it may; else the message has failed."""
    attempt.outcome = AttemptOutcome.PERMANENT
    attempt.error = f"{NOT_DELIVERED}: {report.code}" if report.code else NOT_DELIVERED
    attempt.save(update_fields=["outcome", "error"])
    if report.blocks is not None:
        outcomes.block(message, attempt.recipient, report.blocks, now)
    if not newest or message.status != MessageStatus.SENT:
        return
    message.sent_at = message.delivered_at = None
    if attempt.form == Form.SMS and now < message.stale_at:
        outcomes.plan_again(message, now)
    else:
        undelivered.call_instead(message)
        outcomes.fail(message, attempt.error)
    message.save(update_fields=["status", "reason", "due_at", "sent_at", "delivered_at"])
