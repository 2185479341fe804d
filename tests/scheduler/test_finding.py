"""Finding a time: what counts and what doesn't, what is offered instead, and what fits a wish best."""

from datetime import datetime, time, timedelta
from itertools import pairwise
from typing import Any

import pytest

from clinic.problems import Invalid
from scheduler.finding import free_times
from scheduler.finding.free_times import Alternative, FeasibleStart, Found
from scheduler.finding.wishes import OTHER_WEEKDAY, Wish
from scheduler.models import Resource, SpacingOverride, TreatmentPlan
from scheduler.visits import booking
from tests.cast import NOW, TODAY, House, make_patient, new_id
from tests.scheduler.stage import Stage, set_stage

TUESDAY, WEDNESDAY, FRIDAY = (TODAY + timedelta(days=ahead) for ahead in (1, 2, 4))


@pytest.fixture
def stage(house: House) -> Stage:
    """Two chairs and two nurses, Monday to Friday from nine to five."""
    return set_stage(house, nurses=2)


def search(stage: Stage, plan: TreatmentPlan, **asked: Any) -> Found:
    window = {"first": NOW, "until": NOW + timedelta(days=7), "now": NOW}
    return free_times.search(plan=plan, **{**window, **asked})


def starts(found: Found) -> list[datetime]:
    return [offered.start for offered in found.first()]


# --- What counts --------------------------------------------------------------------------------------


def test_visits_that_are_left_out_hold_nothing(stage: Stage) -> None:
    """To move a visit, one looks as if it stood nowhere: its chair, its nurse, the patient's spacing."""
    plan = stage.plan()
    visit = stage.book(plan, "9:30")

    assert stage.at("9:35") not in starts(search(stage, plan))
    assert stage.at("9:35") in starts(search(stage, plan, without=(visit.pk,)))


def test_only_chairs_that_offer_all_that_is_asked_for_are_found(stage: Stage) -> None:
    quiet = stage.chairs[1]
    Resource.objects.filter(pk=quiet.pk).update(features=["bed", "quiet"])
    plan = stage.plan()
    TreatmentPlan.objects.filter(pk=plan.pk).update(chair_features=["quiet"])
    stage.book(stage.plan(stage.house.omar), "9:00", chair=quiet)
    plan.refresh_from_db()

    found = search(stage, plan)

    assert {offered.chair for offered in found.first()} == {quiet}
    assert starts(found)[0] == stage.at("11:10")
    Resource.objects.filter(pk=quiet.pk).update(features=["bed"])
    assert starts(search(stage, plan)) == []


def test_nothing_is_found_outside_the_days_of_the_plan(stage: Stage) -> None:
    plan = stage.plan(valid_from=TUESDAY, valid_until=WEDNESDAY)

    found = starts(search(stage, plan))

    assert (found[0], found[-1]) == (stage.at("9:00", TUESDAY), stage.at("14:50", WEDNESDAY))
    assert len(search(stage, plan, first=stage.at("0:00", FRIDAY)).minutes) == 0


def test_the_prescribers_own_spacing_counts_in_place_of_the_protocols(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "9:00")
    assert starts(search(stage, plan))[0] == stage.at("9:00", WEDNESDAY)

    SpacingOverride.objects.create(
        plan=plan, min_days=1, max_days=9, reason="Lives far away", prescriber=stage.house.priya, given_at=NOW
    )

    assert starts(search(stage, plan))[0] == stage.at("9:00", TUESDAY)


def test_a_time_that_is_past_is_not_found(stage: Stage) -> None:
    now = stage.at("10:02")

    assert starts(search(stage, stage.plan(), now=now))[0] == stage.at("10:05")


def test_a_chair_or_nurse_that_does_not_work_here_is_named(stage: Stage, other_house: House) -> None:
    Resource.objects.filter(pk=stage.chairs[0].pk).update(active=False)
    elsewhere = set_stage(other_house)

    plan = stage.plan()

    with pytest.raises(Invalid, match="not a working chair"):
        search(stage, plan, chair_id=stage.chairs[0].pk)
    with pytest.raises(Invalid, match="not a working nurse"):
        search(stage, plan, nurse_id=elsewhere.nurses[0].pk)


