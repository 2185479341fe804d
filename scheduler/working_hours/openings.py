"""Openings as they follow from what is declared: both are read, compared, and the difference is written.

The only room that writes openings. It runs inside the transaction of whoever changed a declaration, under
`locks.lock_schedule`. What a declaration means is arithmetic (`hours`); declaring is
`working_time`'s and `time_off`'s.

Time that is over keeps its openings, whatever is declared about it. Beyond the clinic's horizon nothing is
laid, but what was laid there before follows the declarations too.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from functools import cache
from math import ceil
from typing import Any, Final
from uuid import UUID

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Max, Q
from django.db.models.functions import Upper

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Conflict
from scheduler.finding.availability import Interval, minute_of, moment_of
from scheduler.finding.nursing import named
from scheduler.models import (
    Absence,
    AppointmentStatus,
    Claim,
    Closure,
    DayHours,
    Opening,
    Resource,
    WorkingPattern,
)
from scheduler.working_hours import hours
from scheduler.working_hours.hours import Declared, MinuteAt, Pattern, Redrawn, WallAt

MINUTE: Final = timedelta(minutes=1)


@dataclass(frozen=True)
class Change:
    """One resource's openings in a window of minutes, and the minutes in it that should be open.

    Where something else would be declared, `was` and `becomes` are what the declarations say of the days
    within the horizon, so far and then."""

    resource: Resource
    openings: Mapping[Interval, UUID]
    wanted: Sequence[Interval]
    low: int
    high: int
    was: Sequence[Interval] = ()
    becomes: Sequence[Interval] = ()

    def redrawn(self, kept: Iterable[Interval] = ()) -> Redrawn:
        """What to write; the minutes `kept` stay open although nothing declares them."""
        return hours.redraw(self.openings, [*self.wanted, *kept], self.low, self.high)


@dataclass(frozen=True)
class Stranded:
    """A visit with minutes of a resource that would no longer be open. `booked`, or only held or on offer."""

    resource: Resource
    appointment_id: UUID
    start: datetime
    end: datetime
    claimed: Interval
    lost_from: datetime
    booked: bool

    def as_data(self) -> dict[str, Any]:
        return {
            "appointment": self.appointment_id,
            "start": self.start,
            "end": self.end,
            "resource": named(self.resource),
            "booked": self.booked,
        }


def changes(
    *,
    clinic: Clinic,
    resources: Sequence[Resource],
    first: date,
    last: date | None,
    now: datetime,
    otherwise: Callable[[Declared], Declared] | None = None,
) -> list[Change]:
    """What these resources' local days from `first` to `last` should be like: six queries.

    Without `last` through the horizon, or the last day laid before. Nothing before `now` is in the window.
    `otherwise` is what would be declared in place of what is.
    """
    zone = clinic.time_zone
    today = clock.local_date(now, zone)
    horizon = horizon_of(clinic, now)
    latest = Opening.objects.filter(resource__in=resources).aggregate(at=Max(Upper("during")))["at"]
    reach = max(horizon, clock.local_date(latest - MINUTE, zone)) if latest else horizon
    first, last = max(first, today), min(last or reach, reach)
    if last < first:
        return []
    low = max(minute_of(clock.day_bounds(first, zone)[0]), ceil(now.timestamp() / 60))
    high = minute_of(clock.day_bounds(last, zone)[1])
    horizon_minute = minute_of(clock.day_bounds(horizon, zone)[1])
    declared = declarations(clinic, resources, first, last)
    standing = _openings(resources, low, high)
    minute_at = minutes_in(zone)
    found = []
    for resource in resources:
        openings = standing[resource.pk]
        so_far = declared[resource.pk]
        asked = otherwise(so_far) if otherwise else so_far
        wanted = hours.open_minutes(asked, first, last, minute_at)
        beyond = hours.in_both(hours.within(wanted, horizon_minute, high), sorted(openings))
        laid = hours.within(wanted, low, min(high, horizon_minute))
        was = hours.open_minutes(so_far, first, last, minute_at) if otherwise else []
        found.append(
            Change(
                resource,
                openings,
                [*laid, *beyond],
                low,
                high,
                hours.within(was, low, min(high, horizon_minute)),
                laid,
            )
        )
    return found


def horizon_of(clinic: Clinic, now: datetime) -> date:
    """The last of the clinic's days for which openings are made."""
    return clock.local_date(now, clinic.time_zone) + timedelta(days=clinic.opening_horizon_days)


