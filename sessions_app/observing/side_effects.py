"""Side effects: what, since when, how bad, what was done, how it ended.

What becomes of one (`record_course`) is a new state with its moment, beside the earlier ones, which stay
true; a correction (`record_side_effect`) says that a line was wrong, and why. What it is and since when is
said by its first line, and the later states follow that when it is corrected. Which state a side effect is in
is read by `effect_courses`, who is called is decided in `effect_calls`; the words and their codes are in
`vocabulary`.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from clinic.access import Actor
from clinic.problems import Invalid
from sessions_app import recording
from sessions_app import states as session_states
from sessions_app.models import (
    MedicineGiven,
    Relatedness,
    ReportedBy,
    Seriousness,
    Session,
    SideEffect,
    SideEffectOutcome,
)
from sessions_app.observing import effect_calls, effect_courses
from sessions_app.observing.effect_courses import ENDED
from sessions_app.observing.vocabulary import TERMS

FATAL_GRADE: Final = 5
MOST_DISTRESS: Final = 10
# What a side effect is, whatever becomes of it: said by its first line, and by every state as that says it.
OF_THE_EFFECT: Final = ("term", "onset_at")
OF_THE_CORRECTION: Final = ("revision", "recorded_by_id", "recorded_at", "correction_reason", "amendment_id")


@dataclass(frozen=True, kw_only=True)
class Report:
    """One side effect as it stands. `grade` is CTCAE v5, 1 to 5; an empty peak is the course's worst so far.

    What the patient reports and what staff observe are lines of their own, told apart by `source`.
    `medicine_id` names what was given for it, a line of the same session. `as_of` is for whoever corrects
    a line of its course; left out it stays.
    """

    term: str
    onset_at: datetime
    grade: int
    peak_grade: int | None = None
    distress: int | None = None
    seriousness: str = Seriousness.NON_SERIOUS
    source: str = ReportedBy.OBSERVED
    relatedness: str = Relatedness.POSSIBLE
    action: str = ""
    action_at: datetime | None = None
    medicine_id: UUID | None = None
    outcome: str = SideEffectOutcome.ONGOING
    ended_at: datetime | None = None
    as_of: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class State:
    """How a side effect stands from a moment on, which is now unless `as_of` says another. What it is, since
    when, who noticed it and how it is related stay as they were; an empty `seriousness` does too."""

    grade: int
    as_of: datetime | None = None
    distress: int | None = None
    seriousness: str = ""
    action: str = ""
    action_at: datetime | None = None
    medicine_id: UUID | None = None
    outcome: str = SideEffectOutcome.ONGOING
    ended_at: datetime | None = None


@dataclass(frozen=True, kw_only=True)
class Course:
    """A later state of the side effect to which the line `effect` belongs."""

    effect: UUID
    state: State


def record_side_effect(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    report: Report,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> SideEffect:
    """Keep a side effect; a correction is a new line that names the old one and why.

    Raises `Invalid` naming the field: unknown term, grade, times that can't be, an end without an
    outcome or the other way round.
    """

    def drafted(current: Session) -> SideEffect:
        return draft(
            actor=actor,
            id=id,
            session=current,
            report=report,
            corrects=corrects,
            correction_reason=correction_reason,
            now=now,
        )

    def answer(line: SideEffect) -> None:
        answer_for(line, report, now=now)

    return recording.keep(session, "side_effect", drafted, revision=revision, then=answer, now=now)


def record_course(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    course: Course,
    revision: int | None = None,
    now: datetime,
) -> SideEffect:
    """Keep what became of a side effect: worse, better, over. The states before it stay as they are.

    Raises `Invalid` naming the field: no such side effect here, a moment before its onset or in the future,
    none once the patient has left, and whatever a report can't be.
    """

    def drafted(current: Session) -> SideEffect:
        return draft_course(actor=actor, id=id, session=current, course=course, now=now)

    def answer(line: SideEffect) -> None:
        answer_for(line, effect_calls.as_it_is(line), now=now)

    return recording.keep(session, "course", drafted, revision=revision, then=answer, now=now)


def answer_for(line: SideEffect, told: effect_calls.Effect, *, now: datetime) -> None:
    """What follows from a line that was kept: the later states follow what it is now said to be, and whoever
    must hear of it is called, once. The session must be locked."""
    following = _carry_over(line)
    if not effect_calls.call(line, told, now=now):
        for state in following:
            if effect_calls.call(state, effect_calls.as_it_is(state), now=now):
                return


def draft_course(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    course: Course,
    amendment_id: UUID | None = None,
    now: datetime,
) -> SideEffect:
    """The line for this state, checked and not yet saved. The session must be locked."""
    lines = {line.pk: line for line in SideEffect.objects.filter(session=session)}
    if course.effect not in lines:
        raise Invalid({"effect": "This session has no such side effect."})
    first = effect_courses.first_of(lines[course.effect], lines)
    states = effect_courses.courses(lines.values())[first]
    began, before, state = effect_courses.began(states), states[-1], course.state
    if state.as_of is None and session.state not in session_states.IN_THE_CHAIR:
        raise Invalid({"as_of": "Say since when it has stood so: the patient has left the chair."})
    report = Report(
        term=began.term,
        onset_at=began.onset_at,
        source=before.source,
        relatedness=before.relatedness,
        grade=state.grade,
        distress=state.distress,
        seriousness=state.seriousness or before.seriousness,
        action=state.action,
        action_at=state.action_at,
        medicine_id=state.medicine_id,
        outcome=state.outcome,
        ended_at=state.ended_at,
        as_of=state.as_of or now,
    )
    check(report, session=session, now=now)
    line = recording.draft(
        SideEffect,
        report,
        actor=actor,
        id=id,
        session=session,
        corrects=None,
        correction_reason="",
        amendment_id=amendment_id,
        now=now,
    )
    line.course_of = lines[first]
    line.peak_grade = _worse_before(line, states)
    return line


def draft(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    report: Report,
    corrects: UUID | None,
    correction_reason: str,
    amendment_id: UUID | None = None,
    now: datetime,
) -> SideEffect:
    """The line for this report, checked and not yet saved. The session must be locked."""
    lines = {line.pk: line for line in SideEffect.objects.filter(session=session)}
    before = lines.get(corrects) if corrects else None
    later_state = before is not None and before.course_of_id is not None
    if before is None or not later_state:
        if report.as_of is not None:
            raise Invalid({"as_of": "Only a later state of a side effect has a moment of its own."})
    else:
        # A corrected state stays where it was in the course.
        report = replace(report, as_of=report.as_of or before.as_of)
    check(report, session=session, now=now)
    line = recording.draft(
        SideEffect,
        report,
        actor=actor,
        id=id,
        session=session,
        corrects=corrects,
        correction_reason=correction_reason,
        amendment_id=amendment_id,
        now=now,
    )
    if before is None:
        return line
    states = effect_courses.courses(lines.values())[effect_courses.first_of(before, lines)]
    others = [each for each in states if each.pk != before.pk]
    if not later_state:
        _check_begins_before(others, report)
        return line
    _check_same_effect(effect_courses.began(states), report)
    line.course_of = before.course_of
    if report.peak_grade is None:
        line.peak_grade = _worse_before(line, others)
    return line


def _check_begins_before(states: Sequence[SideEffect], report: Report) -> None:
    """Refuse an onset after the later states of the side effect."""
    told = [moment for each in states for moment in (each.as_of, each.ended_at) if moment]
    if told and report.onset_at > min(told):
        raise Invalid({"onset_at": "What became of it was entered for a moment before this one."})


def _check_same_effect(began: SideEffect, report: Report) -> None:
    """Refuse a corrected state that says that it is something else, or of another onset."""
    other = [name for name in OF_THE_EFFECT if getattr(report, name) != getattr(began, name)]
    if other:
        mend = "This is said by the first line of the side effect: correct it there, and its course follows."
        raise Invalid(dict.fromkeys(other, mend))


def _carry_over(line: SideEffect) -> list[SideEffect]:
    """Where `line` is a correction, each state that said after the wrong line what the effect is, when it
    began or how bad it had been is corrected with it, for the same reason: one course has one term, and a
    wrong grade leaves no peak. A peak that somebody told stays."""
    if line.corrects_id is None:
        return []
    lines = {each.pk: each for each in SideEffect.objects.filter(session=line.session_id)}
    first = effect_courses.first_of(line, lines)
    states = effect_courses.courses(lines.values())[first]
    wrong = effect_courses.courses(each for each in lines.values() if each.pk != line.pk)[first]
    reckoned = {
        state.pk
        for place, state in enumerate(wrong)
        if state.peak_grade == _worse_before(state, wrong[:place])
    }
    facts = {name: getattr(effect_courses.began(states), name) for name in OF_THE_EFFECT}
    right: list[SideEffect] = []
    for state in states:
        changes = dict(facts)
        if state.pk in reckoned:
            changes["peak_grade"] = _worse_before(state, right)
        differs = any(getattr(state, name) != value for name, value in changes.items())
        right.append(_said_anew(state, line, changes) if differs else state)
    return [each for each, state in zip(right, states, strict=True) if each is not state]


def _said_anew(state: SideEffect, line: SideEffect, facts: dict[str, Any]) -> SideEffect:
    """The state once more with these facts, as part of the correction `line`."""
    kept = [field.attname for field in SideEffect._meta.concrete_fields if field.name != "created_at"]
    copy = SideEffect(**{name: getattr(state, name) for name in kept})
    changes = {
        **facts,
        "id": uuid5(line.pk, str(state.pk)),
        "session": line.session,
        "corrects": state,
        **{name: getattr(line, name) for name in OF_THE_CORRECTION},
    }
    for name, value in changes.items():
        setattr(copy, name, value)
    copy.save(force_insert=True)
    return copy


def check(report: Report, *, session: Session, now: datetime) -> None:
    """Raise `Invalid` for a report that can't be kept as it is."""
    errors = {}
    if report.term not in TERMS:
        errors["term"] = f"Choose a term of the vocabulary: {', '.join(TERMS)}."
    if not 1 <= report.grade <= FATAL_GRADE:
        errors["grade"] = "Enter the CTCAE grade, 1 to 5."
    if report.peak_grade is not None and not report.grade <= report.peak_grade <= FATAL_GRADE:
        errors["peak_grade"] = "The peak is the grade or above it, at most 5."
    if report.distress is not None and not 0 <= report.distress <= MOST_DISTRESS:
        errors["distress"] = "Enter the distress from 0 to 10."
    if report.relatedness not in Relatedness.values:
        errors["relatedness"] = f"Choose one of: {', '.join(Relatedness.values)}."
    if report.source not in ReportedBy.values:
        errors["source"] = f"Choose one of: {', '.join(ReportedBy.values)}."
    if report.seriousness not in Seriousness.values:
        errors["seriousness"] = f"Choose one of: {', '.join(Seriousness.values)}."
    elif report.seriousness == Seriousness.DEATH and report.grade != FATAL_GRADE:
        errors["seriousness"] = "A death is grade 5."
    if report.outcome not in SideEffectOutcome.values:
        errors["outcome"] = f"Choose one of: {', '.join(SideEffectOutcome.values)}."
    elif (report.outcome == SideEffectOutcome.FATAL) != (report.grade == FATAL_GRADE):
        errors["grade"] = "Grade 5 and the outcome fatal belong together."
    if report.onset_at > now:
        errors["onset_at"] = "This moment is in the future."
    elif report.onset_at < session.arrived_at:
        errors["onset_at"] = "This moment is before the patient arrived."
    if report.as_of is not None:
        if report.as_of > now:
            errors["as_of"] = "This moment is in the future."
        elif report.as_of < report.onset_at:
            errors["as_of"] = "It hadn't begun by then."
    if report.outcome in ENDED and report.ended_at is None:
        errors["ended_at"] = "Say when it ended."
    elif report.ended_at is not None:
        if report.outcome not in (*ENDED, SideEffectOutcome.FATAL):
            errors["outcome"] = "It has an end: choose the outcome that goes with it."
        if report.ended_at > now:
            errors["ended_at"] = "This moment is in the future."
        elif report.ended_at < report.onset_at:
            errors["ended_at"] = "It can't end before it began."
        elif report.as_of is not None and report.ended_at > report.as_of:
            errors["ended_at"] = "It can't end after the moment since which it stands so."
    if report.action_at is not None:
        if not report.action:
            errors["action"] = "Say what was done at this time."
        if report.action_at > now:
            errors["action_at"] = "This moment is in the future."
        elif report.action_at < session.arrived_at:
            errors["action_at"] = "This moment is before the patient arrived."
    if report.medicine_id is not None:
        given = MedicineGiven.objects.filter(session=session, corrected_by__isnull=True)
        if not given.filter(pk=report.medicine_id).exists():
            errors["medicine_id"] = "This session has no such medicine: record the medicine first."
    if errors:
        raise Invalid(errors)


def _worse_before(line: SideEffect, states: Sequence[SideEffect]) -> int | None:
    """The worst grade of the states before it, where this line's is below: getting better erases nothing."""
    since = effect_courses.stands_since(line)
    worst = effect_courses.worst_of([each for each in states if effect_courses.stands_since(each) <= since])
    return worst if worst is not None and worst > line.grade else None
