"""Where else on its own day a booked visit could stand: a little earlier or later, or in another chair at its
time. Reads only, from the arithmetic that finds free times; what stands against a place, `decision` says.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np

from clinic import clock
from scheduler.finding import free_times
from scheduler.finding.availability import minute_of
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import Found
from scheduler.models import Appointment, Resource, ResourceKind
from scheduler.visits.decision import against_any_time

# How far a visit is moved on the telephone: "could you come a quarter of an hour later?"
STEPS: Final = (-60, -30, -15, 15, 30, 60)


@dataclass(frozen=True)
class NearbyTime:
    """So many minutes later, or below 0 earlier; `chair` is None where the visit finds no place then."""

    minutes: int
    start: datetime
    chair: Resource | None
    same_chair: bool
    to_ask: NothingSince | None = None  # so much sooner that somebody has to ask whether they have fasted

    @property
    def words(self) -> str:
        """15 min earlier."""
        return f"{abs(self.minutes)} min {'later' if self.minutes > 0 else 'earlier'}"


@dataclass(frozen=True)
class NearbyChair:
    """Another chair that offers what the visit needs, and whether it is free at its time."""

    chair: Resource
    free: bool


@dataclass(frozen=True)
class Nearby:
    times: Sequence[NearbyTime]
    chairs: Sequence[NearbyChair]


def places_near(*, appointment: Appointment, chair: Resource | None, now: datetime) -> Nearby:
    """The places near this visit, as if it stood nowhere; `chair` is the one that it has. Nothing where the
    visit can't be moved to any time at all. Seven queries, however many chairs there are."""
    zone = appointment.clinic.time_zone
    if against_any_time(plan=appointment.plan, now=now, without=(appointment.pk,)):
        return Nearby((), ())
    first, until = clock.day_bounds(clock.local_date(appointment.starts_at, zone), zone)
    found = free_times.search(
        plan=appointment.plan,
        first=first,
        until=until,
        now=now,
        without=(appointment.pk,),
        extra_recovery=appointment.extra_recovery_minutes,
        heeded=appointment.starts_at,
    )
    starts = [(step, appointment.starts_at + timedelta(minutes=step)) for step in STEPS]
    return Nearby(
        [_at(found, step, start, chair) for step, start in starts if max(first, now) <= start < until],
        _chairs(found, appointment.starts_at, chair),
    )


def _at(found: Found, step: int, start: datetime, chair: Resource | None) -> NearbyTime:
    """In its own chair where that is free, else in the one that booking would choose."""
    place = _place(found, start)
    if place is None:
        return NearbyTime(step, start, None, same_chair=False)
    if chair is not None and found.in_chair(chair.pk)[place]:
        return NearbyTime(step, start, chair, same_chair=True, to_ask=found.asking.of(start, found.zone))
    at = found.at(minute_of(start))
    return NearbyTime(step, start, at.chair, same_chair=False, to_ask=at.to_ask)


def _chairs(found: Found, start: datetime, own: Resource | None) -> list[NearbyChair]:
    """None where the visit's own time is over: it could be moved to no chair then."""
    place = _place(found, start)
    if place is None:
        return []
    keys = found.supplies.stocks[ResourceKind.CHAIR].keys
    chairs = [found.supplies.resources[key] for key in keys if own is None or key != own.pk]
    return [NearbyChair(chair, bool(found.in_chair(chair.pk)[place])) for chair in chairs]


def _place(found: Found, start: datetime) -> int | None:
    """Where this start stands among those found, if it is one of them."""
    place = int(np.searchsorted(found.minutes, minute_of(start)))
    stands = place < len(found.minutes) and found.minutes[place] == minute_of(start)
    return place if stands else None
