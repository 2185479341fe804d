"""What comes by a patient's link with nothing proved: with a birth year that isn't looked at, because too
many wrong ones were given (`tries`), or after the link was closed or its time was over. It is answered to
nobody and kept nowhere, but what is red in it is heard, whoever it is from.

A nurse calls the patient's own number, so nothing is told to whoever sent it. What is proved is graded by
`check_ins`, `questionnaires` and `own_words`.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final
from uuid import uuid4

from clinic.history import acting
from clinic.models import Patient, WorkItem
from clinic.transactions import in_transaction
from notifications.answering import nurse_calls, own_words
from notifications.answering.grading import RED
from notifications.answering.links import DOOR
from notifications.answering.question_sets import QUESTION_SETS, question_of
from notifications.models import PatientLink
from notifications.tokens import hash_of
from sessions_app.outcomes.instruments import INSTRUMENTS

# Read over shoulders.
CALL_NOW: Final = "Call the patient now: alarming answer on their link, birth year not proven"
CAUSE: Final = "link"
# As the pages' forms and the API's bodies name what is written, not tapped.
WRITTEN: Final = ("ride_name", "ride_phone", "aura", "note")


def hear(*, token: str, sent: Mapping[str, Any], now: datetime) -> bool:
    """Call a nurse as for a red answer (domain.md 6.2) when what was sent is red and the token a patient's;
    no more often while one is still to call about this patient. Returns whether it is red: the emergency
    lines are for whoever sent it, and tell nothing of the token."""
    if not alarming(sent):
        return False
    link = PatientLink.objects.filter(token_sha256=hash_of(token)).first()
    if link is None:
        return True

    def call_once() -> None:
        # One after the other, also of what is sent at once.
        patient = Patient.objects.select_for_update(no_key=True).get(pk=link.patient_id)
        cause = f"{CAUSE}:{patient.pk}:"
        calls = WorkItem.objects.filter(clinic=patient.clinic_id, cause__startswith=cause, closed_at=None)
        if not calls.exists():
            nurse_calls.open_call(
                clinic=patient.clinic,
                patient_id=patient.pk,
                level=RED,
                cause=f"{cause}{uuid4()}",
                title=CALL_NOW,
                now=now,
            )

    with acting(None, door=DOOR):
        in_transaction(call_once)
    return True


def alarming(sent: Mapping[str, Any]) -> bool:
    """Whether an answer is red, wherever it is asked, or words are of a crisis."""
    said = {name: str(value) for name, value in sent.items()}
    return (
        own_words.alarming(said.get(name, "") for name in WRITTEN)
        or _is_red(said.get("question", ""), said.get("value", ""))
        or _is_unsafe(said.get("instrument", ""), said.get("item", ""), said.get("value", ""))
    )


def _is_red(question: str, value: str) -> bool:
    asked = (question_of(kind, question) for kind in QUESTION_SETS)
    choices = (each.choice(value) for each in asked if each)
    return any(choice.level == RED for choice in choices if choice)


def _is_unsafe(instrument: str, item: str, value: str) -> bool:
    """The item about safety, answered with anything but its lowest."""
    asked = INSTRUMENTS.get(instrument)
    if asked is None or asked.safety_item is None or item != str(asked.safety_item):
        return False
    return value.isdecimal() and value.strip("0") != ""
