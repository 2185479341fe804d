"""Where a task's subject is read: by the kind of its cause, which floors below have named."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django.db.models import Model
from django.urls import reverse

from clinic.access import VIEW_PATIENTS, Actor, Permission
from clinic.models import Clinic, WorkItem
from notifications.access import CORRECT_NUMBER, READ_TEXTS, VIEW_CHECK_INS, VIEW_MESSAGES
from notifications.models import CheckInAnswer
from scheduler.access import BOOK, VIEW_PLANS, VIEW_SCHEDULE, WRITE_PLAN
from scheduler.models import WaitlistOffer
from sessions_app.access import CONFIRM_READINESS, MAY, PLACE_MONITORS, READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.models import (
    Alert,
    ChecklistAnswer,
    QuestionnaireAnswer,
    Readiness,
    SafetyConcern,
    SideEffect,
    VitalSigns,
    Waste,
)

Subjects = Callable[[Iterable[UUID]], Iterable[tuple[UUID, UUID]]]


@dataclass(frozen=True)
class Subject:
    """The page that a task is about, and what its link says."""

    address: str
    label: str


def subjects_of(actor: Actor, clinic: Clinic, items: Iterable[WorkItem]) -> dict[str, Subject]:
    """By cause, where this person may read what it is about: a query for each kind of cause at most."""
    causes: dict[str, dict[UUID, list[str]]] = {}
    for item in items:
        kind, _, key = item.cause.partition(":")
        # Several may be about one row: tries of a message, grades of a side effect.
        if kind in READ_AT:
            causes.setdefault(kind, {}).setdefault(UUID(key[:36]), []).append(item.cause)
    found: dict[str, Subject] = {}
    for kind, (route, permission, of_rows) in READ_AT.items():
        if kind in causes and actor.may(permission, clinic.pk):
            by_row = causes[kind]
            for row, subject in of_rows(by_row):
                place = Subject(reverse(route, args=[subject]), LABELS[route])
                found |= dict.fromkeys(by_row[row], place)
    return found


def _of_itself(rows: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    return ((row, row) for row in rows)


def _parents(model: type[Model], parent: str) -> Subjects:
    """Each row's parent, which has the page."""
    return lambda rows: model._default_manager.filter(pk__in=list(rows)).values_list("pk", parent)


def _decided_in(rows: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    """The session of each line that waits for a decision, whatever kind of line it is."""
    lines = list(rows)
    for model in (ChecklistAnswer, VitalSigns, SideEffect):
        yield from model._default_manager.filter(pk__in=lines).values_list("pk", "session_id")


# By the kind of a task's cause: the page that tells more, who may read it, and whose page it is.
READ_AT: Final[dict[str, tuple[str, Permission, Subjects]]] = {
    "message": ("message", VIEW_MESSAGES, _of_itself),
    "check_in_answer": ("check_in", VIEW_CHECK_INS, _parents(CheckInAnswer, "check_in_id")),
    "questionnaire_answer": ("questionnaire", READ_SESSIONS, _parents(QuestionnaireAnswer, "response_id")),
    "safety_concern": ("patient_safety", RECORD_OUTCOMES, _parents(SafetyConcern, "patient_id")),
    "inbound_message": ("text", READ_TEXTS, _of_itself),
    "inbound_crisis": ("text", READ_TEXTS, _of_itself),
    "number": ("correct_number", CORRECT_NUMBER, _of_itself),
    "diary": ("patient_diary", READ_SESSIONS, _of_itself),
    "readiness": ("visit", CONFIRM_READINESS, _parents(Readiness, "appointment_id")),
    "time_request": ("time_request", VIEW_SCHEDULE, _of_itself),
    "alert": ("session", READ_SESSIONS, _parents(Alert, "session_id")),
    "unmatched_message": ("monitor_message", PLACE_MONITORS, _of_itself),
    "waitlist_offer": ("waitlist_entry", BOOK, _parents(WaitlistOffer, "entry_id")),
    "spacing": ("plan", VIEW_PLANS, _of_itself),
    "course_review": ("plan", VIEW_PLANS, _of_itself),
    "course_assessment": ("plan", VIEW_PLANS, _of_itself),
    "safety": ("plan", VIEW_PLANS, _of_itself),
    "liver_test": ("patient", VIEW_PATIENTS, _of_itself),
    "plan_wanted": ("new_plan", WRITE_PLAN, _of_itself),
    "plan_taken_over": ("plan", VIEW_PLANS, _of_itself),
    "decide": ("session_decisions", MAY["checklist"], _decided_in),
    "vital_signs": ("session", READ_SESSIONS, _parents(VitalSigns, "session_id")),
    "side_effect": ("session", READ_SESSIONS, _parents(SideEffect, "session_id")),
    "waste": ("session", READ_SESSIONS, _parents(Waste, "session_id")),
    "readiness_open": ("visit", VIEW_SCHEDULE, _of_itself),
    "check_in_missing": ("check_in", VIEW_CHECK_INS, _of_itself),
    "call_back": ("visit", VIEW_SCHEDULE, _of_itself),
}
# What the link to each page says.
LABELS: Final = {
    "message": "Open the message",
    "check_in": "Read the answers",
    "questionnaire": "Read the answers",
    "patient_safety": "Assess",
    "text": "Read and answer",
    "correct_number": "Correct the number",
    "patient_diary": "Read the diary",
    "visit": "Open the visit",
    "time_request": "Find a time",
    "session": "Open the session",
    "session_decisions": "Decide",
    "monitor_message": "Place the monitor",
    "waitlist_entry": "Open the entry",
    "plan": "Open the plan",
    "patient": "Open the chart",
    "new_plan": "Write the plan",
}
