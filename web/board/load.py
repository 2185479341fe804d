"""A nurse's day as a strip: how many of her units are taken, minute by minute. Pure.

Read from the rectangles that her claims are, so the strip shows what booking counts. Minutes since the epoch.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from scheduler.finding.packing import Rectangle


@dataclass(frozen=True)
class Step:
    """Minutes in which the same load lies on her."""

    start: int
    end: int
    units: int


@dataclass(frozen=True)
class Strip:
    """Her load in steps; where she has none, there is no step. `capacity` is her limit."""

    steps: tuple[Step, ...]
    capacity: int

    @property
    def most(self) -> int:
        return max((step.units for step in self.steps), default=0)

    @property
    def full_minutes(self) -> int:
        """For how long she has no unit left."""
        return sum(step.end - step.start for step in self.steps if step.units >= self.capacity)


def strip(taken: Iterable[Rectangle], capacity: int, low: int, high: int) -> Strip:
    """The load of these rectangles in [low, high)."""
    changes: dict[int, int] = {}
    for box in taken:
        start, end = max(box.start, low), min(box.end, high)
        if start < end:
            changes[start] = changes.get(start, 0) + box.high - box.low
            changes[end] = changes.get(end, 0) - (box.high - box.low)
    steps: list[Step] = []
    load, since = 0, low
    for minute in sorted(changes):
        if changes[minute] == 0:
            continue
        if load:
            steps.append(Step(since, minute, load))
        load, since = load + changes[minute], minute
    return Strip(tuple(steps), capacity)
