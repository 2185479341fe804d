"""Declared hours as a manager reads them: a clinic's week, a resource's declarations, the closures to come.

What was declared is read, not what was laid: a day beyond the horizon has its hours too. Writes nothing.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, TypeVar

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Q, QuerySet

from clinic import clock
from clinic.models import Clinic
from scheduler.finding.availability import moment_of
from scheduler.models import Absence, Closure, DayHours, Resource, ResourceKind, WorkingPattern
from scheduler.working_hours import openings
from scheduler.working_hours.hours import Stretch, open_minutes

RowType = TypeVar("RowType", Absence, Closure)


@dataclass(frozen=True)
class DayOf:
    """One resource's local day: when it works, whether by hours of the day's own, and its absences."""

    day: date
    open: Sequence[tuple[datetime, datetime]]
    own: bool
    absences: Sequence[Absence] = ()
    closed: bool = False


@dataclass(frozen=True)
class RowOf:
    resource: Resource
    days: Sequence[DayOf]


@dataclass(frozen=True)
class Week:
    """Seven days from a Monday, with the closures that touch each, and the working resources by kind."""

    days: Sequence[date]
    closures: dict[date, list[Closure]] = field(default_factory=dict)
    kinds: Sequence[tuple[ResourceKind, Sequence[RowOf]]] = ()


def week(clinic: Clinic, day: date) -> Week:
    """The week that this day lies in: seven queries."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=ahead) for ahead in range(7)]
    bounds = {each: clock.day_bounds(each, clinic.time_zone) for each in days}
    window: Any = DateTimeTZRange(bounds[days[0]][0], bounds[days[-1]][1])
    resources = list(Resource.objects.filter(clinic=clinic, active=True).order_by("kind", "name", "pk"))
    absences = list(
        Absence.objects.filter(resource__in=resources, during__overlap=window).order_by("during", "pk")
    )
    closures = list(Closure.objects.filter(clinic=clinic, during__overlap=window).order_by("during", "pk"))
    declared = openings.declarations(clinic, resources, days[0], days[-1])
    minute_at = openings.minutes_in(clinic.time_zone)

    def touching(rows: Sequence[RowType], each: date) -> list[RowType]:
        start, end = bounds[each]
        return [row for row in rows if row.during.lower < end and start < row.during.upper]

    closed = {each: touching(closures, each) for each in days}

    def row_of(resource: Resource) -> RowOf:
        own = [absence for absence in absences if absence.resource_id == resource.pk]
        return RowOf(
            resource,
            [
                DayOf(
                    each,
                    [
                        (moment_of(start), moment_of(end))
                        for start, end in open_minutes(declared[resource.pk], each, each, minute_at)
                    ],
                    each in declared[resource.pk].days,
                    touching(own, each),
                    bool(closed[each]),
                )
                for each in days
            ],
        )

    by_kind = {kind: list(rows) for kind, rows in groupby(resources, key=lambda resource: resource.kind)}
    return Week(
        days,
        closed,
        [
            (kind, [row_of(resource) for resource in by_kind[kind]])
            for kind in (ResourceKind.NURSE, ResourceKind.CHAIR, ResourceKind.CLINICIAN)
            if kind in by_kind
        ],
    )


def hours_of_day(resource: Resource, day: date) -> tuple[Sequence[Stretch], DayHours | None]:
    """What the day's own hours or else the patterns say, and the day's own row: five queries."""
    declared = openings.declarations(resource.clinic, [resource], day, day)[resource.pk]
    return declared.hours_on(day), DayHours.objects.filter(resource=resource, day=day).first()


def above_the_hours(resource: Resource, day: date) -> tuple[list[Absence], list[Closure]]:
    """What is cut out of this day's hours, its own too, if it has any: two queries."""
    during: Any = DateTimeTZRange(*clock.day_bounds(day, resource.clinic.time_zone))
    return (
        list(Absence.objects.filter(resource=resource, during__overlap=during).order_by("during")),
        list(Closure.objects.filter(clinic=resource.clinic, during__overlap=during).order_by("during")),
    )


def patterns_to_come(resource: Resource, today: date) -> QuerySet[WorkingPattern]:
    """The patterns that hold today or later, by weekday and time."""
    return WorkingPattern.objects.filter(
        Q(valid_until__isnull=True) | Q(valid_until__gte=today), resource=resource
    ).order_by("weekday", "valid_from", "starts_at")


def days_to_come(resource: Resource, today: date) -> QuerySet[DayHours]:
    """The days with hours of their own, from today on."""
    return DayHours.objects.filter(resource=resource, day__gte=today).order_by("day")


def absences_to_come(resource: Resource, now: datetime) -> QuerySet[Absence]:
    return Absence.objects.filter(resource=resource, during__endswith__gt=now).order_by("during")


def closures_to_come(clinic: Clinic, now: datetime) -> QuerySet[Closure]:
    return Closure.objects.filter(clinic=clinic, during__endswith__gt=now).order_by("during")
