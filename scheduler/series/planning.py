"""The best dates for a series of sessions, out of all that are possible. Pure.

How far apart sessions may be is a bound, not a cost (`spaced_days.Course`). Among all choices that keep it
the cheapest is found exactly (`spaced_days.Table`), for either part of the day that a series could have.

What a proposal costs, in the points of `wishes` (one is a minute outside the wished time of day), the fewer
the better (`Cost`):

* each session: its misfit to the wish, the nurse apart; where a nurse is wished for, `wishes.OTHER_NURSE`
  unless she can serve all of it; `OTHER_PART` unless it is in the series' part of the day; up to `FULL_DAY`
  as that day's nurses are taken already;
* the series: `DAY_WAITED` for each day until its first session, `DAY_LONGER` for each day from first to last.

Days are numbers (`date.toordinal`) in the clinic's zone. No session shares its day with another one, so
sessions never compete for a chair. Who serves and which chair is the caller's to find, and so is the search.
A nurse whom nobody wished for costs no day and no time (docs/decisions/0009-nurse-of-a-series.md).
"""

from collections.abc import Sequence
from dataclasses import asdict, dataclass, replace
from typing import Final

import numpy as np

from scheduler.finding.wishes import OTHER_NURSE
from scheduler.series.spaced_days import Break, Course, Flags, Numbers, Table

OTHER_PART: Final = 20
FULL_DAY: Final = 40
DAY_WAITED: Final = 20
DAY_LONGER: Final = 20

PROPOSALS: Final = 3
PARTS: Final = (False, True)  # of the day: morning, afternoon

# Moving sessions: each of these outweighs any sum of those below it.
NURSE_LOST: Final = 1
MINUTE_MOVED: Final = 1 << 8
DAY_MOVED: Final = 1 << 26
SESSION_MOVED: Final = 1 << 42


@dataclass(frozen=True, eq=False)
class Starts:
    """The starts to choose from, in order of time; every array has one entry for each, `whole` by nurse."""

    days: Numbers
    afternoon: Flags
    misfit: Numbers  # points of the wish
    taken: Numbers  # per mille of that day's nursing
    whole: Flags  # the nurse who is wished for could serve the whole visit; everywhere, where nobody is

    def only(self, mask: Flags) -> "Starts":
        return Starts(
            self.days[mask], self.afternoon[mask], self.misfit[mask], self.taken[mask], self.whole[mask]
        )


@dataclass(frozen=True)
class Cost:
    """What a proposal costs, by what for, in points."""

    misfit: int
    other_nurse: int
    other_part: int
    busy_days: int
    wait: int
    length: int

    @property
    def total(self) -> int:
        return sum(asdict(self).values())

    def as_data(self) -> dict[str, int]:
        return {**asdict(self), "total": self.total}


@dataclass(frozen=True)
class Proposal:
    """The places chosen of `Starts`, in order, and the series' part of the day."""

    places: tuple[int, ...]
    afternoon: bool
    cost: Cost


@dataclass(frozen=True)
class Session:
    """A session that may move: its day, its minute on that day's wall, the nurse it has, if only one."""

    day: int
    minute: int
    nurse: int | None


def propose(course: Course, starts: Starts) -> list[Proposal]:
    """Up to three genuinely different proposals, each the cheapest there is under that rule, cheapest first.

    Genuinely different: of its parts of days (a morning, an afternoon), at most half are in any one of the
    proposals before it. Fewer than three when there are no more; none when the course can't be done.
    """
    costs = _costs(starts)
    found: list[Proposal] = []
    while len(found) < PROPOSALS:
        shared = np.array([_shares(starts, proposal) for proposal in found], dtype=bool)
        answer = Table(
            course, starts.days, costs, shared.reshape(len(found), len(starts.days)), DAY_WAITED, DAY_LONGER
        ).best()
        if answer is None:
            break
        choice, places = answer
        afternoon = PARTS[choice]
        found.append(Proposal(places, afternoon, _cost(course, starts, places, afternoon)))
    return found


