"""How much of chairs and nurses was used over a period of local days: each by itself, and all of a kind by
weekday and hour. Reads, never writes.

A chair counts in minutes, a nurse in minutes of nursing units, of which she has six: so many are needed to
prepare a patient, fewer while one is infused or observed.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, FloatField, Func, OuterRef, Q, Subquery, Sum, Value
from django.db.models.functions import Coalesce, Greatest, Least

from clinic.models import Clinic
from scheduler.models import AppointmentStatus, Claim, Opening, Resource, ResourceKind
from scheduler.reporting.reports import STANDING, Period

# A visit that reaches into a period has begun at most so long before it: openings are no longer.
LONGEST_VISIT: Final = timedelta(days=1)
KINDS: Final = (ResourceKind.CHAIR, ResourceKind.NURSE)

# An hour is the clinic's own: where the clocks are put back it comes twice and is counted under one name, and
# where they are put forward it doesn't come.
BY_HOUR: Final = """
    WITH opened AS (
        SELECT resource.kind, resource.capacity AS units,
               opening.during * tstzrange(%(low)s, %(high)s) AS during
          FROM scheduler_opening opening
          JOIN scheduler_resource resource ON resource.id = opening.resource_id
         WHERE resource.clinic_id = %(clinic)s AND resource.kind = ANY(%(kinds)s)
           AND opening.during && tstzrange(%(low)s, %(high)s)),
    held AS (
        SELECT resource.kind, upper(claim.units) - lower(claim.units) AS units,
               claim.during * tstzrange(%(low)s, %(high)s) AS during,
               visit.status = 'fulfilled' AS done
          FROM scheduler_appointment visit
          JOIN scheduler_claim claim ON claim.appointment_id = visit.id
          JOIN scheduler_resource resource ON resource.id = claim.resource_id
         WHERE visit.clinic_id = %(clinic)s AND visit.status = ANY(%(standing)s)
           AND lower(visit.during) >= %(begun)s AND lower(visit.during) < %(high)s
           AND resource.kind = ANY(%(kinds)s)
           AND claim.during && tstzrange(%(low)s, %(high)s)),
    stretch AS (
        SELECT kind, units, during, true AS is_open, false AS done FROM opened
         UNION ALL
        SELECT kind, units, during, false, done FROM held),
    part AS (
        SELECT kind, is_open, done, hour.began AT TIME ZONE %(zone)s AS wall,
               units * extract(epoch FROM least(upper(during), hour.began + interval '1 hour')
                                          - greatest(lower(during), hour.began)) / 60 AS minutes
          FROM stretch
         CROSS JOIN LATERAL generate_series(
               date_trunc('hour', lower(during), %(zone)s),
               upper(during) - interval '1 microsecond', interval '1 hour') AS hour(began))
    SELECT kind, extract(isodow FROM wall)::int - 1 AS weekday, extract(hour FROM wall)::int AS hour,
           count(DISTINCT wall::date) FILTER (WHERE is_open) AS days,
           coalesce(sum(minutes) FILTER (WHERE is_open), 0)::float8 AS open,
           coalesce(sum(minutes) FILTER (WHERE NOT is_open), 0)::float8 AS booked,
           coalesce(sum(minutes) FILTER (WHERE done), 0)::float8 AS delivered
      FROM part
     GROUP BY 1, 2, 3
     ORDER BY 1, 2, 3
