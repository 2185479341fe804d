"""Calling a member of the staff: a message that says that a task waits, and nothing of what it is about."""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final

from clinic.models import User, WorkItem, WorkItemStep
from notifications import saying
from notifications.models import Message, MessageKind

STAGE: Final = "page"
HANDED: Final = "handed"  # begins the why of whoever was given a task by a colleague
# Hours later a page would only confuse; the ladder has called others by then. [D]
OF_USE_FOR: Final = timedelta(hours=1)


def handed(step: WorkItemStep) -> str:
    """Why the receiver of this hand-over is called."""
    return f"{HANDED}:{step.pk}"


def why_of(key: str) -> str:
    """Why a page was written, by its key."""
    return key.split(":", 2)[2].rpartition(":")[0]


def page(*, item: WorkItem, why: str, people: Iterable[User], now: datetime) -> list[Message]:
    """Call these people, each once for `why` (a rung, or a hand-over)."""
    return [
        saying.say(
            key=f"page:{item.pk}:{why}:{user.pk}",
            clinic_id=item.clinic_id,
            patient_id=item.patient_id,
            kind=MessageKind.PAGE,
            stage=STAGE,
            due_at=now,
            stale_at=now + OF_USE_FOR,
            user=user,
            work_item=item,
            urgent=True,
        )
        for user in people
    ]
