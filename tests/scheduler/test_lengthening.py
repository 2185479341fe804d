"""A patient who takes longer to recover keeps the chair and the nurse: whoever is free at the end of a visit
is asked, and nothing of it that stands is moved."""

from datetime import datetime, timedelta

import pytest
import time_machine
from django.db import IntegrityError, transaction

from clinic.problems import Conflict, Invalid
from scheduler.finding import free_times
from scheduler.models import Appointment, Claim, TreatmentPlan
from scheduler.visits import attendance, booking, lengthening, moving, placing, versions
from scheduler.visits.visit_history import appointment_history
from scheduler.waitlist import waitlist
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.scheduler.waits import join, offer_freed

MINUTE = timedelta(minutes=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=1)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    return stage.book(stage.plan(), "9:30")


def lengthen(stage: Stage, visit: Appointment, minutes: int, now: datetime = NOW) -> Appointment:
    return lengthening.lengthen(
        actor=stage.house.actor(stage.house.ana),
        appointment=visit,
        extra_recovery_minutes=minutes,
        now=now,
    )


def held(visit: Appointment) -> set[tuple[str, str, datetime, datetime, int]]:
    """What the visit claims, joined where one resource's claims of a phase touch."""
    claims = Claim.objects.filter(appointment=visit).select_related("resource").order_by("during")
    found: dict[tuple[str, str], list[tuple[datetime, datetime, int]]] = {}
    for claim in claims:
        units = claim.units.upper - claim.units.lower
        spans = found.setdefault((claim.resource.name, claim.phase), [])
        if spans and spans[-1][1:] == (claim.during.lower, units):
            spans[-1] = (spans[-1][0], claim.during.upper, units)
        else:
            spans.append((claim.during.lower, claim.during.upper, units))
    return {(*key, *span) for key, spans in found.items() for span in spans}


def as_if_booked(visit: Appointment, extra: int) -> set[tuple[str, str, datetime, datetime, int]]:
    """What it would claim, had it been booked with that recovery from the first."""
    longer = extra * MINUTE
    return {
        (
            name,
            phase,
            start,
            end + longer if phase in ("observation", "whole") else end,
            units,
        )
        for name, phase, start, end, units in held(visit)
    }


def test_the_chair_the_nurse_and_the_clinician_are_kept_for_so_long(stage: Stage, visit: Appointment) -> None:
    expected, ended = as_if_booked(visit, 45), visit.ends_at

    longer = lengthen(stage, visit, 45)

    assert (longer.extra_recovery_minutes, longer.ends_at - ended) == (45, 45 * MINUTE)
    assert held(visit) == expected
    last = appointment_history(Appointment.objects.get(pk=visit.pk), now=NOW)[-1]
    assert last.words.startswith("Now until")


def test_less_gives_back_what_was_kept_and_none_leaves_the_protocols_own(
    stage: Stage, visit: Appointment
) -> None:
    before = held(visit)
    shorter = as_if_booked(visit, 20)
    lengthen(stage, visit, 45)

    lengthen(stage, visit, 20)
    assert held(visit) == shorter
    lengthen(stage, visit, 0)

    assert held(visit) == before
    with pytest.raises(Invalid, match="Give 0 to 240 minutes"):
        lengthen(stage, visit, -5)


def test_the_same_length_asked_for_again_changes_nothing(stage: Stage, visit: Appointment) -> None:
    first = lengthen(stage, visit, 45)

    again = lengthen(stage, visit, 45)

    assert (again.claims_changed, again.ends_at) == (first.claims_changed, first.ends_at)


@pytest.mark.parametrize("minutes", [7, 245])
def test_only_whole_steps_and_no_slips_of_the_keyboard(
    stage: Stage, visit: Appointment, minutes: int
) -> None:
    with pytest.raises(Invalid, match="in steps of 5"):
        lengthen(stage, visit, minutes)
    with pytest.raises(IntegrityError, match="appointment_extra_recovery_bounded"), transaction.atomic():
        Appointment.objects.filter(pk=visit.pk).update(extra_recovery_minutes=minutes)


