"""A year of calls, cancellations and days, whoever keeps the book: the same life for each way of booking.
Pure.

A `Desk` finds times and writes them into its book. This module plays the patients and the calendar: it calls
the desk in the order in which things happen, asks again for every session that is lost, lets each day happen
(`clinic_year_day`) and keeps count.
"""

import heapq
import statistics
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from functools import partial
from itertools import pairwise
from typing import Any, Final, Protocol

from bench.clinic_year_bounds import hours, nursing
from bench.clinic_year_day import Booked, overloaded_minutes, peak_load, run_day
from bench.clinic_year_demand import (
    CHAIRS,
    NURSES,
    SHAPES,
    UNITS,
    Fate,
    Request,
    fate_of,
    requests,
    working_days,
)

WINDOW_DAYS: Final = 60  # a time that is further off than this is no answer
WARM_UP_WEEKS: Final = 6  # the clinic opens empty; its first weeks tell nothing
MISSED_AFTER: Final = 30  # minutes until a patient who isn't there counts as not coming
DAY: Final = 1440


@dataclass(frozen=True)
class Slot:
    """A place in the book; `visit` is the desk's own name for it."""

    day: int
    minute: int
    chair: int
    visit: Any = None


class Desk(Protocol):
    """One way of keeping the book. Times are (day, minute of the clinic's wall)."""

    def book(self, request: Request, *, first: int, last: int) -> list[Slot] | None:
        """Times for all sessions of a request, the first from day `first` on, all by day `last`; or none."""

    def book_again(self, request: Request, *, first: int, last: int, others: Collection[int]) -> Slot | None:
        """A time in place of a lost one, beside the days of the sessions that stand."""

    def cancel(self, request: Request, slot: Slot, *, day: int, minute: int) -> None: ...

    def missed(self, request: Request, slot: Slot, *, day: int, minute: int) -> None: ...

    def done(self, request: Request, slot: Slot) -> None: ...

    def clock(self, day: int, minute: int) -> None:
        """It is now this time."""


@dataclass
class Course:
    """One request on its way: the slot of each session, the tries it has had, and the day it was given."""

    request: Request
    slots: dict[int, Slot] = field(default_factory=dict)
    attempts: dict[int, int] = field(default_factory=dict)
    given: dict[int, int] = field(default_factory=dict)
    as_booked: list[int] = field(default_factory=list)


@dataclass
class Year:
    """What came of it, over the working days after the warm-up, calls of that time alone."""

    name: str
    working_days: int
    listed: list[int]  # visits on each day's list
    given: list[int]  # infusions on each day
    peak_units: int
    overloaded_minutes: int
    overloaded_days: int
    chair_use: float
    nurse_use: float
    first_infusion_days: list[int]
    spaced_as_booked: tuple[int, int]  # series, of how many
    spaced_as_given: tuple[int, int]
    maintenance_in_time: tuple[int, int]
    refused: tuple[int, int]
    waits: list[int]
    overtime: list[int]

    @property
    def given_a_day(self) -> float:
        return statistics.mean(self.given)


def live(name: str, desk: Desk, *, weeks: int, growth: float, seed: int) -> Year:
    """Let so many weeks of calls happen at this desk, and then the visits that they led to."""
    return _Life(desk, weeks=weeks, growth=growth, seed=seed).run(name)


