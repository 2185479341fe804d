"""When a message is due: local days and quiet hours on both DST days, in five zones, one without DST."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from notifications.planning import timing
from tests.cast import local

# (zone, first day of summer time, first day of winter time), all 2027.
ZONES = [
    ("America/Chicago", date(2027, 3, 14), date(2027, 11, 7)),
    ("America/New_York", date(2027, 3, 14), date(2027, 11, 7)),
    ("Europe/Berlin", date(2027, 3, 28), date(2027, 10, 31)),
    ("America/Phoenix", date(2027, 3, 14), date(2027, 11, 7)),
    ("America/Los_Angeles", date(2027, 3, 14), date(2027, 11, 7)),
]
CHANGES = [(zone, day) for zone, *days in ZONES for day in days]


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_a_day_before_keeps_the_time_on_the_wall_across_the_change(zone: str, day: date) -> None:
    visit = local(day, "9:30", zone)
    due = timing.days_away(visit, -1, zone)
    assert due == local(day - timedelta(days=1), "9:30", zone)


@pytest.mark.parametrize(
    ("day", "hours"), [(date(2027, 3, 14), 23), (date(2027, 11, 7), 25), (date(2027, 6, 1), 24)]
)
def test_the_day_of_the_change_has_23_or_25_hours(day: date, hours: int) -> None:
    visit = local(day, "9:30")
    assert visit - timing.days_away(visit, -1, "America/Chicago") == timedelta(hours=hours)


def test_phoenix_has_24_hours_on_every_day() -> None:
    for day in (date(2027, 3, 14), date(2027, 11, 7)):
        visit = local(day, "9:30", "America/Phoenix")
        assert visit - timing.days_away(visit, -1, "America/Phoenix") == timedelta(hours=24)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_the_morning_after_is_nine_on_the_wall(zone: str, day: date) -> None:
    discharged = local(day - timedelta(days=1), "17:10", zone)
    assert timing.days_away(discharged, 1, zone, time(9)) == local(day, "9:00", zone)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_a_message_of_the_night_waits_for_eight_in_the_receivers_morning(zone: str, day: date) -> None:
    eight = local(day, "8:00", zone)
    evening_before = day - timedelta(days=1)
    assert timing.out_of_quiet_hours(local(evening_before, "21:00", zone), zone) == eight
    assert timing.out_of_quiet_hours(local(day, "0:30", zone), zone) == eight
    assert timing.out_of_quiet_hours(eight - timedelta(seconds=1), zone) == eight


def test_quiet_hours_begin_at_nine_sharp_and_end_at_eight_sharp() -> None:
    day = date(2027, 1, 11)
    last = local(day, "21:00") - timedelta(seconds=1)
    first = local(day, "8:00")
    assert timing.out_of_quiet_hours(last, "America/Chicago") == last
    assert timing.out_of_quiet_hours(first, "America/Chicago") == first


def test_the_night_is_the_receivers_not_the_clinics() -> None:
    moment = datetime(2027, 1, 12, 4, 30, tzinfo=UTC)  # 22:30 in Chicago, 20:30 in Los Angeles
    assert timing.out_of_quiet_hours(moment, "America/Los_Angeles") == moment
    assert timing.out_of_quiet_hours(moment, "America/Chicago") == local(date(2027, 1, 12), "8:00")


def test_a_repeated_hour_means_the_first_and_a_skipped_one_the_jump() -> None:
    zone = "America/Chicago"
    assert timing.at_local(date(2027, 11, 7), time(1, 30), zone) == datetime(2027, 11, 7, 6, 30, tzinfo=UTC)
    assert timing.at_local(date(2027, 3, 14), time(2, 30), zone) == datetime(2027, 3, 14, 8, 30, tzinfo=UTC)


@pytest.mark.parametrize(("zone", "day"), CHANGES)
def test_a_stricter_day_begins_later_and_ends_earlier_on_both_dst_days(zone: str, day: date) -> None:
    strict = timing.Daytime(time(9), time(20))
    nine = local(day, "9:00", zone)
    assert timing.out_of_quiet_hours(local(day, "8:30", zone), zone, strict) == nine
    assert timing.out_of_quiet_hours(local(day - timedelta(days=1), "20:00", zone), zone, strict) == nine
    assert timing.day_end(nine, zone, strict) == local(day, "20:00", zone)


@pytest.mark.parametrize(
    ("day", "months", "later"),
    [
        (date(2027, 1, 31), 1, date(2027, 2, 28)),
        (date(2027, 12, 15), 1, date(2028, 1, 15)),
        (date(2027, 10, 8), 1, date(2027, 11, 8)),  # the clocks go back in between
        (date(2027, 1, 31), 13, date(2028, 2, 29)),
    ],
)
def test_a_month_later_is_the_same_day_and_time_on_the_wall(day: date, months: int, later: date) -> None:
    moment = timing.months_after(local(day, "14:00"), months, "America/Chicago")
    assert moment == local(later, "14:00")
