"""A visit is booked, cancelled, confirmed, checked in; and told why when it can't be."""

from datetime import timedelta
from typing import Any

import pytest
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

from clinic.models import Consent, ConsentScope
from clinic.problems import Conflict, Invalid
from scheduler.finding import free_times
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Claim,
    ParticipantStatus,
    PlanStatus,
    ProtocolStatus,
)
from scheduler.visits import attendance, booking
from scheduler.working_hours import time_off
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, next_version, set_stage

TOMORROW = TODAY + timedelta(days=1)
WEDNESDAY = TODAY + timedelta(days=2)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def codes(check: booking.Check) -> list[str]:
    return [blocker.code for blocker in check.blockers]


def test_a_booking_holds_chair_nurse_and_clinician_for_its_phases(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    assert (visit.starts_at, visit.ends_at) == (stage.at("9:30"), stage.at("11:30"))
    held = [
        (
            claim.resource.kind,
            claim.phase,
            (claim.units.lower, claim.units.upper),
            (claim.during.lower, claim.during.upper),
        )
        for claim in Claim.objects.filter(appointment=visit).select_related("resource").order_by("pk")
    ]
    assert held == [
        ("chair", "whole", (0, 1), (stage.at("9:30"), stage.at("11:40"))),
        ("nurse", "preparation", (0, 6), (stage.at("9:30"), stage.at("9:50"))),
        ("nurse", "infusion", (0, 3), (stage.at("9:50"), stage.at("10:30"))),
        ("nurse", "observation", (0, 2), (stage.at("10:30"), stage.at("11:30"))),
        ("clinician", "whole", (0, 1), (stage.at("9:30"), stage.at("11:30"))),
    ]
    assert visit.status == AppointmentStatus.BOOKED
    assert visit.patient_status == ParticipantStatus.NEEDS_ACTION
    assert visit.booked_by_id == stage.house.ana.pk


def test_a_second_booking_for_the_same_chair_is_refused_with_times_that_do(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    omars = stage.plan(stage.house.omar)

    with pytest.raises(Conflict) as refusal:
        stage.book(omars, "11:00", chair=stage.chairs[0])

    assert refusal.value.code == "not_bookable"
    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == [
        "chair_taken",
        "nurse_overloaded",
    ]
    assert refusal.value.data["blockers"][0]["minutes"] == 40
    offered = refusal.value.data["alternatives"]
    times = [alternative["start"] for alternative in offered if "same_chair" in alternative["kinds"]]
    assert stage.at("11:40") in times
    for time in times:
        assert booking.check(
            actor=stage.house.actor(stage.house.ana), plan=omars, start=time, chair=stage.chairs[0], now=NOW
        ).bookable


def test_a_refused_booking_leaves_nothing_behind(stage: Stage) -> None:
    stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict):
        stage.book(stage.plan(stage.house.omar), "9:30")

    assert Appointment.objects.count() == 1
    assert set(Claim.objects.values_list("appointment__patient", flat=True)) == {stage.house.rosa.pk}


def test_the_minutes_over_the_nursing_load_are_told(stage: Stage) -> None:
    """Rosa infuses from 9:50 to 10:30 (3 units); nobody can be prepared (6 units) beside that."""
    stage.book(stage.plan(), "9:30")

    check = stage.check(stage.plan(stage.house.omar), "10:20")

    assert [(blocker.code, blocker.minutes) for blocker in check.blockers] == [("nurse_overloaded", 20)]


def test_a_nurse_serves_as_many_as_her_load_allows(house: House) -> None:
    """With a preparation of 3 units two visits fit side by side (6, 6, 4 units); a third doesn't."""
    stage = set_stage(house, chairs=3)
    stage.protocol = next_version(stage.protocol, house, preparation_units=3)
    stage.book(stage.plan(), "9:30")
    stage.book(stage.plan(house.omar), "9:30")

    third = stage.check(stage.plan(make_patient(house.clinic, "Ida", "Koch")), "9:30")

    assert [(blocker.code, blocker.minutes) for blocker in third.blockers] == [("nurse_overloaded", 60)]


def test_every_blocker_is_told_at_once(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    stage.book(plan, "9:30")
    Consent.objects.filter(patient=stage.house.rosa, scope=ConsentScope.TREATMENT).update(revoked_at=NOW)
    plan.status = PlanStatus.ON_HOLD
    plan.save()

    check = stage.check(plan, "10:00", chair=stage.chairs[0], now=stage.at("12:00"))

    assert codes(check) == [
        "plan_not_active",
        "sessions_used_up",
        "consent_missing",
        "in_the_past",
        "patient_elsewhere",
        "spacing_too_close",
        "chair_taken",
        "nurse_overloaded",
    ]
    assert check.alternatives == ()  # no other time helps


def test_sessions_closer_than_the_protocol_allows_are_refused_by_calendar_day(stage: Stage) -> None:
    """2 days at least (domain.md 2.2), counted by date: 16:00 on Monday to 9:00 on Wednesday is two days."""
    plan = stage.plan()
    stage.book(plan, "14:50")

    assert codes(stage.check(plan, "9:00", TOMORROW)) == ["spacing_too_close"]
    assert codes(stage.check(plan, "9:00", WEDNESDAY)) == []


@pytest.mark.parametrize(
    ("wall_time", "blockers"),
    [("8:55", ["outside_hours", "outside_hours", "no_clinician"]), ("15:00", ["outside_hours"])],
)
def test_the_chair_needs_its_turnover_inside_the_hours(
    stage: Stage, wall_time: str, blockers: list[str]
) -> None:
    """15:00 to 17:00 suits nurse and clinician; the chair's turnover ends at 17:10."""
    check = stage.check(stage.plan(), wall_time, now=NOW - timedelta(hours=1))

    assert codes(check) == blockers


@pytest.mark.parametrize(
    ("hours", "told"),
    [
        (("00:00", "23:59"), "The clinic is closed on Mon, Jan 11 until 23:59: Staff training."),
        (("9:00", "12:00"), "The clinic is closed on Mon, Jan 11 from 09:00 until 12:00: Staff training."),
    ],
)
def test_a_closed_clinic_says_why_first_and_names_nobody(
    stage: Stage, hours: tuple[str, str], told: str
) -> None:
    begins, ends = (stage.at(wall_time) for wall_time in hours)
    time_off.close(
        actor=stage.house.actor(stage.house.max),
        id=new_id(),
        clinic=stage.house.clinic,
        start=begins,
        end=ends,
        name="Staff training",
        now=NOW - timedelta(days=1),
    )
    check = stage.check(stage.plan(), "9:30")
    assert [blocker.detail for blocker in check.blockers] == [
        told,
        "No chair is open then.",
        "No nurse is at work then.",
        "No supervising clinician is on site then.",
    ]


def test_without_a_clinician_on_site_nothing_is_booked(stage: Stage) -> None:
    stage.clinician.active = False
    stage.clinician.save()

    assert codes(stage.check(stage.plan(), "9:30")) == ["no_clinician"]


def test_a_plan_outside_its_dates_is_refused(stage: Stage) -> None:
    plan = stage.plan(valid_until=TODAY)

    assert codes(stage.check(plan, "9:30", TOMORROW)) == ["plan_expired"]


def test_a_retired_protocol_version_is_not_booked(stage: Stage) -> None:
    plan = stage.plan()
    stage.protocol.status = ProtocolStatus.RETIRED
    stage.protocol.save()

    assert codes(stage.check(plan, "9:30")) == ["protocol_inactive"]


def test_nobody_is_booked_after_death(stage: Stage) -> None:
    plan = stage.plan()
    stage.house.rosa.deceased = True
    stage.house.rosa.save()

    assert codes(stage.check(plan, "9:30")) == ["patient_deceased"]


def test_a_time_off_the_grid_is_refused_with_the_mend(stage: Stage) -> None:
    with pytest.raises(Invalid, match="5-minute grid"):
        stage.check(stage.plan(), "9:32")


def test_a_chair_of_another_clinic_cannot_be_booked(stage: Stage, other_house: House) -> None:
    theirs = set_stage(other_house)

    with pytest.raises(Invalid, match="not a working chair"):
        stage.book(stage.plan(), "9:30", chair=theirs.chairs[0])


def test_the_nurse_the_patient_knows_comes_first(house: House) -> None:
    stage = set_stage(house, nurses=2)
    plan = stage.plan()
    stage.book(plan, "9:30", nurse=stage.nurses[1])

    check = stage.check(plan, "9:30", WEDNESDAY)

    assert [turn.nurse for turn in check.decision.nurses] == [stage.nurses[1]]


def test_a_new_patient_gets_the_nurse_with_the_least_to_do(house: House) -> None:
    stage = set_stage(house, nurses=2)
    stage.book(stage.plan(), "9:30", nurse=stage.nurses[0])

    check = stage.check(stage.plan(house.omar), "14:00")

    assert [turn.nurse for turn in check.decision.nurses] == [stage.nurses[1]]


def test_a_visit_changes_units_where_no_single_range_stays_free(house: House) -> None:
    """Three units are free throughout the infusion, though never the same three."""
    stage = set_stage(house, nurses=2)
    nurse = stage.nurses[0]
    other = stage.book(stage.plan(house.omar), "9:00", nurse=stage.nurses[1])
    for low, start, end in ((3, "11:20", "11:40"), (0, "11:40", "12:00")):
        Claim.objects.create(
            appointment=other,
            resource=nurse,
            phase="infusion",
            units=NumericRange(low, low + 3),
            during=DateTimeTZRange(stage.at(start), stage.at(end)),
            capacity=6,
        )

    visit = stage.book(stage.plan(), "11:00", nurse=nurse)

    infusion = Claim.objects.filter(appointment=visit, phase="infusion").order_by("pk")
    assert [(claim.units.lower, claim.during.lower) for claim in infusion] == [
        (0, stage.at("11:20")),
        (3, stage.at("11:40")),
    ]


def test_what_the_database_refuses_becomes_a_conflict_with_a_blocker(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Should a writer ever get past the lock, the constraint's meaning is told, not its name."""
    omars = stage.plan(stage.house.omar)
    stale = stage.check(omars, "9:30").decision
    stage.book(stage.plan(), "9:30")
    monkeypatch.setattr(booking, "decide", lambda **asked: stale)

    with pytest.raises(Conflict) as refusal:
        stage.book(omars, "9:30")

    assert [blocker["code"] for blocker in refusal.value.data["blockers"]] == ["taken_meanwhile"]


def test_cancelling_frees_the_time_and_keeps_the_visit(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])

    cancelled = stage.cancel(visit)

    assert (cancelled.status, cancelled.cancelation_reason, cancelled.cancelled_at) == (
        "cancelled",
        "pat",
        NOW,
    )
    assert not Claim.objects.exists()
    assert stage.book(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[0]).live


def test_the_reason_of_a_cancellation_and_who_gave_it_are_in_the_history(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    stage.cancel(visit, CancellationReason.WEATHER)

    events: Any = visit.events  # type: ignore[attr-defined]  # pghistory adds it
    event = events.select_related("pgh_context").latest("pgh_id")
    assert event.pgh_context.metadata["user"] == str(stage.house.ana.pk)
    assert event.pgh_context.metadata["reason"] == "Other: weather"


def test_cancelling_twice_is_cancelling_once_unless_the_reason_differs(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    stage.cancel(visit)

    again = stage.cancel(visit, now=NOW + timedelta(hours=1))

    assert again.cancelled_at == NOW
    with pytest.raises(Conflict) as refusal:
        stage.cancel(visit, CancellationReason.ROOM)
    assert refusal.value.code == "already_cancelled"


def test_a_visit_that_has_begun_cannot_be_cancelled(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    ana = stage.house.actor(stage.house.ana)
    attendance.arrive(actor=ana, appointment=visit, now=NOW)

    with pytest.raises(Conflict) as refusal:
        stage.cancel(visit)

    assert refusal.value.code == "too_late_to_cancel"
    assert Claim.objects.filter(appointment=visit).exists()


def test_the_same_id_never_books_twice(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict) as refusal:
        booking.book(
            actor=stage.house.actor(stage.house.ana),
            id=visit.pk,
            plan=stage.plan(stage.house.omar),
            start=stage.at("14:00"),
            now=NOW,
        )

    assert refusal.value.code == "id_reused"


def test_a_start_that_is_past_by_less_than_a_second_is_not_offered(stage: Stage) -> None:
    plan, now = stage.plan(), stage.at("9:30") + timedelta(milliseconds=500)

    offered = free_times.search(plan=plan, first=now, until=stage.at("10:00"), now=now).first()

    assert offered[0].start == stage.at("9:35")
    assert stage.check(plan, "9:30", now=now).blockers[0].code == "in_the_past"
