"""How the visits of a plan follow each other, told as stories; the protocol asks for two to five days."""

from datetime import date, timedelta

import pytest

from scheduler.models import CancellationReason, SpacingOverride, TreatmentPlan
from scheduler.series.review import Fit, review
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, days=30)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def on(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def test_each_gap_is_held_against_the_spacing_of_the_plan(stage: Stage, plan: TreatmentPlan) -> None:
    for ahead in (0, 2, 9):
        stage.book(plan, "10:00", on(ahead))
    reviewed = review(plan=plan, now=NOW)
    assert [(visit.number, visit.gap, visit.fit) for visit in reviewed.visits] == [
        (1, None, None),
        (2, 2, Fit.WITHIN),
        (3, 7, Fit.ABOVE),
    ]
    assert reviewed.out_of_spacing
    assert reviewed.sessions_left == 3
    assert reviewed.next_due == (on(11), on(14))


def test_a_cancelled_visit_leaves_a_gap_that_is_too_long(stage: Stage, plan: TreatmentPlan) -> None:
    visits = [stage.book(plan, "10:00", on(ahead)) for ahead in (0, 3, 6)]
    assert not review(plan=plan, now=NOW).out_of_spacing
    stage.cancel(visits[1], CancellationReason.PATIENT)
    assert review(plan=plan, now=NOW).out_of_spacing


def test_what_is_past_is_told_and_asks_for_nothing(stage: Stage, plan: TreatmentPlan) -> None:
    for ahead in (0, 9):
        stage.book(plan, "10:00", on(ahead))
    later = NOW + timedelta(days=10)
    reviewed = review(plan=plan, now=later)
    assert reviewed.visits[1].fit == Fit.ABOVE
    assert not reviewed.visits[1].movable
    assert not reviewed.out_of_spacing
    assert not reviewed.interrupted
    assert review(plan=plan, now=NOW + timedelta(days=15)).interrupted


def test_the_prescribers_own_spacing_counts_in_place_of_the_protocols(
    stage: Stage, plan: TreatmentPlan
) -> None:
    for ahead in (0, 9):
        stage.book(plan, "10:00", on(ahead))
    SpacingOverride.objects.create(
        plan=plan, min_days=7, max_days=14, reason="Travels", prescriber=stage.house.priya, given_at=NOW
    )
    assert not review(plan=plan, now=NOW).out_of_spacing


def test_a_plan_without_visits_has_all_its_sessions_left(plan: TreatmentPlan) -> None:
    reviewed = review(plan=plan, now=NOW)
    assert (reviewed.visits, reviewed.sessions_left, reviewed.next_due) == ((), 6, None)
    assert not reviewed.interrupted


def test_the_review_takes_three_queries_however_many_visits_there_are(
    stage: Stage,
    plan: TreatmentPlan,
    django_assert_num_queries: object,
) -> None:
    for ahead in (0, 2, 4):
        stage.book(plan, "10:00", on(ahead))
    read = TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=plan.pk)
    with django_assert_num_queries(3):  # type: ignore[operator]
        review(plan=read, now=NOW)