class _Life:
    def __init__(self, desk: Desk, *, weeks: int, growth: float, seed: int) -> None:
        self.desk = desk
        self.seed = seed
        self.counted = counted_days(weeks)
        self.courses = [Course(request) for request in requests(weeks=weeks, growth=growth, seed=seed)]
        self.refused: list[Course] = []
        self.lists: dict[int, list[tuple[Booked, bool]]] = {}
        self.events: list[tuple[int, int, Callable[[int, int], None]]] = []
        self.serial = 0

    def run(self, name: str) -> Year:
        for course in self.courses:
            self._at(course.request.day, course.request.minute, partial(self._call, course))
        while self.events:
            moment, _, happen = heapq.heappop(self.events)
            self.desk.clock(*divmod(moment, DAY))
            happen(*divmod(moment, DAY))
        return self._count(name)

    def _at(self, day: int, minute: int, happen: Callable[[int, int], None]) -> None:
        self.serial += 1
        heapq.heappush(self.events, (day * DAY + minute, self.serial, happen))

    def _call(self, course: Course, day: int, minute: int) -> None:
        request = course.request
        first = max(request.earliest, day)
        slots = self.desk.book(request, first=first, last=first + WINDOW_DAYS)
        if slots is None:
            self.refused.append(course)
            return
        course.as_booked = [slot.day for slot in slots]
        for session, slot in enumerate(slots):
            self._take(course, session, slot, day, minute)

    def _take(self, course: Course, session: int, slot: Slot, day: int, minute: int) -> None:
        """The visit stands in the book; what becomes of it is known to nobody but this function."""
        attempt = course.attempts[session] = course.attempts.get(session, -1) + 1
        course.slots[session] = slot
        fate = fate_of(course.request, session, attempt, seed=self.seed)
        start, now = slot.day * DAY + slot.minute, day * DAY + minute
        notice = start - DAY
        if fate.cancelled_early and notice > now:
            leaves = now + round(fate.moment * (notice - now))
        elif fate.cancelled_early or fate.cancelled_late:
            leaves = max(now, notice) + round(fate.moment * (start - max(now, notice)))
        else:
            self._at(slot.day, slot.minute + MISSED_AFTER, partial(self._due, course, session, fate))
            return
        at = divmod(max(leaves, now + 1), DAY)
        self._at(*at, partial(self._cancelled, course, session))

    def _cancelled(self, course: Course, session: int, day: int, minute: int) -> None:
        self.desk.cancel(course.request, course.slots[session], day=day, minute=minute)
        self._again(course, session, day, minute)

    def _due(self, course: Course, session: int, fate: Fate, day: int, minute: int) -> None:
        slot = course.slots[session]
        lost = fate.no_show or fate.held_by_pre_check
        booked = Booked(slot.minute, course.request.code, slot.chair, fate, MISSED_AFTER if lost else None)
        self.lists.setdefault(slot.day, []).append((booked, not lost))
        if lost:
            self.desk.missed(course.request, slot, day=day, minute=minute)
            self._again(course, session, day, minute)
        else:
            course.given[session] = day
            self.desk.done(course.request, slot)

    def _again(self, course: Course, session: int, day: int, minute: int) -> None:
        """The patient is given another time, from tomorrow on."""
        del course.slots[session]
        others = [slot.day for slot in course.slots.values()]
        slot = self.desk.book_again(course.request, first=day + 1, last=day + 1 + WINDOW_DAYS, others=others)
        if slot is None:
            self.refused.append(course)
        else:
            self._take(course, session, slot, day, minute)

    def _count(self, name: str) -> Year:
        lists = {day: [visit for visit, _ in self.lists.get(day, [])] for day in sorted(self.counted)}
        came = {day: [visit for visit, infused in self.lists.get(day, []) if infused] for day in lists}
        overloads = [overloaded_minutes(planned) for planned in lists.values()]
        happened = [run_day(visits) for visits in came.values()]
        courses = [course for course in self.courses if course.request.day in self.counted]
        series = [course for course in courses if course.request.stage == "induction" and course.as_booked]
        maintained = [course for course in courses if course.request.latest is not None and course.given]
        return Year(
            name=name,
            working_days=len(lists),
            listed=[len(planned) for planned in lists.values()],
            given=[len(visits) for visits in came.values()],
            peak_units=max(map(peak_load, lists.values()), default=0),
            overloaded_minutes=sum(overloads),
            overloaded_days=sum(minutes > 0 for minutes in overloads),
            chair_use=_use(lists, lambda code: SHAPES[code].minutes + SHAPES[code].turnover, CHAIRS),
            nurse_use=_use(lists, nursing, NURSES * UNITS),
            first_infusion_days=[
                min(course.given.values()) - course.request.day for course in courses if course.given
            ],
            spaced_as_booked=_share(_spaced(course, course.as_booked) for course in series),
            spaced_as_given=_share(
                _spaced(course, course.given.values())
                for course in series
                if len(course.given) == course.request.sessions
            ),
            maintenance_in_time=_share(
                course.given[0] <= (course.request.latest or 0) for course in maintained
            ),
            refused=(len(self.refused), len(self.courses)),
            waits=[wait for day in happened for wait in day.waits],
            overtime=[day.overtime for day in happened],
        )


def counted_days(weeks: int) -> set[int]:
    """The working days that tell something: all after the warm-up."""
    return set(working_days(weeks)) - set(working_days(min(WARM_UP_WEEKS, weeks // 2)))


def _spaced(course: Course, days: Collection[int]) -> bool:
    shortest, longest = course.request.spacing
    return all(shortest <= after - before <= longest for before, after in pairwise(sorted(days)))


def _share(answers: Iterator[bool]) -> tuple[int, int]:
    listed = list(answers)
    return sum(listed), len(listed)


def _use(lists: dict[int, list[Booked]], minutes: Callable[[str], int], count: int) -> float:
    """The part of all working hours that stands in the book."""
    return sum(minutes(visit.code) for planned in lists.values() for visit in planned) / (
        hours(count) * len(lists)
    )


def percentile(values: Sequence[int], part: float) -> float:
    """The value that this part of all lies at or below."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(part * len(ordered)))] if ordered else 0.0
