"""Lines through a picture as SVG writes them (`points`), from places that are reckoned already; pure."""

from collections.abc import Iterable, Sequence
from itertools import pairwise

Place = tuple[float, float]


def polyline(places: Iterable[Place]) -> str:
    """The places as the `points` of a polyline or a polygon."""
    return " ".join(f"{x},{y}" for x, y in places)


def band(edges: Sequence[tuple[float, float, float]]) -> str:
    """The outline between an upper and a lower edge, given as (x, upper, lower): a polygon's `points`."""
    there = [(x, upper) for x, upper, _ in edges]
    back = [(x, lower) for x, _, lower in reversed(edges)]
    return polyline([*there, *back])


def stair(places: Sequence[Place]) -> list[Place]:
    """The corners of a line that keeps each level until the next place."""
    corners = list(places[:1])
    for (_, level), (x, y) in pairwise(places):
        corners += [(x, level), (x, y)]
    return corners
