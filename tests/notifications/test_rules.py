"""What a visit, a session, a series and a day ask for, when each is due, and from when on it is of no use."""

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest

from notifications.planning import reasons, rules
from notifications.planning.rules import DEFAULTS, Receiver, Rule, Visit, Wanted, by_stage
from notifications.planning.timing import Daytime
from tests.cast import NOW, ZONE, local

HOUR = timedelta(hours=1)
VISIT = local(date(2027, 2, 1), "12:00")
HERE = Receiver(ZONE)
ALL = by_stage(DEFAULTS)
DST_DAYS = [date(2027, 2, 1), date(2027, 3, 14), date(2027, 11, 7)]


def visit_at(starts_at: datetime, *, first: bool = True, treated: bool = False) -> Visit:
    return Visit(starts_at, starts_at + 2 * HOUR, first, treated)


def wanted(
    visit: Visit, noticed_at: datetime = NOW, *, receiver: Receiver = HERE, told: datetime | None = None
) -> dict[str, Wanted]:
    """What is to be said of this visit, without what there is a reason against."""
    asked = rules.wanted_of_visit(ALL, visit, receiver, told, noticed_at)
    return {one.stage: one for one in asked if not one.why_not}


def test_a_first_visit_booked_early_is_announced_prepared_and_reminded_four_times() -> None:
    due = {stage: one.due_at for stage, one in wanted(visit_at(local(date(2027, 2, 1), "9:30"))).items()}
    assert due == {
        "confirmation": NOW,
        "T-7d": local(date(2027, 1, 25), "9:30"),
        "T-3d": local(date(2027, 1, 29), "9:30"),
        "T-1d": local(date(2027, 1, 31), "9:30"),
        "prepare": local(date(2027, 1, 31), "9:30"),
        "T-2h": local(date(2027, 2, 1), "8:00"),  # 7:30 is still night
    }


def test_a_later_visit_has_no_reminder_a_week_before_and_questions_if_there_was_an_infusion() -> None:
    assert "T-7d" not in wanted(visit_at(VISIT, first=False))
    assert "before_next" not in wanted(visit_at(VISIT, first=False))
    assert "before_next" in wanted(visit_at(VISIT, first=False, treated=True))


def test_a_visit_booked_for_tomorrow_is_not_announced_four_times_and_the_list_says_why() -> None:
    # It is 9:00; the visit is at 9:00 tomorrow: the day-before reminder's moment is now, and has passed.
    visit = visit_at(local(date(2027, 1, 12), "9:00"))
    assert list(wanted(visit)) == ["confirmation", "T-2h"]
    left_out = rules.wanted_of_visit(ALL, visit, HERE, None, NOW)
    assert {one.stage: one.why_not for one in left_out if one.why_not} == dict.fromkeys(
        ("T-7d", "T-3d", "T-1d", "prepare"), reasons.TOLD_LATER
    )


def test_the_questions_before_an_infusion_are_asked_however_late_it_was_booked() -> None:
    assert "before_next" in wanted(visit_at(local(date(2027, 1, 12), "9:00"), treated=True))


def test_a_visit_booked_for_the_next_hour_is_only_confirmed() -> None:
    assert list(wanted(visit_at(NOW + HOUR))) == ["confirmation"]


def test_each_reminder_is_of_use_until_the_next_takes_over_and_the_last_until_the_visit() -> None:
    visit = visit_at(VISIT)
    stale = {stage: one.stale_at for stage, one in wanted(visit).items()}
    moments = {stage: one.moment for stage, one in wanted(visit).items()}
    assert stale == {
        "confirmation": VISIT,
        "T-7d": moments["T-3d"],
        "T-3d": moments["T-1d"],
        "T-1d": moments["T-2h"],
        "prepare": VISIT,
        "T-2h": VISIT,
    }


def test_a_reminder_that_is_switched_off_hands_over_to_nobody() -> None:
    without = by_stage(replace(rule, enabled=rule.stage != "T-2h") for rule in DEFAULTS)
    asked = {one.stage: one for one in rules.wanted_of_visit(without, visit_at(VISIT), HERE, None, NOW)}
    assert "T-2h" not in asked
    assert asked["T-1d"].stale_at == VISIT


