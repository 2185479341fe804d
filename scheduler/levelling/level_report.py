"""One day held against the most level day that its visits could make: a dry run. Reads, never writes.

The arithmetic is `template`; this module fetches a day for it. Who is asked to come at another time is for
people to decide: nothing here knows when a patient can come.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from time import monotonic
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from clinic import clock
from clinic.models import Clinic
from scheduler.finding.availability import minute_of, moment_of
from scheduler.finding.supply import Supplies, supplies, visit_of
from scheduler.levelling.laying_out import Booked, Kind, Share
from scheduler.levelling.template import SECONDS, Day, Measures, Template, level, measure, room_for_more
from scheduler.locks import only_search
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Claim,
    Resource,
    ResourceKind,
    WorkingPattern,
)
from scheduler.reporting.reports import STANDING
from scheduler.visits import queries
from scheduler.working_hours.hours import end_minute
from scheduler.working_hours.openings import minutes_in

# Of the seconds: how level the day could be. The rest is for how many more it could hold.
LEVEL_SHARE: Final = 0.6


@dataclass(frozen=True)
class Standing:
    """A visit of the day, and what it holds."""

    appointment: Appointment
    claims: Sequence[Claim]


@dataclass(frozen=True)
class Start:
    """When the template would begin a visit of this protocol."""

    at: datetime
    protocol: str


@dataclass(frozen=True)
class DayLevel:
    """A day's bookings beside the template for the same visits, in the same hours.

    `commonest` is the protocol of which most visits stand: of it is told how many more would fit.
    `more_at_least` were packed with the day's visits moved where they leave room; no layout holds more than
    `more_at_most`. There is no template when no day was found that holds the visits as booking would. It was
    sought for `seconds`; when it is not `in_time`, they were over before everything was tried.
    """

    day: date
    closing: datetime
    visits: int
    commonest: str
    booked: Measures
    template: Measures | None
    starts: list[Start]
    peak_bound: int | None
    more_at_least: int
    more_at_most: int
    seconds: float
    in_time: bool

    @property
    def gap(self) -> float | None:
        """The share of the template's peak that a better day might spare at most, 0 to 1."""
        if self.template is None or self.peak_bound is None:
            return None
        return (self.template.peak - self.peak_bound) / self.template.peak

    @property
    def more_level(self) -> bool:
        """The template is better by the very measure that it was made for."""
        return self.template is not None and self.template.order < self.booked.order


def level_of_day(clinic: Clinic, day: date, *, now: datetime, seconds: float = SECONDS) -> DayLevel | None:
    """The day as it is booked and as it could be; None where no visit stands on it. Seven queries.

    Visits that are cancelled, missed or merely held count as free. Takes so many seconds of arithmetic on a
    full day; raises `Busy` while another search goes on.
    """
    with only_search():
        return _level_of_day(clinic, day, now, seconds)


def _level_of_day(clinic: Clinic, day: date, now: datetime, seconds: float) -> DayLevel | None:
    low, high = clock.day_bounds(day, clinic.time_zone)
    on_day = queries.on_day(queries.visits().filter(clinic=clinic), day, clinic.time_zone)
    rows = list(on_day.filter(status__in=[*STANDING, AppointmentStatus.PENDING]).order_by("pk"))
    standing = [
        Standing(row, list(row.claims.all())) for row in rows if row.status in STANDING and row.claims.all()
    ]
    if not standing:
        return None
    held = [row.pk for row in rows if row.status not in STANDING]
    # All of them: what is out of use now may have served on that day.
    resources = list(Resource.objects.filter(clinic=clinic))
    found = supplies(clinic.pk, low, high, now=now, resources=resources, without=held)
    closing = _closing(clinic, day, found)
    taken = Day(found.chairs, found.nurses, found.clinicians, closing)
    visits = [_booked(one, found) for one in standing]
    commonest, _ = Counter(visit.kind for visit in visits).most_common(1)[0]
    titles = {one.appointment.protocol_id: one.appointment.protocol.title for one in standing}
    begun = monotonic()
    template = level(taken, visits, seconds=seconds * LEVEL_SHARE)
    left = begun + seconds - monotonic()
    at_least, at_most = room_for_more(taken, visits, commonest, seconds=left)
    return DayLevel(
        day=day,
        closing=moment_of(closing),
        visits=len(visits),
        commonest=titles[_protocol(commonest)],
        booked=measure(taken, commonest=commonest),
        template=measure(template.day, commonest=commonest) if template else None,
        starts=_starts(template, titles),
        peak_bound=template.peak_bound if template else None,
        more_at_least=at_least,
        more_at_most=at_most,
        seconds=round(monotonic() - begun, 1),
        in_time=template is not None and template.in_time,
    )


def _starts(template: Template | None, titles: dict[UUID, str]) -> list[Start]:
    starts = template.starts if template else ()
    return [Start(moment_of(minute), titles[_protocol(kind)]) for minute, kind in starts]


def _booked(standing: Standing, found: Supplies) -> Booked:
    """A visit as arithmetic reads it: its kind by its protocol, its recovery and the chairs that suit it."""
    appointment = standing.appointment
    kind = _kind(appointment, found)
    shares: dict[str, list[Share]] = {kind: [] for kind in ResourceKind.values}
    for claim in sorted(standing.claims, key=lambda claim: claim.during.lower):
        start, end = minute_of(claim.during.lower), minute_of(claim.during.upper)
        units = claim.units.upper - claim.units.lower
        shares[claim.resource.kind].append(Share(claim.resource_id, start, end, units))
    return Booked(
        kind=kind,
        start=minute_of(appointment.starts_at),
        chairs=tuple(shares[ResourceKind.CHAIR]),
        nurses=tuple(shares[ResourceKind.NURSE]),
        clinicians=tuple(shares[ResourceKind.CLINICIAN]),
    )


def _kind(appointment: Appointment, found: Supplies) -> Kind:
    protocol, extra = appointment.protocol, appointment.extra_recovery_minutes
    wanted = frozenset([*protocol.chair_features, *appointment.plan.chair_features])
    suitable = found.offering(wanted).chairs
    key = (protocol.pk, wanted, extra)
    return Kind(key, visit_of(protocol, extra), frozenset(chair.key for chair in suitable))


def _protocol(kind: Kind) -> UUID:
    key: Any = kind.key
    return UUID(str(key[0]))


def _closing(clinic: Clinic, day: date, found: Supplies) -> int:
    """The minute from which on it is overtime: when the last weekly hours of this weekday end.

    A day without weekly hours, an extra Saturday, closes when its last chair does.
    """
    ends = (
        WorkingPattern.objects.filter(
            Q(valid_until=None) | Q(valid_until__gte=day),
            resource__clinic=clinic,
            resource__kind__in=[ResourceKind.CHAIR, ResourceKind.NURSE],
            weekday=day.weekday(),
            valid_from__lte=day,
        )
        .values_list("ends_at", flat=True)
        .distinct()
    )
    minute_at = minutes_in(clinic.time_zone)
    usual = [end_minute(day, until, minute_at) for until in ends]
    laid = [end for chair in found.chairs for _, end in chair.open]
    return max(usual or laid)  # who has visits has had hours for them
