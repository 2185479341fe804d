"""Local days brought to UTC, on both days of the year when they are not 24 hours long."""

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.core.exceptions import ValidationError

from clinic import clock

ZONES = ["America/New_York", "Europe/Berlin", "Australia/Sydney", "Australia/Lord_Howe", "America/Phoenix"]


def hours(day: date, zone: str) -> float:
    start, end = clock.day_bounds(day, zone)
    return (end - start) / timedelta(hours=1)


@pytest.mark.parametrize(
    ("zone", "spring", "autumn", "short", "long"),
    [
        ("America/New_York", date(2027, 3, 14), date(2027, 11, 7), 23, 25),
        ("Europe/Berlin", date(2027, 3, 28), date(2027, 10, 31), 23, 25),
        ("Australia/Sydney", date(2027, 10, 3), date(2027, 4, 4), 23, 25),
        ("Australia/Lord_Howe", date(2027, 10, 3), date(2027, 4, 4), 23.5, 24.5),
        ("America/Sao_Paulo", date(2018, 11, 4), date(2018, 2, 17), 23, 25),
        ("America/Phoenix", date(2027, 3, 14), date(2027, 11, 7), 24, 24),
    ],
)
def test_a_day_has_as_many_hours_as_its_clocks_show(
    zone: str, spring: date, autumn: date, short: float, long: float
) -> None:
    assert (hours(spring, zone), hours(autumn, zone)) == (short, long)
    assert hours(spring - timedelta(days=1), zone) == 24


@pytest.mark.parametrize("zone", ZONES)
def test_the_days_of_a_year_follow_each_other_without_a_gap(zone: str) -> None:
    for number in range(365):
        day = date(2027, 1, 1) + timedelta(days=number)
        start, end = clock.day_bounds(day, zone)
        assert end == clock.day_bounds(day + timedelta(days=1), zone)[0]
        assert clock.local_date(start, zone) == day
        assert clock.local_date(end - timedelta(microseconds=1), zone) == day
        assert start.utcoffset() == timedelta(0)


@pytest.mark.parametrize(
    ("zone", "day", "skipped", "shown"),
    [
        ("America/New_York", date(2027, 3, 14), "02:30", "03:30"),
        ("Europe/Berlin", date(2027, 3, 28), "02:30", "03:30"),
        ("Australia/Sydney", date(2027, 10, 3), "02:30", "03:30"),
        ("Australia/Lord_Howe", date(2027, 10, 3), "02:15", "02:45"),
    ],
)
def test_a_skipped_time_is_the_moment_that_the_clocks_show_later(
    zone: str, day: date, skipped: str, shown: str
) -> None:
    moment = clock.at_local(day, time.fromisoformat(skipped), zone)
    assert f"{moment.astimezone(ZoneInfo(zone)):%H:%M}" == shown


@pytest.mark.parametrize(
    ("zone", "day", "wall", "apart"),
    [
        ("America/New_York", date(2027, 11, 7), "01:30", 60),
        ("Europe/Berlin", date(2027, 10, 31), "02:30", 60),
        ("Australia/Sydney", date(2027, 4, 4), "02:30", 60),
        ("Australia/Lord_Howe", date(2027, 4, 4), "01:45", 30),
    ],
)
def test_of_a_repeated_time_the_first_is_meant(zone: str, day: date, wall: str, apart: int) -> None:
    first = clock.at_local(day, time.fromisoformat(wall), zone)
    second = clock.at_local(day, time.fromisoformat(wall).replace(fold=1), zone)
    assert first == second
    again = first + timedelta(minutes=apart)
    assert f"{again.astimezone(ZoneInfo(zone)):%H:%M}" == wall


def test_phoenix_keeps_its_offset_through_the_year() -> None:
    offsets = {
        clock.at_local(date(2027, month, 1), time(12), "America/Phoenix").hour for month in range(1, 13)
    }
    assert offsets == {19}


def test_days_are_counted_on_the_calendar_not_in_hours() -> None:
    zone = "America/New_York"
    before = clock.at_local(date(2027, 3, 13), time(23, 30), zone)
    after = clock.at_local(date(2027, 3, 15), time(0, 15), zone)
    assert after - before < timedelta(hours=24)
    assert clock.days_between(before, after, zone) == 2
    assert clock.days_between(after, before, zone) == -2


def test_the_same_moment_falls_on_different_days_in_different_zones() -> None:
    moment = datetime(2027, 1, 11, 3, 0, tzinfo=UTC)
    assert clock.local_date(moment, "America/Chicago") == date(2027, 1, 10)
    assert clock.local_date(moment, "Europe/Berlin") == date(2027, 1, 11)


def test_now_is_in_utc() -> None:
    assert clock.now().utcoffset() == timedelta(0)


@pytest.mark.parametrize("zone", ["America/Chicago", "UTC"])
def test_a_zone_of_the_tz_database_is_known(zone: str) -> None:
    clock.validate_zone(zone)


@pytest.mark.parametrize("zone", ["", "Chicago", "America/Chicago ", "../etc/passwd"])
def test_another_name_is_refused(zone: str) -> None:
    with pytest.raises(ValidationError):
        clock.validate_zone(zone)
