"""What became of the calls about tasks: whom a page was for, and whether it went out, arrived, waits or
failed.

A step of a task says that a rung's turn had come; only its pages say whether anybody was reached.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import models

from clinic.models import WorkItem, WorkItemStep, WorkItemStepKind
from notifications.escalating import paging
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import reasons


class CallOutcome(models.TextChoices):
    WAITING = "waiting", "Waits to be sent"
    SENT = "sent", "Sent"
    DELIVERED = "delivered", "Arrived, as the provider says"
    FAILED = "failed", "Tried, and not sent"
    NOT_TRIED = "not_tried", "Not tried"
    UNKNOWN = "unknown", "Tried, and nobody knows whether it went out"


# By the page's own state; one that was delivered says so besides.
OUTCOMES: Final = {
    MessageStatus.PLANNED: CallOutcome.WAITING,
    MessageStatus.CLAIMED: CallOutcome.WAITING,
    MessageStatus.SENT: CallOutcome.SENT,
    MessageStatus.FAILED: CallOutcome.FAILED,
    MessageStatus.SKIPPED: CallOutcome.NOT_TRIED,
    MessageStatus.UNKNOWN: CallOutcome.UNKNOWN,
}
# A page that wasn't tried for one of these says nothing of whether the person can be reached.
NO_NEED: Final = (reasons.TASK_TAKEN, reasons.TOO_LATE)


@dataclass(frozen=True)
class Call:
    """One person who was to be called about a task."""

    message_id: UUID
    why: str  # the rung, or the hand-over
    user_id: UUID
    name: str
    outcome: CallOutcome
    reason: str
    sent_at: datetime | None
    delivered_at: datetime | None

    @property
    def waits(self) -> bool:
        return self.outcome == CallOutcome.WAITING

    @property
    def by_a_colleague(self) -> bool:
        return self.why.startswith(paging.HANDED)

    @property
    def was_dropped(self) -> bool:
        """It lay until it was of no use, as in a long pause: nobody was called by it."""
        return self.outcome == CallOutcome.NOT_TRIED and self.reason == reasons.TOO_LATE

    @property
    def reaches_nobody(self) -> bool:
        """It was refused for good, or is for somebody who can't be called any more."""
        not_tried = self.outcome == CallOutcome.NOT_TRIED and self.reason not in NO_NEED
        return not_tried or self.outcome == CallOutcome.FAILED


def of_tasks(items: Iterable[WorkItem]) -> dict[UUID, list[Call]]:
    """The calls about each of these tasks, in order: one query."""
    pages = (
        Message.objects.filter(kind=MessageKind.PAGE, work_item__in=list(items))
        .select_related("user")
        .order_by("stale_at", "user__full_name", "pk")
    )
    found: dict[UUID, list[Call]] = {}
    for page in pages:
        if page.work_item_id is None or page.user is None:
            continue
        arrived = page.status == MessageStatus.SENT and page.delivered_at
        call = Call(
            message_id=page.pk,
            why=paging.why_of(page.key),
            user_id=page.user.pk,
            name=page.user.full_name,
            outcome=CallOutcome.DELIVERED if arrived else OUTCOMES[MessageStatus(page.status)],
            reason=page.reason,
            sent_at=page.sent_at,
            delivered_at=page.delivered_at,
        )
        found.setdefault(page.work_item_id, []).append(call)
    return found


def of_step(step: WorkItemStep, made: Iterable[Call]) -> list[Call]:
    """Those of a task's calls that this step made: a rung's, or the one to whom it was handed."""
    why = paging.handed(step) if step.kind == WorkItemStepKind.HANDED_OVER else step.rung
    return [call for call in made if call.why == why]


def dropped(made: Iterable[Call]) -> list[UUID]:
    """Whose newest page was dropped: they are to be called anew."""
    return [call.user_id for call in _newest(made) if call.was_dropped]


def unreached(made: Iterable[Call]) -> list[UUID]:
    """Whose newest page came to nothing."""
    return [call.user_id for call in _newest(made) if call.reaches_nobody]


def _newest(made: Iterable[Call]) -> Iterable[Call]:
    return {call.user_id: call for call in made}.values()
