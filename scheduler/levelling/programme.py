"""How many visits of each kind start when, as an integer programme: the bounds that no layout can beat. Pure.

It knows the load of all nurses together only, and the chairs by what they offer: every real day fits into it,
so what it can't do nobody can. Who serves whom is `laying_out`'s and `search`'s.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from math import ceil, floor, isfinite
from time import monotonic
from typing import Final

import highspy
import numpy as np

from scheduler.levelling.laying_out import Kind, Layout, Numbers

LEAST_SECONDS: Final = 0.01
SLACK: Final = 1e-6


@dataclass(frozen=True)
class Wanted:
    """What the programme asks for: so many of a kind from a column on; and the lowest peak there can be.

    No starts: its time was over before it had any.
    """

    starts: list[tuple[int, Kind, int]]
    peak_bound: int


@dataclass(frozen=True)
class _Solved:
    """The best values that were found, if any, and what no values can be below."""

    values: list[float] | None
    bound: float


class Programme:
    """How many visits of each kind start at each column, all nurses and chairs taken together."""

    def __init__(
        self,
        layout: Layout,
        demand: Mapping[Kind, int],
        closing: int,
        *,
        until: float,
        more: Kind | None = None,
    ) -> None:
        """Solved until this moment of the monotonic clock; of the kind `more` any number above the demand."""
        self.layout, self.demand, self.closing, self.more = layout, demand, closing, more
        self.until, self.in_time = until, True
        self.solver = highspy.Highs()
        self.solver.setOptionValue("output_flag", False)
        self.solver.setOptionValue("threads", 1)
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
        solved = self._minimise(dict.fromkeys(self.counts.values(), -1.0))
        if solved is None:
            return None
        sums = sum(self.demand.values()) + self._more_in_sum()
        return min(sums, floor(SLACK - solved.bound)) if isfinite(solved.bound) else sums

    def most_level(self) -> Wanted | None:
        """The lowest peak, then with it the least overtime; None when the visits don't fit at all."""
        solved = self._minimise({self.peak: 1.0})
        if solved is None:
            return None
        least = self._least_peak()
        peak_bound = max(least, ceil(solved.bound - SLACK)) if isfinite(solved.bound) else least
        values = solved.values
        if values is None:
            return Wanted([], peak_bound)
        overtime = {index: cost for key, index in self.counts.items() if (cost := self._overtime(*key))}
        if overtime:
            self.solver.changeColBounds(self.peak, 0.0, float(round(values[self.peak])))
            self.solver.changeColsCost(1, np.array([self.peak], np.int32), np.zeros(1))
            better = self._minimise(overtime)
            values = better.values if better and better.values is not None else values
        starts = [
            (column, kind, round(values[index]))
            for (kind, column), index in self.counts.items()
            if round(values[index])
        ]
        return Wanted(sorted(starts, key=lambda start: start[0]), peak_bound)

    def _minimise(self, costs: Mapping[int, float]) -> "_Solved | None":
        """None when there is no solution; one without values when none was found in time."""
        for index, cost in costs.items():
            self.solver.changeColCost(index, cost)
        # The solver's clock goes on from one run to the next.
        left = max(self.until - monotonic(), LEAST_SECONDS)
        self.solver.setOptionValue("time_limit", self.solver.getRunTime() + left)
        self.solver.run()
        status = self.solver.getModelStatus()
        if status == highspy.HighsModelStatus.kInfeasible:
            return None
        self.in_time = self.in_time and status == highspy.HighsModelStatus.kOptimal
        info = self.solver.getInfo()
        feasible = info.primal_solution_status == highspy.SolutionStatus.kSolutionStatusFeasible
        values = list(self.solver.getSolution().col_value) if feasible else None
        return _Solved(values, info.mip_dual_bound)

    def _least_peak(self) -> int:
        """What holds even if the solver had no time: one visit's most, and everything spread evenly."""
        most = max(need.units for kind in self.demand for need in kind.visit.nurse_needs)
        working = int((self.layout.nurses.duty.sum(axis=0) > 0).sum())
        nursed = sum(count * self._unit_columns(kind) for kind, count in self.demand.items())
        return max(most, ceil(nursed / working) if working else 0)

    def _more_in_sum(self) -> int:
        """So many more, were all that is left of the chairs and of the nurses one piece."""
        if self.more is None:
            return 0
        sizes = ((self.layout.chairs, self._chair_columns), (self.layout.nurses, self._unit_columns))
        return min(
            max(int(room.duty.sum()) - sum(count * size(kind) for kind, count in self.demand.items()), 0)
            // size(self.more)
            for room, size in sizes
        )

    def _chair_columns(self, kind: Kind) -> int:
        return self._columns(kind.visit.minutes + kind.visit.turnover)

    def _unit_columns(self, kind: Kind) -> int:
        return sum(self._columns(need.end - need.start) * need.units for need in kind.visit.nurse_needs)

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
