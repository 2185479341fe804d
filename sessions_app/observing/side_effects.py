"""Side effects: what, since when, how bad, what was done, how it ended; serious ones reach the prescriber.

What becomes of one (`record_course`) is a new state with its moment, beside the earlier ones, which stay
true; a correction (`record_side_effect`) says that a line was wrong, and why. Which state a side effect is in
is read by `effect_courses`; the words and their codes are in `vocabulary`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Role, Urgency
from clinic.problems import Invalid
from sessions_app import recording, states
from sessions_app.models import (
    AlertLevel,
    MedicineGiven,
    Relatedness,
    ReportedBy,
    Seriousness,
    Session,
    SideEffect,
    SideEffectOutcome,
    VitalSigns,
)
from sessions_app.observing import alerts, effect_courses, excursions, flowsheet
from sessions_app.observing.alert_rules import Raise
from sessions_app.observing.alerts import Raising
from sessions_app.observing.vocabulary import TERMS

# CTCAE v5: 3 is severe or medically significant (domain.md 4.1 [V:26]).
SERIOUS_GRADE: Final = 3
# As for an alert: two minutes unacknowledged go up the ladder (domain.md 3.3 [D]).
SERIOUS_DUE: Final = timedelta(minutes=2)
# "Every report -> prescriber before next session" (domain.md 4.1): the day's task, our choice of hours.
LATER_DUE: Final = timedelta(hours=8)
FATAL_GRADE: Final = 5
MOST_DISTRESS: Final = 10
# Dissociation is expected; with this much distress it is not (domain.md 4.1).
DISTRESSING: Final = ("dissociation",)
SERIOUS_DISTRESS: Final = 7
# Emergencies by their term (domain.md 3.3, 4.1, 4.2) or by their grade: life-threatening.
EMERGENCIES: Final = (
    "allergic_reaction",
    "apnoea",
    "chest_pain",
    "laryngospasm",
    "neurological_deficit",
    "respiratory_depression",
    "seizure",
)
EMERGENCY_GRADE: Final = 4
# The prescriber hears of these at once, but they are no reason to stand still unless they are grave.
NOT_OF_THE_CHAIR: Final = ("craving", "use_outside")
ENDED: Final = (SideEffectOutcome.RESOLVED, SideEffectOutcome.SEQUELAE)


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


def as_it_is(line: SideEffect) -> Report:
    """A state by itself, without what was worse before: for whether somebody is called about it."""
    return Report(
        term=line.term,
        onset_at=line.onset_at,
        grade=line.grade,
        distress=line.distress,
        seriousness=line.seriousness,
    )


def is_serious(effect: Report | SideEffect) -> bool:
    """Whether the prescriber is called at once (domain.md 4.1, column "escalate", and 4.2). It stays so when
    the side effect has got better: its peak counts, and what it was called."""
    return (
        max(effect.grade, effect.peak_grade or 0) >= SERIOUS_GRADE
        or effect.seriousness != Seriousness.NON_SERIOUS
        or TERMS[effect.term].escalate == "now"
        or (effect.term in DISTRESSING and (effect.distress or 0) >= SERIOUS_DISTRESS)
    )


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

    def tell(line: SideEffect) -> None:
        tell_prescriber(line, report, now=now)
        _raise_alert(line, report, now=now)

    return recording.keep(session, "side_effect", drafted, revision=revision, then=tell, now=now)


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
    and whatever a report can't be.
    """

    def drafted(current: Session) -> SideEffect:
        return draft_course(actor=actor, id=id, session=current, course=course, now=now)

    def tell(line: SideEffect) -> None:
        tell_prescriber(line, as_it_is(line), now=now)
        _raise_alert(line, as_it_is(line), now=now)

    return recording.keep(session, "course", drafted, revision=revision, then=tell, now=now)


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
    before, state = states[-1], course.state
    report = Report(
        term=before.term,
        onset_at=before.onset_at,
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
    before = line.corrects
    if before is None or before.course_of is None:
        if report.as_of is not None:
            raise Invalid({"as_of": "Only a later state of a side effect has a moment of its own."})
        return line
    # A corrected state stays where it was in the course.
    line.course_of = before.course_of
    line.as_of = report.as_of or before.as_of
    if report.peak_grade is None:
        states = effect_courses.courses(SideEffect.objects.filter(session=session))[before.course_of.pk]
        line.peak_grade = _worse_before(line, [each for each in states if each.pk != before.pk])
    return line


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


def tell_prescriber(line: SideEffect, report: Report, *, now: datetime) -> None:
    """Open a red task for a serious side effect, an amber one for what must be seen before the next visit.

    The cause names the first line of this side effect, its grade and whether it is called serious: its
    further course opens a second task only when one of these has changed.
    """
    if is_serious(report):
        title, urgency, due = "Come to the chair: serious side effect", Urgency.RED, SERIOUS_DUE
    elif TERMS[report.term].escalate == "before_next_session":
        title, urgency, due = "Look at a side effect before the next session", Urgency.AMBER, LATER_DUE
    else:
        return
    called_serious = "" if report.seriousness == Seriousness.NON_SERIOUS else ":serious"
    work.open_item(
        clinic_id=line.session.clinic_id,
        patient_id=line.session.patient_id,
        cause=f"side_effect:{_first(line)}:{line.grade}{called_serious}",
        title=title,
        urgency=urgency,
        role=Role.PRESCRIBER,
        due_at=now + due,
    )


def _raise_alert(line: SideEffect, report: Report, *, now: datetime) -> None:
    """Raise at the chair what a serious side effect is, as the same sign ticked under vital signs does. Its
    further course raises again only when it has become worse."""
    level = _level(report)
    if level is None or line.session.state not in states.IN_THE_CHAIR:
        return
    if {_level(each) for each in _known_before(line)} & {level, AlertLevel.EMERGENCY}:
        return
    words = f"{TERMS[line.term].label}, grade {max(line.grade, line.peak_grade or 0)}."
    found = Raise(line.term, "emergency" if level == AlertLevel.EMERGENCY else "stop", "limit", words)
    lines = flowsheet.standing(VitalSigns.objects.filter(session=line.session))
    within = excursions.last_within(line.session, [line.term], lines, {})
    raising = Raising(line.session, [found], line.recorded_by_id, within=within, called=True)
    alerts.raise_together([raising], now=now)


def _level(effect: Report | SideEffect) -> AlertLevel | None:
    """How loud it is at the chair."""
    worst = max(effect.grade, effect.peak_grade or 0)
    grave = worst >= SERIOUS_GRADE or effect.seriousness != Seriousness.NON_SERIOUS
    if not is_serious(effect) or (effect.term in NOT_OF_THE_CHAIR and not grave):
        return None
    if effect.term in EMERGENCIES or worst >= EMERGENCY_GRADE:
        return AlertLevel.EMERGENCY
    if effect.seriousness in (Seriousness.LIFE_THREATENING, Seriousness.DEATH):
        return AlertLevel.EMERGENCY
    return AlertLevel.STOP


def _worse_before(line: SideEffect, states: Sequence[SideEffect]) -> int | None:
    """The worst grade of the states before it, where this line's is below: getting better erases nothing."""
    since = effect_courses.stands_since(line)
    worst = effect_courses.worst_of([each for each in states if effect_courses.stands_since(each) <= since])
    return worst if worst is not None and worst > line.grade else None


def _known_before(line: SideEffect) -> list[SideEffect]:
    """What had been entered of this side effect before this line: what it corrects, its other states."""
    before = [line.corrects] if line.corrects else []
    if line.course_of is not None:
        lines = SideEffect.objects.filter(session=line.session_id)
        states = effect_courses.courses(lines)[line.course_of.pk]
        before += [each for each in states if each.pk != line.pk]
    return before


def _first(line: SideEffect) -> UUID:
    lines = {each.pk: each for each in SideEffect.objects.filter(session=line.session_id)}
    return effect_courses.first_of(line, lines)
