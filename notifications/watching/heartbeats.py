"""The signs of life of those who do the work: one row each, written when they have done it."""

from datetime import datetime
from typing import Final

from notifications.models import Heartbeat

BEAT: Final = "beat"  # something that only the beat rings for was done
WORKER: Final = "worker"  # anything was done
PLANNER: Final = "planner"
DRAIN: Final = "drain"
NAMES: Final = (BEAT, WORKER, PLANNER, DRAIN)


def beat(*names: str, now: datetime) -> None:
    """These are alive: one statement. Two at once write the same rows in the same order."""
    Heartbeat.objects.bulk_create(
        [Heartbeat(name=name, beaten_at=now) for name in sorted({*names, WORKER})],
        update_conflicts=True,
        unique_fields=["name"],
        update_fields=["beaten_at"],
    )
