"""The stage of the scheduler's stories: chairs, nurses and a clinician at work, and a plan to book.

A stage is open on Monday 11 January 2027 (`tests.cast.TODAY`) and the next four days, 9:00 to 17:00.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.models import Patient
from scheduler.models import (
    Absence,
    AbsenceReason,
    Appointment,
    CancellationReason,
    Closure,
    DayHours,
    Opening,
    Protocol,
    ProtocolStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WorkingPattern,
)
from scheduler.prescribing import plans, screening
from scheduler.protocols import protocols
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS, FASTING
from scheduler.visits import booking, calling_off
from scheduler.working_hours import time_off, working_time
from tests.cast import NOW, TODAY, House, local, new_id, shown
from tests.kept import kept

HEALTHY = {item.code: screening.Answer("absent") for item in screening.ITEMS}


@dataclass
class Stage:
    house: House
    protocol: Protocol
    chairs: list[Resource]
    nurses: list[Resource]
    clinician: Resource

    def at(self, wall_time: str, day: date = TODAY) -> datetime:
        return local(day, wall_time, self.house.clinic.time_zone)

    @kept
    def plan(self, patient: Patient | None = None, **changes: Any) -> TreatmentPlan:
        return write_plan(self.house, self.protocol, patient or self.house.rosa, **changes)

    @kept
    def book(
        self,
        plan: TreatmentPlan,
        wall_time: str,
        day: date = TODAY,
        *,
        now: datetime = NOW,
        **chosen: Any,
    ) -> Appointment:
        return booking.book(
            actor=self.house.actor(self.house.ana),
            id=new_id(),
            plan=plan,
            start=self.at(wall_time, day),
            now=now,
            **chosen,
        )

    def cancel(
        self,
        visit: Appointment,
        reason: CancellationReason = CancellationReason.PATIENT,
        now: datetime = NOW,
    ) -> Appointment:
        return calling_off.cancel(
            actor=self.house.actor(self.house.ana), appointment=visit, reason=reason, now=now
        )

    def check(self, plan: TreatmentPlan, wall_time: str, day: date = TODAY, **asked: Any) -> booking.Check:
        return booking.check(
            actor=self.house.actor(self.house.ana),
            plan=plan,
            start=self.at(wall_time, day),
            **{"now": NOW, **asked},
        )


@kept
def set_stage(
    house: House,
    *,
    chairs: int = 2,
    nurses: int = 1,
    code: str = "mood-40",
    days: int = 5,
    hours: tuple[str, str] = ("9:00", "17:00"),
    fasting: bool = False,
) -> Stage:
    protocol = active_protocol(house, code, fasting=fasting)
    stage = Stage(
        house,
        protocol,
        [make_resource(house, ResourceKind.CHAIR, f"Chair {number + 1}", 1) for number in range(chairs)],
        [make_resource(house, ResourceKind.NURSE, f"Nurse {number + 1}", 6) for number in range(nurses)],
        make_resource(house, ResourceKind.CLINICIAN, "Dr Nair", 8),
    )
    for ahead in range(days):
        day = TODAY + timedelta(days=ahead)
        open_all(
            [*stage.chairs, *stage.nurses, stage.clinician], stage.at(hours[0], day), stage.at(hours[1], day)
        )
    return stage


@kept
def active_protocol(house: House, code: str = "mood-40", *, fasting: bool = False) -> Protocol:
    """In force. Stories are told in one day, so that nobody has to be asked whether they have fasted, unless
    that is what a story is about."""
    if not fasting and not Protocol.objects.filter(clinic=house.clinic, code=code).exists():
        record = next(record for record in DEFAULT_PROTOCOLS if record["code"] == code)
        Protocol.objects.create(clinic=house.clinic, version=1, **{**record, **dict.fromkeys(FASTING)})
    protocols.adopt_defaults(clinic=house.clinic)
    draft = Protocol.objects.get(clinic=house.clinic, code=code, version=1)
    active = signed(house, draft)
    # A story is one transaction, in which her name would stand beside whatever comes without one.
    with connection.cursor() as cursor:
        cursor.execute("SELECT set_config('pghistory.context_id', NULL, true)")
    return active


def signed(house: House, draft: Protocol) -> Protocol:
    """In force, by Priya, who has shown that it is her."""
    priya = house.actor(house.priya)
    return protocols.activate(actor=priya, protocol=draft, proof=shown(priya), now=NOW)


def next_version(protocol: Protocol, house: House, **changes: Any) -> Protocol:
    """A changed protocol is a new row; signed, it retires the one before."""
    draft = Protocol.objects.get(pk=protocol.pk)
    draft.pk = new_id()
    draft._state.adding = True
    draft.version += 1
    draft.status = ProtocolStatus.DRAFT
    draft.approved_by = draft.approved_at = None
    for field, value in changes.items():
        setattr(draft, field, value)
    draft.save()
    return signed(house, draft)


def make_resource(house: House, kind: ResourceKind, name: str, capacity: int) -> Resource:
    return Resource.objects.create(clinic=house.clinic, kind=kind, name=name, capacity=capacity)


def open_on(resource: Resource, start: datetime, end: datetime) -> None:
    open_all([resource], start, end)


def open_all(resources: Sequence[Resource], start: datetime, end: datetime) -> None:
    """Declared as the day's own hours and laid, days that are over too: a lay-run would change nothing."""
    zone = ZoneInfo(resources[0].clinic.time_zone)
    first, last = (moment.astimezone(zone) for moment in (start, end))
    assert first.date() == (last - timedelta(minutes=1)).date(), "one local day at a time"
    stretch = [first.time(), last.time()]
    standing = {
        own.resource_id: own for own in DayHours.objects.filter(resource__in=resources, day=first.date())
    }
    for own in standing.values():
        own.hours = sorted([*own.hours, stretch])
    DayHours.objects.bulk_update(standing.values(), ["hours"])
    DayHours.objects.bulk_create(
        DayHours(resource=resource, day=first.date(), hours=[stretch])
        for resource in resources
        if resource.pk not in standing
    )
    Opening.objects.bulk_create(
        Opening(resource=resource, during=DateTimeTZRange(start, end)) for resource in resources
    )