def declarations(
    clinic: Clinic, resources: Sequence[Resource], first: date, last: date
) -> dict[UUID, Declared]:
    """All that is declared about the resources' days from `first` to `last`: four queries."""
    start, end = clock.day_bounds(first, clinic.time_zone)[0], clock.day_bounds(last, clinic.time_zone)[1]
    window: Any = DateTimeTZRange(start, end)
    patterns: dict[UUID, list[Pattern]] = {resource.pk: [] for resource in resources}
    days: dict[UUID, dict[date, list[hours.Stretch]]] = {resource.pk: {} for resource in resources}
    closed = [
        _outward(*during)
        for during in Closure.objects.filter(clinic=clinic, during__overlap=window).values_list(
            "during__startswith", "during__endswith"
        )
    ]
    away = {resource.pk: [*closed] for resource in resources}
    valid = Q(valid_until__isnull=True) | Q(valid_until__gte=first)
    for pattern in WorkingPattern.objects.filter(valid, resource__in=resources, valid_from__lte=last):
        patterns[pattern.resource_id].append(
            Pattern(
                pattern.weekday,
                (pattern.starts_at, pattern.ends_at),
                pattern.valid_from,
                pattern.valid_until,
            )
        )
    for row in DayHours.objects.filter(resource__in=resources, day__range=(first, last)):
        days[row.resource_id][row.day] = [(start, until) for start, until in row.hours]
    for key, *during in Absence.objects.filter(resource__in=resources, during__overlap=window).values_list(
        "resource_id", "during__startswith", "during__endswith"
    ):
        away[key].append(_outward(*during))
    return {
        resource.pk: Declared(patterns[resource.pk], days[resource.pk], away[resource.pk])
        for resource in resources
    }


def stranded_by(changes: Sequence[Change], now: datetime) -> list[Stranded]:
    """The visits that would lose minutes they claim, by start: one query where anything is lost, or none.

    A hold that has run out claims nothing any more, whether or not anybody has released it yet.
    """
    lost = {change.resource.pk: change.redrawn().lost for change in changes}
    by_key = {change.resource.pk: change.resource for change in changes if lost[change.resource.pk]}
    if not by_key:
        return []
    window: Any = DateTimeTZRange(moment_of(changes[0].low), moment_of(changes[0].high))
    lapsed = Q(appointment__status=AppointmentStatus.PENDING, appointment__held_until__lte=now)
    claims = (
        Claim.objects.filter(resource__in=by_key, during__overlap=window)
        .exclude(lapsed)
        .order_by("during", "pk")
        .values_list(
            "resource_id",
            "appointment_id",
            "appointment__during__startswith",
            "appointment__during__endswith",
            "appointment__status",
            "during__startswith",
            "during__endswith",
        )
    )
    return [
        Stranded(
            by_key[key],
            appointment,
            start,
            end,
            claimed,
            moment_of(needed[0][0]),
            booked=status != AppointmentStatus.PENDING,
        )
        for key, appointment, start, end, status, *during in claims
        if (needed := hours.in_both([claimed := _outward(*during)], lost[key]))
    ]


def refuse_stranded(clinic: Clinic, changes: Sequence[Change], now: datetime) -> None:
    """Raises what `stranding` tells."""
    refusal = stranding(clinic, changes, now)
    if refusal:
        raise refusal


