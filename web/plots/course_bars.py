"""The course of a session as a protocol plans it: its phases as bands, and a line where vital signs are due;
one row for each version, on one edge; pure.

Minutes are counted from the patient's arrival in the chair. What the phases are called is said beside them.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate
from typing import Final, Literal

from web.plots.scale import Scale

Phase = Literal["preparation", "infusion", "observation", "turnover"]

WIDTH: Final = 1000
MOST_TICKS: Final = 7
MINUTES_APART: Final = (10, 15, 30, 60, 120, 240)


@dataclass(frozen=True)
class Course:
    """The phases with their minutes, in their order, and the minutes at which readings are due."""

    phases: Sequence[tuple[Phase, int]]
    readings: Sequence[float]

    @property
    def minutes(self) -> int:
        return sum(minutes for _, minutes in self.phases)


@dataclass(frozen=True)
class Band:
    x: float
    width: float
    phase: Phase


@dataclass(frozen=True)
class CourseRow:
    bands: list[Band]
    readings: list[float]


@dataclass(frozen=True)
class CourseBars:
    """A row for each course; `ticks` are the minutes along the edge, evenly apart from end to end."""

    rows: list[CourseRow]
    ticks: list[int]


def course_bars(courses: Sequence[Course]) -> CourseBars:
    longest = max([1, *(course.minutes for course in courses)])
    apart = next((each for each in MINUTES_APART if longest <= each * (MOST_TICKS - 1)), MINUTES_APART[-1])
    ends = -(-longest // apart) * apart
    across = Scale(0.0, float(ends), 0, WIDTH)
    return CourseBars([_row(course, across) for course in courses], list(range(0, ends + 1, apart)))


def _row(course: Course, across: Scale[float]) -> CourseRow:
    ends = list(accumulate(minutes for _, minutes in course.phases))
    return CourseRow(
        bands=[
            Band(*across.span(end - minutes, end), phase)
            for (phase, minutes), end in zip(course.phases, ends, strict=True)
            if minutes
        ],
        readings=[across.at(at) for at in course.readings],
    )
