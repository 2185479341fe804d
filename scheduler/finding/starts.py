"""Every start of a visit in a window, worked out for all minutes at once. Pure.

Time is cut into slots of one length: the grid's five minutes, or one minute when an edge in the window lies
off the grid. Only the hours in which some chair is open are laid out, each stretch of them followed by one
slot in which none is, so that a year is some 30,000 slots and no visit reaches over a night. For each
resource and slot `_ahead` tells for how long from there it is open with room for so many units; a visit
fits where that is long enough for what it needs, phase by phase.

A phase, or a clinician's supervision, may change hands where a shift ends or begins (`_relayed`;
docs/decisions/0005-nurse-hand-offs.md). Who then serves is `serving`'s; what blocks one start is told by
`availability.shortfall`. Minutes are whole and since the epoch (UTC), ranges half-open [).
"""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from math import gcd
from typing import Any

import numpy as np
from numpy.typing import NDArray

from scheduler.finding.availability import GRID_MINUTES, Interval, Supply, Visit, union
from scheduler.finding.packing import Need, Rectangle

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True, eq=False)
class Stock:
    """Resources of one kind as arrays: what each has, when it works, what of it is taken.

    A resource's place is its position in `keys`. Make one with `laid` or `of`: what it is open for in two
    pieces that touch is one stretch of work, and no shift edge lies between them.
    """

    keys: tuple[Any, ...]
    capacity: Numbers  # one for each key
    opened: Numbers  # rows of place, start, end
    taken: Numbers  # rows of place, start, end, low unit, high unit; both in the order of places

    @classmethod
    def laid(cls, keys: Sequence[Any], capacity: Numbers, opened: Numbers, taken: Numbers) -> "Stock":
        """From openings in any order; those of one resource may touch or overlap. `taken` goes by place."""
        opened = opened[opened[:, 1] < opened[:, 2]]
        opened = opened[np.lexsort((opened[:, 1], opened[:, 0]))]
        # Of one resource after the other: each resource's minutes on a day of its own, so to speak.
        apart = np.int64(opened[:, 2].max(initial=0) - opened[:, 1].min(initial=0) + 1)
        ends = np.maximum.accumulate(opened[:, 2] + opened[:, 0] * apart)
        first = np.ones(len(opened), np.bool_)
        first[1:] = (opened[1:, 1] + opened[1:, 0] * apart) > ends[:-1]
        last = np.append(first[1:], True)[: len(opened)]
        merged = opened[first]
        merged[:, 2] = (ends - opened[:, 0] * apart)[last]
        return cls(tuple(keys), capacity, merged, taken)

    @classmethod
    def of(cls, supplies: Sequence[Supply]) -> "Stock":
        opened = [(place, *span) for place, supply in enumerate(supplies) for span in supply.open]
        taken = [
            (place, box.start, box.end, box.low, box.high)
            for place, supply in enumerate(supplies)
            for box in supply.taken
        ]
        return cls.laid(
            [supply.key for supply in supplies],
            np.array([supply.capacity for supply in supplies], np.int64),
            np.array(opened, np.int64).reshape(-1, 3),
            np.array(taken, np.int64).reshape(-1, 5),
        )

    def supplies(self, low: int, high: int) -> list[Supply]:
        """Each resource by itself, with what is open and taken at some time in [low, high)."""
        opened: list[list[Interval]] = [[] for _ in self.keys]
        for place, start, end in _touching(self.opened, low, high).tolist():
            opened[place].append((start, end))
        taken: list[list[Rectangle]] = [[] for _ in self.keys]
        for place, *box in _touching(self.taken, low, high).tolist():
            taken[place].append(Rectangle(*box))
        return [
            Supply(key, capacity, spans, boxes)
            for key, capacity, spans, boxes in zip(
                self.keys, self.capacity.tolist(), opened, taken, strict=True
            )
        ]

    def part(self, first: int, last: int) -> "Stock":
        """The resources whose places are in [first, last)."""
        opened, taken = (
            rows[slice(*np.searchsorted(rows[:, 0], (first, last)))] for rows in (self.opened, self.taken)
        )
        return Stock(
            self.keys[first:last],
            self.capacity[first:last],
            opened - np.array([first, 0, 0]),
            taken - np.array([first, 0, 0, 0, 0]),
        )

    def only(self, keys: Collection[Any]) -> "Stock":
        """The resources with these keys, in the same order."""
        places = [place for place, key in enumerate(self.keys) if key in keys]
        moved = np.full(len(self.keys), -1)
        moved[places] = np.arange(len(places))
        opened, taken = self.opened.copy(), self.taken.copy()
        opened[:, 0], taken[:, 0] = moved[opened[:, 0]], moved[taken[:, 0]]
        return Stock(
            tuple(self.keys[place] for place in places),
            self.capacity[places],
            opened[opened[:, 0] >= 0],
            taken[taken[:, 0] >= 0],
        )


