"""Hours are declared, openings follow; nobody who is booked is stranded; what is over stays as it was.

The lay-run is in `test_lay_run`, the days of the change in `test_dst_days`.
"""

from datetime import timedelta
from typing import Any

import pytest
from django.db import transaction

from clinic.problems import Conflict, Invalid, Missing
from scheduler.models import (
    Absence,
    AbsenceReason,
    Appointment,
    AppointmentStatus,
    Claim,
    Closure,
    Resource,
    ResourceKind,
    WorkingPattern,
)
from scheduler.visits import booking
from scheduler.working_hours import resources, time_off, working_time
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.declaring import (
    HORIZON,
    TUESDAY,
    WEDNESDAY,
    absent,
    at,
    booked,
    closed,
    hours,
    nurse,
    on_day,
    own_hours,
    stage,
    weekly,
)
from tests.scheduler.stage import Stage, make_resource, set_stage

__all__ = ["booked", "nurse", "stage"]  # fixtures of these stories too


# --- Weekly patterns --------------------------------------------------------------------------------------


def test_a_weekly_pattern_is_laid_through_the_horizon(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-17:00")

    # The last Monday is the horizon's last day. This Monday nine o'clock has just struck.
    assert hours(nurse) == ["Mon 11 09:00-17:00", "Mon 18 09:00-17:00", "Mon 25 09:00-17:00"]


def test_a_lunch_break_and_several_weekdays_are_set_in_one_go(house: House, nurse: Resource) -> None:
    patterns = weekly(house, nurse, "13:00-17:00", "09:00-12:30", weekdays=(2, 1))

    assert [(row.weekday, f"{row.starts_at:%H:%M}") for row in patterns] == [
        (1, "09:00"),
        (1, "13:00"),
        (2, "09:00"),
        (2, "13:00"),
    ]
    assert hours(nurse)[:4] == [
        "Tue 12 09:00-12:30",
        "Tue 12 13:00-17:00",
        "Wed 13 09:00-12:30",
        "Wed 13 13:00-17:00",
    ]


def test_new_hours_take_the_place_of_the_old_ones_for_their_time(house: House, nurse: Resource) -> None:
    """Two weeks of early shifts: the old hours end the day before, and go on afterwards."""
    house.clinic.opening_horizon_days = 28
    house.clinic.save()
    (old,) = weekly(house, nurse, "09:00-17:00")

    weekly(
        house,
        nurse,
        "07:00-15:00",
        valid_from=TODAY + timedelta(days=7),
        valid_until=TODAY + timedelta(days=20),
        in_place_of=[old.pk],
    )

    assert hours(nurse) == [
        "Mon 11 09:00-17:00",
        "Mon 18 07:00-15:00",
        "Mon 25 07:00-15:00",
        "Mon 01 09:00-17:00",
        "Mon 08 09:00-17:00",
    ]


def test_hours_around_a_booked_visit_are_changed_in_one_go(house: House) -> None:
    """Ending the old hours first would strand the visit; what is asked is whether it fits in the end."""
    stage = set_stage(house, days=0)
    everybody = [*stage.chairs, *stage.nurses, stage.clinician]
    old = {each.pk: weekly(house, each, "09:00-17:00")[0].pk for each in everybody}
    stage.book(stage.plan(), "9:00")

    for each in everybody:
        weekly(house, each, "08:00-12:00", "13:00-16:00", in_place_of=[old[each.pk]])

    assert hours(stage.chairs[0])[0] == "Mon 11 09:00-12:00"  # eight o'clock is over


def test_two_managers_do_not_undo_each_other(house: House, nurse: Resource) -> None:
    """Both looked at empty hours; the second is told that they aren't any more."""
    (first,) = weekly(house, nurse, "09:00-17:00")

    with pytest.raises(Conflict) as refusal:
        weekly(house, nurse, "10:00-18:00")

    assert (refusal.value.code, refusal.value.data["standing"]) == ("hours_changed", [first.pk])
    weekly(house, nurse, "10:00-18:00", in_place_of=[first.pk])
    assert hours(nurse)[1] == "Mon 18 10:00-18:00"


def test_no_hours_end_the_ones_that_stand(house: House, nurse: Resource) -> None:
    (old,) = weekly(house, nurse, "09:00-17:00")

    assert weekly(house, nurse, valid_from=TODAY + timedelta(days=1), in_place_of=[old.pk]) == []

    assert hours(nurse) == ["Mon 11 09:00-17:00"]


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"weekdays": ()}, "weekdays"),
        ({"weekdays": (7,)}, "weekdays"),
        ({"valid_from": TODAY - timedelta(days=1)}, "valid_from"),
        ({"valid_from": TODAY, "valid_until": TODAY - timedelta(days=1)}, "valid_until"),
    ],
)
def test_a_pattern_that_cannot_be_is_refused_at_its_field(
    house: House, nurse: Resource, changes: dict[str, Any], field: str
) -> None:
    with pytest.raises(Invalid) as refusal:
        weekly(house, nurse, "09:00-17:00", **changes)

    assert [row["field"] for row in refusal.value.data["errors"]] == [field]