def test_a_booking_made_at_night_is_confirmed_at_eight() -> None:
    at_night = local(date(2027, 1, 11), "22:15")
    assert wanted(visit_at(VISIT), at_night)["confirmation"].due_at == local(date(2027, 1, 12), "8:00")


def test_a_stricter_jurisdiction_has_its_own_night() -> None:
    late_riser = Receiver(ZONE, Daytime(time(9), time(20)))
    evening = local(date(2027, 1, 11), "20:00")
    confirmed = wanted(visit_at(VISIT), evening, receiver=late_riser)["confirmation"]
    assert confirmed.due_at == local(date(2027, 1, 12), "9:00")


@pytest.mark.parametrize(
    ("wall_time", "short"),
    [
        ("7:30", True),
        ("8:00", True),
        ("8:15", True),
        ("8:55", True),
        ("9:00", False),
        ("9:55", False),
        ("10:00", False),
    ],
)
@pytest.mark.parametrize("day", DST_DAYS)  # two of them DST days
def test_a_reminder_that_the_night_pushes_to_within_an_hour_of_the_visit_is_of_no_use(
    day: date, wall_time: str, short: bool
) -> None:
    asked = rules.wanted_of_visit(ALL, visit_at(local(day, wall_time)), HERE, None, NOW)
    assert {one.stage for one in asked if one.why_not} == ({"T-2h"} if short else set())
    assert all(one.why_not in ("", reasons.SHORT_NOTICE) for one in asked)


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


@pytest.mark.parametrize(
    ("true", "told", "stage"),
    [
        (VISIT, VISIT, "change"),
        (VISIT, VISIT + HOUR, "move"),  # which tells the length as well
        (None, None, None),
    ],
)
def test_a_visit_that_changes_at_its_time_has_a_notice_of_its_own(
    true: datetime | None, told: datetime | None, stage: str | None
) -> None:
    assert rules.notice(true=true, told=told, changed=True) == stage


def test_a_move_is_told_with_the_start_that_the_patient_goes_by_and_reminders_stay() -> None:
    asked = wanted(visit_at(VISIT), told=VISIT + HOUR)
    assert set(asked) == {"move", "T-7d", "T-3d", "T-1d", "prepare", "T-2h"}
    assert (asked["move"].visit_starts_at, asked["move"].instead_of) == (VISIT, VISIT + HOUR)


def test_a_cancellation_names_the_start_that_was_told() -> None:
    (notice,) = rules.wanted_of_cancelled(ALL, VISIT, HERE, NOW)
    assert (notice.visit_starts_at, notice.stale_at) == (VISIT, VISIT)
    assert rules.wanted_of_cancelled(ALL, None, HERE, NOW) == []


def test_the_days_are_counted_where_the_patient_lives() -> None:
    # 23:30 on 31 January in Chicago is already 1 February in New York.
    asked = wanted(visit_at(local(date(2027, 1, 31), "23:30")), receiver=Receiver("America/New_York"))
    assert asked["T-3d"].due_at == local(date(2027, 1, 29), "8:00", "America/New_York")


def test_a_rule_may_name_its_own_time_of_the_day() -> None:
    evening = Rule(stage="T-1d", kind="reminder", days=1, at=time(18))
    assert evening.before(VISIT, ZONE) == local(date(2027, 1, 31), "18:00")


# --- After an infusion ------------------------------------------------
def after(discharged_at: datetime, *, ends_series: bool = False) -> dict[str, Wanted]:
    asked = rules.wanted_of_session(
        ALL,
        HERE,
        visit_starts_at=discharged_at - 3 * HOUR,
        discharged_at=discharged_at,
        ends_series=ends_series,
    )
    return {one.stage: one for one in asked}


