"""Nurses hand a visit over where a phase or a shift ends: when they do, who takes over, how it is told.

Preparation takes a whole nurse; infusing takes half of one, recovering a third (domain.md 8.2).
"""

from datetime import datetime

import pytest
import time_machine
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.problems import Conflict
from scheduler.finding import free_times
from scheduler.finding.free_times import FeasibleStart
from scheduler.finding.nursing import Turn
from scheduler.models import Appointment, Claim, Opening, ResourceKind, TreatmentPlan
from scheduler.visits import queries
from tests.cast import NOW, House, client_of, make_patient
from tests.scheduler.stage import Stage, make_resource, open_on, set_stage


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=3, nurses=2)


@pytest.fixture
def busy(stage: Stage) -> Stage:
    """Nurse 1 has Rosa from 9:00, infusing until 10:00; Nurse 2 prepares Ida at 9:40."""
    stage.book(stage.plan(), "9:00", nurse=stage.nurses[0])
    ida = stage.plan(make_patient(stage.house.clinic, "Ida", "Koch"))
    stage.book(ida, "9:40", nurse=stage.nurses[1])
    return stage


def turns_of(visit: Appointment) -> tuple[Turn, ...]:
    """As they are read back from the claims."""
    return queries.booked_visit(queries.visits().get(pk=visit.pk)).nurses


def starts_under(plan: TreatmentPlan, stage: Stage) -> dict[datetime, FeasibleStart]:
    found = free_times.search(plan=plan, first=NOW, until=stage.at("17:00"), now=NOW).first()
    return {feasible.start: feasible for feasible in found}


def test_with_one_nurse_alone_a_second_visit_waits_until_the_first_is_discharged(house: House) -> None:
    stage = set_stage(house, chairs=3, nurses=1)
    stage.book(stage.plan(), "9:00")

    assert min(starts_under(stage.plan(stage.house.omar), stage)) == stage.at("11:00")


def test_while_one_nurse_watches_another_prepares_and_hands_over_once(busy: Stage) -> None:
    """Nurse 2 has twenty minutes before Ida comes, and prepares Omar; Nurse 1 then watches two infusions."""
    plan = busy.plan(busy.house.omar)
    offered = starts_under(plan, busy)[busy.at("9:20")]
    visit = busy.book(plan, "9:20")

    one, two = busy.nurses
    expected = (
        Turn("preparation", busy.at("9:20"), two),
        Turn("infusion", busy.at("9:40"), one),
    )
    assert offered.nurses == turns_of(visit) == expected
    held = Claim.objects.filter(appointment=visit, resource__kind="nurse").order_by("during")
    assert [(claim.phase, claim.resource, claim.during.lower) for claim in held] == [
        ("preparation", two, busy.at("9:20")),
        ("infusion", one, busy.at("9:40")),
        ("observation", one, busy.at("10:20")),
    ]


