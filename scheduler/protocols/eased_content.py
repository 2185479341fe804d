"""Where one version of a protocol asks for less care than another: a higher dose, more whom it is for or what
may be drawn from, a shorter watch, an easier way home. Pure.

None of it is a slip, as in `limit_content`: each is told, and a prescriber signs it knowingly or not at all.
There are no outer bounds here; what is told is the comparison.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from itertools import islice
from typing import Any, Final

from scheduler.protocols.protocol_content import MOST_MINUTES

# More of it is looser. Of those that may be empty, nothing said is the loosest.
MORE: Final = (
    "age_max_years",
    "dose_start",
    "dose_soft_max",
    "dose_hard_max",
    "total_hard_max_mg",
    "weight_cap_kg",
    "weight_valid_days",
    "series_max",
    "most_per_week",
    "most_per_year",
    "review_after_sessions",
    "reconsent_after_days",
    "liver_test_after_mg",
    "near_baseline_percent",
)
# Less of it is looser: an infusion that is shorter gives the same dose faster, and a usual range that begins
# lower lets pass unasked what was asked about. Fasting hours are no part of it: a clinic may have none.
LESS: Final = (
    "age_min_years",
    "dose_hard_min",
    "dose_soft_min",
    "total_soft_min_mg",
    "infusion_minutes",
    "infusion_least_minutes",
    "preparation_units",
    "infusion_units",
    "observation_minutes",
    "observation_units",
    "spacing_min_days",
    "maintenance_min_days",
    "near_baseline_sets",
)
# What may be: another one in it is looser. One that names none allows every one, which is the loosest.
ALLOWED: Final = ("indications", "stock_strengths_mg_per_ml", "bag_volumes_ml")
# Figures of a dose, which say nothing beside those of another basis.
OF_A_BASIS: Final = ("dose_hard_min", "dose_start", "dose_soft_min", "dose_soft_max", "dose_hard_max")
SCHEDULE_MORE: Final = ("baseline_within_minutes", "grace_minutes")
RHYTHMS: Final = ("infusion", "after_change", "observation")
# So many readings tell one rhythm from another: whoever writes more stretches than that repeats the last.
READINGS: Final = 100


@dataclass(frozen=True)
class Eased:
    """A figure, a list or a rhythm that asks for less than `was`, by its path; `times` is how many times
    `was` it is, where more of it is looser and that can be said."""

    path: str
    was: Any
    times: Decimal | None = None


def eased(content: Mapping[str, Any], than: Mapping[str, Any]) -> list[Eased]:
    """Every figure, list and rhythm of `content` that is looser than in `than`, in their order. What `than`
    doesn't name, or leaves empty, isn't compared.

    Both can be meant: `protocol_content.faults` finds none in them.
    """
    other = content.get("dose_basis") != than.get("dose_basis")
    compared = {name: than[name] for name in (*MORE, *LESS) if than.get(name) is not None}
    if other:
        compared = {name: was for name, was in compared.items() if name not in OF_A_BASIS}
    found = [Eased("dose_basis", than["dose_basis"])] if other and "dose_basis" in than else []
    for name, was in compared.items():
        now = content.get(name)
        if name in MORE and (now is None or now > was):
            found.append(Eased(name, was, _times(now, was)))
        elif name in LESS and (now is None or now < was):
            found.append(Eased(name, was))
    found += [
        Eased(name, was)
        for name in ALLOWED
        if (was := than.get(name)) and (not content.get(name) or not set(content[name]) <= set(was))
    ]
    return [*found, *_schedule(content["vitals_schedule"], than.get("vitals_schedule") or {})]


def _schedule(now: Mapping[str, Any], was: Mapping[str, Any]) -> Iterator[Eased]:
    for name in SCHEDULE_MORE:
        if name in was and now[name] > was[name]:
            yield Eased(f"vitals_schedule.{name}", was[name], _times(now[name], was[name]))
    for phase in RHYTHMS:
        if phase in was and _is_slower(now[phase], was[phase]):
            longest, before = (
                max(each["every"] for each in stretches) for stretches in (now[phase], was[phase])
            )
            times = _times(longest, before) if longest > before else None
            yield Eased(f"vitals_schedule.{phase}", was[phase], times)


def _is_slower(now: Sequence[Mapping[str, int]], was: Sequence[Mapping[str, int]]) -> bool:
    """Whether any reading comes later than it did, or none comes where one did."""
    mine, theirs = list(islice(moments(now), READINGS)), list(islice(moments(was), READINGS))
    return len(mine) < len(theirs) or any(own > other for own, other in zip(mine, theirs, strict=False))


def moments(stretches: Sequence[Mapping[str, int]]) -> Iterator[int]:
    """The minutes of the phase at which a reading is due, past the longest that a phase can last."""
    at = 0
    for stretch in stretches:
        for _ in range(stretch.get("times", MOST_MINUTES)):
            at += stretch["every"]
            yield at


def _times(now: Any, was: Any) -> Decimal | None:
    return round(Decimal(now) / Decimal(was), 1) if now is not None and was else None
