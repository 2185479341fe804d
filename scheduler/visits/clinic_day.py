"""One local day of a clinic, and seven, as a board shows them: the visits, and of each chair and nurse the
hours, what takes its time and why it is away. Reads only, a fixed number of queries however much goes on.

What is open and what is taken comes from `finding.supply`, as the booking reads it. How it looks is a page's.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import Exists, OuterRef, Q

from clinic import clock
from clinic.models import Clinic
from scheduler.finding.availability import Supply
from scheduler.finding.supply import supplies
from scheduler.models import Absence, AppointmentStatus, Claim, Closure, Resource, ResourceKind
from scheduler.visits import queries
from scheduler.visits.queries import BookedVisit


@dataclass(frozen=True)
class Row:
    """One chair or nurse: when it works and what of it is taken, in minutes since the epoch."""

    resource: Resource
    supply: Supply
    absences: Sequence[Absence]


@dataclass(frozen=True)
class ClinicDay:
    """The local day from `begins` to `ends`. A chair or a nurse that is out of use by now is among the rows
    while something is booked with it."""

    zone: str
    begins: datetime
    ends: datetime
    visits: Sequence[BookedVisit]
    chairs: Sequence[Row]
    nurses: Sequence[Row]
    closures: Sequence[Closure]


@dataclass(frozen=True)
class ClinicWeek:
    """Seven local days from a Monday on; `held` are the chairs' claims with their visits, by start."""

    days: Sequence[date]
    chairs: Sequence[Row]
    held: Sequence[Claim]
    closures: Sequence[Closure]


def clinic_day(clinic: Clinic, day: date, *, now: datetime) -> ClinicDay:
    """Six queries."""
    window = clock.day_bounds(day, clinic.time_zone)
    rows = _rows(clinic, window, {ResourceKind.CHAIR, ResourceKind.NURSE}, now)
    return ClinicDay(
        clinic.time_zone,
        *window,
        queries.day_board(clinic, day),
        [row for row in rows if row.resource.kind == ResourceKind.CHAIR],
        [row for row in rows if row.resource.kind == ResourceKind.NURSE],
        _closures(clinic, window),
    )


def clinic_week(clinic: Clinic, day: date, *, now: datetime) -> ClinicWeek:
    """The week that this day lies in: five queries."""
    monday = day - timedelta(days=day.weekday())
    days = [monday + timedelta(days=ahead) for ahead in range(7)]
    window = (clock.day_bounds(days[0], clinic.time_zone)[0], clock.day_bounds(days[-1], clinic.time_zone)[1])
    rows = _rows(clinic, window, {ResourceKind.CHAIR}, now)
    held = (
        Claim.objects.filter(
            resource__in=[row.resource.pk for row in rows], during__overlap=DateTimeTZRange(*window)
        )
        .exclude(appointment__status=AppointmentStatus.PENDING, appointment__held_until__lte=now)
        .select_related("appointment")
        .order_by("during", "pk")
    )
    return ClinicWeek(days, rows, list(held), _closures(clinic, window))


def _rows(
    clinic: Clinic, window: tuple[datetime, datetime], kinds: Collection[str], now: datetime
) -> list[Row]:
    during: Any = DateTimeTZRange(*window)
    booked = Claim.objects.filter(resource=OuterRef("pk"), during__overlap=during)
    resources = list(Resource.objects.filter(Q(active=True) | Exists(booked), clinic=clinic, kind__in=kinds))
    read = supplies(clinic.pk, *window, now=now, resources=resources)
    absences = list(
        Absence.objects.filter(resource__in=resources, during__overlap=during).order_by("during", "pk")
    )
    return [
        Row(
            read.resources[supply.key],
            supply,
            [absence for absence in absences if absence.resource_id == supply.key],
        )
        for supply in (*read.chairs, *read.nurses)
    ]


def _closures(clinic: Clinic, window: tuple[datetime, datetime]) -> list[Closure]:
    during: Any = DateTimeTZRange(*window)
    return list(Closure.objects.filter(clinic=clinic, during__overlap=during).order_by("during", "pk"))