@dataclass(frozen=True, eq=False)
class Feasible:
    """All starts of a visit, earliest first, and which chairs and which single nurses could serve each."""

    minutes: Numbers
    visit: Visit
    _step: int
    _slots: Numbers  # of the starts
    _chairs: Numbers  # (chairs, slots): for how many slots it is free from there
    _nurses: dict[int, Numbers]  # by units, (nurses, slots): for how many slots she has that room

    @cached_property
    def chairs(self) -> Flags:
        """(chairs, starts): the chair is free for the whole block."""
        return self._lasting(self._chairs, self.visit.chair_needs)

    @cached_property
    def whole(self) -> Flags:
        """(nurses, starts): the nurse could serve the whole visit alone."""
        lasting = np.ones((len(next(iter(self._nurses.values()), ())), len(self.minutes)), np.bool_)
        for need in self.visit.nurse_needs:
            lasting &= self._lasting(self._nurses[need.units], [need])
        return lasting

    def _lasting(self, ahead: Numbers, needs: Iterable[Need]) -> Flags:
        spans = [(need.start // self._step, need.end // self._step) for need in needs]
        lasting = [ahead[:, self._slots + start] >= end - start for start, end in spans]
        return np.logical_and.reduce(lasting)


def feasible(
    visit: Visit,
    *,
    chairs: Stock,
    nurses: Stock,
    clinicians: Stock,
    busy: Iterable[Interval] = (),
    forbidden: Iterable[Interval] = (),
    low: int,
    high: int,
    grid: int = GRID_MINUTES,
) -> Feasible:
    """Every grid minute in [low, high) at which the visit can start.

    One chair is free for the whole block; in every phase there is a nurse with room, or nurses who hand over
    at the edges of shifts; so is there a clinician all the while. `busy` are the patient's other visits; no
    start lies in a `forbidden` range (spacing). One nurse alone serves the whole visit.
    """
    low, high = _up(low, grid), _up(high, grid)
    reach = max(need.end for need in visit.chair_needs)
    step = _step(visit, [chairs, nurses, clinicians], low, high + _up(reach, grid), grid)
    line = _Line.of(chairs, low, high + _up(reach, grid), step)

    chair_ahead = _ahead(_room(chairs, line) >= 1)
    possible = np.logical_and.reduce([_served(chair_ahead, need, step) for need in visit.chair_needs])
    nurse_room, shifts = _room(nurses, line), _Shifts.of(nurses, line)
    nurse_ahead = {units: _ahead(nurse_room >= units) for units in {n.units for n in visit.nurse_needs}}
    for need in visit.nurse_needs:
        possible &= _served(nurse_ahead[need.units], need, step, shifts)
    clinician_shifts = _Shifts.of(clinicians, line)
    clinician_ahead = _ahead(_room(clinicians, line) >= 1)
    for need in visit.clinician_needs:
        possible &= _served(clinician_ahead, need, step, clinician_shifts)

    slots = np.flatnonzero(possible)
    minutes = line.minutes(slots)
    elsewhere = [(start - visit.minutes + 1, end) for start, end in busy]
    allowed = (minutes >= low) & (minutes < high) & ~_inside([*elsewhere, *forbidden], minutes)
    if step != grid:
        allowed &= minutes % grid == 0
    return Feasible(minutes[allowed], visit, step, slots[allowed], chair_ahead, nurse_ahead)


@dataclass(frozen=True, eq=False)
class _Line:
    """The hours in which some chair is open, laid one behind the other as slots. Behind each stretch there is
    one slot that stands for the time in which none is; it is all there is where no chair is open at all."""

    begins: Numbers  # minutes; `ends` and `first` (slot) beside
    ends: Numbers
    first: Numbers
    width: int
    step: int

    @classmethod
    def of(cls, chairs: Stock, low: int, high: int, step: int) -> "_Line":
        starts, ends = np.maximum(chairs.opened[:, 1], low), np.minimum(chairs.opened[:, 2], high)
        order = np.argsort(starts)
        order = order[(starts < ends)[order]]
        starts, ends = starts[order], np.maximum.accumulate(ends[order])
        apart = np.flatnonzero(starts[1:] > ends[:-1])
        begins = starts[np.concatenate(([0], apart + 1))] if len(starts) else starts
        closes = ends[np.concatenate((apart, [len(ends) - 1]))] if len(ends) else ends
        slots = (closes - begins) // step + 1
        return cls(begins, closes, np.cumsum(slots) - slots, max(int(slots.sum()), 1), step)

    def slot(self, minutes: Numbers) -> Numbers:
        """Which slot begins at each minute; for one between two stretches, the slot between them."""
        if not len(self.begins):
            return np.zeros_like(minutes)
        stretch = np.maximum(np.searchsorted(self.begins, minutes, "right") - 1, 0)
        within = np.clip(minutes, self.begins[stretch], self.ends[stretch]) - self.begins[stretch]
        return self.first[stretch] + within // self.step

    def minutes(self, slots: Numbers) -> Numbers:
        stretch = np.searchsorted(self.first, slots, "right") - 1
        return self.begins[stretch] + (slots - self.first[stretch]) * self.step


@dataclass(frozen=True, eq=False)
class _Shifts:
    """Where on the line somebody of one kind comes or goes."""

    slots: Numbers
    coming: Flags  # (resources, slots)
    going: Flags

    @classmethod
    def of(cls, stock: Stock, line: _Line) -> "_Shifts":
        place = stock.opened[:, 0]
        starts, ends = line.slot(stock.opened[:, 1]), line.slot(stock.opened[:, 2])
        slots = np.unique(np.concatenate((starts, ends)))
        coming = np.zeros((len(stock.keys), len(slots)), np.bool_)
        going = coming.copy()
        coming[place, np.searchsorted(slots, starts)] = True
        going[place, np.searchsorted(slots, ends)] = True
        return cls(slots, coming, going)

    def only(self, which: Flags) -> "_Shifts":
        return _Shifts(self.slots[which], self.coming[:, which], self.going[:, which])


def _step(visit: Visit, stocks: Iterable[Stock], low: int, high: int, grid: int) -> int:
    """The longest slot that divides the grid and at whose edges everything in [low, high) begins and ends."""
    edges = [edge for stock in stocks for edge in (stock.opened[:, 1:3].ravel(), stock.taken[:, 1:3].ravel())]
    remainders = np.flatnonzero(np.bincount(np.clip(np.concatenate(edges), low, high) % grid))
    needs = [*visit.chair_needs, *visit.nurse_needs, *visit.clinician_needs]
    return gcd(grid, *remainders.tolist(), *(edge for need in needs for edge in (need.start, need.end)))


def _room(stock: Stock, line: _Line) -> Numbers:
    """(resources, slots): the units that are at work and free; none or fewer where it is closed."""
    changes: NDArray[np.int32] = np.zeros(len(stock.keys) * line.width, np.int32)
    for rows, units in (
        (stock.opened, stock.capacity[stock.opened[:, 0]]),
        (stock.taken, stock.taken[:, 3] - stock.taken[:, 4]),
    ):
        base = rows[:, 0] * line.width
        np.add.at(changes, base + line.slot(rows[:, 1]), units.astype(np.int32))
        np.subtract.at(changes, base + line.slot(rows[:, 2]), units.astype(np.int32))
    room: Numbers = np.cumsum(changes.reshape(len(stock.keys), line.width), axis=1, dtype=np.int32)
    return room


def _ahead(free: Flags) -> Numbers:
    """(resources, slots): how many slots on end are free, from each one on."""
    width = free.shape[1]
    slots = np.arange(width, dtype=np.int32)
    taken: Numbers = np.where(free, np.int32(width), slots)
    np.minimum.accumulate(taken[:, ::-1], axis=1, out=taken[:, ::-1])
    return taken - slots


def _behind(free: Flags, slots: Numbers) -> Numbers:
    """(resources, `slots`): how many slots on end are free right before each of these."""
    last = np.where(free, np.int32(-1), np.arange(free.shape[1], dtype=np.int32))
    np.maximum.accumulate(last, axis=1, out=last)
    return np.where(slots > 0, slots - 1 - last[:, slots - 1], 0)


def _served(ahead: Numbers, need: Need, step: int, shifts: "_Shifts | None" = None) -> Flags:
    """From which slots on a visit has somebody for this need, or several who hand over where shifts end."""
    start, end = need.start // step, need.end // step
    from_then = ahead.max(axis=0, initial=0) >= end - start
    if shifts is not None:
        from_then |= _relayed(ahead, shifts, end - start)
    from_now = np.zeros_like(from_then)
    from_now[: max(len(from_then) - start, 0)] = from_then[start:]
    return from_now


def _relayed(ahead: Numbers, shifts: _Shifts, length: int) -> Flags:
    """From which slots on `length` slots can be served with hand-overs, each at the end of the giving or at
    the beginning of the taking one's shift."""
    width = ahead.shape[1]
    starts = np.zeros(width + 1, np.int64)
    behind = _behind(ahead > 0, shifts.slots)
    useful: Flags = np.any(behind > 0, axis=0) & np.any(ahead[:, shifts.slots] > 0, axis=0)
    if not useful.any():
        return starts[:width] > 0
    shifts, behind = shifts.only(useful), behind[:, useful]
    anyone, comer = _reach(ahead, shifts)
    for giving, reach in (
        ((behind > 0) & shifts.going, anyone),  # who goes hands over to anybody,
        (behind > 0, comer),  # and anybody to who comes
    ):
        first = np.where(giving, shifts.slots - behind, width).min(axis=0)
        end = np.minimum(shifts.slots, reach - length + 1)
        found = first < end
        np.add.at(starts, first[found], 1)
        np.subtract.at(starts, end[found], 1)
    return np.cumsum(starts)[:width] > 0


def _reach(ahead: Numbers, shifts: _Shifts) -> tuple[Numbers, Numbers]:
    """Up to which slot one can be served from each shift edge on: by anybody, and by those who come then.

    Each round lets everybody hand over once more, until nobody gets further for it.
    """
    slots, count = shifts.slots, len(shifts.slots)
    own = np.where(ahead[:, slots] > 0, slots + ahead[:, slots], 0)
    # The edge at which she goes, if her time ends there, and the edges that she passes or just reaches.
    at = np.minimum(np.searchsorted(slots, own), count - 1)
    goes = (slots[at] == own) & shifts.going[np.arange(len(own))[:, None], at]
    after = np.arange(1, count + 1)
    until = np.maximum(np.searchsorted(slots, own, "right"), after)
    ranges = np.stack((np.broadcast_to(after, until.shape), until), axis=-1).ravel()
    far = own
    while True:
        anyone, comer = far.max(axis=0), np.where(shifts.coming, far, 0).max(axis=0)
        passing = np.maximum.reduceat(np.append(comer, 0), ranges)[::2].reshape(own.shape)
        further = np.maximum(np.where(goes, anyone[at], 0), np.where(until > after, passing, 0))
        further = np.where(own > 0, np.maximum(far, further), 0)
        if np.array_equal(further, far):
            return anyone, comer
        far = further


def _touching(rows: Numbers, low: int, high: int) -> Numbers:
    return rows[(rows[:, 1] < high) & (low < rows[:, 2])]


def _inside(intervals: Iterable[Interval], minutes: Numbers) -> Flags:
    """Which minutes lie in some of the intervals."""
    merged = np.array(union(intervals), np.int64).reshape(-1, 2)
    at = np.searchsorted(merged[:, 0], minutes, "right") - 1
    ends = np.append(merged[:, 1], np.iinfo(np.int64).min)  # the last one stands for: before all of them
    return minutes < ends[at]


def _up(minute: int, grid: int) -> int:
    return -(-minute // grid) * grid
