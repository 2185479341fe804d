"""What the planner has written, for stories about it."""

from typing import Any

from notifications.models import (
    Message,
)
from notifications.planning.planner import plan
from scheduler.models import Appointment


def rows(appointment: Appointment, **filters: Any) -> dict[str, tuple[str, str]]:
    """stage -> (status, reason)"""
    messages = Message.objects.filter(appointment=appointment, **filters)
    return {message.stage: (message.status, message.reason) for message in messages}


def say(now: Any) -> None:
    """Planned and sent, as far as the planner can tell."""
    plan(now=now)
    Message.objects.filter(status="planned").update(status="sent", sent_at=now)
