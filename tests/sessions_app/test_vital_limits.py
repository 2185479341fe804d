"""The rings of domain.md 3.2 and the protocol's limits: each at its edge, one below and one above."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from scheduler.protocols.default_protocols import LIMITS
from sessions_app.models import VitalSigns
from sessions_app.observing.vital_limits import (
    RINGS,
    SYMPTOMS,
    Doubt,
    breaches,
    limited,
    rejected,
    rings_of,
    unusual,
)
from sessions_app.observing.vitals import Reading

# The table as it is printed in domain.md 3.2: reject outside, confirm outside.
TABLE: dict[str, tuple[tuple[str, str], tuple[str, str] | None]] = {
    "systolic_mmhg": (("40", "300"), ("70", "220")),
    "diastolic_mmhg": (("20", "200"), ("40", "130")),
    "mean_mmhg": (("30", "230"), ("50", "150")),
    "heart_rate_per_min": (("20", "300"), ("40", "150")),
    "respiratory_rate_per_min": (("0", "70"), ("8", "30")),
    "oxygen_saturation_percent": (("30", "100"), ("90", "100")),
    "temperature_cel": (("25", "45"), ("35", "39.5")),
    "end_tidal_co2_mmhg": (("0", "120"), ("20", "60")),
    "pain_nrs": (("0", "10"), None),
    "dissociation": (("0", "10"), None),
    "distress": (("0", "10"), None),
    "rass": (("-5", "4"), None),
}


def step_of(sign: str) -> Decimal:
    """The smallest difference that the column can hold."""
    field: Any = VitalSigns._meta.get_field(sign)
    return Decimal(1).scaleb(-getattr(field, "decimal_places", 0))


def at_the_edges(ring: int) -> Iterator[Any]:
    """(sign, value, inside): on both edges of a ring, one step below and one above each."""
    for sign, rings in TABLE.items():
        edges = rings[ring]
        if edges is None:
            continue
        low, high = Decimal(edges[0]), Decimal(edges[1])
        for value in (low - step_of(sign), low, low + step_of(sign)):
            yield pytest.param(sign, value, value >= low, id=f"{sign}={value}")
        for value in (high - step_of(sign), high, high + step_of(sign)):
            yield pytest.param(sign, value, value <= high, id=f"{sign}={value}")


def fields(doubts: list[Doubt]) -> list[str]:
    return [doubt.field for doubt in doubts]


def alone(sign: str, value: Decimal) -> dict[str, int | Decimal | None]:
    """The value, a pressure beside a partner that is no question of its own."""
    partner: dict[str, int | Decimal | None] = {}
    if sign == "systolic_mmhg":
        partner = {"diastolic_mmhg": value - 1}
    elif sign == "diastolic_mmhg":
        partner = {"systolic_mmhg": value + 1}
    return {**partner, sign: value}


@pytest.mark.parametrize(("sign", "value", "inside"), list(at_the_edges(0)))
def test_a_value_outside_the_reject_ring_is_refused_and_its_edge_is_inside(
    sign: str, value: Decimal, inside: bool
) -> None:
    assert (sign not in fields(rejected(alone(sign, value)))) is inside


@pytest.mark.parametrize(("sign", "value", "inside"), list(at_the_edges(1)))
def test_a_value_outside_the_confirm_ring_wants_confirming_and_its_edge_does_not(
    sign: str, value: Decimal, inside: bool
) -> None:
    assert fields(unusual({sign: value})) == ([] if inside else [sign])


def test_every_sign_of_the_table_and_of_a_set_has_its_rings() -> None:
    assert {*TABLE, "oxygen_l_per_min"} == set(RINGS)
    columns = {field.name for field in VitalSigns._meta.concrete_fields}
    assert set(RINGS) < columns
    assert set(RINGS) < set(Reading.__dataclass_fields__)
    symptoms: Any = VitalSigns._meta.get_field("symptoms")
    assert max(map(len, SYMPTOMS)) <= symptoms.base_field.max_length


def test_a_breathing_rate_of_zero_is_a_real_emergency_value() -> None:
    assert rejected({"respiratory_rate_per_min": 0}) == []


@pytest.mark.parametrize(
    ("diastolic", "refused"), [(79, []), (80, ["diastolic_mmhg"]), (81, ["diastolic_mmhg"])]
)
def test_the_diastolic_must_be_below_the_systolic(diastolic: int, refused: list[str]) -> None:
    assert fields(rejected({"systolic_mmhg": 80, "diastolic_mmhg": diastolic})) == refused


@pytest.mark.parametrize("missing", ["systolic_mmhg", "diastolic_mmhg"])
def test_one_pressure_alone_is_refused(missing: str) -> None:
    values = {"systolic_mmhg": 120, "diastolic_mmhg": 80, missing: None}
    assert fields(rejected(values)) == [missing]


@pytest.mark.parametrize(
    ("mean", "inside"), [(79, False), (80, True), (81, True), (119, True), (120, True), (121, False)]
)
def test_the_mean_lies_between_the_two_pressures(mean: int, inside: bool) -> None:
    values = {"systolic_mmhg": 120, "diastolic_mmhg": 80, "mean_mmhg": mean}
    assert fields(rejected(values)) == ([] if inside else ["mean_mmhg"])


@pytest.mark.parametrize(
    ("systolic", "diastolic", "mean", "asked"),
    [
        # 110 + 90 / 3 = 140: 20 off is no question, 21 off is one, on either side.
        (200, 110, 120, False),
        (200, 110, 119, True),
        (200, 110, 160, False),
        (200, 110, 161, True),
        # 80 + 40 / 3 = 93 and a third: 113 is less than 20 off, 114 more.
        (120, 80, 113, False),
        (120, 80, 114, True),
    ],
)
def test_a_mean_far_from_what_the_pressures_make_wants_confirming(
    systolic: int, diastolic: int, mean: int, asked: bool
) -> None:
    rings = rings_of({"mean_mmhg": {"confirm": [30, 230]}})
    values = {"systolic_mmhg": systolic, "diastolic_mmhg": diastolic, "mean_mmhg": mean}
    assert fields(unusual(values, rings)) == (["mean_mmhg"] if asked else [])


@pytest.mark.parametrize(("pulse_pressure", "asked"), [(14, True), (15, False), (16, False)])
def test_a_narrow_pulse_pressure_wants_confirming(pulse_pressure: int, asked: bool) -> None:
    values = {"systolic_mmhg": 90 + pulse_pressure, "diastolic_mmhg": 90}
    assert fields(unusual(values)) == (["diastolic_mmhg"] if asked else [])


@pytest.mark.parametrize(
    ("value", "asked"), [("89.9", False), ("90", True), ("98.6", True), ("110", True), ("110.1", False)]
)
def test_a_temperature_in_fahrenheit_is_recognized(value: str, asked: bool) -> None:
    [doubt] = rejected({"temperature_cel": Decimal(value)})
    assert ("Fahrenheit" in doubt.mend) is asked


def test_a_temperature_in_fahrenheit_is_told_in_celsius() -> None:
    [doubt] = rejected({"temperature_cel": Decimal("98.6")})
    assert doubt.mend == "Is this in Fahrenheit? 98.6 °F is 37.0 °C: enter that."


def test_a_protocol_version_may_have_rings_of_its_own() -> None:
    rings = rings_of(
        {"heart_rate_per_min": {"reject": [30, 200]}, "temperature_cel": {"confirm": [36, "38.5"]}}
    )
    assert fields(rejected({"heart_rate_per_min": 201}, rings)) == ["heart_rate_per_min"]
    assert rejected({"heart_rate_per_min": 201}) == []
    assert fields(unusual({"heart_rate_per_min": 151}, rings)) == ["heart_rate_per_min"]
    assert fields(unusual({"temperature_cel": Decimal("38.6")}, rings)) == ["temperature_cel"]
    assert rings_of({}) == RINGS


def test_a_misspelt_sign_is_an_error_and_not_a_ring_that_never_holds() -> None:
    with pytest.raises(ValueError, match="are no vital signs"):
        rings_of({"heart_rate": {"reject": [30, 200]}})


def limit_edges() -> Iterator[Any]:
    """(sign, level, value, passed) on every bound of the default limits, one below and one above."""
    for sign, levels in LIMITS.items():
        for level, bounds in levels.items():
            if not isinstance(bounds, dict):
                continue
            for bound, limit in bounds.items():
                edge = Decimal(str(limit))
                for value in (edge - step_of(sign), edge, edge + step_of(sign)):
                    passed = {"below": value < edge, "at_least": value >= edge, "above": value > edge}[bound]
                    yield pytest.param(
                        sign, level, bound, value, passed, id=f"{sign}-{level}-{bound}={value}"
                    )


@pytest.mark.parametrize(("sign", "level", "bound", "value", "passed"), list(limit_edges()))
def test_the_default_limits_hold_on_their_edge(
    sign: str, level: Any, bound: str, value: Decimal, passed: bool
) -> None:
    assert (bound in [breach.bound for breach in breaches({sign: value}, LIMITS, level)]) is passed


def test_a_value_that_was_not_measured_breaches_nothing_but_is_asked_for() -> None:
    assert breaches({"systolic_mmhg": None}, LIMITS, "start_hold") == []
    assert limited(LIMITS, "start_hold") == [
        "systolic_mmhg",
        "diastolic_mmhg",
        "heart_rate_per_min",
        "respiratory_rate_per_min",
        "oxygen_saturation_percent",
        "temperature_cel",
        "rass",
    ]


def test_a_misspelt_bound_is_an_error_and_not_a_limit_that_never_holds() -> None:
    with pytest.raises(ValueError, match="is no bound"):
        breaches({"systolic_mmhg": 120}, {"systolic_mmhg": {"stop": {"max": 180}}}, "stop")
