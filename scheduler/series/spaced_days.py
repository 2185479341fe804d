"""The cheapest places for so many sessions, so many days apart: exact, by dynamic programming. Pure.

Sessions follow each other `min_days` to `max_days` calendar days apart. That is a bound, not a cost; so is
the distance to the visits that stand already. What a choice costs is a sum over its sessions, so a table over
(sessions so far, day of the last one) holds all that matters of what went before. What concerns the whole
course is an axis of the table: which of several choices (a nurse, a part of the day) the costs are for, how
many places it has in common with each of the courses from which it has to differ, and, where a week has room
for so many only, how many of its sessions are in the week of the last one.

What a session costs and why is `planning`'s. Days are numbers (`date.toordinal`) in the clinic's zone;
no two sessions are on one day.
"""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise, product
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scheduler.finding.frequency import WEEK, Frequency, monday_of

NEVER: Final = 1 << 60
ANY_NUMBER: Final = Frequency()

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Course:
    """How many sessions are wanted, how far apart, and which visits stand already.

    `first` and `last` are the days of the window, both included. `standing` are the days of the visits that
    keep their place, in order: the last one before the window and all after. When the last one before the
    window is more than `max_days` before `first`, the course is interrupted whatever is chosen, and that one
    distance has no upper bound; `resume` takes the bound away in any case. `beside` are the days of all the
    patient's visits that keep their place, in order and under whatever plan: they count in the `frequency`.
    """

    count: int
    min_days: int
    max_days: int
    first: int
    last: int
    standing: tuple[int, ...] = ()
    resume: bool = False
    frequency: Frequency = ANY_NUMBER
    beside: tuple[int, ...] = ()

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
    of its days. Both by choice, by places shared, and by how many are in the week: in that of the visit
    `before` it, or of that day.
    """

    first: int
    before: int | None
    entered: slice  # the days that may follow the visit before
    left: slice  # the days that the visit after may follow
    entering: Numbers
    table: Numbers


@dataclass(frozen=True)
class _Way:
    """Where a way through the tables is, from its end backwards: what they are asked by, and its cost."""

    count: int
    choice: int
    share: tuple[int, ...]
    of_week: int
    cost: int

    @property
    def key(self) -> tuple[int, ...]:
        return (self.count, self.choice, *self.share, self.of_week)


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
        self.weeks = _Weeks(course)
        self.by_flags = dict(self._cheapest_of_each_day())
        self.stretches: list[_Stretch] = []
        axes = (course.count + 1, costs.shape[1], *self.axes, self.weeks.size)
        entering = np.full(axes, NEVER, dtype=np.int64)
        for choice in range(costs.shape[1]):
            entering[(0, choice, *(0 for _ in self.axes), 0)] = 0
        for before, after in pairwise([None, *course.standing, None]):
            entering = self._cross(entering, before, after)
        self.complete = entering

    def best(self) -> tuple[int, tuple[int, ...]] | None:
        """The cheapest choice and its places; the first of several that are alike."""
        done = self.complete[self.course.count]
        choice, *share, of_week = (int(place) for place in np.unravel_index(int(done.argmin()), done.shape))
        cost = int(done[(choice, *share, of_week)])
        if cost >= NEVER:
            return None
        return choice, self._retrace(_Way(self.course.count, choice, tuple(share), of_week, cost))

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
            before,
            slice(0, max(0, min(width, until - first + 1))),
            slice(min(width, max(0, since - first)), width),
            entering,
            np.full((*entering.shape, width), NEVER, dtype=np.int64),
        )
        for count in range(1, self.course.count + 1):
            stretch.table[count] = self._next(stretch, count)
        self.stretches.append(stretch)
        ended = stretch.table[..., stretch.left]
        days = np.arange(first, first + width)[stretch.left]
        leaving = self.weeks.passed(ended, days, after).min(axis=-1, initial=NEVER)
        passing = self.weeks.passed(entering[..., None], np.array([_day(before)]), after)[..., 0]
        return np.minimum(passing, leaving)

    def _next(self, stretch: _Stretch, count: int) -> Numbers:
        """The cheapest ways to have the session of this rank on each day of the stretch."""
        low, high = self.course.apart
        before = stretch.table[count - 1]
        width = before.shape[-1]
        days = np.arange(stretch.first, stretch.first + width)
        reached = np.full_like(before, NEVER)
        for gap in range(low, min(high, width - 1) + 1):
            came = self.weeks.counted(before[..., : width - gap], days[: width - gap], days[gap:])
            np.minimum(reached[..., gap:], came, out=reached[..., gap:])
        entered = reached[..., stretch.entered]
        came = np.broadcast_to(stretch.entering[count - 1][..., None], entered.shape)
        since = np.full(entered.shape[-1], _day(stretch.before))
        np.minimum(entered, self.weeks.counted(came, since, days[stretch.entered]), out=entered)
        cheapest = np.full_like(before, NEVER)
        place = slice(stretch.first - self.course.first, stretch.first - self.course.first + width)
        for flags, costs in self.by_flags.items():
            source = (slice(None), *(slice(None, -1) if flag else slice(None) for flag in flags))
            target = (slice(None), *(slice(1, None) if flag else slice(None) for flag in flags))
            cost = costs[count - 1, :, place].reshape(len(before), *(1 for _ in self.axes), 1, width)
            np.minimum(cheapest[target], reached[source] + cost, out=cheapest[target])
        total = cheapest + self._of_rank(count, days)
        total[..., ~self.weeks.room(count)[:, place]] = NEVER
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

    def _retrace(self, way: _Way) -> tuple[int, ...]:
        """The places behind the cheapest way, from its end: costs are whole numbers, so sums tell the way."""
        places = []
        for stretch, after in reversed(list(zip(self.stretches, [*self.course.standing, None], strict=True))):
            way, at = self._enter(stretch, after, way)
            while at is not None:
                place, way, at = self._step_back(stretch, way, at)
                places.append(place)
        return tuple(reversed(places))

    def _enter(self, stretch: _Stretch, after: int | None, way: _Way) -> tuple[_Way, int | None]:
        """The same way before the visit after this stretch, and the day in the stretch of the last session
        before that visit: none where the stretch has no session."""
        earlier = [replace(way, of_week=of_week) for of_week in range(self.weeks.size)]
        for one in earlier:
            if way.of_week == self.weeks.kept(one.of_week, stretch.before, after) and (
                way.cost == stretch.entering[one.key]
            ):
                return one, None
        for one in earlier:
            for place in np.flatnonzero(stretch.table[one.key][stretch.left] == way.cost).tolist():
                at = stretch.left.start + place
                if way.of_week == self.weeks.kept(one.of_week, stretch.first + at, after):
                    return one, at
        raise AssertionError("a way that was found can't be traced")

    def _step_back(self, stretch: _Stretch, way: _Way, at: int) -> tuple[int, _Way, int | None]:
        """The place of the session on this day of the stretch, the way before it, and the day in the stretch
        of the one before: none where it is the stretch's first."""
        low, high = self.course.apart
        day = stretch.first + at
        for flags, costs in self.by_flags.items():
            share = tuple(now - flag for now, flag in zip(way.share, flags, strict=True))
            if min(share, default=0) < 0:
                continue
            cost = int(costs[way.count - 1, way.choice, day - self.course.first])
            if cost >= NEVER:
                continue
            place = self._place(day, way.count, way.choice, flags, cost)
            left = way.cost - cost - int(self._of_rank(way.count, day))
            for of_week in range(self.weeks.size):
                before = _Way(way.count - 1, way.choice, share, of_week, left)
                here = (
                    at < stretch.entered.stop
                    and left == stretch.entering[before.key]
                    and way.of_week == self.weeks.next(of_week, stretch.before, day)
                )
                if here:
                    return place, before, None
                for came in range(max(0, at - high), max(0, at - low + 1)):
                    if left == stretch.table[before.key][came] and (
                        way.of_week == self.weeks.next(of_week, stretch.first + came, day)
                    ):
                        return place, before, came
        raise AssertionError("a way that was found can't be traced")

    def _place(self, day: int, count: int, choice: int, flags: tuple[int, ...], cost: int) -> int:
        """The first start on this day that costs this much and shares this."""
        fits = (self.days == day) & (self.costs[count - 1, choice] == cost)
        for row, flag in zip(self.shared, flags, strict=True):
            fits &= row == bool(flag)
        return int(np.flatnonzero(fits)[0])


