"""Levelling against days that are tried out one by one, and against the rules by which visits are booked."""

from collections import Counter
from collections.abc import Sequence
from itertools import product
from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.finding.availability import Supply, Visit, complement
from scheduler.finding.packing import Rectangle
from scheduler.levelling.laying_out import Booked, Kind, Layout, Placed, Room, Share
from scheduler.levelling.template import Day, Template, level, measure, room_for_more

MOOD = Visit(20, 40, 60, 10, 6, 3, 2)
CLUSTER = Visit(20, 60, 60, 10, 6, 3, 2)
PAIN = Visit(20, 240, 60, 10, 6, 3, 2)
SHORT = Visit(10, 20, 30, 10, 6, 3, 2)
PLENTY = 60.0  # seconds: these stories are about what is found, however busy the machine is
EIGHT_HOURS = ((0, 480),)


def day(
    chairs: int = 2,
    nurses: Sequence[Sequence[tuple[int, int]]] = (EIGHT_HOURS,),
    *,
    hours: Sequence[tuple[int, int]] = EIGHT_HOURS,
    closing: int = 480,
    at_once: int = 8,
) -> Day:
    return Day(
        [Supply(f"chair {number}", 1, hours) for number in range(chairs)],
        [Supply(f"nurse {number}", 6, own) for number, own in enumerate(nurses)],
        [Supply("clinician", at_once, hours)],
        closing,
    )


def kind(visit: Visit, of: Day, *, chairs: Sequence[int] | None = None) -> Kind:
    keys = [chair.key for chair in of.chairs]
    return Kind(visit, visit, frozenset(keys if chairs is None else (keys[number] for number in chairs)))


def booked(empty: Day, *visits: tuple[Kind, int]) -> tuple[Day, list[Booked]]:
    """The day with these visits where they are asked for, as a book would hold them."""
    layout = empty.layout([one for one, _ in visits])
    for one, minute in visits:
        assert layout.place(one, layout.grid.column(minute)), f"no room at {minute}"
    return as_book(layout, empty.closing)


def as_book(layout: Layout, closing: int) -> tuple[Day, list[Booked]]:
    def shares(room: Room, placed: Placed, of: str) -> tuple[Share, ...]:
        return tuple(
            Share(
                room.supplies[stint.row].key,
                layout.grid.minute(stint.start),
                layout.grid.minute(stint.end),
                stint.units,
            )
            for stint in getattr(placed, of)
        )

    rows = [
        Booked(
            placed.kind,
            layout.grid.minute(placed.column),
            shares(layout.chairs, placed, "chairs"),
            shares(layout.nurses, placed, "nurses"),
            shares(layout.clinicians, placed, "clinicians"),
        )
        for placed in layout.placed
    ]
    return Day(*layout.as_supplies(), closing), rows


def found(template: Template | None) -> Template:
    assert template is not None
    return template


# --- Measures ------------------------------------------------------------------------------------------


def test_a_days_measures_are_those_of_its_claims() -> None:
    """From 60 to 80 one patient recovers (2 units) while the other is prepared (6)."""
    empty = day(nurses=[EIGHT_HOURS] * 2)
    mood = kind(MOOD, empty)
    measures = measure(booked(empty, (mood, 0), (mood, 60))[0], commonest=mood)
    assert (measures.peak, measures.peak_duty) == (8, 12)
    assert (measures.chair_minutes, measures.chair_open_minutes) == (260, 960)


def test_nobody_is_free_while_the_only_nurse_looks_after_somebody() -> None:
    empty = day()
    mood = kind(MOOD, empty)
    measures = measure(booked(empty, (mood, 100))[0], commonest=mood)
    assert (measures.minutes_nobody_free, measures.minutes_full) == (120, 20)
    assert (measures.peak, measures.peak_duty) == (6, 6)
    assert [(step.minute, step.load) for step in measures.steps] == [
        (0, 0),
        (100, 6),
        (120, 3),
        (160, 2),
        (220, 0),
        (480, 0),
    ]


def test_more_visits_fit_as_long_as_each_finds_a_nurse() -> None:
    """One nurse can prepare nobody while she looks after somebody: it is one after the other."""
    empty = day()
    mood = kind(MOOD, empty)
    assert measure(empty, commonest=mood).more == 3
    assert measure(booked(empty, (mood, 0), (mood, 120))[0], commonest=mood).more == 1
    assert measure(booked(empty, (mood, 60), (mood, 240))[0], commonest=mood).more == 0


