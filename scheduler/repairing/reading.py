"""A clinic's day read as `repairing` sees it, and what went wrong as people tell it. Writes nothing.

Minutes and keys here, moments and rows above: whatever `repairing` answers is turned back in `repair`.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any, Final
from uuid import UUID

from django.db.models import Q

from clinic import clock
from clinic.models import Clinic
from scheduler.finding.availability import GRID_MINUTES, Supply, minute_of, moment_of
from scheduler.finding.free_times import fasting_of
from scheduler.finding.packing import Need
from scheduler.finding.supply import not_counted, supplies, visit_of
from scheduler.models import (
    AbsenceReason,
    Appointment,
    AppointmentStatus,
    Claim,
    Phase,
    Resource,
    ResourceKind,
)
from scheduler.repairing.day import Away, Day, DayVisit, Disruption, Late, Standing, Turn, turns_from
from scheduler.visits import queries
from scheduler.vocabulary import wall_time

STANDINGS: Final = {
    AppointmentStatus.PENDING: Standing.HELD,
    AppointmentStatus.BOOKED: Standing.BOOKED,
    AppointmentStatus.ARRIVED: Standing.ARRIVED,
    AppointmentStatus.CHECKED_IN: Standing.BEGUN,
}

NOT_IN_USE: Final = "can't be used"
AWAY_WORDS: Final = {
    AbsenceReason.LEAVE: "is on leave",
    AbsenceReason.ILLNESS: "is ill",
    AbsenceReason.TRAINING: "is in training",
    AbsenceReason.BREAKDOWN: "is away",
    AbsenceReason.OTHER: "is away",
}


@dataclass(frozen=True)
class Missing:
    """A resource isn't there from `start` to `end`; without one, the whole clinic is closed."""

    start: datetime
    end: datetime
    resource: Resource | None = None
    reason: AbsenceReason = AbsenceReason.OTHER

    @property
    def out_of_order(self) -> bool:
        """A chair doesn't fall ill: whoever leaves the form's first reason means the same."""
        chair = self.resource is not None and self.resource.kind == ResourceKind.CHAIR
        return self.reason == AbsenceReason.BREAKDOWN or (chair and self.reason == AbsenceReason.ILLNESS)

    def words(self, zone: str) -> str:
        span = f"{wall_time(self.start, zone)}\N{EN DASH}{wall_time(self.end, zone)}"
        return f"{self._what()}, {span}"

    def _what(self) -> str:
        if self.resource is None:
            return "The clinic is closed"
        if self.resource.kind == ResourceKind.CHAIR:
            return f"{self.resource.name} {'is out of order' if self.out_of_order else NOT_IN_USE}"
        return f"{self.resource.name} {AWAY_WORDS[self.reason]}"

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": "missing",
            "resource": str(self.resource.pk) if self.resource else None,
            "start": self.start.isoformat(),
            "end": self.end.isoformat(),
            "reason": str(self.reason),
        }


@dataclass(frozen=True)
class RunningLate:
    """The whole clinic, or one visit, is so many minutes late (`repairing.day.Late`)."""

    minutes: int
    appointment: Appointment | None = None

    def words(self, zone: str) -> str:
        who = "One visit is" if self.appointment else "The clinic is"
        return f"{who} running {self.minutes} minutes late"

    def as_data(self) -> dict[str, Any]:
        return {
            "kind": "late",
            "minutes": self.minutes,
            "appointment": str(self.appointment.pk) if self.appointment else None,
        }


Mishap = Missing | RunningLate


def mishap_of(data: dict[str, Any]) -> Mishap:
    """What `as_data` has written, with its rows."""
    if data["kind"] == "late":
        key = data["appointment"]
        return RunningLate(data["minutes"], Appointment.objects.get(pk=key) if key else None)
    key = data["resource"]
    return missing_of(data, Resource.objects.select_related("clinic").get(pk=key) if key else None)


def missing_of(data: dict[str, Any], resource: Resource | None) -> Missing:
    return Missing(
        datetime.fromisoformat(data["start"]),
        datetime.fromisoformat(data["end"]),
        resource,
        AbsenceReason(data["reason"]),
    )


@dataclass(frozen=True)
class ReadDay:
    """The day in minutes, with the rows behind it."""

    day: Day
    since: datetime
    visits: dict[UUID, Appointment]
    resources: dict[UUID, Resource]

    def disruption(self, mishap: Mishap) -> Disruption:
        return disruption_of(mishap, [supply.key for supply in self.day.supplies])


def disruption_of(mishap: Mishap, everything: Collection[UUID]) -> Disruption:
    """What went wrong, in minutes; `everything` is what isn't there while the whole clinic is closed."""
    if isinstance(mishap, RunningLate):
        return Disruption(late=Late(mishap.minutes, mishap.appointment.pk if mishap.appointment else None))
    start, end = minute_of(mishap.start), ceil(mishap.end.timestamp() / 60)
    gone = [mishap.resource.pk] if mishap.resource else everything
    return Disruption(tuple(Away(key, start, end) for key in gone))