def test_a_chair_that_is_somebody_elses_next_is_said_with_the_most_that_is_free(
    stage: Stage, visit: Appointment
) -> None:
    next_start = visit.ends_at + visit.protocol.turnover_minutes * MINUTE + 20 * MINUTE
    booking.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(stage.house.omar),
        start=next_start,
        now=NOW,
    )
    before = held(visit)

    with pytest.raises(Conflict) as refusal:
        lengthen(stage, visit, 60)

    assert refusal.value.code == "not_lengthened"
    assert "chair_taken" in {blocker["code"] for blocker in refusal.value.data["blockers"]}
    assert refusal.value.data["longest"] == 20
    assert (held(visit), Appointment.objects.get(pk=visit.pk).extra_recovery_minutes) == (before, 0)
    assert lengthen(stage, visit, 20).extra_recovery_minutes == 20


def test_nobody_takes_over_in_the_middle_of_a_recovery(house: House) -> None:
    """Nurse 1 has her hands full when the visit would end; Nurse 2 is free, and doesn't know the patient."""
    stage = set_stage(house, nurses=2)
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0], nurse=stage.nurses[0])
    booking.book(
        actor=house.actor(house.ana),
        id=new_id(),
        plan=stage.plan(house.omar),
        start=visit.ends_at,
        chair=stage.chairs[1],
        nurse=stage.nurses[0],
        now=NOW,
    )

    asked = lengthening.check(appointment=visit, extra_recovery_minutes=15, now=NOW)
    with pytest.raises(Conflict) as refusal:
        lengthen(stage, visit, 15)

    assert [blocker.code for blocker in asked.blockers] == ["nurse_overloaded"]
    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == ["nurse_overloaded"]


def test_a_recovery_is_made_longer_while_it_goes_on(stage: Stage, visit: Appointment) -> None:
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)
    expected = as_if_booked(visit, 30)

    lengthen(stage, visit, 30, now=visit.ends_at - 10 * MINUTE)

    assert held(visit) == expected
    with pytest.raises(Invalid, match="would have ended"):
        lengthen(stage, visit, 0, now=visit.ends_at + 10 * MINUTE)


def test_a_patient_who_recovers_past_the_visits_end_is_kept_on(stage: Stage, visit: Appointment) -> None:
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)
    late = visit.ends_at + 10 * MINUTE

    with pytest.raises(Invalid, match="Give more minutes"):
        lengthen(stage, visit, 10, now=late)

    assert lengthen(stage, visit, 30, now=late).ends_at == visit.ends_at + 30 * MINUTE


def test_a_visit_that_is_done_or_gone_is_not_made_longer(stage: Stage, visit: Appointment) -> None:
    stage.cancel(visit)

    with pytest.raises(Conflict) as refusal:
        lengthen(stage, visit, 30)

    assert refusal.value.code == "wrong_status"


def test_a_longer_visit_is_moved_and_taken_back_with_its_recovery(stage: Stage, visit: Appointment) -> None:
    ana = stage.house.actor(stage.house.ana)
    length = visit.ends_at - visit.starts_at + 40 * MINUTE
    lengthen(stage, visit, 40)

    moved = moving.reschedule(actor=ana, appointment=visit, start=stage.at("12:00"), now=NOW)
    assert moved.ends_at - moved.starts_at == length
    stage.cancel(moved)
    back = attendance.undo(actor=ana, appointment=moved, now=NOW)

    assert back.ends_at - back.starts_at == length
    chair_until = max(end for name, _, _, end, _ in held(visit) if name == "Chair 1")
    assert chair_until == back.ends_at + visit.protocol.turnover_minutes * MINUTE


def test_times_to_move_a_longer_visit_to_have_room_for_it(stage: Stage, visit: Appointment) -> None:
    """The last start of the day is so much earlier; that one can be booked, and the next one can't."""
    lengthen(stage, visit, 60)
    asked = {
        "plan": visit.plan,
        "first": stage.at("9:00"),
        "until": stage.at("17:00"),
        "now": NOW,
        "without": [visit.pk],
    }

    last = int(free_times.search(**asked, extra_recovery=60).minutes[-1])  # type: ignore[arg-type]

    assert int(free_times.search(**asked).minutes[-1]) == last + 60  # type: ignore[arg-type]
    start = datetime.fromtimestamp(last * 60, NOW.tzinfo)
    visit.refresh_from_db()
    fits, too_late = (
        booking.check(
            actor=stage.house.actor(stage.house.ana),
            plan=visit.plan,
            start=asked_for,
            appointment=visit,
            now=NOW,
        )
        for asked_for in (start, start + 5 * MINUTE)
    )
    assert (fits.bookable, too_late.bookable) == (True, False)
    assert {one.end - one.start for one in too_late.alternatives} == {visit.ends_at - visit.starts_at}


