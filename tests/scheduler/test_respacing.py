"""A visit of a series is moved or lost, told as stories: what changes is as little as mends the spacing.

The protocol asks for two to five days from one session to the next.
"""

from datetime import date, timedelta
from typing import Any

import pytest

from clinic import clock
from clinic.problems import Conflict, Invalid, Missing
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment, ParticipantStatus, Resource, Series, TreatmentPlan
from scheduler.prescribing import plans
from scheduler.series import proposing, respacing
from scheduler.series.proposing import MOST_SESSIONS
from scheduler.series.respacing import TOO_MANY, Accepted, Respacing, Shift
from scheduler.visits import attendance, booking, lengthening
from scheduler.visits.booking import Wanted
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2, days=42)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


def on(ahead: int) -> date:
    return TODAY + timedelta(days=ahead)


def series_on(stage: Stage, plan: TreatmentPlan, *days: int, wish: Wish = Wish()) -> Series:  # noqa: B008
    return proposing.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=plan,
        sessions=[
            Wanted(new_id(), stage.at("10:00", on(ahead)), stage.chairs[0], stage.nurses[0]) for ahead in days
        ],
        wish=wish,
        now=NOW,
    )


def visit_on(plan: TreatmentPlan, ahead: int) -> Appointment:
    return next(visit for visit in plan.appointments.all() if (visit.starts_at - NOW).days == ahead)


def moves(found: Respacing, stage: Stage) -> list[tuple[int, int]]:
    """From which day to which, in days from today."""
    zone = stage.house.clinic.time_zone
    return [
        (
            (shift.reviewed.day - TODAY).days,
            (clock.local_date(shift.start, zone) - TODAY).days,
        )
        for shift in found.shifts
    ]


def accepted(shifts: tuple[Shift, ...]) -> list[Accepted]:
    return [
        Accepted(
            shift.reviewed.appointment.pk, shift.reviewed.appointment.starts_at, shift.start, shift.nurse
        )
        for shift in shifts
    ]


def accept(stage: Stage, plan: TreatmentPlan, changes: list[Accepted], **at: Any) -> Any:
    return respacing.accept(
        actor=stage.house.actor(stage.house.ana), plan=plan, moves=changes, **{"now": NOW, **at}
    )


def test_a_series_in_step_has_nothing_to_move(stage: Stage, plan: TreatmentPlan) -> None:
    series_on(stage, plan, 0, 3, 6)
    found = respacing.respace(plan=plan, now=NOW)
    assert (found.shifts, found.impossible) == ((), "")


def test_a_cancelled_session_is_closed_over_by_moving_one_visit(stage: Stage, plan: TreatmentPlan) -> None:
    """Without the session on day 4 there are seven days from day 1 to day 8: two too many."""
    series_on(stage, plan, 1, 4, 8, 11)
    stage.cancel(visit_on(plan, 4))
    found = respacing.respace(plan=plan, now=NOW)
    assert moves(found, stage) == [(8, 6)]
    (shift,) = found.shifts
    assert shift.start == stage.at("10:00", on(6))
    assert shift.nurse == stage.nurses[0]


def test_a_place_that_is_proposed_has_room_for_a_longer_recovery(stage: Stage, plan: TreatmentPlan) -> None:
    """As above; right behind the same time of day both chairs are somebody else's."""
    ana = stage.house.actor(stage.house.ana)
    series_on(stage, plan, 1, 4, 8, 11)
    stage.cancel(visit_on(plan, 4))
    slow = visit_on(plan, 8)
    lengthening.lengthen(actor=ana, appointment=slow, extra_recovery_minutes=60, now=NOW)
    behind = (slow.starts_at - NOW) % timedelta(days=1) + slow.protocol.block_length
    for patient, chair in zip(
        (stage.house.omar, make_patient(stage.house.clinic, "Lena", "Ray")), stage.chairs, strict=True
    ):
        booking.book(
            actor=ana,
            id=new_id(),
            plan=stage.plan(patient),
            start=NOW + timedelta(days=6) + behind,
            chair=chair,
            now=NOW,
        )
    found = respacing.respace(plan=plan, now=NOW)
    respacing.accept(actor=ana, plan=plan, moves=accepted(found.shifts), now=NOW)
    slow.refresh_from_db()
    assert slow.ends_at - slow.starts_at == slow.protocol.visit_length + timedelta(minutes=60)


