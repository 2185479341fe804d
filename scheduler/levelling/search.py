"""A layout made more level by taking a few visits out and putting them back better, again and again. Pure."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Final

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scheduler.levelling.laying_out import Kind, Layout, Numbers, Placed

MOST_TAKEN_OUT: Final = 4
SEED: Final = 20270111


@dataclass(frozen=True)
class _Outline:
    """What is the same of a kind however the day is laid: where it may start, its load, and for each start
    the units on duty beside it and the minutes past closing."""

    columns: Numbers
    shape: Numbers
    spare: Numbers
    overtime: Numbers


class Search:
    """Takes a few visits out of a layout and puts them back better, until the rounds are over."""

    def __init__(self, layout: Layout, closing: int) -> None:
        self.layout, self.closing = layout, closing
        self.random = np.random.default_rng(SEED)
        self.duty = layout.nurses.duty.sum(axis=0)
        self.waiting: list[Kind] = []
        self.outlines: dict[Kind, _Outline] = {}

    def begin(self, starts: Sequence[tuple[int, Kind, int]], demand: Counter[Kind]) -> None:
        """As the programme would have it; who doesn't fit nurse by nurse is put where it is best."""
        left = demand.copy()
        for column, kind, count in starts:
            for _ in range(count):
                if self.layout.place(kind, column):
                    left[kind] -= 1
        self.waiting = list(left.elements())
        self._place_waiting()

    def improve(self, rounds: int, *, until: float, until_placed: bool = False) -> bool:
        """Whether all rounds were gone through before this moment of the monotonic clock."""
        best = self.order()
        for _ in range(rounds):
            if not self.layout.placed or (until_placed and not self.waiting):
                break
            if monotonic() >= until:
                return False
            before, waiting = self.layout.remembered(), list(self.waiting)
            for placed in self._some():
                self.layout.remove(placed)
                self.waiting.append(placed.kind)
            self._place_waiting()
            order = self.order()
            if order <= best:
                best = order
            else:
                self.layout.go_back(before)
                self.waiting = waiting
        return True

    def _some(self) -> list[Placed]:
        """A few visits; every other time of those under way at the busiest minute."""
        placed = self.layout.placed
        if self.random.random() < 0.5:
            busiest = int(self.layout.nurses.load.argmax())
            under_way = [one for one in placed if one.chairs[0].start <= busiest < one.chairs[-1].end]
            placed = under_way or placed
        count = min(int(self.random.integers(1, MOST_TAKEN_OUT + 1)), len(placed))
        return [placed[index] for index in self.random.choice(len(placed), count, replace=False)]

    def _place_waiting(self) -> None:
        """In any order, each where it is best; who finds no place goes on waiting."""
        left = []
        for index in self.random.permutation(len(self.waiting)):
            kind = self.waiting[index]
            if not any(self.layout.place(kind, column) for column in self._best_first(kind)):
                left.append(kind)
        self.waiting = left

    def _best_first(self, kind: Kind) -> list[int]:
        """The columns at which the load of all nurses together leaves room, by what the day would become."""
        if kind not in self.outlines:
            self.outlines[kind] = self._outline(kind)
        outline = self.outlines[kind]
        if not outline.columns.size:
            return []
        load = self.layout.nurses.load
        beside = sliding_window_view(load, outline.shape.size)[outline.columns]
        fits = (beside <= outline.spare).all(axis=1)
        columns, beside = outline.columns[fits], beside[fits]
        peak = np.maximum((beside + outline.shape).max(axis=1), load.max())
        squares = (2 * beside * outline.shape).sum(axis=1)
        return columns[np.lexsort((columns, squares, outline.overtime[fits], peak))].tolist()

    def _outline(self, kind: Kind) -> _Outline:
        grid, visit = self.layout.grid, kind.visit
        shape = np.zeros(visit.minutes // grid.grain, dtype=np.int64)
        for phase in visit.nurse_needs:
            shape[phase.start // grid.grain : phase.end // grid.grain] = phase.units
        last = grid.count - (visit.minutes + visit.turnover) // grid.grain
        columns = np.array([column for column in grid.starts if column <= last], dtype=np.int64)
        if not columns.size:
            return _Outline(columns, shape, columns, columns)
        past = grid.low + (columns + shape.size) * grid.grain - self.closing
        return _Outline(
            columns,
            shape,
            spare=sliding_window_view(self.duty, shape.size)[columns] - shape,
            overtime=np.clip(past, 0, visit.minutes),
        )

    def order(self) -> tuple[int, int, int, int]:
        """Less is better: visits without a place, peak, overtime, sum of squares."""
        load = self.layout.nurses.load
        past = self.layout.clinicians.load[max(self.layout.grid.column(self.closing), 0) :]
        grain = self.layout.grid.grain
        peak, squares = int(load.max(initial=0)), int((load**2).sum()) * grain
        return len(self.waiting), peak, int(past.sum()) * grain, squares