def test_hours_that_end_before_they_begin_are_refused(house: House, nurse: Resource) -> None:
    with pytest.raises(Invalid, match="17:00 to 09:00 ends before it begins"):
        weekly(house, nurse, "17:00-09:00")
    with pytest.raises(Invalid, match="overlap"):
        on_day(house, nurse, TODAY, "09:00-12:00", "11:00-13:00")


def test_a_pattern_ends_after_its_last_day(house: House, nurse: Resource) -> None:
    (pattern,) = weekly(house, nurse, "09:00-17:00")
    asked: dict[str, Any] = {"actor": house.actor(house.max), "pattern": pattern, "now": NOW}

    for _ in range(2):  # once more changes nothing
        ended = working_time.end_pattern(**asked, last_day=TODAY + timedelta(days=7))
        assert ended is not None
        assert ended.valid_until == TODAY + timedelta(days=7)
        assert hours(nurse) == ["Mon 11 09:00-17:00", "Mon 18 09:00-17:00"]

    with pytest.raises(Invalid, match="It ends on January 18 already"):
        working_time.end_pattern(**asked, last_day=TODAY + timedelta(days=8))
    with pytest.raises(Invalid, match="over"):
        working_time.end_pattern(**asked, last_day=TODAY - timedelta(days=2))


def test_a_pattern_that_never_began_is_taken_back(house: House, nurse: Resource) -> None:
    (pattern,) = weekly(house, nurse, "09:00-17:00", valid_from=TODAY + timedelta(days=7))
    asked: dict[str, Any] = {"actor": house.actor(house.max), "pattern": pattern, "now": NOW}

    assert working_time.end_pattern(**asked, last_day=TODAY) is None

    assert not WorkingPattern.objects.exists()
    assert hours(nurse) == []
    with pytest.raises(Missing):
        working_time.end_pattern(**asked, last_day=TODAY)


def test_hours_of_what_is_out_of_use_are_not_declared(house: House, nurse: Resource) -> None:
    Resource.objects.filter(pk=nurse.pk).update(active=False)

    with pytest.raises(Conflict) as refusal:
        weekly(house, nurse, "09:00-17:00")

    assert refusal.value.code == "out_of_use"


# --- One day ----------------------------------------------------------------------------------------------


def test_a_days_own_hours_come_and_go(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(1,))
    week_after = ["Tue 19 09:00-17:00"]

    extra = on_day(house, nurse, WEDNESDAY, "10:00-12:00")
    half = on_day(house, nurse, TUESDAY, "09:00-12:00")
    assert hours(nurse) == ["Tue 12 09:00-12:00", "Wed 13 10:00-12:00", *week_after]

    off = on_day(house, nurse, TUESDAY, in_place_of=half.pk)
    assert hours(nurse) == ["Wed 13 10:00-12:00", *week_after]

    for day in (extra, off):
        working_time.clear_day(actor=house.actor(house.max), day_hours=day, now=NOW)
    assert hours(nurse) == ["Tue 12 09:00-17:00", *week_after]


def test_a_day_that_somebody_else_has_set_is_not_overwritten(house: House, nurse: Resource) -> None:
    standing = on_day(house, nurse, TUESDAY, "09:00-12:00")

    with pytest.raises(Conflict) as refusal:
        on_day(house, nurse, TUESDAY, "13:00-17:00")

    assert (refusal.value.code, refusal.value.data["standing"]) == ("hours_changed", standing.pk)
    with pytest.raises(Conflict):
        on_day(house, nurse, WEDNESDAY, "13:00-17:00", in_place_of=standing.pk)


