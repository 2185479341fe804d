"""A plan under a retired protocol version is taken over to the version in force; what is booked stays until
somebody takes it over, or moves it.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import time_machine

from clinic.models import Role, WorkItem
from clinic.problems import Conflict, Invalid
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment, Protocol, TreatmentPlan
from scheduler.prescribing import plans, taking_over
from scheduler.protocols import protocols
from scheduler.repairing import repair
from scheduler.repairing.reading import Missing
from scheduler.series import proposing
from scheduler.visits import attendance, booking, moving, versions
from scheduler.visits.visit_history import appointment_history
from scheduler.waitlist import waitlist
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.scheduler.waits import hold_for, join

TOMORROW, FRIDAY = TODAY + timedelta(days=1), TODAY + timedelta(days=4)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def longer(stage: Stage, **changes: Any) -> Protocol:
    """The next version, in force: half an hour more of observation."""
    observation = stage.protocol.observation_minutes + 30
    return next_version(stage.protocol, stage.house, **{"observation_minutes": observation, **changes})


def take_over(stage: Stage, plan: TreatmentPlan, to: Protocol, **given: Any) -> TreatmentPlan:
    priya = stage.house.actor(stage.house.priya)
    return taking_over.take_over(actor=priya, plan=plan, to=to, now=NOW, **given)


def take_visit_over(stage: Stage, visit: Appointment) -> Appointment:
    ana = stage.house.actor(stage.house.ana)
    return versions.take_over(actor=ana, appointment=visit, now=NOW)


def lies(visit: Appointment) -> tuple[int, int]:
    """Its version and its minutes, as the database has them."""
    row = Appointment.objects.select_related("protocol").get(pk=visit.pk)
    return row.protocol.version, int((row.ends_at - row.starts_at).total_seconds()) // 60


def changes_of(plan: TreatmentPlan) -> Any:
    return plan.events  # type: ignore[attr-defined]  # pghistory adds it


# --- The plan -----------------------------------------------------------------------------------------


def test_nothing_is_booked_under_a_retired_version_until_the_plan_is_taken_over(
    stage: Stage, plan: TreatmentPlan
) -> None:
    newer = longer(stage)
    [refused] = stage.check(plan, "9:00").blockers
    assert refused.code == "protocol_inactive"
    assert "take the plan over" in refused.detail
    plan = take_over(stage, plan, newer)
    visit = stage.book(plan, "9:00")
    assert visit.protocol == newer
    assert visit.ends_at - visit.starts_at == newer.visit_length


def test_the_sessions_that_were_had_go_on_counting(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    stage.book(plan, "9:00")
    plan = take_over(stage, plan, longer(stage))
    assert [blocker.code for blocker in stage.check(plan, "9:00", FRIDAY).blockers] == ["sessions_used_up"]


def test_the_history_names_who_took_it_over(stage: Stage, plan: TreatmentPlan) -> None:
    take_over(stage, plan, longer(stage))
    last = changes_of(plan).select_related("pgh_context").order_by("-pgh_id").first()
    assert last.pgh_context.metadata["reason"] == "Taken over to version 2"
    assert last.pgh_context.metadata["user"] == str(stage.house.priya.pk)


def test_taking_over_again_changes_nothing(stage: Stage, plan: TreatmentPlan) -> None:
    newer = longer(stage)
    take_over(stage, plan, newer)
    take_over(stage, plan, newer)
    assert changes_of(plan).count() == 2


def test_a_plan_under_the_version_in_force_needs_no_other(stage: Stage, plan: TreatmentPlan) -> None:
    draft = protocols.draft_version(
        actor=stage.house.actor(stage.house.priya),
        id=new_id(),
        after=stage.protocol,
        changes={"observation_minutes": 90},
    )
    with pytest.raises(Conflict) as refused:
        take_over(stage, plan, draft)
    assert refused.value.code == "version_in_force"
    assert taking_over.in_force_for(plan) is None


def test_only_the_version_in_force_is_taken_over_to(stage: Stage, plan: TreatmentPlan) -> None:
    """The prescriber has read the second version; by now there is a third."""
    second = longer(stage)
    third = next_version(second, stage.house, infusion_minutes=second.infusion_minutes + 5)
    with pytest.raises(Invalid, match="not in force"):
        take_over(stage, plan, second)
    assert take_over(stage, plan, third).protocol == third


def test_a_version_of_another_protocol_is_none(stage: Stage, plan: TreatmentPlan) -> None:
    longer(stage)
    other = Protocol.objects.filter(clinic=stage.house.clinic).exclude(code=stage.protocol.code).first()
    assert other is not None
    with pytest.raises(Conflict) as refused:
        take_over(stage, plan, other)
    assert refused.value.code == "other_protocol"


def test_an_ended_plan_stays_ended(stage: Stage, plan: TreatmentPlan) -> None:
    plans.end_plan(
        actor=stage.house.actor(stage.house.priya),
        plan=plan,
        end_reason="transferred",
        reason="Moved away",
        now=NOW,
    )
    with pytest.raises(Conflict) as refused:
        take_over(stage, plan, longer(stage))
    assert refused.value.code == "plan_over"


def test_an_order_that_the_version_does_not_allow_has_to_be_written_anew(
    stage: Stage, plan: TreatmentPlan
) -> None:
    few = {"series_typical": 5, "series_max": 5}
    limits = {"dose_soft_max": Decimal("0.4"), "dose_hard_max": Decimal("0.4"), **few}
    with pytest.raises(Invalid) as refused:
        take_over(stage, plan, longer(stage, dose_start=Decimal("0.4"), **limits))
    assert {error["field"] for error in refused.value.data["errors"]} == {"ordered_dose", "sessions_ordered"}


def test_a_dose_outside_the_usual_range_of_the_version_has_to_be_meant(
    stage: Stage, plan: TreatmentPlan
) -> None:
    newer = longer(stage, dose_start=Decimal("0.4"), dose_soft_max=Decimal("0.4"))
    with pytest.raises(Invalid, match="usual range"):
        take_over(stage, plan, newer)
    assert take_over(stage, plan, newer, soft_limit_acknowledged=True).protocol == newer


def test_a_number_in_another_unit_is_another_dose(stage: Stage, plan: TreatmentPlan) -> None:
    with pytest.raises(Invalid, match="ordered in mg/kg") as refused:
        take_over(stage, plan, longer(stage, dose_basis="mg"))
    assert [error["code"] for error in refused.value.data["errors"]] == ["other_dose_basis"]


# --- Its visits ---------------------------------------------------------------------------------------


def test_what_is_booked_stays_and_the_desk_is_told(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "9:00", FRIDAY)
    was = lies(visit)
    take_over(stage, plan, longer(stage))
    assert lies(visit) == was
    task = WorkItem.objects.get()
    assert (task.role, task.patient) == (Role.FRONT_DESK, stage.house.rosa)


def test_without_a_visit_there_is_no_task(stage: Stage, plan: TreatmentPlan) -> None:
    stage.cancel(stage.book(plan, "9:00", FRIDAY))
    take_over(stage, plan, longer(stage))
    assert not WorkItem.objects.exists()


def test_each_visit_tells_what_stands_against_taking_it_over(stage: Stage, plan: TreatmentPlan) -> None:
    """On Friday the clinic closes at 17:00: half an hour more does not fit any more."""
    late = stage.protocol.block_length
    early = stage.book(plan, "10:00")
    until_five = stage.at("17:00", FRIDAY) - late
    last = booking.book(
        actor=stage.house.actor(stage.house.ana), id=new_id(), plan=plan, start=until_five, now=NOW
    )
    plan = take_over(stage, plan, longer(stage))
    fits, lacks = versions.behind(plan=plan, now=NOW)
    assert (fits.appointment, fits.minutes_longer, fits.blockers) == (early, 30, ())
    assert lacks.appointment == last
    assert {"outside_hours"} <= {blocker.code for blocker in lacks.blockers}
    with pytest.raises(Conflict) as refused:
        take_visit_over(stage, last)
    assert refused.value.code == "not_bookable"
    assert {blocker["code"] for blocker in refused.value.data["blockers"]} == {
        blocker.code for blocker in lacks.blockers
    }
    assert refused.value.data["alternatives"]
    assert lies(last)[0] == 1


def test_a_visit_is_taken_over_at_its_own_time(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "9:00")
    attendance.confirm(appointment=visit, now=NOW)
    plan = take_over(stage, plan, longer(stage))
    taken = take_visit_over(stage, visit)
    assert (taken.starts_at, taken.patient_status) == (stage.at("9:00"), "accepted")
    assert lies(visit) == (2, stage.protocol.visit_length // timedelta(minutes=1) + 30)
    assert take_visit_over(stage, visit) == visit
    assert versions.behind(plan=plan, now=NOW) == []
    told = [line.what for line in appointment_history(visit, now=NOW)]
    assert told == ["booked", "confirmed", "moved", "taken-over"]


def test_a_visit_that_has_begun_stays_under_its_version(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "9:00")
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    take_over(stage, plan, longer(stage))
    with pytest.raises(Conflict) as refused:
        take_visit_over(stage, visit)
    assert refused.value.code == "not_movable"


def test_a_visit_that_is_moved_follows_its_plan(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "9:00")
    take_over(stage, plan, longer(stage))
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at("10:00"), now=NOW)
    assert lies(visit) == (2, stage.protocol.visit_length // timedelta(minutes=1) + 30)


def test_another_nurse_at_the_same_time_is_no_other_version(house: House) -> None:
    stage = set_stage(house, nurses=2)
    plan = stage.plan()
    visit = stage.book(plan, "9:00", nurse=stage.nurses[0])
    was = lies(visit)
    plan = take_over(stage, plan, longer(stage))
    visit = Appointment.objects.get(pk=visit.pk)
    ana, second = house.actor(house.ana), stage.nurses[1]
    asked: dict[str, Any] = {"actor": ana, "appointment": visit, "start": visit.starts_at, "now": NOW}
    checked = booking.check(plan=plan, nurse=second, **asked)
    assert checked.decision.end == visit.ends_at
    moving.reschedule(nurse=second, **asked)
    assert lies(visit) == was
    away = Missing(stage.at("9:00"), stage.at("17:00"), second)
    proposed = repair.propose(
        actor=ana, id=new_id(), clinic=house.clinic, day=TODAY, disruption=away, now=NOW
    )
    repair.accept(actor=ana, repair=proposed, now=NOW)
    assert lies(visit) == was


def test_a_cancellation_that_is_taken_back_is_the_visit_that_it_was(
    stage: Stage, plan: TreatmentPlan
) -> None:
    visit = stage.book(plan, "9:00")
    was, held = lies(visit), set(visit.claims.values_list("resource", "during"))
    stage.cancel(visit)
    take_over(stage, plan, longer(stage))
    attendance.undo(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    assert lies(visit) == was
    assert set(visit.claims.values_list("resource", "during")) == held


# --- What is asked for beside it, and what is held or offered -----------------------------------------


@pytest.mark.parametrize("asked", ["booked", "held", "series"])
def test_who_looked_at_the_plan_before_books_under_the_version_it_was_decided_with(
    stage: Stage, plan: TreatmentPlan, asked: str
) -> None:
    """The desk's call has read the plan, waits for the lock, and comes after the take-over."""
    newer = longer(stage)
    read_before = TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=plan.pk)
    take_over(stage, plan, newer)
    ana, start = stage.house.actor(stage.house.ana), stage.at("9:00")
    if asked == "booked":
        visit = stage.book(read_before, "9:00")
    elif asked == "held":
        visit = booking.hold(actor=ana, id=new_id(), plan=read_before, start=start, now=NOW)
    else:
        [visit] = proposing.book(
            actor=ana,
            id=new_id(),
            plan=read_before,
            sessions=[booking.Wanted(new_id(), start)],
            wish=Wish(),
            now=NOW,
        ).appointments.all()
    assert lies(visit) == (2, newer.visit_length // timedelta(minutes=1))


def test_a_series_keeps_the_longest_gap_of_the_version_that_it_is_booked_under(
    stage: Stage, plan: TreatmentPlan
) -> None:
    read_before = TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=plan.pk)
    assert read_before.protocol.spacing_max_days >= 4
    take_over(stage, plan, longer(stage, spacing_max_days=3))
    with pytest.raises(Conflict) as refused:
        proposing.book(
            actor=stage.house.actor(stage.house.ana),
            id=new_id(),
            plan=read_before,
            sessions=[booking.Wanted(new_id(), stage.at("9:00", day)) for day in (TODAY, FRIDAY)],
            wish=Wish(),
            now=NOW,
        )
    [told] = refused.value.data["sessions"]
    assert told["blockers"][0]["code"] == "spacing_too_far"


