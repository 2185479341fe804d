"""The rules of a visit one by one: what it needs, who may hand over where, what is told of a shortfall."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from scheduler.finding.availability import Interval, Shortfall, Supply, Visit, free_for, shortfall, union
from scheduler.finding.packing import Rectangle
from scheduler.finding.serving import Team
from scheduler.finding.starts import Feasible, Stock, feasible

MOOD = Visit(20, 40, 60, 10, 6, 3, 2)
DAY = ((0, 480),)
WATCHING = [Rectangle(0, 20, 0, 6), Rectangle(20, 60, 0, 3), Rectangle(60, 120, 0, 2)]


def nurse(*taken: Rectangle, open: tuple[Interval, ...] = DAY, key: str = "nurse") -> Supply:
    return Supply(key, 6, open, taken)


def chair(*taken: Rectangle, open: tuple[Interval, ...] = DAY) -> Supply:
    return Supply("chair", 1, open, taken)


def clinician(*taken: Rectangle, open: tuple[Interval, ...] = DAY, key: str = "clinician") -> Supply:
    return Supply(key, 4, open, taken)


def found(
    *nurses: Supply,
    chairs: tuple[Supply, ...] = (chair(),),
    clinicians: tuple[Supply, ...] = (clinician(),),
    low: int = 0,
    high: int = 480,
    visit: Visit = MOOD,
) -> Feasible:
    return feasible(
        visit,
        chairs=Stock.of(chairs),
        nurses=Stock.of(nurses),
        clinicians=Stock.of(clinicians),
        low=low,
        high=high,
    )


def starts(*nurses: Supply, **asked: object) -> list[int]:
    return found(*nurses, **asked).minutes.tolist()  # type: ignore[arg-type]


def served(*nurses: Supply, start: int) -> list[tuple[str, str, int, int]]:
    pieces = Team(nurses, spare=True).serve(MOOD.nurse_needs, start, [nurse.key for nurse in nurses])
    return [(piece.key, piece.phase, piece.start, piece.end) for piece in pieces]


def test_the_chair_is_needed_through_turnover_and_the_nurse_is_not() -> None:
    assert starts(nurse(open=((0, 120),)), chairs=(chair(open=((0, 130),)),), low=-60, high=60) == [0]


def test_a_nurse_alone_prepares_nobody_until_her_patient_is_gone() -> None:
    """Preparation takes all six units, so the next visit starts when the first is over: at 120."""
    assert starts(nurse(*WATCHING))[0] == 120


def test_while_one_nurse_watches_another_prepares_and_hands_over() -> None:
    """The second is there from 20 to 40: she prepares, and the first takes over beside her own patient."""
    helper = nurse(open=((20, 40),), key="helper")

    assert starts(nurse(*WATCHING), helper, high=60) == [20]
    assert served(nurse(*WATCHING), helper, start=20) == [
        ("helper", "preparation", 20, 40),
        ("nurse", "infusion", 40, 80),
        ("nurse", "observation", 80, 140),
    ]


def test_an_infusion_changes_hands_where_the_shift_of_one_ends() -> None:
    """The early nurse leaves at 240, in the middle of an infusion; the late one has been there since 200."""
    early, late = nurse(open=((0, 240),), key="early"), nurse(open=((200, 480),), key="late")
    helped = nurse(Rectangle(200, 240, 0, 4), open=((200, 480),), key="late")

    assert 210 in starts(early, late)
    assert served(early, helped, start=210) == [
        ("early", "preparation", 210, 230),
        ("early", "infusion", 230, 240),
        ("late", "infusion", 240, 270),
        ("late", "observation", 270, 330),
    ]


def test_an_infusion_changes_hands_where_the_shift_of_another_begins() -> None:
    """From 60 on the first has somebody else to look after; the second comes at 60."""
    called_away = nurse(Rectangle(60, 480, 0, 5), key="first")
    comer = nurse(open=((60, 480),), key="second")

    assert 30 in starts(called_away, comer)
    assert served(called_away, comer, start=30)[1:3] == [
        ("first", "infusion", 50, 60),
        ("second", "infusion", 60, 90),
    ]


def test_nobody_hands_over_in_the_middle_of_a_phase_because_another_is_there_all_day() -> None:
    """Both are at work throughout: at 60, within the infusion, neither comes nor goes."""
    called_away = nurse(Rectangle(60, 480, 0, 4), key="first")
    busy_before = nurse(Rectangle(0, 60, 0, 4), key="second")

    assert 30 not in starts(called_away, busy_before)
    assert served(called_away, busy_before, start=30) == []


def test_nobody_hands_over_because_a_third_one_comes_or_goes() -> None:
    """As before, and at 60 a third one comes and a fourth goes, who have no time for this visit."""
    called_away = nurse(Rectangle(60, 480, 0, 5), key="first")
    busy_before = nurse(Rectangle(0, 60, 0, 5), key="second")
    comer = nurse(Rectangle(60, 480, 0, 6), open=((60, 480),), key="third")
    goer = nurse(Rectangle(0, 60, 0, 6), open=((0, 60),), key="fourth")

    assert 30 not in starts(called_away, busy_before, comer, goer)
    assert served(called_away, busy_before, comer, goer, start=30) == []


def test_an_infusion_changes_hands_twice_where_two_come_one_after_the_other() -> None:
    """Each has time until the next one comes: at 60, and again at 75."""
    first = nurse(Rectangle(60, 480, 0, 5), key="first")
    second = nurse(Rectangle(75, 480, 0, 5), open=((60, 480),), key="second")
    third = nurse(open=((75, 480),), key="third")

    assert 30 in starts(first, second, third)
    assert [piece for piece in served(first, second, third, start=30) if piece[1] == "infusion"] == [
        ("first", "infusion", 50, 60),
        ("second", "infusion", 60, 75),
        ("third", "infusion", 75, 90),
    ]


def test_a_lunch_break_hands_an_infusion_over_and_back() -> None:
    """Nobody else is there for the whole infusion: the second comes in for the half hour and goes again."""
    away_at_lunch = nurse(open=((0, 60), (70, 480)), key="first")
    stand_in = nurse(open=((60, 70),), key="second")

    assert 30 in starts(away_at_lunch, stand_in)
    infusion = [piece for piece in served(away_at_lunch, stand_in, start=30) if piece[1] == "infusion"]
    assert infusion == [
        ("first", "infusion", 50, 60),
        ("second", "infusion", 60, 70),
        ("first", "infusion", 70, 90),
    ]


def test_the_supervising_clinician_changes_where_shifts_end_and_only_there() -> None:
    early, late = clinician(open=((0, 240),), key="early"), clinician(open=((240, 480),), key="late")
    full = clinician(Rectangle(150, 480, 0, 4), key="early")
    other = clinician(Rectangle(0, 150, 0, 4), key="late")

    assert 180 in starts(nurse(), clinicians=(early, late))
    assert 100 not in starts(nurse(), clinicians=(full, other))
    pieces = Team([early, late], spare=False).serve(MOOD.clinician_needs, 180, ["early", "late"])
    assert [(piece.key, piece.start, piece.end) for piece in pieces] == [
        ("early", 180, 240),
        ("late", 240, 300),
    ]


def test_the_chair_never_changes() -> None:
    morning, afternoon = chair(open=((0, 120),)), chair(open=((120, 240),))

    assert starts(nurse(), chairs=(morning, afternoon)) == []


def test_two_shifts_that_touch_are_one() -> None:
    """No shift edge lies between them, and a nurse asked for by name serves across."""
    halves = ((0, 60), (60, 130))

    assert starts(
        nurse(open=halves), chairs=(chair(open=halves),), clinicians=(clinician(open=halves),), high=10
    ) == [0]
    called_away, other = (
        nurse(Rectangle(60, 130, 0, 4), open=halves, key="a"),
        nurse(Rectangle(0, 60, 0, 4), open=halves, key="b"),
    )
    assert served(called_away, other, start=10) == []


def test_edges_off_the_grid_are_reckoned_to_the_minute() -> None:
    """A chair that opens at 3 is first offered at 5, one that is taken until 127 at 130."""
    assert starts(nurse(), chairs=(chair(open=((3, 480),)),))[0] == 5
    assert starts(nurse(), chairs=(chair(Rectangle(0, 127, 0, 1)),))[0] == 130
    odd = Visit(7, 11, 13, 2, 6, 3, 2)
    assert starts(nurse(open=((0, 36),)), visit=odd, high=60) == [0, 5]


def test_a_visit_without_observation_needs_nobody_to_watch() -> None:
    short = Visit(10, 20, 0, 5, 6, 3, 2)

    assert [need.name for need in short.nurse_needs] == ["preparation", "infusion"]
    assert starts(nurse(open=((0, 30),)), visit=short) == [0]


def test_a_clinic_without_chairs_or_nurses_has_no_starts() -> None:
    assert starts(nurse(), chairs=()) == []
    assert starts() == []
    assert starts(nurse(), clinicians=()) == []


def test_a_closed_night_is_never_reached_over() -> None:
    """Everybody works around midnight, the chair has a gap of five minutes there."""
    gap = chair(open=((0, 1440), (1445, 2880)))

    around = [
        minute
        for minute in starts(
            nurse(open=((0, 2880),)), chairs=(gap,), clinicians=(clinician(open=((0, 2880),)),), high=2880
        )
        if 1310 <= minute <= 1445
    ]

    assert around == [1310, 1445]


def test_an_overload_is_counted_in_minutes() -> None:
    busy = nurse(Rectangle(0, 15, 0, 1))

    assert shortfall(busy, MOOD.nurse_needs, 0) == Shortfall(overloaded=15)
    assert shortfall(busy, MOOD.nurse_needs, 15) == Shortfall()


def test_hours_that_end_too_early_are_counted_in_minutes() -> None:
    assert shortfall(nurse(open=((0, 100),)), MOOD.nurse_needs, 0) == Shortfall(closed=20)


def test_room_is_where_she_is_at_work_and_not_too_busy() -> None:
    assert free_for(nurse(*WATCHING, open=((0, 100), (110, 480))), 3) == [(20, 100), (110, 480)]
    assert free_for(nurse(*WATCHING), 6) == [(120, 480)]
    assert free_for(nurse(open=()), 1) == []


ROWS = st.lists(st.tuples(st.integers(0, 2), st.integers(-50, 50), st.integers(-5, 30)), max_size=12)


@given(ROWS)
def test_a_stock_lays_openings_that_touch_together(
    rows: list[tuple[int, int, int]],
) -> None:
    opened = np.array([(place, start, start + length) for place, start, length in rows]).reshape(-1, 3)

    stock = Stock.laid("abc", np.ones(3, np.int64), opened.astype(np.int64), np.empty((0, 5), np.int64))

    assert stock.opened.tolist() == [
        [place, *span]
        for place in range(3)
        for span in union((start, end) for at, start, end in opened.tolist() if at == place)
    ]


def test_a_stock_gives_its_resources_back_for_a_part_of_its_window() -> None:
    one, two = nurse(Rectangle(10, 20, 0, 3, ""), open=((0, 60), (70, 90)), key="one"), nurse(key="two")

    stock = Stock.of([one, two])

    assert stock.supplies(65, 100) == [Supply("one", 6, [(70, 90)], []), Supply("two", 6, [(0, 480)], [])]
    assert stock.only(["two"]).supplies(0, 10) == [Supply("two", 6, [(0, 480)], [])]
    assert stock.only(["one"]).supplies(0, 15)[0].taken == [Rectangle(10, 20, 0, 3)]
