"""Chairs, nurses and clinicians change; what visits stand against is refused with their list."""

from datetime import timedelta

import pytest

from clinic.problems import Conflict, Invalid
from scheduler.models import Appointment, Claim, Opening, TreatmentPlan
from scheduler.visits import attendance, booking
from scheduler.working_hours import resources, time_off, working_time
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, set_stage

TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def change(stage: Stage, which: object, **changes: object) -> object:
    return resources.change_resource(
        **{  # type: ignore[arg-type]
            "actor": stage.house.actor(stage.house.max),
            "resource": which,
            "now": NOW,
            **changes,
        }
    )


def done(stage: Stage, visit: Appointment) -> None:
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)
    attendance.fulfil(appointment=visit, now=visit.ends_at)


def test_a_capacity_may_be_lowered_after_days_that_needed_more(stage: Stage) -> None:
    """Preparation took all six units of a day that is over; from now on there are five."""
    visit = stage.book(stage.plan(), "9:30")
    done(stage, visit)

    change(stage, stage.nurses[0], capacity=5, now=stage.at("17:00"))

    stage.nurses[0].refresh_from_db()
    assert stage.nurses[0].capacity == 5
    units = Claim.objects.filter(appointment=visit, resource=stage.nurses[0]).values_list("units", flat=True)
    assert max(unit.upper for unit in units) == 6  # what was, was


def test_and_not_under_a_visit_that_is_not_done(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    with pytest.raises(Conflict, match="mark those as missed") as refusal:
        change(stage, stage.nurses[0], capacity=5, now=stage.at("9:00", TOMORROW))

    assert [row["appointment"] for row in refusal.value.data["visits"]] == [visit.pk]
    assert not Claim.objects.filter(capacity=None).exists()


def test_a_hold_that_ran_out_stands_in_no_changes_way(stage: Stage) -> None:
    booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=stage.at("9:30"), now=NOW)

    change(stage, stage.chairs[0], active=False, now=NOW + timedelta(minutes=10))

    stage.chairs[0].refresh_from_db()
    assert not stage.chairs[0].active


def test_a_chair_keeps_what_visits_to_come_need(stage: Stage) -> None:
    change(stage, stage.chairs[0], features=["private-room", "recliner"])
    plan = stage.plan()
    TreatmentPlan.objects.filter(pk=plan.pk).update(chair_features=["private-room"])
    visit = stage.book(plan, "9:30")

    with pytest.raises(Conflict, match="no longer offer: private-room") as refusal:
        change(stage, stage.chairs[0], features=["recliner"])
    change(stage, stage.chairs[0], features=["private-room"])

    assert refusal.value.code == "feature_booked"
    assert [row["appointment"] for row in refusal.value.data["visits"]] == [visit.pk]


def test_features_are_a_chairs_and_in_plain_letters(stage: Stage) -> None:
    with pytest.raises(Invalid, match="Only a chair"):
        change(stage, stage.nurses[0], features=["private-room"])
    with pytest.raises(Invalid, match="small letters"):
        change(stage, stage.chairs[0], features=["Private room"])


def test_a_chair_back_in_use_can_be_booked_at_once(stage: Stage) -> None:
    """The clinic closed a day while the chair was out of use, and opened the week after."""
    chair = stage.chairs[0]
    max_ = stage.house.actor(stage.house.max)
    change(stage, chair, active=False)
    friday = TODAY + timedelta(days=4)
    time_off.close(
        actor=max_,
        id=new_id(),
        clinic=stage.house.clinic,
        start=stage.at("0:00", TOMORROW),
        end=stage.at("0:00", TOMORROW + timedelta(days=1)),
        name="Painters",
        now=NOW,
    )
    Opening.objects.filter(resource=chair, during__overlap=(stage.at("0:00", friday), None)).delete()

    change(stage, chair, active=True)

    plan = stage.plan()
    assert not stage.check(plan, "9:30", friday, chair=chair).blockers
    lost = stage.check(plan, "9:30", TOMORROW, chair=chair).blockers
    assert "outside_hours" in {blocker.code for blocker in lost}
    assert working_time.lay_openings(clinic=stage.house.clinic, now=NOW) == 0


def test_what_is_in_use_already_is_not_laid_anew(stage: Stage) -> None:
    """Whatever else a change of a chair does, its hours are `working_time`'s to change."""
    friday = TODAY + timedelta(days=4)
    gone = Opening.objects.filter(resource=stage.chairs[0], during__overlap=(stage.at("0:00", friday), None))
    gone.delete()

    change(stage, stage.chairs[0], active=True, name="Chair by the window")

    assert not gone.exists()


@pytest.mark.parametrize("name", ["Chair\n9", "Chair\u200b9", "\u2060"])
def test_a_name_is_one_line_in_which_everything_shows(stage: Stage, name: str) -> None:
    with pytest.raises(Invalid, match="on one line"):
        change(stage, stage.chairs[0], name=name)
    with pytest.raises(Invalid, match="on one line"):
        resources.add_resource(
            actor=stage.house.actor(stage.house.max),
            id=new_id(),
            clinic=stage.house.clinic,
            kind="chair",
            name=name,
            capacity=1,
        )


def test_a_name_is_taken_in_whatever_capitals(stage: Stage) -> None:
    first, second = stage.chairs[:2]
    with pytest.raises(Invalid, match="has a chair of this name"):
        change(stage, second, name=first.name.swapcase())
    with pytest.raises(Invalid, match="has a chair of this name"):
        resources.add_resource(
            actor=stage.house.actor(stage.house.max),
            id=new_id(),
            clinic=stage.house.clinic,
            kind="chair",
            name=first.name.upper(),
            capacity=1,
        )
    change(stage, first, name=first.name.upper())  # its own in other letters