def test_a_held_time_is_booked_as_it_was_held(stage: Stage, plan: TreatmentPlan) -> None:
    ana = stage.house.actor(stage.house.ana)
    held = booking.hold(actor=ana, id=new_id(), plan=plan, start=stage.at("10:00"), now=NOW)
    was = lies(held)
    plan = take_over(stage, plan, longer(stage))
    assert WorkItem.objects.get().role == Role.FRONT_DESK
    booking.book_held(actor=ana, appointment=held, now=NOW)
    assert lies(held) == was
    assert [each.appointment for each in versions.behind(plan=plan, now=NOW)] == [held]


def test_a_hold_that_ran_out_is_nobodys_task(stage: Stage, plan: TreatmentPlan) -> None:
    ana, long_ago = stage.house.actor(stage.house.ana), NOW - timedelta(days=1)
    booking.hold(actor=ana, id=new_id(), plan=plan, start=stage.at("10:00"), now=long_ago)
    take_over(stage, plan, longer(stage))
    assert not WorkItem.objects.exists()


def test_an_offered_time_can_be_taken_after_the_take_over(stage: Stage, plan: TreatmentPlan) -> None:
    """There is no room for half an hour more: the next visit begins when this one's chair is turned over."""
    offer = hold_for(stage, join(stage, plan), "10:00")
    was = lies(offer.appointment)
    free_again = stage.at("10:00") + stage.protocol.block_length
    booking.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(stage.house.omar),
        start=free_again,
        now=NOW,
    )
    take_over(stage, plan, longer(stage))
    assert lies(waitlist.accept(actor=None, offer=offer, now=NOW)) == was


