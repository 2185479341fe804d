"""What a patient writes in their own words on a page behind a link: it is read like a text, at once.

Which words alarm is `wording.crisis_words`'. The words themselves stay where they were written.
"""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic import work
from clinic.history import acting
from clinic.models import Role, Urgency
from notifications.answering.grading import CLOCKS, RED
from notifications.answering.links import DOOR
from notifications.models import PatientLink
from notifications.wording import crisis_words

# Read over shoulders.
CALL_NOW: Final = "Call the patient now: alarming words on a page"
# Where the words were written. The patient comes next in the cause: the page where they are read is theirs.
DIARY: Final = "diary"
RIDE: Final = "ride"


def alarming(words: Iterable[str]) -> bool:
    """Whether the emergency lines stand beside these words."""
    return any(crisis_words.found_in(each) for each in words)


def hear(*, written: str, id: UUID, link: PatientLink, words: Iterable[str], now: datetime) -> bool:
    """Call a nurse as for a red answer (domain.md 6.2) when these words are alarming: once for the entry with
    this id, also when it was refused first. Returns whether they are."""
    if not alarming(words):
        return False
    with acting(None, door=DOOR):
        work.open_item(
            clinic_id=link.patient.clinic_id,
            patient_id=link.patient_id,
            cause=f"{written}:{link.patient_id}:{id}",
            title=CALL_NOW,
            urgency=Urgency.RED,
            role=Role.NURSE,
            due_at=now + CLOCKS[RED],
        )
    return True
