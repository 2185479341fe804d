"""A clinic to be booked in by `bench.booking`: so many chairs, nurses, patients with plans, open days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from random import Random
from typing import Any
from uuid import UUID, uuid4

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from bench.scratch import tidy
from clinic import access, clock
from clinic.access import Actor
from clinic.models import Clinic, Consent, ConsentScope, Membership, Patient, Role, User
from clinic.signin import Proof
from scheduler.finding import free_times
from scheduler.models import Opening, Protocol, Resource, ResourceKind, TreatmentPlan
from scheduler.protocols import protocols

ZONE = "America/Chicago"
OPENS, CLOSES = time(8), time(18)


def shown_by(actor: Actor) -> Proof:
    """As if they had just shown that it is them: nobody here has a password."""
    proof = Proof("")
    proof.shown_by = actor.user_id
    return proof


@dataclass
class Setting:
    """One clinic, its front desk, and plans nobody has booked under."""

    clinic: Clinic
    user: User
    actor: Actor
    plans: list[TreatmentPlan]
    first: date
    days: int

    def window(self) -> tuple[datetime, datetime]:
        last = self.first + timedelta(days=self.days)
        return clock.day_bounds(self.first, ZONE)[0], clock.day_bounds(last, ZONE)[0]


def make(*, chairs: int, nurses: int, days: int, patients: int, now: datetime) -> Setting:
    """Open from tomorrow on for so many days; every patient has one plan of one session."""
    clinic = Clinic.objects.create(
        name=f"Bench {uuid4()}", sender_name="Bench", time_zone=ZONE, phone="+13125550100", synthetic=True
    )
    user = User.objects.create(email=f"{uuid4()}@bench.example", full_name="Desk")
    for role in (Role.FRONT_DESK, Role.PRESCRIBER):
        Membership.objects.create(user=user, clinic=clinic, role=role)
    actor = access.actor_of(user)
    protocols.adopt_defaults(clinic=clinic)
    draft = Protocol.objects.get(clinic=clinic, code="mood-40")
    protocol = protocols.activate(actor=actor, protocol=draft, proof=shown_by(actor), now=now)
    first = clock.local_date(now, ZONE) + timedelta(days=1)
    _open(_resources(clinic, chairs, nurses), first, days)
    plans = _plans(clinic, protocol, user, first, patients, now)
    tidy()
    return Setting(clinic, user, actor, plans, first, days)


def some_start(setting: Setting, plan: TreatmentPlan, chance: Random, now: datetime) -> datetime | None:
    """A start at which the plan's session fits now, any of them."""
    first, until = setting.window()
    found = free_times.search(plan=plan, first=first, until=until, now=now)
    if not len(found.minutes):
        return None
    return datetime.fromtimestamp(60 * chance.choice(found.minutes.tolist()), UTC)


def _resources(clinic: Clinic, chairs: int, nurses: int) -> list[Resource]:
    wanted = [
        *((ResourceKind.CHAIR, f"Chair {number + 1:02}", 1) for number in range(chairs)),
        *((ResourceKind.NURSE, f"Nurse {number + 1:02}", 6) for number in range(nurses)),
        (ResourceKind.CLINICIAN, "Clinician", chairs),
    ]
    return [
        Resource.objects.create(clinic=clinic, kind=kind, name=name, capacity=capacity)
        for kind, name, capacity in wanted
    ]


def _open(resources: list[Resource], first: date, days: int) -> None:
    Opening.objects.bulk_create(
        Opening(
            resource=resource,
            during=DateTimeTZRange(clock.at_local(day, OPENS, ZONE), clock.at_local(day, CLOSES, ZONE)),
        )
        for resource in resources
        for day in (first + timedelta(days=ahead) for ahead in range(days))
    )


def _plans(
    clinic: Clinic, protocol: Protocol, user: User, first: date, count: int, now: datetime
) -> list[TreatmentPlan]:
    patients = Patient.objects.bulk_create(
        Patient(
            id=uuid4(),
            clinic=clinic,
            mrn=f"B{number}",
            given_names="Bench",
            family_name=str(number),
            birth_date=date(1980, 1, 1),
            synthetic=True,
        )
        for number in range(count)
    )
    Consent.objects.bulk_create(
        Consent(
            clinic=clinic,
            patient=patient,
            scope=ConsentScope.TREATMENT,
            form_version="1",
            method="paper form",
            given_at=now,
        )
        for patient in patients
    )
    order: dict[str, Any] = {
        "indication": protocol.indications[0],
        "ordered_dose": protocol.dose_start,
        "sessions_ordered": 1,
        "valid_from": first,
        "valid_until": first + timedelta(days=365),
    }
    made = TreatmentPlan.objects.bulk_create(
        TreatmentPlan(id=uuid4(), clinic=clinic, patient=patient, protocol=protocol, prescriber=user, **order)
        for patient in patients
    )
    ids: list[UUID] = [plan.pk for plan in made]
    return list(TreatmentPlan.objects.filter(pk__in=ids).select_related("clinic", "patient", "protocol"))
