"""Side effects: what, since when, how bad, what was done, how it ended; serious ones reach the prescriber.

The words and their codes are in `vocabulary`.
"""

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
from sessions_app.observing import alerts, excursions, flowsheet
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
    """One side effect as it stands now. `grade` is CTCAE v5, 1 to 5; an empty peak is the course's worst.

    What the patient reports and what staff observe are lines of their own, told apart by `source`.
    `medicine_id` names what was given for it, a line of the same session.
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
    """Keep a side effect; its course or a correction is a new line that names the old one and why.

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
    if report.peak_grade is None:
        line.peak_grade = _peak_before(line)
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
        cause=f"side_effect:{_first(line).pk}:{line.grade}{called_serious}",
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
    if line.corrects is not None and _level(line.corrects) in (level, AlertLevel.EMERGENCY):
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


def _peak_before(line: SideEffect) -> int | None:
    """The worst grade of its course so far, where this line's is below it: getting better erases nothing."""
    before = line.corrects
    if before is None:
        return None
    worst = max(before.grade, before.peak_grade or 0)
    return worst if worst > line.grade else None


def _first(line: SideEffect) -> SideEffect:
    while line.corrects is not None:
        line = line.corrects
    return line