@dataclass
class DeclaredHours:
    """A declaration of every kind."""

    pattern: WorkingPattern
    day: DayHours
    absence: Absence
    closure: Closure


def declare_something(stage: Stage) -> DeclaredHours:
    """Two months ahead, for stories that need rows and not hours."""
    clinic, chair, max_ = stage.house.clinic, stage.chairs[0], stage.house.actor(stage.house.max)
    first = TODAY + timedelta(days=60)
    start, end = stage.at("9:00", first), stage.at("17:00", first)
    asked: dict[str, Any] = {"actor": max_, "id": new_id(), "resource": chair, "now": NOW}
    nine_to_five = [(time(9), time(17))]
    return DeclaredHours(
        pattern=working_time.set_pattern(
            **asked, weekdays=[first.weekday()], hours=nine_to_five, valid_from=first
        )[0],
        day=working_time.set_day(**asked, day=first, hours=nine_to_five),
        absence=time_off.record_absence(**asked, start=start, end=end, reason=AbsenceReason.BREAKDOWN),
        closure=time_off.close(
            actor=max_, id=new_id(), clinic=clinic, start=start, end=end, name="Painters", now=NOW
        ),
    )


def write_plan(house: House, protocol: Protocol, patient: Patient, **changes: Any) -> TreatmentPlan:
    order: dict[str, Any] = {
        "id": new_id(),
        "indication": protocol.indications[0],
        "ordered_dose": Decimal("0.5"),
        "sessions_ordered": 6,
        "valid_from": TODAY,
        "valid_until": TODAY + timedelta(days=90),
        "findings": HEALTHY,
        "now": NOW,
    }
    return plans.write_plan(
        actor=house.actor(house.priya), patient=patient, protocol=protocol, **{**order, **changes}
    )


def plan_row(house: House, protocol: Protocol, patient: Patient, **changes: Any) -> TreatmentPlan:
    """An order as a bare row, for the floors above: its screen and limits play no part in their stories."""
    order: dict[str, Any] = {
        "indication": "F33.2",
        "ordered_dose": Decimal("0.5"),
        "sessions_ordered": 6,
        "valid_from": TODAY - timedelta(days=7),
        "valid_until": TODAY + timedelta(days=350),
        "prescriber": house.priya,
    }
    return TreatmentPlan.objects.create(
        clinic=house.clinic, patient=patient, protocol=protocol, **{**order, **changes}
    )
