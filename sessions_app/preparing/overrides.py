"""A prescriber lets something pass that the rules would stop, and says why (domain.md 1.2, 1.3).

An override is for what was seen: `about` is the line that stood when the prescriber decided. When another
line has taken its place, the start or the discharge asks again. What an override opens is asked where it
blocks (`checklist.unmet`, `starting.unmet_at_start`, `discharge`).
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic import work
from clinic.access import Actor
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from sessions_app import recording, states
from sessions_app.models import ChecklistAnswer, PrescriberOverride, Session, SideEffect, VitalSigns
from sessions_app.observing import effect_courses, flowsheet, resuming, starting
from sessions_app.preparing import checklist

START_LIMITS: Final = starting.START_LIMITS
RESUME: Final = resuming.RESUME
NEAR_BASELINE: Final = "near_baseline"
SIDE_EFFECTS: Final = "side_effects"
REFUSED: Final = "It must not pass:"
ASKED: Final = "decide:"  # a task's cause is this, the line, and the number of the asking

TITLES: Final = {
    states.PAUSED: "Decide whether the infusion goes on",
    states.RECOVERING: "Decide before the patient goes home",
}

# A patient waits in the chair; how long the prescriber may take is our choice.
DECIDE_WITHIN: Final = timedelta(minutes=10)


@dataclass(frozen=True)
class Decision:
    """Something that only a prescriber can let pass: the subject, its line, and in words."""

    subject: str
    about: UUID
    label: str
    found: str


def open_decisions(session: Session, now: datetime) -> list[Decision]:
    """What blocks the start, or going on after a pause, until a prescriber decides or it is found otherwise;
    in the checklist's order."""
    if session.state == states.PAUSED:
        return _whether_it_goes_on(session)
    labels = {item.code: item.label for item in checklist.items_of(session.protocol)}
    found = [
        Decision(checklist.SUBJECT + line.item, line.pk, labels[line.item], line.note)
        for line in checklist.blocking_lines(session)
    ]
    newest = flowsheet.newest_line(session)
    past = starting.unmet_at_start(session, now).get(START_LIMITS)
    if past and newest:
        found.append(Decision(START_LIMITS, newest.pk, "Vital signs past the start limits", past))
    return found


def _whether_it_goes_on(session: Session) -> list[Decision]:
    newest = flowsheet.newest_line(session)
    held = resuming.to_decide(session)
    if newest is None or not held:
        return []
    effects = resuming.undecided_effects(session)
    told = [alert.detail for alert in resuming.calls(session)] or [held.get("within_limits", "")]
    found = " ".join(filter(None, dict.fromkeys([*told, *effects])))
    label = "Going on after values past the stop limit"
    if effects:
        label = "Going on while a serious side effect has not ended"
    return [Decision(RESUME, newest.pk, label, found)]


def override(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    subject: str,
    about: UUID,
    reason: str,
    revision: int | None = None,
    now: datetime,
) -> PrescriberOverride:
    """Let this pass for the line that was seen, with the reason; a task that asked for it is closed.

    Raises `Invalid` for a subject that is none and without a reason, `Conflict` `something_newer` when
    another line stands, `nothing_to_decide` when the line holds nothing up, `Stale`.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why this may pass."})

    def write() -> PrescriberOverride:
        current = recording.lock(session, "override", revision=revision)
        _check_subject(current, subject, about, now)
        made = PrescriberOverride.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            subject=subject,
            about=about,
            reason=said(reason),
        )
        task = _tasks(current, about).filter(closed_at=None).first()
        if task is not None:
            work.close(actor=actor, item=task, outcome="Decided: it may pass; the record says why.", now=now)
        recording.advance(current, "override", now=now)
        return made

    return in_transaction(write)


def ask_prescriber(*, session: Session, subject: str, about: UUID, now: datetime) -> WorkItem:
    """Open a task for a prescriber to decide; asking again about the same line is the same task.

    One that was closed without a decision is over: asking then opens another. Raises as `override` does for
    what can't be decided.
    """

    def write() -> WorkItem:
        current = recording.lock(session, "override")
        _check_subject(current, subject, about, now)
        return _asked(current, about, now)

    return in_transaction(write)


def refuse(
    *, actor: Actor, session: Session, subject: str, about: UUID, reason: str, now: datetime
) -> WorkItem:
    """The prescriber says no to what was seen, and why: it goes on holding up the start or the way home.

    The answer closes the task that asked for it, or one made for it. The same answer again changes nothing.
    Raises `Invalid` without a reason, otherwise as `override` does for what can't be decided.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why this must not pass."})
    outcome = f"{REFUSED} {said(reason)}"

    def write() -> WorkItem:
        current = recording.lock(session, "override")
        _check_subject(current, subject, about, now)
        closed = _tasks(current, about).filter(closed_by_id=actor.user_id, outcome=outcome).first()
        return closed or work.close(actor=actor, item=_asked(current, about, now), outcome=outcome, now=now)

    return in_transaction(write)


