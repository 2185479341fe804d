"""Feasible starts against an oracle that tries every minute, and the rules one by one."""

from collections.abc import Collection, Sequence
from itertools import pairwise, product

from hypothesis import given, settings
from hypothesis import strategies as st

from scheduler.availability import (
    Shortfall,
    Start,
    Supply,
    Visit,
    feasible_starts,
    shortfall,
    who_serves,
)
from scheduler.packing import Need, Rectangle

MOOD = Visit(20, 40, 60, 10, 6, 3, 2)
SHORT = Visit(10, 10, 15, 5, 6, 3, 2)
DAY = ((0, 480),)


def nurse(*taken: Rectangle, open: tuple[tuple[int, int], ...] = DAY) -> Supply:
    return Supply("nurse", 6, open, taken)


def chair(*taken: Rectangle, open: tuple[tuple[int, int], ...] = DAY) -> Supply:
    return Supply("chair", 1, open, taken)


def clinician(*taken: Rectangle, open: tuple[tuple[int, int], ...] = DAY) -> Supply:
    return Supply("clinician", 4, open, taken)


def minutes(starts: list[Start]) -> list[int]:
    return [start.minute for start in starts]


@st.composite
def supplies(draw: st.DrawFn, kind: str, capacity: int, most: int = 2) -> list[Supply]:
    """A few resources with lunch breaks, odd minutes and anything taken."""
    found = []
    for number in range(draw(st.integers(1, most))):
        opens, at = [], draw(st.integers(-10, 60))
        for _ in range(draw(st.integers(1, 2))):
            end = at + draw(st.integers(5, 120))
            opens.append((at, end))
            at = end + draw(st.integers(0, 15))
        taken = [
            Rectangle(start, start + draw(st.integers(1, 50)), 0, draw(st.integers(1, capacity)))
            for start in draw(st.lists(st.integers(0, 180), max_size=3))
        ]
        found.append(Supply(f"{kind} {number}", capacity, opens, taken))
    return found


def serves(supply: Supply, needs: list[Need], start: int) -> bool:
    """The definition, minute by minute: at work, and room for the units."""
    for need in needs:
        for minute in range(start + need.start, start + need.end):
            at_work = any(opens <= minute < closes for opens, closes in supply.open)
            load = sum(box.high - box.low for box in supply.taken if box.start <= minute < box.end)
            if not at_work or load + need.units > supply.capacity:
                return False
    return True


@settings(max_examples=300, deadline=None)
@given(
    st.builds(
        Visit,
        st.integers(0, 15),
        st.integers(1, 30),
        st.integers(0, 20),
        st.integers(0, 10),
        st.integers(1, 6),
        st.integers(1, 4),
        st.integers(1, 3),
    ),
    supplies("chair", 1),
    supplies("nurse", 6, most=3),
    supplies("clinician", 2),
    st.lists(st.tuples(st.integers(0, 100), st.integers(101, 150)), max_size=1),
    st.lists(st.tuples(st.integers(0, 60), st.integers(61, 90)), max_size=1),
)
def test_every_feasible_start_is_found_and_no_other(
    visit: Visit,
    chairs: list[Supply],
    nurses: list[Supply],
    clinicians: list[Supply],
    patient_busy: list[tuple[int, int]],
    forbidden: list[tuple[int, int]],
) -> None:
    def who(supplies: list[Supply], needs: list[Need], start: int) -> tuple[str, ...]:
        return tuple(supply.key for supply in supplies if serves(supply, needs, start))

    expected = []
    for start in range(0, 200, 5):
        free = Start(
            start,
            who(chairs, visit.chair_needs, start),
            tuple(who(nurses, [phase], start) for phase in visit.nurse_needs),
            tuple(who(nurses, [Need(phase.start, phase.end, 6)], start) for phase in visit.nurse_needs),
            who(clinicians, visit.clinician_needs, start),
        )
        elsewhere = any(a < start + visit.minutes and start < b for a, b in patient_busy)
        ruled_out = any(a <= start < b for a, b in forbidden)
        served = free.chairs and all(free.nurses) and free.clinicians
        if served and not elsewhere and not ruled_out:
            expected.append(free)

    found = feasible_starts(
        visit,
        chairs=chairs,
        nurses=nurses,
        clinicians=clinicians,
        patient_busy=patient_busy,
        forbidden=forbidden,
        low=0,
        high=200,
    )

    assert found == expected
    order = [supply.key for supply in nurses]
    for offered in found:
        serving = who_serves(offered.nurses, offered.idle, order)
        needs = zip(serving, visit.nurse_needs, strict=True)
        assert all(serves(nurses[order.index(key)], [phase], offered.minute) for key, phase in needs)
        least = min(woken_and_handed_over(others, offered.idle) for others in product(*offered.nurses))
        assert woken_and_handed_over(serving, offered.idle) == least


