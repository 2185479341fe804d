"""A recovery is made longer while somebody books the chair behind it, moves the visit or ends it.

Each meeting is made to happen, and the same meeting with the locks taken out shows what they are there for.
"""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from clinic.problems import Conflict
from scheduler.finding import free_times
from scheduler.models import Appointment
from scheduler.visits import booking, lengthening, moving
from tests.cast import NOW, make_house, new_id
from tests.races.meetings import claimed, meet, without_schedule_lock, without_visit_lock
from tests.scheduler.stage import Stage, set_stage


@pytest.fixture
def stage(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    # Looking for other times is not part of the race.
    monkeypatch.setattr(free_times, "alternatives", lambda **asked: ())
    return set_stage(make_house(), chairs=1, nurses=2)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    return stage.book(stage.plan(), "9:30")


def lengthen(stage: Stage, visit: Appointment, minutes: int = 30) -> Callable[[], Any]:
    ana = stage.house.actor(stage.house.ana)
    return lambda: lengthening.lengthen(actor=ana, appointment=visit, extra_recovery_minutes=minutes, now=NOW)


def book_right_behind(stage: Stage, visit: Appointment) -> Callable[[], Any]:
    """Omar, in the chair that is free as long as the visit's recovery is what it was."""
    ana, plan = stage.house.actor(stage.house.ana), stage.plan(stage.house.omar)
    start = visit.starts_at + visit.protocol.block_length
    return lambda: booking.book(actor=ana, id=new_id(), plan=plan, start=start, now=NOW)


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    without_schedule_lock(monkeypatch)
    without_visit_lock(monkeypatch)
    monkeypatch.setattr(lengthening, "lock_visit", booking.lock_visit)


def chair_is_held_for(visit: Appointment) -> timedelta:
    """All that the visit holds of chairs."""
    claims = visit.claims.select_related("resource")
    held = (claim.during.upper - claim.during.lower for claim in claims if claim.resource.kind == "chair")
    return sum(held, timedelta())


def test_the_edge_that_is_wanted_twice_is_given_once_and_the_refusal_explained(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    longer, refused = meet(monkeypatch, lengthen(stage, visit), book_right_behind(stage, visit))

    assert longer.extra_recovery_minutes == 30
    assert isinstance(refused, Conflict)
    assert "chair_taken" in {blocker["code"] for blocker in refused.data["blockers"]}
    assert claimed() == {visit.pk}


def test_whoever_books_the_edge_first_has_it_and_the_recovery_stays_as_it_was(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    booked, refused = meet(monkeypatch, book_right_behind(stage, visit), lengthen(stage, visit))

    assert isinstance(refused, Conflict)
    assert (refused.code, refused.data["longest"]) == ("not_lengthened", 0)
    assert Appointment.objects.get(pk=visit.pk).extra_recovery_minutes == 0
    assert claimed() == {visit.pk, booked.pk}


def test_without_the_schedules_lock_only_the_constraint_keeps_them_apart(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    without_locks(monkeypatch)

    outcomes = meet(monkeypatch, lengthen(stage, visit), book_right_behind(stage, visit))

    [refused] = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [blocker["code"] for blocker in refused.data["blockers"]] == ["taken_meanwhile"]


def test_a_visit_that_is_lengthened_and_moved_at_once_is_moved_with_its_recovery(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = stage.house.actor(stage.house.ana)

    meet(
        monkeypatch,
        lengthen(stage, visit),
        lambda: moving.reschedule(actor=ana, appointment=visit, start=stage.at("13:00"), now=NOW),
    )

    lies = Appointment.objects.get(pk=visit.pk)
    assert (lies.starts_at, lies.extra_recovery_minutes) == (stage.at("13:00"), 30)
    assert lies.ends_at - lies.starts_at == visit.protocol.visit_length + timedelta(minutes=30)
    assert chair_is_held_for(lies) == visit.protocol.block_length + timedelta(minutes=30)


def test_without_the_locks_it_holds_a_chair_where_it_is_not(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    ana = stage.house.actor(stage.house.ana)
    without_locks(monkeypatch)

    meet(
        monkeypatch,
        lengthen(stage, visit),
        lambda: moving.reschedule(actor=ana, appointment=visit, start=stage.at("13:00"), now=NOW),
    )

    lies = Appointment.objects.get(pk=visit.pk)
    starts = {claim.during.lower for claim in lies.claims.all() if claim.resource.kind == "chair"}
    assert min(starts) != lies.starts_at or chair_is_held_for(lies) != lies.ends_at - lies.starts_at + (
        timedelta(minutes=visit.protocol.turnover_minutes)
    )


def test_a_visit_that_is_lengthened_and_cancelled_at_once_holds_nothing(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    meet(monkeypatch, lengthen(stage, visit), lambda: stage.cancel(visit))

    assert Appointment.objects.get(pk=visit.pk).status == "cancelled"
    assert claimed() == set()
