"""Which alerts a reading raises: the default limits of domain.md 3.3, level by level."""

from decimal import Decimal
from typing import Any

import pytest

from scheduler.protocols.default_protocols import LIMITS
from sessions_app.observing.alert_rules import Raise, raised, rank

CALM: dict[str, Any] = {"systolic_mmhg": 122, "diastolic_mmhg": 78, "heart_rate_per_min": 71}
BOTH_HIGH = {"systolic_mmhg": 185, "diastolic_mmhg": 100}


def levels(
    values: dict[str, Any],
    *symptoms: str,
    earlier: dict[str, Any] | None = None,
    baseline: dict[str, Any] | None = None,
    limits: dict[str, Any] = LIMITS,
) -> dict[str, str]:
    found = raised(values, symptoms, earlier=earlier or {}, baseline=baseline or {}, limits=limits)
    assert len({each.sign for each in found}) == len(found)
    return {each.sign: each.level for each in found}


@pytest.mark.parametrize(
    ("sign", "value", "level"),
    [
        ("systolic_mmhg", 159, None),
        ("systolic_mmhg", 160, "caution"),
        ("diastolic_mmhg", 99, None),
        ("diastolic_mmhg", 100, "caution"),
        ("heart_rate_per_min", 120, None),
        ("heart_rate_per_min", 121, "caution"),
        ("heart_rate_per_min", 150, "caution"),
        ("heart_rate_per_min", 151, "stop"),
        ("heart_rate_per_min", 50, None),
        ("heart_rate_per_min", 49, "caution"),
        ("heart_rate_per_min", 40, "caution"),
        ("heart_rate_per_min", 39, "stop"),
        ("oxygen_saturation_percent", 94, None),
        ("oxygen_saturation_percent", 93, "caution"),
        ("oxygen_saturation_percent", 90, "caution"),
        ("oxygen_saturation_percent", 89, "stop"),
        ("oxygen_saturation_percent", 85, "stop"),
        ("oxygen_saturation_percent", 84, "emergency"),
        ("respiratory_rate_per_min", 10, None),
        ("respiratory_rate_per_min", 9, "caution"),
        ("respiratory_rate_per_min", 8, "caution"),
        ("respiratory_rate_per_min", 7, "stop"),
        ("respiratory_rate_per_min", 1, "stop"),
        ("respiratory_rate_per_min", 0, "emergency"),
        ("respiratory_rate_per_min", 24, None),
        ("respiratory_rate_per_min", 25, "caution"),
        ("respiratory_rate_per_min", 30, "caution"),
        ("respiratory_rate_per_min", 31, "stop"),
        ("end_tidal_co2_mmhg", 50, None),
        ("end_tidal_co2_mmhg", 51, "caution"),
        ("end_tidal_co2_mmhg", 60, "caution"),
        ("end_tidal_co2_mmhg", 61, "stop"),
        ("end_tidal_co2_mmhg", 1, None),
        ("end_tidal_co2_mmhg", 0, "caution"),
        ("rass", -1, None),
        ("rass", -2, "caution"),
        ("rass", -3, "stop"),
        ("rass", -4, "stop"),
        ("rass", -5, "emergency"),
        ("rass", 1, None),
        ("rass", 2, "caution"),
        ("rass", 3, "stop"),
        ("dissociation", 6, None),
        ("dissociation", 7, "caution"),
        ("dissociation", 10, "caution"),
        ("distress", 3, None),
        ("distress", 4, "caution"),
        ("distress", 6, "caution"),
        ("distress", 7, "stop"),
        ("temperature_cel", Decimal("41"), None),
    ],
)
def test_a_value_raises_the_level_that_it_passes(sign: str, value: Any, level: str | None) -> None:
    assert levels({sign: value}) == ({sign: level} if level else {})


def test_what_was_not_measured_raises_nothing() -> None:
    assert levels({"systolic_mmhg": None, "heart_rate_per_min": 71}) == {}


@pytest.mark.parametrize(
    ("sign", "before", "now", "level"),
    [
        ("systolic_mmhg", None, 180, "caution"),
        ("systolic_mmhg", 179, 180, "caution"),
        ("systolic_mmhg", 180, 180, "stop"),
        ("systolic_mmhg", 180, 179, "caution"),
        ("diastolic_mmhg", 109, 110, "caution"),
        ("diastolic_mmhg", 110, 110, "stop"),
        ("heart_rate_per_min", None, 151, "stop"),
    ],
)
def test_one_bad_pressure_cautions_and_two_in_a_row_call_for_the_stop(
    sign: str, before: int | None, now: int, level: str
) -> None:
    assert levels({sign: now}, earlier={sign: before}) == {sign: level}


