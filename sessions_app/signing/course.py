"""A signed session's course, as it is drawn beside its tables: what was measured, done and had, from the
frozen content alone. It is drawn for the PDF by `course_drawing`, for a page by web/.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any, Final

from sessions_app.observing import vital_limits
from sessions_app.observing.effect_courses import ENDED
from sessions_app.observing.vocabulary import label_of
from sessions_app.signing.frozen import Frozen, Line, happened_at

# The signs that are drawn, by the lane in which they stand; a pressure from its lower end to its upper one.
LANES: Final[Mapping[str, tuple[str, ...]]] = {
    "pressure": ("diastolic_mmhg", "systolic_mmhg"),
    "heart_rate": ("heart_rate_per_min",),
    "saturation": ("oxygen_saturation_percent",),
}
SHORT: Final = {"systolic_mmhg": "SBP", "diastolic_mmhg": "DBP"}
BOUNDS: Final = {"below": "<", "at_least": "≥", "above": ">"}
# Steps of the infusion as the live chart draws them; what is explained afterwards is no moment of its own.
STEPS: Final = {
    "start": ("start", "started"),
    "pause": ("pause", "paused"),
    "resume": ("start", "resumed"),
    "rate": ("rate", "new rate"),
    "bolus": ("bolus", "bolus"),
    "stop": ("stop", "stopped"),
}


@dataclass(frozen=True)
class Measured:
    """One set: by lane the lower and the higher value, the mean pressure, and the limits that it is past."""

    at: datetime
    words: str
    values: Mapping[str, tuple[float, float]]
    mean: float | None
    past: Mapping[str, str]


@dataclass(frozen=True)
class Happened:
    """Something that was done, or that the patient had (`about_patient`)."""

    at: datetime
    kind: str
    words: str
    about_patient: bool = False


@dataclass(frozen=True)
class LimitDrawn:
    lane: str
    severity: str
    value: float
    words: str


@dataclass(frozen=True)
class SignedCourse:
    """Moments are the clinic's; `measured` has at least one set, all in their order."""

    first: datetime
    last: datetime
    measured: Sequence[Measured]
    happened: Sequence[Happened]
    pauses: Sequence[tuple[datetime, datetime]]
    limits: Sequence[LimitDrawn]


def course_of(frozen: Frozen) -> SignedCourse | None:
    """The course as the signature froze it; None where nothing that is drawn was measured."""
    limits = frozen.content["protocol"]["limits"]
    measured = [_measured(frozen, line, limits) for line in frozen.standing("vital_signs")]
    measured = sorted((each for each in measured if each.values), key=lambda each: each.at)
    if not measured:
        return None
    happened = sorted(_happened(frozen), key=lambda each: each.at)
    moments = [*(each.at for each in measured), *(each.at for each in happened)]
    return SignedCourse(
        min(moments), max(moments), measured, happened, list(_pauses(happened)), list(_limits(limits))
    )


def _measured(frozen: Frozen, line: Line, limits: Mapping[str, Any]) -> Measured:
    values: dict[str, tuple[float, float]] = {}
    for lane, signs in LANES.items():
        found = [value for sign in signs if (value := line.get(sign)) is not None]
        if len(found) == len(signs):
            values[lane] = (found[0], found[-1])
    at, mean = frozen.at(line["measured_at"]), None
    said = []
    if "pressure" in values:
        low, high = values["pressure"]
        mean = line.get("mean_mmhg") or low + (high - low) / 3  # domain.md 3.2
        said.append(f"{high}/{low} mmHg, mean {mean:.0f}")
    if "heart_rate" in values:
        said.append(f"heart rate {values['heart_rate'][0]} /min")
    if "saturation" in values:
        said.append(f"SpO₂ {values['saturation'][0]} %")
    past = {
        lane: severity
        for lane, signs in LANES.items()
        if (severity := vital_limits.worst({sign: line.get(sign) for sign in signs}, limits))
    }
    return Measured(at, f"{at:%H:%M}: {', '.join(said)}", values, mean, past)


def _happened(frozen: Frozen) -> Iterator[Happened]:
    for line in frozen.lines("infusion"):
        if line["kind"] in STEPS:
            kind, done = STEPS[line["kind"]]
            at, rate, volume = frozen.at(happened_at(line)), line.get("rate_ml_per_h"), line.get("volume_ml")
            said = [done, rate and f"{rate} mL/h", volume and f"{volume} mL", line["reason"]]
            yield Happened(at, kind, f"{at:%H:%M} {', '.join(filter(None, said))}")
    for line in frozen.standing("medicines"):
        at = frozen.at(line["given_at"])
        words = f"{at:%H:%M} {line['medicine']} {line['amount']} {line['unit']}, {line['route']}"
        yield Happened(at, "medicine", words)
    for line in frozen.standing("side_effects"):
        at = frozen.at(line.get("as_of") or line["onset_at"])
        kind = "ended" if line["outcome"] in ENDED else "effect"
        state = "over" if kind == "ended" else f"grade {line['grade']}"
        yield Happened(at, kind, f"{at:%H:%M} {label_of(line['term'])}, {state}", about_patient=True)
    if home := frozen.content["session"]["discharged_at"]:
        at = frozen.at(home)
        yield Happened(at, "home", f"{at:%H:%M} went home", about_patient=True)


def _pauses(happened: Sequence[Happened]) -> Iterator[tuple[datetime, datetime]]:
    """From each pause to whatever the pump did next."""
    steps = [each for each in happened if each.kind in ("start", "pause", "stop")]
    for step, following in pairwise(steps):
        if step.kind == "pause" and following.kind != "pause":
            yield step.at, following.at


def _limits(limits: Mapping[str, Any]) -> Iterator[LimitDrawn]:
    for lane, signs in LANES.items():
        for sign in signs:
            for severity in ("caution", "stop"):
                for bound, value in limits.get(sign, {}).get(severity, {}).items():
                    words = " ".join(filter(None, [severity, SHORT.get(sign), BOUNDS[bound], f"{value:g}"]))
                    yield LimitDrawn(lane, severity, float(value), words)