def test_a_day_beyond_the_horizon_waits_until_it_comes_near(house: House, nurse: Resource) -> None:
    far = TODAY + timedelta(days=HORIZON + 1)

    on_day(house, nurse, far, "09:00-12:00")

    assert hours(nurse) == []
    working_time.lay_openings(clinic=house.clinic, now=NOW + timedelta(days=1))
    assert hours(nurse) == ["Tue 26 09:00-12:00"]


def test_what_was_laid_beyond_a_shortened_horizon_follows_the_declarations(
    house: House, nurse: Resource
) -> None:
    weekly(house, nurse, "09:00-17:00")
    house.clinic.opening_horizon_days = 7
    house.clinic.save()

    on_day(house, nurse, TODAY + timedelta(days=14), "09:00-12:00")
    working_time.lay_openings(clinic=house.clinic, now=NOW)

    assert hours(nurse) == ["Mon 11 09:00-17:00", "Mon 18 09:00-17:00", "Mon 25 09:00-12:00"]


def test_days_that_are_over_are_left_alone(house: House, nurse: Resource) -> None:
    with pytest.raises(Invalid, match="Days that are over stay as they were"):
        on_day(house, nurse, TODAY - timedelta(days=1), "09:00-12:00")
    own = on_day(house, nurse, TODAY, "09:00-12:00")

    with pytest.raises(Conflict) as refusal:
        working_time.clear_day(actor=house.actor(house.max), day_hours=own, now=NOW + timedelta(days=1))

    assert refusal.value.code == "over"


# --- Absences and closures --------------------------------------------------------------------------------


def test_an_absence_takes_hours_and_gives_them_back(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(1, 2))

    ill = absent(house, nurse, at("12:00", TUESDAY), at("10:00", WEDNESDAY))
    assert hours(nurse)[:2] == ["Tue 12 09:00-12:00", "Wed 13 10:00-17:00"]

    time_off.withdraw_absence(actor=house.actor(house.ana), absence=ill, now=NOW)
    assert hours(nurse)[:2] == ["Tue 12 09:00-17:00", "Wed 13 09:00-17:00"]


def test_absences_may_overlap_and_each_is_taken_back_by_itself(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(1,))
    leave = absent(house, nurse, at("09:00", TUESDAY), at("13:00", TUESDAY), reason=AbsenceReason.LEAVE)
    absent(house, nurse, at("12:00", TUESDAY), at("15:00", TUESDAY))

    time_off.withdraw_absence(actor=house.actor(house.ana), absence=leave, now=NOW)

    assert hours(nurse)[:2] == ["Tue 12 09:00-12:00", "Tue 12 15:00-17:00"]


@pytest.mark.parametrize(("start", "end"), [("09:00", "13:00"), ("10:00", "12:00"), ("09:00", "10:00")])
def test_an_absence_that_another_covers_says_nothing_new(
    house: House, nurse: Resource, start: str, end: str
) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(1,))
    leave = absent(house, nurse, at("09:00", TUESDAY), at("13:00", TUESDAY), reason=AbsenceReason.LEAVE)

    with pytest.raises(Conflict, match="An absence of Nils covers this time already") as refusal:
        absent(house, nurse, at(start, TUESDAY), at(end, TUESDAY))
    assert refusal.value.code == "absent_already"
    assert Absence.objects.get() == leave

    time_off.withdraw_absence(actor=house.actor(house.ana), absence=leave, now=NOW)
    absent(house, nurse, at(start, TUESDAY), at(end, TUESDAY))  # nothing stands there any more


def test_one_that_another_covers_in_part_or_another_nurses_is_recorded(house: House, nurse: Resource) -> None:
    absent(house, nurse, at("09:00", TUESDAY), at("13:00", TUESDAY))

    absent(house, nurse, at("08:59", TUESDAY), at("13:00", TUESDAY))
    nora = make_resource(house, ResourceKind.NURSE, "Nora", 6)
    absent(house, nora, at("09:00", TUESDAY), at("13:00", TUESDAY))

    assert Absence.objects.count() == 3


