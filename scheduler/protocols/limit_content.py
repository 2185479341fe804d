"""What one version of a protocol limits and takes of vital signs, and whether that can be meant: pure.

A limit that no value can pass never alarms, and one that every value passes alarms always: both are slips,
whatever a prescriber holds to be right. A limit that is looser than another version's is no slip, and neither
is an entry that is taken where another version would refuse it or ask: each is told (`loosened`, `widened`),
and the prescriber signs it knowingly or not at all.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

Fault = tuple[str, str]  # the field, by its path, and the mend
Number = int | float

# The vital signs that can be limited, and the lowest and highest value that is taken of each where a version
# doesn't say otherwise: domain.md 3.2, column 2 [D]; RASS and the ratings 3.1.
TAKEN: Final[Mapping[str, tuple[Number, Number]]] = {
    "systolic_mmhg": (40, 300),
    "diastolic_mmhg": (20, 200),
    "mean_mmhg": (30, 230),
    "heart_rate_per_min": (20, 300),
    "respiratory_rate_per_min": (0, 70),
    "oxygen_saturation_percent": (30, 100),
    # No source names a highest flow: what the column holds.
    "oxygen_l_per_min": (0, 999.9),
    "end_tidal_co2_mmhg": (0, 120),
    "temperature_cel": (25, 45),
    "rass": (-5, 4),
    "dissociation": (0, 10),
    "distress": (0, 10),
    "pain_nrs": (0, 10),
}
# And what is taken without asking whether it was measured again: domain.md 3.2, column 3 [D]. A sign that is
# not named here asks nothing.
TAKEN_UNASKED: Final[Mapping[str, tuple[Number, Number]]] = {
    "systolic_mmhg": (70, 220),
    "diastolic_mmhg": (40, 130),
    "mean_mmhg": (50, 150),
    "heart_rate_per_min": (40, 150),
    "respiratory_rate_per_min": (8, 30),
    "oxygen_saturation_percent": (90, 100),
    "end_tidal_co2_mmhg": (20, 60),
    "temperature_cel": (35, 39.5),
}
SIGNS: Final = tuple(TAKEN)
# Scales that end by what they are; every other sign begins at 0 and has no such end.
SCALES: Final[Mapping[str, tuple[Number, Number]]] = {
    "oxygen_saturation_percent": (0, 100),
    **{sign: TAKEN[sign] for sign in ("rass", "dissociation", "distress", "pain_nrs")},
}
LEVELS: Final = ("start_flag", "start_hold", "caution", "stop", "emergency")
BESIDES: Final = ("caution_rise_percent", "stop_readings")  # what stands beside the levels of a sign
WORSENING: Final = ("caution", "stop", "emergency")
BOUNDS: Final = ("below", "at_least", "above")
WRITTEN: Final = {"below": "<", "at_least": "≥", "above": ">"}
RINGS: Final = ("reject", "confirm")


@dataclass(frozen=True)
class Loosened:
    """A level of one sign that is reached later than `was` reached it, or no longer: `was` is its bounds, its
    percent or its readings. Or, in the column `rings`, a ring that is wider than `was`, a span."""

    sign: str
    level: str
    was: Any
    column: str = "limits"

    @property
    def path(self) -> str:
        return f"{self.column}.{self.sign}.{self.level}"


def faults(limits: Any, rings: Any) -> list[Fault]:
    """What can't be meant in the limits, judged by what the version takes, and in what it takes."""
    return [*_limits(limits, rings), *_rings(rings)]


def loosened(limits: Mapping[str, Any], than: Mapping[str, Any]) -> list[Loosened]:
    """Every limit that alarms later than in `than`, or not at all, in the order of the signs and levels.

    Both can be meant: `faults` finds none in them.
    """
    return [
        Loosened(sign, level, than[sign][level])
        for sign in SIGNS
        for level in (*LEVELS, *BESIDES)
        if level in than.get(sign, {})
        if _is_looser(level, limits.get(sign, {}).get(level), than[sign][level])
    ]


def widened(rings: Mapping[str, Any], than: Mapping[str, Any]) -> list[Loosened]:
    """Every ring that takes a value which one of `than` refuses, or takes it without asking where that asks,
    in the order of the signs. What a version doesn't name is as everywhere; `{}` is everywhere itself.

    Both can be meant: `faults` finds none in them.
    """
    found = []
    for sign in SIGNS:
        for ring in RINGS:
            (low, high), was = _span_of(rings, sign, ring), _span_of(than, sign, ring)
            if low < was[0] or high > was[1]:
                found.append(Loosened(sign, ring, list(was), column="rings"))
    return found


def _span_of(rings: Mapping[str, Any], sign: str, ring: str) -> Sequence[Number]:
    """The ring that holds; where nothing is asked, whatever is taken is taken without asking."""
    own = rings.get(sign, {})
    if ring == "confirm" and not own.get(ring) and sign in TAKEN_UNASKED:
        return TAKEN_UNASKED[sign]
    return own.get(ring) or own.get("reject") or TAKEN[sign]


def _limits(limits: Any, rings: Any) -> Iterator[Fault]:
    """The shape that `sessions_app.observing.vital_limits` and `alert_rules` read."""
    if not isinstance(limits, Mapping):
        yield "limits", "Give limits by vital sign."
        return
    for sign, levels in limits.items():
        if sign not in SIGNS or not isinstance(levels, Mapping):
            yield "limits", f"Limit one of: {', '.join(SIGNS)}."
            return
        for level, bounds in levels.items():
            mend = _level(level, bounds) or _reach(level, bounds, *_taken(sign, rings))
            if mend:
                yield f"limits.{sign}.{level}", mend
        yield from _worsening(sign, levels)


