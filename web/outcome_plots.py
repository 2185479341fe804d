"""One patient's scores, and how long a cohort's responses last, as pictures: points and lines in the
picture's own units. Templates draw them as SVG; the table below each picture says the same in words.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final

from clinic import clock
from sessions_app.outcomes.chart import Line

WIDTH: Final = 640
HEIGHT: Final = 200
FEWEST_DAYS: Final = 28  # a picture of one day would be a single post
MOST_TICKS: Final = 5
TICK_DAYS: Final = (7, 14, 28, 56, 112, 364)
PUBLISHED_DAYS: Final = 56  # durability is told of 4 and 8 weeks; a shorter curve would look like a long one
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


@dataclass(frozen=True)
class Curve:
    """The share of responders who still respond, day by day, as a stair; where a watch ended is marked."""

    path: str
    censored: list[Mark]
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

    ticks = [first + timedelta(days=days) for days in _ticks(span)]
    return [_plot(line, given, ticks, across) for line in lines]


def curve(steps: Sequence[Mapping[str, Any]]) -> Curve | None:
    """The steps of a frozen report's Kaplan-Meier curve; none where nobody was followed."""
    if not steps:
        return None
    span = max(steps[-1]["day"], PUBLISHED_DAYS)

    def across(day: int) -> float:
        return round(day / span * WIDTH, 1)

    def up(share: float) -> float:
        return round(HEIGHT * (1 - share), 1)

    left = 1.0
    corners = [(across(0), up(left))]
    censored = []
    for step in steps:
        corners.append((across(step["day"]), up(left)))
        left = float(step["survival"])
        corners.append((across(step["day"]), up(left)))
        if step["censored"]:
            words = f"Day {step['day']}: {step['censored']} watched no longer"
            censored.append(Mark(across(step["day"]), up(left), words))
    return Curve(
        path=" ".join(f"{x},{y}" for x, y in corners),
        censored=censored,
        rules=[Mark(0, up(share / 100), f"{share} %") for share in (0, 25, 50, 75, 100)],
        days=[Mark(across(days), HEIGHT, str(days)) for days in _ticks(span)],
        words=f"Over {steps[-1]['day']} days the share still responding falls to {left:.0%}.",
    )


def _ticks(span: int) -> list[int]:
    """Days from the first on, whole weeks apart, few enough that their words don't touch."""
    apart = next((days for days in TICK_DAYS if span <= days * MOST_TICKS), span)
    return list(range(0, span + 1, apart))


def _plot(line: Line, given: Sequence[date], ticks: Sequence[date], across: Across) -> Plot:
    instrument = line.instrument
    top = max(instrument.high if instrument.code != "midas" else 0, *(point.score for point in line.points))

    def up(score: int) -> float:
        return round(HEIGHT * (1 - (score - instrument.low) / max(top - instrument.low, 1)), 1)

    points = [
        Mark(across(point.on), up(point.score), f"{point.score} on {point.on:%b} {point.on.day}")
        for point in line.points
    ]
    lows = [band.low for band in instrument.bands if instrument.low < band.low <= top]
    lows = lows or [(instrument.low + top) // 2]
    last = line.points[-1]
    count = len(line.points)
    return Plot(
        line=line,
        path=" ".join(f"{point.x},{point.y}" for point in points),
        points=points,
        infusions=[Mark(across(day), HEIGHT, f"Infusion, {day:%b} {day.day}") for day in given],
        rules=[Mark(0, up(low), str(low)) for low in (instrument.low, *lows, top)],
        days=[Mark(across(day), HEIGHT, f"{day:%b} {day.day}") for day in ticks],
        words=f"{instrument.title}: {count} score{'' if count == 1 else 's'}, the last {last.score}"
        f" on {last.on:%b} {last.on.day}; {len(given)} infusion{'' if len(given) == 1 else 's'}.",
    )
