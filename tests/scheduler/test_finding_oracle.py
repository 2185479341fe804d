"""What is found in the database against a checker that reads the rows and tries every start by the minute.

Clinics at random around the nights in which clocks are changed and on plain days: shifts over midnight, edges
off the grid, holds that count and holds that have run out, chairs with and without what is asked for, and
spacing in the clinic's own calendar days.
"""

import random
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.access import Actor
from clinic.problems import Conflict
from scheduler.finding import free_times
from scheduler.finding.availability import Supply, Visit
from scheduler.finding.packing import Rectangle
from scheduler.models import (
    Appointment,
    Claim,
    Opening,
    Resource,
    ResourceKind,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.visits import booking
from scheduler.visits.decision import decide
from tests.cast import NOW, ZONE, House, local, make_patient, new_id
from tests.scheduler.small_clinics import can_be_served, serves_alone
from tests.scheduler.stage import active_protocol, make_resource, plan_row

SPRING, AUTUMN, PLAIN = date(2027, 3, 14), date(2027, 11, 7), date(2027, 6, 9)
FIVE = timedelta(minutes=5)


def minute(moment: datetime) -> int:
    return int(moment.timestamp()) // 60


def span(during: DateTimeTZRange) -> tuple[int, int]:
    return minute(during.lower), minute(during.upper)


class Nights:
    """A small clinic that works around one midnight, with some visits and holds, and Rosa's plan."""

    def __init__(self, house: House, night: date, seed: int) -> None:
        self.random = random.Random(seed)
        self.house = house
        self.protocol = active_protocol(house)
        self.first, self.until = local(night - timedelta(days=1), "18:00"), local(night, "14:00")
        self.now = self.first - timedelta(hours=2)
        self.chairs = [make_resource(house, ResourceKind.CHAIR, f"Chair {n}", 1) for n in range(3)]
        self.nurses = [make_resource(house, ResourceKind.NURSE, f"Nurse {n}", 6) for n in range(3)]
        self.clinicians = [make_resource(house, ResourceKind.CLINICIAN, f"Dr {n}", 3) for n in range(2)]
        for resource in [*self.chairs, *self.nurses, *self.clinicians]:
            self.work(resource)
        quiet = [chair.pk for chair in self.chairs[:2]]
        Resource.objects.filter(pk__in=quiet).update(features=["quiet", "bed"])
        patients = [make_patient(house.clinic, f"Patient{n}", "Doe") for n in range(6)]
        valid = {"valid_until": night + timedelta(days=300)}
        self.others = [plan_row(house, self.protocol, patient, **valid) for patient in patients]
        self.plan = plan_row(
            house,
            self.protocol,
            house.rosa,
            valid_from=night - timedelta(days=20),
            valid_until=night + timedelta(days=self.random.choice([0, 30])),
            chair_features=self.random.choice([[], [], ["quiet"]]),
        )
        if self.random.random() < 0.5:
            SpacingOverride.objects.create(
                plan=self.plan,
                min_days=1,
                max_days=9,
                reason="Close by",
                prescriber=house.priya,
                given_at=NOW,
            )
        self.fill()
        self.plan = TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=self.plan.pk)

    def work(self, resource: Resource) -> None:
        """Two or three shifts, with breaks or touching, as a rule on the grid."""
        step = timedelta(minutes=self.random.choice([5, 5, 5, 1]))
        at = self.first - self.random.randrange(0, 40) * step
        while at < self.until:
            end = at + timedelta(hours=3) + self.random.randrange(0, 60) * step
            Opening.objects.create(resource=resource, during=DateTimeTZRange(at, end))
            at = end + self.random.choice([0, 0, 6]) * step

    def fill(self) -> None:
        """Others' visits and holds wherever there is room, holds that have run out, and a visit of Rosa's."""
        early = self.first - timedelta(days=3)
        attempts = [*self.others * 3]
        for number, plan in enumerate(attempts):
            start = self.first + self.random.randrange(0, 200) * FIVE
            try:
                if number % 3:
                    booking.book(actor=self.actor, id=new_id(), plan=plan, start=start, now=early)
                else:
                    until = self.now + self.random.choice([timedelta(0), timedelta(minutes=1)])
                    booking.hold(
                        actor=self.actor, id=new_id(), plan=plan, start=start, until=until, now=early
                    )
            except Conflict:
                continue
        before = self.first - timedelta(
            days=self.random.choice([0, 1, 2, 3]), hours=self.random.randrange(24)
        )
        Appointment.objects.create(
            clinic=self.house.clinic,
            patient=self.house.rosa,
            plan=self.plan,
            protocol=self.protocol,
            during=DateTimeTZRange(before, before + timedelta(hours=2)),
        )

    @property
    def actor(self) -> Actor:
        return self.house.actor(self.house.ana)

    def possible_starts(self) -> list[int]:
        counted = [
            claim
            for claim in Claim.objects.select_related("appointment")
            if claim.appointment.held_until is None or claim.appointment.held_until > self.now
        ]
        supplies = {
            kind: [self.supply(resource, counted) for resource in Resource.objects.filter(kind=kind)]
            for kind in ResourceKind.values
        }
        wanted = set(self.plan.chair_features)
        suitable = {row.pk for row in Resource.objects.filter(kind="chair") if wanted <= set(row.features)}
        protocol = self.protocol
        visit = Visit(
            protocol.preparation_minutes,
            protocol.infusion_minutes,
            protocol.observation_minutes,
            protocol.turnover_minutes,
            protocol.preparation_units,
            protocol.infusion_units,
            protocol.observation_units,
        )
        found = []
        start = self.first
        while start < self.until:
            at = minute(start)
            if (
                self.patient_can(start)
                and any(
                    serves_alone(chair, 1, at, at + visit.minutes + visit.turnover)
                    for chair in supplies["chair"]
                    if chair.key in suitable
                )
                and can_be_served(supplies["nurse"], visit.nurse_needs, at)
                and can_be_served(supplies["clinician"], visit.clinician_needs, at)
            ):
                found.append(at)
            start += FIVE
        return found

    def supply(self, resource: Resource, claims: list[Claim]) -> Supply:
        return Supply(
            resource.pk,
            resource.capacity,
            [span(row.during) for row in Opening.objects.filter(resource=resource)],
            [
                Rectangle(*span(claim.during), claim.units.lower, claim.units.upper)
                for claim in claims
                if claim.resource_id == resource.pk
            ],
        )

    def patient_can(self, start: datetime) -> bool:
        override = self.plan.spacing_overrides.first()
        apart = override.min_days if override else self.protocol.spacing_min_days
        end = start + timedelta(
            minutes=self.protocol.preparation_minutes
            + self.protocol.infusion_minutes
            + self.protocol.observation_minutes
        )
        day = start.astimezone(ZoneInfo(ZONE)).date()
        if not self.plan.valid_from <= day <= self.plan.valid_until:
            return False
        for other in Appointment.objects.filter(patient=self.house.rosa):
            other_day = other.during.lower.astimezone(ZoneInfo(ZONE)).date()
            if abs((day - other_day).days) < apart:
                return False
            if other.during.lower < end and start < other.during.upper:
                return False
        return True


