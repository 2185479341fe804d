"""The cheapest places for so many sessions, so many days apart: exact, by dynamic programming. Pure.

Sessions follow each other `min_days` to `max_days` calendar days apart. That is a bound, not a cost; so is
the distance to the visits that stand already. What a choice costs is a sum over its sessions, so a table over
(sessions so far, day of the last one) holds all that matters of what went before. What concerns the whole
course is an axis of the table: which of several choices (a nurse, a part of the day) the costs are for, and
how many places it has in common with each of the courses from which it has to differ.

What a session costs and why is `planning`'s. Days are numbers (`date.toordinal`) in the clinic's zone;
no two sessions are on one day.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

NEVER: Final = 1 << 60

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """How many sessions are wanted, how far apart, and which visits stand already.

    `first` and `last` are the days of the window, both included. `standing` are the days of the visits that
    keep their place, in order: the last one before the window and all after. When the last one before the
    window is more than `max_days` before `first`, the course is interrupted whatever is chosen, and that one
    distance has no upper bound; `resume` takes the bound away in any case.
    """

    count: int
    min_days: int
    max_days: int
    first: int
    last: int
    standing: tuple[int, ...] = ()
    resume: bool = False

    @property
    def apart(self) -> tuple[int, int]:
        """The bounds, in days: two sessions are never on one day, whatever the protocol says."""
        return max(1, self.min_days), max(1, self.max_days)

    def reach(self, standing: int) -> tuple[int, int]:
        """The days on which a session may follow this visit."""
        low, high = self.apart
        open_ended = standing < self.first and (self.resume or standing + high < self.first)
        return standing + low, self.last if open_ended else min(self.last, standing + high)


@dataclass(frozen=True)
class Break:
    """Where every attempt at a course ends: `placed` sessions fit and no more.

    The last of them could be from day `earliest` to `latest` (the visit that stands before the first, when
    none fits; None without one). After the latest, the next would have to be from `next_from` to
    `next_until`. `next_stands`: all sessions fit, but not with the visit that stands on that day.
    """

    placed: int
    earliest: int | None
    latest: int | None
    next_from: int
    next_until: int
    next_stands: bool = False


@dataclass(frozen=True, eq=False)
class _Stretch:
    """The days between two visits that stand.

    `entering[k]`: the cheapest way to have placed k sessions before it; `table[k]`: to have the k-th on each
    of its days. Both by choice and by places shared.
    """

    first: int
    entered: slice  # the days that may follow the visit before
    left: slice  # the days that the visit after may follow
    entering: Numbers
    table: Numbers


class Table:
    """The cheapest ways to place the first k sessions of a course, for every k and every day of the k-th."""

    def __init__(
        self,
        course: Course,
        days: Numbers,
        costs: Numbers,
        shared: Flags,
        day_waited: int = 0,
        day_longer: int = 0,
    ) -> None:
        """`costs` is (sessions or 1, choices, starts), `shared` (proposals to differ from, starts)."""
        self.course = course
        self.days = days
        self.costs = np.broadcast_to(costs, (course.count, *costs.shape[1:]))
        self.shared = shared
        self.day_waited, self.day_longer = day_waited, day_longer
        self.axes = (course.count // 2 + 1,) * len(shared)
        self.by_flags = dict(self._cheapest_of_each_day())
        self.stretches: list[_Stretch] = []
        entering = np.full((course.count + 1, costs.shape[1], *self.axes), NEVER, dtype=np.int64)
        for choice in range(costs.shape[1]):
            entering[(0, choice, *(0 for _ in self.axes))] = 0
        for before, after in pairwise([None, *course.standing, None]):
            entering = self._cross(entering, before, after)
        self.complete = entering

    def best(self) -> tuple[int, tuple[int, ...]] | None:
        """The cheapest choice and its places; the first of several that are alike."""
        done = self.complete[self.course.count]
        choice, *share = (int(place) for place in np.unravel_index(int(done.argmin()), done.shape))
        if done[(choice, *share)] >= NEVER:
            return None
        return choice, self._retrace(choice, tuple(share))

    def end(self) -> Break:
        """How far one gets."""
        reached: dict[int, set[int]] = {}
        for before, stretch in zip([None, *self.course.standing], self.stretches, strict=True):
            sessions = stretch.table.min(axis=tuple(range(1, stretch.table.ndim - 1)))
            for count, place in np.argwhere(sessions < NEVER).tolist():
                reached.setdefault(count, set()).add(stretch.first + place)
            passed = stretch.entering.min(axis=tuple(range(1, stretch.entering.ndim)))
            if before is not None:
                for count in np.flatnonzero(passed < NEVER).tolist():
                    reached.setdefault(count, set()).add(before)
        placed = max(reached, default=0)
        if placed not in reached:
            return Break(0, None, None, self.course.first, self.course.last)
        earliest, latest = min(reached[placed]), max(reached[placed])
        if placed == self.course.count:
            stands = next(day for day in self.course.standing if day > latest)
            return Break(placed, earliest, latest, stands, stands, next_stands=True)
        since, until = self.course.reach(latest)
        return Break(placed, earliest, latest, max(since, self.course.first), until)

    def _cheapest_of_each_day(self) -> Iterator[tuple[tuple[int, ...], Numbers]]:
        """The cheapest start of each day by what it shares, as (sessions, choices, days)."""
        width = self.course.last - self.course.first + 1
        for flags in product((0, 1), repeat=len(self.shared)):
            places = np.flatnonzero((self.shared == np.array(flags, dtype=bool)[:, None]).all(axis=0))
            cheapest = np.full((*self.costs.shape[:2], width), NEVER, dtype=np.int64)
            if len(places):
                on, begins = np.unique(self.days[places] - self.course.first, return_index=True)
                cheapest[..., on] = np.minimum.reduceat(self.costs[..., places], begins, axis=2)
            yield flags, cheapest

    def _cross(self, entering: Numbers, before: int | None, after: int | None) -> Numbers:
        """Fill the table between two visits that stand; what it costs to have passed the second one."""
        low, high = self.course.apart
        first = max(self.course.first, self.course.first if before is None else before + low)
        last = min(self.course.last, self.course.last if after is None else after - low)
        width = max(0, last - first + 1)
        until = last if before is None else self.course.reach(before)[1]
        since = first if after is None else after - high
        stretch = _Stretch(
            first,
            slice(0, max(0, min(width, until - first + 1))),
            slice(min(width, max(0, since - first)), width),
            entering,
            np.full((*entering.shape, width), NEVER, dtype=np.int64),
        )
        for count in range(1, self.course.count + 1):
            stretch.table[count] = self._next(stretch, count)
        self.stretches.append(stretch)
        leaving = stretch.table[..., stretch.left].min(axis=-1, initial=NEVER)
        return np.minimum(entering, leaving)

    def _next(self, stretch: _Stretch, count: int) -> Numbers:
        """The cheapest ways to have the session of this rank on each day of the stretch."""
        low, high = self.course.apart
        before = stretch.table[count - 1]
        width = before.shape[-1]
        reached = np.full_like(before, NEVER)
        for gap in range(low, min(high, width - 1) + 1):
            np.minimum(reached[..., gap:], before[..., : width - gap], out=reached[..., gap:])
        entered = reached[..., stretch.entered]
        np.minimum(entered, stretch.entering[count - 1][..., None], out=entered)
        cheapest = np.full_like(before, NEVER)
        place = slice(stretch.first - self.course.first, stretch.first - self.course.first + width)
        for flags, costs in self.by_flags.items():
            source = (slice(None), *(slice(None, -1) if flag else slice(None) for flag in flags))
            target = (slice(None), *(slice(1, None) if flag else slice(None) for flag in flags))
            cost = costs[count - 1, :, place].reshape(len(before), *(1 for _ in self.axes), width)
            np.minimum(cheapest[target], reached[source] + cost, out=cheapest[target])
        days = np.arange(stretch.first, stretch.first + width)
        total = cheapest + self._of_rank(count, days)
        return np.where(total < NEVER // 2, total, NEVER)

    def _of_rank(self, count: int, day: Any) -> Any:
        """What being the first or the last session adds on this day."""
        ahead = day - self.course.first
        points = 0 * ahead
        if count == 1:
            points = points + (self.day_waited - self.day_longer) * ahead
        if count == self.course.count:
            points = points + self.day_longer * ahead
        return points

    def _retrace(self, choice: int, share: tuple[int, ...]) -> tuple[int, ...]:
        """The places behind the cheapest way, from its end: costs are whole numbers, so sums tell the way."""
        count, places = self.course.count, []
        value = int(self.complete[(count, choice, *share)])
        for stretch in reversed(self.stretches):
            if value == stretch.entering[(count, choice, *share)]:
                continue  # no session in this stretch
            at: int | None = _first_equal(stretch.table[(count, choice, *share)], value, stretch.left)
            while at is not None:
                place, share, value, at = self._step_back(stretch, count, choice, share, at, value)
                places.append(place)
                count -= 1
        return tuple(reversed(places))

    def _step_back(
        self, stretch: _Stretch, count: int, choice: int, share: tuple[int, ...], at: int, value: int
    ) -> tuple[int, tuple[int, ...], int, int | None]:
        """The place of this session, and what went before it: day-parts shared, cost, day in the stretch.

        No day: before it in this stretch there is none.
        """
        low, high = self.course.apart
        day = stretch.first + at
        before = slice(max(0, at - high), max(0, at - low + 1))
        for flags, costs in self.by_flags.items():
            shared = tuple(now - flag for now, flag in zip(share, flags, strict=True))
            if min(shared, default=0) < 0:
                continue
            cost = int(costs[count - 1, choice, day - self.course.first])
            left = value - cost - int(self._of_rank(count, day))
            entered = at < stretch.entered.stop and left == stretch.entering[(count - 1, choice, *shared)]
            came_from = (
                None if entered else _first_equal(stretch.table[(count - 1, choice, *shared)], left, before)
            )
            if entered or came_from is not None:
                return self._place(day, count, choice, flags, cost), shared, left, came_from
        raise AssertionError("a way that was found can't be traced")

    def _place(self, day: int, count: int, choice: int, flags: tuple[int, ...], cost: int) -> int:
        """The first start on this day that costs this much and shares this."""
        fits = (self.days == day) & (self.costs[count - 1, choice] == cost)
        for row, flag in zip(self.shared, flags, strict=True):
            fits &= row == bool(flag)
        return int(np.flatnonzero(fits)[0])


def _first_equal(row: Numbers, value: int, among: slice) -> int | None:
    """The first place in this part of the row that holds this value."""
    places = np.flatnonzero(row[among] == value)
    return (among.start or 0) + int(places[0]) if len(places) else None
