"""A visit of Rosa's is cancelled for a pregnancy: a prescriber looks before the next one (domain.md 6.2)."""

from typing import Any

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic import clock
from clinic.models import WorkItem
from clinic.problems import Conflict
from scheduler.models import Appointment, CancellationReason, TreatmentPlan
from scheduler.prescribing import safety_reviews
from scheduler.visits import attendance, booking, visit_history
from scheduler.waitlist import obstacles, waiting
from tests.cast import NOW, House, client_of, new_id
from tests.scheduler.stage import Stage, active_protocol, plan_row, set_stage
from tests.scheduler.waits import join

PREGNANCY = CancellationReason.PATIENT_PREGNANCY


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def tasks() -> Any:
    return WorkItem.objects.filter(cause__startswith="safety:").order_by("created_at")


def other_plan(house: House) -> TreatmentPlan:
    return plan_row(house, active_protocol(house, "cluster-60"), house.rosa, indication="G44.009")


def decide(stage: Stage, plan: TreatmentPlan) -> None:
    review = safety_reviews.waiting_for(plan)
    assert review is not None
    safety_reviews.decide(
        actor=stage.house.actor(stage.house.priya),
        plan=plan,
        task=review.item.pk,
        reason="The test is negative",
        now=NOW,
    )


def test_a_prescriber_has_a_task_at_once_and_its_words_say_nothing_of_why(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    stage.cancel(visit, PREGNANCY)

    [task] = tasks()
    assert (task.role, task.urgency, task.patient) == ("prescriber", "amber", stage.house.rosa)
    assert task.due_at == clock.day_end(NOW, stage.house.clinic.time_zone)
    assert task.title == "Decide on the next infusion after a cancelled visit"
    assert "pregnan" not in f"{task.title} {task.cause} {safety_reviews.WORDS}".lower()
    review = safety_reviews.waiting_for(visit.plan)
    assert review is not None
    assert (review.visit_id, review.session_id) == (visit.pk, None)


def test_it_is_due_before_the_patient_comes_again(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    coming = DateTimeTZRange(stage.at("14:00"), stage.at("16:00"))
    Appointment.objects.create(
        clinic=visit.clinic, patient=visit.patient, plan=visit.plan, protocol=visit.protocol, during=coming
    )

    stage.cancel(visit, PREGNANCY)

    assert tasks().get().due_at == stage.at("14:00")


def test_nothing_more_is_booked_or_offered_until_they_have_decided_under_any_plan(stage: Stage) -> None:
    plan, other = stage.plan(), other_plan(stage.house)
    entry = join(stage, other)
    visit = stage.book(plan, "9:30")
    stage.cancel(visit, PREGNANCY)

    for held in (plan, other):
        assert safety_reviews.WAITS in [each.code for each in stage.check(held, "13:00").blockers]
    why = obstacles.why_nothing(
        obstacles.with_obstacles(waiting.entries(), now=NOW).get(pk=entry.pk), now=NOW
    )
    assert why is not None
    assert why.code == safety_reviews.WAITS
    with pytest.raises(Conflict) as refused:
        attendance.undo(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    assert safety_reviews.WAITS in [each["code"] for each in refused.value.data["blockers"]]

    decide(stage, plan)
    assert stage.check(plan, "13:00").bookable
    assert safety_reviews.waiting_for(other) is not None
    decide(stage, other)
    assert safety_reviews.waiting_for(other) is None


def test_the_same_cancellation_again_asks_no_second_time_and_a_new_one_does(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    for _ in range(2):
        stage.cancel(visit, PREGNANCY)
    assert tasks().count() == 1
    decide(stage, visit.plan)
    stage.cancel(visit, PREGNANCY)
    assert safety_reviews.waiting_for(visit.plan) is None

    attendance.undo(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    stage.cancel(visit, PREGNANCY)
    assert safety_reviews.waiting_for(visit.plan) is not None


def test_the_task_comes_with_the_cancellation_or_neither_does(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    visit = stage.book(stage.plan(), "9:30")

    def broken(items: object) -> None:
        raise RuntimeError("no task")

    monkeypatch.setattr("clinic.work.open_items", broken)
    with pytest.raises(RuntimeError):
        stage.cancel(visit, PREGNANCY)
    assert Appointment.objects.get(pk=visit.pk).status == "booked"


@pytest.mark.parametrize("reason", [each for each in CancellationReason if each != PREGNANCY])
def test_no_other_reason_holds_anything(stage: Stage, reason: CancellationReason) -> None:
    stage.cancel(stage.book(stage.plan(), "9:30"), reason)
    assert not tasks().exists()


def test_a_hold_that_is_given_up_for_it_is_looked_at_and_its_history_says_why(stage: Stage) -> None:
    held = booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(),
        start=stage.at("9:30"),
        until=stage.at("9:05"),
        now=NOW,
    )
    stage.cancel(held, PREGNANCY)
    [task] = tasks()
    assert held.pk.hex in task.cause
    last = visit_history.appointment_history(Appointment.objects.get(pk=held.pk), now=NOW)[-1]
    assert "Patient: pregnancy" in str(last)


@time_machine.travel(NOW, tick=False)
def test_over_the_api_it_is_cancelled_and_listed_with_its_visit(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    ana, clinic = client_of(stage.house.ana), stage.house.clinic.pk
    done = ana.post(f"/api/v1/appointments/{visit.pk}/cancel/", {"reason": "pat-preg"})
    assert done.json()["status"] == "cancelled"
    [review] = ana.get(f"/api/v1/plans/safety-reviews/?clinic={clinic}").json()
    told = (review["visit"], review["session"], review["plan"])
    assert told == (str(visit.pk), None, str(visit.plan_id))
    address = f"/api/v1/plans/{visit.plan_id}/safety-review/"
    body = {"task": review["task"], "reason": "The test is negative"}
    assert client_of(stage.house.priya).post(address, body).status_code == 204
    assert ana.get(f"/api/v1/plans/safety-reviews/?clinic={clinic}").json() == []