def test_a_move_is_shown_with_its_own_end_where_another_visit_takes_longer_to_recover(
    stage: Stage, plan: TreatmentPlan
) -> None:
    series_on(stage, plan, 1, 4, 8, 11)
    stage.cancel(visit_on(plan, 4))
    ana, slow = stage.house.actor(stage.house.ana), visit_on(plan, 11)
    lengthening.lengthen(actor=ana, appointment=slow, extra_recovery_minutes=60, now=NOW)
    (shift,) = respacing.respace(plan=plan, now=NOW).shifts
    assert shift.end - shift.start == plan.protocol.visit_length


def test_after_a_missed_visit_the_rest_keeps_its_distance_to_the_last_that_took_place(
    stage: Stage, plan: TreatmentPlan
) -> None:
    """Day 0 is past and stands; the visit of day 3 was missed."""
    series_on(stage, plan, 0, 3, 7, 9)
    attendance.arrive(
        actor=stage.house.actor(stage.house.ana), appointment=visit_on(plan, 0), now=stage.at("9:50")
    )
    later = stage.at("16:00", on(3))
    attendance.mark_no_show(
        actor=stage.house.actor(stage.house.ana), appointment=visit_on(plan, 3), now=later
    )
    found = respacing.respace(plan=plan, now=later)
    assert moves(found, stage) == [(7, 5)]
    assert [visit.movable for visit in found.review.visits] == [False, True, True]


def test_one_visit_jumps_into_the_gap_where_in_order_two_would_move(
    stage: Stage, plan: TreatmentPlan
) -> None:
    """From day 0, which is over, eight days to the next visit; those after it are as far apart as may be."""
    series_on(stage, plan, 0, 4, 8, 13, 18)
    attendance.arrive(
        actor=stage.house.actor(stage.house.ana), appointment=visit_on(plan, 0), now=stage.at("9:50")
    )
    stage.cancel(visit_on(plan, 4))
    found = respacing.respace(plan=plan, now=stage.at("16:00"))
    assert moves(found, stage) == [(18, 5)]


def test_accepted_it_is_carried_out_as_shown_and_the_patient_is_asked_again(
    stage: Stage, plan: TreatmentPlan
) -> None:
    series_on(stage, plan, 1, 4, 8, 11)
    stage.cancel(visit_on(plan, 4))
    plan.appointments.update(patient_status=ParticipantStatus.ACCEPTED)
    changes = accepted(respacing.respace(plan=plan, now=NOW).shifts)
    reviewed = accept(stage, plan, changes)
    assert not reviewed.out_of_spacing
    assert [(visit.day - TODAY).days for visit in reviewed.visits] == [1, 6, 11]
    moved = Appointment.objects.get(pk=changes[0].appointment_id)
    assert moved.patient_status == ParticipantStatus.NEEDS_ACTION
    assert visit_on(plan, 11).patient_status == ParticipantStatus.ACCEPTED


def test_sent_again_it_changes_nothing_more(stage: Stage, plan: TreatmentPlan) -> None:
    series_on(stage, plan, 1, 4, 8)
    stage.cancel(visit_on(plan, 4))
    changes = accepted(respacing.respace(plan=plan, now=NOW).shifts)
    accept(stage, plan, changes)
    before = Appointment.objects.get(pk=changes[0].appointment_id)
    assert not accept(stage, plan, changes).out_of_spacing
    assert Appointment.objects.get(pk=before.pk).held_before == before.held_before


def test_a_visit_that_has_changed_meanwhile_makes_the_proposal_outdated(
    stage: Stage, plan: TreatmentPlan
) -> None:
    series_on(stage, plan, 1, 4, 8)
    stage.cancel(visit_on(plan, 4))
    (shift,) = respacing.respace(plan=plan, now=NOW).shifts
    stage.cancel(shift.reviewed.appointment)
    with pytest.raises(Conflict) as refusal:
        accept(stage, plan, accepted((shift,)))
    assert refusal.value.code == "plan_outdated"


