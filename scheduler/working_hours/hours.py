"""What is declared about working time as minutes that are open, and which openings are to change. Pure.

Declared are weekly patterns with their validity, one day's own hours in place of the pattern, and stretches
in which nobody is there (absences, closures): these are cut out of either. Wall times become minutes through
`minute_at`, which knows the zone, so nothing here knows of one. Rows are `openings`' to read and write.

A stretch of hours is (from, until) on one day's wall; midnight as `until` is the end of the day. Where the
clocks change, `minute_at` (`clinic.clock.at_local`) says what an edge means: a time that the spring change
skips is counted on from before the change, of one that the autumn change repeats the first is meant. So 9:00
to 17:00 stays that, a stretch over the change is an hour shorter or longer, and one that would end before it
begins is none.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, time, timedelta
from itertools import pairwise
from typing import Final

from scheduler.finding.availability import Interval, complement, union

MIDNIGHT: Final = time(0)
MOST_STRETCHES: Final = 6

Stretch = tuple[time, time]
MinuteAt = Callable[[date, time], int]
WallAt = Callable[[int], time]


@dataclass(frozen=True)
class Pattern:
    """One stretch of hours on one weekday (0 Monday to 6 Sunday), from its first day to its last."""

    weekday: int
    hours: Stretch
    valid_from: date
    valid_until: date | None = None

    def holds_on(self, day: date) -> bool:
        return (
            day.weekday() == self.weekday
            and self.valid_from <= day
            and (self.valid_until is None or day <= self.valid_until)
        )


@dataclass(frozen=True)
class Declared:
    """All that is declared about one resource; `away` in minutes since the epoch."""

    patterns: Sequence[Pattern] = ()
    days: Mapping[date, Sequence[Stretch]] = field(default_factory=dict)
    away: Sequence[Interval] = ()

    def hours_on(self, day: date) -> Sequence[Stretch]:
        """The day's own hours, none of them too, or else those of its patterns; `away` is not asked."""
        own = self.days.get(day)
        return self.weekly_on(day) if own is None else own

    def weekly_on(self, day: date) -> Sequence[Stretch]:
        """The hours of its patterns on this day."""
        return sorted(pattern.hours for pattern in self.patterns if pattern.holds_on(day))


def open_minutes(declared: Declared, first: date, last: date, minute_at: MinuteAt) -> list[Interval]:
    """The minutes of the days `first` to `last` that are open: sorted, hours that overlap or touch as one."""
    at_work = union(
        (minute_at(day, start), end_minute(day, until, minute_at))
        for day in days_from(first, last)
        for start, until in declared.hours_on(day)
    )
    return except_for(at_work, declared.away)


def end_minute(day: date, until: time, minute_at: MinuteAt) -> int:
    """The minute at which a stretch ends: midnight is the next day's."""
    return minute_at(day + timedelta(days=1), until) if until == MIDNIGHT else minute_at(day, until)


def days_from(first: date, last: date) -> Iterable[date]:
    return (first + timedelta(days=ahead) for ahead in range((last - first).days + 1))


def fault_of(hours: Sequence[Stretch]) -> str | None:
    """What is wrong with the hours of a day, in a sentence with the mend; None when nothing is.

    Their order doesn't matter, they may touch, and none at all are hours too: none.
    """
    if len(hours) > MOST_STRETCHES:
        return f"Give at most {MOST_STRETCHES} stretches of hours a day."
    return next(iter(faults_of(hours).values()), None)


def faults_of(hours: Sequence[Stretch]) -> dict[int, str]:
    """The mend of each stretch that can't be, by its place among these; of two that overlap, of the later."""
    found: dict[int, str] = {}
    for place, (start, until) in enumerate(hours):
        if any(edge.second or edge.microsecond for edge in (start, until)):
            found[place] = "Give whole minutes, such as 09:00."
        elif until <= start and until != MIDNIGHT:
            found[place] = (
                f"{start:%H:%M} to {until:%H:%M} ends before it begins. Give hours past midnight as two:"
                " until 00:00, and from 00:00 on the next day."
            )
    in_order = sorted((stretch, place) for place, stretch in enumerate(hours) if place not in found)
    for ((start, until), _), ((next_start, next_until), place) in pairwise(in_order):
        if until == MIDNIGHT or next_start < until:
            found[place] = (
                f"{start:%H:%M} to {until:%H:%M} and {next_start:%H:%M} to {next_until:%H:%M} overlap."
                " Give them as one."
            )
    return found


# --- What would be declared -------------------------------------------------------------------------------


def with_weekly(
    declared: Declared, weekdays: Collection[int], hours: Sequence[Stretch], first: date, last: date | None
) -> Declared:
    """These hours on these weekdays from `first` to `last` or on; what stood there gives way for so long."""
    kept = [
        left
        for pattern in declared.patterns
        for left in (gives_way(pattern, first, last) if pattern.weekday in weekdays else [pattern])
    ]
    new = [Pattern(weekday, stretch, first, last) for weekday in weekdays for stretch in hours]
    return replace(declared, patterns=[*kept, *new])


