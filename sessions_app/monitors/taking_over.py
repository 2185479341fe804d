"""What was kept for want of a chair, taken into its session once a person says since when the monitor has
stood where it stands.

How messages are read and placed is in `feed`. Whatever can't be placed for certain stays kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Count, Min, QuerySet

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from sessions_app.models import MonitorDevice, UnmatchedMessage
from sessions_app.monitors import feed, unmatched

# Ours: longer than any visit takes, and what one call can bear at a message a second.
LONGEST: Final = timedelta(hours=12)
AT_ONCE: Final = 500
TAKEN_OVER: Final = "Taken over: a person said at which chair the monitor stood."


@dataclass(frozen=True)
class TakenOver:
    """How many messages went to their sessions, and how many of this monitor still wait."""

    taken_over: int
    waiting: int


@dataclass(frozen=True)
class Waiting:
    """What waits of a monitor only because its chair wasn't known: how many, since when."""

    count: int
    first: datetime | None


def waiting(device: MonitorDevice) -> Waiting:
    """One query."""
    found = _waiting(device).aggregate(count=Count("pk"), first=Min("received_at"))
    return Waiting(found["count"], found["first"])


def take_over(*, actor: Actor, device: MonitorDevice, since: datetime, now: datetime) -> TakenOver:
    """Take what this monitor has measured since then into the sessions of the chair at which it stands now.

    `since` is a person's word that it has stood there from that moment on, and holds from now on for what
    comes late as well: before it, it may have stood by somebody else. A message goes whole or stays kept.
    Sent again it finds nothing left, and no sample is doubled. Raises `Invalid` for a moment that can't be,
    `Conflict` `monitor_at_no_chair`.
    """
    if since > now:
        raise Invalid({"since": "This moment is in the future."})
    if since < now - LONGEST:
        raise Invalid({"since": f"Go back {LONGEST // timedelta(hours=1)} hours at most."})

    def write() -> TakenOver:
        current = MonitorDevice.objects.select_for_update(no_key=True).get(pk=device.pk)
        if not current.active or current.chair_id is None:
            raise Conflict(
                "This monitor stands at no chair. Say first where it is.", code="monitor_at_no_chair"
            )
        current.chair_since = since
        # Locked in the order in which `settle` locks them.
        rows = _waiting(current).filter(received_at__gte=since - feed.CLOCK_AHEAD)
        found = list(rows.select_for_update().order_by("pk").values_list("pk", flat=True))
        with acting(actor.user_id):
            current.save(update_fields=["chair_since"])
            lots = [found[start : start + AT_ONCE] for start in range(0, len(found), AT_ONCE)]
            taken = sum(_taken(actor, lot, current, now) for lot in lots)
        unmatched.close_tasks(actor, current.clinic_id, current.identifier, TAKEN_OVER, now)
        return TakenOver(taken, _waiting(current).count())

    return in_transaction(write)


def _waiting(device: MonitorDevice) -> QuerySet[UnmatchedMessage]:
    return UnmatchedMessage.objects.filter(
        clinic=device.clinic_id,
        identifier=device.identifier,
        why__in=feed.CHAIR_UNKNOWN,
        settled_at__isnull=True,
    )


def _taken(actor: Actor, lot: Sequence[UUID], device: MonitorDevice, now: datetime) -> int:
    """Take over what of these can be placed now; how many."""
    rows = list(UnmatchedMessage.objects.filter(pk__in=lot).order_by("received_at", "pk"))
    raw = {row.pk: as_sent for row in rows if (as_sent := unmatched.as_sent(row)) is not None}
    whole = feed.take_again(messages=list(raw.values()), device=device, now=now)
    placed = [pk for pk, stored in zip(raw, whole, strict=True) if stored]
    UnmatchedMessage.objects.filter(pk__in=placed).update(
        settled_at=now, settled_by_id=actor.user_id, outcome=TAKEN_OVER
    )
    return len(placed)
