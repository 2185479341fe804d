"""A disrupted day is mended with the least disturbance: stories, and an oracle that tries everything."""

from dataclasses import replace

from hypothesis import assume, given, settings
from hypothesis import strategies as st

from scheduler.finding.availability import Interval
from scheduler.finding.packing import Need, Rectangle
from scheduler.repairing.breaking import Break, Cause, broken
from scheduler.repairing.day import Away, Day, DayVisit, Disruption, Late, Standing, Turn, disrupted
from scheduler.repairing.modelling import (
    ANOTHER_DAY,
    HOLD_GIVEN_UP,
    LEFT_ALONE,
    MINUTE,
    MOVED,
    NEW_CHAIR,
    NEW_CHAIR_UNDER_WAY,
    NEW_NURSE,
    OTHER_NURSE,
    WHO_IS_HERE,
)
from scheduler.repairing.planning import Placement, Plan, plan
from tests.scheduler import small_days
from tests.scheduler.small_days import day, visit


def mended(
    before: Day, disruption: Disruption, *, seconds: float = 20.0
) -> tuple[Plan, dict[str, Placement]]:
    """The plan, after checking that it keeps every rule and costs what it says."""
    after = disrupted(before, disruption)
    found = plan(after, seconds=seconds)
    assert small_days.cost_of(after, found.placements) == found.cost
    assert found.bound <= found.cost
    return found, {placement.visit: placement for placement in found.placements}


# --- What breaks ----------------------------------------------------------------------------------------


def test_an_absent_nurse_breaks_what_she_does_in_that_time_and_nothing_else() -> None:
    before = day(visit("early", 0), visit("late", 200, nurse="nurse 2"), visit("hers", 130, chair="chair 2"))
    after = disrupted(before, Disruption((Away("nurse 1", 140, 180),)))
    assert broken(after) == [
        Break("hers", Cause.AWAY, 140, 150, "nurse 1", "preparation"),
        Break("hers", Cause.AWAY, 150, 180, "nurse 1", "infusion"),
    ]


def test_what_lies_behind_does_not_break() -> None:
    before = day(visit("running", 0, standing=Standing.BEGUN), since=60)
    after = disrupted(before, Disruption((Away("nurse 1", 0, 100), Away("chair 1", 0, 70))))
    assert broken(after) == [
        Break("running", Cause.AWAY, 60, 70, "chair 1", "whole"),
        Break("running", Cause.AWAY, 60, 100, "nurse 1", "observation"),
    ]


def test_a_clinic_that_runs_late_breaks_what_cannot_begin_and_what_is_in_the_way() -> None:
    before = day(
        visit("running", 0, standing=Standing.BEGUN),
        visit("next", 130),
        visit("soon", 60, chair="chair 2", nurse="nurse 2"),
        visit("much later", 300),
        since=40,
    )
    after = disrupted(before, Disruption(late=Late(40)))
    # Infusing at 40: the infusion lasts until 100, the observation until 160, the turnover until 170.
    assert broken(after) == [
        Break("soon", Cause.TOO_EARLY, 60, 80),
        Break("next", Cause.TAKEN, 130, 150, "nurse 1", "preparation", ("running",)),
        Break("next", Cause.TAKEN, 130, 170, "chair 1", "whole", ("running",)),
    ]


def test_a_visit_that_takes_longer_than_the_shift_breaks_itself() -> None:
    before = day(visit("running", 0, standing=Standing.BEGUN), since=100, until=130)
    after = disrupted(before, Disruption(late=Late(30, "running")))
    assert [(fault.cause, fault.start, fault.end, fault.resource) for fault in broken(after)] == [
        (Cause.AWAY, 130, 150, "nurse 1"),
        (Cause.AWAY, 130, 150, "clinician"),
        (Cause.AWAY, 130, 160, "chair 1"),
    ]


def test_a_visit_that_is_overdue_lasts_from_now() -> None:
    before = day(visit("overdue", 0, standing=Standing.BEGUN), since=125)
    late = disrupted(before, Disruption(late=Late(20))).visits[0]
    assert (late.end, late.chair_until) == (145, 155)


def test_a_patient_who_comes_late_delays_only_themselves() -> None:
    before = day(visit("on time", 130, chair="chair 2"), visit("late", 130, nurse="nurse 2"))
    after = disrupted(before, Disruption(late=Late(30, "late")))
    assert broken(after) == [Break("late", Cause.TOO_EARLY, 130, 160)]


# --- What is planned ------------------------------------------------------------------------------------


