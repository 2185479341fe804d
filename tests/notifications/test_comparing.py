"""Answers that worry beside an earlier one, on the edge of the rule (domain.md 6.2)."""

from datetime import UTC, datetime, timedelta

import pytest

from notifications.answering.comparing import MOOD, PAIN, within_a_working_day, worries
from tests.cast import NOW, ZONE


@pytest.mark.parametrize(
    ("value", "baseline", "worried"),
    [
        ("5", 2, True),
        ("4", 2, False),
        ("10", 7, True),
        ("10", 8, False),
        ("10", None, False),
        ("0", 5, False),
    ],
)
def test_pain_worries_from_three_above_the_baseline_on(
    value: str, baseline: int | None, worried: bool
) -> None:
    assert worries(PAIN, value, baseline=baseline, earlier=["0"]) is worried


@pytest.mark.parametrize(
    ("value", "earlier", "worried"),
    [
        ("worse", ["worse"], True),
        ("worse", ["worse", "better"], True),
        ("worse", ["same", "worse"], False),
        ("worse", [], False),
        ("same", ["worse"], False),
    ],
)
def test_a_mood_worries_when_it_is_worse_two_checks_running(
    value: str, earlier: list[str], worried: bool
) -> None:
    assert worries(MOOD, value, baseline=None, earlier=earlier) is worried


def test_a_working_day_later_is_the_same_time_on_the_next_day_that_somebody_works() -> None:
    friday = datetime(2027, 1, 15, 16, 0, tzinfo=UTC)  # 10:00 in Chicago
    monday = datetime(2027, 1, 18, 14, 0, tzinfo=UTC)  # 8:00
    due = within_a_working_day(friday, next_working_day=monday, zone=ZONE)
    assert due == datetime(2027, 1, 18, 16, 0, tzinfo=UTC)


def test_what_comes_in_at_night_is_due_once_the_day_has_begun() -> None:
    at_six = datetime(2027, 1, 14, 12, 0, tzinfo=UTC)
    begins = datetime(2027, 1, 15, 14, 0, tzinfo=UTC)
    assert within_a_working_day(at_six, next_working_day=begins, zone=ZONE) == begins


def test_over_a_day_on_which_the_clocks_change_it_stays_the_same_time_of_day() -> None:
    saturday = datetime(2027, 3, 13, 16, 0, tzinfo=UTC)  # 10:00, standard time
    monday = datetime(2027, 3, 15, 13, 0, tzinfo=UTC)  # 8:00, summer time
    assert within_a_working_day(saturday, next_working_day=monday, zone=ZONE) == datetime(
        2027, 3, 15, 15, 0, tzinfo=UTC
    )


def test_where_no_hours_are_laid_out_it_is_a_day() -> None:
    assert within_a_working_day(NOW, next_working_day=None, zone=ZONE) == NOW + timedelta(days=1)
