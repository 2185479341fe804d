"""What a patient said before a visit, in words for staff: on the visit, on the nurse's task, in the chart."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic.access import Actor
from clinic.models import Patient, WorkItem
from notifications.answering.question_sets import READINESS
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.access import CONFIRM_READINESS
from sessions_app.models import Readiness, YesNoUnknown
from sessions_app.preparing import readiness

LANGUAGE: Final = "en"
CAUSE: Final = "readiness"
URINARY: Final = "Blood in the urine, or pain on passing it?"  # of the check-ins


@dataclass(frozen=True)
class Answer:
    question: str
    said: str
    doubt: bool  # a nurse has to hear about it


@dataclass(frozen=True)
class Given:
    """What stands of one visit."""

    visit: Appointment
    at: datetime
    answers: list[Answer]


def of_visit(actor: Actor, visit: Appointment) -> Given | None:
    """None also for whoever may not read it. One query."""
    return _given(visit.readiness.order_by("-given_at", "-id"), actor, visit.clinic_id)


def of_task(actor: Actor, item: WorkItem) -> Given | None:
    """What stands now of the visit that the task is about, whatever was said first. One query."""
    kind, _, key = item.cause.partition(":")
    if kind != CAUSE:
        return None
    visits = Readiness.objects.filter(pk=UUID(key)).values("appointment")
    rows = Readiness.objects.filter(appointment__in=visits).order_by("-given_at", "-id")
    return _given(rows.select_related("appointment"), actor, item.clinic_id)


def of_patient(actor: Actor, patient: Patient, now: datetime) -> Given | None:
    """Of the patient's next visit of which anything was said. One query."""
    rows = Readiness.objects.filter(
        appointment__patient=patient,
        appointment__status=AppointmentStatus.BOOKED,
        appointment__during__startswith__gte=now,
    )
    ordered = rows.select_related("appointment").order_by("appointment__during", "-given_at", "-id")
    return _given(ordered, actor, patient.clinic_id)


def _given(rows: QuerySet[Readiness], actor: Actor, clinic_id: UUID) -> Given | None:
    """The first of these, which the newest is."""
    if not actor.may(CONFIRM_READINESS, clinic_id):
        return None
    row = rows.first()
    return Given(row.appointment, row.given_at, _answers(row)) if row else None


def _answers(row: Readiness) -> list[Answer]:
    doubts = readiness.doubts(row)
    found = []
    for question in READINESS:
        choice = question.choice(getattr(row, question.code))
        said = choice.label.of(LANGUAGE) if choice else "Not answered"
        if question.code == "ride_home" and row.ride_name:
            said = f"{row.ride_name}, {row.ride_phone}"
        found.append(Answer(question.text.of(LANGUAGE), said, question.code in doubts))
    if row.urinary_symptoms == YesNoUnknown.YES:
        found.append(Answer(URINARY, "Yes", True))
    return found
