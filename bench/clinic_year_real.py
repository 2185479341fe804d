"""The desk that books through Chairside itself: the same functions as the API's, on a database of their own.

A series is booked in one of two ways (`Way`); everything else, and what is asked for again, at the earliest
start that is found. Patients wish for nothing in particular: domain.md has no figures for that.
"""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from itertools import pairwise
from time import perf_counter
from typing import Final
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

from bench.booking_clinic import shown_by
from bench.clinic_year_demand import CHAIRS, CLOSES, NURSES, OPENS, RECORDS, UNITS, Request
from bench.clinic_year_life import WINDOW_DAYS, Slot
from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic, Consent, ConsentScope, Patient, Role, User
from scheduler.finding import free_times
from scheduler.finding.wishes import Wish
from scheduler.models import (
    Appointment,
    CancellationReason,
    Claim,
    Protocol,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WorkingPattern,
)
from scheduler.protocols import protocols
from scheduler.series import proposing
from scheduler.visits import attendance, booking, calling_off
from scheduler.visits.booking import Wanted
from scheduler.working_hours import working_time

ZONE: Final = "America/Chicago"
FIRST_MONDAY: Final = date(2027, 1, 4)
# A lost session uses up no order here: a prescriber would order it anew.
SPARE_SESSIONS: Final = 20


class Way(StrEnum):
    """How a series is booked: as the first of the proposals says; or session by session, each at the earliest
    start."""

    PROPOSED = "proposed"
    EARLIEST = "earliest"


