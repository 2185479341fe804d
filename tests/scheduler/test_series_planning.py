"""The best dates for a series, against the plainest search there is: try all choices, keep the cheapest."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import combinations, pairwise, permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.finding.frequency import Frequency
from scheduler.finding.wishes import OTHER_NURSE
from scheduler.series import planning
from scheduler.series.planning import (
    DAY_LONGER,
    DAY_WAITED,
    FULL_DAY,
    OTHER_PART,
    Proposal,
    Session,
    Starts,
    respace,
)
from scheduler.series.spaced_days import Break, Course

DAYS = 9
NURSES = 2  # whose visits are moved


@st.composite
def courses(draw: st.DrawFn, *, standing: bool = True, most: int = 4) -> Course:
    shortest = draw(st.integers(0, 3))
    stands = draw(st.lists(st.integers(-8, 14), max_size=2, unique=True)) if standing else []
    under_other_plans = draw(st.lists(st.integers(-8, 14), max_size=2)) if standing else []
    return Course(
        count=draw(st.integers(1, most)),
        min_days=shortest,
        max_days=shortest + draw(st.integers(0, 3)),
        first=0,
        last=DAYS - 1,
        standing=tuple(sorted(stands)),
        resume=draw(st.booleans()),
        frequency=Frequency(
            draw(st.sampled_from([None, None, 1, 2, 3])), draw(st.sampled_from([None, None, 3, 6]))
        ),
        beside=tuple(sorted([*stands, *under_other_plans])),
    )


@st.composite
def starts_of(draw: st.DrawFn) -> Starts:
    days = sorted(draw(st.lists(st.integers(0, DAYS - 1), min_size=1, max_size=9)))
    size = len(days)
    flags = st.lists(st.booleans(), min_size=size, max_size=size)
    return Starts(
        days=np.array(days),
        afternoon=np.array(draw(flags)),
        misfit=np.array(draw(st.lists(st.sampled_from([0, 5, 40]), min_size=size, max_size=size))),
        taken=np.array(draw(st.lists(st.sampled_from([0, 333, 900]), min_size=size, max_size=size))),
        whole=np.array(draw(flags)),
    )


def in_bounds(course: Course, days: Sequence[int]) -> bool:
    """Every distance that a chosen session has to the one before or after it is within the bounds, and no
    week or year that has one of them has too many. All days of these stories are in one year."""
    weeks = Counter((day - 1) // 7 for day in course.beside)
    mine = Counter((day - 1) // 7 for day in days)
    per_week, per_year = course.frequency.per_week, course.frequency.per_year
    if per_week is not None and any(weeks[week] + mine[week] > per_week for week in mine):
        return False
    if per_year is not None and days and len(days) + len(course.beside) > per_year:
        return False
    low, high = max(1, course.min_days), max(1, course.max_days)
    merged = sorted([*((day, True) for day in course.standing), *((day, False) for day in days)])
    for (earlier, stood), (later, stands) in pairwise(merged):
        if stood and stands:
            continue
        if later - earlier < low:
            return False
        unbounded = stood and earlier < course.first and (course.resume or earlier + high < course.first)
        if later - earlier > high and not unbounded:
            return False
    return True


def choices(course: Course, days: Sequence[int]) -> Iterator[tuple[int, ...]]:
    for places in combinations(range(len(days)), course.count):
        if in_bounds(course, [days[place] for place in places]):
            yield places


def cheapest_total(course: Course, starts: Starts, places: Sequence[int]) -> int:
    """The cost as the module's docstring tells it, with the part of day that makes it least."""
    days = [int(starts.days[place]) for place in places]
    each = sum(int(starts.misfit[p]) + int(starts.taken[p]) * FULL_DAY // 1000 for p in places)
    others = sum(not starts.whole[p] for p in places)
    outside = min(sum(starts.afternoon[p] != part for p in places) for part in (False, True))
    whole_series = DAY_WAITED * (days[0] - course.first) + DAY_LONGER * (days[-1] - days[0])
    return each + OTHER_NURSE * int(others) + OTHER_PART * int(outside) + whole_series


def day_parts(starts: Starts, places: Sequence[int]) -> set[tuple[int, bool]]:
    return {(int(starts.days[place]), bool(starts.afternoon[place])) for place in places}


@settings(max_examples=500)
@given(courses(), starts_of())
def test_each_proposal_is_the_cheapest_that_differs_enough_from_those_before(
    course: Course, starts: Starts
) -> None:
    proposals = planning.propose(course, starts)
    before: list[Proposal] = []
    for rank in range(planning.PROPOSALS):
        different = [
            places
            for places in choices(course, starts.days.tolist())
            if all(
                2 * len(day_parts(starts, places) & day_parts(starts, other.places)) <= course.count
                for other in before
            )
        ]
        if not different:
            assert len(proposals) == rank
            return
        proposal = proposals[rank]
        assert proposal.places in different
        assert proposal.cost.total == cheapest_total(course, starts, proposal.places)
        assert proposal.cost.total == min(cheapest_total(course, starts, places) for places in different)
        before.append(proposal)
    assert len(proposals) == planning.PROPOSALS


@settings(max_examples=500)
@given(courses(), starts_of())
def test_a_course_is_called_impossible_exactly_when_it_is(course: Course, starts: Starts) -> None:
    days = starts.days.tolist()
    assert planning.possible(course, starts.days) == any(choices(course, days))


@settings(max_examples=500)
@given(courses(), starts_of())
def test_where_a_course_ends_is_where_no_choice_gets_further(course: Course, starts: Starts) -> None:
    if planning.possible(course, starts.days):
        return
    days = starts.days.tolist()
    ends = planning.break_of(course, starts.days)

    def reached(count: int) -> set[int]:
        """The days on which the last of so many sessions can be, however late the visit after it comes."""
        return {
            days[places[-1]]
            for places in combinations(range(len(days)), count)
            if in_bounds(
                replace(
                    course,
                    standing=tuple(
                        day for day in course.standing if day < days[places[-1]] + max(1, course.min_days)
                    ),
                ),
                [days[place] for place in places],
            )
        }

    assert ends.placed == max((k for k in range(1, course.count + 1) if reached(k)), default=0)
    if ends.placed:
        assert ends.earliest == min(reached(ends.placed))
        assert ends.latest is not None
        assert ends.latest >= max(reached(ends.placed))
    assert ends.next_stands == (ends.placed == course.count)


@settings(max_examples=300)
@given(courses(), starts_of())
def test_what_would_make_a_course_possible_is_the_least_that_does(course: Course, starts: Starts) -> None:
    if planning.possible(course, starts.days):
        return
    days = starts.days.tolist()

    def does(changed: Course) -> bool:
        return any(choices(changed, days))

    fewer = [count for count in range(1, course.count) if does(replace(course, count=count))]
    assert planning.most_sessions(course, starts.days) == max(fewer, default=0)
    more = [more for more in range(1, 5) if does(replace(course, max_days=course.max_days + more))]
    assert planning.fewest_days_more(course, starts.days, at_most=4) == min(more, default=None)
    less = [
        less for less in range(1, course.min_days) if does(replace(course, min_days=course.min_days - less))
    ]
    assert planning.fewest_days_less(course, starts.days) == min(less, default=None)


# --- Sessions that are booked already ----------------------------------------------------------------------


@st.composite
def booked(draw: st.DrawFn) -> list[Session]:
    days = draw(st.lists(st.integers(0, DAYS - 1), min_size=1, max_size=3, unique=True))
    nurses = st.sampled_from([None, *range(NURSES)])
    return [Session(day, draw(st.sampled_from([540, 600, 840])), draw(nurses)) for day in sorted(days)]


@settings(max_examples=500)
@given(courses(), booked(), starts_of(), st.data())
def test_respacing_moves_the_fewest_sessions_then_the_fewest_days(
    course: Course, sessions: list[Session], starts: Starts, data: st.DataObject
) -> None:
    """Whichever session goes where: the oracle tries every assignment of sessions to places."""
    course = replace(course, count=len(sessions))
    minute = st.lists(st.sampled_from([540, 600, 840]), min_size=len(starts.days), max_size=len(starts.days))
    free = list(zip(starts.days.tolist(), data.draw(minute), strict=True))
    places = sorted({*free, *((session.day, session.minute) for session in sessions)})
    whole = np.array(
        [[(day + nurse) % 2 == 0 for day, _ in places] for nurse in range(NURSES)],
    )

    def change(chosen: Sequence[int]) -> tuple[int, int, int, int]:
        own = {(session.day, session.minute) for session in sessions}
        taken = [places[place] for place in chosen]
        moved = sum(place not in own for place in taken)
        days = min(
            sum(abs(place[0] - session.day) for place, session in zip(order, sessions, strict=True))
            for order in permutations(taken)
            # a session whose place is taken is the one that takes it
            if all(
                place == (session.day, session.minute)
                for place, session in zip(order, sessions, strict=True)
                if (session.day, session.minute) in taken
            )
        )
        minutes = sum(abs(place[1] - session.minute) for place, session in zip(taken, sessions, strict=True))
        lost = sum(
            session.nurse is not None and not whole[session.nurse][place]
            for place, session in zip(chosen, sessions, strict=True)
        )
        return moved, days, minutes, lost

    answer = respace(
        course,
        sessions,
        days=np.array([day for day, _ in places]),
        minutes=np.array([minute for _, minute in places]),
        whole=whole,
    )
    best = min((change(c) for c in choices(course, [day for day, _ in places])), default=None)
    assert (change(answer) if answer else None) == best


# --- Told as stories ----------------------------------------------------------------------------------------


def week_days(weeks: int = 3) -> list[int]:
    return [day for day in range(7 * weeks) if day % 7 < 5]


def plain(days: Sequence[int], **changes: object) -> Starts:
    """A morning start on each day, all alike."""
    size = len(days)
    nothing = np.zeros(size, dtype=np.int64)
    starts = Starts(np.array(days), np.zeros(size, dtype=bool), nothing, nothing, np.ones(size, dtype=bool))
    return replace(starts, **changes)  # type: ignore[arg-type]


def chosen_days(course: Course, starts: Starts) -> list[int]:
    return [int(starts.days[place]) for place in planning.propose(course, starts)[0].places]


SIX = Course(count=6, min_days=2, max_days=5, first=0, last=20)


def test_six_sessions_are_as_close_together_as_the_protocol_allows() -> None:
    assert chosen_days(SIX, plain(week_days())) == [0, 2, 4, 7, 9, 11]


def test_sessions_are_never_on_one_day_even_if_the_protocol_would_allow_it() -> None:
    days = [0, 0, 1, 2]
    assert chosen_days(Course(3, min_days=0, max_days=3, first=0, last=5), plain(days)) == [0, 1, 2]


def test_a_series_waits_for_the_nurse_who_is_wished_for_only_where_that_is_worth_it() -> None:
    days = [0, 1, 2, 3, 4, 5]
    course = Course(2, min_days=1, max_days=2, first=0, last=5)
    late = np.array([False, False, False, True, True, True])
    # Three days of waiting cost less than two sessions with somebody else.
    assert chosen_days(course, plain(days, whole=late)) == [3, 4]
    later = np.array([False, False, False, False, False, True])
    assert chosen_days(course, plain(days, whole=later)) == [0, 1]


def test_a_gap_that_a_cancelled_session_left_is_filled() -> None:
    course = Course(1, min_days=2, max_days=5, first=0, last=20, standing=(-1, 7, 9))
    assert chosen_days(course, plain(week_days())) == [2]


def test_after_an_interruption_the_series_goes_on_as_soon_as_it_can() -> None:
    course = Course(2, min_days=2, max_days=5, first=0, last=20, standing=(-30,))
    assert chosen_days(course, plain(week_days())) == [0, 2]


def test_a_session_just_before_the_window_keeps_its_distance() -> None:
    course = Course(1, min_days=2, max_days=5, first=0, last=20, standing=(-1,))
    assert chosen_days(course, plain([0, 1, 2])) == [1]
    assert not planning.possible(course, np.array([0, 5]))
    assert chosen_days(replace(course, resume=True), plain([0, 5])) == [5]


def test_the_gap_that_fails_is_named() -> None:
    days = np.array([0, 2, 4, 12, 14])
    ends = planning.break_of(Course(5, min_days=2, max_days=5, first=0, last=20), days)
    assert ends == Break(placed=3, earliest=4, latest=4, next_from=6, next_until=9)


def test_a_window_without_any_start_ends_before_its_first_session() -> None:
    ends = planning.break_of(SIX, np.array([], dtype=np.int64))
    assert ends == Break(placed=0, earliest=None, latest=None, next_from=0, next_until=20)


def test_a_standing_visit_that_can_not_be_reached_is_named() -> None:
    course = Course(1, min_days=2, max_days=5, first=0, last=20, standing=(18,))
    ends = planning.break_of(course, np.array([0, 2]))
    assert ends == Break(1, earliest=0, latest=2, next_from=18, next_until=18, next_stands=True)


def test_three_alike_weeks_give_three_different_series_and_one_week_gives_fewer() -> None:
    days = sorted(week_days() * 2)
    parts = np.array([place % 2 == 1 for place in range(len(days))])
    course = Course(6, min_days=2, max_days=5, first=0, last=20)
    three = planning.propose(course, plain(days, afternoon=parts))
    assert [proposal.afternoon for proposal in three[:2]] == [False, True]
    assert [proposal.cost.total for proposal in three] == sorted(p.cost.total for p in three)
    only = planning.propose(replace(course, count=3, last=4), plain([0, 2, 4]))
    assert len(only) == 1


@pytest.mark.parametrize(
    ("before", "after"),
    [
        # Seven days without a session: the next one comes earlier, as little as will do (5 is a Saturday).
        ([0, 7, 9, 11], [0, 4, 9, 11]),
        ([0, 2, 4, 7], [0, 2, 4, 7]),
    ],
)
def test_a_gap_is_closed_with_the_smallest_change(before: list[int], after: list[int]) -> None:
    assert respaced(before) == after


def test_one_session_jumps_into_a_gap_where_otherwise_three_would_move() -> None:
    assert respaced([0, 6, 9, 12], longest=3, days=range(13)) == [0, 3, 6, 9]


def respaced(before: list[int], *, longest: int = 5, days: Sequence[int] = ()) -> list[int]:
    places = np.array(sorted({*(days or week_days()), *before}))
    answer = respace(
        Course(len(before), min_days=2, max_days=longest, first=0, last=20, standing=(-longest,)),
        [Session(day, 540, None) for day in before],
        days=places,
        minutes=np.full(len(places), 540),
        whole=np.zeros((0, len(places)), dtype=bool),
    )
    assert answer is not None
    return [int(places[place]) for place in answer]
