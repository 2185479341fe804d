"""The rings of domain.md 3.2 and the protocol's limits, each on its edge."""

from decimal import Decimal

import pytest

from scheduler.prescribing.default_protocols import LIMITS
from sessions_app.observing.vital_limits import RINGS, breaches, limited, rejected, unusual


def with_pressure(sign: str, value: Decimal) -> dict[str, int | Decimal | None]:
    """The value alone, or beside a partner that raises no question of its own."""
    if sign == "systolic_mmhg":
        return {sign: value, "diastolic_mmhg": 20}
    if sign == "diastolic_mmhg":
        return {sign: value, "systolic_mmhg": 300}
    return {sign: value}


def step_of(sign: str) -> Decimal:
    return Decimal("0.1") if sign == "temperature_cel" else Decimal(1)


@pytest.mark.parametrize("sign", RINGS)
def test_the_edges_of_the_reject_ring_are_inside(sign: str) -> None:
    low, high = RINGS[sign].reject
    step = step_of(sign)
    if sign != "systolic_mmhg":
        assert rejected(with_pressure(sign, low)) == []
    assert rejected(with_pressure(sign, high)) == []
    assert sign in [doubt.field for doubt in rejected(with_pressure(sign, high + step))]
    assert sign in [doubt.field for doubt in rejected(with_pressure(sign, low - step))]


@pytest.mark.parametrize("sign", [sign for sign, ring in RINGS.items() if ring.confirm])
def test_the_edges_of_the_confirm_ring_need_no_confirming(sign: str) -> None:
    low, high = RINGS[sign].confirm or (Decimal(0), Decimal(0))
    step = step_of(sign)
    asked = {
        value: [doubt.field for doubt in unusual({sign: value})]
        for value in (low - step, low, high, high + step)
    }
    assert asked[low] == asked[high] == []
    assert asked[low - step] == [sign]
    assert asked[high + step] == [sign]


def test_a_breathing_rate_of_zero_is_a_real_emergency_value() -> None:
    assert rejected({"respiratory_rate_per_min": 0}) == []


def test_the_diastolic_must_be_below_the_systolic() -> None:
    assert [d.field for d in rejected({"systolic_mmhg": 80, "diastolic_mmhg": 80})] == ["diastolic_mmhg"]
    assert rejected({"systolic_mmhg": 81, "diastolic_mmhg": 80}) == []


def test_one_pressure_alone_is_refused() -> None:
    assert [d.field for d in rejected({"systolic_mmhg": 120, "diastolic_mmhg": None})] == ["diastolic_mmhg"]


@pytest.mark.parametrize(("pulse_pressure", "asked"), [(14, True), (15, False)])
def test_a_narrow_pulse_pressure_wants_confirming(pulse_pressure: int, asked: bool) -> None:
    values = {"systolic_mmhg": 90 + pulse_pressure, "diastolic_mmhg": 90}
    assert bool(unusual(values)) is asked


@pytest.mark.parametrize(
    ("value", "asked"), [("89.9", False), ("90", True), ("98.6", True), ("110.1", False)]
)
def test_a_temperature_in_fahrenheit_is_recognized(value: str, asked: bool) -> None:
    [doubt] = rejected({"temperature_cel": Decimal(value)})
    assert ("Fahrenheit" in doubt.mend) is asked


@pytest.mark.parametrize(
    ("sign", "level", "passing", "breaching"),
    [
        ("systolic_mmhg", "start_hold", 159, 160),
        ("systolic_mmhg", "start_hold", 90, 89),
        ("diastolic_mmhg", "start_hold", 99, 100),
        ("heart_rate_per_min", "start_hold", 110, 111),
        ("heart_rate_per_min", "start_hold", 50, 49),
        ("oxygen_saturation_percent", "start_hold", 94, 93),
        ("respiratory_rate_per_min", "start_hold", 24, 25),
        ("respiratory_rate_per_min", "start_hold", 10, 9),
        ("temperature_cel", "start_hold", Decimal("37.9"), Decimal("38.0")),
        ("heart_rate_per_min", "caution", 120, 121),
        ("systolic_mmhg", "stop", 179, 180),
        ("diastolic_mmhg", "stop", 109, 110),
        ("heart_rate_per_min", "stop", 150, 151),
        ("heart_rate_per_min", "stop", 40, 39),
        ("oxygen_saturation_percent", "stop", 90, 89),
        ("respiratory_rate_per_min", "stop", 30, 31),
        ("respiratory_rate_per_min", "stop", 8, 7),
    ],
)
def test_the_default_limits_hold_on_their_edge(sign: str, level: str, passing: int, breaching: int) -> None:
    assert breaches({sign: passing}, LIMITS, level) == []  # type: ignore[arg-type]
    [breach] = breaches({sign: breaching}, LIMITS, level)  # type: ignore[arg-type]
    assert breach.sign == sign


def test_a_value_that_was_not_measured_breaches_nothing_but_is_asked_for() -> None:
    assert breaches({"systolic_mmhg": None}, LIMITS, "start_hold") == []
    assert limited(LIMITS, "start_hold") == [
        "systolic_mmhg",
        "diastolic_mmhg",
        "heart_rate_per_min",
        "respiratory_rate_per_min",
        "oxygen_saturation_percent",
        "temperature_cel",
    ]


def test_a_misspelt_bound_is_an_error_and_not_a_limit_that_never_holds() -> None:
    with pytest.raises(ValueError, match="is no bound"):
        breaches({"systolic_mmhg": 120}, {"systolic_mmhg": {"stop": {"max": 180}}}, "stop")
