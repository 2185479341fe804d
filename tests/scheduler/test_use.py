"""How much of chairs and nurses was used, and how high the nurses' load came: what counts, and when."""

from datetime import date

import pytest

from scheduler.models import Appointment
from scheduler.reporting import daily_load, use
from scheduler.reporting.reports import Period
from tests.cast import NOW, TODAY, ZONE, House, client_of, local
from tests.scheduler.stage import Stage, open_on, set_stage

DAY = Period(TODAY, TODAY, ZONE)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def of(found: use.Utilisation, name: str) -> tuple[float, float, float]:
    (use,) = [use for use in [*found.resources, *found.totals] if use.name == name]
    return use.open, use.booked, use.delivered


def test_a_chair_is_used_for_the_block_and_a_nurse_for_her_units(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    found = use.utilisation(stage.house.clinic, Period(TODAY, TODAY, ZONE))
    assert of(found, "Chair 1") == (480, 130, 0)
    assert of(found, "Chair 2") == (480, 0, 0)
    assert of(found, "All chairs") == (960, 130, 0)
    # 20 minutes of 6 units, 40 of 3, 60 of 2; she has 6 for eight hours.
    assert of(found, "Nurse 1") == (2880, 360, 0)


def test_only_what_is_done_was_delivered_and_what_was_cancelled_is_neither(stage: Stage) -> None:
    done = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=done.pk).update(status="fulfilled")
    stage.cancel(stage.book(stage.plan(stage.house.omar), "13:00", chair=stage.chairs[0]))
    found = use.utilisation(stage.house.clinic, Period(TODAY, TODAY, ZONE))
    assert of(found, "Chair 1") == (480, 130, 130)


def test_a_hold_is_not_booked(stage: Stage) -> None:
    held = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=held.pk).update(status="pending", held_until=NOW)
    assert of(use.utilisation(stage.house.clinic, Period(TODAY, TODAY, ZONE)), "Chair 1") == (480, 0, 0)


def test_what_reaches_past_the_period_counts_as_far_as_it_lies_inside(stage: Stage) -> None:
    """A zone in which the clinic's noon is midnight cuts the day's visit in two."""
    stage.book(stage.plan(), "11:00", chair=stage.chairs[0])
    before_noon = Period(TODAY, TODAY, "Etc/GMT-6")
    opened, booked, _ = of(use.utilisation(stage.house.clinic, before_noon), "Chair 1")
    assert (opened, booked) == (180, 60)


def test_a_resource_that_was_neither_open_nor_booked_is_left_out(stage: Stage) -> None:
    assert use.utilisation(stage.house.clinic, Period(date(2027, 3, 1), date(2027, 3, 2), ZONE)) == (
        use.Utilisation([], [])
    )


# --- By weekday and hour ---------------------------------------------------------------------------------


def hours_of(stage: Stage, period: Period, kind: str = "chair") -> dict[tuple[int, int], tuple[float, ...]]:
    found = use.by_hour(stage.house.clinic, period)
    return {
        (each.weekday, each.hour): (each.days, each.open, each.booked, each.delivered)
        for each in found
        if each.kind == kind
    }


def test_a_visit_is_spread_over_the_hours_in_which_it_holds_the_chair(stage: Stage) -> None:
    """From half past ten for 130 minutes, in one of two chairs."""
    stage.book(stage.plan(), "10:30", chair=stage.chairs[0])
    hours = hours_of(stage, DAY)
    assert sorted(hours) == [(0, hour) for hour in range(9, 17)]
    assert hours[0, 9] == (1, 120, 0, 0)
    assert hours[0, 10] == (1, 120, 30, 0)
    assert hours[0, 11] == (1, 120, 60, 0)
    assert hours[0, 12] == (1, 120, 40, 0)


def test_a_nurses_hours_count_in_her_units(stage: Stage) -> None:
    """20 minutes of 6 units and 40 of 3 in the first hour, 60 of 2 in the second; she has six for an hour."""
    stage.book(stage.plan(), "10:00")
    hours = hours_of(stage, DAY, "nurse")
    assert hours[0, 10] == (1, 360, 240, 0)
    assert hours[0, 11] == (1, 360, 120, 0)


