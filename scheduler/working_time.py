"""When resources work: weekly patterns in local time, laid out ahead as openings, and single openings.

Patterns are written in the clinic's wall time and become moments only here, so a shift from 9:00 to 17:00
is that on both DST days too. Claims inside an opening are `booking`'s; the database refuses to take an
opening away from under one.
"""

from collections.abc import Iterable
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction, violated_constraint
from scheduler import queries
from scheduler.availability import Interval, complement, minute_of, moment_of
from scheduler.locks import lock_resource, lock_schedule
from scheduler.models import Claim, Opening, Resource, WorkingPattern

LONGEST_OPENING: Final = timedelta(hours=24)


def extend_openings(*, clinic: Clinic, now: datetime) -> int:
    """Lay the weekly patterns out as openings through the clinic's horizon. Returns how many were written.

    Each day of a pattern is laid out once: an opening that somebody has taken away since stays away, and
    one that somebody made stays as it is. So running it again, or twice at once, changes nothing.
    """
    today = clock.local_date(now, clinic.time_zone)
    horizon = today + timedelta(days=clinic.opening_horizon_days)

    def work() -> int:
        resources = lock_schedule(clinic.pk)
        patterns = list(WorkingPattern.objects.filter(resource__in=resources).order_by("pk"))
        open_already = _open_from(resources, clock.day_bounds(today, clinic.time_zone)[0])
        new: list[Opening] = []
        for pattern in patterns:
            hours = open_already[pattern.resource_id]
            for day in _days_due(pattern, today, horizon):
                for start, end in complement(hours, *_minutes(pattern, day, clinic.time_zone)):
                    hours.append((start, end))
                    new.append(
                        Opening(
                            resource_id=pattern.resource_id,
                            during=DateTimeTZRange(moment_of(start), moment_of(end)),
                        )
                    )
        Opening.objects.bulk_create(new)
        return len(new)

    return in_transaction(work)


def open_hours(*, actor: Actor, id: UUID, resource: Resource, start: datetime, end: datetime) -> Opening:
    """One opening by hand: an extra shift, whatever the pattern says. Whole minutes, at most 24 hours.

    Raises `Invalid` for a range that is none, `Conflict` with code `opening_overlaps` where the resource
    is open already.
    """
    if end <= start:
        raise Invalid({"end": "The end must be after the start."})
    if end - start > LONGEST_OPENING:
        raise Invalid({"end": "One opening is at most 24 hours long. Make one for each day."})
    for field, moment in (("start", start), ("end", end)):
        if moment.second or moment.microsecond:
            raise Invalid({field: "Give whole minutes, such as 9:00."})

    def work() -> Opening:
        locked = lock_resource(resource)
        try:
            with transaction.atomic():
                return Opening.objects.create(id=id, resource=locked, during=DateTimeTZRange(start, end))
        except IntegrityError as error:
            if violated_constraint(error) != "opening_no_overlap":
                raise
            raise Conflict(
                f"{locked.name} is open during part of this time already. Open only the rest.",
                code="opening_overlaps",
            ) from error

    return in_transaction(work)


def close_hours(*, actor: Actor, opening: Opening) -> None:
    """Take an opening away. Its pattern does not bring it back.

    Raises `Conflict` with code `opening_booked` and the `visits` that stand in it.
    """

    def work() -> None:
        locked = lock_resource(opening.resource)
        booked = Claim.objects.filter(resource=locked, during__overlap=opening.during)
        visits = queries.standing_in_the_way(booked)
        if visits:
            raise Conflict(
                f"{locked.name} has {_count(visits)} in these hours. Move or cancel them first.",
                code="opening_booked",
                visits=visits,
            )
        Opening.objects.filter(pk=opening.pk).delete()

    in_transaction(work)


def _days_due(pattern: WorkingPattern, today: date, horizon: date) -> list[date]:
    """The pattern's days from today to the horizon that were not laid out yet."""
    first = max(today, pattern.valid_from)
    last = min(horizon, pattern.valid_until or horizon)
    first += timedelta(days=(pattern.weekday - first.weekday()) % 7)
    return [first + timedelta(days=ahead) for ahead in range(0, (last - first).days + 1, 7)]


def _minutes(pattern: WorkingPattern, day: date, zone: str) -> Interval:
    return (
        minute_of(clock.at_local(day, pattern.starts_at, zone)),
        minute_of(clock.at_local(day, pattern.ends_at, zone)),
    )


def _open_from(resources: Iterable[Resource], moment: datetime) -> dict[UUID, list[Interval]]:
    """The openings of these resources that end after the moment."""
    hours: dict[UUID, list[Interval]] = {resource.pk: [] for resource in resources}
    for opening in Opening.objects.filter(resource_id__in=hours, during__endswith__gt=moment):
        # Outward, so that hours laid beside them never overlap.
        hours[opening.resource_id].append(
            (minute_of(opening.during.lower), minute_of(opening.during.upper + timedelta(seconds=59)))
        )
    return hours


def _count(visits: list[dict[str, object]]) -> str:
    return "1 visit" if len(visits) == 1 else f"{len(visits)} visits"