def _level(level: str, bounds: Any) -> str:
    if level == "caution_rise_percent":
        return "" if _is_whole(bounds) and 1 <= bounds <= 100 else "Give 1 to 100 percent."
    if level == "stop_readings":
        return "" if bounds in (1, 2) else "Give 1 or 2 readings."
    if level not in LEVELS:
        return f"Name a level: {', '.join(LEVELS)}."
    if not isinstance(bounds, Mapping) or not bounds or not set(bounds) <= set(BOUNDS):
        return f"Give bounds: {', '.join(BOUNDS)}."
    if not all(_is_number(limit) for limit in bounds.values()):
        return "Give each bound as a number."
    if "at_least" in bounds and "above" in bounds:
        return "Give one upper bound: at least, or above."
    upper = bounds.get("at_least", bounds.get("above"))
    if "below" in bounds and upper is not None and bounds["below"] > upper:
        return "Between the lower and the upper bound there must be room for what is well."
    return ""


def _reach(level: str, bounds: Any, low: Number, high: Number) -> str:
    """What is wrong with bounds that no value from low to high passes, or that every value passes."""
    if level not in LEVELS:
        return ""
    span = f"{low:g} to {high:g}, which is what this version takes as an entry"
    for bound, limit in bounds.items():
        never = limit <= low if bound == "below" else limit > high if bound == "at_least" else limit >= high
        always = limit > high if bound == "below" else limit <= low if bound == "at_least" else limit < low
        if never:
            return f"No value would ever be past {WRITTEN[bound]} {limit:g}. Give a limit inside {span}."
        if always:
            return f"Every value would be past {WRITTEN[bound]} {limit:g}. Give a limit inside {span}."
    return ""


def _taken(sign: str, rings: Any) -> tuple[Number, Number]:
    """The lowest and the highest value that can be entered; a ring that can't be meant counts as none."""
    edges = rings.get(sign) if isinstance(rings, Mapping) else None
    span = edges.get("reject") if isinstance(edges, Mapping) else None
    if span is None or not _is_span(span) or _off_the_scale(sign, span):
        return TAKEN[sign]
    return span[0], span[1]


def _off_the_scale(sign: str, span: Sequence[Number]) -> str:
    """What is wrong with taking values that this sign can't have."""
    if sign in SCALES:
        low, high = SCALES[sign]
        return "" if low <= span[0] and span[1] <= high else f"Stay within {low} to {high}."
    return "" if span[0] >= 0 else "Begin at 0 or above."


def _is_looser(level: str, now: Any, was: Any) -> bool:
    if level == "stop_readings":  # left out, it is the record's own rule, which is never more than two
        return was == 1 and now == 2
    if now is None:
        return True
    if level == "caution_rise_percent":
        return bool(now > was)
    if "below" in was and ("below" not in now or now["below"] < was["below"]):
        return True
    upper, upper_was = _upper(now), _upper(was)
    return upper_was is not None and (upper is None or upper > upper_was)


def _upper(bounds: Mapping[str, Any]) -> tuple[Number, bool] | None:
    """The upper bound and whether it lies past its own figure: 180 or more comes before above 180."""
    if "at_least" in bounds:
        return bounds["at_least"], False
    return (bounds["above"], True) if "above" in bounds else None


def _worsening(sign: str, levels: Mapping[str, Any]) -> Iterator[Fault]:
    """A worse level must not be reached before a lesser one."""
    lesser: dict[str, Any] = {}
    for level in WORSENING:
        bounds = levels.get(level)
        if not isinstance(bounds, Mapping) or _level(level, bounds):
            continue
        upper = bounds.get("at_least", bounds.get("above"))
        if upper is not None and lesser.get("upper", upper) > upper:
            yield f"limits.{sign}.{level}", "This is reached before the lesser level above it."
        elif "below" in bounds and lesser.get("below", bounds["below"]) < bounds["below"]:
            yield f"limits.{sign}.{level}", "This is reached before the lesser level below it."
        if upper is not None:
            lesser["upper"] = upper
        if "below" in bounds:
            lesser["below"] = bounds["below"]


def _rings(rings: Any) -> Iterator[Fault]:
    if not isinstance(rings, Mapping) or not set(rings) <= set(SIGNS):
        yield "rings", f"Give rings for these signs: {', '.join(SIGNS)}."
        return
    for sign, edges in rings.items():
        if not isinstance(edges, Mapping) or not edges or not set(edges) <= set(RINGS):
            yield f"rings.{sign}", "Give reject, confirm, or both."
            continue
        wrong = [name for name, span in edges.items() if not _is_span(span)]
        for name in wrong:
            yield f"rings.{sign}.{name}", "Give the lowest and the highest value."
        off = "" if "reject" in wrong or "reject" not in edges else _off_the_scale(sign, edges["reject"])
        if off:
            yield f"rings.{sign}.reject", off
        if not wrong and set(edges) == set(RINGS):
            (low, high), (inner_low, inner_high) = edges["reject"], edges["confirm"]
            if not low <= inner_low <= inner_high <= high:
                yield f"rings.{sign}.confirm", "What is to be confirmed lies inside what is rejected."


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_number(value: Any) -> bool:
    if isinstance(value, bool) or not isinstance(value, (int, float)):
        return False
    return abs(value) < 10_000


def _is_span(span: Any) -> bool:
    return (
        isinstance(span, Sequence)
        and not isinstance(span, str)
        and len(span) == 2
        and all(_is_number(edge) for edge in span)
        and span[0] < span[1]
    )
