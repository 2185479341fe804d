"""How level is a day, and how level could the same visits be? Measures, a template, and its bound. Pure.

The best template has, of the same visits: first the lowest peak of nursing load, then the fewest minutes past
closing, then the most even load (the least sum of its squares). An integer programme over how many visits of
each kind start when knows the load of all nurses together only, so its peak is a bound that no day can beat.
Its starts are then laid nurse by nurse (`laying_out`) and improved by taking a few visits out and putting
them back better, again and again; what comes out is a day that could be booked. How far its peak is from the
bound is told. The same question has the same answer: the search counts its steps, not seconds.

Who wants to come when is not asked: a template says what the day could hold, not whom to call.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, floor
from typing import Final

import highspy
import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from scheduler.finding.availability import Supply, moment_of
from scheduler.levelling.laying_out import Booked, Grid, Kind, Layout, Numbers, Placed

ROUNDS: Final = 400
MOST_TAKEN_OUT: Final = 4
# A guard against a day that the solver can't do; it needs about a second for twenty visits.
SOLVER_SECONDS: Final = 3.0
SEED: Final = 20270111


@dataclass(frozen=True)
class Day:
    """Who works when on one day, and from which minute on it is overtime. What is taken may be empty."""

    chairs: Sequence[Supply]
    nurses: Sequence[Supply]
    clinicians: Sequence[Supply]
    closing: int

    @property
    def supplies(self) -> list[Supply]:
        return [*self.chairs, *self.nurses, *self.clinicians]

    def emptied(self) -> "Day":
        """The same hours with nothing booked."""
        chairs, nurses, clinicians = (
            [Supply(supply.key, supply.capacity, supply.open) for supply in supplies]
            for supplies in (self.chairs, self.nurses, self.clinicians)
        )
        return Day(chairs, nurses, clinicians, self.closing)

    def layout(self, kinds: Iterable[Kind], grid: Grid | None = None) -> Layout:
        grid = grid or Grid.over(self.supplies, [kind.visit for kind in kinds], closing=self.closing)
        return Layout(grid, chairs=self.chairs, nurses=self.nurses, clinicians=self.clinicians)


@dataclass(frozen=True)
class Step:
    """From this minute until the next step: units of nursing load, and units on duty."""

    minute: int
    load: int
    duty: int

    @property
    def at(self) -> datetime:
        return moment_of(self.minute)


@dataclass(frozen=True)
class Measures:
    """How level a day is, and what it has left."""

    peak: int  # units of nursing load at the busiest minute
    peak_duty: int  # units on duty then
    minutes_nobody_free: int  # nurses are at work, and none has room to prepare a patient
    minutes_full: int  # every unit on duty is taken
    chair_minutes: int
    chair_open_minutes: int
    overtime_minutes: int  # of all visits together, past closing
    more: int  # visits of the commonest kind that still fit, booked one after the other
    steps: tuple[Step, ...]

    @property
    def chair_use(self) -> float:
        """Share of the chairs' open time that is taken, turnover included."""
        return self.chair_minutes / self.chair_open_minutes if self.chair_open_minutes else 0.0

    @property
    def order(self) -> tuple[int, int, int]:
        """Less is more level: peak, overtime, sum of squares."""
        spans = zip(self.steps, self.steps[1:], strict=False)
        squares = sum((after.minute - step.minute) * step.load**2 for step, after in spans)
        return self.peak, self.overtime_minutes, squares


@dataclass(frozen=True)
class Template:
    """The most level day that was found, packed nurse by nurse, and the peak that no day can beat."""

    day: Day
    starts: tuple[tuple[int, Kind], ...]  # (minute, kind) of every visit, by time
    peak_bound: int


def measure(day: Day, *, commonest: Kind) -> Measures:
    """What `day` looks like as it is taken. Also lays as many visits more as fit, without keeping them."""
    layout = day.layout([commonest])
    grain = layout.grid.grain
    load, duty = layout.nurses.load, layout.nurses.duty.sum(axis=0)
    working = duty > 0
    room = (layout.nurses.free >= commonest.visit.preparation_units).any(axis=0)
    busiest = int(np.lexsort((duty, -load))[0]) if load.size else 0
    overtime = layout.clinicians.load[max(layout.grid.column(day.closing), 0) :]
    chair_open = int(layout.chairs.duty.sum()) * grain
    return Measures(
        peak=int(load[busiest]) if load.size else 0,
        peak_duty=int(duty[busiest]) if load.size else 0,
        minutes_nobody_free=int((working & ~room).sum()) * grain,
        minutes_full=int((working & (load >= duty)).sum()) * grain,
        chair_minutes=int(layout.chairs.load.sum()) * grain,
        chair_open_minutes=chair_open,
        overtime_minutes=int(overtime.sum()) * grain,
        steps=_steps(layout.grid, load, duty),
        more=layout.fill(commonest),
    )


