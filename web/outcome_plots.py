"""One patient's scores as pictures: points and lines in the picture's own units. Templates draw them as SVG;
the table below each picture says the same in words.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from clinic import clock
from sessions_app.outcomes.chart import Line
from web.plots.marks import Mark, Rule, Tick
from web.plots.paths import polyline
from web.plots.scale import MOST, Scale, days

WIDTH: Final = 640
HEIGHT: Final = 200
# Of the small ones, many beside each other: as wide as a card on a phone, so that their words stay readable.
SMALL_WIDTH: Final = 300
SMALL_HEIGHT: Final = 88
SMALL_MOST: Final = 4  # days named at their lower edge
FEWEST_DAYS: Final = 28  # a picture of one day would be a single post


@dataclass(frozen=True)
class Plot:
    """One instrument's picture, `width` by `height`, with the infusions at its foot."""

    line: Line
    path: str
    points: list[Mark]
    infusions: list[Mark]
    rules: list[Rule]
    days: list[Tick]
    words: str
    width: int = WIDTH
    height: int = HEIGHT


def plots(lines: Sequence[Line], infusions: Sequence[datetime], zone: str) -> list[Plot]:
    """A picture for each instrument, all with the same days across."""
    return _plots(lines, infusions, zone, (WIDTH, HEIGHT), MOST)


def small_plots(lines: Sequence[Line], infusions: Sequence[datetime], zone: str) -> list[Plot]:
    """The same as small multiples: to be looked at side by side, and read in the large ones."""
    return _plots(lines, infusions, zone, (SMALL_WIDTH, SMALL_HEIGHT), SMALL_MOST)


def _plots(
    lines: Sequence[Line], infusions: Sequence[datetime], zone: str, size: tuple[int, int], most: int
) -> list[Plot]:
    width, height = size
    given = [clock.local_date(at, zone) for at in infusions]
    seen = [*given, *(point.on for line in lines for point in line.points)]
    if not seen:
        return []
    first = min(seen)
    across = Scale(first, max(*seen, first + timedelta(days=FEWEST_DAYS)), 0, width)
    return [_plot(line, given, across, height, most) for line in lines]


def _plot(line: Line, given: Sequence[date], across: Scale[date], height: int, most: int) -> Plot:
    instrument = line.instrument
    top = max(instrument.high if instrument.code != "midas" else 0, *(point.score for point in line.points))
    up = Scale(instrument.low, top, height, 0)
    points = [
        Mark(across.at(point.on), up.at(point.score), f"{point.score} on {point.on:%b} {point.on.day}")
        for point in line.points
    ]
    lows = [band.low for band in instrument.bands if instrument.low < band.low <= top]
    lows = lows or [(instrument.low + top) // 2]
    last = line.points[-1]
    count = len(line.points)
    return Plot(
        line=line,
        path=polyline((point.x, point.y) for point in points),
        points=points,
        infusions=[Mark(across.at(day), height, f"Infusion, {day:%b} {day.day}") for day in given],
        rules=[Rule(up.at(low), str(low)) for low in (instrument.low, *lows, top)],
        days=[
            Tick(across.at(day), f"{day:%b} {day.day}") for day in days(across.low, across.high, most=most)
        ],
        words=f"{instrument.title}: {count} score{'' if count == 1 else 's'}, the last {last.score}"
        f" on {last.on:%b} {last.on.day}; {len(given)} infusion{'' if len(given) == 1 else 's'}.",
        width=int(across.end),
        height=height,
    )