def test_how_many_readings_a_stop_needs_is_the_protocols_to_say() -> None:
    limits = {"systolic_mmhg": {**LIMITS["systolic_mmhg"], "stop_readings": 1}}
    assert levels({"systolic_mmhg": 180}, limits=limits) == {"systolic_mmhg": "stop"}


@pytest.mark.parametrize(
    ("systolic", "symptoms", "level"),
    [
        (181, ["chest_pain"], "emergency"),
        (181, ["neurological"], "emergency"),
        (181, ["dyspnoea"], "emergency"),
        (181, ["syncope"], "caution"),
        (181, [], "caution"),
        (180, ["chest_pain"], "caution"),
    ],
)
def test_a_crisis_pressure_is_an_emergency_only_with_its_symptoms(
    systolic: int, symptoms: list[str], level: str
) -> None:
    assert levels({"systolic_mmhg": systolic}, *symptoms)["systolic_mmhg"] == level


@pytest.mark.parametrize(("diastolic", "level"), [(120, "caution"), (121, "emergency")])
def test_the_diastolic_has_its_own_crisis(diastolic: int, level: str) -> None:
    assert levels({"diastolic_mmhg": diastolic}, "dyspnoea")["diastolic_mmhg"] == level


@pytest.mark.parametrize(
    ("rate", "symptoms", "level"),
    [
        (121, ["syncope"], "emergency"),
        (49, ["chest_pain"], "emergency"),
        (121, ["dyspnoea"], "caution"),
        (120, ["syncope"], None),
    ],
)
def test_a_heart_rate_past_caution_with_a_faint_or_chest_pain_is_an_emergency(
    rate: int, symptoms: list[str], level: str | None
) -> None:
    assert levels({"heart_rate_per_min": rate}, *symptoms).get("heart_rate_per_min") == level


@pytest.mark.parametrize(
    ("symptom", "level"),
    [
        ("chest_pain", "emergency"),
        ("neurological", "emergency"),
        ("apnoea", "emergency"),
        ("stridor", "emergency"),
        ("unresponsive", "emergency"),
        ("seizure", "emergency"),
        ("dyspnoea", "stop"),
        ("syncope", "stop"),
    ],
)
def test_what_is_seen_raises_beside_calm_figures(symptom: str, level: str) -> None:
    assert levels(CALM, symptom) == {symptom: level}


@pytest.mark.parametrize(
    ("sign", "own", "value", "raises"),
    [
        ("systolic_mmhg", 120, 143, False),
        ("systolic_mmhg", 120, 144, True),
        ("systolic_mmhg", 122, 146, False),  # 146.4 is 20 % more
        ("systolic_mmhg", 122, 147, True),
        ("diastolic_mmhg", 75, 89, False),
        ("diastolic_mmhg", 75, 90, True),
        ("heart_rate_per_min", 50, 100, False),
    ],
)
def test_a_rise_of_a_fifth_above_the_patients_own_baseline_cautions(
    sign: str, own: int, value: int, raises: bool
) -> None:
    found = raised({sign: value}, [], earlier={}, baseline={sign: own}, limits=LIMITS)
    assert [(each.level, each.kind) for each in found] == ([("caution", "change")] if raises else [])


def test_a_limit_that_is_passed_is_said_before_the_change() -> None:
    [found] = raised({"systolic_mmhg": 165}, [], earlier={}, baseline={"systolic_mmhg": 120}, limits=LIMITS)
    assert found == Raise("systolic_mmhg", "caution", "limit", "Systolic pressure 165 mmHg: at or above 160.")


def test_a_detail_says_the_value_the_limit_and_what_goes_with_it() -> None:
    details = {
        each.sign: each.detail
        for each in raised(
            {**BOTH_HIGH, "rass": -5},
            ["chest_pain"],
            earlier=BOTH_HIGH,
            baseline={"diastolic_mmhg": 80},
            limits=LIMITS,
        )
    }
    assert details == {
        "chest_pain": "Chest pain.",
        "systolic_mmhg": "Systolic pressure 185 mmHg: above 180, chest pain.",
        "diastolic_mmhg": "Diastolic pressure 100 mmHg: at or above 100.",
        "rass": "Sedation (RASS) -5: unresponsive.",
    }


def test_the_limits_are_the_stored_ones_of_the_protocol_version() -> None:
    limits = {"systolic_mmhg": {"caution": {"at_least": 140}}}
    assert levels({"systolic_mmhg": 140, "heart_rate_per_min": 200}, limits=limits) == {
        "systolic_mmhg": "caution"
    }


def test_levels_have_an_order() -> None:
    of_one_reading = rank("caution", "once")
    assert rank("caution", "limit") == rank("caution", "change") < of_one_reading
    assert of_one_reading < rank("stop", "limit") < rank("emergency", "limit")
