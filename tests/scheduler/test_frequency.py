"""How many sessions a week and a year have room for, by the protocol version: what is refused is not offered.

NOW is Monday, 9:00; the stage is open for as many days as a story needs.
"""

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scheduler.finding import free_times
from scheduler.finding.frequency import YEAR, Frequency, in_year
from scheduler.finding.wishes import Wish
from scheduler.models import Protocol, TreatmentPlan
from scheduler.series import proposing
from scheduler.visits import moving
from scheduler.visits.booking import Wanted
from scheduler.waitlist import fitting
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, active_protocol, next_version, set_stage, write_plan
from tests.scheduler.waits import join, offer_freed

DAY = timedelta(days=1)
FRIDAY = TODAY + 4 * DAY


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, days=33)


def limited(stage: Stage, **limits: Any) -> Protocol:
    stage.protocol = next_version(stage.protocol, stage.house, **limits)
    return stage.protocol


def booked(stage: Stage, plan: TreatmentPlan, *ahead: int) -> None:
    for days in ahead:
        stage.book(plan, "9:30", TODAY + days * DAY)


def test_a_week_with_as_many_as_the_protocol_allows_takes_no_more_and_says_so(stage: Stage) -> None:
    limited(stage, most_per_week=2)
    plan = stage.plan()
    booked(stage, plan, 0, 2)

    [blocker] = stage.check(plan, "9:30", FRIDAY).blockers
    assert (blocker.code, blocker.detail) == (
        "week_full",
        "2 sessions of the patient already in the week from Mon, Jan 11 to Sun, Jan 17; the protocol allows"
        " 2 a week.",
    )
    assert stage.check(plan, "9:30", TODAY + 7 * DAY).bookable  # the next Monday


def test_a_visit_that_moves_inside_its_week_does_not_count_beside_itself(stage: Stage) -> None:
    limited(stage, most_per_week=2)
    plan = stage.plan()
    booked(stage, plan, 0)
    moved = stage.book(plan, "9:30", TODAY + 2 * DAY)

    again = moving.reschedule(
        actor=stage.house.actor(stage.house.ana),
        appointment=moved,
        start=stage.at("9:30", FRIDAY),
        now=NOW,
    )
    assert again.starts_at == stage.at("9:30", FRIDAY)


def test_any_365_days_count_and_a_visit_between_two_others_counts_both_ways(stage: Stage) -> None:
    limited(stage, most_per_year=2)
    plan = stage.plan(valid_until=TODAY + 800 * DAY)
    booked(stage, plan, 0, 28)

    [blocker] = stage.check(plan, "9:30", TODAY + 14 * DAY).blockers
    assert (blocker.code, blocker.detail) == (
        "year_full",
        "2 sessions of the patient already within 365 days of this one; the protocol allows 2 in any 365"
        " days.",
    )
    assert "year_full" in _codes(stage, plan, TODAY + 364 * DAY)
    assert "year_full" not in _codes(stage, plan, TODAY + 365 * DAY)


def _codes(stage: Stage, plan: TreatmentPlan, day: date) -> list[str]:
    return [blocker.code for blocker in stage.check(plan, "9:30", day).blockers]


def test_sessions_under_another_plan_count_too(stage: Stage) -> None:
    limited(stage, most_per_week=1)
    cluster = active_protocol(stage.house, "cluster-60")
    under_it = write_plan(stage.house, cluster, stage.house.rosa, sessions_ordered=4)
    booked(stage, under_it, 1)

    assert "week_full" in _codes(stage, stage.plan(), FRIDAY)


@pytest.mark.parametrize("limits", [{"most_per_week": 2}, {"most_per_year": 4}, {}])
def test_what_is_found_free_is_what_may_be_booked(stage: Stage, limits: dict[str, int]) -> None:
    limited(stage, **limits)
    plan = stage.plan()
    booked(stage, plan, 1, 4, 14, 16)
    plan = TreatmentPlan.objects.select_related("protocol", "clinic").get(pk=plan.pk)
    end = TODAY + 26 * DAY
    found = free_times.search(plan=plan, first=NOW, until=stage.at("0:00", end), now=NOW)

    offered = {start.start.date() for start in found.first()}
    days = [TODAY + ahead * DAY for ahead in range(1, 26)]
    bookable = {day for day in days if stage.check(plan, "13:00", day).bookable}
    assert bookable == {day for day in offered if day > TODAY}
    assert bookable or "most_per_year" in limits


def test_a_series_is_proposed_as_the_weeks_allow_it_and_booked_as_it_is_shown(stage: Stage) -> None:
    """Two to five days apart, and two from a Monday to its Sunday."""
    limited(stage, most_per_week=2)
    plan = stage.plan()
    proposed = proposing.propose(plan=plan, wish=Wish(), now=NOW)

    for offer in proposed.offers:
        weeks = [session.start.isocalendar().week for session in offer.sessions]
        assert len(weeks) == 6
        assert max(map(weeks.count, weeks)) == 2
    sessions = [Wanted(new_id(), **session.book) for session in proposed.offers[0].sessions]
    series = proposing.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=plan,
        sessions=sessions,
        wish=Wish(),
        now=NOW,
    )
    assert series.appointments.count() == 6


def test_a_series_that_the_weeks_have_no_room_for_says_how_many_they_have(stage: Stage) -> None:
    """One a week and at most five days apart contradict each other; the year has room for three."""
    limited(stage, most_per_week=1)
    against = proposing.propose(plan=stage.plan(), wish=Wish(), now=NOW).impossible
    assert against is not None
    assert against.detail.endswith("The protocol allows at most 1 session a week, Monday to Sunday.")

    limited(stage, most_per_week=None, most_per_year=3)
    plan = stage.plan(stage.house.omar)
    against = proposing.propose(plan=plan, wish=Wish(), now=NOW).impossible
    assert against is not None
    assert against.detail.endswith("The protocol allows at most 3 sessions in any 365 days.")
    assert {"count": 3} in [relaxation.ask for relaxation in against.relaxations]
    assert len(proposing.propose(plan=plan, count=3, wish=Wish(), now=NOW).offers) > 0


def test_the_waitlist_offers_nothing_in_a_full_week(stage: Stage) -> None:
    limited(stage, most_per_week=2)
    plan = stage.plan()
    booked(stage, plan, 0, 2)
    join(stage, plan, last_day=FRIDAY)

    assert offer_freed(stage) == []
    assert fitting.who_fits(stage.house.clinic, FRIDAY, now=NOW) == []
    limited(stage, most_per_week=3)
    TreatmentPlan.objects.filter(pk=plan.pk).update(protocol=stage.protocol)
    assert len(fitting.who_fits(stage.house.clinic, FRIDAY, now=NOW)) == 1


@given(st.integers(0, 900), st.lists(st.integers(0, 900), max_size=12))
def test_the_fullest_year_around_a_day_is_found(day: int, others: list[int]) -> None:
    spans = [range(first, first + YEAR) for first in range(day - YEAR + 1, day + 1)]
    most = max(sum(other in span for other in others) for span in spans)
    assert in_year(day, sorted(others)) == most


def test_without_limits_every_day_has_room() -> None:
    assert list(Frequency().full_days(1, 800, [5] * 50)) == []
    assert Frequency(per_week=1).reach == 7
    assert Frequency(1, 12).reach == YEAR
