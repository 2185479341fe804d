"""Cuts a visit's needs into rectangles of units x time that collide with nothing. Pure.

A nurse's units are interchangeable: whether a need fits is a matter of the summed load per minute. The
database, though, keeps rectangles apart, so a need that fits must be laid into units that are free. One
range of units for the whole need is taken where there is one; otherwise the need changes units at the
edge of another claim. Because every minute is filled on its own, packing succeeds exactly when the
summed load stays within the capacity at every minute.

Times are whole minutes since the epoch, ranges are half-open [). What fits when is in `availability`.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise


@dataclass(frozen=True)
class Need:
    """So many units from `start` to `end`, wherever they lie. `name` is handed through to the rectangles."""

    start: int
    end: int
    units: int
    name: str = ""


@dataclass(frozen=True)
class Rectangle:
    """Units `low` to `high` from `start` to `end`."""

    start: int
    end: int
    low: int
    high: int
    name: str = ""


def pack(needs: Iterable[Need], *, taken: Iterable[Rectangle], capacity: int) -> list[Rectangle] | None:
    """Rectangles that cover every need and touch no taken one, or `None` when some minute has no room."""
    occupied = list(taken)
    laid: list[Rectangle] = []
    for need in needs:
        if need.units == 0 or need.start == need.end:
            continue
        pieces = _whole(need, occupied, capacity) or _cut(need, occupied, capacity)
        if pieces is None:
            return None
        laid += pieces
        occupied += pieces
    return laid


def _whole(need: Need, occupied: Sequence[Rectangle], capacity: int) -> list[Rectangle] | None:
    """The lowest single range of units that stays free throughout."""
    in_the_way = [box for box in occupied if box.start < need.end and need.start < box.end]
    for low in range(capacity - need.units + 1):
        high = low + need.units
        if all(high <= box.low or box.high <= low for box in in_the_way):
            return [Rectangle(need.start, need.end, low, high, need.name)]
    return None


def _cut(need: Need, occupied: Sequence[Rectangle], capacity: int) -> list[Rectangle] | None:
    """Unit by unit, keeping the units in hand as long as they stay free."""
    in_the_way = [box for box in occupied if box.start < need.end and need.start < box.end]
    edges = {need.start, need.end}
    for box in in_the_way:
        edges |= {edge for edge in (box.start, box.end) if need.start < edge < need.end}
    moments = sorted(edges)

    held: set[int] = set()
    since: dict[int, int] = {}
    stretches: list[tuple[int, int, int]] = []  # (start, end, unit)
    for start, end in pairwise(moments):
        busy = {
            unit
            for box in in_the_way
            if box.start < end and start < box.end
            for unit in range(box.low, box.high)
        }
        free = [unit for unit in range(capacity) if unit not in busy]
        if len(free) < need.units:
            return None
        kept = [unit for unit in free if unit in held]
        chosen = set((kept + [unit for unit in free if unit not in held])[: need.units])
        stretches += [(since.pop(unit), start, unit) for unit in held - chosen]
        since |= dict.fromkeys(chosen - held, start)
        held = chosen
    stretches += [(since[unit], need.end, unit) for unit in held]
    return _joined(stretches, need.name)


def _joined(stretches: Iterable[tuple[int, int, int]], name: str) -> list[Rectangle]:
    """Neighbouring units with the same start and end become one rectangle."""
    rectangles: list[Rectangle] = []
    for start, end, unit in sorted(stretches):
        last = rectangles[-1] if rectangles else None
        if last and (last.start, last.end, last.high) == (start, end, unit):
            rectangles[-1] = Rectangle(start, end, last.low, unit + 1, name)
        else:
            rectangles.append(Rectangle(start, end, unit, unit + 1, name))
    return rectangles
