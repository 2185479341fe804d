"""What lets a patient go home, each with what the record proves of it so far; nothing is decided here.

What is met is what `leaving.home_readiness` no longer misses. What only a person can say is in the form.
"""

from collections.abc import Iterator, Set
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.utils import timezone

from sessions_app import states
from sessions_app.leaving import discharge, home_readiness
from sessions_app.leaving.home_readiness import COMPARED, DISSOCIATION_AT_MOST, Course
from sessions_app.models import Session, VitalSigns
from sessions_app.observing import flowsheet

MINUTE: Final = timedelta(minutes=1)
NOTHING_MEASURED: Final = "Nothing was measured since the stop."


@dataclass(frozen=True)
class Criterion:
    """One of them: its code in `states.MISSING`, what it asks, and what the record says. `until` is the
    moment to which its minutes count."""

    code: str
    asks: str
    met: bool
    proof: str
    until: datetime | None = None

    @property
    def mend(self) -> str:
        return states.MISSING[self.code]


def of(session: Session, course: Course) -> list[Criterion]:
    """Everything the record itself can prove, in the order in which it fills. Needs the session's lines."""
    missing = home_readiness.known_missing(course).keys()
    return [*_watch(session, course, missing), *_signs(session, course, missing), *_effects(course)]


def _watch(session: Session, course: Course, missing: Set[str]) -> Iterator[Criterion]:
    needed, home_from = session.protocol.observation_minutes, discharge.home_from(session)
    seen = int((course.at - session.stopped_at) // MINUTE) if session.stopped_at else 0
    yield Criterion(
        "observed",
        f"Observed for {needed} min",
        "observed" not in missing,
        f"{seen} min since the stop",
        home_from if course.minutes_to_go else None,
    )
    if course.stop_lacks:
        lacking = ", ".join(course.stop_lacks)
        yield Criterion("stop_explained", "The early stop is explained", False, f"Missing: {lacking}.")


def _signs(session: Session, course: Course, missing: Set[str]) -> Iterator[Criterion]:
    measured = bool(course.sets)
    yield Criterion(
        "vitals_fresh" if measured else "vitals_after_stop",
        "Pressure and pulse measured lately",
        missing.isdisjoint(("vitals_after_stop", "vitals_fresh")),
        _lately(course) if measured else NOTHING_MEASURED,
    )
    yield Criterion(
        "near_baseline",
        f"Within {course.near_percent} % of the own baseline, {course.near_sets} sets in a row",
        (measured or course.near_accepted) and "near_baseline" not in missing,
        "A prescriber lets it pass" if course.near_accepted else _near(session, course),
    )
    past = ", ".join(course.pressure_past)
    yield Criterion(
        "pressure",
        "Pressure within the caution limit",
        measured and "pressure" not in missing,
        past or ("Within" if measured else NOTHING_MEASURED),
    )
    dissociation = home_readiness.newest(course.sets, "dissociation")
    yield Criterion(
        "dissociation",
        f"Dissociation {DISSOCIATION_AT_MOST} of 10 or less",
        "dissociation" not in missing,
        "Not asked since the stop" if dissociation is None else f"{dissociation} of 10",
    )


def _lately(course: Course) -> str:
    """When the last set was, and what is needed where one more won't do."""
    last, anew = f"Last set at {_clock(course.measured_at[-1])}", home_readiness.sets_anew(course)
    return f"{last}. {anew}" if anew else last


def _near(session: Session, course: Course) -> str:
    """How many sets in a row are near, and which."""
    row = home_readiness.near_in_a_row(course)
    lines = {line.measured_at: line for line in flowsheet.standing(session.vital_signs.all())}
    which = "; ".join(_in_short(lines[moment]) for moment in reversed(row[: course.near_sets]))
    return f"{min(len(row), course.near_sets)} of {course.near_sets}" + (f": {which}" if which else "")


def _in_short(line: VitalSigns) -> str:
    systolic, diastolic, pulse = (getattr(line, sign) for sign in COMPARED)
    return f"{_clock(line.measured_at)} with {systolic}/{diastolic}, pulse {pulse}"


def _effects(course: Course) -> Iterator[Criterion]:
    open_effects = ", ".join(course.side_effects)
    yield Criterion(
        "side_effects",
        "No side effect of grade 2 or more",
        not course.side_effects,
        f"Open: {open_effects}" if open_effects else "None is open, or a prescriber lets it pass",
    )
    yield Criterion(
        "vomiting", "No vomiting", not course.vomiting, "Not over" if course.vomiting else "None is open"
    )
    count = len(course.open_alerts)
    yield Criterion(
        "alerts_open", "Every alert resolved", not count, f"{count} open" if count else "None is open"
    )


def _clock(moment: datetime) -> str:
    return f"{timezone.localtime(moment):%H:%M}"
