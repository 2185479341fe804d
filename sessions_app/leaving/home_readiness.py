"""Whether a patient is fit to go home (domain.md 1.5), pure: PADSS adapted to infusions, and what else.

The first two scores are reckoned: vital signs from the patient's own baseline, activity from "oriented" and
"steady gait". The other three are judged by the nurse; "IV site" stands in place of surgical bleeding [D].
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Final

from clinic.visible_text import said

Signs = Mapping[str, int | Decimal | None]

MINUTE: Final = timedelta(minutes=1)
FIT_SCORE: Final = 9  # of 10 (domain.md 1.5 [V:20,21])
MOST_PER_CRITERION: Final = 2
TWO_POINTS_WITHIN: Final = 20  # percent of the baseline (domain.md 1.5 [V:20,21])
ONE_POINT_WITHIN: Final = 40
DISSOCIATION_AT_MOST: Final = 1  # of 10 (domain.md 1.5 [D])
# PADSS compares pressure and pulse; saturation and breathing have limits of their own.
COMPARED: Final = ("systolic_mmhg", "diastolic_mmhg", "heart_rate_per_min")


@dataclass(frozen=True, kw_only=True)
class Course:
    """What the record knows about the recovery. `sets` are the standing vital signs after the stop, oldest
    first, `measured_at` their moments, as seen at the moment `at`; more than `most_apart` from each other
    they are not in a row, and more than that ago not fresh; sooner than `least_apart` after each other they
    are one reading taken twice. `side_effects` are the names of those of grade 2 or more that are neither
    over nor accepted, `open_alerts` what the unresolved alerts say, `stop_lacks` what nobody has said about
    an early stop."""

    minutes_to_go: int
    sets: Sequence[Signs]
    measured_at: Sequence[datetime]
    at: datetime
    least_apart: timedelta
    most_apart: timedelta
    baseline: Signs
    near_percent: int
    near_sets: int
    near_accepted: bool = False
    pressure_past: Sequence[str] = ()
    vomiting: bool = False
    side_effects: Sequence[str] = ()
    open_alerts: Sequence[str] = ()
    suicidality_was_positive: bool = False
    stop_lacks: Sequence[str] = ()


@dataclass(frozen=True, kw_only=True)
class Assessment:
    """What the nurse found at the chair. `vital_signs_score` counts only where none can be reckoned."""

    nausea_pain_score: int
    iv_site_score: int
    intake_score: int
    oriented: bool
    steady_gait: bool
    escort_name: str
    escort_phone: str
    escort_seen: bool
    instructions_given: bool
    iv_removed: bool
    suicidality_asked_again: bool | None = None
    vital_signs_score: int | None = None


@dataclass(frozen=True)
class Readiness:
    """The scores, whether the first one was reckoned, and what is missing: code to detail in words."""

    scores: Mapping[str, int]
    vital_signs_computed: bool
    missing: Mapping[str, str]

    @property
    def total(self) -> int:
        return sum(self.scores.values())


def assess(course: Course, found: Assessment) -> Readiness:
    """Score the patient and name everything that still stands against going home."""
    reckoned = vital_signs_score(course)
    scores = {
        "vital_signs_score": (found.vital_signs_score or 0) if reckoned is None else reckoned,
        "activity_score": found.oriented + found.steady_gait,
        "nausea_pain_score": found.nausea_pain_score,
        "iv_site_score": found.iv_site_score,
        "intake_score": found.intake_score,
    }
    missing = dict(known_missing(course))
    if course.suicidality_was_positive and not found.suicidality_asked_again:
        missing["suicidality"] = ""
    total = sum(scores.values())
    if total < FIT_SCORE:
        missing["fit"] = f"The score is {total}."
    # A criterion of its own: a score of 9 may lack it (domain.md 1.5, "ketamine extras").
    if not found.oriented:
        missing["oriented"] = ""
    if not (said(found.escort_name) and said(found.escort_phone)):
        missing["escort"] = ""
    if not found.escort_seen:
        missing["escort_seen"] = ""
    if not found.iv_removed:
        missing["iv_removed"] = ""
    if not found.instructions_given:
        missing["instructions"] = ""
    return Readiness(scores, reckoned is not None, missing)


def known_missing(course: Course) -> dict[str, str]:
    """What the record itself holds against going home, before anybody is asked anything."""
    missing = {}
    if course.stop_lacks:
        missing["stop_explained"] = f"Missing: {', '.join(course.stop_lacks)}."
    if course.minutes_to_go > 0:
        missing["observed"] = f"Minutes still to go: {course.minutes_to_go}."
    if not course.sets:
        missing["vitals_after_stop"] = ""
    elif not is_fresh(course):
        minutes = course.most_apart // MINUTE
        missing["vitals_fresh"] = (
            f"None was measured in the last {minutes} minutes. {sets_anew(course)}".rstrip()
        )
    if course.sets and not course.near_accepted:
        so_far = sets_near_in_a_row(course)
        if so_far < course.near_sets:
            missing["near_baseline"] = (
                f"Within {course.near_percent} % in a row: {so_far} of {course.near_sets} sets."
                f"{_why_no_more(course)}"
            )
        if course.pressure_past:
            missing["pressure"] = f"{', '.join(course.pressure_past)}."
    if course.open_alerts:
        missing["alerts_open"] = " ".join(course.open_alerts)
    dissociation = newest(course.sets, "dissociation")
    if dissociation is None:
        missing["dissociation"] = "It was not asked after the stop."
    elif dissociation > DISSOCIATION_AT_MOST:
        missing["dissociation"] = f"It was {dissociation}."
    if course.vomiting:
        missing["vomiting"] = ""
    if course.side_effects:
        missing["side_effects"] = f"{', '.join(course.side_effects)}."
    return missing


def vital_signs_score(course: Course) -> int | None:
    """PADSS: 2 within 20 % of the baseline, 1 within 40 %, 0 beyond, by the sign that is farthest off.

    From the newest pressures and pulse after the stop; None when one of them or its baseline is missing.
    """
    now = {sign: newest(course.sets, sign) for sign in COMPARED}
    if not all(now.values()) or not all(course.baseline.get(sign) for sign in COMPARED):
        return None
    if near(now, course.baseline, TWO_POINTS_WITHIN):
        return 2
    return 1 if near(now, course.baseline, ONE_POINT_WITHIN) else 0


def sets_near_in_a_row(course: Course) -> int:
    return len(near_in_a_row(course))


def near_in_a_row(course: Course) -> list[datetime]:
    """The moments of the last sets, counted back from the newest, that are near the baseline without a gap.

    A set without any of the compared signs is passed over; one with some of them shows nothing and ends
    the row, as a reading that was missed in between does. One that is near and was repeated before its next
    was due doesn't count beside that, and leaves no gap either: measuring at once again meets no rule.
    """
    return _row(course)[0]


def _row(course: Course) -> tuple[list[datetime], int]:
    """The moments that count, and how many sets were looked at for them."""
    row: list[datetime] = []
    looked: list[datetime] = []
    for signs, at in _compared_backwards(course):
        if _apart(looked, at, course) or not near(signs, course.baseline, course.near_percent):
            break
        looked.append(at)
        if not row or _to_the_minute(row[-1]) - _to_the_minute(at) >= course.least_apart:
            row.append(at)
    return row, len(looked)


def _to_the_minute(at: datetime) -> datetime:
    """As people read it: a wait that is asked for in minutes is over with the minute."""
    return at.replace(second=0, microsecond=0)


def _why_no_more(course: Course) -> str:
    """Why the set before the row, which may be near by itself, doesn't count."""
    row, looked = _row(course)
    compared = list(_compared_backwards(course))
    if looked > len(row):
        minutes = course.least_apart // MINUTE
        return f" One doesn't count: sets in a row are at least {minutes} minutes apart."
    if not row or len(compared) == looked:
        return ""
    signs, at = compared[looked]
    if _apart(row, at, course):
        minutes = course.most_apart // MINUTE
        return f" The one before doesn't count: sets in a row are at most {minutes} minutes apart."
    if any(signs.get(sign) is None or course.baseline.get(sign) is None for sign in COMPARED):
        return " The one before doesn't count: it lacks a pressure or the pulse."
    return " The one before wasn't within it."


