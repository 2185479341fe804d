"""Which stages a visit asks for, when each is due, and from when on it is of no use."""

from datetime import date, datetime, timedelta

import pytest

from notifications.planning import rules
from notifications.planning.rules import Visit
from tests.cast import NOW, ZONE, local

HOUR = timedelta(hours=1)
VISIT = local(date(2027, 2, 1), "12:00")


def visit_at(starts_at: datetime, *, first: bool = True, zone: str = ZONE) -> Visit:
    return Visit(starts_at=starts_at, ends_at=starts_at + 2 * HOUR, zone=zone, first=first)


def stages(visit: Visit, noticed_at: datetime = NOW) -> list[str]:
    return [wanted.stage for wanted in rules.for_booked(visit, None, noticed_at)]


def test_a_first_visit_booked_early_is_announced_and_reminded_four_times() -> None:
    visit = visit_at(local(date(2027, 2, 1), "9:30"))
    due = {wanted.stage: wanted.due_at for wanted in rules.for_booked(visit, None, NOW)}
    assert due == {
        "confirmation": NOW,
        "T-7d": local(date(2027, 1, 25), "9:30"),
        "T-3d": local(date(2027, 1, 29), "9:30"),
        "T-1d": local(date(2027, 1, 31), "9:30"),
        "T-2h": local(date(2027, 2, 1), "8:00"),  # 7:30 is still night
    }


def test_a_later_visit_has_no_reminder_a_week_before() -> None:
    assert stages(visit_at(local(date(2027, 2, 1), "9:30"), first=False)) == [
        "confirmation",
        "T-3d",
        "T-1d",
        "T-2h",
    ]


def test_a_visit_booked_for_tomorrow_is_not_announced_four_times() -> None:
    # It is 9:00; the visit is at 9:00 tomorrow: the day-before reminder's moment is now, and has passed.
    assert stages(visit_at(local(date(2027, 1, 12), "9:00"))) == ["confirmation", "T-2h"]


def test_a_visit_booked_for_the_next_hour_is_only_confirmed() -> None:
    assert stages(visit_at(NOW + HOUR)) == ["confirmation"]


def test_each_reminder_is_of_use_until_the_next_takes_over_and_the_last_until_the_visit() -> None:
    visit = visit_at(local(date(2027, 2, 1), "12:00"))
    wanted = rules.for_booked(visit, None, NOW)[1:]
    assert [one.stale_at for one in wanted] == [*(one.due_at for one in wanted[1:]), visit.starts_at]


def test_a_booking_made_at_night_is_confirmed_at_eight() -> None:
    visit, at_night = visit_at(local(date(2027, 2, 1), "12:00")), local(date(2027, 1, 11), "22:15")
    assert rules.for_booked(visit, None, at_night)[0].due_at == local(date(2027, 1, 12), "8:00")


def test_a_reminder_that_the_night_moves_past_the_visit_is_too_late() -> None:
    visit = visit_at(local(date(2027, 2, 1), "7:30"))
    wanted = {one.stage: one for one in rules.for_booked(visit, None, NOW)}
    assert wanted["T-2h"].too_late(NOW)
    assert not wanted["T-1d"].too_late(NOW)


@pytest.mark.parametrize(
    ("wall_time", "short"),
    [("8:00", True), ("8:15", True), ("8:55", True), ("9:00", False), ("9:55", False), ("10:00", False)],
)
@pytest.mark.parametrize(
    "day", [date(2027, 2, 1), date(2027, 3, 14), date(2027, 11, 7)]
)  # two of them DST days
def test_a_reminder_that_the_night_pushes_to_within_an_hour_of_the_visit_is_of_no_use(
    day: date, wall_time: str, short: bool
) -> None:
    wanted = {one.stage: one for one in rules.for_booked(visit_at(local(day, wall_time)), None, NOW)}
    assert wanted["T-2h"].short_notice is short
    assert not any(one.short_notice for stage, one in wanted.items() if stage != "T-2h")


@pytest.mark.parametrize(
    ("true", "told", "stage"),
    [
        (VISIT, None, "confirmation"),
        (VISIT, VISIT, None),
        (VISIT, VISIT + HOUR, "move"),
        (None, VISIT, "cancellation"),
        (None, None, None),
    ],
)
def test_a_notice_leads_from_what_was_told_to_what_is_true(
    true: datetime | None, told: datetime | None, stage: str | None
) -> None:
    assert rules.notice(true=true, told=told) == stage


def test_a_move_is_told_with_the_start_that_the_patient_goes_by_and_reminders_stay() -> None:
    wanted = rules.for_booked(visit_at(VISIT), VISIT + HOUR, NOW)
    assert [one.stage for one in wanted] == ["move", "T-7d", "T-3d", "T-1d", "T-2h"]
    assert (wanted[0].visit_starts_at, wanted[0].instead_of) == (VISIT, VISIT + HOUR)


def test_a_cancellation_names_the_start_that_was_told() -> None:
    wanted = rules.for_cancelled(VISIT, ZONE, NOW)
    assert (wanted.visit_starts_at, wanted.stale_at) == (VISIT, VISIT)


def test_a_delay_makes_a_reminder_too_late_at_the_very_moment_the_next_is_due() -> None:
    visit = visit_at(local(date(2027, 2, 1), "12:00"))
    wanted = {one.stage: one for one in rules.for_booked(visit, None, NOW)}
    stale_at = wanted["T-3d"].stale_at
    assert not wanted["T-3d"].too_late(stale_at - timedelta(seconds=1))
    assert wanted["T-3d"].too_late(stale_at)


def test_the_days_are_counted_where_the_patient_lives() -> None:
    # 23:30 on 31 January in Chicago is already 1 February in New York.
    visit = visit_at(local(date(2027, 1, 31), "23:30"), zone="America/New_York")
    due = {one.stage: one.due_at for one in rules.for_booked(visit, None, NOW)}
    assert due["T-3d"] == local(date(2027, 1, 29), "8:00", "America/New_York")


def test_a_check_in_goes_out_at_nine_the_next_morning_and_is_stale_that_evening() -> None:
    discharged = local(date(2027, 3, 13), "16:00")  # the clocks go forward in the night
    wanted = rules.for_discharged(discharged - 2 * HOUR, discharged, ZONE)
    assert wanted.due_at == local(date(2027, 3, 14), "9:00")
    assert wanted.stale_at == local(date(2027, 3, 14), "21:00")
    assert wanted.link_expires_at == wanted.due_at + timedelta(hours=48)
