"""What somebody has to know before the next infusion, in one list: what holds it, is missing or waits.

Each is found by the floor that knows it; this module only puts the words of all of them in one order, the
gravest first. What a person may not read elsewhere doesn't stand here either.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.urls import reverse

from clinic import clock
from clinic.access import Actor
from clinic.models import Patient, WorkItem
from notifications.reporting.reach import Reach
from scheduler.models import TreatmentPlan
from scheduler.prescribing import consented
from scheduler.visits import decision
from scheduler.visits.queries import BookedVisit
from scheduler.vocabulary import spoken_day, spoken_time
from sessions_app.access import ASSESS_SAFETY, READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.looking_back import Went
from sessions_app.preparing import liver_tests, safety
from web import mends
from web.views import readiness_answers
from web.views.patients.progress import Progress

HOLDS, MISSING, TOLD = "error", "warning", "info"
GRAVEST_FIRST: Final = (HOLDS, MISSING, TOLD)
# All sessions booked is how it should be: nothing has to be done about it.
NO_MATTER: Final = "sessions_used_up"


@dataclass(frozen=True)
class Notice:
    """One thing to know: how grave, in words, and where it is read or mended."""

    tone: str
    words: str
    address: str = ""
    link: str = ""


@dataclass(frozen=True, kw_only=True)
class Known:
    """What the chart has read already."""

    patient: Patient
    plans: Sequence[Progress]
    coming: Sequence[BookedVisit]
    consented_at: datetime | None  # to treatment, where a consent holds
    sessions: Sequence[Went]
    tasks: Sequence[WorkItem]
    readiness: readiness_answers.Given | None
    reach: Reach | None
    waiting_texts: int


def notices(actor: Actor, known: Known, now: datetime) -> list[Notice]:
    """In order; four queries, whatever there is."""
    found = [
        *_safety(actor, known.patient),
        *_under_way(known.sessions, known.patient, now),
        *_plan(actor, known, now),
        *_liver_tests(actor, known, now),
        *_unsigned(known.sessions, known.patient, now),
        *_said_before(known.readiness),
        *_going_home(known),
        *_messages(known),
        *_tasks(known, now),
    ]
    return sorted(found, key=lambda notice: GRAVEST_FIRST.index(notice.tone))


def _safety(actor: Actor, patient: Patient) -> Iterator[Notice]:
    if not actor.may(RECORD_OUTCOMES, patient.clinic_id) or not safety.waiting_of([patient.pk]):
        return
    link = "Assess it" if actor.may(ASSESS_SAFETY, patient.clinic_id) else "Read it"
    yield Notice(
        HOLDS,
        "An urgent answer holds the next start until a prescriber has assessed the patient.",
        reverse("patient_safety", args=[patient.pk]),
        link,
    )


def _under_way(sessions: Iterable[Went], patient: Patient, now: datetime) -> Iterator[Notice]:
    for went in sessions:
        if went.under_way:
            state = went.session.get_state_display().lower()
            since = spoken_time(went.session.arrived_at, patient.clinic.time_zone, now=now)
            yield Notice(TOLD, f"Here since {since}: {state}.", _session(went), "To the session")


def _plan(actor: Actor, known: Known, now: datetime) -> Iterator[Notice]:
    standing = [each for each in known.plans if each.standing]
    if not standing:
        yield Notice(
            MISSING, "No plan is in force: nothing can be booked until a prescriber has written one."
        )
        return
    first = standing[0]
    for blocker in decision.against_any_time(plan=first.plan, now=now):
        if blocker.code != NO_MATTER:
            mend = mends.mended(blocker.code, plan=first.plan, actor=actor)
            yield Notice(HOLDS, blocker.detail, mend.address if mend else "", mend.words if mend else "")
    address = reverse("plan", args=[first.plan.pk])
    if first.ends_too_soon:
        yield Notice(MISSING, "A booked visit is later than the plan is valid.", address, "See the plan")
    yield from _consent(known, first.plan, now)
    if first.review.interrupted or first.review.out_of_spacing:
        words = (
            first.due if first.review.interrupted else "Booked visits are not as far apart as the plan asks"
        )
        yield Notice(MISSING, f"{words}.", address, "See the plan")


def _consent(known: Known, plan: TreatmentPlan, now: datetime) -> Iterator[Notice]:
    """Ahead of a visit before which it runs out; one that has run out is among the blockers."""
    if known.consented_at is None or not known.coming:
        return
    zone = known.patient.clinic.time_zone
    last = consented.last_day(known.consented_at, plan.protocol.reconsent_after_days, zone)
    today = clock.local_date(now, zone)
    late = [
        visit for visit in known.coming if last and clock.local_date(visit.appointment.starts_at, zone) > last
    ]
    if last and today <= last and late:
        before = spoken_time(late[0].appointment.starts_at, zone, now=now)
        until = spoken_day(last, today=today)
        yield Notice(
            MISSING,
            f"The consent to treatment counts until {until}: it has to be signed again before the visit on"
            f" {before}.",
            "#consents-title",
            "Consents",
        )


def _liver_tests(actor: Actor, known: Known, now: datetime) -> Iterator[Notice]:
    """Asked about only where a protocol asks for them."""
    asks = any(each.standing and each.plan.protocol.liver_test_after_mg for each in known.plans)
    if not asks or not actor.may(READ_SESSIONS, known.patient.clinic_id):
        return
    found = liver_tests.told(known.patient, now=now)
    if found is not None:
        yield Notice(MISSING, found.words, "#tasks", "Tasks") if found.due else Notice(TOLD, found.words)


def _unsigned(sessions: Iterable[Went], patient: Patient, now: datetime) -> Iterator[Notice]:
    for went in sessions:
        if not went.version and not went.under_way:
            when = spoken_time(went.session.arrived_at, patient.clinic.time_zone, now=now)
            yield Notice(MISSING, f"The record of {when} is not signed.", _session(went), "Open it")


def _said_before(given: readiness_answers.Given | None) -> Iterator[Notice]:
    doubts = [answer for answer in given.answers if answer.doubt] if given else []
    for answer in doubts:
        yield Notice(MISSING, f"{answer.question} {answer.said}.", "#said-before", "What the patient said")


def _going_home(known: Known) -> Iterator[Notice]:
    if known.coming and not known.patient.escort_name and known.readiness is None:
        yield Notice(MISSING, "Nobody is named yet who takes the patient home.", "#contact", "Contact")


def _messages(known: Known) -> Iterator[Notice]:
    patient = known.patient
    if known.waiting_texts:
        words = "A text" if known.waiting_texts == 1 else f"{known.waiting_texts} texts"
        address = reverse("thread", args=[patient.pk])
        yield Notice(MISSING, f"{words} of the patient waits for an answer.", address, "Read it")
    if known.reach and known.reach.form is None and not patient.deceased:
        yield Notice(MISSING, f"No message reaches the patient: {known.reach.why_not}", "#contact", "Contact")


def _tasks(known: Known, now: datetime) -> Iterator[Notice]:
    if not known.tasks:
        return
    due = known.tasks[0].due_at
    late = [task for task in known.tasks if task.due_at <= now]
    count = f"{len(known.tasks)} open task{'' if len(known.tasks) == 1 else 's'}"
    when = spoken_time(due, known.patient.clinic.time_zone, now=now)
    words = f"{count}, {len(late)} of them overdue." if late else f"{count}, the first due {when}."
    yield Notice(MISSING if late else TOLD, words, "#tasks", "Tasks")


def _session(went: Went) -> str:
    return reverse("session", args=[went.session.pk])