@dataclass
class ChairsideDesk:
    """A desk (`clinic_year_life.Desk`) with the demo clinic of domain.md 8.3 for so many weeks of calls."""

    weeks: int
    requests: list[Request]
    way: Way
    series_seconds: list[float] = field(default_factory=list)  # to propose a whole series
    single_seconds: list[float] = field(default_factory=list)  # to find and book one session
    capacities: dict[UUID, int] = field(default_factory=dict)

    def __post_init__(self) -> None:
        days = 7 * self.weeks + 4 * WINDOW_DAYS
        self.clinic = Clinic.objects.create(
            name="Year", sender_name="Year", time_zone=ZONE, opening_horizon_days=days, synthetic=True
        )
        user = User.objects.create(email=f"{uuid4()}@year.example", full_name="Desk")
        self.actor = Actor(user.pk, user.full_name, {self.clinic.pk: frozenset(Role)})
        self.now = self._moment(0, OPENS)
        self.chairs = self._resources(ResourceKind.CHAIR, CHAIRS, 1)
        self._resources(ResourceKind.NURSE, NURSES, UNITS)
        self._resources(ResourceKind.CLINICIAN, 1, CHAIRS)
        working_time.lay_openings(clinic=self.clinic, now=self._moment(0, 0))
        self.plans = self._plans()

    def clock(self, day: int, minute: int) -> None:
        self.now = self._moment(day, minute)

    def book(self, request: Request, *, first: int, last: int) -> list[Slot] | None:
        if request.sessions == 1 or self.way == Way.EARLIEST:
            return self._one_by_one(request, first, last)
        plan = self.plans[request.number]
        wish = Wish()
        begun = perf_counter()
        proposed = proposing.propose(
            plan=plan,
            count=request.sessions,
            first=self._date(first),
            last=self._date(last),
            wish=wish,
            now=self.now,
        )
        self.series_seconds.append(perf_counter() - begun)
        if not proposed.offers:
            return None
        wanted = [
            Wanted(uuid4(), session.start, session.wished_chair, session.wished_nurse)
            for session in proposed.offers[0].sessions
        ]
        proposing.book(actor=self.actor, id=uuid4(), plan=plan, sessions=wanted, wish=wish, now=self.now)
        visits = Appointment.objects.in_bulk([each.id for each in wanted])
        return [self._slot(visits[each.id]) for each in wanted]

    def book_again(self, request: Request, *, first: int, last: int, others: Collection[int]) -> Slot | None:
        plan = self.plans[request.number]
        begun = perf_counter()
        found = free_times.search(
            plan=plan, first=self._moment(first, 0), until=self._moment(last + 1, 0), now=self.now
        )
        if not len(found.minutes):
            return None
        start = found.at(found.minutes[0]).start
        visit = booking.book(actor=self.actor, id=uuid4(), plan=plan, start=start, fasted=True, now=self.now)
        self.single_seconds.append(perf_counter() - begun)
        return self._slot(visit)

    def cancel(self, request: Request, slot: Slot, *, day: int, minute: int) -> None:
        calling_off.cancel(
            actor=self.actor, appointment=slot.visit, reason=CancellationReason.PATIENT, now=self.now
        )

    def missed(self, request: Request, slot: Slot, *, day: int, minute: int) -> None:
        """Not come, or sent home by the pre-check: for the schedule the same."""
        attendance.mark_no_show(actor=self.actor, appointment=slot.visit, now=self.now)

    def done(self, request: Request, slot: Slot) -> None:
        attendance.arrive(actor=self.actor, appointment=slot.visit, now=self.now)
        attendance.begin(appointment=slot.visit, now=self.now)
        attendance.fulfil(appointment=slot.visit, now=slot.visit.ends_at)

    def _one_by_one(self, request: Request, first: int, last: int) -> list[Slot] | None:
        shortest, _ = request.spacing
        slots: list[Slot] = []
        for _ in range(request.sessions):
            slot = self.book_again(request, first=first, last=last, others=())
            if slot is None:
                for booked in slots:
                    self.cancel(request, booked, day=booked.day, minute=booked.minute)
                return None
            slots.append(slot)
            first = slot.day + shortest
        return slots

    def overloaded_minutes(self) -> int:
        """The minutes in which what the database holds of a resource is more than its capacity: all claims
        of the year, added up anew from the bare rows."""
        over = 0
        changes: dict[UUID, dict[datetime, int]] = {key: {} for key in self.capacities}
        for key, units, during in Claim.objects.filter(resource__clinic=self.clinic).values_list(
            "resource_id", "units", "during"
        ):
            of_key = changes[key]
            for moment, change in ((during.lower, 1), (during.upper, -1)):
                of_key[moment] = of_key.get(moment, 0) + change * (units.upper - units.lower)
        for key, of_key in changes.items():
            load = 0
            for moment, following in pairwise(sorted(of_key)):
                load += of_key[moment]
                if load > self.capacities[key]:
                    over += (following - moment) // timedelta(minutes=1)
        return over

    def _slot(self, visit: Appointment) -> Slot:
        chair = visit.claims.get(resource__kind=ResourceKind.CHAIR).resource_id
        wall = visit.starts_at.astimezone(ZoneInfo(ZONE))
        day = (wall.date() - FIRST_MONDAY).days
        return Slot(day, wall.hour * 60 + wall.minute, self.chairs.index(chair), visit)

    def _date(self, day: int) -> date:
        return FIRST_MONDAY + timedelta(days=day)

    def _moment(self, day: int, minute: int) -> datetime:
        return clock.at_local(self._date(day), _wall(minute), ZONE)

    def _resources(self, kind: ResourceKind, count: int, capacity: int) -> list[UUID]:
        made = [
            Resource(clinic=self.clinic, kind=kind, name=f"{kind.label} {number + 1}", capacity=capacity)
            for number in range(count)
        ]
        Resource.objects.bulk_create(made)
        WorkingPattern.objects.bulk_create(
            WorkingPattern(
                resource=resource,
                weekday=weekday,
                starts_at=_wall(OPENS),
                ends_at=_wall(CLOSES),
                valid_from=FIRST_MONDAY,
            )
            for resource in made
            for weekday in range(5)
        )
        keys = [resource.pk for resource in made]
        self.capacities |= dict.fromkeys(keys, capacity)
        return keys

    def _plans(self) -> dict[int, TreatmentPlan]:
        """A patient with consent and an order for each call: rows, as the calls are what is tried out."""
        protocols.adopt_defaults(clinic=self.clinic)
        signed = {
            code: protocols.activate(
                actor=self.actor,
                protocol=Protocol.objects.get(clinic=self.clinic, code=code),
                proof=shown_by(self.actor),
                now=self.now,
            )
            for code in RECORDS
        }
        patients = Patient.objects.bulk_create(
            Patient(
                clinic=self.clinic,
                mrn=f"Y-{request.number}",
                given_names="Patient",
                family_name=f"Number {request.number}",
                birth_date=date(1977, 1, 1),
                synthetic=True,
            )
            for request in self.requests
        )
        Consent.objects.bulk_create(
            Consent(
                clinic=self.clinic,
                patient=patient,
                scope=ConsentScope.TREATMENT,
                form_version="1",
                method="synthetic",
                given_at=self.now,
            )
            for patient in patients
        )
        plans = TreatmentPlan.objects.bulk_create(
            TreatmentPlan(
                clinic=self.clinic,
                patient=patient,
                protocol=signed[request.code],
                indication=signed[request.code].indications[0],
                ordered_dose=Decimal("0.5"),
                sessions_ordered=request.sessions + SPARE_SESSIONS,
                valid_from=FIRST_MONDAY,
                valid_until=self._date(7 * self.weeks + 6 * WINDOW_DAYS),
                prescriber_id=self.actor.user_id,
            )
            for request, patient in zip(self.requests, patients, strict=True)
        )
        return {request.number: plan for request, plan in zip(self.requests, plans, strict=True)}


def _wall(minute: int) -> time:
    return time(*divmod(minute, 60))
