"""What a change of hours would touch, told before it is made: the same declarations, openings and visits that
`working_time` and `time_off` would write, redraw and refuse by, with nothing locked and nothing written.

Each function takes what the one there takes and raises the same `Invalid`. Who was quicker in the
meantime is seen by the change itself, under its lock.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Conflict
from scheduler.finding.availability import Interval, minute_of
from scheduler.models import Resource, WorkingPattern
from scheduler.working_hours import declarable, openings, redrawing, working_time
from scheduler.working_hours.hours import (
    Declared,
    OddStretch,
    Pattern,
    Stretch,
    days_from,
    except_for,
    odd_stretches,
    with_away,
    with_day,
    with_end,
    with_weekly,
)

# How far ahead weekly hours are looked through for days on which the clocks change: each comes once a year.
YEAR: Final = timedelta(days=365)


@dataclass(frozen=True)
class Reach:
    """The minutes within the clinic's horizon in which one resource would work, and works not, or the other
    way round."""

    resource: Resource
    gained: int
    lost: int


@dataclass(frozen=True)
class Weekday:
    """One weekday's weekly hours, so far and then; 0 is Monday."""

    weekday: int
    was: Sequence[Stretch]
    becomes: Sequence[Stretch]


@dataclass(frozen=True)
class Foreseen:
    """What would change. `refusal` is `visits_stranded`, where booked visits stand against it; `standing` are
    the patterns that would give way, `odd` the stretches that the clocks change. `openings_until` is the last
    day for which openings are made, where the change begins after it: no minute is gained or lost yet."""

    reaches: Sequence[Reach] = ()
    refusal: Conflict | None = None
    week: Sequence[Weekday] = ()
    standing: Sequence[WorkingPattern] = ()
    odd: Sequence[OddStretch] = ()
    openings_until: date | None = None

    @property
    def gained(self) -> int:
        return sum(reach.gained for reach in self.reaches)

    @property
    def lost(self) -> int:
        return sum(reach.lost for reach in self.reaches)


def weekly(
    *,
    resource: Resource,
    weekdays: Collection[int],
    hours: Sequence[Stretch],
    valid_from: date,
    valid_until: date | None = None,
    now: datetime,
) -> Foreseen:
    """As `working_time.set_pattern`: at most twelve queries."""
    clinic = resource.clinic
    today = redrawing.today(clinic, now)
    redrawing.refuse(
        declarable.weekly_faults(
            weekdays=weekdays, hours=hours, valid_from=valid_from, valid_until=valid_until, today=today
        )
    )

    def otherwise(declared: Declared) -> Declared:
        return with_weekly(declared, weekdays, hours, valid_from, valid_until)

    ends = min(valid_until or valid_from + YEAR, valid_from + YEAR)
    days = {day: hours for day in days_from(valid_from, ends) if day.weekday() in weekdays}
    return _foreseen(
        clinic,
        [resource],
        valid_from,
        valid_until,
        now,
        otherwise,
        week=_week(resource, valid_from, otherwise),
        standing=list(working_time.patterns_standing(resource, weekdays, valid_from, valid_until)),
        odd=_odd(clinic, days),
    )


def pattern_end(*, pattern: WorkingPattern, last_day: date, now: datetime) -> Foreseen:
    """As `working_time.end_pattern`: at most eleven queries."""
    resource = pattern.resource
    redrawing.refuse(
        declarable.end_faults(last_day, today=redrawing.today(resource.clinic, now))
        or declarable.ended_faults(last_day, pattern.valid_until)
    )
    row = Pattern(
        pattern.weekday, (pattern.starts_at, pattern.ends_at), pattern.valid_from, pattern.valid_until
    )

    def otherwise(declared: Declared) -> Declared:
        return with_end(declared, row, last_day)

    first = max(last_day + working_time.ONE_DAY, pattern.valid_from)
    return _foreseen(
        resource.clinic,
        [resource],
        first,
        None,
        now,
        otherwise,
        week=_week(resource, first, otherwise),
    )


