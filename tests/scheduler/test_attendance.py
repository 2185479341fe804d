"""Who comes: confirmed, checked in, in the chair, done; missed; and each last step taken back."""

from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction

from clinic.history import acting
from clinic.problems import Conflict
from clinic.transactions import violated_constraint
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Claim,
    ParticipantStatus,
    PlanStatus,
    TreatmentPlan,
)
from scheduler.prescribing import plans
from scheduler.visits import attendance, booking, calling_off, moving
from scheduler.visits.visit_history import appointment_history
from scheduler.working_hours import booking_settings
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def arrive(stage: Stage, visit: Appointment, now: Any = NOW) -> Appointment:
    return attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=now)


def miss(stage: Stage, visit: Appointment, now: Any) -> Appointment:
    return attendance.mark_no_show(actor=stage.house.actor(stage.house.ana), appointment=visit, now=now)


def undo(stage: Stage, visit: Appointment, now: Any = NOW) -> Appointment:
    return attendance.undo(actor=stage.house.actor(stage.house.ana), appointment=visit, now=now)


def held(visit: Appointment) -> list[tuple[Any, ...]]:
    return list(
        Claim.objects.filter(appointment=visit)
        .order_by("resource__name", "during")
        .values_list("resource__name", "phase", "units", "during")
    )


# --- Coming -------------------------------------------------------------------------------------------


