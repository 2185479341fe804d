"""Hours of some days as bars, one row a day: what stays, what is new, what goes; pure.

Stretches of a day are minutes on its wall, from 0 to 1440. The rows share one edge of round hours, as long as
their stretches need. The words beside each row are said by whoever asks.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, floor
from typing import Final, Literal

from scheduler.finding.availability import Interval, union
from scheduler.working_hours.hours import except_for, in_both
from web.plots.scale import Scale

Kind = Literal["kept", "gained", "lost"]

WIDTH: Final = 1000
HEIGHT: Final = 20
MOST_TICKS: Final = 7
HOURS_APART: Final = (1, 2, 3, 4, 6)
USUAL: Final = (8 * 60, 18 * 60)  # an edge where nobody works


@dataclass(frozen=True)
class Bar:
    x: float
    width: float
    kind: Kind


@dataclass(frozen=True)
class WeekBars:
    """A row of bars for each day, and the edge: its hours, and where those between its ends stand."""

    rows: list[list[Bar]]
    ticks: list[str]
    lines: list[float]


def week_bars(days: Sequence[tuple[Sequence[Interval], Sequence[Interval]]]) -> WeekBars:
    """Draw days, each with its stretches so far and then."""
    every = union(stretch for was, becomes in days for stretch in (*was, *becomes))
    apart, low, high = _edge(every)
    across = Scale(low * 60.0, high * 60.0, 0, WIDTH)
    hours = range(low, high + 1, apart)
    return WeekBars(
        rows=[_row(union(was), union(becomes), across) for was, becomes in days],
        ticks=[f"{hour:02}" for hour in hours],
        lines=[across.at(hour * 60) for hour in hours[1:-1]],
    )


def _row(was: Sequence[Interval], becomes: Sequence[Interval], across: Scale[float]) -> list[Bar]:
    kinds: list[tuple[Kind, Iterable[Interval]]] = [
        ("kept", in_both(was, becomes)),
        ("gained", except_for(becomes, was)),
        ("lost", except_for(was, becomes)),
    ]
    return [Bar(*across.span(start, end), kind) for kind, stretches in kinds for start, end in stretches]


def _edge(every: Sequence[Interval]) -> tuple[int, int, int]:
    """How many hours two ticks are apart, and the first and the last hour: multiples of it."""
    first = min((start for start, _ in every), default=USUAL[0])
    last = max((end for _, end in every), default=USUAL[1])
    for apart in HOURS_APART:
        low, high = floor(first / 60 / apart) * apart, ceil(last / 60 / apart) * apart
        if (high - low) // apart < MOST_TICKS:
            break
    return apart, low, high