"""


class OfOpenHours:
    """Which part of what was open was booked, and which of it was delivered: none of nothing."""

    open: float
    booked: float
    delivered: float

    @property
    def booked_share(self) -> float | None:
        return self.booked / self.open if self.open else None

    @property
    def delivered_share(self) -> float | None:
        return self.delivered / self.open if self.open else None


@dataclass(frozen=True)
class Use(OfOpenHours):
    """Minutes of a chair, or unit-minutes of a nurse, inside open hours.

    `booked` is what visits hold that stand or took place, a chair's turnover included; a cancelled or missed
    visit has given its time back. `delivered` is the part of it that belongs to visits that are done, by the
    minutes that were planned for them.
    """

    name: str
    kind: str
    open: float
    booked: float
    delivered: float


@dataclass(frozen=True)
class Utilisation:
    """Every chair and nurse that was open or booked in the period, and the sum of each kind."""

    resources: list[Use]
    totals: list[Use]


def utilisation(clinic: Clinic, period: Period) -> Utilisation:
    """How much of each chair and nurse was open, booked and delivered: two queries."""
    inside = Opening.objects.filter(
        resource=OuterRef("pk"), during__overlap=DateTimeTZRange(period.low, period.high)
    )
    minutes = _minutes_inside(period)
    opened = inside.values("resource").annotate(total=Sum(minutes)).values("total")
    resources = (
        Resource.objects.filter(clinic=clinic, kind__in=KINDS)
        .annotate(opened=Coalesce(Subquery(opened), 0.0, output_field=FloatField()) * F("capacity"))
        .order_by("kind", "name")
        .values_list("pk", "name", "kind", "opened")
    )
    held = _held(clinic, period, minutes)
    rows = [Use(name, kind, opened, *held.get(pk, (0.0, 0.0))) for pk, name, kind, opened in resources]
    used = [use for use in rows if use.open or use.booked]
    totals = [
        Use(f"All {ResourceKind(kind).label.lower()}s", kind, *_added(list(of_kind)))
        for kind, of_kind in groupby(used, key=lambda use: use.kind)
    ]
    return Utilisation(used, totals)


def _held(clinic: Clinic, period: Period, minutes: Func) -> dict[UUID, tuple[float, float]]:
    """Unit-minutes that visits hold of each resource, and those of visits that are done.

    Asked from the visits, whose index knows the clinic and the start, to their claims.
    """
    amount = minutes * (F("units__endswith") - F("units__startswith"))
    done = Q(appointment__status=AppointmentStatus.FULFILLED)
    rows = (
        Claim.objects.filter(
            appointment__clinic=clinic,
            appointment__status__in=STANDING,
            appointment__during__startswith__gte=period.low - LONGEST_VISIT,
            appointment__during__startswith__lt=period.high,
            during__overlap=DateTimeTZRange(period.low, period.high),
        )
        .values("resource")
        .annotate(
            booked=Sum(amount, output_field=FloatField()),
            delivered=Sum(amount, filter=done, default=0.0, output_field=FloatField()),
        )
        .values_list("resource", "booked", "delivered")
    )
    return {key: (booked, delivered) for key, booked, delivered in rows}


def _added(uses: Iterable[Use]) -> tuple[float, float, float]:
    uses = list(uses)
    return (
        sum(use.open for use in uses),
        sum(use.booked for use in uses),
        sum(use.delivered for use in uses),
    )


@dataclass(frozen=True)
class HourUse(OfOpenHours):
    """All chairs, or all nurses, in one hour of one weekday: minutes, or unit-minutes, of all such hours of
    the period together. `days` is on how many of its days somebody or something was open then."""

    kind: str
    weekday: int  # 0 is Monday
    hour: int  # by the clinic's clocks
    days: int
    open: float
    booked: float
    delivered: float


def by_hour(clinic: Clinic, period: Period) -> list[HourUse]:
    """Chairs, then nurses, by weekday and hour; hours in which nothing was open or held are left out. One
    query."""
    with connection.cursor() as cursor:
        cursor.execute(
            BY_HOUR,
            {
                "clinic": clinic.pk,
                "low": period.low,
                "high": period.high,
                "begun": period.low - LONGEST_VISIT,
                "zone": period.zone,
                "standing": [status.value for status in STANDING],
                "kinds": [kind.value for kind in KINDS],
            },
        )
        return [HourUse(*row) for row in cursor.fetchall()]


def _minutes_inside(period: Period) -> Func:
    """Minutes of `during` that lie in the period."""
    return Func(
        Least(F("during__endswith"), Value(period.high))
        - Greatest(F("during__startswith"), Value(period.low)),
        template="(EXTRACT(EPOCH FROM %(expressions)s) / 60)",
        output_field=FloatField(),
    )
