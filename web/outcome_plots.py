"""One patient's scores as a picture: points and lines in the picture's own units. Templates draw them as SVG;
the table beside each picture says the same in words.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

from clinic import clock
from sessions_app.outcomes.chart import Line

WIDTH: Final = 640
HEIGHT: Final = 200
FEWEST_DAYS: Final = 28  # a picture of one day would be a single post
Across = Callable[[date], float]


@dataclass(frozen=True)
class Mark:
    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Plot:
    """One instrument's picture, 640 wide and 200 high, with the infusions at its foot."""

    line: Line
    path: str
    points: list[Mark]
    infusions: list[Mark]
    rules: list[Mark]
    days: list[Mark]
    words: str


def plots(lines: Sequence[Line], infusions: Sequence[datetime], zone: str) -> list[Plot]:
    """A picture for each instrument, all with the same days across."""
    given = [clock.local_date(at, zone) for at in infusions]
    seen = [*given, *(point.on for line in lines for point in line.points)]
    if not seen:
        return []
    first = min(seen)
    span = max((max(seen) - first).days, FEWEST_DAYS)

    def across(day: date) -> float:
        return round((day - first).days / span * WIDTH, 1)

    return [_plot(line, given, [first, max(seen)], across) for line in lines]


def _plot(line: Line, given: Sequence[date], ends: Sequence[date], across: Across) -> Plot:
    instrument = line.instrument
    top = max(instrument.high if instrument.code != "midas" else 0, *(point.score for point in line.points))

    def up(score: int) -> float:
        return round(HEIGHT * (1 - (score - instrument.low) / max(top - instrument.low, 1)), 1)

    points = [
        Mark(across(point.on), up(point.score), f"{point.score} on {point.on:%b} {point.on.day}")
        for point in line.points
    ]
    lows = [band.low for band in instrument.bands if instrument.low < band.low <= top]
    last = line.points[-1]
    count = len(line.points)
    return Plot(
        line=line,
        path=" ".join(f"{point.x},{point.y}" for point in points),
        points=points,
        infusions=[Mark(across(day), HEIGHT, f"Infusion, {day:%b} {day.day}") for day in given],
        rules=[Mark(0, up(low), str(low)) for low in (instrument.low, *lows, top)],
        days=[Mark(across(day), HEIGHT, f"{day:%b} {day.day}") for day in dict.fromkeys(ends)],
        words=f"{instrument.title}: {count} score{'' if count == 1 else 's'}, the last {last.score}"
        f" on {last.on:%b} {last.on.day}; {len(given)} infusion{'' if len(given) == 1 else 's'}.",
    )
