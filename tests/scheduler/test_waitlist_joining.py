"""Joining the waitlist, changing one's mind and leaving it: what makes sense, said in plain words."""

from datetime import date, time, timedelta
from typing import Any

import pytest

from clinic.problems import Conflict, Invalid
from scheduler.models import Appointment, AppointmentStatus, PlanStatus, TreatmentPlan, WaitlistEntry
from scheduler.protocols.protocols import NOT_IN_FORCE
from scheduler.visits import lengthening
from scheduler.waitlist import joining, waitlist
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, next_version, set_stage
from tests.scheduler.waits import hold_for, join, terms

DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def refusal(stage: Stage, plan: TreatmentPlan, **asked: Any) -> dict[str, str]:
    with pytest.raises(Invalid) as invalid:
        join(stage, plan, **asked)
    return {error["field"]: error["detail"] for error in invalid.value.data["errors"]}


def test_a_patient_waits_for_one_more_session_on_their_terms(stage: Stage) -> None:
    entry = join(
        stage,
        stage.plan(),
        weekdays=(3, 1, 1),
        earliest=time(9),
        latest=time(13),
        nurse=stage.nurses[0],
        notice_hours=48,
    )
    entry.refresh_from_db()
    assert (entry.patient, entry.status, entry.created_at) == (stage.house.rosa, "waiting", NOW)
    assert (entry.weekdays, entry.earliest, entry.latest) == ([1, 3], time(9), time(13))
    assert (entry.nurse, entry.notice_hours) == (stage.nurses[0], 48)


def test_a_plan_waits_once(stage: Stage) -> None:
    plan = stage.plan()
    first = join(stage, plan)
    with pytest.raises(Conflict, match="on the waitlist already") as refused:
        join(stage, plan)
    assert refused.value.code == "already_waiting"
    joining.withdraw(actor=stage.house.actor(stage.house.ana), entry=first, now=NOW)
    join(stage, plan)


@pytest.mark.parametrize(
    ("asked", "field", "sentence"),
    [
        ({"last_day": TODAY - DAY}, "last_day", "must not be before the first"),
        ({"first_day": TODAY - 9 * DAY, "last_day": TODAY - DAY}, "last_day", "This day is past"),
        ({"last_day": TODAY + 366 * DAY}, "last_day", "at most 365 days after the first"),
        ({"first_day": TODAY + 91 * DAY, "last_day": TODAY + 99 * DAY}, "first_day", "The plan is valid"),
        ({"weekdays": (7,)}, "weekdays", "0 for Monday to 6 for Sunday"),
        (
            {"last_day": TODAY + DAY, "weekdays": (2,)},
            "weekdays",
            "There is no Wednesday between Mon, Jan 11 and Tue, Jan 12",
        ),
        ({"earliest": time(9), "latest": time(10)}, "latest", "A visit takes 120 minutes"),
        ({"latest": time(1, 59)}, "latest", "it can't start and be over"),
        ({"notice_hours": -1}, "notice_hours", "Give 0 to 336 hours"),
        ({"notice_hours": 337}, "notice_hours", "Give 0 to 336 hours"),
    ],
)
def test_waiting_in_vain_is_refused_at_its_field(
    stage: Stage, asked: dict[str, Any], field: str, sentence: str
) -> None:
    refused = refusal(stage, stage.plan(), **asked)
    assert set(refused) == {field}
    assert sentence in refused[field]


def test_the_edges_of_what_makes_sense_are_taken(stage: Stage) -> None:
    length = stage.protocol.visit_length
    assert length == timedelta(minutes=120)
    entry = join(
        stage,
        stage.plan(),
        last_day=TODAY + 365 * DAY,
        earliest=time(9),
        latest=time(11),
        notice_hours=0,
    )
    asked = terms(last_day=TODAY, weekdays=(0,), notice_hours=336)
    joining.change(actor=stage.house.actor(stage.house.ana), entry=entry, terms=asked, now=NOW)


def test_hours_too_short_for_a_visit_that_was_made_longer_are_told(stage: Stage) -> None:
    plan, ana = stage.plan(), stage.house.actor(stage.house.ana)
    visit = stage.book(plan, "13:00", TODAY + DAY)
    visit = lengthening.lengthen(actor=ana, appointment=visit, extra_recovery_minutes=30, now=NOW)
    asked: dict[str, Any] = {"appointment": visit, "earliest": time(9)}
    assert "A visit takes 150 minutes" in refusal(stage, plan, **asked, latest=time(11))["latest"]
    join(stage, plan, **asked, latest=time(11, 30))


def test_every_fault_is_told_at_once(stage: Stage) -> None:
    asked: dict[str, Any] = {"last_day": TODAY - DAY, "earliest": time(12), "latest": time(9)}
    refused = refusal(stage, stage.plan(), **asked, nurse=stage.chairs[0], notice_hours=999)
    assert set(refused) == {"last_day", "latest", "nurse", "notice_hours"}
    assert refused["nurse"] == "This is not a working nurse of the patient's clinic."


