"""A time is held while it is talked over: booked, given up, or nobody's any more when it has run out."""

from datetime import timedelta

import pytest

from clinic.models import Clinic
from clinic.problems import Conflict, Invalid
from scheduler import tasks
from scheduler.finding import free_times
from scheduler.models import Appointment, AppointmentStatus, Claim, TreatmentPlan
from scheduler.visits import booking, calling_off
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage

SOON = NOW + timedelta(minutes=10)
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


def hold(stage: Stage, plan: TreatmentPlan, wall_time: str = "9:30", **asked: object) -> Appointment:
    return booking.hold(
        **{  # type: ignore[arg-type]
            "actor": stage.house.actor(stage.house.ana),
            "id": new_id(),
            "plan": plan,
            "start": stage.at(wall_time),
            "now": NOW,
            **asked,
        }
    )


def test_a_held_time_is_taken_until_the_hold_runs_out(stage: Stage) -> None:
    held = hold(stage, stage.plan())

    assert (held.status, held.held_until) == ("pending", SOON)
    omars = stage.plan(stage.house.omar)
    just_before = stage.check(omars, "9:30", now=SOON - timedelta(microseconds=1))
    assert "chair_taken" in [blocker.code for blocker in just_before.blockers]
    assert stage.check(omars, "9:30", now=SOON).bookable
    offered = free_times.search(plan=omars, first=NOW, until=stage.at("10:00"), now=SOON).first()
    assert stage.at("9:30") in [start.start for start in offered]


def test_the_clinic_says_how_long_a_hold_lasts(stage: Stage) -> None:
    Clinic.objects.filter(pk=stage.house.clinic.pk).update(hold_minutes=3)
    plan = TreatmentPlan.objects.select_related("clinic").get(pk=stage.plan().pk)

    assert hold(stage, plan).held_until == NOW + timedelta(minutes=3)


def test_whoever_holds_may_say_until_when_and_not_until_now(stage: Stage) -> None:
    assert hold(stage, stage.plan(), until=NOW + timedelta(hours=2)).held_until == NOW + timedelta(hours=2)

    with pytest.raises(Invalid, match="later time"):
        hold(stage, stage.plan(stage.house.omar), "12:00", until=NOW)


def test_booking_over_a_hold_that_ran_out_releases_it(stage: Stage) -> None:
    held = hold(stage, stage.plan())

    visit = stage.book(stage.plan(stage.house.omar), "9:30", now=SOON)

    held.refresh_from_db()
    assert (held.status, held.held_until, held.cancelled_at) == ("cancelled", SOON, SOON)
    assert held.lapsed_hold
    assert set(Claim.objects.values_list("appointment", flat=True)) == {visit.pk}


def test_a_patients_own_hold_that_ran_out_stands_in_nobodys_way(stage: Stage) -> None:
    """The exclusion of one patient in two places would refuse it, were the hold not let go of first."""
    plan = stage.plan()
    hold(stage, plan)

    assert stage.book(plan, "9:30", now=SOON).status == AppointmentStatus.BOOKED


def test_a_held_time_is_booked_as_it_was_held(house: House) -> None:
    stage = set_stage(house, nurses=2)
    held = hold(stage, stage.plan(), chair=stage.chairs[1], nurse=stage.nurses[1])
    claims = list(Claim.objects.values_list("pk", flat=True))
    max = house.actor(house.max)

    booked = booking.book_held(actor=max, appointment=held, now=SOON - timedelta(seconds=1))

    assert (booked.pk, booked.status, booked.held_until) == (held.pk, "booked", None)
    assert booked.booked_by_id == house.max.pk
    assert list(Claim.objects.values_list("pk", flat=True)) == claims


def test_booking_a_hold_again_changes_nothing(stage: Stage) -> None:
    held = hold(stage, stage.plan())
    ana, max = stage.house.actor(stage.house.ana), stage.house.actor(stage.house.max)
    booking.book_held(actor=ana, appointment=held, now=NOW)

    again = booking.book_held(actor=max, appointment=held, now=SOON + timedelta(hours=1))

    assert (again.status, again.booked_by_id) == ("booked", stage.house.ana.pk)


def test_a_hold_that_ran_out_is_not_booked(stage: Stage) -> None:
    held = hold(stage, stage.plan())

    with pytest.raises(Conflict, match="held no longer") as refusal:
        booking.book_held(actor=stage.house.actor(stage.house.ana), appointment=held, now=SOON)

    assert refusal.value.code == "hold_over"


def test_a_hold_is_booked_only_while_the_plan_still_allows_it(stage: Stage) -> None:
    plan = stage.plan()
    held = hold(stage, plan)
    TreatmentPlan.objects.filter(pk=plan.pk).update(status="on-hold")

    with pytest.raises(Conflict) as refusal:
        booking.book_held(actor=stage.house.actor(stage.house.ana), appointment=held, now=NOW)

    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == ["plan_not_active"]
    held.refresh_from_db()
    assert held.status == AppointmentStatus.PENDING


def test_a_hold_given_up_frees_its_time_at_once(stage: Stage) -> None:
    held = hold(stage, stage.plan())
    ana = stage.house.actor(stage.house.ana)

    released = calling_off.release(actor=ana, appointment=held, now=NOW)

    assert (released.status, released.cancelled_at, released.cancelled_late) == ("cancelled", NOW, None)
    assert not Claim.objects.exists()
    assert calling_off.release(actor=ana, appointment=held, now=SOON).cancelled_at == NOW


def test_what_was_booked_is_cancelled_not_released(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict, match="Cancel the visit") as refusal:
        calling_off.release(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)

    assert refusal.value.code == "hold_booked"


def test_cancelling_a_hold_is_giving_it_up(stage: Stage) -> None:
    cancelled = stage.cancel(hold(stage, stage.plan()))

    assert cancelled.lapsed_hold
    assert (cancelled.cancelation_reason, cancelled.cancelled_late) == ("", None)


def test_a_hold_counts_as_one_of_the_plans_sessions(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    held = hold(stage, plan)

    assert "sessions_used_up" in [b.code for b in stage.check(plan, "12:00", TOMORROW).blockers]
    replacing = booking.hold(
        actor=None, id=new_id(), plan=plan, start=stage.at("12:00"), without=[held.pk], now=NOW
    )
    assert replacing.status == AppointmentStatus.PENDING


def test_a_hold_that_is_to_replace_a_visit_does_not_take_its_place(stage: Stage) -> None:
    """The visit that is to be brought forward keeps its time until then."""
    plan = stage.plan()
    visit = stage.book(plan, "12:00")

    with pytest.raises(Conflict) as refusal:
        hold(stage, plan, "11:00", without=[visit.pk])

    assert {blocker["code"] for blocker in refusal.value.data["blockers"]} == {
        "patient_elsewhere",
        "chair_taken",
        "nurse_overloaded",
    }


def test_the_sweep_lets_go_of_what_ran_out_and_of_nothing_else(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    ran_out, runs_on = (
        hold(stage, stage.plan()),
        hold(stage, stage.plan(stage.house.omar), "12:00", until=NOW + timedelta(hours=1)),
    )
    monkeypatch.setattr("clinic.clock.now", lambda: SOON)

    tasks.release_holds()

    for held, status in ((ran_out, "cancelled"), (runs_on, "pending")):
        held.refresh_from_db()
        assert held.status == status
