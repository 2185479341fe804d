"""What a version of a protocol would change and touch, in the words and the picture beside its form, and
where it is signed.

`scheduler.prescribing.reach` finds what it touches, `words` what it changes; here it is told.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from scheduler.models import Protocol
from scheduler.prescribing.reach import NotAllowed, Reach, reach_of
from sessions_app.observing import due_times
from sessions_app.observing.due_times import Step
from web.lengths import length_in_words
from web.plots.course_bars import Course, CourseBars, CourseRow, course_bars
from web.templatetags.chairside import local_moment
from web.views.protocols import words
from web.views.protocols.words import Change

# Any moment will do: the course is told in minutes from it.
BEGINS: Final = datetime(2000, 1, 3, 12, tzinfo=UTC)
MINUTE: Final = timedelta(minutes=1)
MOST_NAMED: Final = 20  # of plans that a version doesn't allow


@dataclass(frozen=True)
class PlannedRow:
    """One version's course: its picture, and the same in words."""

    name: str
    drawn: CourseRow
    phases: str
    readings: str


@dataclass(frozen=True)
class Planned:
    """The courses of a session under one version, or two where they differ."""

    rows: Sequence[PlannedRow]
    ticks: Sequence[int]


@dataclass(frozen=True)
class Touched:
    """What the part beside the form says."""

    changes: Sequence[Change]
    sentences: Sequence[str]
    planned: Planned
    not_allowed: Sequence[NotAllowed] = ()
    more_not_allowed: int = 0
    cautions: Sequence[str] = ()

    @property
    def summary(self) -> str:
        count = len(self.changes)
        changed = "1 thing changed." if count == 1 else f"{count} things changed."
        return " ".join([changed, *self.cautions, *self.sentences[:1]])


def touched(before: Protocol, becomes: Protocol, *, now: datetime) -> Touched:
    """What `becomes` says otherwise than `before`, and what it would touch if signed: three queries."""
    reach = reach_of(becomes, now=now)
    refused = reach.not_allowed if reach else ()
    return Touched(
        changes=words.changes(before, becomes),
        sentences=_sentences(reach) if reach else ["No version is in force: nothing stands under one."],
        planned=planned(before, becomes),
        not_allowed=refused[:MOST_NAMED],
        more_not_allowed=max(len(refused) - MOST_NAMED, 0),
        cautions=_cautions(becomes),
    )


def planned(before: Protocol, becomes: Protocol, *, name: str = "This draft") -> Planned:
    """The course of a session under both, `becomes` by this name; under one where they are the same."""
    names = [(f"Version {before.version}", course_of(before)), (name, course_of(becomes))]
    if names[0][1] == names[1][1]:
        names = [("A session", names[0][1])]
    drawn: CourseBars = course_bars([course for _, course in names])
    rows = [
        PlannedRow(name, row, _phases(course), _readings(course))
        for (name, course), row in zip(names, drawn.rows, strict=True)
    ]
    return Planned(rows, drawn.ticks)


def course_of(protocol: Protocol) -> Course:
    """As long as it is booked, with nothing that comes between: no pause, no alert, no new rate."""
    starts = BEGINS + protocol.preparation_minutes * MINUTE
    stops = starts + protocol.infusion_minutes * MINUTE
    ends = stops + protocol.observation_minutes * MINUTE
    steps = [Step("start", starts), Step("stop", stops), Step("end", ends)]
    dues = due_times.due(protocol.vitals_schedule, steps, (), ends)
    return Course(
        phases=[
            ("preparation", protocol.preparation_minutes),
            ("infusion", protocol.infusion_minutes),
            ("observation", protocol.observation_minutes),
            ("turnover", protocol.turnover_minutes),
        ],
        readings=[(due.at - BEGINS) / MINUTE for due in dues if due.at <= ends],
    )


def _sentences(reach: Reach) -> list[str]:
    version = reach.in_force.version
    return [
        _of_plans(reach, version),
        *_of_visits(reach, version),
        "Messages follow the visits: nobody is told anything by a signature alone.",
    ]


def _of_plans(reach: Reach, version: int) -> str:
    if not reach.plans:
        return f"No plan stands under version {version}."
    plans = "1 plan stands" if reach.plans == 1 else f"{reach.plans} plans stand"
    them = "it" if reach.plans == 1 else "each"
    whose = ", ".join(f"{name} ({count})" for name, count in reach.prescribers)
    return (
        f"{plans} under version {version}. Once this is signed, nothing more is booked under"
        f" {'it' if reach.plans == 1 else 'them'} until a prescriber takes {them} over; ordered by {whose}."
    )


def _of_visits(reach: Reach, version: int) -> list[str]:
    if not reach.visits:
        return [f"No visit is to come under version {version}."]
    one = reach.visits == 1
    stays = "1 visit to come stays" if one else f"{reach.visits} visits to come stay"
    said = [
        f"{stays} as booked, under version {version}, until somebody takes {'it' if one else 'each'} over."
    ]
    if reach.next_visit_at:
        said[0] += f" {'It' if one else 'The next'} is on {local_moment(reach.next_visit_at)}."
    if reach.minutes_longer:
        more = "longer" if reach.minutes_longer > 0 else "shorter"
        said.append(
            f"Taken over, a visit takes {length_in_words(abs(reach.minutes_longer))} {more}, where chair and"
            " nurse are free; its patient is told the new end."
        )
    if reach.is_fasted_otherwise:
        said.append("Taken over, a patient who was told how long to fast is told anew.")
    return said


def _cautions(becomes: Protocol) -> list[str]:
    """What can be meant, and asks something of everybody who follows it."""
    if becomes.dose_soft_min <= becomes.dose_start <= becomes.dose_soft_max:
        return []
    return ["The first dose lies outside the usual range: each order of it has to be acknowledged."]


def _phases(course: Course) -> str:
    minutes = dict(course.phases)
    visit = course.minutes - minutes["turnover"]
    parts = ", ".join(f"{phase} {length}" for phase, length in course.phases)
    patient, chair = length_in_words(visit), length_in_words(course.minutes)
    return f"{patient} for the patient, {chair} of the chair: {parts} min."


def _readings(course: Course) -> str:
    at = ", ".join(f"{minute:g}" for minute in course.readings)
    return f"{len(course.readings)} sets of vital signs, at minute {at}."
