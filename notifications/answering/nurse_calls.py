"""A nurse calls the patient, because of what they answered, wrote or left unanswered (domain.md 6.2).

Only the task is opened here, its clock by its level; what is worrying, and when one call is enough, is for
whoever reads it to say.
"""

from datetime import datetime
from uuid import UUID

from clinic import work
from clinic.models import Clinic, Role, Urgency
from notifications.answering import due_times


def open_call(
    *, clinic: Clinic, patient_id: UUID | None, level: str, cause: str, title: str, now: datetime
) -> None:
    """`level`: `grading.RED` or `grading.AMBER`. `patient_id`: None where nobody knows whose it is."""
    work.open_item(
        clinic_id=clinic.pk,
        patient_id=patient_id,
        cause=cause,
        title=title,
        urgency=Urgency(level),
        role=Role.NURSE,
        due_at=due_times.for_level(level, clinic=clinic, now=now),
    )