def test_hours_that_are_gone_are_not_rewritten(house: House, nurse: Resource) -> None:
    """Ill since ten, told at twelve, back at two: the morning stays on the books as it was."""
    weekly(house, nurse, "09:00-17:00")

    ill = absent(house, nurse, at("10:00"), at("17:00"), now=at("12:00"))
    assert hours(nurse)[0] == "Mon 11 09:00-12:00"

    time_off.withdraw_absence(actor=house.actor(house.ana), absence=ill, now=at("14:00"))
    assert hours(nurse)[:2] == ["Mon 11 09:00-12:00", "Mon 11 14:00-17:00"]
    with pytest.raises(Conflict) as refusal:
        time_off.withdraw_absence(actor=house.actor(house.ana), absence=ill, now=at("17:00"))
    assert refusal.value.code == "over"


@pytest.mark.parametrize(
    ("start", "end", "field"),
    [
        ("12:00", "12:00", "end"),
        ("13:00", "12:00", "end"),
        ("08:00", "09:00", "end"),
        ("10:00:30", "12:00", "start"),
    ],
)
def test_a_stretch_that_is_none_is_refused(
    house: House, nurse: Resource, start: str, end: str, field: str
) -> None:
    for declare in (
        lambda: absent(house, nurse, at(start), at(end)),
        lambda: closed(house, at(start), at(end)),
    ):
        with pytest.raises(Invalid) as refusal:
            declare()
        assert [row["field"] for row in refusal.value.data["errors"]] == [field]


def test_a_closure_closes_everybody_and_reopening_gives_back(stage: Stage) -> None:
    house = stage.house
    closure = closed(house, at("12:00"), at("09:00", WEDNESDAY))
    for each in (*stage.chairs, *stage.nurses, stage.clinician):
        assert hours(each)[:2] == ["Mon 11 09:00-12:00", "Wed 13 09:00-17:00"]

    with pytest.raises(Conflict) as refusal:
        closed(house, at("12:00"), at("09:00", WEDNESDAY))
    assert refusal.value.code == "closed_already"

    time_off.reopen(actor=house.actor(house.max), closure=closure, now=NOW)
    assert hours(stage.chairs[0])[:2] == ["Mon 11 09:00-17:00", "Tue 12 09:00-17:00"]


def test_another_clinic_stays_open(stage: Stage, other_house: House) -> None:
    theirs = make_resource(other_house, ResourceKind.CHAIR, "Chair 1", 1)
    on_day(other_house, theirs, TUESDAY, "09:00-17:00")

    closed(stage.house, at("00:00", TUESDAY), at("00:00", WEDNESDAY))

    assert hours(theirs, other_house.clinic.time_zone) == ["Tue 12 09:00-17:00"]


# --- Nobody is stranded -----------------------------------------------------------------------------------


def test_a_day_off_under_a_booked_visit_is_refused_with_what_to_repair(
    stage: Stage, booked: Appointment
) -> None:
    nils = stage.nurses[0]

    with pytest.raises(Conflict) as refusal:
        on_day(stage.house, nils, TUESDAY, "09:00-11:00", in_place_of=own_hours(nils, TUESDAY))

    assert refusal.value.code == "visits_stranded"
    assert refusal.value.data["visits"] == [
        {
            "appointment": booked.pk,
            "start": booked.starts_at,
            "end": booked.ends_at,
            "resource": {"id": nils.pk, "name": nils.name},
            "booked": True,
        }
    ]
    stretch = {"from": at("11:00", TUESDAY), "until": at("17:00", TUESDAY)}
    repair = {"day": TUESDAY, "resource": nils.pk, **stretch}
    assert refusal.value.data["repair"] == repair
    assert refusal.value.data["repairs"] == [repair]
    assert "Rosa" not in str(refusal.value.body())
    assert hours(nils)[1] == "Tue 12 09:00-17:00"