def test_another_nurse_who_is_free_takes_over_and_nobody_moves() -> None:
    before = day(visit("first", 0), visit("second", 130))
    found, places = mended(before, Disruption((Away("nurse 1", 0, 540),)))
    assert found.cost == found.bound == 2 * (NEW_NURSE + 3 * OTHER_NURSE)
    assert [places[key].start for key in ("first", "second")] == [0, 130]
    assert {turn.server for place in places.values() for turn in place.nurses} == {"nurse 2"}


def test_a_nurse_who_falls_ill_hands_over_a_running_infusion() -> None:
    before = day(visit("running", 0, standing=Standing.BEGUN), since=30)
    found, places = mended(before, Disruption((Away("nurse 1", 30, 540),)))
    assert found.cost == found.bound == NEW_NURSE + 2 * OTHER_NURSE
    assert places["running"].nurses == (Turn(30, "nurse 2"),)
    assert places["running"].start == 0


def test_a_running_infusion_changes_hands_inside_a_phase_only_where_a_shift_ends() -> None:
    # Nurse 1 leaves at 60, in the observation's first minute; nurse 2 has somebody to prepare at 45.
    before = day(
        visit("running", 0, minutes=(20, 60, 20), standing=Standing.BEGUN),
        visit("coming", 45, chair="chair 2", nurse="nurse 2", standing=Standing.ARRIVED),
        since=30,
    )
    found, places = mended(before, Disruption((Away("nurse 1", 65, 540),)))
    assert places["running"].nurses == (Turn(30, "nurse 1"), Turn(65, "nurse 2"))
    assert places["coming"].start == 45
    assert found.cost == NEW_NURSE + 2 * OTHER_NURSE


def test_a_hand_over_that_no_shift_explains_any_more_is_not_planned_again() -> None:
    # Nurse 1's shift ended at 40 when this was booked; since then it was made longer.
    booked = visit("booked", 0, nurses=(Turn(0, "nurse 1"), Turn(40, "nurse 2")))
    before = day(booked, nurses=3, hours={"nurse 3": [(40, 540)]})
    for seconds in (0.0, 20.0):
        _, places = mended(before, Disruption(), seconds=seconds)
        assert Turn(40, "nurse 2") not in places["booked"].nurses


def test_nobody_to_take_over_leaves_a_patient_in_the_chair_alone_and_says_so() -> None:
    before = day(visit("running", 0, standing=Standing.BEGUN), since=30, nurses=1)
    found, places = mended(before, Disruption((Away("nurse 1", 30, 540),)))
    assert places["running"].start is None
    assert found.cost == found.bound == LEFT_ALONE


def test_a_broken_chair_costs_its_visits_another_chair() -> None:
    before = day(visit("first", 0), visit("second", 130))
    found, places = mended(before, Disruption((Away("chair 1", 0, 540),)))
    assert found.cost == found.bound == 2 * NEW_CHAIR
    assert {place.chair for place in places.values()} <= {"chair 2", "chair 3"}


def test_a_patient_in_a_chair_that_breaks_moves_to_another_one_from_now_on() -> None:
    before = day(
        visit("running", 0, standing=Standing.BEGUN),
        visit("beside", 0, chair="chair 2", nurse="nurse 2", standing=Standing.BEGUN),
        since=30,
    )
    found, places = mended(before, Disruption((Away("chair 1", 30, 540),)))
    assert (places["running"].chair, places["beside"].chair) == ("chair 3", "chair 2")
    assert found.cost == NEW_CHAIR_UNDER_WAY


def test_a_visit_keeps_to_the_chairs_that_offer_what_it_needs() -> None:
    private = visit("private", 0, chairs=("chair 1",))
    found, places = mended(day(private), Disruption((Away("chair 1", 0, 60),)))
    assert (places["private"].start, places["private"].chair) == (60, "chair 1")
    assert found.cost == MOVED + 60 * MINUTE


def test_who_must_move_moves_as_little_as_possible_and_the_others_stay() -> None:
    before = day(visit("first", 0), visit("second", 0, chair="chair 2", nurse="nurse 2"))
    found, places = mended(before, Disruption((Away("nurse 2", 0, 540),)))
    # Preparing takes all of a nurse: the other visit waits until the first patient is discharged.
    assert [places[key].start for key in ("first", "second")] == [0, 120]
    assert found.cost == found.bound == MOVED + 120 * MINUTE + NEW_NURSE + 3 * OTHER_NURSE


def test_a_clinic_that_is_late_shifts_only_as_far_as_it_has_to() -> None:
    before = day(
        visit("running", 0, standing=Standing.BEGUN),
        visit("next", 130),
        visit("afternoon", 300),
        since=40,
        chairs=1,
    )
    found, places = mended(before, Disruption(late=Late(40)))
    assert [places[key].start for key in ("running", "next", "afternoon")] == [0, 170, 300]
    assert found.cost == found.bound == MOVED + 40 * MINUTE


