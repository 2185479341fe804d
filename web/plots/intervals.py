"""Shares with the intervals in which the truth lies, one below the other on one scale; pure.

The point is what was counted, the stroke its interval: with few to count the stroke is long, and nobody takes
the point for the truth.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from web.plots import lanes
from web.plots.marks import Tick
from web.plots.scale import Scale, numbers, rounded_out, step_of


@dataclass(frozen=True)
class Estimate:
    """A share from 0 to 1 with its interval, none of nothing. `hollow` sets a second kind of figure apart
    from the first one, by its shape."""

    words: str
    told: str
    share: float | None
    low: float = 0.0
    high: float = 0.0
    hollow: bool = False


@dataclass(frozen=True)
class Row:
    """One lane; `short` are its words for a phone."""

    words: str
    short: str
    whole: str
    words_y: float
    told: str
    y: float
    point: float | None
    low: float
    high: float
    hollow: bool


@dataclass(frozen=True)
class Intervals:
    rows: list[Row]
    ticks: list[Tick]
    height: float
    view: str


def intervals(estimates: Sequence[Estimate]) -> Intervals:
    """All on one scale, from nothing to a round share above the highest end."""
    highest = max((each.high for each in estimates if each.share is not None), default=1.0)
    top = min(rounded_out(0, highest * 100, step_of(0, highest * 100 or 1))[1] or 100, 100)
    across = Scale(0.0, float(top), 0, lanes.WIDTH)
    return Intervals(
        rows=[_row(place, each, across) for place, each in enumerate(estimates)],
        ticks=[Tick(across.at(share), f"{share:g} %") for share in numbers(0, top)],
        height=lanes.height_of(len(estimates)),
        view=lanes.view_of(len(estimates)),
    )


def _row(place: int, each: Estimate, across: Scale[float]) -> Row:
    return Row(
        words=lanes.fitting(each.words, each.told, most=lanes.MOST_AT_A_DESK),
        short=lanes.fitting(each.words, each.told),
        whole=f"{each.words}: {each.told}",
        words_y=lanes.words_at(place),
        told=each.told,
        y=lanes.bar_at(place) + lanes.BAR / 2,
        point=None if each.share is None else across.at(each.share * 100),
        low=across.at(each.low * 100),
        high=across.at(each.high * 100),
        hollow=each.hollow,
    )
