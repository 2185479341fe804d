"""Which alerts a reading raises (domain.md 3.3 [D]), pure: past a limit, or far from the patient's baseline.

The limits are those that the protocol version has stored. "One bad reading raises; two raise the level": a
sign whose `stop_readings` is 2 (the two pressures, unless the version says otherwise) cautions at the first
reading past its stop limit and calls for the stop at the second in a row. That caution is worse than one
about the milder limit, and says so by its kind.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, Literal

from sessions_app.observing.vital_limits import RINGS, SYMPTOMS, Breach, Values, breaches

Level = Literal["caution", "stop", "emergency"]
LEVELS: Final[tuple[Level, ...]] = ("caution", "stop", "emergency")
ONCE: Final = "once"  # the kind of a first reading past a stop limit that takes two
Rank = tuple[int, bool]

PRESSURES: Final = ("systolic_mmhg", "diastolic_mmhg")
STOP_READINGS: Final = dict.fromkeys(PRESSURES, 2)

# A pressure past its emergency limit, and a heart rate past caution, are one only with any of these.
WITH_PRESSURE: Final = frozenset({"chest_pain", "neurological", "dyspnoea"})
ONLY_WITH: Final[Mapping[str, frozenset[str]]] = {
    **dict.fromkeys(PRESSURES, WITH_PRESSURE),
    "heart_rate_per_min": frozenset({"syncope", "chest_pain"}),
}
# What is seen, alone: 3.3 column "emergency" and 4.2 "must escalate at once"; trouble breathing and a faint
# bring the clinician to the chair (red in 6.2 [D]).
ALONE: Final[Mapping[str, Level]] = {
    "chest_pain": "emergency",
    "neurological": "emergency",
    "dyspnoea": "stop",
    "syncope": "stop",
    "apnoea": "emergency",
    "stridor": "emergency",
    "unresponsive": "emergency",
    "seizure": "emergency",
}
# Values that are what their column "emergency" or "caution" says in words: apnoea, unresponsive, flat trace.
IN_WORDS: Final[Mapping[str, tuple[int, Level, str]]] = {
    "respiratory_rate_per_min": (0, "emergency", "apnoea"),
    "rass": (-5, "emergency", "unresponsive"),
    "end_tidal_co2_mmhg": (0, "caution", "flat trace"),
}
BOUNDS: Final = {"below": "below", "at_least": "at or above", "above": "above"}


@dataclass(frozen=True)
class Raise:
    """One alert to be raised: past a limit, by its change, or about the dose (`infusing.dose_watch`).
    `detail` says value and limit in words."""

    sign: str
    level: Level
    kind: Literal["limit", "once", "change", "dose", "end"]
    detail: str

    @property
    def rank(self) -> Rank:
        return rank(self.level, self.kind)


def raised(
    values: Values,
    symptoms: Iterable[str],
    *,
    earlier: Values,
    baseline: Values,
    limits: Mapping[str, Any],
    stopped: Collection[str] = (),
) -> tuple[Raise, ...]:
    """The alerts of one reading, at most one for each sign: the worst.

    `earlier` is, for each sign, its value in the reading before that measured it; `baseline` the patient's
    own before the start, empty while there is none. `stopped` are the signs that were past their stop limit
    in a set that nobody kept, later than `earlier`.
    """
    seen = frozenset(symptoms)
    found = [
        Raise(symptom, ALONE[symptom], "limit", f"{SYMPTOMS[symptom]}.")
        for symptom in SYMPTOMS
        if symptom in seen
    ]
    for sign, value in values.items():
        if value is None:
            continue
        again = sign in stopped or bool(_stops(sign, earlier.get(sign), limits))
        alert = _past_limit(sign, values, seen, again, limits) or _changed(sign, value, baseline, limits)
        if alert:
            found.append(alert)
    return tuple(found)


def past_stop(values: Values, limits: Mapping[str, Any]) -> set[str]:
    """The signs whose value is past its stop limit, or its emergency limit."""
    return {sign for sign, value in values.items() if value is not None and _stops(sign, value, limits)}


def rank(level: str, kind: str) -> Rank:
    """How bad an alert is among those of its sign: by its level; of two cautions the one
    that is past the stop limit."""
    return LEVELS.index(level), kind == ONCE


def _past_limit(
    sign: str, values: Values, seen: frozenset[str], again: bool, limits: Mapping[str, Any]
) -> Raise | None:
    value = values[sign]
    if sign in IN_WORDS and value == IN_WORDS[sign][0]:
        _, level, words = IN_WORDS[sign]
        return Raise(sign, level, "limit", _detail(sign, value, words))
    caution, stop, emergency = (breaches({sign: value}, limits, level) for level in LEVELS)
    # Past the emergency limit without what makes it one: past the stop limit all the same.
    stop = stop or emergency
    if sign == "heart_rate_per_min":
        emergency = stop or caution
    if emergency and (sign not in ONLY_WITH or seen & ONLY_WITH[sign]):
        besides = seen & ONLY_WITH.get(sign, frozenset())
        named = "".join(f", {label.lower()}" for code, label in SYMPTOMS.items() if code in besides)
        return Raise(sign, "emergency", "limit", _detail(sign, value, _limit(emergency) + named))
    if stop:
        if limits[sign].get("stop_readings", STOP_READINGS.get(sign, 1)) == 1:
            return Raise(sign, "stop", "limit", _detail(sign, value, _limit(stop)))
        if again:
            return Raise(sign, "stop", "limit", _detail(sign, value, f"{_limit(stop)}, on two readings"))
        words = f"{_limit(stop)}, on one reading: measure again"
        return Raise(sign, "caution", "once", _detail(sign, value, words))
    if caution:
        return Raise(sign, "caution", "limit", _detail(sign, value, _limit(caution)))
    return None


def _stops(sign: str, value: Any, limits: Mapping[str, Any]) -> list[Breach]:
    return breaches({sign: value}, limits, "stop") or breaches({sign: value}, limits, "emergency")


def _changed(sign: str, value: Any, baseline: Values, limits: Mapping[str, Any]) -> Raise | None:
    """So many percent above the patient's own baseline, that many included; in whole numbers, undivided."""
    percent = limits.get(sign, {}).get("caution_rise_percent")
    own = baseline.get(sign)
    if percent is None or own is None or value * 100 < own * (100 + Decimal(str(percent))):
        return None

    words = f"{percent} % or more above the baseline {own}"
    return Raise(sign, "caution", "change", _detail(sign, value, words))


def _limit(past: list[Breach]) -> str:
    return f"{BOUNDS[past[0].bound]} {past[0].limit}"


def _detail(sign: str, value: Any, words: str) -> str:
    ring = RINGS[sign]
    return f"{f'{ring.label} {value} {ring.unit}'.rstrip()}: {words}."
