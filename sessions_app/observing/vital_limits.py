"""Vital signs judged in three rings (domain.md 3.2, 3.3), pure: reject, confirm, alert.

*Reject* is a typing error, *confirm* is possible but wants measuring again, *alert* is clinical and comes
from the limits of the protocol version. Opening tasks about an alert is not here (see `vitals`).

The limits of a protocol version are JSON, by vital sign and level; levels are `start_hold`, `caution` and
`stop`, bounds are `below` (<), `at_least` (>=) and `above` (>), and one bound passed is a breach:

    {"systolic_mmhg": {"start_hold": {"below": 90, "at_least": 160}, "stop": {"at_least": 180}},
     "heart_rate_per_min": {"start_hold": {"below": 50, "above": 110}}}
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

Value = int | Decimal
Values = Mapping[str, Value | None]
Level = Literal["start_hold", "caution", "stop"]


@dataclass(frozen=True)
class Ring:
    """One vital sign: its name, unit and the two outer rings, both ends allowed."""

    label: str
    unit: str
    reject: tuple[Decimal, Decimal]
    confirm: tuple[Decimal, Decimal] | None = None


def _range(low: str, high: str) -> tuple[Decimal, Decimal]:
    return Decimal(low), Decimal(high)


# domain.md 3.2, columns 2 and 3 [D].
RINGS: Final[Mapping[str, Ring]] = {
    "systolic_mmhg": Ring("Systolic pressure", "mmHg", _range("40", "300"), _range("70", "220")),
    "diastolic_mmhg": Ring("Diastolic pressure", "mmHg", _range("20", "200"), _range("40", "130")),
    "heart_rate_per_min": Ring("Heart rate", "/min", _range("20", "300"), _range("40", "150")),
    "respiratory_rate_per_min": Ring("Respiratory rate", "/min", _range("0", "70"), _range("8", "30")),
    "oxygen_saturation_percent": Ring("Oxygen saturation", "%", _range("30", "100"), _range("90", "100")),
    "temperature_cel": Ring("Temperature", "°C", _range("25", "45"), _range("35", "39.5")),
    "pain_nrs": Ring("Pain", "of 10", _range("0", "10")),
}

FAHRENHEIT: Final = _range("90", "110")  # domain.md 3.2
PULSE_PRESSURE_CONFIRM: Final = 15  # mmHg, domain.md 3.2


@dataclass(frozen=True)
class Doubt:
    """What is wrong at one field, or wants a second look, and the mend."""

    field: str
    mend: str


@dataclass(frozen=True)
class Breach:
    """A value past one bound of the protocol."""

    sign: str
    level: Level
    bound: str
    limit: Decimal

    @property
    def label(self) -> str:
        return RINGS[self.sign].label


def rejected(values: Values) -> list[Doubt]:
    """Values that cannot be right: outside the reject ring, or impossible beside each other."""
    found = []
    for sign, value in values.items():
        if value is None:
            continue
        ring = RINGS[sign]
        low, high = ring.reject
        if low <= value <= high:
            continue
        if sign == "temperature_cel" and FAHRENHEIT[0] <= value <= FAHRENHEIT[1]:
            found.append(Doubt(sign, "Is this in Fahrenheit? Enter the temperature in °C."))
        else:
            found.append(Doubt(sign, f"Enter a value from {low} to {high} {ring.unit}."))
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if (systolic is None) != (diastolic is None):
        missing = "systolic_mmhg" if systolic is None else "diastolic_mmhg"
        found.append(Doubt(missing, "Enter both pressures, or neither."))
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        found.append(Doubt("diastolic_mmhg", "The diastolic pressure must be below the systolic."))
    return found


def unusual(values: Values) -> list[Doubt]:
    """Possible values that want measuring again before they are kept; call after `rejected`."""
    found = []
    for sign, value in values.items():
        ring = RINGS[sign]
        if value is not None and ring.confirm and not ring.confirm[0] <= value <= ring.confirm[1]:
            low, high = ring.confirm
            found.append(
                Doubt(
                    sign,
                    f"Outside {low} to {high} {ring.unit}: measure again, then confirm that it is right.",
                )
            )
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if systolic is not None and diastolic is not None and 0 < systolic - diastolic < PULSE_PRESSURE_CONFIRM:
        found.append(
            Doubt(
                "diastolic_mmhg",
                f"Less than {PULSE_PRESSURE_CONFIRM} mmHg below the systolic: measure again, "
                "then confirm that it is right.",
            )
        )
    return found


def breaches(values: Values, limits: Mapping[str, Any], level: Level) -> list[Breach]:
    """Every bound of this level that a measured value passes; values not measured are left out."""
    found = []
    for sign, value in values.items():
        bounds = limits.get(sign, {}).get(level, {})
        if value is None:
            continue
        for bound, limit in bounds.items():
            edge = Decimal(str(limit))
            if _passes(Decimal(value), bound, edge):
                found.append(Breach(sign, level, bound, edge))
    return found


def limited(limits: Mapping[str, Any], level: Level) -> list[str]:
    """The vital signs that have a limit at this level: all of them must be measured to judge it."""
    return [sign for sign in RINGS if limits.get(sign, {}).get(level)]


def _passes(value: Decimal, bound: str, limit: Decimal) -> bool:
    match bound:
        case "below":
            return value < limit
        case "at_least":
            return value >= limit
        case "above":
            return value > limit
    raise ValueError(f"{bound!r} is no bound: below, at_least or above")
