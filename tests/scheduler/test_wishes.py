"""What somebody would rather have: how far a start is from it, and how it is kept."""

from datetime import time
from uuid import UUID

import numpy as np
import pytest

from scheduler.finding.wishes import OTHER_CHAIR, OTHER_NURSE, OTHER_WEEKDAY, Wish, misfit

NURSE, CHAIR = UUID(int=1), UUID(int=2)
NINE, ELEVEN = 9 * 60, 11 * 60


def points(wish: Wish, *, start: int = NINE, end: int = ELEVEN, nurse: bool, chair: bool) -> int:
    """On a Monday."""
    told = misfit(
        wish,
        weekdays=np.array([0]),
        starts=np.array([start]),
        ends=np.array([end]),
        by_nurse=np.array([nurse]),
        in_chair=np.array([chair]),
    )
    return int(told[0])


@pytest.mark.parametrize(
    ("wish", "expected"),
    [
        (Wish(), 0),
        (Wish(weekdays=(0, 2)), 0),
        (Wish(weekdays=(1,)), OTHER_WEEKDAY),
        (Wish(earliest=time(9)), 0),
        (Wish(earliest=time(9, 30)), 30),
        (Wish(latest=time(11)), 0),
        (Wish(latest=time(10, 15)), 45),
        (Wish(nurse=NURSE), OTHER_NURSE),
        (Wish(chair=CHAIR), OTHER_CHAIR),
        (Wish((1,), time(9, 30), time(10, 15), NURSE, CHAIR), OTHER_WEEKDAY + 75 + OTHER_NURSE + OTHER_CHAIR),
    ],
)
def test_everything_that_is_not_as_wished_counts(wish: Wish, expected: int) -> None:
    """A Monday from nine to eleven, with another nurse and in another chair."""
    assert points(wish, nurse=False, chair=False) == expected


def test_the_wished_nurse_and_chair_cost_nothing() -> None:
    assert points(Wish(nurse=NURSE, chair=CHAIR), nurse=True, chair=True) == 0


def test_a_discharge_after_midnight_is_later_than_any_time_of_the_day() -> None:
    wish = Wish(latest=time(23))

    assert points(wish, start=22 * 60, end=24 * 60 + 5, nurse=False, chair=False) == 65


@pytest.mark.parametrize(
    "wish", [Wish(), Wish((0, 4), time(8), time(12, 30), NURSE, CHAIR, only=True), Wish(latest=time(12))]
)
def test_a_wish_is_read_back_as_it_was_kept(wish: Wish) -> None:
    assert Wish.from_data(wish.as_data()) == wish


def test_nothing_kept_is_no_wish() -> None:
    assert Wish.from_data({}) == Wish()
    assert not Wish()
    assert not Wish(only=True)
    assert Wish(earliest=time(0))
