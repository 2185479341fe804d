"""Why somebody on the waitlist is offered nothing, told by the code that offers; and what becomes of their
waiting, and of what they are offered, when they are booked by hand.

NOW is Monday, 9:00, as in tests/scheduler/test_waitlist.py.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta

import pytest

from clinic.models import Allergy, Consent, ConsentScope
from clinic.problems import Conflict
from scheduler.models import Appointment, PlanStatus, ProtocolStatus, TreatmentPlan, WaitlistEntry
from scheduler.prescribing import going_ahead
from scheduler.visits import moving
from scheduler.waitlist import endings, joining, obstacles, waiting, waitlist
from scheduler.waitlist.endings import Ending
from scheduler.waitlist.obstacles import Obstacle
from tests.cast import NOW, TODAY, House, make_patient
from tests.scheduler.stage import Stage, next_version, set_stage, write_plan
from tests.scheduler.waits import hold_for, join, offer_freed

DAY, HOUR, MINUTE = timedelta(days=1), timedelta(hours=1), timedelta(minutes=1)
THURSDAY = TODAY + 3 * DAY


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def why(entry: WaitlistEntry, now: object = NOW) -> Obstacle | None:
    row = obstacles.with_obstacles(waiting.entries(), now=now).get(pk=entry.pk)  # type: ignore[arg-type]
    return obstacles.why_nothing(row, now=now)  # type: ignore[arg-type]


def without_consent(plan: TreatmentPlan) -> None:
    Consent.objects.filter(patient=plan.patient, scope=ConsentScope.TREATMENT).update(revoked_at=NOW)


def on_hold(plan: TreatmentPlan) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ON_HOLD)


def allergic(plan: TreatmentPlan) -> None:
    Allergy.objects.create(patient=plan.patient, substance="Ketamine", criticality="high")


def out_of_force(plan: TreatmentPlan) -> None:
    plan.protocol.status = ProtocolStatus.RETIRED
    plan.protocol.save(update_fields=["status"])


def used_up(plan: TreatmentPlan) -> None:
    TreatmentPlan.objects.filter(pk=plan.pk).update(sessions_ordered=1)


def test_who_waits_for_one_chair_alone_is_told_that_it_is_gone(stage: Stage) -> None:
    chair = stage.chairs[1]
    alone = join(stage, stage.plan(), chair=chair, only=True)
    rather = join(stage, stage.plan(stage.house.omar), chair=chair)
    assert why(alone) == obstacles.NOTHING_SUITS
    chair.active = False
    chair.save()
    told = why(alone)
    assert told is not None
    assert (told.code, "Chair 2" in told.detail) == ("out_of_use", True)
    assert [offer.entry for offer in offer_freed(stage)] == [rather]


@pytest.mark.parametrize("lacking", [without_consent, allergic, on_hold, out_of_force, used_up])
def test_what_stands_against_the_plan_is_told_as_booking_would_tell_it(
    stage: Stage, lacking: Callable[[TreatmentPlan], None]
) -> None:
    plan = stage.plan()
    stage.book(plan, "9:00", THURSDAY)
    entry = join(stage, plan, last_day=TODAY + DAY)
    lacking(plan)
    assert offer_freed(stage) == []
    told = why(entry)
    assert told is not None
    (blocker,) = stage.check(plan, "9:00").blockers
    assert (told.code, told.detail) == (blocker.code, blocker.detail)
    assert WaitlistEntry.objects.get().status == "waiting"


def test_an_age_that_the_protocol_is_not_for_is_told_as_booking_would_tell_it(stage: Stage) -> None:
    adults = next_version(stage.protocol, stage.house, age_min_years=18)
    plan = write_plan(stage.house, adults, stage.house.rosa)
    entry = join(stage, plan, last_day=TODAY + DAY)
    stage.house.rosa.birth_date = date(2020, 6, 1)
    stage.house.rosa.save()
    assert offer_freed(stage) == []
    told = why(entry)
    assert told is not None
    (blocker,) = stage.check(plan, "9:00").blockers
    assert (told.code, told.detail) == (blocker.code, blocker.detail) == ("chart_unanswered", told.detail)
    priya = stage.house.actor(stage.house.priya)
    going_ahead.go_ahead(actor=priya, plan=plan, item="age", reason="Agreed with paediatrics.", now=NOW)
    assert [offer.entry for offer in offer_freed(stage)] == [entry]


def test_who_waits_for_an_earlier_time_uses_up_no_session(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    visit = stage.book(plan, "9:00", THURSDAY)
    entry = join(stage, plan, appointment=visit)
    assert why(entry) == obstacles.NOTHING_SUITS
    assert len(offer_freed(stage)) == 1
    assert why(entry) is None


def test_nothing_that_suits_is_said_when_nothing_else_stands_in_the_way(stage: Stage) -> None:
    entry = join(stage, stage.plan(), first_day=TODAY + 10 * DAY)
    assert offer_freed(stage) == []
    assert why(entry) == obstacles.NOTHING_SUITS


def test_days_that_are_too_near_for_the_notice_are_said(stage: Stage) -> None:
    entry = join(stage, stage.plan(), last_day=TODAY, notice_hours=24)
    told = why(entry)
    assert told is not None
    assert told.code == "no_day_left"
    assert offer_freed(stage) == []


def test_who_let_an_offer_run_out_and_who_sleeps_are_asked_later(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    (offer,) = offer_freed(stage)
    waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at)
    for now, code in ((offer.expires_at, "ran_out_today"), (stage.at("7:59", TODAY + DAY), "night")):
        told = why(entry, now)
        assert told is not None
        assert told.code == code
        assert offer_freed(stage, now) == []
    assert len(offer_freed(stage, stage.at("8:00", TODAY + DAY))) == 1


# --- Booked by hand ---------------------------------------------------------------------------------------


def test_who_is_booked_by_hand_for_what_they_waited_for_waits_no_more(stage: Stage) -> None:
    plan = stage.plan()
    entry = join(stage, plan)
    stage.book(plan, "9:00", THURSDAY, now=NOW + MINUTE)
    assert offer_freed(stage, NOW + 2 * MINUTE) == []
    entry.refresh_from_db()
    assert (entry.status, entry.closed_at) == ("booked", NOW + 2 * MINUTE)


def moved(stage: Stage, visit: Appointment, wall_time: str, day: date) -> None:
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at(wall_time, day), now=NOW)


def ending_of(entry: WaitlistEntry, now: datetime = NOW) -> Ending | None:
    return endings.ending(endings.with_ending(waiting.with_plan()).get(pk=entry.pk), now=now)


def test_whose_visit_is_moved_to_an_earlier_time_by_hand_waits_no_more(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:00", THURSDAY)
    entry = join(stage, plan, appointment=visit)
    assert ending_of(entry) is None
    moved(stage, visit, "9:00", TODAY + DAY)
    assert offer_freed(stage, NOW + MINUTE) == []
    entry.refresh_from_db()
    assert (entry.status, entry.closed_at) == ("booked", NOW + MINUTE)
    assert ending_of(entry) == Ending(
        "moved_by_hand", "Their visit of Thu, Jan 14, 13:00 was moved to an earlier time by hand."
    )


def test_a_visit_that_was_put_off_and_comes_back_was_not_brought_forward(stage: Stage) -> None:
    """Earlier is earlier than when they joined, and begins no later than the old time would have begun to
    overlap."""
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 2 * DAY)
    entry = join(stage, plan, appointment=visit, notice_hours=336)
    for wall_time, day in (("9:00", THURSDAY), ("13:00", TODAY + 2 * DAY), ("11:05", TODAY + 2 * DAY)):
        moved(stage, visit, wall_time, day)
        offer_freed(stage, NOW + MINUTE)
        entry.refresh_from_db()
        assert entry.status == "waiting", wall_time
    moved(stage, visit, "11:00", TODAY + 2 * DAY)
    offer_freed(stage, NOW + MINUTE)
    entry.refresh_from_db()
    assert entry.status == "booked"


def test_a_move_that_is_earlier_and_still_too_late_for_them_leaves_them_waiting(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:00", THURSDAY)
    entry = join(stage, plan, appointment=visit, last_day=TODAY + DAY, notice_hours=336)
    moved(stage, visit, "9:00", TODAY + 2 * DAY)
    offer_freed(stage, NOW + MINUTE)
    entry.refresh_from_db()
    assert entry.status == "waiting"


def test_every_way_off_the_list_is_told(stage: Stage) -> None:
    ana = stage.house.actor(stage.house.ana)
    took = join(stage, stage.plan())
    waitlist.accept(actor=None, offer=hold_for(stage, took, "13:00"), now=NOW)
    left = join(stage, stage.plan(stage.house.omar))
    joining.withdraw(actor=ana, entry=left, now=NOW)
    nora = stage.plan(make_patient(stage.house.clinic, "Nora", "Neu"))
    by_hand = join(stage, nora)
    stage.book(nora, "9:00", THURSDAY, now=NOW + MINUTE)
    late = join(stage, stage.plan(make_patient(stage.house.clinic, "Lou", "Late")), last_day=TODAY)
    offer_freed(stage, stage.at("0:00", TODAY + DAY))
    told = [ending_of(entry) for entry in (took, left, by_hand, late)]
    assert [ending.code for ending in told if ending] == [
        "offer_accepted",
        "withdrawn",
        "booked_by_hand",
        "in_vain",
    ]
    assert told[1] == Ending("withdrawn", f"{stage.house.ana.full_name} took them off the list.")


def test_what_was_offered_to_them_is_free_again_then(stage: Stage) -> None:
    plan = stage.plan()
    entry = join(stage, plan)
    offer = hold_for(stage, entry, "9:00")
    stage.book(plan, "9:00", THURSDAY, now=NOW + MINUTE)
    offer_freed(stage, NOW + 2 * MINUTE)
    offer.refresh_from_db()
    assert (offer.status, offer.appointment.live) == ("withdrawn", False)


@pytest.mark.parametrize("case", ["before they joined", "on another day", "only held", "an earlier time"])
def test_another_booking_leaves_them_waiting(stage: Stage, case: str) -> None:
    plan = stage.plan()
    if case in ("before they joined", "an earlier time"):
        visit = stage.book(plan, "9:00", THURSDAY)
    entry = join(
        stage,
        plan,
        appointment=visit if case == "an earlier time" else None,
        now=NOW + MINUTE,
        first_day=TODAY + DAY,
        last_day=THURSDAY,
    )
    if case == "on another day":
        stage.book(plan, "9:00", TODAY + 4 * DAY, now=NOW + 2 * MINUTE)
    if case == "an earlier time":
        stage.book(plan, "9:00", TODAY + DAY, now=NOW + 2 * MINUTE)
    if case == "only held":
        offer_freed(stage, NOW + 2 * MINUTE)
    offer_freed(stage, NOW + 3 * MINUTE)
    entry.refresh_from_db()
    assert entry.status == "waiting"


def test_a_booking_that_their_own_offer_stands_against_says_how_to_mend_it(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    hold_for(stage, join(stage, plan), "9:00", THURSDAY)
    with pytest.raises(Conflict) as refusal:
        stage.book(plan, "9:00", THURSDAY)
    told = {blocker["code"]: blocker["detail"] for blocker in refusal.value.data["blockers"]}
    for code in ("sessions_used_up", "patient_elsewhere", "spacing_too_close"):
        assert "on Thu, Jan 14 is only offered to them by the waitlist" in told[code]


def test_a_visit_that_is_booked_is_not_called_an_offer(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    offer = hold_for(stage, join(stage, plan), "9:00", THURSDAY)
    waitlist.accept(actor=None, offer=offer, now=NOW)
    with pytest.raises(Conflict) as refusal:
        stage.book(plan, "9:00", THURSDAY)
    assert "offered" not in refusal.value.detail
