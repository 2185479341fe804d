"""A plan is asked for: a patient with none in force is to have visits, and only a prescriber writes one.

A request is a task for a prescriber, whose first note says what is asked; writing a plan for the patient
closes it (`plans.write_plan`), and so does a prescriber who decides against one, in their own words.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic import work
from clinic.access import Actor
from clinic.models import Patient, WorkItem, WorkItemStep
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.models import PlanStatus, TreatmentPlan
from scheduler.prescribing.asking import ask_prescriber

CAUSE: Final = "plan_wanted"  # a task's cause is this, the patient, and the number of the asking
TITLE: Final = "Write a plan for this patient, or say why not"
WRITTEN: Final = "A plan was written."


def ask(*, actor: Actor, id: UUID, patient: Patient, words: str, now: datetime) -> WorkItemStep:
    """Ask a prescriber to write a plan for this patient, by the end of the clinic's day. While one is asked
    for it is the same task, to which these words are added; `id` is theirs.

    Raises `Invalid` without words, `Conflict` with code `plan_stands` for a patient with a plan in force, and
    `patient_deceased`.
    """

    def write() -> WorkItemStep:
        locked = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        if locked.deceased:
            raise Conflict("This patient is recorded as deceased.", code="patient_deceased")
        if TreatmentPlan.objects.filter(patient=locked, status=PlanStatus.ACTIVE).exists():
            raise Conflict("This patient has a plan in force. Book under that one.", code="plan_stands")
        return ask_prescriber(
            actor=actor,
            id=id,
            clinic=patient.clinic,
            patient_id=patient.pk,
            asking=_asking(patient.pk),
            title=TITLE,
            words=words,
            now=now,
        )

    return in_transaction(write)


def open_of(patient: Patient) -> WorkItem | None:
    """The request that waits for a prescriber, if one does."""
    return _requests(patient).filter(closed_at=None).first()


def settle(*, actor: Actor, patient: Patient, now: datetime) -> None:
    """A plan was written. Inside the caller's transaction, with the patient locked."""
    causes = list(_requests(patient).filter(closed_at=None).values_list("cause", flat=True))
    if causes:
        work.settle(actor=actor, clinic_id=patient.clinic_id, causes=causes, outcome=WRITTEN, now=now)


def _requests(patient: Patient) -> QuerySet[WorkItem]:
    return WorkItem.objects.filter(clinic_id=patient.clinic_id, cause__startswith=_asking(patient.pk))


def _asking(patient_id: UUID) -> str:
    return f"{CAUSE}:{patient_id}:"