def test_a_longer_visit_keeps_its_recovery_under_another_version(stage: Stage, visit: Appointment) -> None:
    lengthen(stage, visit, 40)
    newer = next_version(stage.protocol, stage.house, infusion_minutes=stage.protocol.infusion_minutes + 15)
    visit.plan.__class__.objects.filter(pk=visit.plan_id).update(protocol=newer)
    fresh = Appointment.objects.select_related("plan").get(pk=visit.pk)

    taken_over = versions.take_over(actor=stage.house.actor(stage.house.ana), appointment=fresh, now=NOW)

    assert taken_over.ends_at - taken_over.starts_at == newer.visit_length + 40 * MINUTE


def test_an_early_time_is_held_for_as_long_as_the_visit_it_replaces(stage: Stage) -> None:
    plan = stage.plan()
    held_time = booking.hold(
        actor=None, id=new_id(), plan=plan, start=stage.at("9:30"), extra_recovery=30, now=NOW
    )
    assert held_time.ends_at - held_time.starts_at == stage.protocol.visit_length + 30 * MINUTE

    booked = booking.book_held(actor=None, appointment=held_time, now=NOW)

    assert booked.extra_recovery_minutes == 30
    assert placing.own_lengths(booked) is not None


def test_a_longer_time_is_held_by_the_version_that_the_plan_was_taken_over_to_meanwhile(stage: Stage) -> None:
    read_before = stage.plan()
    assert read_before.protocol == stage.protocol
    newer = next_version(
        stage.protocol, stage.house, observation_minutes=stage.protocol.observation_minutes + 45
    )
    TreatmentPlan.objects.filter(pk=read_before.pk).update(protocol=newer)

    held_time = booking.hold(
        actor=None, id=new_id(), plan=read_before, start=stage.at("9:30"), extra_recovery=30, now=NOW
    )

    assert held_time.protocol_id == newer.pk
    assert held_time.ends_at - held_time.starts_at == newer.visit_length + 30 * MINUTE


def test_a_longer_visit_is_brought_forward_to_a_time_with_room_for_its_recovery(stage: Stage) -> None:
    """The morning has room for the visit before Omar's, and none for its recovery: later is offered."""
    tomorrow, later = TODAY + timedelta(days=1), TODAY + timedelta(days=4)
    visit = stage.book(stage.plan(), "13:00", later)
    lengthen(stage, visit, 60)
    omars = stage.at("9:00", tomorrow) + visit.protocol.block_length
    booking.book(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(stage.house.omar),
        start=omars,
        now=NOW,
    )
    join(stage, visit.plan, appointment=visit, first_day=tomorrow, last_day=tomorrow)

    [offer] = offer_freed(stage)
    moved = waitlist.accept(actor=None, offer=offer, now=NOW)

    assert offer.starts_at >= omars
    assert offer.appointment.extra_recovery_minutes == 60
    assert moved.ends_at - moved.starts_at == visit.protocol.visit_length + 60 * MINUTE


@time_machine.travel(NOW)
def test_the_api_keeps_it_and_says_what_stands_against_it(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:30")
    desk = client_of(stage.house.ana)
    address = f"/api/v1/appointments/{visit.pk}/lengthen/"

    kept = desk.post(address, {"extra_recovery_minutes": 30}, format="json")
    refused = desk.post(address, {"extra_recovery_minutes": 240}, format="json")

    assert (kept.status_code, kept.json()["extra_recovery_minutes"]) == (200, 30)
    assert (refused.status_code, refused.json()["code"]) == (409, "not_lengthened")
    assert "outside_hours" in {blocker["code"] for blocker in refused.json()["blockers"]}
    assert desk.post(address, {"extra_recovery_minutes": 12}, format="json").status_code == 400
