"""How level is a day, and how level could the same visits be? Measures, a template, and its bound. Pure.

The best template has, of the same visits: first the lowest peak of nursing load, then the fewest minutes past
closing, then the most even load (the least sum of its squares). An integer programme over how many visits of
each kind start when (`programme`) knows the load of all nurses together only, so its peak is a bound that no
day can beat. Its starts are then laid nurse by nurse (`laying_out`) and improved (`search`); what comes out
is a day that could be booked. How far its peak is from the bound is told. The same question has the same
answer, as the search counts its steps: unless the seconds are over before, which is told too. A bound holds
all the same; it is only looser.

Who wants to come when is not asked: a template says what the day could hold, not whom to call.
"""

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from time import monotonic
from typing import Final

import numpy as np

from scheduler.finding.availability import Supply, moment_of
from scheduler.levelling.laying_out import Booked, Grid, Kind, Layout, Numbers
from scheduler.levelling.programme import Programme
from scheduler.levelling.search import Search

ROUNDS: Final = 400
# Everything that is asked of a day is answered in so many, however long the day is (docs/performance.md).
SECONDS: Final = 3.0
# Shares of the seconds: of the solver, and of the first search in what the solver leaves.
SOLVER_SHARE: Final = 0.6
FIRST_SHARE: Final = 0.6


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
    in_time: bool = True  # everything was tried that is tried when there is time


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


def level(
    day: Day, visits: Sequence[Booked], *, rounds: int = ROUNDS, seconds: float = SECONDS
) -> Template | None:
    """The most level day that was found for these visits in so many seconds; `day` is as they take it.

    None where the programme finds no way to hold all of them.
    """
    begun = monotonic()
    until = begun + seconds
    empty, demand = day.emptied(), Counter(visit.kind for visit in visits)
    layout = empty.layout(demand)
    programme = Programme(layout, demand, day.closing, until=begun + seconds * SOLVER_SHARE)
    wanted = programme.most_level()
    if wanted is None:
        return None
    search = Search(layout, day.closing)
    search.begin(wanted.starts, demand)
    in_time = search.improve(rounds, until=monotonic() + FIRST_SHARE * (until - monotonic()))
    again = Search(_standing(day, visits, demand), day.closing)
    if again.layout.holds and again.order() < search.order():
        # Too full a day to be laid from nothing: better from how it stands.
        in_time = again.improve(rounds, until=until)
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
        in_time and programme.in_time,
    )


def room_for_more(
    day: Day,
    visits: Sequence[Booked],
    commonest: Kind,
    *,
    rounds: int = ROUNDS,
    seconds: float = SECONDS,
) -> tuple[int, int]:
    """How many more of the commonest kind the day could hold if all its visits might be moved.

    The first number were packed nurse by nurse in so many seconds; more than the second no layout can hold.
    In between nobody knows.
    """
    begun = monotonic()
    demand = Counter(visit.kind for visit in visits)
    demand[commonest] += 0  # known to the programme, though none of it may stand
    layout = _standing(day, visits, demand)
    packed = layout.fill(commonest)
    empty = day.emptied().layout(demand)
    programme = Programme(empty, demand, day.closing, more=commonest, until=begun + seconds * SOLVER_SHARE)
    bound = programme.most_visits()
    at_most = packed if bound is None else max(bound - len(visits), packed)
    search = Search(layout, day.closing)
    while packed < at_most:
        search.waiting = [commonest]
        search.improve(rounds, until=begun + seconds, until_placed=True)
        if search.waiting:
            break
        packed += 1
    return packed, at_most


def _standing(day: Day, visits: Sequence[Booked], kinds: Collection[Kind]) -> Layout:
    """The visits where they are in the book, in a grid as fine as all these kinds ask for."""
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
