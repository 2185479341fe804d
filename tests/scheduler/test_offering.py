"""Which freed time suits whom, who comes first, and by when they have to say."""

from datetime import date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.finding.availability import minute_of, moment_of
from scheduler.waitlist import offering
from scheduler.waitlist.offering import Choice, Rank, Stretch
from tests.cast import NOW, TODAY, ZONE, local

LENGTH = 125


def wish(**changes: Any) -> list[Stretch]:
    asked: dict[str, Any] = {
        "first_day": TODAY,
        "last_day": TODAY + timedelta(days=13),
        "weekdays": [],
        "earliest": None,
        "latest": None,
        "visit_minutes": LENGTH,
        "zone": ZONE,
    }
    return list(offering.stretches(**{**asked, **changes}))


def best(starts: list[datetime], *, misfits: list[int] | None = None, **known: Any) -> Choice | None:
    minutes = np.array([minute_of(start) for start in starts], dtype=np.int64)
    points = np.array(misfits or [0] * len(starts), dtype=np.int64)
    return offering.best_start(wish(), minutes, points, **{"visit_days": [], "max_days": 7, **known})


@pytest.mark.parametrize(
    ("wall", "asked"), [("7:59", False), ("8:00", True), ("20:59", True), ("21:00", False), ("2:00", False)]
)
def test_nobody_is_asked_before_eight_or_from_nine_in_their_evening(wall: str, asked: bool) -> None:
    assert offering.may_be_asked(local(TODAY, wall, "America/Denver"), "America/Denver") is asked


def test_an_answer_has_its_minutes_and_the_clock_stands_still_at_night() -> None:
    def by(wall: str, minutes: int) -> datetime:
        return offering.answer_by(local(TODAY, wall), minutes, ZONE)

    assert by("9:00", 120) == local(TODAY, "11:00")
    assert by("19:00", 120) == local(TODAY, "21:00")
    assert by("20:00", 120) == local(TODAY + timedelta(days=1), "9:00")
    assert by("20:59", 1 + 13 * 60 + 1) == local(TODAY + timedelta(days=2), "8:01")


def test_the_night_of_a_change_of_the_clocks_still_ends_at_eight() -> None:
    # The clocks go forward on Sunday 14 March 2027.
    asked_at = local(date(2027, 3, 13), "20:30")
    assert offering.answer_by(asked_at, 60, ZONE) == local(date(2027, 3, 14), "8:30")


@given(
    asked_at=st.integers(0, 365 * 24 * 60).map(lambda minute: NOW + timedelta(minutes=minute)),
    minutes=st.integers(1, 3000),
    zone=st.sampled_from(["America/Chicago", "America/Phoenix", "Pacific/Auckland", "Asia/Kolkata"]),
)
def test_every_answer_has_exactly_its_minutes_by_day(asked_at: datetime, minutes: int, zone: str) -> None:
    if not offering.may_be_asked(asked_at, zone):
        return
    until = offering.answer_by(asked_at, minutes, zone)
    awake = sum(
        offering.may_be_asked(asked_at + timedelta(minutes=minute), zone)
        for minute in range(int((until - asked_at).total_seconds() // 60))
    )
    assert awake == minutes
    assert until.astimezone(ZoneInfo(zone)).time() <= time(21)


def test_weekdays_and_wall_times_cut_the_days() -> None:
    mornings = wish(weekdays=[1, 3], earliest=time(9), latest=time(12))
    assert [stretch.day.weekday() for stretch in mornings] == [1, 3, 1, 3]
    tuesday = mornings[0]
    assert moment_of(tuesday.low) == local(TODAY + timedelta(days=1), "9:00")
    # 9:55 is the last start of a visit of 125 minutes that is over at noon.
    assert moment_of(tuesday.high - 1) == local(TODAY + timedelta(days=1), "9:55")


def test_a_day_too_short_for_the_visit_has_no_stretch() -> None:
    assert wish(earliest=time(10), latest=time(12)) == []
    assert len(wish(earliest=time(10), latest=time(12, 5))) == 14


def test_without_wishes_the_earliest_start_is_best() -> None:
    starts = [local(TODAY + timedelta(days=2), "9:00"), local(TODAY + timedelta(days=3), "9:00")]
    found = best(starts)
    assert found == Choice(0, 0, minute_of(starts[0]))


def test_spacing_comes_before_who_was_asked_for_and_that_before_the_day() -> None:
    late = local(TODAY + timedelta(days=9), "9:00")
    early = [local(TODAY + timedelta(days=1), "9:00"), local(TODAY + timedelta(days=2), "9:00")]
    last_visit = [TODAY - timedelta(days=4)]
    # The ninth day would come 13 days after the visit before, six more than asked for.
    with_nurse_late = best([*early, late], misfits=[60, 60, 0], visit_days=last_visit)
    assert with_nurse_late == Choice(0, 60, minute_of(early[0]))
    with_nurse_second = best([*early, late], misfits=[60, 30, 0], visit_days=last_visit)
    assert with_nurse_second == Choice(0, 30, minute_of(early[1]))
    assert best([late], visit_days=last_visit) == Choice(6, 0, minute_of(late))


def test_a_gap_counts_on_both_sides() -> None:
    visits = [TODAY, TODAY + timedelta(days=30)]
    assert offering.days_over(TODAY + timedelta(days=10), visits, 7) == 3 + 13
    assert offering.days_over(TODAY + timedelta(days=7), [TODAY], 7) == 0
    assert offering.days_over(TODAY, [], 7) == 0


def test_nothing_suits_and_nothing_is_chosen() -> None:
    assert best([]) is None
    assert best([local(TODAY + timedelta(days=20), "9:00")]) is None


def test_a_time_that_overlaps_another_is_told_apart_from_one_beside_it() -> None:
    offered = (600, 725)
    minutes = np.array([470, 475, 480, 600, 720, 725, 730])
    assert list(offering.apart_from(minutes, LENGTH, [offered])) == [
        True,
        True,
        False,
        False,
        False,
        True,
        True,
    ]
    assert offering.apart_from(minutes, LENGTH, []).all()


def test_fit_ranks_before_waiting_and_waiting_before_the_id() -> None:
    earlier, later = NOW - timedelta(days=9), NOW - timedelta(days=2)
    fits = Choice(0, 0, 100)
    ranks = [
        Rank.of(fits, waiting_since=earlier, entry=1),
        Rank.of(fits, waiting_since=earlier, entry=2),
        Rank.of(fits, waiting_since=later, entry=0),
        Rank.of(Choice(0, 60, 50), waiting_since=earlier, entry=0),
        Rank.of(Choice(3, 0, 40), waiting_since=earlier, entry=0),
    ]
    ranks.reverse()
    assert sorted(ranks) == ranks[::-1]