def test_minutes_past_closing_are_overtime() -> None:
    empty = day(closing=400)
    mood = kind(MOOD, empty)
    assert measure(booked(empty, (mood, 320))[0], commonest=mood).overtime_minutes == 40
    assert measure(booked(empty, (mood, 280))[0], commonest=mood).overtime_minutes == 0


# --- The template --------------------------------------------------------------------------------------


def test_visits_on_top_of_each_other_are_laid_beside_each_other() -> None:
    empty = day(chairs=4, nurses=[EIGHT_HOURS] * 3)
    mood = kind(MOOD, empty)
    crowded, visits = booked(empty, (mood, 0), (mood, 0), (mood, 0))
    assert measure(crowded, commonest=mood).peak == 18
    template = found(level(crowded, visits, seconds=PLENTY))
    assert (measure(template.day, commonest=mood).peak, template.peak_bound) == (6, 6)
    assert template.in_time


def test_nothing_of_the_day_itself_is_changed() -> None:
    empty = day(chairs=4, nurses=[EIGHT_HOURS] * 3)
    mood = kind(MOOD, empty)
    crowded, visits = booked(empty, (mood, 0), (mood, 0))
    before = [list(supply.taken) for supply in crowded.supplies]
    level(crowded, visits)
    room_for_more(crowded, visits, mood)
    assert [list(supply.taken) for supply in crowded.supplies] == before


def test_the_same_question_has_the_same_answer() -> None:
    empty = day(chairs=4, nurses=[EIGHT_HOURS] * 2)
    mood, pain = kind(MOOD, empty), kind(PAIN, empty)
    taken, visits = booked(empty, (pain, 0), (mood, 60), (mood, 180))
    assert (
        found(level(taken, visits, seconds=PLENTY)).starts
        == found(level(taken, visits, seconds=PLENTY)).starts
    )


def test_a_day_that_could_end_in_time_ends_in_time() -> None:
    empty = day(chairs=2, nurses=[EIGHT_HOURS] * 2, closing=300)
    mood = kind(MOOD, empty)
    late, visits = booked(empty, (mood, 320), (mood, 340))
    assert measure(late, commonest=mood).overtime_minutes == 120 + 120
    template = found(level(late, visits, seconds=PLENTY))
    assert measure(template.day, commonest=mood).overtime_minutes == 0


def test_a_long_infusion_changes_nurses_where_their_shifts_meet() -> None:
    """No nurse is there for the whole of it, as in booking."""
    shifts = [((0, 200),), ((200, 480),)]
    empty = day(nurses=shifts)
    pain = kind(PAIN, empty)
    taken, visits = booked(empty, (pain, 0))
    assert found(level(taken, visits, seconds=PLENTY)).starts[0][1] == pain


def test_nobody_hands_over_at_the_edge_of_a_third_persons_shift() -> None:
    """Both nurses are there throughout and one is busy in turn: the third one's lunch is no reason."""
    hours = [EIGHT_HOURS, EIGHT_HOURS, ((0, 60), (90, 480))]
    room = Layout(day(nurses=hours).layout([kind(MOOD, day())]).grid, **rooms(day(nurses=hours)))
    busy = [(0, 6, 12), (1, 3, 6), (2, 0, 48)]  # nurse, columns in which she has no room
    for row, start, end in busy:
        room.nurses.free[row, start:end] = 0
    assert room.nurses.serve(4, 8, 3) is None


def rooms(of: Day) -> dict[str, Sequence[Supply]]:
    return {"chairs": of.chairs, "nurses": of.nurses, "clinicians": of.clinicians}


def test_a_visit_stays_with_the_chairs_that_suit_it() -> None:
    empty = day(chairs=2, nurses=[EIGHT_HOURS] * 3)
    private = kind(MOOD, empty, chairs=[1])
    taken, visits = booked(empty, (private, 0), (private, 140), (private, 280))
    template = found(level(taken, visits, seconds=PLENTY))
    assert [len(chair.taken) for chair in template.day.chairs] == [0, 3]


