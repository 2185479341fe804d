"""A day is repaired: proposed without a trace, accepted as one, refused when the day has changed."""

from datetime import date, datetime, timedelta
from typing import Any

import pytest

from clinic.models import Patient, WorkItem
from clinic.problems import Conflict, Invalid
from scheduler.models import (
    Absence,
    AbsenceReason,
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Claim,
    Closure,
    ParticipantStatus,
    PlanStatus,
    Repair,
    Resource,
    TreatmentPlan,
)
from scheduler.repairing import repair
from scheduler.repairing.proposal import Outcome, Proposal, proposal_of
from scheduler.repairing.reading import Mishap, Missing, RunningLate
from scheduler.visits import attendance, booking, moving, queries
from scheduler.visits.placing import Move
from scheduler.vocabulary import wall_time
from scheduler.working_hours import time_off
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, open_on, set_stage

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=2, nurses=2)


def propose(stage: Stage, mishap: Mishap, now: datetime = NOW, day: date = TODAY) -> Repair:
    return repair.propose(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        clinic=stage.house.clinic,
        day=day,
        disruption=mishap,
        now=now,
    )


def accept(stage: Stage, proposed: Repair, now: datetime = NOW) -> Repair:
    return repair.accept(actor=stage.house.actor(stage.house.ana), repair=proposed, now=now)


def away(stage: Stage, who: Resource, start: str = "9:00", end: str = "17:00", **changes: Any) -> Missing:
    given: dict[str, Any] = {"resource": who, "reason": AbsenceReason.ILLNESS, **changes}
    return Missing(stage.at(start), stage.at(end), **given)


def absence_of(stage: Stage, who: Resource) -> Absence:
    """The whole of today, as the desk records it."""
    return time_off.record_absence(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        resource=who,
        start=stage.at("9:00"),
        end=stage.at("17:00"),
        reason=AbsenceReason.ILLNESS,
        now=NOW,
    )


def outcomes(proposed: Repair) -> dict[Any, str]:
    return {change.visit: change.outcome for change in plan_of(proposed).changes}


def plan_of(proposed: Repair) -> Proposal:
    return proposal_of(proposed.proposal)


def served(visit: Appointment) -> tuple[str, list[str]]:
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    assert shown.chair is not None
    return shown.chair.name, [turn.name for turn in shown.nurses]


def begin(stage: Stage, visit: Appointment, now: datetime = NOW) -> Appointment:
    nils = stage.house.actor(stage.house.nils)
    attendance.arrive(actor=nils, appointment=visit, now=now)
    return attendance.begin(appointment=visit, now=now)


def chairs_of(visit: Appointment) -> list[tuple[str, str, str]]:
    """Its chairs one after the other, each from when until when."""
    claims = visit.claims.filter(resource__kind="chair").order_by("during").select_related("resource")
    zone = visit.clinic.time_zone
    return [
        (claim.resource.name, wall_time(claim.during.lower, zone), wall_time(claim.during.upper, zone))
        for claim in claims
    ]


def another(stage: Stage, name: str) -> Patient:
    return make_patient(stage.house.clinic, name, "Ruiz")


# --- Proposed and accepted ------------------------------------------------------------------------------