def test_confirming_is_accepting_however_often(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    for _ in range(2):
        confirmed = attendance.confirm(appointment=visit, now=NOW)

    assert confirmed.patient_status == ParticipantStatus.ACCEPTED
    assert confirmed.status == AppointmentStatus.BOOKED


def test_a_cancelled_visit_cannot_be_confirmed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    stage.cancel(visit)

    with pytest.raises(Conflict, match="was cancelled") as refusal:
        attendance.confirm(appointment=visit, now=NOW)

    assert refusal.value.code == "visit_cancelled"


def test_a_visit_is_not_confirmed_when_it_is_over(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict) as refusal:
        attendance.confirm(appointment=visit, now=visit.ends_at)

    assert refusal.value.code == "visit_over"


def test_checking_in_is_for_the_day_of_the_visit(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", TOMORROW)
    ana = stage.house.actor(stage.house.ana)

    with pytest.raises(Conflict, match="2027-01-12") as refusal:
        attendance.arrive(actor=ana, appointment=visit, now=stage.at("23:59"))
    assert refusal.value.code == "not_today"

    arrived = attendance.arrive(actor=ana, appointment=visit, now=stage.at("0:00", TOMORROW))
    assert (arrived.status, arrived.arrived_at) == ("arrived", stage.at("0:00", TOMORROW))


def test_nobody_is_checked_in_under_a_plan_that_rests_until_it_is_taken_up_again(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    priya = stage.house.actor(stage.house.priya)
    plans.put_on_hold(actor=priya, plan=plan, reason="Blood pressure to be looked at")

    with pytest.raises(Conflict, match=r"The plan is on hold.* A prescriber can take it up again") as refusal:
        arrive(stage, visit)

    assert refusal.value.code == "plan_not_active"
    plans.take_up(actor=priya, plan=plan, reason="It is fine")
    assert arrive(stage, visit).status == "arrived"


def test_nor_under_one_that_has_ended(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    TreatmentPlan.objects.filter(pk=visit.plan_id).update(status=PlanStatus.REVOKED)

    with pytest.raises(Conflict, match=r"A prescriber has to write a new one\. Or cancel this visit"):
        arrive(stage, visit)


def test_who_is_here_already_stays_so_when_the_plan_is_put_on_hold(stage: Stage) -> None:
    """What becomes of a session under way is decided at the chair."""
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    arrive(stage, visit)
    plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=plan, reason="To be looked at")

    assert arrive(stage, visit).status == "arrived"


def test_checking_in_again_keeps_the_first_time(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    ana = stage.house.actor(stage.house.ana)
    attendance.arrive(actor=ana, appointment=visit, now=NOW)

    assert attendance.arrive(actor=ana, appointment=visit, now=NOW + timedelta(minutes=5)).arrived_at == NOW


def test_a_visit_goes_from_arrival_to_chair_to_done(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict, match="must be arrived"):
        attendance.begin(appointment=visit, now=NOW)
    attendance.arrive(actor=stage.house.actor(stage.house.nils), appointment=visit, now=NOW)

    assert attendance.begin(appointment=visit, now=NOW).status == "checked-in"
    assert attendance.fulfil(appointment=visit, now=visit.ends_at).status == "fulfilled"
    assert attendance.fulfil(appointment=visit, now=visit.ends_at).status == "fulfilled"
    with pytest.raises(Conflict, match="is done"):
        attendance.begin(appointment=visit, now=NOW)


def test_a_held_time_is_not_confirmed_before_it_is_booked(stage: Stage) -> None:
    hold = booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=stage.at("9:30"), now=NOW)

    with pytest.raises(Conflict, match="book it first"):
        attendance.confirm(appointment=hold, now=NOW)


# --- In the chair before the time ---------------------------------------------------------------------


def test_nobody_begins_in_a_chair_that_is_somebody_elses(stage: Stage) -> None:
    """Omar's chair is Rosa's through its turnover at 11:40; he is here at eleven."""
    stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    omars = stage.book(stage.plan(stage.house.omar), "11:40", chair=stage.chairs[0])
    arrive(stage, omars, stage.at("11:00"))

    with pytest.raises(Conflict, match="Chair 1 is another visit's until 11:40") as refusal:
        attendance.begin(appointment=omars, now=stage.at("11:39"))

    assert refusal.value.code == "chair_not_free"
    assert "Rosa" not in refusal.value.detail
    assert attendance.begin(appointment=omars, now=stage.at("11:40")).status == "checked-in"


def test_no_record_opens_before_its_chair_is_free_and_the_visit_can_still_be_moved(stage: Stage) -> None:
    """An open record would take no entry, and neither undo nor a move would be left."""
    stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    omars = stage.book(stage.plan(stage.house.omar), "11:40", chair=stage.chairs[0])
    arrive(stage, omars, stage.at("11:00"))

    with pytest.raises(Conflict, match="undo the check-in and move this visit") as refusal:
        attendance.open_record(appointment=omars, now=stage.at("11:39"))

    assert refusal.value.code == "chair_not_free"
    attendance.undo(actor=stage.house.actor(stage.house.ana), appointment=omars, now=stage.at("11:39"))
    arrive(stage, omars, stage.at("11:39"))
    assert attendance.open_record(appointment=omars, now=stage.at("11:40")).record_opened_at


def test_a_hold_that_ran_out_keeps_nobody_from_a_chair(stage: Stage) -> None:
    """The sweep that clears it away comes only once a minute."""
    until = stage.at("11:00")
    booking.hold(
        actor=None,
        id=new_id(),
        plan=stage.plan(),
        start=stage.at("9:30"),
        chair=stage.chairs[0],
        until=until,
        now=NOW,
    )
    omars = stage.book(stage.plan(stage.house.omar), "11:40", chair=stage.chairs[0])
    arrive(stage, omars, NOW)
    for step in (attendance.open_record, attendance.begin):
        with pytest.raises(Conflict, match="is another visit's"):
            step(appointment=omars, now=until - timedelta(minutes=1))

    assert attendance.open_record(appointment=omars, now=until).record_opened_at
    assert attendance.begin(appointment=omars, now=until).status == "checked-in"


def test_who_begins_early_in_a_free_chair_has_it_from_then_on(stage: Stage) -> None:
    """Otherwise somebody could be booked into it until the visit's own time."""
    visit = stage.book(stage.plan(), "12:00", chair=stage.chairs[0])
    arrive(stage, visit, stage.at("9:10"))

    attendance.begin(appointment=visit, now=stage.at("9:15"))

    refused = stage.check(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[0], now=stage.at("9:20"))
    assert "chair_taken" in [blocker.code for blocker in refused.blockers]
    assert attendance.fulfil(appointment=visit, now=visit.ends_at).status == "fulfilled"


def test_a_visit_that_ended_early_leaves_its_chair_to_the_next(stage: Stage) -> None:
    first = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    second = stage.book(stage.plan(stage.house.omar), "11:40", chair=stage.chairs[0])
    for visit in (first, second):
        arrive(stage, visit, stage.at("9:30"))
    attendance.begin(appointment=first, now=stage.at("9:30"))
    attendance.fulfil(appointment=first, now=stage.at("10:40"))

    assert attendance.begin(appointment=second, now=stage.at("11:00")).status == "checked-in"


def test_a_visit_begins_before_the_doors_open_all_the_same(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00")
    arrive(stage, visit, stage.at("8:45"))

    assert attendance.begin(appointment=visit, now=stage.at("8:55")).status == "checked-in"


# --- Missed -------------------------------------------------------------------------------------------


def test_a_visit_is_missed_from_its_start_on(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict, match="begins Mon, Jan 11, 09:30") as refusal:
        miss(stage, visit, stage.at("9:30") - timedelta(seconds=1))
    assert refusal.value.code == "not_begun"

    missed = miss(stage, visit, stage.at("9:30"))
    assert missed.status == AppointmentStatus.NOSHOW
    assert not Claim.objects.exists()
    assert miss(stage, visit, stage.at("12:00")).status == AppointmentStatus.NOSHOW


@pytest.mark.parametrize(
    ("minutes", "missed_from"), [(0, "9:30"), (15, "9:45"), (240, "11:30")], ids=["none", "some", "its end"]
)
def test_a_clinic_waits_for_who_is_late_and_at_the_longest_until_the_visit_would_be_over(
    stage: Stage, minutes: int, missed_from: str
) -> None:
    booking_settings.change_booking_settings(
        actor=stage.house.actor(stage.house.max), clinic=stage.house.clinic, no_show_after_minutes=minutes
    )
    visit = stage.book(stage.plan(), "9:30")
    until = stage.at(missed_from)

    if minutes:
        with pytest.raises(Conflict, match=f"The clinic waits until 0?{missed_from}") as refusal:
            miss(stage, visit, until - timedelta(seconds=1))
        assert refusal.value.code == "not_missed_yet"
        assert Claim.objects.filter(appointment=visit).exists()
    assert attendance.missed_from(visit) == until
    assert miss(stage, visit, until).status == AppointmentStatus.NOSHOW


def test_who_has_come_has_not_missed_the_visit(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    arrive(stage, visit)

    with pytest.raises(Conflict, match="is arrived; it must be booked") as refusal:
        miss(stage, visit, stage.at("9:45"))

    assert refusal.value.code == "wrong_status"


# --- Taken back ---------------------------------------------------------------------------------------


def test_a_cancellation_taken_back_is_the_same_visit_with_the_same_people(house: House) -> None:
    stage = set_stage(house, chairs=3, nurses=3)
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[2], nurse=stage.nurses[1])
    attendance.confirm(appointment=visit, now=NOW)
    before = held(visit)
    stage.cancel(visit)

    back = undo(stage, visit)

    assert (back.pk, back.status, back.patient_status) == (visit.pk, "booked", "needs-action")
    assert (back.cancelation_reason, back.cancelled_at, back.cancelled_late) == ("", None, None)
    assert held(visit) == before


def test_with_others_where_those_are_taken(house: House) -> None:
    stage = set_stage(house, nurses=2)
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])
    stage.cancel(visit)
    stage.book(stage.plan(house.omar), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])

    undo(stage, visit)

    served = {(name, phase) for name, phase, *_ in held(visit)}
    assert served >= {("Chair 2", "whole"), ("Nurse 2", "preparation")}


def test_never_at_another_time(stage: Stage) -> None:
    visit = stage.cancel(stage.book(stage.plan(), "9:30"))
    stage.book(stage.plan(stage.house.omar), "9:30")

    with pytest.raises(Conflict) as refusal:
        undo(stage, visit)

    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == ["nurse_overloaded"]
    assert refusal.value.data["alternatives"]
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CANCELLED


def test_a_patient_who_comes_after_all_was_not_missed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    attendance.confirm(appointment=visit, now=NOW)
    miss(stage, visit, stage.at("9:45"))

    back = undo(stage, visit, stage.at("9:50"))

    assert (back.status, back.patient_status) == ("booked", ParticipantStatus.ACCEPTED)
    assert held(visit)


def test_a_cancellation_is_not_taken_back_against_the_plan(stage: Stage) -> None:
    """The session it had was booked again at another time."""
    plan = stage.plan(sessions_ordered=1)
    visit = stage.cancel(stage.book(plan, "9:30"))
    stage.book(plan, "9:30", TOMORROW)

    with pytest.raises(Conflict) as refusal:
        undo(stage, visit)

    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == [
        "sessions_used_up",
        "spacing_too_close",
    ]


def test_a_check_in_is_taken_back(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    before = held(visit)
    arrive(stage, visit)

    back = undo(stage, visit)

    assert (back.status, back.arrived_at) == ("booked", None)
    assert held(visit) == before


def test_a_check_in_stands_once_a_session_was_opened(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    arrive(stage, visit)
    attendance.open_record(appointment=visit, now=NOW)

    with pytest.raises(Conflict, match="its record says what happened") as refusal:
        undo(stage, visit)

    assert refusal.value.code == "nothing_to_undo"


def test_the_database_keeps_an_arrival_under_an_open_record(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    arrive(stage, visit)
    attendance.open_record(appointment=visit, now=NOW)

    for status in ("booked", "noshow", "cancelled"):
        with pytest.raises(IntegrityError) as refusal, transaction.atomic():
            Appointment.objects.filter(pk=visit.pk).update(status=status)
        assert violated_constraint(refusal.value) == "appointment_with_record_was_attended"


@pytest.mark.parametrize("status", ["pending", "booked", "checked-in", "fulfilled"])
def test_there_is_nothing_to_take_back_of_other_visits(stage: Stage, status: str) -> None:
    visit = stage.book(stage.plan(), "9:30")
    Appointment.objects.filter(pk=visit.pk).update(
        status=status, held_until=stage.at("9:30") if status == "pending" else None
    )

    with pytest.raises(Conflict) as refusal:
        undo(stage, visit)

    assert refusal.value.code == "nothing_to_undo"


def test_a_hold_that_was_given_up_is_not_taken_back(stage: Stage) -> None:
    hold = booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=stage.at("9:30"), now=NOW)
    calling_off.release(actor=stage.house.actor(stage.house.ana), appointment=hold, now=NOW)

    with pytest.raises(Conflict) as refusal:
        undo(stage, hold)

    assert refusal.value.code == "nothing_to_undo"


# --- What became of it --------------------------------------------------------------------------------


def test_the_history_tells_each_step_with_who_and_why(stage: Stage) -> None:
    ana, plan = stage.house.actor(stage.house.ana), stage.plan()
    visit = booking.hold(actor=ana, id=new_id(), plan=plan, start=stage.at("9:30"), now=NOW)
    booking.book_held(actor=ana, appointment=visit, now=NOW)
    with acting(None, door="patient link"):
        attendance.confirm(appointment=visit, now=NOW)
    max = stage.house.actor(stage.house.max)
    moving.reschedule(actor=max, appointment=visit, start=stage.at("13:00", TOMORROW), now=NOW)
    moving.reschedule(
        actor=max, appointment=visit, start=stage.at("13:00", TOMORROW), chair=stage.chairs[1], now=NOW
    )
    stage.cancel(visit, CancellationReason.WEATHER, now=stage.at("12:00", TOMORROW))
    undo(stage, visit, stage.at("12:30", TOMORROW))
    arrive(stage, visit, stage.at("12:50", TOMORROW))

    told = [(line.what, line.words, line.by, line.why) for line in appointment_history(visit, now=NOW)]

    assert told == [
        ("held", "Held for Mon, Jan 11, 09:30, until 09:10", "Ana Lima", ""),
        ("booked", "The held time was booked", "Ana Lima", ""),
        ("confirmed", "Confirmed", "patient link", ""),
        ("moved", "Moved from Mon, Jan 11, 09:30 to Tue, Jan 12, 13:00", "Max Weber", ""),
        ("served-by-others", "Another chair or other nurses; before: Chair 1, Nurse 1", "Max Weber", ""),
        ("cancelled", "Cancelled, late", "Ana Lima", "Other: weather"),
        ("undone", "Cancellation taken back: booked again", "Ana Lima", ""),
        ("arrived", "Checked in", "Ana Lima", ""),
    ]


def test_a_hold_that_ran_out_says_so(stage: Stage) -> None:
    hold = booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=stage.at("9:30"), now=NOW)
    calling_off.release_lapsed(now=NOW + timedelta(minutes=10))

    assert [line.what for line in appointment_history(hold, now=NOW)] == ["held", "hold-ran-out"]


def test_a_history_of_any_length_is_three_queries(stage: Stage, django_assert_num_queries: Any) -> None:
    visit = stage.book(stage.plan(), "9:30")
    for _ in range(4):
        stage.cancel(visit)
        undo(stage, visit)
    visit = Appointment.objects.select_related("clinic").get(pk=visit.pk)

    with django_assert_num_queries(3):
        assert len(appointment_history(visit, now=NOW)) == 9


# --- Late ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("hours", "late"), [(24, False), (23.99, True), (-1, True)])
def test_a_cancellation_closer_than_a_day_is_late(stage: Stage, hours: float, late: bool) -> None:
    """domain.md 8.3 counts cancellations by more and less than 24 hours; the clinic may set its own."""
    visit = stage.book(stage.plan(), "12:00", TOMORROW)

    cancelled = stage.cancel(visit, now=visit.starts_at - timedelta(hours=hours))

    assert cancelled.cancelled_late is late
