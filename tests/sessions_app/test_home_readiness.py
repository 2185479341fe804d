"""Fit to go home: PADSS adapted to infusions, at every edge, and each missing thing by its name."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest

from sessions_app import states
from sessions_app.leaving.home_readiness import (
    Assessment,
    Course,
    Signs,
    assess,
    known_missing,
    near,
    sets_near_in_a_row,
    vital_signs_score,
)

BASELINE: Signs = {"systolic_mmhg": 120, "diastolic_mmhg": 80, "heart_rate_per_min": 70}
CALM: Signs = {**BASELINE, "dissociation": 0}
AT = datetime(2027, 1, 11, 11, 0, tzinfo=UTC)
QUARTER = timedelta(minutes=15)
COURSE = Course(
    minutes_to_go=0,
    sets=[CALM, CALM],
    measured_at=[AT - QUARTER, AT],
    at=AT,
    least_apart=timedelta(minutes=12),
    most_apart=timedelta(minutes=18),
    baseline=BASELINE,
    near_percent=20,
    near_sets=2,
)
FOUND = Assessment(
    oriented=True,
    steady_gait=True,
    nausea_pain_score=2,
    iv_site_score=2,
    intake_score=1,
    escort_name="Sam Reyes",
    escort_phone="312 555 0100",
    escort_seen=True,
    instructions_given=True,
    iv_removed=True,
)


def course(**changes: Any) -> Course:
    """Fit to go but for the changes; the sets a quarter of an hour apart, the last one now."""
    count = len(changes.get("sets", COURSE.sets))
    moments = [AT - QUARTER * each for each in reversed(range(count))]
    return replace(COURSE, **{"measured_at": moments, **changes})


def signs(**values: Any) -> Signs:
    return {**CALM, **values}


def test_a_patient_with_nine_points_and_everything_else_may_go() -> None:
    readiness = assess(COURSE, FOUND)
    assert (readiness.total, readiness.vital_signs_computed, readiness.missing) == (9, True, {})
    assert readiness.scores["vital_signs_score"] == 2
    assert readiness.scores["activity_score"] == 2


@pytest.mark.parametrize(
    ("systolic", "points"), [(144, 2), (145, 1), (96, 2), (95, 1), (168, 1), (169, 0), (72, 1), (71, 0)]
)
def test_vital_signs_score_by_their_distance_from_the_patients_own_baseline(
    systolic: int, points: int
) -> None:
    """120 mmHg: 20 % are 24, 40 % are 48."""
    assert vital_signs_score(course(sets=[CALM, signs(systolic_mmhg=systolic)])) == points


def test_the_sign_that_is_farthest_off_decides() -> None:
    assert vital_signs_score(course(sets=[signs(heart_rate_per_min=100)])) == 0


@pytest.mark.parametrize("sign", BASELINE)
def test_without_a_baseline_or_a_reading_nothing_is_reckoned(sign: str) -> None:
    assert vital_signs_score(course(baseline={**BASELINE, sign: None})) is None
    assert vital_signs_score(course(sets=[signs(**{sign: None})])) is None


def test_a_score_that_cannot_be_reckoned_is_the_nurses() -> None:
    recovery = course(baseline={}, near_accepted=True)
    readiness = assess(recovery, replace(FOUND, vital_signs_score=1, intake_score=2))
    assert (readiness.total, readiness.vital_signs_computed) == (9, False)
    assert assess(COURSE, replace(FOUND, vital_signs_score=0)).scores["vital_signs_score"] == 2


@pytest.mark.parametrize(
    ("oriented", "steady", "points"), [(True, True, 2), (True, False, 1), (False, True, 1), (False, False, 0)]
)
def test_activity_is_oriented_and_a_steady_gait(oriented: bool, steady: bool, points: int) -> None:
    readiness = assess(COURSE, replace(FOUND, oriented=oriented, steady_gait=steady))
    assert readiness.scores["activity_score"] == points


def test_eight_points_are_not_enough_and_nine_are() -> None:
    assert assess(COURSE, replace(FOUND, intake_score=0)).missing == {"fit": "The score is 8."}
    assert assess(COURSE, FOUND).total == 9


def test_nine_points_without_knowing_where_one_is_are_not_enough() -> None:
    dazed = assess(COURSE, replace(FOUND, oriented=False, intake_score=2))
    assert (dazed.total, dazed.missing) == (9, {"oriented": ""})


FAR = signs(systolic_mmhg=160)
PAIN_ONLY: Signs = {"pain_nrs": 2, "dissociation": 0}


@pytest.mark.parametrize(
    ("sets", "in_a_row"),
    [
        ([], 0),
        ([CALM], 1),
        ([CALM, CALM], 2),
        ([CALM, CALM, FAR], 0),
        ([FAR, CALM], 1),
        ([CALM, FAR, CALM], 1),
        ([FAR, CALM, CALM], 2),
        ([CALM, PAIN_ONLY, CALM], 2),
        ([CALM, signs(diastolic_mmhg=None), CALM], 1),
    ],
)
def test_sets_near_the_baseline_count_only_in_a_row(sets: list[Signs], in_a_row: int) -> None:
    close = [AT - timedelta(minutes=5) * each for each in reversed(range(len(sets)))]
    recovery = course(sets=sets, measured_at=close, least_apart=timedelta(minutes=5))
    assert sets_near_in_a_row(recovery) == in_a_row
    assert ("near_baseline" in known_missing(recovery)) == (len(sets) > 0 and in_a_row < 2)


@pytest.mark.parametrize(("apart", "in_a_row"), [(18, 2), (19, 1)])
def test_sets_between_which_a_reading_was_missed_are_not_in_a_row(apart: int, in_a_row: int) -> None:
    recovery = course(measured_at=[AT - timedelta(minutes=apart), AT])
    assert sets_near_in_a_row(recovery) == in_a_row


@pytest.mark.parametrize(
    ("before", "in_a_row"),
    [
        ([1], 1),
        ([11], 1),
        ([12], 2),
        ([1, 2, 11], 1),  # as often as one likes
        ([1, 13], 2),  # beside the one that was repeated at once
        ([10, 20], 2),  # and that leaves no gap
    ],
)
def test_a_set_that_is_repeated_before_the_next_is_due_is_no_second(before: list[int], in_a_row: int) -> None:
    moments = [AT - timedelta(minutes=each) for each in reversed(before)]
    recovery = course(sets=[CALM] * (len(before) + 1), measured_at=[*moments, AT])
    assert sets_near_in_a_row(recovery) == in_a_row


@pytest.mark.parametrize(
    ("recovery", "why"),
    [
        ({"measured_at": [AT - timedelta(minutes=1), AT]}, "sets in a row are at least 12 minutes apart."),
        ({"measured_at": [AT - timedelta(minutes=19), AT]}, "sets in a row are at most 18 minutes apart."),
        ({"sets": [signs(heart_rate_per_min=None), CALM]}, "it lacks a pressure or the pulse."),
        ({"sets": [FAR, CALM]}, " The one before wasn't within it."),
        ({"sets": [CALM, FAR]}, "in a row: 0 of 2 sets."),
        ({"sets": [CALM], "measured_at": [AT]}, "in a row: 1 of 2 sets."),
    ],
)
def test_why_an_earlier_set_does_not_count_is_said(recovery: dict[str, Any], why: str) -> None:
    assert known_missing(course(**recovery))["near_baseline"].endswith(why)


@pytest.mark.parametrize(("minutes", "stale"), [(18, False), (19, True)])
def test_nobody_goes_home_on_readings_of_long_ago(minutes: int, stale: bool) -> None:
    assert ("vitals_fresh" in known_missing(course(at=AT + timedelta(minutes=minutes)))) == stale


@pytest.mark.parametrize(
    ("changes", "needed"),
    [
        ({}, "2 new ones are needed, 12 to 18 minutes apart."),
        ({"least_apart": timedelta()}, "2 new ones are needed, at most 18 minutes apart."),
        ({"near_sets": 3}, "3 new ones are needed, 12 to 18 minutes apart."),
        ({"near_accepted": True}, "12 to 18 minutes apart, or the prescriber decides again."),
        ({"near_sets": 1}, "None was measured in the last 18 minutes."),
    ],
)
def test_who_is_to_measure_again_reads_beforehand_that_one_set_will_not_do(
    changes: dict[str, Any], needed: str
) -> None:
    late = AT + timedelta(minutes=19)
    assert known_missing(course(at=late, **changes))["vitals_fresh"].endswith(needed)
    again = course(sets=[CALM] * 3, measured_at=[AT - QUARTER, AT, late], at=late)
    assert sets_near_in_a_row(again) == 1, "as it was said"


def test_pain_asked_just_now_makes_no_fresh_set() -> None:
    assert "vitals_fresh" in known_missing(course(sets=[CALM, PAIN_ONLY, PAIN_ONLY]))


def test_how_near_is_the_protocols_to_say() -> None:
    ten = course(near_percent=10, sets=[CALM, signs(systolic_mmhg=133)])
    assert "near_baseline" in known_missing(ten)
    assert "near_baseline" not in known_missing(replace(ten, near_percent=11))
    assert not near({**BASELINE, "systolic_mmhg": Decimal("144.1")}, BASELINE, 20)


@pytest.mark.parametrize(("asked", "missing"), [(0, False), (1, False), (2, True), (None, True)])
def test_dissociation_is_asked_and_down_to_one(asked: int | None, missing: bool) -> None:
    recovery = course(sets=[CALM, CALM] if asked == 0 else [signs(dissociation=asked)] * 2)
    assert ("dissociation" in known_missing(recovery)) == missing


CHANGES: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
    "stop_explained": ({"stop_lacks": ["the reason"]}, {}),
    "observed": ({"minutes_to_go": 5}, {}),
    "vitals_after_stop": ({"sets": []}, {}),
    "vitals_fresh": ({"at": AT + timedelta(minutes=19)}, {}),
    "near_baseline": ({"sets": [FAR, CALM]}, {}),
    "pressure": ({"pressure_past": ["Systolic pressure"]}, {}),
    "alerts_open": ({"open_alerts": ["Vital signs were due at 10:15."]}, {}),
    "dissociation": ({"sets": [signs(dissociation=3)] * 2}, {}),
    "vomiting": ({"vomiting": True}, {}),
    "side_effects": ({"side_effects": ["Nausea"]}, {}),
    "suicidality": ({"suicidality_was_positive": True}, {}),
    "fit": ({}, {"iv_site_score": 0}),
    "oriented": ({}, {"oriented": False}),
    "escort": ({}, {"escort_phone": " "}),
    "escort_seen": ({}, {"escort_seen": False}),
    "iv_removed": ({}, {"iv_removed": False}),
    "instructions": ({}, {"instructions_given": False}),
}


@pytest.mark.parametrize("code", CHANGES)
def test_each_missing_thing_is_named(code: str) -> None:
    changes, found = CHANGES[code]
    missing = assess(course(**changes), replace(FOUND, **found)).missing
    assert code in missing
    [blocker] = [each for each in states.blockers(states.ACTS["discharge"], missing) if each.code == code]
    assert blocker.detail


def test_everything_that_the_table_of_states_asks_of_a_discharge_has_its_story() -> None:
    assert set(CHANGES) == set(states.ACTS["discharge"].requires)


def test_suicidality_that_was_positive_is_asked_again() -> None:
    recovery = course(suicidality_was_positive=True)
    assert not assess(recovery, replace(FOUND, suicidality_asked_again=True)).missing


def test_a_prescriber_may_accept_vital_signs_that_are_not_near_the_baseline() -> None:
    recovery = course(sets=[FAR, CALM], pressure_past=["Systolic pressure"], near_accepted=True)
    assert not known_missing(recovery)
