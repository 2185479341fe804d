"""What became of the calls about tasks: whom a page was for, and whether it went out, waits or was dropped.

A step of a task says that a rung's turn had come; only its pages say whether anybody was reached.
"""

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.models import WorkItem
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import reasons

WAITING: Final = (MessageStatus.PLANNED, MessageStatus.CLAIMED)
WENT: Final = (MessageStatus.SENT, MessageStatus.UNKNOWN)

CALLED: Final = "called"
BEING_CALLED: Final = "being called"
WHEN_SENDING_GOES_ON: Final = "to be called when sending goes on"
NOT_CALLED: Final = "not reached, the page did not go out"


@dataclass(frozen=True)
class Call:
    """One person who was to be called about a task."""

    why: str  # the rung, or the hand-over
    user_id: UUID
    status: str
    reason: str
    sent_at: datetime | None

    @property
    def waits(self) -> bool:
        return self.status in WAITING

    @property
    def was_dropped(self) -> bool:
        """It lay until it was of no use, as in a long pause: nobody was called by it."""
        return self.status == MessageStatus.SKIPPED and self.reason == reasons.TOO_LATE


def of_tasks(items: Iterable[WorkItem]) -> dict[UUID, list[Call]]:
    """The calls about each of these tasks, in order: one query."""
    pages = Message.objects.filter(kind=MessageKind.PAGE, work_item__in=list(items)).order_by(
        "stale_at", "pk"
    )
    found: dict[UUID, list[Call]] = {}
    for page in pages:
        if page.work_item_id is None or page.user_id is None:
            continue
        call = Call(
            why=page.key.split(":")[2],
            user_id=page.user_id,
            status=page.status,
            reason=page.reason,
            sent_at=page.sent_at,
        )
        found.setdefault(page.work_item_id, []).append(call)
    return found


def dropped(calls: Iterable[Call]) -> list[UUID]:
    """Whose newest page was dropped: they are to be called anew."""
    newest = {call.user_id: call for call in calls}
    return [user_id for user_id, call in newest.items() if call.was_dropped]


def how_it_went(calls: Collection[Call], *, paused: bool) -> str:
    """What to say of one rung's calls: "called" only where a page went out."""
    if not calls or any(call.status in WENT for call in calls):
        return CALLED
    if any(call.waits for call in calls):
        return WHEN_SENDING_GOES_ON if paused else BEING_CALLED
    return NOT_CALLED
