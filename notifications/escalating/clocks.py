"""The clocks of staff's tasks. The ladder itself, to the next person and then the supervisor, is issue 5."""

from datetime import datetime

from clinic.models import WorkItem


def run_clocks(*, now: datetime) -> int:
    """Mark every task that nobody had taken by its due time; how many were marked now."""
    unanswered = WorkItem.objects.filter(
        closed_at=None, acknowledged_at=None, escalated_at=None, due_at__lte=now
    )
    return unanswered.update(escalated_at=now)