def test_an_earlier_time_that_was_offered_keeps_the_version_it_was_held_under(
    stage: Stage, plan: TreatmentPlan
) -> None:
    visit = stage.book(plan, "13:00", FRIDAY)
    offer = hold_for(stage, join(stage, plan, appointment=visit), "11:00", TOMORROW)
    was = lies(offer.appointment)
    take_over(stage, plan, longer(stage))
    assert waitlist.accept(actor=None, offer=offer, now=NOW) == visit
    assert lies(visit) == was


def test_a_second_take_over_leaves_one_task(stage: Stage, plan: TreatmentPlan) -> None:
    stage.book(plan, "9:00", FRIDAY)
    second = longer(stage)
    take_over(stage, plan, second)
    take_over(stage, plan, next_version(second, stage.house, infusion_minutes=second.infusion_minutes + 5))
    [task] = WorkItem.objects.filter(closed_at=None)
    assert task.cause.endswith(":3")
    assert WorkItem.objects.count() == 2


# --- Over the API -------------------------------------------------------------------------------------


@time_machine.travel(NOW, tick=False)
def test_the_prescriber_takes_over_and_the_desk_follows(stage: Stage, plan: TreatmentPlan) -> None:
    house = stage.house
    visit = stage.book(plan, "9:00", FRIDAY)
    newer = longer(stage)
    address = f"/api/v1/plans/{plan.pk}/take-over/"
    answer = client_of(house.priya).post(address, {"protocol": newer.pk}, format="json")
    assert (answer.status_code, answer.data["protocol"]) == (200, newer.pk)
    desk = client_of(house.ana)
    [behind] = desk.get(f"/api/v1/appointments/under-older-versions/?plan={plan.pk}").data
    assert (behind["appointment"], behind["blockers"]) == (str(visit.pk), [])
    taken = desk.post(f"/api/v1/appointments/{visit.pk}/take-over/", {}, format="json")
    assert taken.status_code == 200, taken.data
    assert lies(visit)[0] == 2
    assert desk.get(f"/api/v1/appointments/under-older-versions/?plan={plan.pk}").data == []
