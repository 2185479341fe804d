"""What a patient said before a visit, in words for staff: on the visit, on the nurse's task, in the chart."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic.access import Actor
from clinic.models import Patient, WorkItem
from notifications.answering.grading import Question
from notifications.answering.question_sets import READINESS
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.access import CONFIRM_READINESS
from sessions_app.models import Readiness, YesNoUnknown
from sessions_app.preparing import readiness

LANGUAGE: Final = "en"
CAUSE: Final = "readiness"
NOT_ANSWERED: Final = "Not answered"
YES_OR_NO: Final = {"yes": "Yes", "no": "No", "unknown": NOT_ANSWERED}
URINARY: Final = "Blood in the urine, or pain on passing it?"  # of the check-ins


@dataclass(frozen=True)
class Before:
    """Something else that the patient said to the same question, and when they said it first."""

    said: str
    at: datetime


@dataclass(frozen=True)
class Answer:
    question: str
    said: str
    doubt: bool  # a nurse has to hear about it
    before: list[Before]  # what was said to it earlier, newest first


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
    """What was said of the visit of the first of these, which the newest is."""
    if not actor.may(CONFIRM_READINESS, clinic_id):
        return None
    given = list(rows)
    if not given:
        return None
    first = given[0]
    of_the_visit = [row for row in given if row.appointment_id == first.appointment_id]
    return Given(first.appointment, first.given_at, _answers(of_the_visit))


def _answers(rows: Sequence[Readiness]) -> list[Answer]:
    """The answers of the first of these, which the newest is, each with what the others had."""
    newest, doubts = rows[0], readiness.doubts(rows[0])
    found = [
        Answer(
            question.text.of(LANGUAGE),
            _said(question, newest),
            question.code in doubts,
            _before([(_said(question, row), row.given_at) for row in rows]),
        )
        for question in READINESS
    ]
    urinary = [(YES_OR_NO[row.urinary_symptoms], row.given_at) for row in rows]
    before = _before(urinary)
    if newest.urinary_symptoms == YesNoUnknown.YES or before:
        found.append(Answer(URINARY, urinary[0][0], "urinary_symptoms" in doubts, before))
    return found


def _said(question: Question, row: Readiness) -> str:
    if question.code == "ride_home" and row.ride_name:
        return f"{row.ride_name}, {row.ride_phone}"
    choice = question.choice(getattr(row, question.code))
    return choice.label.of(LANGUAGE) if choice else NOT_ANSWERED


def _before(said: Sequence[tuple[str, datetime]]) -> list[Before]:
    """Of what was said to one question, newest first: all but what stands, each with its first moment."""
    runs = [list(run) for _, run in groupby(said, key=lambda each: each[0])]
    return [Before(*run[-1]) for run in runs[1:] if run[-1][0] != NOT_ANSWERED]