def mended_from(clinic: Clinic, day: date, now: datetime) -> datetime:
    """`now` on the grid, rounded up, or the day's beginning: what lies before is left as it is."""
    low, _ = clock.day_bounds(day, clinic.time_zone)
    return max(low, moment_of(-(-ceil(now.timestamp() / 60) // GRID_MINUTES) * GRID_MINUTES))


def read_day(clinic: Clinic, day: date, now: datetime) -> ReadDay:
    """The visits of one local day that aren't over, and what there is for them: five queries.

    A visit whose time is past counts when its patient is in the chair.
    """
    low, high = clock.day_bounds(day, clinic.time_zone)
    since = mended_from(clinic, day, now)
    of_day = (
        queries.on_day(queries.visits().filter(clinic=clinic), day, clinic.time_zone)
        .filter(status__in=STANDINGS)
        .exclude(not_counted(now))
        .order_by("during__startswith", "pk")
    )
    rows = [visit for visit in of_day if _counts(visit, since)]
    claimed = {claim.resource_id for visit in rows for claim in visit.claims.all()}
    resources = list(Resource.objects.filter(Q(active=True) | Q(pk__in=claimed), clinic=clinic))
    there = supplies(
        clinic.pk,
        low,
        high + timedelta(days=1),
        now=now,
        resources=resources,
        without=[visit.pk for visit in rows],
    )
    chairs = [resource for resource in resources if resource.kind == ResourceKind.CHAIR]
    in_use = {resource.pk for resource in resources if resource.active}

    def working(of_kind: Sequence[Supply]) -> tuple[Supply, ...]:
        """What is out of use works no more, whatever openings it still has."""
        return tuple(supply if supply.key in in_use else replace(supply, open=()) for supply in of_kind)

    read = Day(
        since=minute_of(since),
        until=minute_of(high),
        visits=tuple(day_visit(visit, chairs) for visit in rows),
        chairs=working(there.chairs),
        nurses=working(there.nurses),
        clinicians=working(there.clinicians),
    )
    return ReadDay(
        read, since, {visit.pk: visit for visit in rows}, {resource.pk: resource for resource in resources}
    )


def day_visit(visit: Appointment, chairs: Sequence[Resource]) -> DayVisit:
    """A row of `queries.visits` as it stands, with the clinic's chairs."""
    claims: dict[str, list[Claim]] = {kind: [] for kind in ResourceKind.values}
    for claim in sorted(visit.claims.all(), key=lambda claim: claim.during.lower):
        claims[claim.resource.kind].append(claim)
    phases = _phases(visit, claims[ResourceKind.NURSE])
    seat = claims[ResourceKind.CHAIR][-1]
    seated = minute_of(seat.during.lower)
    wanted = {*visit.protocol.chair_features, *visit.plan.chair_features}
    return DayVisit(
        key=visit.pk,
        patient=visit.patient_id,
        standing=_standing(visit),
        phases=phases,
        turnover=max(ceil(seat.during.upper.timestamp() / 60) - phases[-1].end, 0),
        chair=seat.resource_id,
        nurses=_turns(claims[ResourceKind.NURSE]),
        clinicians=_turns(claims[ResourceKind.CLINICIAN]),
        able_chairs=frozenset(chair.pk for chair in chairs if wanted.issubset(chair.features)),
        notice=fasting_of(visit.protocol).lead // timedelta(minutes=1),
        seated=seated if seated < phases[0].start else None,
    )


def _counts(visit: Appointment, since: datetime) -> bool:
    return bool(visit.claims.all()) and (visit.ends_at > since or _standing(visit) == Standing.BEGUN)


def _standing(visit: Appointment) -> Standing:
    # A record was opened: the arrival stands, and the visit goes on from there.
    if visit.status == AppointmentStatus.ARRIVED and visit.record_opened_at is not None:
        return Standing.BEGUN
    return STANDINGS[AppointmentStatus(visit.status)]


def _turns(claims: Sequence[Claim]) -> tuple[Turn, ...]:
    return turns_from([(minute_of(claim.during.lower), claim.resource_id) for claim in claims])


def _phases(visit: Appointment, nursed: Sequence[Claim]) -> tuple[Need, ...]:
    """The protocol's phases; of a visit that was made longer, as long as its nurses are claimed."""
    planned = visit_of(visit.protocol)
    minutes = [planned.preparation, planned.infusion, planned.observation]
    names = (Phase.PREPARATION, Phase.INFUSION, Phase.OBSERVATION)
    units = (planned.preparation_units, planned.infusion_units, planned.observation_units)
    longer = minute_of(visit.ends_at) - minute_of(visit.starts_at) - sum(minutes)
    if longer:
        for place, name in enumerate(names):
            own = [claim.during for claim in nursed if claim.phase == name]
            if own:
                claimed = max(during.upper for during in own) - min(during.lower for during in own)
                minutes[place] = claimed // timedelta(minutes=1)
        # A phase without nursing leaves no claim: what is left over is its.
        unnursed = [place for place in range(3) if not units[place]]
        if unnursed:
            minutes[unnursed[-1]] += minute_of(visit.ends_at) - minute_of(visit.starts_at) - sum(minutes)
    phases, at = [], minute_of(visit.starts_at)
    for name, length, taken in zip(names, minutes, units, strict=True):
        phases.append(Need(at, at + length, taken, str(name)))
        at += length
    return tuple(phases)