def test_the_same_hours_of_a_weekday_are_added_and_their_days_counted(stage: Stage) -> None:
    for day in (date(2027, 1, 18), date(2027, 1, 25)):
        open_on(stage.chairs[0], local(day, "9:00"), local(day, "10:00"))
    done = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=done.pk).update(status="fulfilled")
    whole_month = Period(date(2027, 1, 1), date(2027, 1, 31), ZONE)
    assert hours_of(stage, whole_month)[0, 9] == (3, 240, 60, 60)
    assert hours_of(stage, whole_month)[1, 9] == (1, 120, 0, 0)


def test_an_hour_is_the_clinics_own_also_after_the_clocks_were_moved(stage: Stage) -> None:
    """Noon in Chicago is 18:00 in UTC in January and 17:00 in July."""
    july = date(2027, 7, 5)
    open_on(stage.chairs[0], local(july, "12:00"), local(july, "13:00"))
    both = Period(date(2027, 1, 11), july, ZONE)
    assert hours_of(stage, both)[0, 12] == (2, 180, 0, 0)


def test_cancelled_and_held_visits_hold_no_hour(stage: Stage) -> None:
    stage.cancel(stage.book(stage.plan(), "9:00", chair=stage.chairs[0]))
    held = stage.book(stage.plan(stage.house.omar), "11:00", chair=stage.chairs[0])
    Appointment.objects.filter(pk=held.pk).update(status="pending", held_until=NOW)
    assert {booked for _, _, booked, _ in hours_of(stage, DAY).values()} == {0}


def test_hours_and_sums_tell_the_same(stage: Stage) -> None:
    """However it is cut, the minutes are those of the report by chair."""
    stage.book(stage.plan(), "10:35", chair=stage.chairs[0])
    stage.book(stage.plan(stage.house.omar), "13:10", chair=stage.chairs[1])
    for kind, name in (("chair", "All chairs"), ("nurse", "All nurses")):
        by_hour = hours_of(stage, DAY, kind).values()
        added = tuple(sum(each[place] for each in by_hour) for place in (1, 2, 3))
        assert added == of(use.utilisation(stage.house.clinic, DAY), name)


def test_the_api_tells_hours_to_the_manager(stage: Stage, house: House) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    asked = {"clinic": str(house.clinic.pk), "first": TODAY.isoformat(), "last": TODAY.isoformat()}
    hours = client_of(house.max).get("/api/v1/reports/use-by-hour/", asked).json()
    assert hours[1] == {
        "kind": "chair",
        "weekday": 0,
        "hour": 10,
        "days": 1,
        "open_minutes": 120.0,
        "booked_minutes": 60.0,
        "delivered_minutes": 0.0,
        "booked_share": 0.5,
        "delivered_share": 0.0,
    }


# --- Day by day -------------------------------------------------------------------------------------------


def test_a_days_load_is_told_by_its_busiest_minute_and_the_usual_one(house: House) -> None:
    """Two patients prepared by two nurses at once: 12 of 12 units for 20 minutes, 360 unit-minutes each."""
    stage = set_stage(house, nurses=2)
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    stage.book(stage.plan(house.omar), "10:00", chair=stage.chairs[1], nurse=stage.nurses[1])
    (day,) = daily_load.daily_load(house.clinic, DAY)
    assert (day.day, day.visits, day.peak, day.peak_duty) == (TODAY, 2, 12, 12)
    assert day.peak_at == local(TODAY, "10:00")
    assert day.mean_load == pytest.approx(720 / 480)
    assert day.minutes_full == 20
    assert day.unevenness == pytest.approx(8)


def test_days_without_visits_are_left_out_and_a_missed_visit_makes_no_load(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", date(2027, 1, 12))
    stage.cancel(stage.book(stage.plan(stage.house.omar), "10:00", date(2027, 1, 13)))
    week = Period(TODAY, date(2027, 1, 15), ZONE)
    assert [each.day for each in daily_load.daily_load(stage.house.clinic, week)] == [date(2027, 1, 12)]