def woken_and_handed_over(serving: Sequence[object], idle: Sequence[Collection[object]]) -> tuple[int, int]:
    """In how many phases somebody serves who has nobody else, and how often the nurse changes."""
    woken = sum(key in with_nobody for key, with_nobody in zip(serving, idle, strict=True))
    return woken, sum(before != after for before, after in pairwise(serving))


SOME = st.sets(st.sampled_from("abcd"))


@given(
    st.permutations("abcd"),
    st.lists(st.tuples(SOME.filter(bool), SOME), min_size=1, max_size=5),
)
def test_whole_nurses_stay_free_then_few_hand_over_then_the_first_in_order_serve(
    order: list[str], phases: list[tuple[set[str], set[str]]]
) -> None:
    """Against all that is possible: one thing after the other, the order phase by phase."""
    able, idle = [keys for keys, _ in phases], [keys for _, keys in phases]

    def cost(serving: Sequence[str]) -> tuple[tuple[int, int], list[int]]:
        return woken_and_handed_over(serving, idle), [order.index(key) for key in serving]

    assert who_serves(able, idle, order) == min(product(*able), key=cost)


@given(supplies("nurse", 6), st.integers(0, 200))
def test_a_shortfall_is_told_exactly_where_a_start_is_not_feasible(nurses: list[Supply], start: int) -> None:
    for supply in nurses:
        assert bool(shortfall(supply, SHORT.nurse_needs, start)) != serves(supply, SHORT.nurse_needs, start)


def test_the_chair_is_needed_through_turnover_and_the_nurse_is_not() -> None:
    nurse_leaves_at_120 = nurse(open=((0, 120),))

    found = feasible_starts(
        MOOD,
        chairs=[chair(open=((0, 130),))],
        nurses=[nurse_leaves_at_120],
        clinicians=[clinician()],
        low=-60,
        high=60,
    )

    assert minutes(found) == [0]


WATCHING = [Rectangle(0, 20, 0, 6), Rectangle(20, 60, 0, 3), Rectangle(60, 120, 0, 2)]


def test_a_nurse_alone_prepares_nobody_until_her_patient_is_gone() -> None:
    """Preparation takes all six units, so the next visit starts when the first is over: at 120."""
    found = feasible_starts(
        MOOD, chairs=[chair()], nurses=[nurse(*WATCHING)], clinicians=[clinician()], low=0, high=480
    )

    assert minutes(found)[0] == 120


def test_while_one_nurse_watches_another_prepares_and_hands_over() -> None:
    """The second is there from 20 to 40: she prepares, and the first takes over beside her own patient."""
    helper = Supply("helper", 6, ((20, 40),))

    found = feasible_starts(
        MOOD, chairs=[chair()], nurses=[nurse(*WATCHING), helper], clinicians=[clinician()], low=0, high=60
    )

    able, idle = (("helper",), ("nurse",), ("nurse",)), (("helper",), (), ())
    assert found == [Start(20, ("chair",), able, idle, ("clinician",))]


def test_an_overload_is_counted_in_minutes() -> None:
    busy = nurse(Rectangle(0, 15, 0, 1))

    assert shortfall(busy, MOOD.nurse_needs, 0) == Shortfall(overloaded=15)
    assert shortfall(busy, MOOD.nurse_needs, 15) == Shortfall()


def test_hours_that_end_too_early_are_counted_in_minutes() -> None:
    assert shortfall(nurse(open=((0, 100),)), MOOD.nurse_needs, 0) == Shortfall(closed=20)


def test_two_shifts_that_touch_are_one() -> None:
    halves = ((0, 60), (60, 130))

    found = feasible_starts(
        MOOD,
        chairs=[chair(open=halves)],
        nurses=[nurse(open=halves)],
        clinicians=[clinician(open=halves)],
        low=0,
        high=10,
    )

    assert minutes(found) == [0]
