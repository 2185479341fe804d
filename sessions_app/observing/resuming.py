"""What stands against going on after a pause: an alert that called the clinician to the chair, a newest set
past the stop limit whatever was judged before, a serious side effect that stands and about which no
prescriber has decided (`standing_effects`), and a reading that is overdue.

Asked of loaded rows: `alerts` with their steps, `vital_signs`, `side_effects`, `infusion_events`,
`overrides`. The step itself is `infusing.infusion.resume`, letting it pass `preparing.overrides`.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from sessions_app.models import Alert, AlertKind, InfusionEventKind, Session, VitalSigns
from sessions_app.observing import due_times, flowsheet, standing_effects, vital_limits
from sessions_app.observing.alert_rules import LEVELS, Level
from sessions_app.observing.ladder import AT_ONCE, answered

RESUME: Final = "resume"  # what a prescriber may let pass, for the newest line
OF_THE_PATIENT: Final = (AlertKind.LIMIT, AlertKind.CHANGE)
PAST_STOP: Final[tuple[Level, ...]] = ("stop", "emergency")


def unmet_at_resume(session: Session, now: datetime) -> dict[str, str]:
    """What is held against going on: codes of `states.MISSING` with details. A prescriber lets pass what was
    measured, never that nothing was."""
    found = to_decide(session)
    overdue = due_times.overdue(flowsheet.dues_of(session, now))
    if overdue:
        moment = overdue.at.astimezone(ZoneInfo(session.clinic.time_zone))
        found["reading_overdue"] = f"It was due at {moment:%H:%M}."
    return found


def to_decide(session: Session) -> dict[str, str]:
    """What of it a prescriber may let pass, and has not."""
    found = {} if _released(session) else _past_calls(session)
    effects = undecided_effects(session)
    if effects:
        found["effect_decided"] = " ".join(effects)
    return found


def undecided_effects(session: Session) -> list[str]:
    """The serious side effects for which a prescriber must decide, in words."""
    return standing_effects.undecided(session, RESUME)


def _past_calls(session: Session) -> dict[str, str]:
    """What the alerts since the pump last began to run, and the sets since these, hold against it."""
    found = {}
    called = calls(session)
    unanswered = [alert for alert in called if not answered(alert)]
    if unanswered:
        found["stop_acknowledged"] = " ".join(alert.detail for alert in unanswered)
    lines = flowsheet.standing(session.vital_signs.all())
    if called:
        last = (called[-1].raised_at, called[-1].revision)
        lines = [line for line in lines if (line.measured_at, line.revision) > last]
    full = [line for line in lines if _is_full(line)]
    if not full:
        if called:
            found["within_limits"] = "None was measured since."
        return found
    # A call is over with a set within every limit; without one the caution limits hold up no pause.
    past = _past(session, lines, full[-1], LEVELS if called else PAST_STOP)
    if past:
        found["within_limits"] = f"{', '.join(past)}."
    return found


def calls(session: Session) -> list[Alert]:
    """The alerts that have called the clinician to the chair since the pump last began to run, answered or
    not. Those from before were judged when it did."""
    began = (InfusionEventKind.START, InfusionEventKind.RESUME)
    runs = [event.revision for event in session.infusion_events.all() if event.kind in began]
    since = max(runs, default=0)
    found = [
        alert
        for alert in session.alerts.all()
        if alert.kind in OF_THE_PATIENT and alert.level in AT_ONCE and alert.revision > since
    ]
    return sorted(found, key=lambda alert: (alert.raised_at, alert.revision))


def _released(session: Session) -> bool:
    """Whether a prescriber lets it go on: knowing every call, and about the newest set."""
    return flowsheet.let_these_pass(session, RESUME, calls(session))


def _is_full(line: VitalSigns) -> bool:
    return all(getattr(line, sign) is not None for sign in flowsheet.ESSENTIAL)


def _past(
    session: Session, lines: Sequence[VitalSigns], full: VitalSigns, levels: Collection[Level]
) -> list[str]:
    """What of these sets is past a limit, in words: the newest value of each sign, and symptoms."""
    newest = flowsheet.newest(lines)
    breaches = [
        breach.label
        for level in levels
        for breach in vital_limits.breaches(newest, session.protocol.limits, level)
    ]
    seen = [
        vital_limits.SYMPTOMS[symptom]
        for line in lines
        if line.measured_at >= full.measured_at
        for symptom in line.symptoms
    ]
    return list(dict.fromkeys([*breaches, *seen]))