def test_what_fits_nowhere_goes_to_another_day() -> None:
    before = day(visit("only", 0), until=130, nurses=1)
    found, places = mended(before, Disruption((Away("nurse 1", 0, 60),)))
    assert places["only"].start is None
    assert found.cost == found.bound == ANOTHER_DAY


def test_a_patient_who_is_here_stays_rather_than_one_at_home() -> None:
    before = day(
        visit("here", 0, standing=Standing.ARRIVED), visit("at home", 0, chair="chair 2", nurse="nurse 2")
    )
    _, places = mended(before, Disruption((Away("nurse 1", 0, 540),)))
    assert (places["here"].start, places["at home"].start) == (0, 120)


def test_nobody_is_asked_to_come_earlier_without_notice() -> None:
    before = day(visit("home", 130), until=270, nurses=1)
    _, places = mended(before, Disruption((Away("nurse 1", 200, 270),)))
    assert places["home"].start is None
    here = day(visit("here", 130, standing=Standing.ARRIVED), until=270, nurses=1)
    found, places = mended(here, Disruption((Away("nurse 1", 200, 270),)))
    assert places["here"].start == 80
    assert found.cost == MOVED + WHO_IS_HERE + 50 * MINUTE


def test_a_hold_stays_or_is_given_up_but_never_moves() -> None:
    before = day(visit("held", 0, standing=Standing.HELD), nurses=1)
    found, places = mended(before, Disruption((Away("nurse 1", 0, 60),)))
    assert places["held"].start is None
    assert found.cost == found.bound == HOLD_GIVEN_UP


def test_holds_are_given_up_before_anybody_who_is_booked_moves() -> None:
    """The booked visit needs the nurse who is left for as long as both holds do, one after the other."""
    before = day(
        visit("held", 0, standing=Standing.HELD, minutes=(10, 10, 10)),
        visit("held too", 30, standing=Standing.HELD, minutes=(10, 10, 10)),
        visit("booked", 0, chair="chair 2", nurse="nurse 2"),
    )
    for seconds in (0.0, 20.0):
        found, places = mended(before, Disruption((Away("nurse 2", 0, 540),)), seconds=seconds)
        assert [places[key].start for key in ("held", "held too", "booked")] == [None, None, 0]
        assert found.cost == 2 * HOLD_GIVEN_UP + NEW_NURSE + 3 * OTHER_NURSE


def test_another_nurse_serves_what_is_held_rather_than_it_is_given_up() -> None:
    before = day(visit("held", 0, standing=Standing.HELD))
    found, places = mended(before, Disruption((Away("nurse 1", 0, 540),)))
    assert (places["held"].start, places["held"].nurses[0].server) == (0, "nurse 2")
    assert found.cost == found.bound == NEW_NURSE + 3 * OTHER_NURSE


def test_a_patient_is_never_in_two_visits_at_once() -> None:
    before = day(
        visit("morning", 0, patient="Rosa"),
        visit("afternoon", 150, patient="Rosa", chair="chair 2", nurse="nurse 2"),
    )
    _, places = mended(before, Disruption((Away("nurse 1", 0, 60), Away("nurse 2", 0, 60))))
    assert (places["morning"].start, places["afternoon"].start) == (270, 150)


def test_no_start_lies_where_the_visit_is_forbidden() -> None:
    before = day(visit("spaced", 0, forbidden=((0, 300),)))
    _, places = mended(before, Disruption((Away("nurse 1", 0, 60), Away("nurse 2", 0, 60))))
    assert places["spaced"].start == 300


def test_a_day_without_visits_needs_no_plan() -> None:
    found, _ = mended(day(), Disruption((Away("nurse 1", 0, 540),)))
    assert (found.cost, found.bound, found.gap) == (0, 0, 0.0)


# --- Against an oracle that tries everything ------------------------------------------------------------


@st.composite
def hours(draw: st.DrawFn) -> list[Interval]:
    """One shift, or two with a break between them."""
    edges = sorted(draw(st.sets(st.integers(0, 12), min_size=2, max_size=4)))
    pairs = [(edges[place] * 5, edges[place + 1] * 5) for place in range(0, len(edges) - 1, 2)]
    return draw(st.sampled_from([[(0, 60)], pairs]))


