"""What a visit needs, what a resource has, and in which minutes one has room for the other. Pure.

A visit needs, from its start on: a chair through turnover; in each phase a nurse with room for it; a
clinician until discharge. Each need is a `Need` relative to the start (its times count from 0). A resource
that is short of units from minute a to b rules out the starts that would bring the need there.

Which starts are possible is worked out from this for all minutes at once in `starts`, who serves one of them
in `serving`, and what blocks one of them is told by `shortfall`: the same minutes, counted.

Times are whole minutes since the epoch (UTC); ranges are half-open [). Calendar days, spacing among
them, are the caller's to turn into minutes.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any, Final

from scheduler.finding.packing import Need, Rectangle

GRID_MINUTES: Final = 5

Interval = tuple[int, int]


@dataclass(frozen=True)
class Visit:
    """The phases of one visit, in minutes and nursing units."""

    preparation: int
    infusion: int
    observation: int
    turnover: int
    preparation_units: int
    infusion_units: int
    observation_units: int

    @property
    def minutes(self) -> int:
        """Arrival in the chair to discharge."""
        return self.preparation + self.infusion + self.observation

    @property
    def chair_needs(self) -> list[Need]:
        return [Need(0, self.minutes + self.turnover, 1, "whole")]

    @property
    def clinician_needs(self) -> list[Need]:
        return [Need(0, self.minutes, 1, "whole")]

    @property
    def nurse_needs(self) -> list[Need]:
        """The phases that take somebody's time."""
        infusion_at = self.preparation
        observation_at = infusion_at + self.infusion
        phases = [
            Need(0, infusion_at, self.preparation_units, "preparation"),
            Need(infusion_at, observation_at, self.infusion_units, "infusion"),
            Need(observation_at, self.minutes, self.observation_units, "observation"),
        ]
        return [phase for phase in phases if phase.units and phase.start < phase.end]

    def recovering_longer(self, minutes: int) -> "Visit":
        """The same with so many minutes more before the patient goes, or fewer."""
        return replace(self, observation=self.observation + minutes)


@dataclass(frozen=True)
class Supply:
    """One resource: how much of it there is, when it works, what of it is taken."""

    key: Any
    capacity: int
    open: Sequence[Interval]
    taken: Sequence[Rectangle] = ()


@dataclass(frozen=True, order=True)
class Shortfall:
    """By how many minutes one resource misses one visit."""

    closed: int = 0
    overloaded: int = 0

    def __bool__(self) -> bool:
        return bool(self.closed or self.overloaded)


def starts_of(supply: Supply, needs: Sequence[Need], low: int, high: int) -> list[Interval]:
    """The minutes in [low, high) from which this resource could serve all the needs."""
    last = high + max(need.end for need in needs)
    ruled_out: list[Interval] = []
    for need in needs:
        if need.units and need.end > need.start:
            ruled_out += [
                (start - need.end + 1, end - need.start)
                for start, end in _short_of(supply, need.units, low, last)
            ]
    return complement(ruled_out, low, high)


def free_for(supply: Supply, units: int) -> list[Interval]:
    """The minutes in which this resource is at work with room for so many units."""
    opened = union(supply.open)
    if not opened:
        return []
    low, high = opened[0][0], opened[-1][1]
    return complement(_short_of(supply, units, low, high), low, high)


def shortfall(supply: Supply, needs: Sequence[Need], start: int) -> Shortfall:
    """What stands between this resource and a visit at `start`; falsy when nothing does."""
    closed = overloaded = 0
    for need in needs:
        low, high = start + need.start, start + need.end
        if need.units == 0:
            continue
        shut = complement(supply.open, low, high)
        full = _overloaded(supply, need.units, low, high)
        closed += _length(shut)
        overloaded += _length(full)
    return Shortfall(closed, overloaded)


def union(intervals: Iterable[Interval]) -> list[Interval]:
    """The same minutes as sorted intervals that neither touch nor overlap; empty ones are dropped."""
    merged: list[Interval] = []
    for start, end in sorted(interval for interval in intervals if interval[0] < interval[1]):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(merged[-1][1], end))
        else:
            merged.append((start, end))
    return merged


def complement(intervals: Iterable[Interval], low: int, high: int) -> list[Interval]:
    """The minutes of [low, high) that are in none of the intervals."""
    gaps: list[Interval] = []
    at = low
    for start, end in union(intervals):
        if start >= high:
            break
        if start > at:
            gaps.append((at, start))
        at = max(at, end)
    if at < high:
        gaps.append((at, high))
    return gaps


def minute_of(moment: datetime) -> int:
    """Whole minutes since the epoch, seconds cut off."""
    return int(moment.timestamp() // 60)


def moment_of(minute: int) -> datetime:
    return datetime.fromtimestamp(minute * 60, UTC)


def _short_of(supply: Supply, units: int, low: int, high: int) -> list[Interval]:
    """The minutes in which fewer than `units` are at work and free."""
    return union([*complement(supply.open, low, high), *_overloaded(supply, units, low, high)])


def _overloaded(supply: Supply, units: int, low: int, high: int) -> list[Interval]:
    """The minutes of [low, high) in which the load leaves fewer than `units`, open or not."""
    room = supply.capacity - units
    if room < 0:
        return [(low, high)]
    changes: dict[int, int] = {}
    for box in supply.taken:
        start, end = max(box.start, low), min(box.end, high)
        if start < end:
            changes[start] = changes.get(start, 0) + box.high - box.low
            changes[end] = changes.get(end, 0) - (box.high - box.low)
    full: list[Interval] = []
    load = 0
    since: int | None = None
    for moment in sorted(changes):
        load += changes[moment]
        if load > room and since is None:
            since = moment
        elif load <= room and since is not None:
            full.append((since, moment))
            since = None
    return full


def _length(intervals: Iterable[Interval]) -> int:
    return sum(end - start for start, end in intervals)