def test_which_nurse_and_which_chair_could_serve_is_told_beside_the_starts(stage: Stage) -> None:
    one, two = stage.nurses
    stage.book(stage.plan(stage.house.omar), "9:00", nurse=one, chair=stage.chairs[0])

    found = search(stage, stage.plan(), until=stage.at("11:00"))

    at_nine = found.minutes.tolist().index(int(stage.at("9:00").timestamp()) // 60)
    assert (found.whole(one.pk)[at_nine], found.whole(two.pk)[at_nine]) == (False, True)
    assert [found.in_chair(chair.pk)[at_nine] for chair in stage.chairs] == [False, True]
    assert not found.whole(new_id()).any()


def test_a_search_costs_the_same_whatever_is_booked_and_however_long_it_is(
    stage: Stage, django_assert_num_queries: Any
) -> None:
    plan = TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=stage.plan().pk)
    with django_assert_num_queries(4):
        search(stage, plan, until=NOW + timedelta(days=1)).first()
    for number, wall_time in enumerate(("9:00", "9:20", "11:20", "13:30")):
        stage.book(stage.plan(make_patient(stage.house.clinic, f"Guest {number}", "Doe")), wall_time)
    stage.book(plan, "9:00", TUESDAY)

    with django_assert_num_queries(4):
        search(stage, plan, until=NOW + timedelta(days=365)).first()


# --- What is offered instead --------------------------------------------------------------------------


def alternatives(stage: Stage, plan: TreatmentPlan, wall_time: str, **asked: Any) -> tuple[Alternative, ...]:
    return free_times.alternatives(plan=plan, start=stage.at(wall_time, TUESDAY), now=NOW, **asked)


def of_kind(kind: str, offered: tuple[Alternative, ...]) -> list[Alternative]:
    return [alternative for alternative in offered if kind in alternative.kinds]


def test_the_nearest_times_are_told_by_what_stays_the_same(stage: Stage) -> None:
    """Nurse 1 and Chair 1 are with Omar on Tuesday from ten; Rosa asked for both at ten."""
    nurse, chair = stage.nurses[0], stage.chairs[0]
    stage.book(stage.plan(stage.house.omar), "10:00", TUESDAY, nurse=nurse, chair=chair)

    offered = alternatives(stage, stage.plan(), "10:00", nurse_id=nurse.pk, chair_id=chair.pk)

    assert [row.start for row in of_kind("same_day", offered)] == [
        stage.at(wall_time, TUESDAY) for wall_time in ("9:00", "10:00", "11:00")
    ]
    with_her = of_kind("same_nurse", offered)
    assert [row.start for row in with_her] == [
        stage.at(wall_time, TUESDAY) for wall_time in ("12:00", "13:00", "14:00")
    ]
    assert all([turn.nurse for turn in row.nurses] == [nurse] for row in with_her)
    in_chair = of_kind("same_chair", offered)
    assert in_chair[0].start == stage.at("12:10", TUESDAY)
    assert all(row.chair == chair for row in in_chair)
    assert [row.start for row in of_kind("next_days", offered)] == [
        stage.at("10:00", day) for day in (WEDNESDAY, TODAY + timedelta(days=3), FRIDAY)
    ]
    assert [row.start for row in offered] == sorted(row.start for row in offered)


def test_of_one_kind_no_two_alternatives_are_within_an_hour(stage: Stage) -> None:
    offered = alternatives(stage, stage.plan(), "17:00", nurse_id=stage.nurses[0].pk)

    for kind in ("same_day", "same_nurse", "next_days"):
        times = [row.start for row in of_kind(kind, offered)]
        assert 1 <= len(times) <= 3
        assert all(later - earlier >= timedelta(hours=1) for earlier, later in pairwise(times))


def test_every_alternative_can_be_booked(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "10:00", TUESDAY)
    plan = stage.plan()
    nurse, chair = stage.nurses[0], stage.chairs[0]

    for row in alternatives(stage, plan, "10:00", nurse_id=nurse.pk, chair_id=chair.pk):
        asked = nurse if "same_nurse" in row.kinds else None
        check = booking.check(
            actor=stage.house.actor(stage.house.ana),
            plan=plan,
            start=row.start,
            chair=row.chair,
            nurse=asked,
            now=NOW,
        )
        assert check.bookable
        assert check.decision.nurses == row.nurses


