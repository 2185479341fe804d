"""When readings are due: from the actual start, to the second, whatever happens on the way."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.protocols.default_protocols import LONG_INFUSION_READINGS, SHORT_INFUSION_READINGS
from sessions_app.observing import due_times
from sessions_app.observing.due_times import Due, Step, due, overdue, upcoming
from tests.cast import NOW

START = NOW + timedelta(minutes=20, seconds=17)
GRACE = timedelta(minutes=3)
Course = list[tuple[Any, float]]


def at(minutes: float) -> datetime:
    return START + timedelta(minutes=minutes)


def steps(*course: tuple[Any, float]) -> list[Step]:
    return [Step("start", START), *[Step(kind, at(minutes)) for kind, minutes in course]]


def minutes_of(dues: tuple[Due, ...]) -> list[float]:
    return [(each.at - START) / timedelta(minutes=1) for each in dues if each.phase != "baseline"]


def planned(*course: tuple[Any, float], now: float, schedule: Any = SHORT_INFUSION_READINGS) -> list[float]:
    return minutes_of(due(schedule, steps(*course), [], at(now)))


def test_before_the_start_nothing_is_due() -> None:
    assert due(SHORT_INFUSION_READINGS, [Step("alert", NOW)], [NOW], at(0)) == ()


def test_a_short_infusion_is_read_every_ten_minutes_from_its_actual_start() -> None:
    assert planned(now=35) == [10, 20, 30, 40]
    assert planned(("stop", 40), now=100) == [10, 20, 30, 40, 55, 70, 85, 100, 115]


def test_a_long_infusion_is_read_four_times_every_fifteen_and_then_every_thirty_minutes() -> None:
    long = LONG_INFUSION_READINGS
    assert planned(now=130, schedule=long) == [15, 30, 45, 60, 90, 120, 150]


def test_a_pause_and_a_resumption_set_the_rhythm_anew() -> None:
    # Paused at 6: 11, 16, and so on at the phase's pace while the patient waits.
    assert planned(("pause", 6), now=30) == [11, 16, 26, 36]
    assert planned(("pause", 6), ("resume", 12), now=20) == [11, 17, 22]
    assert planned(("pause", 6), ("resume", 12), now=40) == [11, 17, 22, 32, 42]


def test_the_stretches_count_the_time_infused_and_not_the_pause() -> None:
    """Paused at 40 for an hour: the hour of close reading has 20 minutes left when it goes on."""
    found = planned(("pause", 40), ("resume", 100), now=190, schedule=LONG_INFUSION_READINGS)
    assert [minutes for minutes in found if minutes > 100] == [105, 110, 125, 155, 185, 215]


def test_a_new_rate_and_an_alert_bring_two_closer_readings() -> None:
    assert planned(("rate", 21), now=40) == [10, 20, 26, 31, 41]
    assert planned(("stop", 40), ("alert", 56), now=80) == [10, 20, 30, 40, 55, 61, 66, 81]


def test_the_stop_loosens_no_closer_watch_after_an_alert() -> None:
    assert planned(("alert", 38), ("stop", 40), now=80) == [10, 20, 30, 43, 48, 63, 78, 93]
    assert planned(("alert", 34), ("stop", 40), now=60) == [10, 20, 30, 39, 44, 59, 74]
    assert planned(("alert", 21), ("stop", 40), now=60) == planned(("rate", 21), ("stop", 40), now=60)


def test_what_was_due_before_a_change_stays_unless_the_new_reading_comes_within_its_grace() -> None:
    assert planned(("rate", 8), now=12) == [13]  # 10 may be read until 13
    assert planned(("rate", 9), now=12) == [10, 14]


def test_changes_every_two_minutes_put_no_reading_off() -> None:
    titrated = [("rate", minutes) for minutes in range(2, 60, 2)]
    found = planned(*titrated, now=60)
    assert all(later - sooner <= 10 for sooner, later in zip([0, *found], found, strict=False))


def test_nothing_is_due_after_the_patient_went_home() -> None:
    assert planned(("stop", 40), ("end", 105), now=300) == [10, 20, 30, 40, 55, 70, 85, 100]


def standings(readings: list[float], now: float) -> dict[float, str]:
    dues = due(SHORT_INFUSION_READINGS, steps(), [at(minutes) for minutes in readings], at(now))
    return {(each.at - START) / timedelta(minutes=1): each.standing for each in dues[1:]}


def test_a_reading_is_due_at_its_second_and_overdue_a_second_past_its_grace() -> None:
    second = 1 / 60
    assert standings([], 10 - second) == {10: "coming"}
    assert standings([], 10)[10] == "due"
    assert standings([], 13)[10] == "due"
    assert standings([], 13 + second)[10] == "overdue"


@pytest.mark.parametrize(
    ("read", "standing"), [(6.98, "overdue"), (7, "done"), (10, "done"), (13.5, "done"), (16.9, "done")]
)
def test_a_reading_counts_from_its_grace_before_until_the_grace_before_the_next(
    read: float, standing: str
) -> None:
    assert standings([read], 16.95)[10] == standing


def test_a_reading_that_was_left_out_is_missed_once_a_later_one_was_taken() -> None:
    assert standings([20], 24) == {10: "missed", 20: "done", 30: "coming"}
    assert standings([], 24) == {10: "overdue", 20: "overdue", 30: "coming"}


def test_the_newest_overdue_one_is_told_and_the_earliest_open_one_is_next() -> None:
    dues = due(SHORT_INFUSION_READINGS, steps(), [], at(24))
    late, following = overdue(dues), upcoming(dues)
    assert late is not None
    assert following is not None
    assert (late.at, following.at) == (at(20), at(10))
    calm = due(SHORT_INFUSION_READINGS, steps(), [at(10), at(20)], at(24))
    assert overdue(calm) is None


def test_a_set_that_is_read_a_little_early_is_done_and_the_next_is_coming() -> None:
    assert standings([8], 9) == {10: "done", 20: "coming"}


@pytest.mark.parametrize(("before", "standing"), [(16, "missed"), (15, "done"), (0, "done")])
def test_the_baseline_is_one_set_within_fifteen_minutes_of_the_start(before: float, standing: str) -> None:
    dues = due(SHORT_INFUSION_READINGS, steps(), [at(-before)], at(1))
    assert (dues[0].phase, dues[0].standing) == ("baseline", standing)


def test_a_schedule_whose_stretches_end_asks_for_nothing_more() -> None:
    schedule = {**SHORT_INFUSION_READINGS, "infusion": [{"every": 5, "times": 2}]}
    assert planned(now=60, schedule=schedule) == [5, 10]
    assert planned(("stop", 40), now=60, schedule=schedule) == [5, 10, 55, 70]


courses = st.lists(
    st.tuples(st.sampled_from(due_times.CHANGES), st.integers(min_value=1, max_value=3 * 3600)),
    max_size=30,
)


@given(course=courses, stopped=st.integers(1, 3 * 3600), now=st.integers(0, 5 * 3600))
def test_however_a_session_goes_no_gap_is_longer_than_the_schedule_and_its_grace(
    course: list[tuple[Any, int]], stopped: int, now: int
) -> None:
    """Due times rise to the second; between two the patient is never longer unread than the phase allows."""
    taken = [Step("start", START)]
    taken += [Step(kind, START + timedelta(seconds=second)) for kind, second in course]
    taken.append(Step("stop", START + timedelta(seconds=stopped)))
    moment = START + timedelta(seconds=now)
    taken = [step for step in taken if step.at <= moment]
    found = [each.at for each in due(LONG_INFUSION_READINGS, taken, [], moment)[1:]]
    assert found == sorted(set(found))
    assert sum(each > moment for each in found) == 1
    longest = max((later - sooner for sooner, later in zip([START, *found], found, strict=False)))
    # A stop rebases once: what was left of a stretch, and the first stretch of the observation.
    assert longest <= timedelta(minutes=30 + 15) + GRACE


@given(
    course=courses, readings=st.lists(st.integers(-900, 3 * 3600), max_size=40), now=st.integers(0, 3 * 3600)
)
def test_every_due_time_stands_in_exactly_one_way(
    course: list[tuple[Any, int]], readings: list[int], now: int
) -> None:
    moment = START + timedelta(seconds=now)
    changes = [Step(kind, START + timedelta(seconds=second)) for kind, second in course]
    taken = [step for step in [Step("start", START), *changes] if step.at <= moment]
    measured = [START + timedelta(seconds=second) for second in readings if second <= now]
    dues = due(SHORT_INFUSION_READINGS, taken, measured, moment)
    for each in dues[1:]:
        if each.standing == "done":
            assert each.measured_at in measured
        else:
            assert each.measured_at is None
            late = moment > each.at + GRACE
            assert late is (each.standing in ("overdue", "missed"))
    # A reading is counted once, and the next one to come is one.
    counted = [each.measured_at for each in dues[1:] if each.measured_at]
    assert len(counted) == len(set(counted))
    assert sum(each.standing == "coming" for each in dues) == 1
