"""An answer about self-harm, from the moment it is given until a prescriber has assessed the patient.

domain.md 5: any value but zero; a clinician documents an assessment before the next infusion. Neither a low
total nor an answer taken back clears it, nor a questionnaire entered in error: a prescriber says so.
Which answers these are, and whom they alarm at once, is in `outcomes.responses`.
"""

from collections.abc import Iterable
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import Max, QuerySet, prefetch_related_objects

from clinic import work
from clinic.access import Actor
from clinic.models import Patient, Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import QuestionnaireAnswer, SafetyAssessment, SafetyConcern, Session

# Read over shoulders: what to do, nothing about health.
TITLE: Final = "Assess the patient before the next infusion: an urgent answer"
# Ours: by the next visit and within a day. The nurse's call has a clock of its own, of minutes.
WITHIN: Final = timedelta(days=1)


def raise_concern(*, answer: QuestionnaireAnswer, patient: Patient, now: datetime) -> SafetyConcern:
    """Hold the next start until a prescriber has assessed the patient, and open their task. Inside the
    caller's transaction: a start at this very moment waits for it, or was before it. An answer that waited
    for a start is raised at that moment, not before: the record must not show a start against it."""
    lock_answers(patient.pk)
    last_start = Session.objects.filter(patient=patient).aggregate(last=Max("started_at"))["last"]
    concern = SafetyConcern.objects.create(
        clinic_id=patient.clinic_id, patient=patient, answer=answer, raised_at=max(now, last_start or now)
    )
    visits = Appointment.objects.filter(
        patient=patient, status=AppointmentStatus.BOOKED, during__startswith__gte=now
    )
    ahead = visits.order_by("during").first()
    work.open_item(
        clinic_id=patient.clinic_id,
        patient_id=patient.pk,
        cause=cause_of(concern),
        title=TITLE,
        urgency=Urgency.RED,
        role=Role.PRESCRIBER,
        due_at=min(now + WITHIN, ahead.starts_at) if ahead else now + WITHIN,
    )
    return concern


def assess(*, actor: Actor, id: UUID, concern: SafetyConcern, words: str, now: datetime) -> SafetyAssessment:
    """Write down what a prescriber found; the task closes, and this answer holds no start any more.

    Raises `Invalid` without words, `Conflict` `assessed_already`.
    """
    words = said(words)
    if not words:
        raise Invalid({"words": "Write down what you found and what was agreed."})

    def write() -> SafetyAssessment:
        # The concern itself can't be locked: the application may not change it.
        lock_answers(concern.patient_id)
        if SafetyAssessment.objects.filter(concern=concern).exists():
            raise Conflict("This answer is assessed already.", code="assessed_already")
        made = SafetyAssessment.objects.create(
            id=id, concern=concern, words=words, assessed_by_id=actor.user_id, assessed_at=now
        )
        task = WorkItem.objects.filter(
            clinic_id=concern.clinic_id, cause=cause_of(concern), closed_at=None
        ).first()
        if task is not None:
            work.close(actor=actor, item=task, outcome="Assessed: the patient's chart says more.", now=now)
        return made

    return in_transaction(write)


def concerns_of(patient: Patient) -> QuerySet[SafetyConcern]:
    """Every one, the newest first, with its answer and assessment. One query."""
    rows = SafetyConcern.objects.filter(patient=patient)
    return rows.select_related("answer__response", "assessment__assessed_by").order_by("-raised_at", "-id")


def lock_answers(patient_id: UUID) -> None:
    """Until the transaction ends no urgent answer of this patient is raised but here."""
    Patient.objects.select_for_update(no_key=True).only("pk").get(pk=patient_id)


def unmet_at_start(patient_id: UUID) -> dict[str, str]:
    """What holds a start: the code of `states.MISSING`. One query."""
    waiting = SafetyConcern.objects.filter(patient=patient_id, assessment__isnull=True)
    return {"safety_assessed": ""} if waiting.exists() else {}


def open_in(session: Session) -> bool:
    """Whether one was open at any moment since the patient arrived: given since then, or given before and not
    assessed by then. Two queries, none where the concerns are loaded with their assessments."""
    prefetch_related_objects([session.patient], "safety_concerns__assessment")
    return any(
        not hasattr(concern, "assessment") or concern.assessment.assessed_at >= session.arrived_at
        for concern in session.patient.safety_concerns.all()
    )


def waiting_of(patients: Iterable[UUID]) -> set[UUID]:
    """Which of these patients gave one that no prescriber has assessed yet. One query."""
    waiting = SafetyConcern.objects.filter(patient__in=list(patients), assessment__isnull=True)
    return set(waiting.values_list("patient_id", flat=True))


def cause_of(concern: SafetyConcern) -> str:
    return f"safety_concern:{concern.pk}"