def test_a_day_that_is_as_level_as_it_can_be_stays_so() -> None:
    empty = day(chairs=1)
    mood = kind(MOOD, empty)
    taken, visits = booked(empty, (mood, 0), (mood, 130), (mood, 260))
    assert measure(found(level(taken, visits, seconds=PLENTY)).day, commonest=mood).peak == 6


def test_room_for_more_is_made_by_moving_what_stands() -> None:
    """A visit in the middle of the day leaves an hour on either side that is no use to anybody."""
    empty = day(chairs=1)
    mood = kind(MOOD, empty)
    taken, visits = booked(empty, (mood, 60), (mood, 240))
    assert measure(taken, commonest=mood).more == 0
    assert room_for_more(taken, visits, mood, seconds=PLENTY) == (1, 1)


def test_too_full_a_day_to_be_laid_from_nothing_is_laid_from_how_it_stands() -> None:
    """Nine hours with all that three nurses can do; the search gets no round to mend what doesn't fit."""
    nine_hours = ((0, 540),)
    empty = day(chairs=7, nurses=[nine_hours] * 3, hours=nine_hours, closing=540)
    mood, cluster, pain = kind(MOOD, empty), kind(CLUSTER, empty), kind(PAIN, empty)
    layout = empty.layout([mood, cluster, pain])
    for one in [pain] * 2 + [cluster] * 3 + [mood] * 10:
        assert any(layout.place(one, column) for column in layout.grid.starts)
    taken, visits = as_book(layout, 540)
    template = found(level(taken, visits, rounds=0, seconds=PLENTY))
    assert len(template.starts) == len(visits)
    assert measure(template.day, commonest=mood).order <= measure(taken, commonest=mood).order


def test_a_day_on_which_nothing_stands_has_room_for_short_visits_too() -> None:
    """Nothing but the hours says how fine its columns are, and they are eight hours long."""
    empty = day(chairs=1)
    assert room_for_more(empty, [], kind(MOOD, empty), seconds=PLENTY) == (3, 3)


# --- When there is no time -----------------------------------------------------------------------------


def long_day() -> tuple[Day, list[Booked], Kind]:
    """Round the clock, twelve chairs, six nurses, and a few visits in the morning."""
    whole = ((0, 1440),)
    empty = day(chairs=12, nurses=[whole] * 6, hours=whole, closing=1440)
    mood, cluster, pain = kind(MOOD, empty), kind(CLUSTER, empty), kind(PAIN, empty)
    return (*booked(empty, (mood, 0), (cluster, 0), (pain, 20), (mood, 40), (mood, 60)), mood)


def test_a_long_day_is_levelled_in_the_seconds_that_it_is_given() -> None:
    taken, visits, mood = long_day()
    begun = process_time()
    template = found(level(taken, visits, rounds=1_000_000, seconds=0.5))
    at_least, at_most = room_for_more(taken, visits, mood, rounds=1_000_000, seconds=0.5)
    assert process_time() - begun < 2.5
    assert not template.in_time
    assert len(template.starts) == len(visits)
    assert at_least <= at_most


def test_what_is_told_without_time_is_looser_and_never_wrong() -> None:
    """The solver gets no time for a single step: the bounds are those of one visit and of the chairs."""
    taken, visits, mood = long_day()
    template = found(level(taken, visits, seconds=0.0))
    assert not template.in_time
    assert 6 <= template.peak_bound <= measure(template.day, commonest=mood).peak
    assert measure(template.day, commonest=mood).order <= measure(taken, commonest=mood).order
    hurried = room_for_more(taken, visits, mood, seconds=0.0)
    unhurried = room_for_more(taken, visits, mood, seconds=PLENTY / 10)
    assert hurried[0] <= unhurried[0] <= unhurried[1] <= hurried[1]


# --- Against an oracle ---------------------------------------------------------------------------------


