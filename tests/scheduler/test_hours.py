"""Declarations become open minutes: patterns, a day's own hours, what is cut out, and both DST days."""

from datetime import date, datetime, time, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from clinic import clock
from scheduler.finding.availability import Interval, minute_of, moment_of
from scheduler.working_hours.hours import (
    MIDNIGHT,
    Declared,
    MinuteAt,
    Pattern,
    Stretch,
    fault_of,
    in_both,
    open_minutes,
    redraw,
)

CHICAGO = "America/Chicago"
HAVANA = "America/Havana"  # its clocks change at midnight
MONDAY = date(2027, 1, 11)


def at(zone: str) -> MinuteAt:
    return lambda day, wall: minute_of(clock.at_local(day, wall, zone))


def stretch(text: str) -> Stretch:
    start, _, until = text.partition("-")
    return time.fromisoformat(start), time.fromisoformat(until)


def weekly(weekday: int, *hours: str, since: date = MONDAY, until: date | None = None) -> list[Pattern]:
    return [Pattern(weekday, stretch(text), since, until) for text in hours]


def wall(minutes: list[Interval], zone: str) -> list[str]:
    def shown(minute: int) -> str:
        return f"{moment_of(minute).astimezone(ZoneInfo(zone)):%d %H:%M}"

    return [f"{shown(start)}-{shown(end)}" for start, end in minutes]


def laid(declared: Declared, first: date, last: date | None = None, zone: str = CHICAGO) -> list[str]:
    return wall(open_minutes(declared, first, last or first, at(zone)), zone)


def test_a_lunch_break_is_the_gap_between_two_patterns() -> None:
    declared = Declared(weekly(0, "09:00-12:30", "13:00-17:00"))

    assert laid(declared, MONDAY) == ["11 09:00-11 12:30", "11 13:00-11 17:00"]
    assert laid(declared, MONDAY + timedelta(days=1)) == []


def test_a_pattern_holds_from_its_first_day_through_its_last() -> None:
    declared = Declared(weekly(0, "09:00-10:00", since=date(2027, 1, 18), until=date(2027, 1, 25)))

    assert laid(declared, MONDAY, date(2027, 2, 28)) == ["18 09:00-18 10:00", "25 09:00-25 10:00"]


def test_a_days_own_hours_stand_in_place_of_the_pattern() -> None:
    tuesday, wednesday = date(2027, 1, 12), date(2027, 1, 13)
    declared = Declared(
        [*weekly(0, "09:00-17:00"), *weekly(2, "09:00-17:00")],
        {MONDAY: [stretch("07:00-11:00")], tuesday: [stretch("10:00-11:00")], wednesday: []},
    )

    assert laid(declared, MONDAY, wednesday) == ["11 07:00-11 11:00", "12 10:00-12 11:00"]


def test_absences_and_closures_are_cut_out_of_own_hours_as_well() -> None:
    minute = at(CHICAGO)
    away = [
        (minute(MONDAY, time(12)), minute(MONDAY, time(14))),
        (minute(MONDAY, time(13)), minute(MONDAY, time(15))),
    ]
    declared = Declared((), {MONDAY: [stretch("09:00-17:00")]}, away)

    assert laid(declared, MONDAY) == ["11 09:00-11 12:00", "11 15:00-11 17:00"]


def test_hours_that_overlap_or_touch_are_one() -> None:
    declared = Declared(weekly(0, "13:00-17:00", "09:00-12:00", "12:00-13:30"))

    assert laid(declared, MONDAY) == ["11 09:00-11 17:00"]


def test_a_night_shift_is_two_stretches_and_one_opening() -> None:
    declared = Declared([*weekly(0, "22:00-00:00"), *weekly(1, "00:00-06:00")])

    assert laid(declared, MONDAY, date(2027, 1, 12)) == ["11 22:00-12 06:00"]


def test_the_leap_day_is_a_day_like_others() -> None:
    leap_day = date(2028, 2, 29)
    declared = Declared(weekly(1, "09:00-17:00"), {date(2028, 3, 1): [stretch("09:00-10:00")]})

    assert laid(declared, leap_day, date(2028, 3, 1)) == ["29 09:00-29 17:00", "01 09:00-01 10:00"]


