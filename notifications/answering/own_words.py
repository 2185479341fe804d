"""What a patient writes in their own words on a page behind a link: it is read like a text, at once.

Which words alarm is `wording.crisis_words`'. The words themselves stay where they were written.
"""

from collections.abc import Collection, Iterable
from datetime import datetime
from typing import Final
from uuid import UUID, uuid5

from clinic.history import acting
from notifications.answering import nurse_calls
from notifications.answering.grading import AMBER, RED
from notifications.answering.links import DOOR
from notifications.models import PatientLink
from notifications.wording import crisis_words

# Read over shoulders.
CALL_NOW: Final = "Call the patient now: alarming words on a page"
CALL_TODAY: Final = "Call the patient today: worrying words on a page"
# Where the words were written. The patient comes next in the cause: the page where they are read is theirs.
DIARY: Final = "diary"
RIDE: Final = "ride"


def alarming(words: Iterable[str]) -> bool:
    """Whether the emergency lines stand beside these words."""
    return any(crisis_words.found_in(each) for each in words)


def hear(*, written: str, id: UUID, link: PatientLink, words: Collection[str], now: datetime) -> None:
    """Call a nurse as for a red answer (domain.md 6.2) when these words are alarming, and as for an amber one
    when they are what can't wait for the desk: once for the entry with this id, also when it was refused
    first."""
    if alarming(words):
        _call(link, level=RED, title=CALL_NOW, cause=f"{written}:{link.patient_id}:{id}", now=now)
    elif any(crisis_words.worrying(each) for each in words):
        # Of its own, so that what alarms is heard still when it is written into the same entry later.
        entry = uuid5(id, AMBER)
        _call(link, level=AMBER, title=CALL_TODAY, cause=f"{written}:{link.patient_id}:{entry}", now=now)


def _call(link: PatientLink, *, level: str, title: str, cause: str, now: datetime) -> None:
    with acting(None, door=DOOR):
        nurse_calls.open_call(
            clinic=link.patient.clinic,
            patient_id=link.patient_id,
            level=level,
            cause=cause,
            title=title,
            now=now,
        )