class _Weeks:
    """How many sessions of a course are in the week of a day: an axis of its tables, with one place alone
    where weeks aren't limited. And on which days a week and a year have room for one more."""

    def __init__(self, course: Course) -> None:
        per_week = course.frequency.per_week
        self.size = 1 if per_week is None else min(per_week, course.count) + 1
        window = range(course.first, course.last + 1)
        most, beside = course.frequency, course.beside
        self.weekly = np.array([most.room_in_week(day, beside) for day in window], np.int64)
        self.yearly = np.array([most.room_in_year(day, beside) for day in window], np.int64)

    def room(self, count: int) -> Flags:
        """(in the week, days of the window): this many of the course in that day's week, and `count` in all
        by then, have room beside the patient's other visits. A window is no longer than a year, so that all
        are in one year with the last of them; towards a visit that stands later all are counted too."""
        of_week = np.arange(self.size)[:, None]
        found: Flags = (of_week <= self.weekly) & (self.yearly >= count)
        return found

    def next(self, of_week: int, since: int | None, day: int) -> int:
        """How many are in the week with a session on this day, after so many in that of `since`."""
        if self.size == 1:
            return 0
        return of_week + 1 if monday_of(_day(since)) == monday_of(day) else 1

    def kept(self, of_week: int, since: int | None, day: int | None) -> int:
        """The same without a session on this day; on no day the count is of no more use."""
        return of_week if monday_of(_day(since)) == monday_of(_day(day)) else 0

    def counted(self, ways: Numbers, since: Numbers, days: Numbers) -> Numbers:
        """`next`, of the ways to each day of `since` (.., in the week, days) with one on each of `days`."""
        if self.size == 1:
            return ways
        same = _mondays(since) == _mondays(days)
        found = np.full_like(ways, NEVER)
        found[..., 1, :] = np.where(same, NEVER, ways.min(axis=-2))
        np.minimum(found[..., 1:, :], np.where(same, ways[..., :-1, :], NEVER), out=found[..., 1:, :])
        return found

    def passed(self, ways: Numbers, since: Numbers, day: int | None) -> Numbers:
        """`kept`, of the ways to each day of `since` (.., in the week, days)."""
        if self.size == 1:
            return ways
        same = _mondays(since) == monday_of(_day(day))
        found = np.where(same, ways, NEVER)
        found[..., 0, :] = np.minimum(found[..., 0, :], np.where(same, NEVER, ways.min(axis=-2)))
        return found


def _mondays(days: Numbers) -> Numbers:
    return days - (days - 1) % WEEK


def _day(day: int | None) -> int:
    """A day far from all others where there is none."""
    return -NEVER if day is None else day
