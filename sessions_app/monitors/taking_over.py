"""What was kept for want of a chair, taken into its session once a person says since when the monitor has
stood where it stands.

How messages are read and placed is in `feed`. Whatever can't be placed for certain stays kept.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from django.db.models import Count, Max, Min, QuerySet

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from sessions_app.models import MonitorDevice, MonitorSample, Session, UnmatchedMessage
from sessions_app.monitors import feed, unmatched

# Ours: longer than any visit takes, and what one call can bear at a message a second.
LONGEST: Final = timedelta(hours=12)
AT_ONCE: Final = 500
# How many of its newest changes are looked through: it isn't moved more often in half a day.
NEWEST: Final = 50
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


def take_over(
    *, actor: Actor, device: MonitorDevice, since: datetime, moved_earlier: bool = False, now: datetime
) -> TakenOver:
    """Take what this monitor has measured since then into the sessions of the chair at which it stands now.

    `since` is a person's word that it has stood there from that moment on, and holds from now on for what
    comes late as well: before it, it may have stood by somebody else. A message goes whole or stays kept.
    Sent again it finds nothing left, and no sample is doubled.

    `moved_earlier` is their word that it was moved before anybody recorded it. Against a sample that is in
    another patient's session already no word helps. Raises `Invalid` for a moment that can't be, or that
    needs that word, `Conflict` `monitor_at_no_chair`.
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
        _check_elsewhere(current, since, moved_earlier)
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


def _check_elsewhere(device: MonitorDevice, since: datetime, moved_earlier: bool) -> None:
    """Raise `Invalid` where this monitor was elsewhere at that moment: for certain, or by its history."""
    measured = _measured_elsewhere(device, since)
    if measured:
        at = _time(device, measured)
        raise Invalid({"since": f"At {at} it still measured a patient in another chair. Say a later moment."})
    left = _left_another_chair(device)
    if left and since < left and not moved_earlier:
        until = f"As recorded, it stood at another chair until {_time(device, left)}."
        raise Invalid({"moved_earlier": f"{until} Confirm that it was moved before that was recorded."})


def _measured_elsewhere(device: MonitorDevice, since: datetime) -> datetime | None:
    """When it last measured somebody in another chair, if that was at this moment or later: a query."""
    elsewhere = Session.objects.filter(clinic=device.clinic_id, arrived_at__gte=since - LONGEST).exclude(
        appointment__claims__resource=device.chair_id
    )
    samples = MonitorSample.objects.filter(device=device, session__in=elsewhere, measured_at__gte=since)
    newest: datetime | None = samples.aggregate(newest=Max("measured_at"))["newest"]
    return newest


def _left_another_chair(device: MonitorDevice) -> datetime | None:
    """Until when it stood at another chair than now, as its history has it: a query.

    A move to a chair tells its moment; one away from all chairs only when it was written.
    """
    history: Any = MonitorDevice.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
    rows = history.objects.filter(pgh_obj=device).order_by("-pgh_id")
    left: datetime | None = None
    for chair, since, written in rows.values_list("chair_id", "chair_since", "pgh_created_at")[:NEWEST]:
        if chair not in (None, device.chair_id):
            return left
        left = since or written
    return None


def _time(device: MonitorDevice, moment: datetime) -> str:
    return f"{moment.astimezone(ZoneInfo(device.clinic.time_zone)):%H:%M:%S}"


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