def week_as_it_is(resource: Resource, first: date) -> list[Weekday]:
    """The weekly hours of the seven days from `first` on, with nothing changed: four queries."""
    return _week(resource, first, lambda declared: declared)


def day(*, resource: Resource, day: date, hours: Sequence[Stretch], now: datetime) -> Foreseen:
    """As `working_time.set_day`: at most seven queries."""
    clinic = resource.clinic
    redrawing.refuse(declarable.day_faults(day, hours, today=redrawing.today(clinic, now)))
    odd = _odd(clinic, {day: hours})
    return _foreseen(
        clinic, [resource], day, day, now, lambda declared: with_day(declared, day, hours), odd=odd
    )


def absence(*, resource: Resource, start: datetime, end: datetime, now: datetime) -> Foreseen:
    """As `time_off.record_absence`: at most seven queries."""
    redrawing.refuse(declarable.span_faults(start, end, now=now))
    return _away(resource.clinic, [resource], [(start, end)], now)


def closure(*, clinic: Clinic, stretches: Sequence[tuple[datetime, datetime]], now: datetime) -> Foreseen:
    """As `time_off.close` for each of these stretches, or `close_holidays`: at most eight queries."""
    for start, end in stretches:
        redrawing.refuse(declarable.span_faults(start, end, now=now))
    resources = list(Resource.objects.filter(clinic=clinic, active=True).order_by("kind", "name", "pk"))
    return _away(clinic, resources, stretches, now) if stretches else Foreseen()


def _away(
    clinic: Clinic,
    resources: Sequence[Resource],
    stretches: Sequence[tuple[datetime, datetime]],
    now: datetime,
) -> Foreseen:
    minutes: list[Interval] = [(minute_of(start), minute_of(end)) for start, end in stretches]
    first = clock.local_date(min(start for start, _ in stretches), clinic.time_zone)
    last = clock.local_date(max(end for _, end in stretches), clinic.time_zone)
    return _foreseen(clinic, resources, first, last, now, lambda declared: with_away(declared, minutes))


def _foreseen(
    clinic: Clinic,
    resources: Sequence[Resource],
    first: date,
    last: date | None,
    now: datetime,
    otherwise: Callable[[Declared], Declared],
    *,
    week: Sequence[Weekday] = (),
    standing: Sequence[WorkingPattern] = (),
    odd: Sequence[OddStretch] = (),
) -> Foreseen:
    for resource in resources:
        if not resource.active:
            raise redrawing.out_of_use(resource)
    horizon = openings.horizon_of(clinic, now)
    changes = openings.changes(
        clinic=clinic, resources=resources, first=first, last=last, now=now, otherwise=otherwise
    )
    return Foreseen(
        reaches=[
            Reach(
                change.resource,
                _length(except_for(change.becomes, change.was)),
                _length(except_for(change.was, change.becomes)),
            )
            for change in changes
        ],
        refusal=openings.stranding(clinic, changes, now),
        week=week,
        standing=standing,
        odd=odd,
        openings_until=horizon if first > horizon else None,
    )


def _week(resource: Resource, first: date, otherwise: Callable[[Declared], Declared]) -> list[Weekday]:
    """The patterns of the seven days from `first` on, Monday before Sunday."""
    last = first + timedelta(days=6)
    was = openings.declarations(resource.clinic, [resource], first, last)[resource.pk]
    becomes = otherwise(was)
    return [
        Weekday(day.weekday(), was.weekly_on(day), becomes.weekly_on(day))
        for day in sorted(days_from(first, last), key=date.weekday)
    ]


def _odd(clinic: Clinic, days: Mapping[date, Sequence[Stretch]]) -> list[OddStretch]:
    zone = clinic.time_zone
    return odd_stretches(days, openings.minutes_in(zone), openings.walls_in(zone))


def _length(minutes: Sequence[Interval]) -> int:
    return sum(end - start for start, end in minutes)
