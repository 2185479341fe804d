"""Which visits a disruption breaks, minute by minute: what each holds that it can no longer have. Pure.

Told of the day as it is after the disruption (`day.disrupted`). A visit that is told here can't stay
as it is; one that isn't can, as long as those that are told make room.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import pairwise
from typing import Any

from scheduler.finding.availability import Interval, Supply, complement, union
from scheduler.repairing.day import Day, Held


class Cause(StrEnum):
    AWAY = "away"  # the resource isn't there
    TAKEN = "taken"  # a visit that takes longer is in the way
    TOO_EARLY = "too_early"  # the visit can't begin yet


@dataclass(frozen=True)
class Break:
    """From when until when one visit lacks one resource that it holds; without a resource: its own start."""

    visit: Any
    cause: Cause
    start: int
    end: int
    resource: Any = None
    phase: str = ""
    because: tuple[Any, ...] = ()  # the visits that are in the way


def broken(day: Day) -> list[Break]:
    """Every break of the disrupted day, by visit in order of start, then by time."""
    held: dict[Any, list[Held]] = {}
    for visit in day.visits:
        for part in visit.holds():
            held.setdefault(part.resource, []).append(part)
    found = [
        *(
            Break(visit.key, Cause.TOO_EARLY, visit.start, min(visit.not_before, visit.end))
            for visit in day.visits
            if visit.not_before is not None and visit.start < visit.not_before
        ),
        *(fault for supply in day.supplies for fault in _faults(supply, held.get(supply.key, []), day)),
    ]
    order = {visit.key: (visit.start, place) for place, visit in enumerate(day.visits)}
    return sorted(found, key=lambda fault: (order[fault.visit], fault.start, fault.end, fault.phase))


def _faults(supply: Supply, held: Sequence[Held], day: Day) -> Iterator[Break]:
    ahead = [part for part in held if part.end > day.since]
    for part in ahead:
        low, high = max(part.start, day.since), part.end
        for start, end in complement(supply.open, low, high):
            yield Break(part.visit, Cause.AWAY, start, end, supply.key, part.phase)
    longer = {visit.key for visit in day.visits if visit.longer}
    for start, end in _overfull(supply, ahead, day.since):
        there = [part for part in ahead if part.start < end and start < part.end]
        # Those that take longer stay; the others are in their way. Among themselves, all are.
        waiting = [part for part in there if part.visit not in longer] or there
        for part in waiting:
            low, high = max(start, part.start), min(end, part.end)
            because = dict.fromkeys(
                other.visit
                for other in there
                if other.visit in longer - {part.visit} and other.start < high and low < other.end
            )
            yield Break(part.visit, Cause.TAKEN, low, high, supply.key, part.phase, tuple(because))


def _overfull(supply: Supply, held: Sequence[Held], since: int) -> list[Interval]:
    """The minutes from `since` on in which more is held than there is."""
    changes: dict[int, int] = {}
    taken = [(box.start, box.end, box.high - box.low) for box in supply.taken]
    for start, end, units in [*taken, *((part.start, part.end, part.units) for part in held)]:
        if max(start, since) < end:
            changes[max(start, since)] = changes.get(max(start, since), 0) + units
            changes[end] = changes.get(end, 0) - units
    load = 0
    over: list[Interval] = []
    moments = sorted(changes)
    for moment, following in pairwise(moments):
        load += changes[moment]
        if load > supply.capacity:
            over.append((moment, following))
    return union(over)