def test_in_an_empty_clinic_nobody_hands_over(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00")

    assert turns_of(visit) == (Turn("preparation", stage.at("9:00"), stage.nurses[0]),)


def test_who_already_watches_takes_over_so_that_another_is_free_to_prepare(stage: Stage) -> None:
    """Nurse 2 could keep Omar; but then nobody could prepare Ida before Rosa is discharged at 11:00."""
    stage.book(stage.plan(), "9:00")
    visit = stage.book(stage.plan(stage.house.omar), "9:20")
    ida = stage.plan(make_patient(stage.house.clinic, "Ida", "Koch"))

    assert [turn.nurse for turn in turns_of(visit)] == [stage.nurses[1], stage.nurses[0]]
    assert stage.check(ida, "9:40").bookable


def test_a_nurse_asked_for_by_name_serves_the_whole_visit_or_not_at_all(busy: Stage) -> None:
    omars = busy.plan(busy.house.omar)

    with pytest.raises(Conflict) as refusal:
        busy.book(omars, "9:20", nurse=busy.nurses[1])

    assert [blocker["detail"] for blocker in refusal.value.data["blockers"]] == [
        "Nurse 2 would have too many patients at once for 20 minutes of infusion."
    ]
    with_her = [offer for offer in refusal.value.data["alternatives"] if "same_nurse" in offer["kinds"]]
    assert len(with_her) == 3
    for alternative in with_her:
        assert [turn["id"] for turn in alternative["nurses"]] == [busy.nurses[1].pk]


def test_the_nurse_who_comes_nearest_is_named_with_the_phase_that_she_cannot_serve(busy: Stage) -> None:
    """Nurse 2 prepares Ida from 9:40, Nurse 1 watches Rosa all the while."""
    check = busy.check(busy.plan(busy.house.omar), "9:30")

    assert [(blocker.detail, blocker.minutes) for blocker in check.blockers] == [
        (
            "No nurse is free. Nurse 2 comes nearest and would have too many patients at once"
            " for 10 minutes of preparation.",
            10,
        )
    ]


def test_hours_that_end_within_a_phase_are_told_by_phase(stage: Stage) -> None:
    """From 15:20 a visit lasts until 17:20: the nurses leave at 17:00, while it is observed."""
    check = stage.check(stage.plan(), "15:20")

    assert [blocker.detail for blocker in check.blockers][1] == (
        "No nurse is free. Nurse 1 comes nearest and is not at work for 20 minutes of observation."
    )


def test_the_api_lists_the_nurses_in_order_of_their_turns(busy: Stage) -> None:
    plan = busy.plan(busy.house.omar)
    one, two = ({"id": str(nurse.pk), "name": nurse.name} for nurse in busy.nurses)
    nurses = [
        {"phase": "preparation", "start": "2027-01-11T15:20:00Z", **two},
        {"phase": "infusion", "start": "2027-01-11T15:40:00Z", **one},
    ]
    desk = client_of(busy.house.ana)
    asked = {"plan": str(plan.pk), "start": busy.at("9:20").isoformat()}
    window = {"plan": str(plan.pk), "from": busy.at("9:20").isoformat(), "to": busy.at("9:25").isoformat()}

    with time_machine.travel(NOW, tick=False):
        offered = desk.get("/api/v1/availability/", window).json()["starts"]
        checked = desk.post("/api/v1/appointments/check/", asked, format="json").json()
        visit = busy.book(plan, "9:20")
        booked = desk.get(f"/api/v1/appointments/{visit.pk}/").json()
        gone = desk.post(f"/api/v1/appointments/{visit.pk}/cancel/", {"reason": "pat"}, format="json").json()

    assert [start["nurses"] for start in offered] == [nurses]
    assert checked["nurses"] == booked["nurses"] == nurses
    assert gone["nurses"] == []


def test_who_serves_does_not_hang_on_where_the_window_begins(stage: Stage) -> None:
    """The morning's work counts in the afternoon, also when only the afternoon is asked for."""
    stage.book(stage.plan(), "9:00", nurse=stage.nurses[0])
    plan = stage.plan(stage.house.omar)

    afternoon = free_times.search(
        plan=plan, first=stage.at("14:00"), until=stage.at("14:05"), now=stage.at("13:00")
    ).first()

    assert [turn.nurse for turn in afternoon[0].nurses] == [stage.nurses[1]]
    assert afternoon[0].nurses == stage.check(plan, "14:00").decision.nurses


def test_a_visit_changes_hands_in_the_middle_of_an_infusion_where_a_shift_ends(house: House) -> None:
    """Nurse 1 leaves at eleven, Nurse 2 comes at half past ten. What is offered is what is booked."""
    stage = set_stage(house, nurses=0)
    early = make_resource(house, ResourceKind.NURSE, "Nurse 1", 6)
    late = make_resource(house, ResourceKind.NURSE, "Nurse 2", 6)
    open_on(early, stage.at("9:00"), stage.at("11:00"))
    open_on(late, stage.at("10:30"), stage.at("17:00"))
    plan = stage.plan(stage.house.omar)
    rosas = stage.plan()
    in_the_way = stage.book(rosas, "10:45", nurse=late)  # until 11:05 she prepares Rosa

    assert stage.at("10:25") not in starts_under(plan, stage)  # at eleven nobody could take over
    stage.cancel(in_the_way)
    stage.book(rosas, "10:40", nurse=late)
    offered = starts_under(plan, stage)
    visit = stage.book(plan, "10:25")
    expected = (
        Turn("preparation", stage.at("10:25"), early),
        Turn("infusion", stage.at("11:00"), late),
    )
    assert offered[stage.at("10:25")].nurses == turns_of(visit) == expected
    held = Claim.objects.filter(appointment=visit, resource__kind="nurse").order_by("during")
    assert [(claim.phase, claim.resource, claim.during.lower) for claim in held] == [
        ("preparation", early, stage.at("10:25")),
        ("infusion", early, stage.at("10:45")),
        ("infusion", late, stage.at("11:00")),
        ("observation", late, stage.at("11:25")),
    ]


def test_the_supervising_clinician_changes_where_a_shift_ends(house: House) -> None:
    stage = set_stage(house)
    until_ten = DateTimeTZRange(stage.at("9:00"), stage.at("10:00"))
    Opening.objects.filter(resource=stage.clinician, during__overlap=until_ten).update(during=until_ten)
    late = make_resource(house, ResourceKind.CLINICIAN, "Dr Weber", 4)
    open_on(late, stage.at("10:00"), stage.at("17:00"))
    plan = stage.plan()

    offered = starts_under(plan, stage)[stage.at("9:30")]
    visit = stage.book(plan, "9:30")

    assert offered.clinicians == (stage.clinician, late)
    held = Claim.objects.filter(appointment=visit, resource__kind="clinician").order_by("during")
    assert [(claim.resource, claim.during.lower, claim.during.upper) for claim in held] == [
        (stage.clinician, stage.at("9:30"), stage.at("10:00")),
        (late, stage.at("10:00"), stage.at("11:30")),
    ]