def gives_way(pattern: Pattern, first: date, last: date | None) -> list[Pattern]:
    """What is left of a pattern outside the days from `first` to `last`: before them, after them, or both."""
    left = []
    if pattern.valid_from < first:
        ends = first - timedelta(days=1)
        left.append(replace(pattern, valid_until=min(pattern.valid_until or ends, ends)))
    if last and (pattern.valid_until is None or pattern.valid_until > last):
        left.append(replace(pattern, valid_from=max(pattern.valid_from, last + timedelta(days=1))))
    return left


def with_end(declared: Declared, ended: Pattern, last_day: date) -> Declared:
    """This pattern through `last_day` and no longer."""
    others = [*declared.patterns]
    if ended in others:
        others.remove(ended)
    begun = [replace(ended, valid_until=last_day)] if ended.valid_from <= last_day else []
    return replace(declared, patterns=[*others, *begun])


def with_day(declared: Declared, day: date, hours: Sequence[Stretch] | None) -> Declared:
    """The day's own hours; None: the patterns' again."""
    others = {each: own for each, own in declared.days.items() if each != day}
    return replace(declared, days=others if hours is None else {**others, day: hours})


def with_away(declared: Declared, away: Iterable[Interval]) -> Declared:
    """Nobody there in these minutes either."""
    return replace(declared, away=[*declared.away, *away])


@dataclass(frozen=True)
class OddStretch:
    """Hours that last longer or shorter than declared, or begin or end at another time on the wall, since the
    clocks change in them or at an edge. `runs` is what the clocks show as they begin and end."""

    day: date
    hours: Stretch
    minutes: int
    runs: Stretch


def odd_stretches(
    days: Mapping[date, Sequence[Stretch]], minute_at: MinuteAt, wall_at: WallAt
) -> list[OddStretch]:
    """Those of these days' hours that the clocks change; the minutes may be none.

    Both edges in the hour that spring skips move on together: such hours are as long as declared, and later.
    """
    found = []
    for day, hours in days.items():
        for stretch in hours:
            start, end = minute_at(day, stretch[0]), end_minute(day, stretch[1], minute_at)
            runs = (wall_at(start), wall_at(end))
            if end - start != wall_minutes(stretch) or runs != stretch:
                found.append(OddStretch(day, stretch, max(end - start, 0), runs))
    return found


def wall_minutes(stretch: Stretch) -> int:
    """How long a stretch is on the wall of a day on which the clocks don't change."""
    start, until = ((edge.hour * 60 + edge.minute) for edge in stretch)
    return (until or 24 * 60) - start


@dataclass(frozen=True)
class Redrawn:
    """Openings that no longer stand, those that are to stand instead, and the minutes that are lost."""

    outdated: frozenset[Interval]
    missing: frozenset[Interval]
    lost: Sequence[Interval]


def redraw(rows: Iterable[Interval], wanted: Iterable[Interval], low: int, high: int) -> Redrawn:
    """Change openings so that of [low, high) exactly the `wanted` minutes are open, and nothing else changes.

    `rows` are the openings of one resource that lie in the window or touch it. Those that are right already
    stay; hours that touch become one opening, also with what lies before or behind the window.
    """
    standing = frozenset(rows)
    beside = [part for start, end in standing for part in ((start, min(end, low)), (max(start, high), end))]
    right = union([*within(wanted, low, high), *beside])
    return Redrawn(standing - {*right}, frozenset(right) - standing, except_for(union(standing), right))


def within(intervals: Iterable[Interval], low: int, high: int) -> list[Interval]:
    """The minutes of the intervals that lie in [low, high)."""
    return union((max(start, low), min(end, high)) for start, end in intervals)


def except_for(intervals: Sequence[Interval], taken: Iterable[Interval]) -> list[Interval]:
    """The minutes of the intervals (sorted, none overlapping) that are in none of `taken`."""
    if not intervals:
        return []
    return in_both(intervals, complement(taken, intervals[0][0], intervals[-1][1]))


def in_both(ours: Sequence[Interval], theirs: Sequence[Interval]) -> list[Interval]:
    """The minutes that are in one of ours and in one of theirs; each sorted, none overlapping."""
    shared: list[Interval] = []
    mine = yours = 0
    while mine < len(ours) and yours < len(theirs):
        start = max(ours[mine][0], theirs[yours][0])
        end = min(ours[mine][1], theirs[yours][1])
        if start < end:
            shared.append((start, end))
        if ours[mine][1] < theirs[yours][1]:
            mine += 1
        else:
            yours += 1
    return shared
