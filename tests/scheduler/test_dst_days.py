"""Hours over both DST changes, in zones that change at 2:00, at midnight, and never."""

from datetime import UTC, date, datetime, time, timedelta

import pytest

from clinic import clock
from scheduler.finding import free_times
from scheduler.models import (
    Opening,
    ResourceKind,
)
from scheduler.visits import booking, queries
from tests.cast import make_house, new_id
from tests.scheduler.declaring import (
    closed,
    hours,
    wall,
    weekly,
)
from tests.scheduler.stage import make_resource, open_on, set_stage

SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)  # Sundays; in Europe the 28th of March, 31st of October
DST_DAYS = [
    ("America/Chicago", SPRING, 23, 7),
    ("America/Chicago", AUTUMN, 25, 9),
    ("America/New_York", SPRING, 23, 7),
    ("America/New_York", AUTUMN, 25, 9),
    ("Europe/Berlin", date(2027, 3, 28), 23, 7),
    ("Europe/Berlin", date(2027, 10, 31), 25, 9),
    ("America/Havana", SPRING, 23, 7),
    ("America/Havana", AUTUMN, 25, 9),
    ("America/Phoenix", SPRING, 24, 8),
    ("America/Phoenix", AUTUMN, 24, 8),
]


@pytest.mark.parametrize(("zone", "day", "day_hours", "shift_hours"), DST_DAYS)
def test_a_shift_over_the_change_is_as_long_as_it_is(
    db: None, zone: str, day: date, day_hours: int, shift_hours: int
) -> None:
    """From midnight to 8:00 on the wall are 7, 8 or 9 hours."""
    house = make_house(zone=zone)
    nurse = make_resource(house, ResourceKind.NURSE, "Nils", 6)
    now = datetime.combine(day, time(12), UTC) - timedelta(days=3)

    weekly(
        house,
        nurse,
        "00:00-08:00",
        weekdays=(day.weekday(),),
        valid_from=day,
        valid_until=day,
        now=now,
    )

    opening = Opening.objects.get()
    start, end = clock.day_bounds(day, zone)
    assert opening.during.upper - opening.during.lower == timedelta(hours=shift_hours)
    assert opening.during.lower == start
    assert wall(opening.during.upper, zone).endswith("08:00")
    assert end - start == timedelta(hours=day_hours)
    closed(house, start, end, now=now)
    assert not Opening.objects.exists()


@pytest.mark.parametrize(("zone", "day", "day_hours", "shift_hours"), DST_DAYS)
def test_the_first_feasible_start_is_nine_on_the_wall_on_dst_days(
    db: None, zone: str, day: date, day_hours: int, shift_hours: int
) -> None:
    """And the day board shows the visit on its local day, spacing counting dates across the change."""
    house = make_house(zone=zone)
    stage = set_stage(house, days=0)
    for resource in [*stage.chairs, *stage.nurses, stage.clinician]:
        for on in (day - timedelta(days=1), day):
            open_on(resource, stage.at("9:00", on), stage.at("17:00", on))
    now = stage.at("6:00", day - timedelta(days=2))
    plan = stage.plan(valid_until=day + timedelta(days=9))

    starts = free_times.search(
        plan=plan, first=stage.at("0:00", day), until=stage.at("23:55", day), now=now
    ).first()
    visit = booking.book(actor=house.actor(house.ana), id=new_id(), plan=plan, start=starts[0].start, now=now)

    assert wall(starts[0].start, zone).endswith("09:00")
    assert wall(starts[-1].start, zone).endswith("14:50")  # 130 minutes before 17:00
    assert [row.appointment for row in queries.day_board(house.clinic, day)] == [visit]
    assert queries.day_board(house.clinic, day - timedelta(days=1)) == []
    day_before = stage.check(plan, "14:50", day - timedelta(days=1), now=now)
    assert [blocker.code for blocker in day_before.blockers] == ["spacing_too_close"]


@pytest.mark.parametrize("zone", ["Pacific/Auckland", "Pacific/Pago_Pago"])
def test_a_clinic_on_another_date_than_the_server_lays_its_own_days(db: None, zone: str) -> None:
    """At 23:30 UTC it is tomorrow in Auckland; at 00:30 UTC it is yesterday in Pago Pago."""
    house = make_house(zone=zone)
    house.clinic.opening_horizon_days = 2
    house.clinic.save()
    chair = make_resource(house, ResourceKind.CHAIR, "Chair 1", 1)
    now = (
        datetime(2027, 1, 11, 23, 30, tzinfo=UTC)
        if zone.endswith("Auckland")
        else datetime(2027, 1, 12, 0, 30, tzinfo=UTC)
    )
    today = date(2027, 1, 12) if zone.endswith("Auckland") else date(2027, 1, 11)

    weekly(house, chair, "22:00-23:00", weekdays=range(7), valid_from=today, now=now)

    days = [today + timedelta(days=ahead) for ahead in range(3)]
    assert hours(chair, zone) == [f"{day:%a %d} 22:00-23:00" for day in days]
