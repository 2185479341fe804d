"""What waits for a prescriber's decision now, before the start and before going home: read, never written.

Deciding is `overrides.override`. What is asked about a session is the same here and on the session's page.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch

from clinic.models import WorkItem
from scheduler.models import Claim
from sessions_app import states
from sessions_app.leaving import discharge, home_readiness
from sessions_app.models import Session
from sessions_app.observing import flowsheet
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import overrides
from sessions_app.preparing.overrides import Decision

NEAR: Final = ("near_baseline", "pressure")  # what one decision about the newest vital signs lets pass
LINES: Final = (
    "checklist_answers",
    "overrides",
    "vital_signs",
    "infusion_events",
    "side_effects",
    "alerts__steps__recorded_by__memberships",
)
WAITED_IN: Final = (*states.BEFORE_START, states.PAUSED, states.RECOVERING)


@dataclass(frozen=True)
class Waiting:
    """One decision of one session, since when a nurse has been asking for it, and the last answer."""

    session: Session
    decision: Decision
    asked_at: datetime | None
    answer: WorkItem | None


def open_decisions(session: Session, now: datetime) -> list[Decision]:
    """What only a prescriber can let pass now: before the start, in a pause, while the patient recovers."""
    if session.state in (*states.BEFORE_START, states.PAUSED):
        return overrides.open_decisions(session, now)
    if session.state == states.RECOVERING:
        return _before_home(session, now)
    return []


def of_session(session: Session, now: datetime) -> list[Waiting]:
    """The open decisions of one session."""
    return _with_tasks([session], now)


def waiting(clinics: Iterable[UUID], now: datetime) -> list[Waiting]:
    """Every open decision in these clinics: what is being asked for first, then by arrival. Eleven queries,
    up to three more where there are alerts, and one where there are urgent answers."""
    claims = Claim.objects.select_related("resource").order_by("pk")
    sessions = (
        Session.objects.filter(clinic__in=clinics, state__in=WAITED_IN)
        .select_related("clinic", "patient", "protocol", "appointment__plan")
        .prefetch_related(
            *LINES,
            "patient__allergies",
            "patient__safety_concerns__assessment",
            Prefetch("appointment__claims", claims),
        )
        .order_by("arrived_at", "pk")
    )
    found = _with_tasks(list(sessions), now)
    return sorted(found, key=lambda each: (each.asked_at is None, each.asked_at or now))


def _with_tasks(sessions: Sequence[Session], now: datetime) -> list[Waiting]:
    tasks = WorkItem.objects.filter(
        patient__in={session.patient_id for session in sessions}, cause__startswith=overrides.ASKED
    )
    asked: dict[str, WorkItem] = {}
    answers: dict[str, WorkItem] = {}
    for task in tasks.select_related("closed_by").order_by("created_at"):
        about = task.cause.removeprefix(overrides.ASKED).partition(":")[0]
        (answers if task.closed_at else asked)[about] = task
    return [
        Waiting(
            session,
            decision,
            asked[about].created_at if about in asked else None,
            answers.get(about),
        )
        for session in sessions
        for decision in open_decisions(session, now)
        for about in [str(decision.about)]
    ]


def _before_home(session: Session, now: datetime) -> list[Decision]:
    """Side effects to accept; and, once the time of observation is over, vital signs that stay off the
    baseline. Before that it is too early to tell."""
    found = [
        Decision(
            overrides.SIDE_EFFECTS,
            effect.pk,
            f"{label_of(effect.term)}, grade {effect.grade}",
            "It has not ended. The patient goes home with it only when you accept it.",
        )
        for effect in discharge.to_accept(session)
    ]
    course = discharge.recovery(session, now)
    missing = home_readiness.known_missing(course)
    off = [f"{states.MISSING[code]} {missing[code]}" for code in NEAR if code in missing]
    newest = flowsheet.newest_line(session)
    if off and newest and not course.minutes_to_go:
        label = "Vital signs not back near the baseline"
        found.append(Decision(overrides.NEAR_BASELINE, newest.pk, label, " ".join(off)))
    return found
