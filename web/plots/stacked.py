"""Bars of several parts, one below the other on one scale: such as side effects by grade; pure.

Parts are told apart by tone and pattern, which a grey print keeps.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from web.plots import lanes
from web.plots.marks import Tick
from web.plots.scale import Scale, numbers, rounded_out, step_of


@dataclass(frozen=True)
class Part:
    """`kind` is the name of its pattern."""

    kind: str
    amount: float
    words: str


@dataclass(frozen=True)
class Bar:
    words: str
    told: str
    parts: Sequence[Part]


@dataclass(frozen=True)
class Drawn:
    kind: str
    x: float
    width: float
    words: str


@dataclass(frozen=True)
class Row:
    """One lane; `short` are its words for a phone."""

    words: str
    short: str
    words_y: float
    told: str
    y: float
    parts: list[Drawn]


@dataclass(frozen=True)
class Stacked:
    rows: list[Row]
    ticks: list[Tick]
    height: float
    view: str
    bar_height: float = lanes.BAR


def stacked(bars: Sequence[Bar], *, unit: str = "", top: float | None = None) -> Stacked:
    """All on one scale, from nothing to `top`, or to a round number above the longest bar."""
    longest = max((sum(part.amount for part in bar.parts) for bar in bars), default=0.0) or 1.0
    end = top or rounded_out(0, longest, step_of(0, longest))[1]
    across = Scale(0.0, float(end), 0, lanes.WIDTH)
    return Stacked(
        rows=[_row(place, bar, across) for place, bar in enumerate(bars)],
        ticks=[Tick(across.at(value), f"{value:g}{unit}") for value in numbers(0, end)],
        height=lanes.height_of(len(bars)),
        view=lanes.view_of(len(bars)),
    )


def _row(place: int, bar: Bar, across: Scale[float]) -> Row:
    parts, before = [], 0.0
    for part in bar.parts:
        if part.amount:
            parts.append(
                Drawn(part.kind, *across.span(before, before + part.amount), f"{bar.words}, {part.words}")
            )
        before += part.amount
    words = lanes.fitting(bar.words, bar.told, most=lanes.MOST_AT_A_DESK)
    return Row(
        words, lanes.fitting(bar.words, bar.told), lanes.words_at(place), bar.told, lanes.bar_at(place), parts
    )