def test_every_kind_of_change_that_would_strand_a_visit_is_refused(house: House) -> None:
    stage = set_stage(house, days=0)
    everybody = [*stage.chairs, *stage.nurses, stage.clinician]
    patterns = {each.pk: weekly(house, each, "09:00-17:00")[0] for each in everybody}
    next_monday = TODAY + timedelta(days=7)
    own = [on_day(house, each, TUESDAY, "09:00-17:00") for each in everybody]
    stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
    stage.book(stage.plan(house.omar), "10:00", next_monday, chair=stage.chairs[0])
    chair, max_ = stage.chairs[0], house.actor(house.max)
    before = [hours(each) for each in everybody]

    changes = [
        lambda: weekly(house, chair, "13:00-17:00", in_place_of=[patterns[chair.pk].pk]),
        lambda: working_time.end_pattern(actor=max_, pattern=patterns[chair.pk], last_day=TODAY, now=NOW),
        lambda: working_time.clear_day(actor=max_, day_hours=own[0], now=NOW),
        lambda: absent(house, chair, at("12:00", TUESDAY), at("13:00", TUESDAY)),
        lambda: closed(house, at("00:00", TUESDAY), at("00:00", next_monday + timedelta(days=1))),
    ]
    for change in changes:
        with pytest.raises(Conflict) as refusal:
            change()
        assert refusal.value.code == "visits_stranded"

    # The last one strands both visits, each of them in chair, nurse and clinician.
    assert len(refusal.value.data["visits"]) == 6
    assert [row["day"] for row in refusal.value.data["repairs"]] == [TUESDAY, next_monday]
    assert {row["resource"] for row in refusal.value.data["repairs"]} == {None}
    assert [hours(each) for each in everybody] == before
    assert not Absence.objects.exists()
    assert not Closure.objects.exists()


def test_hours_beside_a_visit_can_go(stage: Stage, booked: Appointment) -> None:
    chair = stage.chairs[0]

    on_day(stage.house, chair, TUESDAY, "10:00-12:10", in_place_of=own_hours(chair, TUESDAY))

    assert hours(chair)[1] == "Tue 12 10:00-12:10"


def test_a_hold_that_ran_out_strands_nobody(stage: Stage) -> None:
    held = booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(),
        start=at("10:00", TUESDAY),
        chair=stage.chairs[0],
        nurse=None,
        until=NOW + timedelta(minutes=10),
        now=NOW,
    )
    ill = {"start": at("09:00", TUESDAY), "end": at("17:00", TUESDAY)}
    with pytest.raises(Conflict) as refusal:
        absent(stage.house, stage.chairs[0], **ill)
    assert refusal.value.code == "visits_stranded"

    absent(stage.house, stage.chairs[0], **ill, now=NOW + timedelta(minutes=10))

    assert Appointment.objects.get(pk=held.pk).status == AppointmentStatus.CANCELLED


def test_an_absence_is_declared_inside_a_repair_once_the_visits_have_moved(
    stage: Stage, booked: Appointment
) -> None:
    """What `repair.accept` does: one transaction, in which the claims go first."""
    with transaction.atomic():
        Claim.objects.filter(appointment=booked, resource=stage.nurses[0]).delete()
        absent(stage.house, stage.nurses[0], at("09:00", TUESDAY), at("17:00", TUESDAY))

    assert "Tue 12" not in str(hours(stage.nurses[0]))


def test_a_refusal_inside_a_repair_undoes_nothing_else(stage: Stage, booked: Appointment) -> None:
    with transaction.atomic():
        with pytest.raises(Conflict):
            absent(stage.house, stage.nurses[0], at("09:00", TUESDAY), at("17:00", TUESDAY))
        on_day(stage.house, stage.nurses[0], TODAY + timedelta(days=6), "09:00-10:00")

    assert hours(stage.nurses[0])[-1] == "Sun 17 09:00-10:00"


def test_capacity_is_not_lowered_under_visits_nor_a_chair_taken_out_of_use(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    max_ = stage.house.actor(stage.house.max)

    with pytest.raises(Conflict) as lower:
        resources.change_resource(actor=max_, resource=stage.nurses[0], capacity=5, now=NOW)
    with pytest.raises(Conflict) as out_of_use:
        resources.change_resource(actor=max_, resource=stage.chairs[0], active=False, now=NOW)

    assert (lower.value.code, out_of_use.value.code) == ("capacity_booked", "resource_booked")
    assert [row["appointment"] for row in out_of_use.value.data["visits"]] == [visit.pk]
    stage.cancel(visit)
    resources.change_resource(actor=max_, resource=stage.nurses[0], capacity=5, now=NOW)
    resources.change_resource(actor=max_, resource=stage.chairs[0], active=False, now=NOW)
