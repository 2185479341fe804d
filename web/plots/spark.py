"""A sign's last hour as a line the size of a word; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from web.plots.marks import Mark
from web.plots.paths import band, polyline
from web.plots.scale import Scale

WIDTH: Final = 120
HEIGHT: Final = 28
EDGE: Final = 4  # so that the dot at the end is whole


@dataclass(frozen=True)
class Spark:
    """The line, or the band between two of them, and the newest value."""

    line: str
    band: str
    newest: Mark


@dataclass(frozen=True)
class Point:
    """What was measured at a moment; of a pressure both, of anything else the same twice."""

    at: datetime
    high: float
    low: float


def spark(points: Sequence[Point], *, first: datetime, last: datetime, least: float) -> Spark:
    """The points, of which there is at least one, between two moments. `least` is the height that they fill
    at the least: less would make a small change look great."""
    low, high = min(point.low for point in points), max(point.high for point in points)
    margin = max(least - (high - low), 0) / 2
    across = Scale(first, last, EDGE, WIDTH - EDGE)
    up = Scale(low - margin, high + margin, HEIGHT - EDGE, EDGE)
    edges = [(across.at(point.at), up.at(point.high), up.at(point.low)) for point in points]
    x, y, _ = edges[-1]
    return Spark(
        line=polyline((x, upper) for x, upper, _ in edges),
        band=band(edges) if any(upper != lower for _, upper, lower in edges) else "",
        newest=Mark(x, y, ""),
    )