def _compared_backwards(course: Course) -> Iterator[tuple[Signs, datetime]]:
    """The sets with any of the compared signs, the newest first."""
    for signs, at in zip(reversed(course.sets), reversed(course.measured_at), strict=True):
        if any(signs.get(sign) is not None for sign in COMPARED):
            yield signs, at


def _apart(row: Sequence[datetime], at: datetime, course: Course) -> bool:
    return bool(row) and row[-1] - at > course.most_apart


def is_fresh(course: Course) -> bool:
    """Whether the signs that are compared were all measured lately enough to go home on."""
    full = [
        at
        for signs, at in zip(course.sets, course.measured_at, strict=True)
        if all(signs.get(sign) is not None for sign in COMPARED)
    ]
    return bool(full) and course.at - full[-1] <= course.most_apart


def sets_anew(course: Course) -> str:
    """What one more set won't mend, because the last was too long ago to stand in a row with it; empty where
    it would. A prescriber's decision was about the sets before it, too."""
    if not course.sets or course.near_sets < 2 or is_fresh(course):
        return ""
    least, most = course.least_apart // MINUTE, course.most_apart // MINUTE
    apart = f"{least} to {most}" if least else f"at most {most}"
    decides = ", or the prescriber decides again" if course.near_accepted else ""
    return (
        f"The earlier sets no longer count: {course.near_sets} new ones are needed, "
        f"{apart} minutes apart{decides}."
    )


def near(signs: Signs, baseline: Signs, percent: int) -> bool:
    """Every compared sign is measured, has a baseline, and is at most so many percent of it away."""
    for sign in COMPARED:
        value, own = signs.get(sign), baseline.get(sign)
        if value is None or own is None or abs(Decimal(value) - own) * 100 > percent * Decimal(own):
            return False
    return True


def newest(sets: Sequence[Signs], sign: str) -> int | Decimal | None:
    """The last value of a sign that was measured."""
    return next((signs[sign] for signs in reversed(sets) if signs.get(sign) is not None), None)
