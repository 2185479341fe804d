"""Where a value stands in a picture, and which round values its edges name."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from web.plots.marks import Mark
from web.plots.paths import band, polyline, stair
from web.plots.scale import Scale, clock_times, days, days_from_first, numbers, rounded_out
from web.plots.spark import EDGE, HEIGHT, WIDTH, Point, spark

CHICAGO = ZoneInfo("America/Chicago")
NINE = datetime(2027, 1, 11, 9, 7, tzinfo=CHICAGO)


def test_a_height_counts_from_the_foot() -> None:
    up = Scale(40, 200, 300, 20)
    assert (up.at(40), up.at(120), up.at(200), up.at(240)) == (300, 160, 20, -50)


def test_days_and_moments_are_measured_as_numbers_are() -> None:
    across = Scale(date(2027, 1, 1), date(2027, 1, 11), 0, 640)
    assert across.at(date(2027, 1, 2)) == 64
    hour = Scale(NINE, NINE + timedelta(hours=1), 0, 600)
    assert hour.at(NINE.astimezone(UTC) + timedelta(minutes=15)) == 150


def test_an_edge_of_no_length_has_everything_at_its_start() -> None:
    assert Scale(7, 7, 100, 0).at(7) == 100


def test_on_the_night_of_a_change_two_hours_are_two_hours() -> None:
    """At 2:00 the hands go back to 1:00: from midnight to 3:00 on the wall are four hours."""
    midnight = datetime(2026, 11, 1, tzinfo=CHICAGO)
    across = Scale(midnight, datetime(2026, 11, 1, 3, tzinfo=CHICAGO), 0, 400)
    assert across.at(datetime(2026, 11, 1, 2, tzinfo=CHICAGO)) == 300
    told = [f"{at:%H:%M}" for at in clock_times(midnight, datetime(2026, 11, 1, 3, tzinfo=CHICAGO))]
    assert told == ["00:00", "01:00", "01:00", "02:00", "03:00"]


@pytest.mark.parametrize(
    ("low", "high", "most", "named"),
    [
        (40, 200, 5, [50, 100, 150, 200]),
        (0, 1, 5, [0, 0.5, 1]),
        (0, 0.3, 4, [0, 0.1, 0.2, 0.3]),
        (85, 100, 4, [85, 90, 95, 100]),
        (7, 7, 5, [7]),
    ],
)
def test_an_edge_names_few_round_numbers(low: float, high: float, most: int, named: list[float]) -> None:
    assert numbers(low, high, most=most) == named
    assert len(named) <= most


def test_ends_are_rounded_away_from_what_they_hold() -> None:
    assert rounded_out(53, 141, 20) == (40, 160)
    assert rounded_out(60, 140, 20) == (60, 140)


@pytest.mark.parametrize(
    ("span", "named"),
    [
        (0, [0]),
        (4, [0, 1, 2, 3, 4]),
        (28, [0, 7, 14, 21, 28]),
        (35, [0, 14, 28]),
        (2000, [0, 500, 1000, 1500, 2000]),
    ],
)
def test_days_are_named_in_whole_weeks_as_soon_as_they_may_be(span: int, named: list[int]) -> None:
    assert days_from_first(span) == named
    first = date(2027, 1, 1)
    assert days(first, first + timedelta(days=span)) == [first + timedelta(days=count) for count in named]


@pytest.mark.parametrize(
    ("minutes", "named"),
    [
        (20, ["09:10", "09:15", "09:20", "09:25"]),
        (100, ["09:30", "10:00", "10:30"]),
        (600, ["12:00", "15:00", "18:00"]),
    ],
)
def test_times_are_round_on_the_clinics_wall(minutes: int, named: list[str]) -> None:
    last = NINE.astimezone(UTC) + timedelta(minutes=minutes)
    assert [f"{at:%H:%M}" for at in clock_times(NINE, last)] == named


def test_a_band_goes_there_along_the_top_and_back_along_the_foot() -> None:
    assert band([(0, 10, 30), (5, 12, 28)]) == "0,10 5,12 5,28 0,30"


def test_a_stair_keeps_its_level_until_the_next_place() -> None:
    assert polyline(stair([(0, 1), (4, 3), (9, 2)])) == "0,1 4,1 4,3 9,3 9,2"
    assert stair([]) == []


def test_a_small_change_looks_small_and_the_newest_stands_at_the_end() -> None:
    now = NINE + timedelta(hours=1)
    points = [Point(NINE, 98, 98), Point(now, 97, 97)]
    drawn = spark(points, first=NINE, last=now, least=10)
    assert drawn.line == f"{EDGE}.0,13.0 {WIDTH - EDGE}.0,15.0"
    assert (drawn.newest, drawn.band) == (Mark(WIDTH - EDGE, 15.0, ""), "")
    steep = spark([Point(NINE, 100, 100), Point(now, 80, 80)], first=NINE, last=now, least=10)
    assert steep.line == f"{EDGE}.0,{EDGE}.0 {WIDTH - EDGE}.0,{HEIGHT - EDGE}.0"
    assert spark([Point(NINE, 120, 80)], first=NINE, last=now, least=60).band
