"""Where else on its day a visit could be: a little earlier or later, or in another chair at its time."""

import pytest

from scheduler.models import Appointment
from scheduler.prescribing import plans
from scheduler.visits import booking, queries
from scheduler.visits.nearby import Nearby, places_near
from tests.cast import NOW, House
from tests.scheduler.stage import Stage, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=2, nurses=2)


def near(visit: Appointment) -> Nearby:
    """Asked of the visit as it is now."""
    row = queries.visits().get(pk=visit.pk)
    return places_near(appointment=row, chair=queries.booked_visit(row).chair, now=NOW)


def times(visit: Appointment) -> list[tuple[int, str]]:
    return [(each.minutes, each.chair.name if each.chair else "") for each in near(visit).times]


def test_what_is_over_is_no_place_and_neither_is_what_ends_after_the_clinic(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])

    assert times(visit) == [
        (-30, "Chair 1"),  # nine, which it is now
        (-15, "Chair 1"),
        (15, "Chair 1"),
        (30, "Chair 1"),
        (60, "Chair 1"),
    ]
    assert [each.words for each in near(visit).times][:2] == ["30 min earlier", "15 min earlier"]
    late = stage.book(stage.plan(stage.house.omar), "14:30")
    assert times(late)[3:] == [(15, "Chair 1"), (30, ""), (60, "")]


def test_where_its_own_chair_is_taken_another_is_named(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    stage.book(stage.plan(stage.house.omar), "12:00", chair=stage.chairs[0])

    later = [each for each in near(visit).times if each.minutes == 60]

    assert [(each.chair, each.same_chair) for each in later] == [(stage.chairs[1], False)]


def test_another_chair_is_free_or_not_at_its_time(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    assert [(each.chair.name, each.free) for each in near(visit).chairs] == [("Chair 2", True)]

    stage.book(stage.plan(stage.house.omar), "10:30", chair=stage.chairs[1])

    assert [(each.chair.name, each.free) for each in near(visit).chairs] == [("Chair 2", False)]


def test_each_free_place_is_one_that_a_move_takes(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "11:15", chair=stage.chairs[0])
    stage.book(stage.plan(stage.house.omar), "9:00", chair=stage.chairs[0])
    ana = stage.house.actor(stage.house.ana)

    found = {each.minutes: each for each in near(visit).times}
    asked = {
        step: booking.check(
            actor=ana, plan=visit.plan, appointment=visit, start=each.start, chair=each.chair, now=NOW
        ).bookable
        for step, each in found.items()
    }

    assert asked == {step: each.chair is not None for step, each in found.items()}


def test_of_a_visit_that_can_not_be_moved_at_all_no_place_is_shown(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=visit.plan, reason="Ill")

    assert near(visit) == Nearby((), ())
