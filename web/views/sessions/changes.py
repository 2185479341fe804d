"""What was written in a session's record, in words: "Moss Webb changed the rate"."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.utils import timezone

from sessions_app.models import DoseCheck, InfusionEvent

MOST_CHANGES: Final = 3
STEPS_DONE: Final = {
    "start": "started the infusion",
    "pause": "paused the infusion",
    "resume": "resumed the infusion",
    "rate": "changed the rate",
    "bolus": "gave a bolus",
    "stop": "stopped the infusion",
    "explained": "explained the stop",
    "not_given": "recorded that nothing was given",
}
# One that differs is often followed by one that agrees within the minute.
CHECKS_DONE: Final = {True: "checked the dose and found a difference", False: "checked the dose and agreed"}
LINES_DONE: Final = {
    "checklist": "answered the checklist",
    "dose": "prepared the dose",
    "overrides": "let a rule pass",
    "medicines": "gave a medicine",
    "wastes": "recorded waste",
    "waste_witnesses": "witnessed waste",
    "vital_signs": "recorded vital signs",
    "alerts": "raised an alert",
    "alert_steps": "answered an alert",
    "side_effects": "recorded a side effect",
    "discharge": "discharged the patient",
    "notes": "wrote a note",
}


def what_changed(changes: Sequence[Mapping[str, Any]]) -> str:
    """The newest changes as a sentence: "Moss Webb changed the rate at 10:42: look again." """
    newest = changes[-MOST_CHANGES:]
    done = in_words([(change["part"], UUID(change["id"])) for change in newest])
    told = [
        f"{change['recorded_by'] or 'The server'} {what} at {_time(change['recorded_at'])}"
        for change, what in zip(newest, done, strict=True)
    ]
    return f"{'; '.join(told) or 'Something changed'}: look again. Nothing of yours was recorded yet."


def in_words(lines: Sequence[tuple[str, UUID]]) -> list[str]:
    """What was done with each of these lines, told by its part and id. At most two queries."""
    told = _steps([pk for part, pk in lines if part == "infusion"])
    told |= _checks([pk for part, pk in lines if part == "dose_checks"])
    return [told.get(pk) or LINES_DONE.get(part, "wrote in the record") for part, pk in lines]


def _steps(of: Sequence[UUID]) -> dict[UUID, str]:
    kinds = InfusionEvent.objects.filter(pk__in=of).values_list("pk", "kind")
    return {pk: STEPS_DONE[kind] for pk, kind in kinds}


def _checks(of: Sequence[UUID]) -> dict[UUID, str]:
    found = DoseCheck.objects.filter(pk__in=of).values_list("pk", "disagreements")
    return {pk: CHECKS_DONE[bool(differs)] for pk, differs in found}


def _time(moment: str) -> str:
    return f"{timezone.localtime(datetime.fromisoformat(moment)):%H:%M}"