def stranding(clinic: Clinic, changes: Sequence[Change], now: datetime) -> Conflict | None:
    """`visits_stranded` with the `visits` and, for each of their days, what to repair; None where none is."""
    stranded = stranded_by(changes, now)
    if not stranded:
        return None
    only = changes[0].resource.pk if len(changes) == 1 else None
    days = sorted({clock.local_date(visit.lost_from, clinic.time_zone) for visit in stranded})
    lost = [stretch for change in changes for stretch in change.redrawn().lost]
    repairs = [{"day": day, "resource": only, **_lost_on(day, lost, clinic.time_zone)} for day in days]
    visits = {(visit.appointment_id, visit.resource.pk): visit.as_data() for visit in stranded}
    return Conflict(
        f"This would take hours away from {in_words(visits.values())}. Repair the day first, or move what"
        " stands there.",
        code="visits_stranded",
        visits=list(visits.values()),
        repair=repairs[0],
        repairs=repairs,
    )


def in_words(visits: Iterable[Mapping[str, Any]]) -> str:
    """How many `visits` of a `stranding` are booked, and how many times only held or on offer."""
    by_visit = {visit["appointment"]: visit["booked"] for visit in visits}
    booked = sum(by_visit.values())
    held = len(by_visit) - booked
    told = (
        (booked, "1 booked visit" if booked == 1 else f"{booked} booked visits"),
        (held, "1 time that is held or on offer" if held == 1 else f"{held} times that are held or on offer"),
    )
    return " and ".join(words for count, words in told if count)


def write(pairs: Iterable[tuple[Change, Redrawn]]) -> int:
    """Take away the openings that are outdated and lay those that are missing. Returns how many rows changed.

    A claim may lie in an opening that is replaced: whether it is covered is asked when all are written.
    """
    outdated: list[UUID] = []
    missing: list[Opening] = []
    for change, redrawn in pairs:
        outdated += [change.openings[interval] for interval in redrawn.outdated]
        missing += [
            Opening(resource=change.resource, during=DateTimeTZRange(moment_of(start), moment_of(end)))
            for start, end in sorted(redrawn.missing)
        ]
    if outdated:
        _coverage_asked("DEFERRED")
        Opening.objects.filter(pk__in=outdated).delete()
    Opening.objects.bulk_create(missing)
    if outdated:
        _coverage_asked("IMMEDIATE")
    return len(outdated) + len(missing)


def minutes_in(zone: str) -> MinuteAt:
    """Wall times of this zone as minutes since the epoch."""

    @cache
    def minute_at(day: date, wall_time: time) -> int:
        return minute_of(clock.at_local(day, wall_time, zone))

    return minute_at


def walls_in(zone: str) -> WallAt:
    """What the clocks of this zone show at a minute since the epoch."""
    return lambda minute: clock.local_time(moment_of(minute), zone)


def _openings(resources: Collection[Resource], low: int, high: int) -> dict[UUID, dict[Interval, UUID]]:
    """The openings that lie in the window or touch it, by resource."""
    found: dict[UUID, dict[Interval, UUID]] = {resource.pk: {} for resource in resources}
    touching: Any = DateTimeTZRange(moment_of(low) - MINUTE, moment_of(high) + MINUTE)
    for pk, key, start, end in Opening.objects.filter(
        resource__in=resources, during__overlap=touching
    ).values_list("pk", "resource_id", "during__startswith", "during__endswith"):
        found[key][minute_of(start), minute_of(end)] = pk
    return found


def _lost_on(day: date, lost: Iterable[Interval], zone: str) -> dict[str, datetime]:
    """From when until when hours would be lost on this day."""
    start, end = (minute_of(bound) for bound in clock.day_bounds(day, zone))
    on_day = hours.within(lost, start, end)
    return {"from": moment_of(on_day[0][0]), "until": moment_of(on_day[-1][1])}


def _outward(start: datetime, end: datetime) -> Interval:
    """Every minute that is touched."""
    return minute_of(start), ceil(end.timestamp() / 60)


def _coverage_asked(when: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(f"SET CONSTRAINTS claim_inside_opening {when}")