def test_an_ill_nurse_is_replaced_and_nobody_moves(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    attendance.confirm(appointment=visit, now=NOW)
    proposed = propose(stage, away(stage, stage.nurses[0], "10:00"))
    assert outcomes(proposed) == {visit.pk: Outcome.KEPT}
    accept(stage, proposed)
    visit.refresh_from_db()
    assert served(visit)[1] == ["Nurse 2"]
    assert (visit.starts_at, visit.patient_status) == (stage.at("13:00"), ParticipantStatus.ACCEPTED)
    absence = Absence.objects.get()
    assert (absence.resource, absence.during.lower) == (stage.nurses[0], stage.at("10:00"))


def test_a_proposal_leaves_no_trace_but_itself(stage: Stage) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    before = list(Claim.objects.order_by("pk").values())
    propose(stage, away(stage, stage.nurses[0]))
    assert list(Claim.objects.order_by("pk").values()) == before
    assert not Absence.objects.exists()


def test_what_breaks_is_told_minute_by_minute(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00", nurse=stage.nurses[0])
    proposed = propose(stage, away(stage, stage.nurses[0], "9:10", "9:30"))
    faults = [(f.visit, f.cause, f.phase, f.start, f.end) for f in plan_of(proposed).faults]
    assert faults == [
        (visit.pk, "away", "preparation", stage.at("9:10"), stage.at("9:20")),
        (visit.pk, "away", "infusion", stage.at("9:20"), stage.at("9:30")),
    ]


def test_nothing_breaks_before_the_first_or_after_the_last_minute_that_is_needed(stage: Stage) -> None:
    """Infusing until 10:00, when nurse 2 takes over; observed until 11:00; the chair cleaned until 11:10."""
    visit = stage.book(stage.plan(), "9:00", chair=stage.chairs[0])
    first, second = stage.nurses
    moving.rearrange(
        actor=stage.house.actor(stage.house.ana),
        clinic=stage.house.clinic,
        moves=[
            Move(visit, visit.starts_at, turns=((stage.at("9:00"), first.pk), (stage.at("10:00"), second.pk)))
        ],
        reason="Agreed at the desk",
        now=NOW,
    )

    def breaks(who: Resource, start: str, end: str) -> list[tuple[str, str, str]]:
        faults = plan_of(propose(stage, away(stage, who, start, end))).faults
        zone = stage.house.clinic.time_zone
        return [(fault.phase, wall_time(fault.start, zone), wall_time(fault.end, zone)) for fault in faults]

    assert breaks(first, "10:00", "17:00") == []
    assert breaks(first, "9:59", "17:00") == [("infusion", "09:59", "10:00")]
    assert breaks(second, "9:00", "10:00") == []
    assert breaks(second, "9:00", "10:01") == [("observation", "10:00", "10:01")]
    assert breaks(stage.chairs[0], "11:10", "17:00") == []
    assert breaks(stage.chairs[0], "11:09", "17:00") == [("whole", "11:09", "11:10")]
    assert breaks(stage.clinician, "11:00", "17:00") == []
    assert breaks(stage.clinician, "10:59", "17:00") == [("whole", "10:59", "11:00")]


def test_a_visit_that_begins_when_the_delay_is_over_does_not_break(stage: Stage) -> None:
    stage.book(stage.plan(), "9:40", nurse=stage.nurses[0])
    assert plan_of(propose(stage, RunningLate(40))).faults == ()
    (fault,) = plan_of(propose(stage, RunningLate(41))).faults
    assert (fault.cause, fault.start, fault.end) == ("too_early", stage.at("9:40"), stage.at("9:41"))


def test_a_broken_chair_gives_its_visits_to_another(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", chair=stage.chairs[0])
    accept(stage, propose(stage, away(stage, stage.chairs[0], reason=AbsenceReason.BREAKDOWN)))
    assert served(visit)[0] == "Chair 2"
    assert Absence.objects.get().reason == AbsenceReason.BREAKDOWN


def test_an_absence_that_breaks_nothing_is_recorded_all_the_same(stage: Stage) -> None:
    proposed = propose(stage, away(stage, stage.nurses[0]))
    assert plan_of(proposed).changes == ()
    accept(stage, proposed)
    assert Absence.objects.count() == 1


def test_a_clinic_forty_minutes_late_pushes_back_what_has_to_wait(house: House) -> None:
    stage = set_stage(house, chairs=1, nurses=1)
    first = begin(stage, stage.book(stage.plan(), "9:00"))
    second = stage.book(stage.plan(house.omar), "11:10")
    afternoon = stage.book(stage.plan(another(stage, "Ines")), "14:30")
    now = stage.at("9:30")
    proposed = propose(stage, RunningLate(40), now)
    assert outcomes(proposed) == {first.pk: Outcome.KEPT, second.pk: Outcome.MOVED}
    accept(stage, proposed, now)
    for visit in (first, second, afternoon):
        visit.refresh_from_db()
    assert (first.starts_at, first.ends_at) == (stage.at("9:00"), stage.at("11:40"))
    assert (second.starts_at, second.patient_status) == (stage.at("11:50"), "needs-action")
    assert afternoon.starts_at == stage.at("14:30")
    infusing = Claim.objects.get(appointment=first, phase="infusion", during__endswith=stage.at("10:40"))
    assert infusing.during.lower == stage.at("9:30")


def test_a_visit_that_was_made_longer_keeps_its_length_when_the_day_is_repaired_again(house: House) -> None:
    stage = set_stage(house, chairs=1, nurses=2)
    first = begin(stage, stage.book(stage.plan(), "9:00", nurse=stage.nurses[0]))
    now = stage.at("9:30")
    accept(stage, propose(stage, RunningLate(40, first), now), now)
    accept(stage, propose(stage, away(stage, stage.nurses[0]), now), now)
    first.refresh_from_db()
    assert first.ends_at == stage.at("11:40")
    assert served(first)[1] == ["Nurse 1", "Nurse 2"]


def test_a_patient_who_is_late_alone_is_moved_alone(stage: Stage) -> None:
    late = stage.book(stage.plan(), "10:00")
    other = stage.book(stage.plan(stage.house.omar), "10:00")
    accept(stage, propose(stage, RunningLate(30, late)))
    late.refresh_from_db()
    other.refresh_from_db()
    assert (late.starts_at, other.starts_at) == (stage.at("10:30"), stage.at("10:00"))


def test_a_running_infusion_is_handed_over_from_now_on_and_keeps_what_lies_behind(stage: Stage) -> None:
    visit = begin(stage, stage.book(stage.plan(), "9:00", nurse=stage.nurses[0]))
    now = stage.at("9:32")
    accept(stage, propose(stage, away(stage, stage.nurses[0], "9:30"), now), now)
    claims = Claim.objects.filter(appointment=visit, resource__in=stage.nurses).order_by("during")
    assert [(claim.resource.name, claim.phase, claim.during.lower) for claim in claims] == [
        ("Nurse 1", "preparation", stage.at("9:00")),
        ("Nurse 1", "infusion", stage.at("9:20")),
        ("Nurse 2", "infusion", stage.at("9:35")),
        ("Nurse 2", "observation", stage.at("10:00")),
    ]
    assert claims[1].during.upper == stage.at("9:35")
    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == (AppointmentStatus.CHECKED_IN, stage.at("9:00"))


def test_a_patient_whom_nobody_can_serve_is_named_and_the_plan_cannot_be_accepted(house: House) -> None:
    stage = set_stage(house, nurses=1)
    visit = begin(stage, stage.book(stage.plan(), "9:00"))
    proposed = propose(stage, away(stage, stage.nurses[0]))
    assert outcomes(proposed) == {visit.pk: Outcome.LEFT_ALONE}
    with pytest.raises(Conflict, match="Call somebody in") as refusal:
        accept(stage, proposed)
    assert refusal.value.code == "not_repairable"
    assert not Absence.objects.exists()


def test_those_for_whom_the_day_has_no_room_go_to_the_next_free_days(house: House) -> None:
    stage = set_stage(house, chairs=2, nurses=1)
    first = stage.book(stage.plan(), "9:30")
    second = stage.book(stage.plan(house.omar), "13:00")
    proposed = propose(stage, away(stage, stage.nurses[0]))
    assert set(outcomes(proposed).values()) == {Outcome.ANOTHER_DAY}
    dates = {change.visit: change.dates for change in plan_of(proposed).changes}
    assert dates[first.pk][0] == stage.at("9:30", TOMORROW)
    assert len(dates[first.pk]) == 3
    accept(stage, proposed)
    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.starts_at, first.status) == (stage.at("9:30", TOMORROW), "booked")
    assert second.starts_at == stage.at("13:00", TOMORROW)


def test_two_who_go_to_another_day_do_not_take_the_same_place(house: House) -> None:
    stage = set_stage(house, chairs=1, nurses=1, days=2)
    first = stage.book(stage.plan(), "10:00")
    second = stage.book(stage.plan(house.omar), "12:30")
    stage.book(stage.plan(another(stage, "Ines")), "12:30", TOMORROW)
    proposed = propose(stage, away(stage, stage.nurses[0]))
    accept(stage, proposed)
    first.refresh_from_db()
    second.refresh_from_db()
    assert first.starts_at == stage.at("10:00", TOMORROW)
    assert second.starts_at == stage.at("14:40", TOMORROW)


def test_where_no_other_day_is_free_the_visit_is_called_off_and_the_desk_gets_the_task(house: House) -> None:
    stage = set_stage(house, nurses=1, days=1)
    visit = stage.book(stage.plan(), "10:00")
    accept(stage, propose(stage, away(stage, stage.nurses[0])))
    visit.refresh_from_db()
    assert visit.status == AppointmentStatus.CANCELLED
    assert visit.cancelation_reason == CancellationReason.PROVIDER_PERSONAL
    task = WorkItem.objects.get()
    assert task.title == "Find a new date: the visit on January 11 was called off"
    assert (task.patient, task.role) == (house.rosa, "front_desk")


def test_a_broken_chair_is_the_reason_of_what_it_calls_off(house: House) -> None:
    stage = set_stage(house, chairs=1, days=1)
    visit = stage.book(stage.plan(), "10:00")
    accept(stage, propose(stage, away(stage, stage.chairs[0], reason=AbsenceReason.BREAKDOWN)))
    visit.refresh_from_db()
    assert visit.cancelation_reason == CancellationReason.ROOM


def test_a_patient_who_is_here_and_goes_to_another_day_is_no_longer_checked_in(house: House) -> None:
    stage = set_stage(house, nurses=1)
    visit = stage.book(stage.plan(), "9:30")
    attendance.arrive(actor=house.actor(house.ana), appointment=visit, now=NOW)
    accept(stage, propose(stage, away(stage, stage.nurses[0])))
    visit.refresh_from_db()
    assert (visit.status, visit.arrived_at) == (AppointmentStatus.BOOKED, None)
    assert visit.starts_at == stage.at("9:30", TOMORROW)


def test_a_hold_in_the_way_of_what_cannot_be_is_given_up(house: House) -> None:
    stage = set_stage(house, nurses=1)
    held = booking.hold(
        actor=house.actor(house.ana), id=new_id(), plan=stage.plan(), start=stage.at("10:00"), now=NOW
    )
    proposed = propose(stage, away(stage, stage.nurses[0]))
    assert outcomes(proposed) == {held.pk: Outcome.GIVEN_UP}
    accept(stage, proposed)
    held.refresh_from_db()
    assert held.lapsed_hold


def test_who_is_booked_keeps_the_time_and_what_is_only_held_gives_way(house: House) -> None:
    """Nurse 1 has two times held that touch the booked visit; nurse 2, who had it, falls ill."""
    stage = set_stage(house, chairs=3, nurses=2)
    booked = stage.book(stage.plan(), "11:00", nurse=stage.nurses[1])
    holds = [
        booking.hold(
            actor=house.actor(house.ana),
            id=new_id(),
            plan=stage.plan(another(stage, name)),
            start=stage.at(start),
            nurse=stage.nurses[0],
            now=NOW,
        )
        for name, start in (("Carla", "10:00"), ("Diego", "12:00"))
    ]
    proposed = propose(stage, away(stage, stage.nurses[1]))
    assert outcomes(proposed) == {booked.pk: Outcome.KEPT} | {held.pk: Outcome.GIVEN_UP for held in holds}
    accept(stage, proposed)
    booked.refresh_from_db()
    assert (booked.starts_at, served(booked)[1]) == (stage.at("11:00"), ["Nurse 1"])


def seated_early(stage: Stage) -> Appointment:
    """Booked from 10:00 in chair 1, and in it since 9:40."""
    visit = stage.book(stage.plan(), "10:00", chair=stage.chairs[0], nurse=stage.nurses[0])
    return begin(stage, visit, stage.at("9:40"))


def test_who_is_in_the_chair_early_keeps_it_when_the_nurse_changes(stage: Stage) -> None:
    visit = seated_early(stage)
    now = stage.at("9:43")
    proposed = propose(stage, away(stage, stage.nurses[0], "9:45"), now)
    assert outcomes(proposed) == {visit.pk: Outcome.KEPT}
    accept(stage, proposed, now)
    assert chairs_of(visit) == [("Chair 1", "09:40", "09:45"), ("Chair 1", "09:45", "12:10")]
    assert served(visit) == ("Chair 1", ["Nurse 2"])
    visit.refresh_from_db()
    assert (visit.status, visit.starts_at) == ("checked-in", stage.at("10:00"))


def test_a_plan_of_the_very_minute_leaves_who_was_just_seated_in_the_chair(stage: Stage) -> None:
    visit = seated_early(stage)
    now = stage.at("9:40")
    accept(stage, propose(stage, away(stage, stage.nurses[0], "9:45"), now), now)
    assert chairs_of(visit) == [("Chair 1", "09:40", "12:10")]


def test_a_chair_that_breaks_under_who_is_early_is_changed_at_once_and_the_nurse_stays(stage: Stage) -> None:
    visit = seated_early(stage)
    now = stage.at("9:43")
    proposed = propose(stage, away(stage, stage.chairs[0], "9:45", "9:55"), now)
    (fault,) = plan_of(proposed).faults
    assert (fault.visit, fault.start, fault.end) == (visit.pk, stage.at("9:45"), stage.at("9:55"))
    accept(stage, proposed, now)
    assert chairs_of(visit) == [("Chair 1", "09:40", "09:45"), ("Chair 2", "09:45", "12:10")]
    assert served(visit)[1] == ["Nurse 1"]


def test_a_clinic_that_closes_early_moves_its_visits_and_is_closed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "14:30")
    mishap = Missing(stage.at("15:00"), stage.at("17:00"))
    accept(stage, propose(stage, mishap))
    visit.refresh_from_db()
    assert visit.starts_at == stage.at("12:50")
    assert Closure.objects.get().during.lower == stage.at("15:00")


def test_an_absent_clinician_is_replaced_by_the_other(stage: Stage) -> None:
    other = Resource.objects.create(clinic=stage.house.clinic, kind="clinician", name="Dr Weiss", capacity=8)
    from_nine = stage.at("9:00"), stage.at("17:00")
    open_on(other, *from_nine)
    visit = stage.book(stage.plan(), "13:00")
    accept(stage, propose(stage, away(stage, stage.clinician)))
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    assert shown.clinician == other


def test_the_history_says_that_it_was_the_repair(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    accept(stage, propose(stage, away(stage, stage.nurses[0], "10:00")))
    last = visit.events.order_by("-pgh_id").first()  # type: ignore[attr-defined]
    assert last.pgh_context.metadata["reason"] == "Repair of the day: Nurse 1 is ill, 10:00\N{EN DASH}17:00"
    assert last.pgh_context.metadata["user"] == str(stage.house.ana.pk)


def test_a_visit_that_may_not_be_moved_is_left_out_and_another_plan_found(house: House) -> None:
    stage = set_stage(house, chairs=2, nurses=2)
    plan = stage.plan()
    stands = stage.book(plan, "9:30", nurse=stage.nurses[0])
    moves = stage.book(stage.plan(house.omar), "9:30", nurse=stage.nurses[1])
    TreatmentPlan.objects.filter(pk=plan.pk).update(status=PlanStatus.ON_HOLD)
    proposed = propose(stage, away(stage, stage.nurses[0]))
    assert outcomes(proposed) == {stands.pk: Outcome.KEPT, moves.pk: Outcome.MOVED}
    accept(stage, proposed)
    stands.refresh_from_db()
    assert stands.starts_at == stage.at("9:30")


# --- Outdated -------------------------------------------------------------------------------------------


def test_a_plan_is_outdated_when_a_visit_that_it_touches_has_changed(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    proposed = propose(stage, away(stage, stage.nurses[0]))
    stage.cancel(visit)
    with pytest.raises(Conflict) as refusal:
        accept(stage, proposed)
    assert refusal.value.code == "plan_outdated"
    assert not Absence.objects.exists()


def test_a_plan_is_outdated_when_a_touched_visit_has_other_nurses_now(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    proposed = propose(stage, away(stage, stage.nurses[0]))
    moving.reschedule(
        actor=stage.house.actor(stage.house.ana),
        appointment=visit,
        start=visit.starts_at,
        nurse=stage.nurses[1],
        now=NOW,
    )
    with pytest.raises(Conflict, match="changed since"):
        accept(stage, proposed)


def test_a_plan_is_outdated_when_its_places_were_booked_meanwhile_and_nothing_is_done(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    proposed = propose(stage, away(stage, stage.nurses[0]))
    stage.book(stage.plan(stage.house.omar), "13:00", nurse=stage.nurses[1])
    with pytest.raises(Conflict) as refusal:
        accept(stage, proposed)
    assert refusal.value.code == "plan_outdated"
    assert served(visit)[1] == ["Nurse 1"]
    assert not Absence.objects.exists()
    proposed.refresh_from_db()
    assert proposed.accepted_at is None


def test_a_plan_stands_for_a_quarter_of_an_hour(stage: Stage) -> None:
    proposed = propose(stage, away(stage, stage.nurses[0], "10:00"))
    with pytest.raises(Conflict, match="new plan"):
        accept(stage, proposed, NOW + timedelta(minutes=15, seconds=1))
    assert accept(stage, proposed, NOW + timedelta(minutes=15)).accepted_at


def test_accepting_again_changes_nothing(stage: Stage) -> None:
    stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    proposed = propose(stage, away(stage, stage.nurses[0]))
    once = accept(stage, proposed)
    again = accept(stage, proposed, NOW + timedelta(hours=1))
    assert again.accepted_at == once.accepted_at
    assert Absence.objects.count() == 1


def test_who_is_recorded_as_absent_already_needs_no_second_absence(stage: Stage) -> None:
    recorded = absence_of(stage, stage.nurses[0])

    accept(stage, propose(stage, away(stage, stage.nurses[0], "10:00", "12:00")))

    assert list(Absence.objects.all()) == [recorded]


# --- What can't be asked --------------------------------------------------------------------------------


def test_what_is_told_has_to_make_sense(stage: Stage) -> None:
    nurse = stage.nurses[0]
    yesterday = TODAY - timedelta(days=1)
    with pytest.raises(Invalid, match="day is over"):
        propose(stage, away(stage, nurse), day=yesterday)
    with pytest.raises(Invalid, match="after the start"):
        propose(stage, away(stage, nurse, "12:00", "11:00"))
    with pytest.raises(Invalid, match="on this day"):
        propose(stage, Missing(stage.at("9:00"), stage.at("9:00", TOMORROW), nurse))
    with pytest.raises(Invalid, match="still to come"):
        propose(stage, away(stage, nurse, "9:00", "9:30"), stage.at("9:30"))
    with pytest.raises(Invalid, match="whole minutes"):
        propose(stage, Missing(stage.at("9:00") + timedelta(seconds=1), stage.at("10:00"), nurse))
    with pytest.raises(Invalid, match="Only today"):
        propose(stage, RunningLate(40), day=TOMORROW)
    with pytest.raises(Invalid, match="1 to 240"):
        propose(stage, RunningLate(241))
    visit = stage.book(stage.plan(), "9:00", TOMORROW)
    with pytest.raises(Invalid, match="another day"):
        propose(stage, RunningLate(40, visit))
    assert not Repair.objects.exists()


def test_what_ends_before_the_next_five_minutes_mends_itself_and_what_ends_after_them_is_mended(
    stage: Stage,
) -> None:
    """At 9:32 a day is mended from 9:35 on: there was an absence that would have ended before it began."""
    nurse, now = stage.nurses[0], stage.at("9:32")
    with pytest.raises(Invalid, match="Give an end after 09:35"):
        propose(stage, away(stage, nurse, "9:30", "9:34"), now)
    with pytest.raises(Invalid, match="Give an end after 09:35"):
        propose(stage, away(stage, nurse, "9:30", "9:35"), now)
    accept(stage, propose(stage, away(stage, nurse, "9:30", "9:36"), now), now)
    absence = Absence.objects.get()
    assert (absence.during.lower, absence.during.upper) == (stage.at("9:35"), stage.at("9:36"))


def test_a_plan_for_what_is_over_by_now_is_outdated(stage: Stage) -> None:
    proposed = propose(stage, away(stage, stage.nurses[0], "9:30", "9:40"), stage.at("9:32"))
    with pytest.raises(Conflict) as refused:
        accept(stage, proposed, stage.at("9:40"))
    assert refused.value.code == "plan_outdated"
    assert not Absence.objects.exists()


def test_a_day_to_come_can_be_repaired_too(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00", TOMORROW, nurse=stage.nurses[0])
    mishap = Missing(stage.at("9:00", TOMORROW), stage.at("17:00", TOMORROW), stage.nurses[0])
    accept(stage, propose(stage, mishap, day=TOMORROW))
    assert served(visit)[1] == ["Nurse 2"]
