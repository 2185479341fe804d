"""Visits laid into a day one by one, each with a chair, its nurses and a clinician: room as arrays. Pure.

The same rules as in booking, for days that are only tried out: a chair for the whole block, each phase with
one nurse who has room for all of it, a clinician until discharge; nurses and clinicians change inside a phase
only where the giving one's hours end or the taking one's begin. What is worth trying is `template`'s.

Times are whole minutes since the epoch. An array has a column for every `grain` minutes from `low` on.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from math import gcd

import numpy as np
from numpy.typing import NDArray

from scheduler.finding.availability import GRID_MINUTES, Supply, Visit
from scheduler.finding.packing import Need, pack

Numbers = NDArray[np.int64]


@dataclass(frozen=True)
class Kind:
    """Visits that are alike: the same phases, the same chairs to choose from."""

    key: Hashable
    visit: Visit
    chairs: frozenset[Hashable]


@dataclass(frozen=True)
class Share:
    """One resource's part in a booked visit, in minutes."""

    key: Hashable
    start: int
    end: int
    units: int


@dataclass(frozen=True)
class Booked:
    """A visit as it stands in the book, with what it holds."""

    kind: Kind
    start: int
    chairs: tuple[Share, ...]
    nurses: tuple[Share, ...]
    clinicians: tuple[Share, ...]