def level(day: Day, visits: Sequence[Booked], *, rounds: int = ROUNDS) -> Template | None:
    """The most level day that was found for these visits; `day` is as they take it.

    None where the programme finds no way to hold all of them, or none in time.
    """
    empty, demand = day.emptied(), Counter(visit.kind for visit in visits)
    layout = empty.layout(demand)
    wanted = _Programme(layout, demand, day.closing).most_level()
    if wanted is None:
        return None
    search = _Search(layout, day.closing)
    search.begin(wanted.starts)
    search.improve(rounds)
    again = _Search(_standing(day, visits), day.closing)
    if again.layout.holds and again.order() < search.order():
        # Too full a day to be laid from nothing: better from how it stands.
        again.improve(rounds)
        search = again
    if search.waiting:
        return None
    layout = search.layout
    chairs, nurses, clinicians = layout.as_supplies()
    starts = [(layout.grid.minute(placed.column), placed.kind) for placed in layout.placed]
    return Template(
        Day(chairs, nurses, clinicians, day.closing),
        tuple(sorted(starts, key=lambda start: start[0])),
        wanted.peak_bound,
    )


def room_for_more(
    day: Day, visits: Sequence[Booked], commonest: Kind, *, rounds: int = ROUNDS
) -> tuple[int, int]:
    """How many more of the commonest kind the day could hold if all its visits might be moved.

    The first number were packed nurse by nurse; more than the second no layout can hold. In between nobody
    knows.
    """
    layout = _standing(day, visits)
    packed = layout.fill(commonest)
    demand = Counter(visit.kind for visit in visits)
    empty = day.emptied()
    bound = _Programme(empty.layout(demand), demand, day.closing, more=commonest).most_visits()
    at_most = packed if bound is None else max(bound - len(visits), packed)
    search = _Search(layout, day.closing)
    while packed < at_most:
        search.waiting = [commonest]
        search.improve(rounds, until_placed=True)
        if search.waiting:
            break
        packed += 1
    return packed, at_most


def _standing(day: Day, visits: Sequence[Booked]) -> Layout:
    """The visits where they are in the book, in a grid as fine as they ask for."""
    kinds = {visit.kind for visit in visits}
    grid = Grid.over(day.supplies, [kind.visit for kind in kinds], closing=day.closing)
    layout = day.emptied().layout(kinds, grid)
    for visit in visits:
        layout.stand(visit)
    return layout


def _steps(grid: Grid, load: Numbers, duty: Numbers) -> tuple[Step, ...]:
    """One step wherever something changes, and one at the end."""
    steps: list[Step] = []
    for column, (units, on_duty) in enumerate(zip(load.tolist(), duty.tolist(), strict=True)):
        if not steps or (steps[-1].load, steps[-1].duty) != (units, on_duty):
            steps.append(Step(grid.minute(column), units, on_duty))
    return (*steps, Step(grid.minute(grid.count), 0, 0))


@dataclass(frozen=True)
class _Wanted:
    """What the programme asks for: so many of a kind from a column on; and the lowest peak there can be."""

    starts: list[tuple[int, Kind, int]]
    peak_bound: int