@pytest.mark.parametrize("seed", range(2))
@pytest.mark.parametrize("night", [SPRING, AUTUMN, PLAIN], ids=["spring", "autumn", "plain"])
def test_what_is_found_is_what_the_rows_allow(house: House, night: date, seed: int) -> None:
    clinic = Nights(house, night, seed)

    found = free_times.search(plan=clinic.plan, first=clinic.first, until=clinic.until, now=clinic.now)

    assert found.minutes.tolist() == clinic.possible_starts()
    for offered in found.first()[::7]:
        decision = decide(plan=clinic.plan, start=offered.start, now=clinic.now)
        assert decision.blockers == ()
        assert (decision.chair, decision.nurses, decision.clinician) == (
            offered.chair,
            offered.nurses,
            offered.clinician,
        )
    missing = set(range(minute(clinic.first), minute(clinic.until), 5)) - set(found.minutes.tolist())
    for at in sorted(missing)[::37]:
        start = datetime.fromtimestamp(at * 60, UTC)
        assert decide(plan=clinic.plan, start=start, now=clinic.now).blockers


@pytest.mark.drill
@pytest.mark.parametrize("seed", range(100, 140))
@pytest.mark.parametrize("night", [SPRING, AUTUMN, PLAIN], ids=["spring", "autumn", "plain"])
def test_more_nights_are_found_as_the_rows_allow(house: House, night: date, seed: int) -> None:
    clinic = Nights(house, night, seed)

    found = free_times.search(plan=clinic.plan, first=clinic.first, until=clinic.until, now=clinic.now)

    assert found.minutes.tolist() == clinic.possible_starts()