def test_a_chair_that_can_be_waited_for_works_here_and_offers_what_the_plan_asks_for(stage: Stage) -> None:
    chair, private = stage.chairs[0], stage.plan(chair_features=["private-room"])
    assert refusal(stage, private, chair=stage.nurses[0]) == {
        "chair": "This is not a working chair of the patient's clinic."
    }
    assert refusal(stage, private, chair=chair) == {
        "chair": "Chair 1 does not offer private-room, which the plan asks for."
    }
    chair.features = ["private-room"]
    chair.save()
    entry = join(stage, private, chair=chair, only=True)
    entry.refresh_from_db()
    assert (entry.chair, entry.only) == (chair, True)


def test_nothing_else_than_nothing_is_no_wish(stage: Stage) -> None:
    assert refusal(stage, stage.plan(), only=True) == {
        "only": "Choose the nurse or the chair that it has to be."
    }


def test_only_the_living_with_a_plan_wait(stage: Stage) -> None:
    over = stage.plan()
    TreatmentPlan.objects.filter(pk=over.pk).update(status=PlanStatus.COMPLETED)
    over.refresh_from_db()
    assert "This plan is over" in refusal(stage, over)["plan"]
    stage.house.omar.deceased = True
    plan = stage.plan(stage.house.rosa)
    plan.patient.deceased = True
    assert "deceased" in refusal(stage, plan)["plan"]


def test_a_plan_under_a_retired_version_is_taken_over_before_it_waits(stage: Stage) -> None:
    plan = stage.plan()
    next_version(stage.protocol, stage.house, observation_minutes=90)
    assert refusal(stage, TreatmentPlan.objects.get(pk=plan.pk)) == {"plan": NOT_IN_FORCE}


def test_a_visit_that_lies_ahead_can_be_brought_forward(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "10:00", TODAY + 3 * DAY)
    assert join(stage, plan, appointment=visit).appointment == visit


@pytest.mark.parametrize("status", ["cancelled", "arrived", "fulfilled", "noshow"])
def test_a_visit_that_is_over_or_has_begun_is_not_brought_forward(stage: Stage, status: str) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "10:00", TODAY + 3 * DAY)
    Appointment.objects.filter(pk=visit.pk).update(status=status)
    visit.refresh_from_db()
    refused = refusal(stage, plan, appointment=visit)
    assert refused["appointment"] == "Only a booked visit that lies ahead can be brought forward."


def test_another_plans_visit_or_days_after_the_visit_make_no_sense(stage: Stage) -> None:
    plan, others = stage.plan(), stage.plan(stage.house.omar)
    visit = stage.book(plan, "10:00", TODAY + DAY)
    assert refusal(stage, others, appointment=visit)["appointment"] == "Choose a visit of this plan."
    refused = refusal(stage, plan, appointment=visit, first_day=TODAY + 2 * DAY)
    assert "only an earlier time is of use" in refused["first_day"]


def test_other_terms_keep_the_place_in_the_queue(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    later = NOW + 3 * DAY
    changed = joining.change(
        actor=stage.house.actor(stage.house.ana), entry=entry, terms=terms(weekdays=(4,)), now=later
    )
    changed.refresh_from_db()
    assert (changed.weekdays, changed.created_at) == ([4], NOW)
    with pytest.raises(Invalid):
        joining.change(
            actor=stage.house.actor(stage.house.ana),
            entry=entry,
            terms=terms(last_day=date(2027, 1, 13)),
            now=later,
        )


def test_a_closed_entry_is_not_changed(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    ana = stage.house.actor(stage.house.ana)
    joining.withdraw(actor=ana, entry=entry, now=NOW)
    with pytest.raises(Conflict, match="Put the patient on the list anew"):
        joining.change(actor=ana, entry=entry, terms=terms(), now=NOW)


def test_leaving_frees_the_time_that_was_held_and_says_who_did_it(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    offer = hold_for(stage, entry, "13:00")
    ana = stage.house.actor(stage.house.ana)
    joining.withdraw(actor=ana, entry=entry, now=NOW)
    again = joining.withdraw(actor=ana, entry=entry, now=NOW + DAY)
    assert (again.status, again.closed_at, again.closed_by_id) == ("withdrawn", NOW, ana.user_id)
    offer.refresh_from_db()
    assert offer.status == "withdrawn"
    assert offer.appointment.status == AppointmentStatus.CANCELLED
    assert not offer.appointment.claims.exists()
    assert stage.check(stage.plan(stage.house.omar), "13:00").bookable


def test_who_has_accepted_a_time_cancels_the_visit_instead(stage: Stage) -> None:
    entry = join(stage, stage.plan())
    ana = stage.house.actor(stage.house.ana)
    waitlist.accept(actor=ana, offer=hold_for(stage, entry, "13:00"), now=NOW)
    with pytest.raises(Conflict, match="Cancel or move the visit instead"):
        joining.withdraw(actor=ana, entry=entry, now=NOW)
    assert WaitlistEntry.objects.get().status == "booked"