@settings(max_examples=25)
@given(
    nurses=st.integers(1, 2),
    chairs=st.integers(1, 3),
    length=st.sampled_from([70, 90, 120]),
    lunch=st.booleans(),
    starts=st.lists(st.integers(0, 5), min_size=1, max_size=3),
)
def test_the_template_is_the_best_of_all_days(
    nurses: int, chairs: int, length: int, lunch: bool, starts: list[int]
) -> None:
    """Every day of so few visits is tried out; none has a lower peak, or as low a peak and less overtime."""
    hours = ((0, 30), (40, length)) if lunch else ((0, length),)
    empty = day(chairs, [hours] * nurses, hours=((0, length),), closing=60)
    short = kind(SHORT, empty)
    layout = empty.layout([short])
    for start in starts:
        layout.place(short, start)
    if not layout.placed:
        return
    taken, visits = as_book(layout, 60)
    template = found(level(taken, visits, rounds=60, seconds=PLENTY))
    measures = measure(template.day, commonest=short)
    best = min(
        measure(as_book(tried, 60)[0], commonest=short).order[:2]
        for tried in every_day(empty, short, len(visits))
    )
    assert measures.order[:2] == best
    assert template.peak_bound <= measures.peak


def every_day(empty: Day, one: Kind, count: int) -> list[Layout]:
    """All ways to start so many visits, each laid as booking would lay it."""
    days = []
    for columns in product(range(empty.layout([one]).grid.count), repeat=count):
        layout = empty.layout([one])
        if list(columns) == sorted(columns) and all(layout.place(one, column) for column in columns):
            days.append(layout)
    return days


@st.composite
def full_days(draw: st.DrawFn) -> tuple[Day, list[Booked], Kind]:
    nurses = [draw(st.sampled_from([EIGHT_HOURS, ((0, 240), (270, 480)), ((60, 480),)])) for _ in range(2)]
    empty = day(draw(st.integers(1, 4)), nurses, closing=draw(st.sampled_from([420, 480])))
    kinds = [kind(MOOD, empty), kind(PAIN, empty), kind(SHORT, empty, chairs=[0])]
    layout = empty.layout(kinds)
    for which, minute in draw(st.lists(st.tuples(st.integers(0, 2), st.integers(0, 45)), max_size=8)):
        layout.place(kinds[which], layout.grid.column(minute * 10))
    return (*as_book(layout, empty.closing), kinds[0])


@settings(max_examples=15)
@given(full_days())
def test_what_is_laid_could_be_booked_and_is_never_worse(drawn: tuple[Day, list[Booked], Kind]) -> None:
    taken, visits, mood = drawn
    if not visits:
        return
    template = found(level(taken, visits, rounds=40, seconds=PLENTY))
    assert Counter(one for _, one in template.starts) == Counter(visit.kind for visit in visits)
    assert measure(template.day, commonest=mood).order <= measure(taken, commonest=mood).order
    for supply in template.day.supplies:
        assert rectangles_are_apart(supply.taken)
        for box in supply.taken:
            assert 0 <= box.low < box.high <= supply.capacity
            assert complement(supply.open, box.start, box.end) == [], "outside the hours"
    units = sum((box.end - box.start) * (box.high - box.low) for s in template.day.nurses for box in s.taken)
    assert units == sum(
        (need.end - need.start) * need.units for visit in visits for need in visit.kind.visit.nurse_needs
    )
    for minute, one in template.starts:
        assert minute % 5 == 0
        assert any(
            (box.start, box.end) == (minute, minute + one.visit.minutes + one.visit.turnover)
            for chair in template.day.chairs
            if chair.key in one.chairs
            for box in chair.taken
        )


@settings(max_examples=10)
@given(full_days())
def test_what_is_told_of_room_is_ordered(drawn: tuple[Day, list[Booked], Kind]) -> None:
    taken, visits, mood = drawn
    at_least, at_most = room_for_more(taken, visits, mood, rounds=40, seconds=PLENTY)
    assert measure(taken, commonest=mood).more <= at_least <= at_most


def rectangles_are_apart(boxes: Sequence[Rectangle]) -> bool:
    return not any(
        one.start < other.end and other.start < one.end and one.low < other.high and other.low < one.high
        for place, one in enumerate(boxes)
        for other in boxes[place + 1 :]
    )


@pytest.mark.parametrize("nurses", [0, 1])
def test_an_empty_day_has_nothing_to_level(nurses: int) -> None:
    empty = day(chairs=1, nurses=[EIGHT_HOURS] * nurses)
    measures = measure(empty, commonest=kind(MOOD, empty))
    assert (measures.peak, measures.chair_use, measures.more) == (0, 0.0, 3 * nurses)