@st.composite
def small_visits(draw: st.DrawFn, since: int) -> list[DayVisit]:
    made: list[DayVisit] = []
    free = ["chair 1", "chair 2"]
    for number in range(draw(st.integers(1, 3))):
        start = draw(st.integers(0, 8)) * 5
        standing = draw(st.sampled_from(Standing))
        if standing == Standing.BEGUN:
            # Patients in chairs sit in different ones.
            start = min(start, since) // 5 * 5
            if start < 0 or not free:
                standing = Standing.BOOKED
                start = abs(start) % 45
        chair = draw(st.sampled_from(free if standing == Standing.BEGUN else ["chair 1", "chair 2"]))
        if standing == Standing.BEGUN:
            free.remove(chair)
        coming = visit(
            f"visit {number}",
            start,
            minutes=[draw(st.integers(1, most)) * 5 for most in (1, 3, 2)],
            standing=standing,
            chair=chair,
            nurse=draw(st.sampled_from(["nurse 1", "nurse 2"])),
            chairs=draw(st.sampled_from([("chair 1", "chair 2"), ("chair 2",)])),
            turnover=draw(st.sampled_from([0, 5])),
            patient=draw(st.sampled_from(["Rosa", f"patient {number}"])),
        )
        assume(coming.end > since)
        made.append(coming)
    return made


@st.composite
def small_days_and_disruptions(draw: st.DrawFn) -> tuple[Day, Disruption]:
    since = draw(st.sampled_from([-110, 0, 15]))
    keys = ["chair 1", "chair 2", "nurse 1", "nurse 2", "clinician"]
    before = day(
        *draw(small_visits(since)),
        since=since,
        until=60,
        chairs=2,
        hours={key: draw(hours()) for key in ("nurse 1", "nurse 2")},
    )
    away = []
    for key in draw(st.sets(st.sampled_from(keys), max_size=2)):
        start = draw(st.integers(0, 11)) * 5
        away.append(Away(key, start, start + draw(st.integers(1, 12)) * 5))
    late = draw(st.sampled_from([None, Late(10), Late(20, "visit 0")]))
    return before, Disruption(tuple(away), late)


@settings(max_examples=150)
@given(small_days_and_disruptions())
def test_no_plan_at_all_is_better_than_the_one_that_is_proposed(case: tuple[Day, Disruption]) -> None:
    before, disruption = case
    found, _ = mended(before, disruption)
    assert found.cost == small_days.best_cost(disrupted(before, disruption))
    assert found.bound == found.cost


@settings(max_examples=40)
@given(small_days_and_disruptions())
def test_a_plan_that_ran_out_of_time_is_sound_and_its_bound_true(case: tuple[Day, Disruption]) -> None:
    before, disruption = case
    found, _ = mended(before, disruption, seconds=0.0)
    assert found.bound <= small_days.best_cost(disrupted(before, disruption)) <= found.cost


@settings(max_examples=150)
@given(small_days_and_disruptions())
def test_a_visit_breaks_exactly_where_it_has_something_it_cannot_have(case: tuple[Day, Disruption]) -> None:
    """Alone on its day, a visit that doesn't break can stay as it is, and one that breaks can't."""
    before, disruption = case
    for alone in before.visits:
        after = disrupted(replace(before, visits=(alone,)), disruption)
        only = after.visits[0]
        open_minutes = {
            (supply.key, minute)
            for supply in after.supplies
            for start, end in supply.open
            for minute in range(start, end)
        }
        missing = {
            (held.resource, minute)
            for held in only.holds()
            for minute in range(max(held.start, after.since), held.end)
            if (held.resource, minute) not in open_minutes
        }
        too_early = set(range(only.start, min(only.not_before or only.start, only.end)))
        faults = broken(after)
        told = {(fault.resource, minute) for fault in faults for minute in range(fault.start, fault.end)}
        assert told == missing | {(None, minute) for minute in too_early}


def test_what_others_have_taken_is_theirs() -> None:
    before = day(visit("only", 0), chairs=1, nurses=1)
    (chair,), (nurse,) = before.chairs, before.nurses
    for others in (
        replace(before, chairs=(replace(chair, taken=(Rectangle(0, 60, 0, 1),)),)),
        replace(before, nurses=(replace(nurse, taken=(Rectangle(0, 60, 0, 1),)),)),
    ):
        assert plan(others).placements[0].start == 60


def test_phases_without_nursing_need_no_nurse() -> None:
    rests = visit("rests", 0)
    phases = (*rests.phases[:2], Need(60, 120, 0, "observation"))
    before = day(replace(rests, phases=phases), nurses=1)
    found = plan(disrupted(before, Disruption((Away("nurse 1", 60, 540),))))
    assert (found.cost, found.placements[0].start) == (0, 0)
