"""Liver tests that a protocol version asks for after so many mg in all (domain.md 4.2: drug-induced liver
injury is a warning of the label). That they are due is a task for a prescriber, who closes it with what was
found; the chart and the checklist say so until then, and nothing is held.

How much was given is counted in `infusing.exposure`, which opens the tasks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic import clock, work
from clinic.models import Clinic, Patient, Role, Urgency, WorkItem
from scheduler.vocabulary import spoken_day

CAUSE: Final = "liver_test"  # a task's cause is this, the patient, and how many mg were given by then
TITLE: Final = "See to liver tests, and note what was found"


def ask(*, clinic: Clinic, patient_id: UUID, given_mg: int, now: datetime) -> WorkItem:
    """The task after so many mg, made once; by the end of the clinic's day."""
    return work.open_item(
        clinic_id=clinic.pk,
        patient_id=patient_id,
        cause=f"{CAUSE}:{patient_id}:{given_mg}",
        title=TITLE,
        urgency=Urgency.ROUTINE,
        role=Role.PRESCRIBER,
        due_at=clock.day_end(now, clinic.time_zone),
    )


def asked_of(patients: Collection[UUID]) -> QuerySet[WorkItem]:
    """Every time that they were due, the newest first."""
    items = WorkItem.objects.filter(patient__in=patients, cause__startswith=f"{CAUSE}:")
    return items.order_by("-created_at", "-pk")


@dataclass(frozen=True)
class Told:
    """That they are due, or what was noted the last time."""

    words: str
    due: bool


def told(patient: Patient, *, now: datetime) -> Told | None:
    """None where they were never due. One query."""
    newest = asked_of([patient.pk]).first()
    if newest is None:
        return None
    zone, mg = patient.clinic.time_zone, mg_of(newest)
    if newest.closed_at is None:
        return Told(f"Liver tests are due: {mg:,} mg were given in all by then.", due=True)
    day = spoken_day(clock.local_date(newest.closed_at, zone), today=clock.local_date(now, zone))
    return Told(f"Liver tests after {mg:,} mg in all, noted on {day}: {newest.outcome}", due=False)


def mg_of(item: WorkItem) -> int:
    """How much had been given when they became due."""
    return int(item.cause.rsplit(":", 1)[1])
