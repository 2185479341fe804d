"""When can somebody come? Every feasible start of a visit, from who works when and what is taken. Pure.

A visit needs, from its start on: a chair through turnover; in each phase a nurse with room for all of it;
a clinician until discharge. Each need is a `Need` relative to the start (its times count from 0). A
resource that is short of units from minute a to b rules out the starts that would bring the need there,
so all feasible starts come out of interval arithmetic, without trying any.

Nurses hand over at the edges of phases and nowhere else. Phases follow each other, so a nurse who has room
for each of two has room for both: who can serve is found phase by phase, who does is `who_serves`.

Times are whole minutes since the epoch (UTC); ranges are half-open [). Calendar days, spacing among
them, are the caller's to turn into minutes. What blocks one particular start is told by `shortfall`.
"""

from bisect import bisect_right
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

from scheduler.packing import Need, Rectangle

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


@dataclass(frozen=True)
class Supply:
    """One resource: how much of it there is, when it works, what of it is taken."""

    key: Any
    capacity: int
    open: Sequence[Interval]
    taken: Sequence[Rectangle] = ()


@dataclass(frozen=True)
class Start:
    """A minute at which a visit can start, and which chairs and clinicians could serve it, and which nurses
    each of its phases (in the order of `Visit.nurse_needs`); `idle` are those who have nobody then."""

    minute: int
    chairs: tuple[Any, ...]
    nurses: tuple[tuple[Any, ...], ...]
    idle: tuple[tuple[Any, ...], ...]
    clinicians: tuple[Any, ...]


@dataclass(frozen=True, order=True)
class Shortfall:
    """By how many minutes one resource misses one visit."""

    closed: int = 0
    overloaded: int = 0

    def __bool__(self) -> bool:
        return bool(self.closed or self.overloaded)


def feasible_starts(
    visit: Visit,
    *,
    chairs: Sequence[Supply],
    nurses: Sequence[Supply],
    clinicians: Sequence[Supply],
    patient_busy: Iterable[Interval] = (),
    forbidden: Iterable[Interval] = (),
    low: int,
    high: int,
    grid: int = GRID_MINUTES,
) -> list[Start]:
    """Every grid minute in [low, high) at which the visit can start, earliest first.

    For every phase some nurse has room for all of that phase. `patient_busy` are the patient's own visits;
    no start lies in a `forbidden` range (spacing). Resources are listed in the order
    in which they were given.
    """
    asked = [
        (chairs, visit.chair_needs),
        (clinicians, visit.clinician_needs),
        *((nurses, [phase]) for phase in visit.nurse_needs),
    ]
    served = [
        [(supply.key, starts_of(supply, needs, low, high)) for supply in supplies]
        for supplies, needs in asked
    ]
    elsewhere = [(start - visit.minutes + 1, end) for start, end in patient_busy]
    possible = complement([*elsewhere, *forbidden], low, high)
    for by_key in served:
        possible = _both(possible, union(stretch for _, starts in by_key for stretch in starts))
    having_nobody = [
        [(supply.key, starts_of(supply, [all_of(supply, phase)], low, high)) for supply in nurses]
        for phase in visit.nurse_needs
    ]
    found = []
    for minute in _on_grid(possible, grid):
        chair_keys, clinician_keys, *able = (_keys_at(minute, by_key) for by_key in served)
        idle = tuple(_keys_at(minute, by_key) for by_key in having_nobody)
        found.append(Start(minute, chair_keys, tuple(able), idle, clinician_keys))
    return found


def all_of(supply: Supply, phase: Need) -> Need:
    """The same phase as if it took the whole of a nurse: who has room for this has nobody then."""
    return Need(phase.start, phase.end, supply.capacity, phase.name)


def who_serves(
    able: Sequence[Collection[Any]], idle: Sequence[Collection[Any]], order: Sequence[Any]
) -> tuple[Any, ...]:
    """Who serves each phase, of the nurses able to: exactly the best by three things, one after the other.

    Fewest phases to nurses who have nobody then (`idle`), so that whole nurses stay free to prepare the next
    patient; fewest hand-offs; those first in `order`, the first phase before the second. Every phase needs
    somebody able, and `order` names everybody once.
    """
    # The best way to have come to each nurse of the phase: (idle, hand-offs, places in the order by phase).
    ways: dict[Any, tuple[int, int, tuple[int, ...]]] = {}
    for keys, with_nobody in zip(able, idle, strict=True):
        taken = min(ways.values(), default=(0, -1, ()))
        taken_over = (taken[0], taken[1] + 1, taken[2])
        before = {key: min(taken_over, ways.get(key, taken_over)) for key in order if key in keys}
        ways = {
            key: (woken + (key in with_nobody), hand_offs, (*places, order.index(key)))
            for key, (woken, hand_offs, places) in before.items()
        }
    _, _, places = min(ways.values())
    return tuple(order[place] for place in places)


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


def _both(ours: Sequence[Interval], theirs: Sequence[Interval]) -> list[Interval]:
    """The minutes that are in both; each list sorted and free of overlaps."""
    shared: list[Interval] = []
    mine = yours = 0
    while mine < len(ours) and yours < len(theirs):
        start = max(ours[mine][0], theirs[yours][0])
        end = min(ours[mine][1], theirs[yours][1])
        if start < end:
            shared.append((start, end))
        if ours[mine][1] < theirs[yours][1]:
            mine += 1
        else:
            yours += 1
    return shared


def _keys_at(minute: int, by_key: Iterable[tuple[Any, Sequence[Interval]]]) -> tuple[Any, ...]:
    return tuple(key for key, starts in by_key if _inside(starts, minute))


def _inside(intervals: Sequence[Interval], minute: int) -> bool:
    place = bisect_right(intervals, minute, key=lambda interval: interval[0]) - 1
    return place >= 0 and minute < intervals[place][1]


def _on_grid(intervals: Iterable[Interval], grid: int) -> Iterator[int]:
    for start, end in intervals:
        yield from range(-(-start // grid) * grid, end, grid)


def _length(intervals: Iterable[Interval]) -> int:
    return sum(end - start for start, end in intervals)