def test_a_place_that_is_taken_meanwhile_undoes_all_moves(stage: Stage, plan: TreatmentPlan) -> None:
    """Two visits are to move; the place of the second is no longer there."""
    series_on(stage, plan, 1, 3)
    stage.book(plan, "10:00", on(13))
    first, last = visit_on(plan, 1), visit_on(plan, 13)
    changes = [
        Accepted(first.pk, first.starts_at, stage.at("10:00", on(5))),
        Accepted(last.pk, last.starts_at, stage.at("20:00", on(8))),
    ]
    with pytest.raises(Conflict) as refusal:
        accept(stage, plan, changes)
    assert [row["id"] for row in refusal.value.data["visits"]] == [last.pk]
    assert sorted((visit.starts_at - NOW).days for visit in plan.appointments.all()) == [1, 3, 13]


def test_visits_of_another_plan_are_nobodys_to_move_here(
    stage: Stage, plan: TreatmentPlan, house: House
) -> None:
    other = stage.book(stage.plan(house.omar), "10:00", on(1))
    with pytest.raises(Missing):
        accept(stage, plan, [Accepted(other.pk, other.starts_at, stage.at("10:00", on(2)))])
    with pytest.raises(Invalid):
        accept(stage, plan, [])


def test_days_on_which_the_patient_can_not_come_are_kept_free_where_possible(
    stage: Stage, plan: TreatmentPlan
) -> None:
    """Mondays, Thursdays and nothing else: three days to the next of them, though two days would do."""
    series_on(stage, plan, 0, 3, 7, 10, wish=Wish(weekdays=(0, 3), only=True))
    stage.cancel(visit_on(plan, 3))
    assert moves(respacing.respace(plan=plan, now=NOW), stage) == [(0, 3)]


def test_what_moving_can_not_mend_is_said(stage: Stage, plan: TreatmentPlan) -> None:
    """The last session was on day 0 and the next is on day 9: until then the clinic has nothing free."""
    series_on(stage, plan, 0, 4, 9)
    attendance.arrive(
        actor=stage.house.actor(stage.house.ana), appointment=visit_on(plan, 0), now=stage.at("9:50")
    )
    stage.cancel(visit_on(plan, 4))
    for resource in [*stage.chairs, *stage.nurses]:
        resource.openings.filter(during__startswith__lt=stage.at("8:00", on(9))).exclude(
            during__contains=stage.at("10:00")
        ).delete()
    found = respacing.respace(plan=plan, now=stage.at("16:00"))
    assert found.shifts == ()
    assert found.impossible == (
        "The visit before is on Mon, Jan 11. The next has to be between Wed, Jan 13 and Sat, Jan 16:"
        " nothing is free."
    )


@pytest.mark.parametrize("nobody_nurses", [True, False])
def test_what_stands_against_any_time_is_told_in_place_of_moves(
    stage: Stage, plan: TreatmentPlan, nobody_nurses: bool
) -> None:
    for ahead in (1, 8):
        stage.book(plan, "10:00", TODAY + timedelta(days=ahead))
    assert respacing.respace(plan=plan, now=NOW).shifts
    if nobody_nurses:
        Resource.objects.filter(pk__in=[nurse.pk for nurse in stage.nurses]).update(active=False)
        sentence = "The clinic has no working nurse."
    else:
        plans.put_on_hold(actor=stage.house.actor(stage.house.priya), plan=plan, reason="Fever")
        sentence = "The plan is on-hold. A prescriber can take it up again."
    found = respacing.respace(plan=plan, now=NOW)
    assert (found.shifts, found.impossible) == ((), sentence)


def test_one_visit_is_moved_once(stage: Stage, plan: TreatmentPlan) -> None:
    visit = stage.book(plan, "10:00")
    move = Accepted(visit.pk, visit.starts_at, stage.at("11:00"))
    with pytest.raises(Invalid, match="Give each visit once"):
        respacing.accept(actor=stage.house.actor(stage.house.ana), plan=plan, moves=[move, move], now=NOW)


def test_more_visits_than_are_moved_at_once_are_refused_before_anything_is_asked(
    stage: Stage, plan: TreatmentPlan
) -> None:
    moves = [Accepted(new_id(), NOW, NOW) for _ in range(MOST_SESSIONS + 1)]
    with pytest.raises(Invalid) as refused:
        accept(stage, plan, moves)
    assert refused.value.detail == f"moves: {TOO_MANY}"
