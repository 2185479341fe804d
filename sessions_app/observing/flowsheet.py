"""The flowsheet read from loaded rows: which sets stand, the baseline, when the next one is due, and what a
prescriber has let pass.

The sessions must come with what is asked of them (`infusion_events`, `alerts`, `vital_signs`), so that twelve
chairs cost no more queries than one. Nothing here writes.
"""

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from clinic.visible_text import said
from sessions_app.models import Alert, AlertKind, InfusionEventKind, Session, VitalSigns
from sessions_app.observing import due_times, vital_limits
from sessions_app.observing.due_times import Due, Step

Signs = dict[str, int | Decimal | None]

STEPS: dict[str, due_times.Kind] = {
    InfusionEventKind.START: "start",
    InfusionEventKind.PAUSE: "pause",
    InfusionEventKind.RESUME: "resume",
    InfusionEventKind.RATE: "rate",
    InfusionEventKind.STOP: "stop",
}

OF_THE_WATCH: Final = (AlertKind.OVERDUE, AlertKind.END)  # about the clock, not about the patient

# What makes a set a reading such as falls due: pain and ratings alone are asked, not measured.
MEASURED: Final = tuple(
    sign for sign, ring in vital_limits.RINGS.items() if ring.regular and sign != "pain_nrs"
)
# What every set that falls due tells (domain.md 3.4). Temperature belongs to the baseline.
ESSENTIAL: Final = tuple(sign for sign in MEASURED if sign != "temperature_cel")
# The one reason for a gap that answers for nothing: the set was an extra one.
NOT_DUE: Final = "Not due at this reading"


def dues_of(session: Session, now: datetime) -> tuple[Due, ...]:
    """Every due time of this session so far and the next; none before the start."""
    return due_times.due(
        session.protocol.vitals_schedule,
        course_of(session),
        [line.measured_at for line in standing(session.vital_signs.all()) if is_reading(line)],
        now,
    )


def overdue_at(session: Session, at: datetime, *, but: UUID | None = None) -> Due | None:
    """The newest due time that was past its grace at this moment, by the sets measured until then; without
    the set `but`, which another is to stand for."""
    before = [line for line in standing(session.vital_signs.all()) if line.measured_at <= at]
    taken = [line.measured_at for line in before if line.pk != but and is_reading(line)]
    return due_times.overdue(due_times.due(session.protocol.vitals_schedule, course_of(session), taken, at))


def course_of(session: Session) -> list[Step]:
    """What bears on the due times, by its moment. An overdue reading is no reason to watch closer, nor is an
    empty bag."""
    steps = [
        Step(STEPS[event.kind], event.happened_at or event.recorded_at)
        for event in session.infusion_events.all()
        if event.kind in STEPS
    ]
    steps += [
        Step("alert", alert.raised_at) for alert in session.alerts.all() if alert.kind not in OF_THE_WATCH
    ]
    if session.discharged_at:
        steps.append(Step("end", session.discharged_at))
    return sorted(steps, key=lambda step: step.at)


def standing(lines: Iterable[VitalSigns]) -> list[VitalSigns]:
    """The sets that no other of them corrects, by the moment of measuring."""
    lines = list(lines)
    corrected = {line.corrects_id for line in lines}
    return sorted(
        (line for line in lines if line.pk not in corrected),
        key=lambda line: (line.measured_at, line.recorded_at),
    )


def is_reading(line: VitalSigns) -> bool:
    """Whether it answers for a due time."""
    return answers_for_due({sign: getattr(line, sign) for sign in MEASURED}, line.absent_reason)


def answers_for_due(values: Mapping[str, Any], absent_reason: str) -> bool:
    """Whether these do: pressure, pulse, breathing and saturation, or some of these with a reason why the
    others could not be had."""
    measured = [sign for sign in ESSENTIAL if values.get(sign) is not None]
    return len(measured) == len(ESSENTIAL) or (bool(measured) and explains(absent_reason))


def is_reason(text: str) -> bool:
    """Whether it says something in words: neither a dash does nor a character of no width."""
    return any(letter.isalnum() for letter in said(text))


def explains(absent_reason: str) -> bool:
    """Whether it says why what was due could not be had."""
    return is_reason(absent_reason) and said(absent_reason) != NOT_DUE


def values_of(line: VitalSigns) -> Signs:
    return {sign: getattr(line, sign) for sign in vital_limits.RINGS}


def newest(lines: Iterable[VitalSigns]) -> Signs:
    """For each sign the value of the last of these sets that measured it."""
    found: Signs = {}
    for line in lines:
        found.update({sign: value for sign, value in values_of(line).items() if value is not None})
    return found


def newest_line(session: Session) -> VitalSigns | None:
    """The latest measurement that stands. One query, none where the session's lines are loaded."""
    lines = standing(session.vital_signs.all())
    return max(lines, key=lambda line: (line.measured_at, line.recorded_at, line.revision), default=None)


def let_these_pass(session: Session, subject: str, lines: Iterable[Alert | VitalSigns]) -> bool:
    """Whether a prescriber let these pass: about the newest set, and with all of these lines on record. What
    was entered since, also of an earlier moment, asks again."""
    latest, lines = newest_line(session), list(lines)
    return latest is not None and any(
        (override.subject, override.about) == (subject, latest.pk)
        and all(line.revision <= override.revision for line in lines)
        for override in session.overrides.all()
    )


def baseline_of(session: Session, lines: Iterable[VitalSigns]) -> Signs:
    """The patient's own values before the start (domain.md 3.4); empty while nothing has started.

    `lines` are the standing sets. What is entered after the start, of a moment before it, moves nothing any
    more; a correction of what was known then does. Needs the session's `infusion_events`.
    """
    if session.started_at is None:
        return {}
    minutes = session.protocol.vitals_schedule["baseline_within_minutes"]
    opens = session.started_at - timedelta(minutes=minutes)
    starts = [event for event in session.infusion_events.all() if event.kind == InfusionEventKind.START]
    known_at = max((event.revision for event in starts), default=session.revision)
    return newest(
        line
        for line in lines
        if opens <= line.measured_at <= session.started_at and _first(line).revision <= known_at
    )


def _first(line: VitalSigns) -> VitalSigns:
    """What this set corrects in the end: a query for each correction, of which there are few."""
    while line.corrects is not None:
        line = line.corrects
    return line