@dataclass(frozen=True)
class Grid:
    """The columns of a day: `count` of them, `grain` minutes each, from `low` on."""

    low: int
    grain: int
    count: int

    @classmethod
    def over(cls, supplies: Iterable[Supply], visits: Iterable[Visit], *, closing: int) -> "Grid":
        """Columns so fine that each opening, claim and phase, and the closing, is at the edge of one."""
        edges = []
        for supply in supplies:
            edges += [edge for interval in supply.open for edge in interval]
            edges += [edge for box in supply.taken for edge in (box.start, box.end)]
        lengths = [
            length
            for visit in visits
            for length in (visit.preparation, visit.infusion, visit.observation, visit.turnover)
        ]
        if not edges:
            return cls(0, GRID_MINUTES, 0)
        grain = gcd(*edges, *lengths, closing)
        return cls(min(edges), grain, (max(edges) - min(edges)) // grain)

    def column(self, minute: int) -> int:
        return (minute - self.low) // self.grain

    def minute(self, column: int) -> int:
        return self.low + column * self.grain

    @property
    def starts(self) -> range:
        """The columns at which a visit may start: on the five-minute grid of booking."""
        if self.grain % GRID_MINUTES == 0:
            return range(self.count)
        # Booking offers starts every five minutes only, however fine the columns are.
        step = GRID_MINUTES // gcd(self.grain, GRID_MINUTES)
        return range(next(c for c in range(step) if self.minute(c) % GRID_MINUTES == 0), self.count, step)


@dataclass(frozen=True)
class Stint:
    """One resource's part in a visit, in columns: a row of its kind's array, and the units that it takes."""

    row: int
    start: int
    end: int
    units: int


@dataclass(frozen=True)
class Placed:
    """A visit in its place, with all that it takes."""

    kind: Kind
    column: int
    chairs: tuple[Stint, ...]
    nurses: tuple[Stint, ...]
    clinicians: tuple[Stint, ...]


@dataclass(frozen=True)
class Memory:
    """What a layout looked like at one moment."""

    free: tuple[Numbers, ...]
    placed: tuple[Placed, ...]


class Room:
    """What one kind of resource has free in every column, a row for each."""

    def __init__(self, supplies: Sequence[Supply], grid: Grid) -> None:
        self.supplies = supplies
        self.rows = {supply.key: row for row, supply in enumerate(supplies)}
        self.begins: list[set[int]] = []
        self.ends: list[set[int]] = []
        self.duty: Numbers = np.zeros((len(supplies), grid.count), dtype=np.int64)
        for row, supply in enumerate(supplies):
            hours = [(grid.column(start), grid.column(end)) for start, end in supply.open]
            self.begins.append({start for start, _ in hours})
            self.ends.append({end for _, end in hours})
            for start, end in hours:
                self.duty[row, start:end] = supply.capacity
        self.edges = sorted(set().union(*self.begins, *self.ends))
        self.free: Numbers = self.duty.copy()
        for row, supply in enumerate(supplies):
            for box in supply.taken:
                self.free[row, grid.column(box.start) : grid.column(box.end)] -= box.high - box.low

    @property
    def load(self) -> Numbers:
        """Units taken in every column, of all rows together."""
        return (self.duty - self.free).sum(axis=0)

    def serve(
        self,
        start: int,
        end: int,
        units: int,
        *,
        first: Sequence[int] | None = None,
        after: int | None = None,
    ) -> list[Stint] | None:
        """Who could give so many units from `start` to `end`: one if possible, else by turns at shift edges.

        Of several rather one who is busy then anyhow, so that whole nurses stay free to prepare; then the one
        who serves already (`after`). `first` are those who may begin, where not all may. None when nobody
        can.
        """
        if start >= end or units == 0:
            return []
        asked = range(len(self.supplies)) if first is None else first
        able = [row for row in asked if self.free[row, start:end].min() >= units]
        if able:
            row = min(able, key=lambda row: (self._idle(row, start, end), row != after, row))
            return [Stint(row, start, end, units)]
        for edge in self.edges[bisect_right(self.edges, start) : bisect_left(self.edges, end)]:
            beginning = [row for row, begins in enumerate(self.begins) if edge in begins]
            for row in asked:
                if self.free[row, start:edge].min() < units:
                    continue
                takers = None if edge in self.ends[row] else beginning
                rest = self.serve(edge, end, units, first=takers, after=row)
                if rest:
                    return [Stint(row, start, edge, units), *rest]
        return None

    def take(self, stints: Iterable[Stint]) -> None:
        for stint in stints:
            self.free[stint.row, stint.start : stint.end] -= stint.units

    def give_back(self, stints: Iterable[Stint]) -> None:
        for stint in stints:
            self.free[stint.row, stint.start : stint.end] += stint.units

    def _idle(self, row: int, start: int, end: int) -> bool:
        return bool((self.free[row, start:end] == self.supplies[row].capacity).all())


class Layout:
    """A day's room with the visits that were placed in it so far, besides what was taken before."""

    def __init__(
        self,
        grid: Grid,
        *,
        chairs: Sequence[Supply],
        nurses: Sequence[Supply],
        clinicians: Sequence[Supply],
    ) -> None:
        self.grid = grid
        self.chairs = Room(chairs, grid)
        self.nurses = Room(nurses, grid)
        self.clinicians = Room(clinicians, grid)
        self.placed: list[Placed] = []
        self._suitable: dict[Kind, Numbers] = {}

    def place(self, kind: Kind, column: int) -> Placed | None:
        """Lay a visit that starts at this column; None, and nothing changed, where it doesn't fit.

        The grid has to be as fine as this kind of visit asks for.
        """
        visit, grain = kind.visit, self.grid.grain
        end = column + visit.minutes // grain
        block_end = end + visit.turnover // grain
        if block_end > self.grid.count:
            return None
        chair = self._free_chair(kind, column, block_end)
        if chair is None:
            return None
        clinicians = self.clinicians.serve(column, end, 1)
        if clinicians is None:
            return None
        nurses: list[Stint] = []
        for phase in visit.nurse_needs:
            turns = self.nurses.serve(
                column + phase.start // grain,
                column + phase.end // grain,
                phase.units,
                after=nurses[-1].row if nurses else None,
            )
            if turns is None:
                return None
            nurses += turns
        placed = Placed(kind, column, (Stint(chair, column, block_end, 1),), tuple(nurses), tuple(clinicians))
        self.put(placed)
        return placed

    def stand(self, visit: Booked) -> None:
        """Put a booked visit where it is in the book."""
        self.put(
            Placed(
                visit.kind,
                self.grid.column(visit.start),
                tuple(self._stint(self.chairs, share) for share in visit.chairs),
                tuple(self._stint(self.nurses, share) for share in visit.nurses),
                tuple(self._stint(self.clinicians, share) for share in visit.clinicians),
            )
        )

    def put(self, placed: Placed) -> None:
        """Take what a visit takes; it has to be free."""
        self.chairs.take(placed.chairs)
        self.nurses.take(placed.nurses)
        self.clinicians.take(placed.clinicians)
        self.placed.append(placed)

    def remove(self, placed: Placed) -> None:
        self.chairs.give_back(placed.chairs)
        self.nurses.give_back(placed.nurses)
        self.clinicians.give_back(placed.clinicians)
        self.placed.remove(placed)

    def remembered(self) -> "Memory":
        rooms = (self.chairs, self.nurses, self.clinicians)
        return Memory(tuple(room.free.copy() for room in rooms), tuple(self.placed))

    def go_back(self, memory: "Memory") -> None:
        """As it was when this was remembered."""
        for room, free in zip((self.chairs, self.nurses, self.clinicians), memory.free, strict=True):
            room.free[:] = free
        self.placed = list(memory.placed)

    @property
    def holds(self) -> bool:
        """Nothing is taken that isn't there, as may be where a capacity was lowered after the day."""
        return all(bool((room.free >= 0).all()) for room in (self.chairs, self.nurses, self.clinicians))

    def fill(self, kind: Kind) -> int:
        """Place as many visits of this kind as fit, each at the earliest start; how many these were."""
        count = 0
        for column in self.grid.starts:
            while self.place(kind, column):
                count += 1
        return count

    def as_supplies(self) -> tuple[list[Supply], list[Supply], list[Supply]]:
        """Chairs, nurses and clinicians with every placed visit packed into rectangles, as when booked."""
        stints = (
            (self.chairs, [stint for placed in self.placed for stint in placed.chairs]),
            (self.nurses, [stint for placed in self.placed for stint in placed.nurses]),
            (self.clinicians, [stint for placed in self.placed for stint in placed.clinicians]),
        )
        chairs, nurses, clinicians = (
            [
                self._packed(supply, [s for s in given if s.row == row])
                for row, supply in enumerate(room.supplies)
            ]
            for room, given in stints
        )
        return chairs, nurses, clinicians

    def _free_chair(self, kind: Kind, column: int, block_end: int) -> int | None:
        """The first suitable chair that nobody has in any of these columns."""
        if kind not in self._suitable:
            rows = [row for row, chair in enumerate(self.chairs.supplies) if chair.key in kind.chairs]
            self._suitable[kind] = np.array(rows, dtype=np.int64)
        suitable = self._suitable[kind]
        free = np.flatnonzero(self.chairs.free[suitable, column:block_end].min(axis=1) >= 1)
        return int(suitable[free[0]]) if free.size else None

    def _stint(self, room: Room, share: Share) -> Stint:
        start, end = self.grid.column(share.start), self.grid.column(share.end)
        return Stint(room.rows[share.key], start, end, share.units)

    def _packed(self, supply: Supply, stints: Sequence[Stint]) -> Supply:
        needs = [Need(self.grid.minute(s.start), self.grid.minute(s.end), s.units) for s in stints]
        laid = pack(needs, taken=supply.taken, capacity=supply.capacity)
        if laid is None:  # the summed load fits, so the rectangles do
            raise AssertionError("a load that fits could not be packed")
        return Supply(supply.key, supply.capacity, supply.open, [*supply.taken, *laid])