def test_alternatives_cost_one_search(stage: Stage, django_assert_num_queries: Any) -> None:
    plan = TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=stage.plan().pk)

    with django_assert_num_queries(4):
        alternatives(stage, plan, "10:00", nurse_id=stage.nurses[0].pk, chair_id=stage.chairs[0].pk)


def test_a_patient_without_any_other_time_is_offered_none(stage: Stage) -> None:
    plan = stage.plan(valid_from=TUESDAY, valid_until=TUESDAY)
    Resource.objects.filter(pk__in=[chair.pk for chair in stage.chairs]).update(active=False)

    assert alternatives(stage, plan, "10:00") == ()


# --- What fits a wish best ----------------------------------------------------------------------------


def best(stage: Stage, wish: Wish, **asked: Any) -> list[free_times.Ranked]:
    """For Rosa's plan."""
    return free_times.ranked(search(stage, stage.plan()), wish, **asked)


def test_what_fits_best_comes_first_and_nothing_is_left_out(stage: Stage) -> None:
    every_start = search(stage, stage.plan())

    ranked = free_times.ranked(every_start, Wish(weekdays=(2,), earliest=time(14)))

    assert (ranked[0].start, ranked[0].misfit) == (stage.at("14:00", WEDNESDAY), 0)
    assert len(ranked) == len(every_start.minutes)
    assert [row.misfit for row in ranked] == sorted(row.misfit for row in ranked)
    on_monday = next(row for row in ranked if row.start == stage.at("14:00"))
    assert on_monday.misfit == OTHER_WEEKDAY


def test_only_what_was_wished_for_is_left_when_asked(stage: Stage) -> None:
    ranked = best(stage, Wish(weekdays=(2,), earliest=time(14), only=True))

    assert {row.misfit for row in ranked} == {0}
    assert [row.start for row in ranked][::10] == [stage.at("14:00", WEDNESDAY), stage.at("14:50", WEDNESDAY)]


def test_a_wished_nurse_and_chair_serve_where_they_can(stage: Stage) -> None:
    nurse, chair = stage.nurses[1], stage.chairs[1]
    stage.book(stage.plan(stage.house.omar), "9:00", nurse=nurse, chair=chair)

    ranked = best(stage, Wish(nurse=nurse.pk, chair=chair.pk))

    assert (ranked[0].start, ranked[0].chair) == (stage.at("11:10"), chair)
    assert [turn.nurse for turn in ranked[0].nurses] == [nurse]
    at_nine = next(row for row in ranked if row.start == stage.at("9:00"))
    assert (at_nine.chair, at_nine.misfit) == (stage.chairs[0], 90)


def test_the_best_can_be_asked_for_some_time_apart(stage: Stage) -> None:
    ranked = best(stage, Wish(earliest=time(9)), limit=3, apart=timedelta(hours=1))

    assert [row.start for row in ranked] == [stage.at(wall_time) for wall_time in ("9:00", "10:00", "11:00")]


def test_a_wish_for_a_time_of_day_means_the_wall_also_after_the_clocks_have_changed(house: House) -> None:
    """Two months on, Chicago is an hour further from UTC."""
    stage = set_stage(house, days=66)
    monday = TODAY + timedelta(days=63)

    found = search(stage, stage.plan(), first=stage.at("0:00", monday), until=stage.at("23:00", monday))
    ranked = free_times.ranked(found, Wish(latest=time(11), earliest=time(9), only=True))

    assert [row.start for row in ranked] == [stage.at("9:00", monday)]


def test_an_offered_start_is_told_with_all_its_clinicians(stage: Stage) -> None:
    offered: FeasibleStart = search(stage, stage.plan()).first(1)[0]

    assert offered.clinicians == (stage.clinician,)
    assert offered.as_data()["clinician"] == {"id": stage.clinician.pk, "name": "Dr Nair"}
