"""A plan, or a visit, is taken over to another version while somebody books, moves, cancels or retires.

Each meeting is made to happen, and the same meeting with a lock taken out shows what it is there for.
"""

from collections.abc import Callable
from threading import Event
from typing import Any

import pytest
from django.db import transaction

from clinic.problems import Conflict, Invalid
from scheduler.finding import free_times
from scheduler.models import Appointment, Protocol, TreatmentPlan
from scheduler.prescribing import taking_over
from scheduler.protocols import protocols
from scheduler.visits import booking, moving, placing, versions
from scheduler.visits.decision import Decision, decide
from tests.at_once import PATIENCE_SECONDS, at_once
from tests.cast import NOW, make_house
from tests.races.meetings import (
    A_MOMENT,
    claimed,
    meet,
    unlocked,
    without_schedule_lock,
    without_visit_lock,
)
from tests.scheduler.stage import Stage, next_version, set_stage, write_plan


@pytest.fixture
def stage(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    # Looking for other times is not part of the race.
    monkeypatch.setattr(free_times, "alternatives", lambda **asked: ())
    return set_stage(make_house(), chairs=1, nurses=2)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    """Booked for 9:30 under the first version; the second one is in force and takes half an hour more."""
    booked = stage.book(stage.plan(), "9:30")
    next_version(stage.protocol, stage.house, observation_minutes=stage.protocol.observation_minutes + 30)
    return booked


def newest(stage: Stage) -> Protocol:
    return Protocol.objects.filter(code=stage.protocol.code, clinic=stage.house.clinic).latest("version")


def take_plan_over(stage: Stage, plan: TreatmentPlan) -> TreatmentPlan:
    priya = stage.house.actor(stage.house.priya)
    return taking_over.take_over(actor=priya, plan=plan, to=newest(stage), now=NOW)


def take_visit_over(stage: Stage, visit: Appointment) -> Callable[[], Any]:
    ana = stage.house.actor(stage.house.ana)
    return lambda: versions.take_over(actor=ana, appointment=visit, now=NOW)


def move(stage: Stage, visit: Appointment) -> Callable[[], Any]:
    ana = stage.house.actor(stage.house.ana)
    return lambda: moving.reschedule(actor=ana, appointment=visit, start=stage.at("13:00"), now=NOW)


def without_locks(monkeypatch: pytest.MonkeyPatch) -> None:
    without_schedule_lock(monkeypatch)
    without_visit_lock(monkeypatch)
    monkeypatch.setattr(versions, "lock_visit", booking.lock_visit)


def as_it_lies(visit: Appointment) -> tuple[int, bool, int]:
    """Its version; whether it takes as long as that says; how often a chair is claimed for it."""
    row = Appointment.objects.select_related("protocol").get(pk=visit.pk)
    chairs = [claim for claim in row.claims.all() if claim.resource.kind == "chair"]
    as_long = row.ends_at - row.starts_at == row.protocol.visit_length
    return row.protocol.version, as_long, len(chairs)


# --- A visit --------------------------------------------------------------------------------------------


def test_a_visit_that_is_taken_over_and_moved_at_once_lies_in_one_place(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)

    meet(monkeypatch, take_visit_over(stage, visit), move(stage, visit))

    assert Appointment.objects.get().starts_at == stage.at("13:00")
    assert as_it_lies(visit) == (2, True, 1)


def test_without_the_locks_it_lies_in_two(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)
    without_locks(monkeypatch)

    meet(monkeypatch, take_visit_over(stage, visit), move(stage, visit))

    assert as_it_lies(visit)[2] == 2


def test_a_visit_that_is_taken_over_and_cancelled_at_once_holds_nothing(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)

    _, cancelled = meet(monkeypatch, take_visit_over(stage, visit), lambda: stage.cancel(visit))

    assert cancelled.status == "cancelled"
    assert claimed() == set()


def test_without_the_visits_lock_it_is_cancelled_and_holds_a_chair(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)
    without_locks(monkeypatch)

    meet(monkeypatch, take_visit_over(stage, visit), lambda: stage.cancel(visit))

    assert Appointment.objects.get().status == "cancelled"
    assert claimed() == {visit.pk}


def book_right_behind(stage: Stage, visit: Appointment) -> Callable[[], Any]:
    """Omar, in the chair that is free as long as the visit stays as it was booked."""
    plan = write_plan(stage.house, newest(stage), stage.house.omar)
    start = visit.starts_at + visit.protocol.block_length
    ana = stage.house.actor(stage.house.ana)
    return lambda: booking.book(actor=ana, id=plan.pk, plan=plan, start=start, now=NOW)


def test_the_half_hour_that_is_wanted_twice_is_given_once_and_the_refusal_explained(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)

    taken, refused = meet(monkeypatch, take_visit_over(stage, visit), book_right_behind(stage, visit))

    assert as_it_lies(taken) == (2, True, 1)
    assert isinstance(refused, Conflict)
    assert "chair_taken" in {blocker["code"] for blocker in refused.data["blockers"]}


def test_without_the_schedules_lock_only_the_constraint_keeps_them_apart(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    take_plan_over(stage, visit.plan)
    without_locks(monkeypatch)

    outcomes = meet(monkeypatch, take_visit_over(stage, visit), book_right_behind(stage, visit))

    [refused] = [outcome for outcome in outcomes if isinstance(outcome, Conflict)]
    assert [blocker["code"] for blocker in refused.data["blockers"]] == ["taken_meanwhile"]


# --- Its plan -------------------------------------------------------------------------------------------


def meet_before_deciding(
    monkeypatch: pytest.MonkeyPatch,
    first: Callable[[], Any],
    second: Callable[[], Any],
    *,
    patience: float = A_MOMENT,
) -> tuple[Any, Any]:
    """Both at once; `first` has read what it moves when `second` begins, and waits so long for it to end."""
    read, done = Event(), Event()

    def wait_and_decide(**asked: Any) -> Decision:
        read.set()
        done.wait(patience)
        return decide(**asked)

    def come_second() -> Any:
        read.wait(10)
        try:
            return second()
        finally:
            done.set()

    monkeypatch.setattr(placing, "decide", wait_and_decide)
    outcome_of_first, outcome_of_second = at_once(first, come_second)
    return outcome_of_first, outcome_of_second


def test_a_visit_that_is_moved_while_its_plan_is_taken_over_is_as_long_as_its_version_says(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    moved, plan = meet_before_deciding(
        monkeypatch, move(stage, visit), lambda: take_plan_over(stage, visit.plan)
    )

    assert isinstance(moved, Conflict)
    assert [blocker["code"] for blocker in moved.data["blockers"]] == ["protocol_inactive"]
    assert plan.protocol.version == 2
    assert as_it_lies(visit) == (1, True, 1)


def test_without_the_schedules_lock_it_is_as_long_as_another_version_says(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(taking_over, "lock_schedule", unlocked)

    meet_before_deciding(
        monkeypatch,
        move(stage, visit),
        lambda: take_plan_over(stage, visit.plan),
        patience=PATIENCE_SECONDS,
    )

    assert as_it_lies(visit) == (1, False, 1)


def retire_and_wait(stage: Stage, written: Event, done: Event, patience: float) -> None:
    """The version is retired; whoever retires it has written so and not committed it yet."""
    with transaction.atomic():
        protocols.retire(
            actor=stage.house.actor(stage.house.priya), protocol=newest(stage), reason="A wrong figure"
        )
        written.set()
        done.wait(patience)


def meet_the_retirement(stage: Stage, plan: TreatmentPlan, *, patience: float = A_MOMENT) -> Any:
    written, done = Event(), Event()
    target = newest(stage)
    priya = stage.house.actor(stage.house.priya)

    def take_over() -> Any:
        written.wait(10)
        try:
            return taking_over.take_over(actor=priya, plan=plan, to=target, now=NOW)
        finally:
            done.set()

    return at_once(lambda: retire_and_wait(stage, written, done, patience), take_over)[1]


def test_a_version_that_is_just_being_retired_takes_no_plan(stage: Stage, visit: Appointment) -> None:
    refused = meet_the_retirement(stage, visit.plan)

    assert isinstance(refused, Invalid)
    assert "not in force" in str(refused)
    assert TreatmentPlan.objects.get(pk=visit.plan_id).protocol.version == 1


def test_without_the_versions_lock_it_takes_one(
    stage: Stage, visit: Appointment, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Protocol.objects, "select_for_update", lambda **asked: Protocol.objects.all())

    meet_the_retirement(stage, visit.plan, patience=PATIENCE_SECONDS)

    plan = TreatmentPlan.objects.select_related("protocol").get(pk=visit.plan_id)
    assert (plan.protocol.version, plan.protocol.status) == (2, "retired")