# --- The days on which the clocks change -------------------------------------------------------------------

SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)  # both at 2:00 in Chicago, at midnight in Havana


@pytest.mark.parametrize(
    ("zone", "day", "hours", "minutes"),
    [
        (CHICAGO, SPRING, "00:00-00:00", 23 * 60),
        (CHICAGO, AUTUMN, "00:00-00:00", 25 * 60),
        (HAVANA, SPRING, "00:00-00:00", 23 * 60),
        (HAVANA, AUTUMN, "00:00-00:00", 25 * 60),
        (CHICAGO, SPRING, "01:00-04:00", 2 * 60),
        (CHICAGO, AUTUMN, "01:00-04:00", 4 * 60),
        # No such time: counted on from before the change.
        (CHICAGO, SPRING, "02:30-04:00", 30),
        (CHICAGO, SPRING, "01:30-02:30", 60),
        (CHICAGO, SPRING, "02:00-02:30", 30),
        (CHICAGO, SPRING, "02:30-03:00", 0),
        (HAVANA, SPRING, "00:30-02:00", 30),
        # Twice: the first is meant.
        (CHICAGO, AUTUMN, "00:00-01:30", 90),
        (CHICAGO, AUTUMN, "01:30-02:00", 90),
        (HAVANA, AUTUMN, "00:00-00:30", 30),
        (HAVANA, AUTUMN, "00:30-01:00", 90),
    ],
)
def test_hours_over_the_change_are_as_long_as_they_are(
    zone: str, day: date, hours: str, minutes: int
) -> None:
    found = open_minutes(Declared((), {day: [stretch(hours)]}), day, day, at(zone))

    assert sum(end - start for start, end in found) == minutes


def test_a_break_in_the_hour_that_comes_twice_stays_a_break() -> None:
    """Two stretches that don't overlap on the wall don't overlap in time either."""
    day = Declared((), {AUTUMN: [stretch("00:00-01:15"), stretch("01:45-09:00")]})

    early, late = open_minutes(day, AUTUMN, AUTUMN, at(CHICAGO))

    assert late[0] - early[1] == 30


# --- What is wrong with hours ------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "hours", [[], ["09:00-17:00"], ["22:00-00:00", "00:00-06:00"], ["09:00-12:00", "12:00-13:00"]]
)
def test_hours_that_can_be_worked_have_no_fault(hours: list[str]) -> None:
    assert fault_of([stretch(text) for text in hours]) is None


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (["17:00-09:00"], "ends before it begins"),
        (["09:00-09:00"], "ends before it begins"),
        (["09:00-12:00", "11:30-17:00"], "overlap"),
        (["20:00-00:00", "22:00-23:00"], "overlap"),
        (["09:00:30-12:00"], "whole minutes"),
        ([f"{hour:02}:00-{hour:02}:30" for hour in range(7)], "at most 6"),
    ],
)
def test_hours_that_cannot_be_worked_are_told_why(hours: list[str], words: str) -> None:
    assert words in str(fault_of([stretch(text) for text in hours]))


# --- What is to change -------------------------------------------------------------------------------------


def test_only_the_window_is_redrawn_and_what_touches_it_is_joined() -> None:
    redrawn = redraw(
        rows=[(0, 10), (20, 40), (60, 70)], wanted=[(25, 35), (40, 60), (90, 99)], low=30, high=60
    )

    assert redrawn.outdated == {(20, 40), (60, 70)}
    assert redrawn.missing == {(20, 35), (40, 70)}
    assert redrawn.lost == [(35, 40)]


def test_what_is_right_already_stays() -> None:
    redrawn = redraw(rows=[(0, 10), (20, 40)], wanted=[(5, 10), (20, 30), (30, 40)], low=5, high=60)

    assert not redrawn.outdated | redrawn.missing


# --- Any declaration, minute by minute ----------------------------------------------------------------------

# Where the clocks change between 0:00 and 4:00 no edge is drawn but midnight itself: what an edge in a
# skipped or repeated hour means is told by the cases above.
EDGES = [time(0), *[time(hour, minute) for hour in range(4, 24) for minute in (0, 15, 40)]]


