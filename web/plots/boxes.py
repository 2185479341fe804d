"""How something is spread, one box below the other on one scale, with a mark for what was planned; pure.

The box holds the middle half, the stroke in it is the median, the whiskers reach from the fifth to the
ninety-fifth of a hundred: one visit that took all day doesn't stretch them.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from web.plots import lanes
from web.plots.marks import Tick
from web.plots.scale import Scale, numbers, rounded_out, step_of


@dataclass(frozen=True)
class Spread:
    """Five values in rising order, and what was planned, if anything was."""

    words: str
    told: str
    low: float
    first_quartile: float
    median: float
    third_quartile: float
    high: float
    planned: float | None = None


@dataclass(frozen=True)
class Row:
    """One lane; `short` are its words for a phone."""

    words: str
    short: str
    whole: str
    words_y: float
    told: str
    y: float
    middle: float
    foot: float
    low: float
    high: float
    box: float
    box_width: float
    median: float
    planned: float | None
    planned_words: str


@dataclass(frozen=True)
class Boxes:
    rows: list[Row]
    ticks: list[Tick]
    height: float
    view: str
    bar_height: float = lanes.BAR


def boxes(spreads: Sequence[Spread], *, unit: str = "") -> Boxes:
    """All on one scale that begins at nothing, or below it where a value lies there."""
    values = [value for each in spreads for value in (each.low, each.high, each.planned or 0.0)]
    low, high = min([0.0, *values]), max([1.0, *values])
    low, high = rounded_out(low, high, step_of(low, high))
    across = Scale(float(low), float(high), 0, lanes.WIDTH)
    return Boxes(
        rows=[_row(place, each, across, unit) for place, each in enumerate(spreads)],
        ticks=[Tick(across.at(value), f"{value:g}") for value in numbers(low, high)],
        height=lanes.height_of(len(spreads)),
        view=lanes.view_of(len(spreads)),
    )


def _row(place: int, each: Spread, across: Scale[float], unit: str) -> Row:
    top = lanes.bar_at(place)
    box, box_width = across.span(each.first_quartile, each.third_quartile)
    return Row(
        words=lanes.fitting(each.words, each.told, most=lanes.MOST_AT_A_DESK),
        short=lanes.fitting(each.words, each.told),
        whole=f"{each.words}: {each.told}",
        words_y=lanes.words_at(place),
        told=each.told,
        y=top,
        middle=top + lanes.BAR / 2,
        foot=top + lanes.BAR,
        low=across.at(each.low),
        high=across.at(each.high),
        box=box,
        box_width=box_width,
        median=across.at(each.median),
        planned=None if each.planned is None else across.at(each.planned),
        planned_words="" if each.planned is None else f"Planned: {each.planned:g}{unit}",
    )