def possible(course: Course, days: Numbers) -> bool:
    """Is there any choice at all?"""
    return _reachable(course, days).best() is not None


def break_of(course: Course, days: Numbers) -> Break:
    """Where a course that can't be done ends. Asked only of one that is not `possible`."""
    return _reachable(course, days).end()


def most_sessions(course: Course, days: Numbers) -> int:
    """How many sessions, fewer than asked for, can be done."""
    return next(
        (count for count in range(course.count - 1, 0, -1) if possible(replace(course, count=count), days)),
        0,
    )


def fewest_days_more(course: Course, days: Numbers, *, at_most: int) -> int | None:
    """By how many days the longest distance has to grow for the course to be possible."""
    return next(
        (
            more
            for more in range(1, at_most + 1)
            if possible(replace(course, max_days=course.max_days + more), days)
        ),
        None,
    )


def fewest_days_less(course: Course, days: Numbers) -> int | None:
    """By how many days the shortest distance has to shrink for the course to be possible."""
    return next(
        (
            less
            for less in range(1, course.min_days)
            if possible(replace(course, min_days=course.min_days - less), days)
        ),
        None,
    )


def respace(
    course: Course, sessions: Sequence[Session], *, days: Numbers, minutes: Numbers, whole: Flags
) -> tuple[int, ...] | None:
    """The places, in order, with the smallest change to these sessions; None when there are none.

    The change is, each thing before the next: how many of the places chosen are not one of the sessions'
    own; the days by which the first session moves, the second one and so on, in all; the minutes by which
    their time on the wall moves; how many lose their nurse. Counting by rank takes nothing away: on a line
    of days, sessions that stay where they are and others that pass them move no less in all than all of them
    in order. `days`, `minutes` and `whole` are of the starts, the sessions' own among them.
    """
    own = {(session.day, session.minute) for session in sessions}
    kept = np.array([place in own for place in zip(days.tolist(), minutes.tolist(), strict=True)], dtype=bool)
    costs = np.array(
        [
            [
                ~kept * SESSION_MOVED
                + np.abs(days - session.day) * DAY_MOVED
                + np.abs(minutes - session.minute) * MINUTE_MOVED
                + (0 if session.nurse is None else ~whole[session.nurse] * NURSE_LOST)
            ]
            for session in sessions
        ],
        dtype=np.int64,
    )
    answer = Table(course, days, costs, _nothing_shared(days)).best()
    return answer[1] if answer else None


def _costs(starts: Starts) -> Numbers:
    """(1, parts of the day, starts): what each start costs a series in that part of the day."""
    each = starts.misfit + OTHER_NURSE * ~starts.whole + _busy(starts.taken)
    return np.array(
        [[each + OTHER_PART * (starts.afternoon != afternoon) for afternoon in PARTS]], dtype=np.int64
    )


def _busy(taken: Numbers) -> Numbers:
    return taken * FULL_DAY // 1000


def _cost(course: Course, starts: Starts, places: Sequence[int], afternoon: bool) -> Cost:
    chosen = list(places)
    first, last = int(starts.days[chosen[0]]), int(starts.days[chosen[-1]])
    return Cost(
        misfit=int(starts.misfit[chosen].sum()),
        other_nurse=OTHER_NURSE * int((~starts.whole[chosen]).sum()),
        other_part=OTHER_PART * int((starts.afternoon[chosen] != afternoon).sum()),
        busy_days=int(_busy(starts.taken[chosen]).sum()),
        wait=DAY_WAITED * (first - course.first),
        length=DAY_LONGER * (last - first),
    )


def _shares(starts: Starts, proposal: Proposal) -> Flags:
    """Which of the starts are in a part of a day that this proposal has taken."""
    part = starts.days * 2 + starts.afternoon
    return np.isin(part, part[list(proposal.places)])


def _reachable(course: Course, days: Numbers) -> Table:
    return Table(course, days, np.zeros((1, 1, len(days)), dtype=np.int64), _nothing_shared(days))


def _nothing_shared(days: Numbers) -> Flags:
    return np.zeros((0, len(days)), dtype=bool)
