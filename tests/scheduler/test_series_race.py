"""Two desks book two series at once over the same days: each all or none, and exactly what fits."""

from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from clinic.models import User
from clinic.problems import Conflict
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment, Claim, Series, TreatmentPlan
from scheduler.series import proposing
from scheduler.visits.booking import Wanted
from tests.at_once import at_once
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage

DAYS = (0, 2, 4)


@pytest.fixture
def stage(transactional_db: None, house: House) -> Stage:
    """Two chairs and one nurse, who prepares one patient at a time: two visits at ten don't fit."""
    return set_stage(house, chairs=2, nurses=1, days=14)


def book(stage: Stage, user: User, plan: TreatmentPlan, days: tuple[int, ...]) -> Series:
    return proposing.book(
        actor=stage.house.actor(user),
        id=new_id(),
        plan=plan,
        sessions=[Wanted(new_id(), stage.at("10:00", TODAY + timedelta(days=ahead))) for ahead in days],
        wish=Wish(),
        now=NOW,
    )


def booked_days(plan: TreatmentPlan) -> list[int]:
    return sorted((visit.starts_at - NOW).days for visit in Appointment.objects.filter(plan=plan))


def test_of_two_series_on_the_same_days_one_is_booked_whole_and_the_other_not_at_all(stage: Stage) -> None:
    house = stage.house
    plans = [stage.plan(house.rosa), stage.plan(house.omar)]
    outcomes = at_once(
        partial(book, stage, house.ana, plans[0], DAYS), partial(book, stage, house.max, plans[1], DAYS)
    )
    won = [place for place, outcome in enumerate(outcomes) if isinstance(outcome, Series)]
    (lost,) = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert len(won) == 1
    assert booked_days(plans[won[0]]) == [*DAYS]
    assert booked_days(plans[1 - won[0]]) == []
    assert [row["number"] for row in lost.data["sessions"]] == [1, 2, 3]
    assert Series.objects.count() == 1


def test_series_that_meet_on_one_day_only_are_still_all_or_none(stage: Stage) -> None:
    """Six desks at once; every series meets another on some day. Whoever is booked is booked whole."""
    house = stage.house
    plans = [stage.plan(make_patient(house.clinic, f"P{number}", "Test")) for number in range(6)]
    wanted = [(0, 2, 4), (4, 6, 8), (1, 3, 6), (0, 3, 5), (2, 5, 7), (1, 5, 9)]
    outcomes: list[Any] = at_once(
        *(partial(book, stage, house.ana, plan, days) for plan, days in zip(plans, wanted, strict=True))
    )
    taken: set[int] = set()
    for plan, days, outcome in zip(plans, wanted, outcomes, strict=True):
        if isinstance(outcome, Series):
            assert booked_days(plan) == [*days]
            assert not taken & set(days)
            taken |= set(days)
        else:
            assert isinstance(outcome, Conflict)
            assert booked_days(plan) == []
    refused = [days for days, outcome in zip(wanted, outcomes, strict=True) if isinstance(outcome, Conflict)]
    # Nobody was turned away who could have come.
    assert all(taken & set(days) for days in refused)
    assert Claim.objects.filter(resource=stage.nurses[0], phase="preparation").count() == len(taken)


def test_desks_that_book_the_same_plan_on_different_days_book_it_once(stage: Stage) -> None:
    """No time is asked for twice, so that no constraint sees it: only who looks under the lock does."""
    plan = stage.plan(stage.house.rosa, sessions_ordered=3)
    wanted = ((0, 2, 4), (1, 3, 5), (6, 8, 10), (7, 9, 11))
    outcomes = at_once(*(partial(book, stage, stage.house.ana, plan, days) for days in wanted))
    assert [type(outcome) for outcome in outcomes].count(Series) == 1
    for lost in outcomes:
        if isinstance(lost, Conflict):
            rows = lost.data["sessions"]
            codes = [{blocker["code"] for blocker in row["blockers"]} for row in rows]
            assert all("sessions_used_up" in of_row for of_row in codes)
    assert booked_days(plan) in [list(days) for days in wanted]
