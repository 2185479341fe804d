"""Hours edited while somebody books, and by two managers at once, on real connections: nobody is stranded.

The races are run without the lock too, to show what holds then: the temporal keys still keep the schedule
right, and instead of a sentence with the visits there is a fault.
"""

from collections.abc import Callable
from datetime import time, timedelta
from threading import Barrier
from typing import Any

import pytest
from django.db import IntegrityError

from clinic.problems import Conflict
from scheduler.models import Absence, AbsenceReason, Appointment, Claim, Opening, WorkingPattern
from scheduler.working_hours import openings, redrawing, time_off, working_time
from tests.at_once import at_once
from tests.cast import NOW, TODAY, make_house, make_patient, new_id
from tests.races.meetings import unlocked
from tests.scheduler.stage import Stage, set_stage

TUESDAY = TODAY + timedelta(days=1)
ROUNDS = 6


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return set_stage(make_house(), chairs=1, nurses=1)


def ill(stage: Stage) -> Absence:
    return time_off.record_absence(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        resource=stage.nurses[0],
        start=stage.at("9:00", TUESDAY),
        end=stage.at("17:00", TUESDAY),
        reason=AbsenceReason.ILLNESS,
        now=NOW,
    )


def booking_of(stage: Stage, number: int) -> Callable[[], Appointment]:
    plan = stage.plan(make_patient(stage.house.clinic, f"P{number}", "Test"))
    return lambda: stage.book(plan, "10:00", TUESDAY)


def nobody_is_stranded() -> bool:
    """Every claim lies in openings of its resource, told without asking the constraint."""
    return all(
        Opening.objects.filter(resource_id=claim.resource_id, during__contains=claim.during).exists()
        for claim in Claim.objects.all()
    )


def test_of_an_absence_and_a_booking_at_once_one_wins(stage: Stage) -> None:
    for number in range(ROUNDS):
        absent, booked = at_once(lambda: ill(stage), booking_of(stage, number))

        assert nobody_is_stranded()
        assert [isinstance(absent, Absence), isinstance(booked, Appointment)].count(True) == 1
        if isinstance(absent, Absence):
            assert isinstance(booked, Conflict)
            assert "outside_hours" in [blocker["code"] for blocker in booked.data["blockers"]]
            time_off.withdraw_absence(actor=stage.house.actor(stage.house.ana), absence=absent, now=NOW)
        else:
            assert isinstance(absent, Conflict)
            assert absent.code == "visits_stranded"
            stage.cancel(booked)


def test_without_the_lock_only_the_foreign_key_stands_between(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Somebody books between the absence's decision and its writing."""
    book, decide = booking_of(stage, 1), openings.refuse_stranded

    def decide_and_let_somebody_book(*asked: Any) -> None:
        decide(*asked)
        (booked,) = at_once(book)
        assert isinstance(booked, Appointment)

    monkeypatch.setattr(redrawing, "lock_schedule", unlocked)
    monkeypatch.setattr(openings, "refuse_stranded", decide_and_let_somebody_book)

    with pytest.raises(IntegrityError, match="claim_inside_opening"):
        ill(stage)

    assert nobody_is_stranded()
    assert Claim.objects.exists()


def test_of_five_who_record_one_absence_at_once_one_does(stage: Stage) -> None:
    outcomes = at_once(*[lambda: ill(stage)] * 5)

    (recorded,) = Absence.objects.all()
    refused = [outcome for outcome in outcomes if outcome != recorded]
    assert [outcome.code for outcome in refused] == ["absent_already"] * 4


def test_without_the_lock_one_absence_is_recorded_twice(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that nothing stands there."""
    gate, standing = Barrier(2), time_off.is_absent

    def look_together(*asked: Any) -> bool:
        found = standing(*asked)
        gate.wait(10)
        return found

    stage.nurses[
        0
    ].openings.all().delete()  # else the openings get in each other's way, as chance will have it
    monkeypatch.setattr(redrawing, "lock_schedule", unlocked)
    monkeypatch.setattr(time_off, "is_absent", look_together)

    at_once(lambda: ill(stage), lambda: ill(stage))

    assert Absence.objects.count() == 2


def set_mondays(stage: Stage, start: time) -> Callable[[], list[WorkingPattern]]:
    return lambda: working_time.set_pattern(
        actor=stage.house.actor(stage.house.max),
        id=new_id(),
        resource=stage.chairs[0],
        weekdays=[0],
        hours=[(start, time(17))],
        valid_from=TODAY + timedelta(days=7),
        now=NOW,
    )


def test_of_two_managers_at_once_the_second_is_asked_to_look_again(stage: Stage) -> None:
    outcomes = at_once(set_mondays(stage, time(8)), set_mondays(stage, time(9)))

    (refused,) = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert isinstance(refused, Conflict)
    assert refused.code == "hours_changed"
    assert WorkingPattern.objects.count() == 1


def test_without_the_lock_nobody_is_asked_to_look_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Both saw that nothing stands there. Then both patterns stand, or the database finds their openings in
    each other's way, as chance will have it."""
    gate, standing = Barrier(2), working_time.patterns_standing

    def look_together(*asked: Any) -> list[WorkingPattern]:
        found = list(standing(*asked))
        gate.wait(10)
        return found

    monkeypatch.setattr(redrawing, "lock_schedule", unlocked)
    monkeypatch.setattr(working_time, "patterns_standing", look_together)

    outcomes = at_once(set_mondays(stage, time(8)), set_mondays(stage, time(9)))

    failed = [outcome for outcome in outcomes if isinstance(outcome, Exception)]
    assert all(isinstance(fault, IntegrityError) for fault in failed)
    assert len(failed) + WorkingPattern.objects.count() == 2


def test_four_lay_runs_at_once_lay_each_day_once(stage: Stage) -> None:
    set_mondays(stage, time(9))()
    Opening.objects.all().delete()

    written = at_once(*[lambda: working_time.lay_openings(clinic=stage.house.clinic, now=NOW)] * 4)

    assert sorted(written)[:3] == [0, 0, 0]
    assert max(written) == Opening.objects.count() > 15