def test_an_infusion_is_asked_about_after_four_hours_in_the_morning_and_a_week_later() -> None:
    discharged = local(date(2027, 3, 13), "13:00")  # the clocks go forward in the night
    asked = after(discharged)
    assert {stage: one.due_at for stage, one in asked.items()} == {
        "same_day": local(date(2027, 3, 13), "17:00"),
        "next_morning": local(date(2027, 3, 14), "9:00"),
        "day_7": local(date(2027, 3, 20), "13:00"),
    }
    assert asked["next_morning"].stale_at == local(date(2027, 3, 14), "21:00")
    assert asked["next_morning"].link_expires_at == local(date(2027, 3, 16), "9:00")


@pytest.mark.parametrize(
    ("wall_time", "why_not"),
    [
        ("16:29", ""),
        ("16:30", reasons.LATE_IN_THE_DAY),
        ("17:30", reasons.LATE_IN_THE_DAY),
        ("20:15", reasons.LATE_IN_THE_DAY),
    ],
)
@pytest.mark.parametrize("day", DST_DAYS)
def test_the_same_day_is_asked_about_before_half_past_eight_or_not_at_all(
    day: date, wall_time: str, why_not: str
) -> None:
    assert after(local(day, wall_time))["same_day"].why_not == why_not


def test_the_last_infusion_of_a_series_has_its_questionnaires_and_each_month_after_it_too() -> None:
    ended = local(date(2027, 1, 31), "14:00")
    assert "end_of_series" not in after(ended)
    assert "end_of_series" in after(ended, ends_series=True)
    due = [
        rules.wanted_monthly(ALL, HERE, visit_starts_at=ended, series_ended_at=ended, months=months)[0].due_at
        for months in (1, 2, 12)
    ]
    assert due == [
        local(date(2027, 2, 28), "14:00"),
        local(date(2027, 3, 31), "14:00"),
        local(date(2028, 1, 31), "14:00"),
    ]


def test_a_check_in_without_an_answer_is_asked_for_again_a_day_later() -> None:
    asked_at = local(date(2027, 3, 13), "9:00")
    (again,) = rules.wanted_again(ALL, HERE, visit_starts_at=None, asked_at=asked_at)
    assert again.due_at == asked_at + timedelta(hours=24)


def test_the_diary_is_asked_for_in_the_evening_and_not_at_night() -> None:
    (diary,) = rules.wanted_of_diary(ALL, HERE, asked_at=local(date(2027, 1, 11), "19:30"))
    assert (diary.due_at, diary.stale_at) == (
        local(date(2027, 1, 11), "19:30"),
        local(date(2027, 1, 11), "21:00"),
    )


def test_what_is_switched_off_is_not_wanted() -> None:
    nothing = by_stage(replace(rule, enabled=False) for rule in DEFAULTS)
    visit = visit_at(VISIT, treated=True)
    assert rules.wanted_of_visit(nothing, visit, HERE, None, NOW) == []
    assert rules.wanted_of_cancelled(nothing, VISIT, HERE, NOW) == []
    assert rules.wanted_of_missed(nothing, visit, HERE) == []
    assert rules.wanted_of_offer(nothing, visit, HERE, NOW, VISIT) == []
    assert rules.wanted_of_diary(nothing, HERE, asked_at=NOW) == []
    assert rules.wanted_again(nothing, HERE, visit_starts_at=None, asked_at=NOW) == []
    assert rules.wanted_monthly(nothing, HERE, visit_starts_at=VISIT, series_ended_at=VISIT, months=1) == []


def test_every_stage_is_known_once_and_only_what_may_wait_is_merged() -> None:
    assert len(set(rules.STAGES)) == len(rules.STAGES)
    alone = {rule.stage for rule in DEFAULTS if not rule.merges}
    assert alone == {
        "confirmation",
        "move",
        "change",
        "cancellation",
        "offer",
        "same_day",
        "next_morning",
        "diary",
    }
    assert {rule.stage for rule in DEFAULTS if not rule.capped} == {
        "move",
        "change",
        "cancellation",
        "same_day",
        "next_morning",
        "diary",  # by e-mail only
    }
