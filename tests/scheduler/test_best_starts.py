"""The few starts offered first: the nurse they know, what was wished for, quiet days, short waits."""

from datetime import timedelta

import pytest

from scheduler.finding.wishes import Wish
from scheduler.models import Series
from scheduler.series import best_starts
from scheduler.series.best_starts import BestStart
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, open_all, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=3, nurses=2, days=10)


def offered(stage: Stage, plan: object) -> list[BestStart]:
    return best_starts.best_starts(plan=plan, now=NOW)  # type: ignore[arg-type]


def test_a_few_different_times_are_offered_the_soonest_first(house: House) -> None:
    """Of a day from 8 to 8 no more than two, so that one of the few suits somebody."""
    stage = set_stage(house, nurses=2, days=10, hours=("8:00", "20:00"))
    best = offered(stage, stage.plan())

    assert len(best) == 5
    assert best[0].start == NOW
    assert "Soonest" in best[0].reasons
    days = [one.start.date() for one in best]
    assert max(days.count(day) for day in days) == 2


def test_the_nurse_whom_the_patient_knows_weighs_more_than_a_day_or_two(stage: Stage) -> None:
    first = stage.plan()
    stage.book(first, "9:00", nurse=stage.nurses[1])
    # She is taken on Wednesday, the first day that the spacing allows, until the last start.
    omar = stage.plan(stage.house.omar)
    stage.book(omar, "9:00", TODAY + timedelta(days=2), nurse=stage.nurses[1])

    best = offered(stage, first)

    assert all(one.by_name == stage.nurses[1] for one in best[:2])
    assert "Nurse 2 again" in best[0].reasons
    # Wednesday with the other nurse is free as well.
    assert not [one for one in best if "Soonest" in one.reasons]


def test_what_was_wished_for_when_the_series_was_booked_is_offered_first(stage: Stage) -> None:
    plan = stage.plan()
    wish = Wish(weekdays=(2,))  # Wednesdays
    Series.objects.create(id=new_id(), clinic=plan.clinic, plan=plan, wish=wish.as_data())

    best = offered(stage, plan)

    assert best[0].start == stage.at("9:00", TODAY + timedelta(days=2))
    assert "As wished" in best[0].reasons


def test_a_quiet_day_comes_before_a_full_one_that_is_no_sooner(stage: Stage) -> None:
    """Waiting a day costs 20 points, a full day up to 40: a day more is waited for one that is half free."""
    for number, nurse in enumerate(stage.nurses * 2):
        patient = make_patient(stage.house.clinic, f"P{number}", "More", consents=True)
        stage.book(stage.plan(patient), ("9:00", "9:00", "12:00", "12:00")[number], nurse=nurse)

    best = offered(stage, stage.plan())

    quiet = [one for one in best if "A quiet day" in one.reasons]
    assert quiet
    assert all(one.start >= stage.at("9:00", TODAY + timedelta(days=1)) for one in quiet)


def test_where_the_next_weeks_have_nothing_the_plans_other_days_are_looked_at(house: House) -> None:
    stage = set_stage(house, days=1)
    plan = stage.plan(valid_until=TODAY + timedelta(days=40))
    far = TODAY + timedelta(days=30)
    open_all([*stage.chairs, *stage.nurses, stage.clinician], stage.at("9:00", far), stage.at("17:00", far))

    best = best_starts.best_starts(plan=plan, now=stage.at("18:00"))

    assert [one.start for one in best] == [stage.at("9:00", far), stage.at("12:00", far)]
    over = stage.at("9:00", plan.valid_until + timedelta(days=1))
    assert best_starts.best_starts(plan=plan, now=over) == []