@st.composite
def stretches(draw: st.DrawFn) -> Stretch:
    start, until = draw(st.lists(st.sampled_from(EDGES), min_size=2, max_size=2, unique=True).map(sorted))
    return (until, MIDNIGHT) if start == MIDNIGHT and draw(st.booleans()) else (start, until)


@st.composite
def declarations(draw: st.DrawFn) -> tuple[str, date, date, Declared]:
    zone = draw(st.sampled_from([CHICAGO, HAVANA, "Australia/Lord_Howe", "America/Phoenix"]))
    first = draw(st.sampled_from([SPRING, AUTUMN, date(2027, 10, 3), date(2028, 2, 28)])) - timedelta(days=1)
    last = first + timedelta(days=draw(st.integers(1, 9)))
    days = st.dates(first - timedelta(days=3), last + timedelta(days=3))
    patterns = draw(
        st.lists(st.builds(Pattern, st.integers(0, 6), stretches(), days, st.none() | days), max_size=8)
    )
    own = draw(st.dictionaries(days, st.lists(stretches(), max_size=2), max_size=3))
    begin = minute_of(clock.day_bounds(first, zone)[0])
    away = draw(
        st.lists(
            st.tuples(st.integers(begin - 600, begin + 12_000), st.integers(1, 3000)).map(
                lambda drawn: (drawn[0], drawn[0] + drawn[1])
            ),
            max_size=3,
        )
    )
    return zone, first, last, Declared(patterns, own, away)


def works(declared: Declared, minute: int, zone: str) -> bool:
    """The declarations read for one minute, by what the clock on the wall shows then."""
    shown = moment_of(minute).astimezone(ZoneInfo(zone)).replace(tzinfo=None)
    if any(start <= minute < end for start, end in declared.away):
        return False
    day = shown.date()
    if day in declared.days:
        hours = list(declared.days[day])
    else:
        hours = [
            pattern.hours
            for pattern in declared.patterns
            if pattern.weekday == day.weekday()
            and pattern.valid_from <= day <= (pattern.valid_until or date.max)
        ]
    return any(
        datetime.combine(day, start) <= shown and (until == MIDNIGHT or shown.time() < until)
        for start, until in hours
    )


@given(declarations())
def test_what_is_open_is_what_the_declarations_say_of_each_minute(
    drawn: tuple[str, date, date, Declared],
) -> None:
    zone, first, last, declared = drawn
    low, high = minute_of(clock.day_bounds(first, zone)[0]), minute_of(clock.day_bounds(last, zone)[1])

    found = open_minutes(declared, first, last, at(zone))

    assert all(start < end for start, end in found)
    assert all(before[1] < after[0] for before, after in pairwise(found))
    open_at = {minute for start, end in found for minute in range(start, end)}
    assert open_at == {minute for minute in range(low, high) if works(declared, minute, zone)}


intervals = st.lists(
    st.tuples(st.integers(0, 60), st.integers(1, 9)).map(lambda drawn: (drawn[0], sum(drawn))), max_size=6
)


@given(intervals, intervals, st.integers(0, 40), st.integers(1, 30))
def test_redrawing_changes_the_window_and_nothing_else(
    drawn: list[Interval], wanted: list[Interval], low: int, length: int
) -> None:
    rows: list[Interval] = []
    for start, end in sorted(drawn):
        if not rows or start >= rows[-1][1]:
            rows.append((start, end))
    high = low + length
    near = [row for row in rows if row[1] >= low and row[0] <= high]

    redrawn = redraw(near, wanted, low, high)

    after = ({*rows} - redrawn.outdated) | redrawn.missing
    before_minutes, after_minutes, wanted_minutes = (
        {minute for start, end in some for minute in range(start, end)} for some in (rows, after, wanted)
    )
    assert sum(end - start for start, end in after) == len(after_minutes), "openings overlap"
    assert after_minutes == {
        minute
        for minute in before_minutes | wanted_minutes
        if minute in (wanted_minutes if low <= minute < high else before_minutes)
    }
    assert {
        minute for start, end in redrawn.lost for minute in range(start, end)
    } == before_minutes - after_minutes
    again = redraw([row for row in after if row[1] >= low and row[0] <= high], wanted, low, high)
    assert not again.outdated | again.missing
    assert in_both(redrawn.lost, sorted(after)) == []
