"""An integer programme, written down column by column and row by row, and solved by HiGHS. Pure.

Nothing here knows visits. Minimised; every column is a yes or no unless it says otherwise. One thread, so
that a plan doesn't hang on how busy the machine's other cores are.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from math import ceil, inf
from typing import Final

import highspy
import numpy as np

# Costs are whole numbers, so a solution less than one above the bound is a best one.
WHOLE_COST: Final = 0.999
SLACK: Final = 1e-3
LEAST_SECONDS: Final = 0.01


@dataclass(frozen=True)
class Solved:
    """The best solution found (`None`: none) and what no solution can be below."""

    values: Sequence[float] | None
    cost: float
    bound: int

    def chosen(self, column: int) -> bool:
        return self.values is not None and self.values[column] > 0.5


@dataclass(frozen=True)
class Relaxed:
    """The programme with parts of a yes allowed: no solution costs less than `bound`, and one that says yes
    to a column costs at least that column's `extra` more."""

    bound: int
    values: Sequence[float]
    extra: Sequence[float]


class Programme:
    """Columns with whole costs of nothing or more, rows with limits."""

    def __init__(self) -> None:
        self._costs: list[float] = []
        self._whole: list[bool] = []
        self._limits: list[tuple[float, float]] = []
        self._starts: list[int] = [0]
        self._columns: list[int] = []
        self._coefficients: list[float] = []

    @property
    def size(self) -> int:
        """How many entries its rows have."""
        return len(self._columns)

    def column(self, cost: float = 0, *, whole: bool = True) -> int:
        """A new column from 0 to 1."""
        self._costs.append(cost)
        self._whole.append(whole)
        return len(self._costs) - 1

    def row(self, entries: Iterable[tuple[int, float]], *, low: float = -inf, high: float = inf) -> None:
        """low <= the sum of coefficient x column <= high."""
        for column, coefficient in entries:
            self._columns.append(column)
            self._coefficients.append(coefficient)
        self._starts.append(len(self._columns))
        self._limits.append((low, high))

    def solve(self, seconds: float, *, hint: Sequence[int] | None = None) -> Solved:
        """Within so many seconds; `hint` are the columns of a solution that is known to hold."""
        solver = _solver(seconds)
        solver.passModel(self._written(whole=True))
        if hint is not None:
            known = np.zeros(len(self._costs))
            known[list(hint)] = 1
            solver.setSolution(len(self._costs), np.arange(len(self._costs), dtype=np.int32), known)
        solver.run()
        info, found = solver.getInfo(), solver.getSolution()
        bound = _least(info.mip_dual_bound)
        feasible = info.primal_solution_status == int(highspy.SolutionStatus.kSolutionStatusFeasible)
        if not (feasible and found.value_valid):
            return Solved(None, inf, bound)
        return Solved(list(found.col_value), info.objective_function_value, bound)

    def relax(self, seconds: float) -> Relaxed | None:
        """Within so many seconds; `None` when they don't do."""
        solver = _solver(seconds)
        solver.passModel(self._written(whole=False))
        solver.run()
        if solver.getModelStatus() != highspy.HighsModelStatus.kOptimal:
            return None
        found = solver.getSolution()
        return Relaxed(
            _least(solver.getInfo().objective_function_value),
            list(found.col_value),
            [max(extra, 0.0) for extra in found.col_dual],
        )

    def _written(self, *, whole: bool) -> highspy.HighsLp:
        written = highspy.HighsLp()
        written.num_col_ = len(self._costs)
        written.num_row_ = len(self._limits)
        written.col_cost_ = np.array(self._costs, dtype=np.float64)
        written.col_lower_ = np.zeros(len(self._costs))
        written.col_upper_ = np.ones(len(self._costs))
        written.row_lower_ = np.array([low for low, _ in self._limits], dtype=np.float64)
        written.row_upper_ = np.array([high for _, high in self._limits], dtype=np.float64)
        written.a_matrix_.format_ = highspy.MatrixFormat.kRowwise
        written.a_matrix_.start_ = np.array(self._starts, dtype=np.int32)
        written.a_matrix_.index_ = np.array(self._columns, dtype=np.int32)
        written.a_matrix_.value_ = np.array(self._coefficients, dtype=np.float64)
        if whole:
            kinds = (highspy.HighsVarType.kContinuous, highspy.HighsVarType.kInteger)
            written.integrality_ = [kinds[is_whole] for is_whole in self._whole]
        return written


def _solver(seconds: float) -> highspy.Highs:
    solver = highspy.Highs()
    for option, value in (
        ("output_flag", False),
        ("threads", 1),
        ("parallel", "off"),
        ("time_limit", max(seconds, LEAST_SECONDS)),
        ("mip_rel_gap", 0.0),
        ("mip_abs_gap", WHOLE_COST),
    ):
        solver.setOptionValue(option, value)
    return solver


def _least(bound: float) -> int:
    """Of whole costs, of nothing or more, a bound is one too."""
    return ceil(bound - SLACK) if bound > 0 else 0