class _Programme:
    """How many visits of each kind start at each column, all nurses and chairs taken together."""

    def __init__(
        self, layout: Layout, demand: Mapping[Kind, int], closing: int, *, more: Kind | None = None
    ) -> None:
        """Of the kind `more` there may be any number above the demand."""
        self.layout, self.demand, self.closing, self.more = layout, demand, closing, more
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
        self.solver.setOptionValue("time_limit", SOLVER_SECONDS)
        duty = layout.nurses.duty.sum(axis=0)
        self.peak = self._column(int(duty.max(initial=0)))
        self.counts = {
            (kind, column): self._column(len(kind.chairs) if kind == more else count)
            for kind, count in demand.items()
            for column in layout.grid.starts
            if column + self._columns(kind.visit.minutes + kind.visit.turnover) <= layout.grid.count
        }
        self._write_rows(duty)

    def most_visits(self) -> int | None:
        """More visits than this no layout can hold; None when not even the demand fits."""
        values, bound = self._minimise(dict.fromkeys(self.counts.values(), -1.0))
        return None if values is None else floor(-bound + 1e-6)

    def most_level(self) -> _Wanted | None:
        """The lowest peak, then with it the least overtime; None when the visits don't fit at all."""
        values, bound = self._minimise({self.peak: 1.0})
        if values is None:
            return None
        overtime = {index: cost for key, index in self.counts.items() if (cost := self._overtime(*key))}
        if overtime:
            self.solver.changeColBounds(self.peak, 0.0, float(round(values[self.peak])))
            self.solver.changeColsCost(1, np.array([self.peak], np.int32), np.zeros(1))
            values = self._minimise(overtime)[0] or values
        starts = [
            (column, kind, round(values[index]))
            for (kind, column), index in self.counts.items()
            if round(values[index])
        ]
        return _Wanted(sorted(starts, key=lambda start: start[0]), ceil(bound - 1e-6))

    def _minimise(self, costs: Mapping[int, float]) -> tuple[list[float] | None, float]:
        for index, cost in costs.items():
            self.solver.changeColCost(index, cost)
        self.solver.run()
        info = self.solver.getInfo()
        if info.primal_solution_status != highspy.SolutionStatus.kSolutionStatusFeasible:
            return None, 0.0
        return list(self.solver.getSolution().col_value), info.mip_dual_bound

    def _write_rows(self, duty: Numbers) -> None:
        count = self.layout.grid.count
        load: list[dict[int, float]] = [{} for _ in range(count)]
        supervised: list[dict[int, float]] = [{} for _ in range(count)]
        suites = {kind.chairs for kind in self.demand} | {frozenset().union(*(k.chairs for k in self.demand))}
        seated: dict[frozenset[object], list[dict[int, float]]] = {
            suite: [{} for _ in range(count)] for suite in suites
        }
        for (kind, start), index in self.counts.items():
            visit = kind.visit
            for phase in visit.nurse_needs:
                for column in range(start + self._columns(phase.start), start + self._columns(phase.end)):
                    load[column][index] = phase.units
            for column in range(start, start + self._columns(visit.minutes)):
                supervised[column][index] = 1
            for suite, columns in seated.items():
                if kind.chairs <= suite:
                    for column in range(start, start + self._columns(visit.minutes + visit.turnover)):
                        columns[column][index] = 1
        for kind, wanted in self.demand.items():
            starts = {index: 1.0 for (of, _), index in self.counts.items() if of == kind}
            self._row(wanted, starts, highspy.kHighsInf if kind == self.more else wanted)
        clinicians = self.layout.clinicians.duty.sum(axis=0)
        for column in range(count):
            self._row(-highspy.kHighsInf, load[column], duty[column])
            self._row(-highspy.kHighsInf, {**load[column], self.peak: -1.0}, 0)
            self._row(-highspy.kHighsInf, supervised[column], clinicians[column])
            for suite, columns in seated.items():
                open_chairs = sum(
                    int(self.layout.chairs.duty[row, column])
                    for row, chair in enumerate(self.layout.chairs.supplies)
                    if chair.key in suite
                )
                self._row(-highspy.kHighsInf, columns[column], open_chairs)

    def _column(self, most: int) -> int:
        """A new whole number from 0 to `most`; its index."""
        index: int = self.solver.getNumCol()
        self.solver.addVar(0.0, float(most))
        self.solver.changeColIntegrality(index, highspy.HighsVarType.kInteger)
        return index

    def _row(self, low: float, terms: Mapping[int, float], high: float) -> None:
        indices = np.fromiter(terms.keys(), np.int32, len(terms))
        self.solver.addRow(float(low), float(high), len(terms), indices, np.fromiter(terms.values(), float))

    def _columns(self, minutes: int) -> int:
        return minutes // self.layout.grid.grain

    def _overtime(self, kind: Kind, column: int) -> int:
        past = self.layout.grid.minute(column) + kind.visit.minutes - self.closing
        return min(max(0, past), kind.visit.minutes)


@dataclass(frozen=True)
class _Outline:
    """What is the same of a kind however the day is laid: where it may start, its load, and for each start
    the units on duty beside it and the minutes past closing."""

    columns: Numbers
    shape: Numbers
    spare: Numbers
    overtime: Numbers


class _Search:
    """Takes a few visits out of a layout and puts them back better, until the rounds are over."""

    def __init__(self, layout: Layout, closing: int) -> None:
        self.layout, self.closing = layout, closing
        self.random = np.random.default_rng(SEED)
        self.duty = layout.nurses.duty.sum(axis=0)
        self.waiting: list[Kind] = []
        self.outlines: dict[Kind, _Outline] = {}

    def begin(self, starts: Sequence[tuple[int, Kind, int]]) -> None:
        """As the programme would have it; who doesn't fit nurse by nurse is put where it is best."""
        for column, kind, count in starts:
            for _ in range(count):
                if self.layout.place(kind, column) is None:
                    self.waiting.append(kind)
        self._place_waiting()

    def improve(self, rounds: int, *, until_placed: bool = False) -> None:
        best = self.order()
        for _ in range(rounds):
            if not self.layout.placed or (until_placed and not self.waiting):
                break
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
