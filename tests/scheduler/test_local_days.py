"""Days as arrays: the same day and the same wall as `clinic.clock` finds for each moment by itself."""

from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from clinic import clock
from scheduler.finding.availability import Supply, minute_of
from scheduler.finding.local_days import LocalDays
from scheduler.finding.packing import Rectangle
from scheduler.finding.starts import Stock
from tests.cast import TODAY, ZONE, local


@pytest.mark.parametrize("first", [TODAY, date(2027, 3, 12), date(2027, 11, 5)])
def test_every_minute_has_the_day_and_the_wall_time_that_the_clock_gives_it(first: date) -> None:
    """The clocks change on 14 March and on 7 November 2027."""
    days = LocalDays.over(first, first + timedelta(days=4), ZONE)
    moments = [
        local(first + timedelta(days=ahead), wall)
        for ahead in range(5)
        for wall in ("4:00", "9:05", "12:00", "23:55")
    ]
    minutes = np.array([minute_of(moment) for moment in moments])
    walls = [moment.astimezone(ZoneInfo(ZONE)) for moment in moments]
    assert days.numbers(minutes).tolist() == [clock.local_date(m, ZONE).toordinal() for m in moments]
    assert days.wall(minutes).tolist() == [wall.hour * 60 + wall.minute for wall in walls]


def test_how_full_a_day_is_counts_units_and_minutes() -> None:
    days = LocalDays.over(TODAY, TODAY + timedelta(days=2), ZONE)
    nine, ten = minute_of(local(TODAY, "9:00")), minute_of(local(TODAY, "10:00"))
    tomorrow = minute_of(local(TODAY + timedelta(days=1), "9:00"))
    nurse = Supply("nurse", 6, [(nine, ten), (tomorrow, tomorrow + 60)], [Rectangle(nine, ten, 0, 3)])
    other = Supply("other", 6, [(nine, ten)])
    assert days.taken(Stock.of([nurse, other])).tolist() == [250, 0, 0]
    assert days.taken(Stock.of([])).tolist() == [0, 0, 0]