def is_near_accepted(session: Session, lines: Iterable[VitalSigns]) -> bool:
    """Whether a prescriber let it pass that the vital signs are not near the baseline, knowing of these
    standing sets all that bear on it: those until the start, and those after the stop. A query, none where
    the session's lines are loaded."""
    compared = [
        line
        for line in lines
        if (session.started_at and line.measured_at <= session.started_at)
        or (session.stopped_at and line.measured_at >= session.stopped_at)
    ]
    return flowsheet.let_these_pass(session, NEAR_BASELINE, compared)


def let_pass(session: Session) -> set[tuple[str, UUID | None]]:
    """Every (subject, line) that a prescriber let pass in this session. One query, none where loaded."""
    return {(override.subject, override.about) for override in session.overrides.all()}


def _asked(session: Session, about: UUID, now: datetime) -> WorkItem:
    """The open task about this line, made when there is none."""
    closed = _tasks(session, about).filter(closed_at__isnull=False).count()
    return work.open_item(
        clinic_id=session.clinic_id,
        patient_id=session.patient_id,
        cause=f"{_cause(about)}:{closed + 1}",
        title=TITLES.get(session.state, "Decide before the start: something does not pass"),
        urgency=Urgency.AMBER,
        role=Role.PRESCRIBER,
        due_at=now + DECIDE_WITHIN,
    )


def _check_subject(session: Session, subject: str, about: UUID, now: datetime) -> None:
    """Before the start and in a pause: one of the open decisions, for the line that stands. While the patient
    recovers: the newest vital signs, or a side effect that stands. What was let pass is decided: a no that
    comes after it would be kept, and hold nothing up."""
    if session.state in (*states.BEFORE_START, states.PAUSED):
        decisions = open_decisions(session, now)
        if any((each.subject, each.about) == (subject, about) for each in decisions):
            return
        stands = _line_in_question(session, subject)
    elif subject == NEAR_BASELINE:
        newest = flowsheet.newest_line(session)
        stands = newest.pk if newest else None
        if stands == about and not is_near_accepted(session, flowsheet.standing(session.vital_signs.all())):
            return
    elif subject == SIDE_EFFECTS:
        lines = list(SideEffect.objects.filter(session=session))
        standing = {line.pk for line in effect_courses.standing_now(lines)}
        if about in standing and (subject, about) not in let_pass(session):
            return
        stands = None
    else:
        raise _no_such_subject()
    if stands is not None and stands != about:
        raise Conflict(
            "Something newer was entered since: look at it again, then decide.", code="something_newer"
        )
    if (subject, about) in let_pass(session):
        why = "This was let pass already. Whatever is entered after it is asked about anew."
        raise Conflict(why, code="nothing_to_decide")
    raise Conflict("There is nothing here to let pass.", code="nothing_to_decide")


def _line_in_question(session: Session, subject: str) -> UUID | None:
    if subject in (START_LIMITS, RESUME):
        newest = flowsheet.newest_line(session)
        return newest.pk if newest else None
    if not subject.startswith(checklist.SUBJECT):
        raise _no_such_subject()
    item = subject.removeprefix(checklist.SUBJECT)
    line = recording.standing(ChecklistAnswer, session).filter(item=item).first()
    return line.pk if line else None


def _no_such_subject() -> Invalid:
    return Invalid(
        {
            "subject": f"Name what may pass: {checklist.SUBJECT}<item> or {START_LIMITS} before the start, "
            f"{RESUME} in a pause, {NEAR_BASELINE} or {SIDE_EFFECTS} while the patient recovers."
        }
    )


def _tasks(session: Session, about: UUID) -> QuerySet[WorkItem]:
    """Every time that a prescriber was asked about this line."""
    return WorkItem.objects.filter(clinic_id=session.clinic_id, cause__startswith=_cause(about))


def _cause(about: UUID) -> str:
    """One cause has one task for ever, so that the number of the asking follows."""
    return f"{ASKED}{about}"
