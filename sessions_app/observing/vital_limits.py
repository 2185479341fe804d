"""Vital signs judged in three rings (domain.md 3.2, 3.3), pure: reject, confirm, alert.

*Reject* is a typing error, *confirm* is possible but wants measuring again, *alert* is clinical and comes
from the limits of the protocol version. Which alerts a reading raises is in `alert_rules`.

The limits of a protocol version are JSON, by vital sign and level; levels are `start_flag`, `start_hold`,
`caution`, `stop` and `emergency`, bounds are `below` (<), `at_least` (>=) and `above` (>), and one bound
passed is a breach:

    {"systolic_mmhg": {"start_hold": {"below": 90, "at_least": 160}, "stop": {"at_least": 180}},
     "heart_rate_per_min": {"start_hold": {"below": 50, "above": 110}}}

A protocol version may also have rings of its own, for those signs that it names (`rings_of`):

    {"systolic_mmhg": {"reject": [40, 260], "confirm": [80, 200]}}
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from decimal import ROUND_HALF_UP, Decimal
from typing import Any, Final, Literal

from scheduler.protocols.limit_content import TAKEN
from scheduler.protocols.limit_content import TAKEN_UNASKED as UNASKED

Value = int | Decimal
Values = Mapping[str, Value | None]
Level = Literal["start_flag", "start_hold", "caution", "stop", "emergency"]


@dataclass(frozen=True)
class Ring:
    """One vital sign: its name, unit and the two outer rings, both ends allowed. A regular sign belongs to
    every set: left out, it has a reason."""

    label: str
    unit: str
    reject: tuple[Decimal, Decimal]
    confirm: tuple[Decimal, Decimal] | None = None
    regular: bool = True

    @property
    def spoken(self) -> str:
        """The label in the middle of a sentence: "sedation (RASS)"."""
        words = self.label.split()
        return " ".join(word.lower() if word[1:].islower() else word for word in words)


Rings = Mapping[str, Ring]


def _range(low: float, high: float) -> tuple[Decimal, Decimal]:
    """As they are written: 39.5, not the binary number nearest to it."""
    return Decimal(str(low)), Decimal(str(high))


# Both rings stand where a protocol's limits are judged by them.
RINGS: Final[Rings] = {
    sign: Ring(
        label, unit, _range(*TAKEN[sign]), _range(*UNASKED[sign]) if sign in UNASKED else None, regular
    )
    for sign, label, unit, regular in (
        ("systolic_mmhg", "Systolic pressure", "mmHg", True),
        ("diastolic_mmhg", "Diastolic pressure", "mmHg", True),
        ("mean_mmhg", "Mean pressure", "mmHg", False),
        ("heart_rate_per_min", "Heart rate", "/min", True),
        ("respiratory_rate_per_min", "Respiratory rate", "/min", True),
        ("oxygen_saturation_percent", "Oxygen saturation", "%", True),
        ("oxygen_l_per_min", "Oxygen", "L/min", False),
        ("end_tidal_co2_mmhg", "EtCO₂", "mmHg", False),
        ("temperature_cel", "Temperature", "°C", True),
        ("rass", "Sedation (RASS)", "", False),
        ("dissociation", "Dissociation", "of 10", False),
        ("distress", "Distress", "of 10", False),
        ("pain_nrs", "Pain", "of 10", True),
    )
}

# What is seen beside the figures: the words of domain.md 3.3, column "emergency", and of 4.2 "must escalate".
SYMPTOMS: Final[Mapping[str, str]] = {
    "chest_pain": "Chest pain",
    "neurological": "New neurological signs",
    "dyspnoea": "Trouble breathing",
    "syncope": "Fainted",
    "apnoea": "Stopped breathing",
    "stridor": "Stridor",
    "unresponsive": "Unresponsive",
    "seizure": "Seizure",
}

FAHRENHEIT: Final = _range(90, 110)  # domain.md 3.2
PULSE_PRESSURE_CONFIRM: Final = 15  # mmHg, domain.md 3.2
MEAN_PRESSURE_CONFIRM: Final = 20  # mmHg from DBP + (SBP - DBP) / 3, domain.md 3.2


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


def rings_of(overrides: Mapping[str, Any]) -> Rings:
    """The rings under a protocol version: those of domain.md, but for what the version says otherwise.

    Raises `ValueError` for a sign that isn't known: a misspelt ring must not be lost in silence.
    """
    unknown = sorted(set(overrides) - set(RINGS))
    if unknown:
        raise ValueError(f"{unknown} are no vital signs")
    return {sign: _own(ring, overrides.get(sign, {})) for sign, ring in RINGS.items()}


def _own(ring: Ring, edges: Mapping[str, Any]) -> Ring:
    reject, confirm = edges.get("reject"), edges.get("confirm")
    return replace(
        ring,
        reject=_range(*reject) if reject else ring.reject,
        confirm=_range(*confirm) if confirm else ring.confirm,
    )


def rejected(values: Values, rings: Rings = RINGS) -> list[Doubt]:
    """Values that cannot be right: outside the reject ring, or impossible beside each other."""
    found = []
    for sign, value in values.items():
        if value is None:
            continue
        ring = rings[sign]
        low, high = ring.reject
        if low <= value <= high:
            continue
        if sign == "temperature_cel" and FAHRENHEIT[0] <= value <= FAHRENHEIT[1]:
            celsius = from_fahrenheit(Decimal(value)).quantize(Decimal("0.1"), ROUND_HALF_UP)
            found.append(Doubt(sign, f"Is this in Fahrenheit? {value} °F is {celsius} °C: enter that."))
        else:
            found.append(Doubt(sign, f"Enter a value from {_span(low, high, ring)}."))
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if (systolic is None) != (diastolic is None):
        missing = "systolic_mmhg" if systolic is None else "diastolic_mmhg"
        found.append(Doubt(missing, "Enter both pressures, or neither."))
    if systolic is None or diastolic is None:
        return found
    mean = values.get("mean_mmhg")
    if diastolic >= systolic:
        found.append(Doubt("diastolic_mmhg", "The diastolic pressure must be below the systolic."))
    elif mean is not None and not diastolic <= mean <= systolic:
        found.append(Doubt("mean_mmhg", "The mean pressure lies between the diastolic and the systolic."))
    return found


def credible(values: Values, rings: Rings = RINGS) -> dict[str, Value]:
    """What was measured, without the values that cannot be right; of two pressures that exclude each other
    neither is known to be."""
    doubted = {doubt.field for doubt in rejected(values, rings)}
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if systolic is not None and diastolic is not None and diastolic >= systolic:
        doubted.add("systolic_mmhg")
    return {sign: value for sign, value in values.items() if value is not None and sign not in doubted}


def unusual(values: Values, rings: Rings = RINGS) -> list[Doubt]:
    """Possible values that want measuring again before they are kept; call after `rejected`."""
    found = []
    for sign, value in values.items():
        ring = rings[sign]
        if value is not None and ring.confirm and not ring.confirm[0] <= value <= ring.confirm[1]:
            span = _span(*ring.confirm, ring)
            found.append(Doubt(sign, f"Outside {span}: measure again, then confirm that it is right."))
    systolic, diastolic = values.get("systolic_mmhg"), values.get("diastolic_mmhg")
    if systolic is None or diastolic is None:
        return found
    if 0 < systolic - diastolic < PULSE_PRESSURE_CONFIRM:
        found.append(
            Doubt(
                "diastolic_mmhg",
                f"Less than {PULSE_PRESSURE_CONFIRM} mmHg below the systolic: measure again, "
                "then confirm that it is right.",
            )
        )
    mean = values.get("mean_mmhg")
    # Three times everything, so that nothing is divided.
    if mean is not None and abs(Decimal(3 * mean - 2 * diastolic - systolic)) > 3 * MEAN_PRESSURE_CONFIRM:
        found.append(
            Doubt(
                "mean_mmhg",
                f"More than {MEAN_PRESSURE_CONFIRM} mmHg from what the two pressures make: measure again, "
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


def worst(values: Values, limits: Mapping[str, Any]) -> Literal["caution", "stop"] | None:
    """The higher of these two levels that a measured value is past, whatever alert it raised."""
    if breaches(values, limits, "stop"):
        return "stop"
    return "caution" if breaches(values, limits, "caution") else None


def measured(sign: str, value: Value) -> str:
    """What was measured, in words: "Heart rate 71 /min"."""
    ring = RINGS[sign]
    return f"{ring.label} {value} {ring.unit}".rstrip()


def limited(limits: Mapping[str, Any], level: Level) -> list[str]:
    """The vital signs that have a limit at this level: all of them must be measured to judge it."""
    return [sign for sign in RINGS if limits.get(sign, {}).get(level)]


def from_fahrenheit(value: Decimal) -> Decimal:
    """°F in °C, not rounded."""
    return (value - 32) * 5 / 9


def _span(low: Decimal, high: Decimal, ring: Ring) -> str:
    return f"{low} to {high} {ring.unit}".rstrip()


def _passes(value: Decimal, bound: str, limit: Decimal) -> bool:
    match bound:
        case "below":
            return value < limit
        case "at_least":
            return value >= limit
        case "above":
            return value > limit
    raise ValueError(f"{bound!r} is no bound: below, at_least or above")
