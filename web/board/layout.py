"""A day laid out from left to right in columns of five minutes: where everything on the board stands. Pure.

What is laid out are minutes since the epoch, so a day of 23 or 25 hours is that long here too; only what is
written above the columns is read off the clinic's wall. A nurse's load is `load`'s, a week `week`'s; who may
do what with a block, and its words, are the view's.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.finding.availability import GRID_MINUTES, Interval, complement, moment_of, union

STEP: Final = GRID_MINUTES
EDGE: Final = 30  # the board begins and ends with a half hour: most zones' hours lie on one
TICK: Final = 15  # some zones' hours begin at a quarter past another's
LEAST_GAP: Final = 30  # a shorter one has room neither for a word nor for a finger
MOST_COLUMNS: Final = 384  # 32 hours: the longest day, and who is there past midnight (board_grid.css)


@dataclass(frozen=True)
class Place:
    """The columns that something takes: so many (`long`) from column `first` on, counted from 0."""

    first: int
    long: int

    @property
    def classes(self) -> str:
        """As the classes of board_grid.css."""
        return f"from-{self.first} long-{self.long}"


@dataclass(frozen=True)
class Tick:
    """A whole hour on the clinic's wall."""

    place: Place
    label: str


@dataclass(frozen=True)
class Away:
    """A stretch in which somebody is not there or something is not in use, and the word for it."""

    start: int
    end: int
    word: str


@dataclass(frozen=True)
class Shade:
    """Columns in which nothing can be, and why."""

    place: Place
    word: str


@dataclass(frozen=True)
class Phase:
    name: str
    start: int
    end: int


@dataclass(frozen=True)
class Band:
    """A phase inside its block: as many columns as it takes there."""

    name: str
    long: int


@dataclass(frozen=True)
class Line:
    """The board's time: `columns` of five minutes from minute `opens` on."""

    opens: int
    columns: int

    @classmethod
    def around(cls, spans: Iterable[Interval]) -> "Line | None":
        """From the first of these minutes to the last, on whole half hours; None where there are none."""
        merged = union(spans)
        if not merged:
            return None
        opens = merged[0][0] // EDGE * EDGE
        columns = -(-(merged[-1][1] - opens) // EDGE) * EDGE // STEP
        return cls(opens, min(columns, MOST_COLUMNS))

    @property
    def closes(self) -> int:
        return self.opens + self.columns * STEP

    def holds(self, minute: int) -> bool:
        return self.opens <= minute < self.closes

    def column(self, minute: int) -> int:
        """The column in which this minute lies; what lies beside the board is at its edge."""
        return min(max((minute - self.opens) // STEP, 0), self.columns)

    def place(self, start: int, end: int) -> Place:
        """All columns that [start, end) touches."""
        first, last = self.column(start), self.column(end + STEP - 1)
        return Place(first, last - first)

    def ticks(self, zone: str) -> Iterator[Tick]:
        """The whole hours. In the night in which clocks go back one of them comes twice."""
        wall = ZoneInfo(zone)
        hours = []
        for minute in range(-(-self.opens // TICK) * TICK, self.closes, TICK):
            local = moment_of(minute).astimezone(wall)
            if local.minute == 0:
                hours.append((minute, f"{local:%H:%M}"))
        for (minute, label), (until, _) in pairwise([*hours, (self.closes, "")]):
            yield Tick(self.place(minute, until), label)

    def bands(self, phases: Iterable[Phase], start: int, end: int) -> tuple[Band, ...]:
        """The phases that lie inside a block from `start` to `end`, in columns."""
        places = [
            (phase.name, self.place(max(phase.start, start), min(phase.end, end)).long)
            for phase in phases
            if phase.start < end and start < phase.end
        ]
        return tuple(Band(name, long) for name, long in places if long)


def shades(
    open: Sequence[Interval], away: Sequence[Away], line: Line, *, closed: str, between: str
) -> list[Shade]:
    """What of the line is not open, with the word for it: of `away` the first that holds, or else `closed`
    before the first and after the last hours, and `between` two of them."""
    hours = union(open)
    pieces = []
    for start, end in complement(hours, line.opens, line.closes):
        inside = hours and hours[0][1] <= start and end <= hours[-1][0]
        edges = sorted({start, end, *_edges_between(away, start, end)})
        for low, high in pairwise(edges):
            word = next((each.word for each in away if each.start <= low < each.end), None)
            pieces.append((low, high, word or (between if inside else closed)))
    return [
        Shade(line.place(low, high), word)
        for low, high, word in _joined(pieces)
        if line.place(low, high).long
    ]


def gaps(open: Sequence[Interval], taken: Iterable[Interval], line: Line, *, since: int) -> list[Interval]:
    """The stretches from `since` on that are open and free, on the grid and long enough to be shown."""
    low = max(line.opens, _up(since))
    if low >= line.closes:
        return []
    shut = complement(open, low, line.closes)
    free = [(_up(start), end // STEP * STEP) for start, end in complement([*shut, *taken], low, line.closes)]
    return [(start, end) for start, end in free if end - start >= LEAST_GAP]


def by_name(name: str) -> list[tuple[int, int | str]]:
    """A key that sorts Chair 2 before Chair 10."""
    parts = re.split(r"(\d+)", name.casefold())
    return [(0, int(part)) if part.isdigit() else (1, part) for part in parts if part]


def _edges_between(away: Iterable[Away], start: int, end: int) -> Iterator[int]:
    return (edge for each in away for edge in (each.start, each.end) if start < edge < end)


def _joined(pieces: Iterable[tuple[int, int, str]]) -> list[tuple[int, int, str]]:
    """Pieces in order, those that touch and say the same as one."""
    runs: list[tuple[int, int, str]] = []
    for low, high, word in pieces:
        goes_on = runs and runs[-1][1:] == (low, word)
        runs.append((runs.pop()[0] if goes_on else low, high, word))
    return runs


def _up(minute: int) -> int:
    return -(-minute // STEP) * STEP
