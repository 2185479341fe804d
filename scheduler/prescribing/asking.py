"""What only a prescriber may decide is asked of them as a task, due by the end of the clinic's day. What is
asked, and what answers it, is said by whoever asks (`plan_requests`, `spacing_requests`).
"""

from datetime import datetime
from uuid import UUID

from clinic import clock, work
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency, WorkItem, WorkItemStep


def ask_prescriber(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    patient_id: UUID,
    asking: str,
    title: str,
    words: str,
    now: datetime,
) -> WorkItemStep:
    """`asking` is how the cause of every task that asked this begins: while one is open the words are added
    to it, `id` is theirs; after its end it is the next. Inside the caller's transaction, with what it is
    about locked. Raises `Invalid` without words.
    """
    before = WorkItem.objects.filter(clinic=clinic, cause__startswith=asking, closed_at__isnull=False)
    return work.ask(
        actor=actor,
        id=id,
        clinic_id=clinic.pk,
        patient_id=patient_id,
        cause=f"{asking}{before.count() + 1}",
        title=title,
        urgency=Urgency.ROUTINE,
        role=Role.PRESCRIBER,
        due_at=clock.day_end(now, clinic.time_zone),
        words=words,
        now=now,
    )
