"""What one version of a protocol says, and whether it can be meant: pure.

Nothing is chosen here. A figure is refused where it contradicts another one or can't be carried out; which
dose, limit or spacing is right is for the prescriber who signs the version. Limits of vital signs and what is
taken as an entry are in `limit_content`.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from decimal import Decimal, InvalidOperation
from typing import Any, Final

from clinic.visible_text import said
from scheduler.protocols import limit_content
from scheduler.vocabulary import ICD_10_CM, STOCKS_MG_PER_ML, feature_error

Content = Mapping[str, Any]
Fault = tuple[str, str]  # the field, by its path, and the mend

# Everything that a version says: its columns but for whose it is, its number and its signature.
COLUMNS: Final = (
    "title",
    "indications",
    "age_min_years",
    "age_max_years",
    "dose_basis",
    "dose_start",
    "dose_soft_min",
    "dose_soft_max",
    "dose_hard_max",
    "dose_hard_min",
    "total_soft_min_mg",
    "total_hard_max_mg",
    "stock_strengths_mg_per_ml",
    "bag_volumes_ml",
    "weight_basis",
    "weight_cap_kg",
    "weight_valid_days",
    "preparation_minutes",
    "infusion_minutes",
    "infusion_least_minutes",
    "infusion_most_minutes",
    "observation_minutes",
    "turnover_minutes",
    "preparation_units",
    "infusion_units",
    "observation_units",
    "fasting_clear_hours",
    "fasting_light_meal_hours",
    "series_min",
    "series_typical",
    "series_max",
    "spacing_min_days",
    "spacing_max_days",
    "maintenance_min_days",
    "maintenance_max_days",
    "most_per_week",
    "most_per_year",
    "review_after_sessions",
    "reconsent_after_days",
    "liver_test_after_mg",
    "chair_features",
    "vitals_schedule",
    "limits",
    "rings",
    "checklist",
    "prn_medicines",
    "near_baseline_percent",
    "near_baseline_sets",
    "citation",
)

PHASES: Final = ("infusion", "after_change", "observation")
ORDER: Final = ("medicine", "amount", "unit", "route", "reason")

MOST_UNITS: Final = 6  # of a nurse's load: one to one (domain.md 8.2)
MOST_DAYS: Final = 365
MOST_MINUTES: Final = 24 * 60
MOST_YEARS: Final = 130  # of a life
MOST_BAG_ML: Final = 5_000  # a typing error beyond it
ITEM: Final = re.compile(r"[a-z0-9_-]{1,40}")

# A whole number's least and most; where it may be left empty, None says that the rule doesn't exist.
WHOLE: Final = {
    "age_min_years": (0, MOST_YEARS),
    "age_max_years": (0, MOST_YEARS),
    "preparation_minutes": (0, MOST_MINUTES),
    "infusion_minutes": (1, MOST_MINUTES),
    "infusion_least_minutes": (1, MOST_MINUTES),
    "infusion_most_minutes": (1, MOST_MINUTES),
    "observation_minutes": (0, MOST_MINUTES),
    "turnover_minutes": (0, MOST_MINUTES),
    "preparation_units": (1, MOST_UNITS),
    "infusion_units": (1, MOST_UNITS),
    "observation_units": (1, MOST_UNITS),
    "weight_valid_days": (0, MOST_DAYS),
    "fasting_clear_hours": (0, 48),
    "fasting_light_meal_hours": (0, 48),
    "series_min": (1, 1000),
    "series_typical": (1, 1000),
    "series_max": (1, 1000),
    "spacing_min_days": (1, MOST_DAYS),
    "spacing_max_days": (1, MOST_DAYS),
    "maintenance_min_days": (1, MOST_DAYS),
    "maintenance_max_days": (1, MOST_DAYS),
    "most_per_week": (1, 7),
    "most_per_year": (1, MOST_DAYS),
    "review_after_sessions": (1, 1000),
    "reconsent_after_days": (1, 10 * MOST_DAYS),
    "liver_test_after_mg": (1, 1_000_000),
    "near_baseline_percent": (1, 100),
    "near_baseline_sets": (1, 10),
}
MAY_BE_EMPTY: Final = frozenset(
    {
        "age_min_years",
        "age_max_years",
        "dose_hard_min",
        "fasting_clear_hours",
        "fasting_light_meal_hours",
        "infusion_least_minutes",
        "infusion_most_minutes",
        "liver_test_after_mg",
        "maintenance_min_days",
        "maintenance_max_days",
        "most_per_week",
        "most_per_year",
        "reconsent_after_days",
        "review_after_sessions",
        "total_hard_max_mg",
        "total_soft_min_mg",
        "weight_cap_kg",
    }
)
# (the smaller, the larger, what to say at the larger)
ORDERED: Final = (
    ("age_min_years", "age_max_years", "The highest age must not be below the lowest."),
    ("dose_soft_min", "dose_soft_max", "The usual range must not end below its beginning."),
    ("dose_soft_max", "dose_hard_max", "The hard limit must not be below the usual range."),
    ("dose_start", "dose_hard_max", "The hard limit must not be below the first dose."),
    ("dose_hard_min", "dose_soft_min", "The usual range must not begin below the lowest dose."),
    ("dose_hard_min", "dose_start", "The first dose must not be below the lowest."),
    ("total_soft_min_mg", "total_hard_max_mg", "The most must not be less than what is usual at least."),
    ("infusion_least_minutes", "infusion_minutes", "The infusion must not be shorter than the shortest."),
    ("infusion_minutes", "infusion_most_minutes", "The longest must not be shorter than the infusion."),
    ("series_min", "series_typical", "The usual number of sessions must not be below the fewest."),
    ("series_typical", "series_max", "The most sessions must not be fewer than the usual number."),
    ("spacing_min_days", "spacing_max_days", "The most days must not be fewer than the fewest."),
    ("maintenance_min_days", "maintenance_max_days", "The most days must not be fewer than the fewest."),
    ("most_per_week", "most_per_year", "A year must not have room for fewer sessions than a week."),
)


def faults(content: Content) -> list[Fault]:
    """Everything that can't be meant in this content, one mend a field; empty when it can stand."""
    found: dict[str, str] = {}
    for field, mend in (
        *_texts(content),
        *_doses(content),
        *_vials_and_bags(content),
        *_whole_numbers(content),
        *_orders(content),
        *_schedule(content["vitals_schedule"]),
        *limit_content.faults(content["limits"], content["rings"]),
        *_checklist(content["checklist"]),
        *_medicines(content["prn_medicines"]),
    ):
        found.setdefault(field, mend)
    return list(found.items())


def _texts(content: Content) -> Iterator[Fault]:
    if not said(content["title"]):
        yield "title", "Name what is treated and how long it takes."
    codes = content["indications"]
    if not codes:
        yield "indications", "Name at least one indication."
    elif not all(ICD_10_CM.fullmatch(code) for code in codes):
        yield "indications", "Give ICD-10-CM codes with their points, such as F33.2."
    elif len(set(codes)) < len(codes):
        yield "indications", "Name each indication once."
    unsaid = feature_error(content["chair_features"])
    if unsaid:
        yield "chair_features", unsaid


def _doses(content: Content) -> Iterator[Fault]:
    for name in (
        "dose_start",
        "dose_soft_min",
        "dose_soft_max",
        "dose_hard_max",
        "dose_hard_min",
        "total_soft_min_mg",
        "total_hard_max_mg",
        "weight_cap_kg",
    ):
        value = content[name]
        if value is None and name not in MAY_BE_EMPTY:
            yield name, "Give an amount."
        elif value is not None and value <= 0:
            yield name, "Give an amount above 0."
    capped = content["weight_basis"] == "capped"
    if capped and content["weight_cap_kg"] is None:
        yield "weight_cap_kg", "Give the most kg that a dose is reckoned for."
    elif not capped and content["weight_cap_kg"] is not None:
        yield "weight_cap_kg", "Leave this empty, or reckon by the weight up to a cap."


def _vials_and_bags(content: Content) -> Iterator[Fault]:
    strengths, volumes = content["stock_strengths_mg_per_ml"], content["bag_volumes_ml"]
    if not set(strengths) <= set(STOCKS_MG_PER_ML):
        there_are = ", ".join(map(str, STOCKS_MG_PER_ML))
        yield "stock_strengths_mg_per_ml", f"Ketamine comes as {there_are} mg/mL: name those of them."
    elif len(set(strengths)) < len(strengths):
        yield "stock_strengths_mg_per_ml", "Name each strength once."
    if not all(0 < volume <= MOST_BAG_ML for volume in volumes):
        yield "bag_volumes_ml", f"Give volumes above 0, up to {MOST_BAG_ML} mL."
    elif len(set(volumes)) < len(volumes):
        yield "bag_volumes_ml", "Name each volume once."


def _whole_numbers(content: Content) -> Iterator[Fault]:
    for name, (least, most) in WHOLE.items():
        value = content[name]
        if value is None:
            if name not in MAY_BE_EMPTY:
                yield name, f"Give {least} to {most}."
        elif not least <= value <= most:
            yield name, f"Give {least} to {most}."


def _orders(content: Content) -> Iterator[Fault]:
    for smaller, larger, mend in ORDERED:
        low, high = content[smaller], content[larger]
        if low is not None and high is not None and low > high:
            yield larger, mend
    if (content["maintenance_min_days"] is None) != (content["maintenance_max_days"] is None):
        empty = "maintenance_min_days" if content["maintenance_min_days"] is None else "maintenance_max_days"
        yield empty, "Give both, or neither."


def _schedule(schedule: Any) -> Iterator[Fault]:
    """The shape that `sessions_app.observing.due_times` reads."""
    known = {"baseline_within_minutes", "grace_minutes", *PHASES}
    if not isinstance(schedule, Mapping) or set(schedule) != known:
        yield "vitals_schedule", f"Give {', '.join(sorted(known))}, and nothing else."
        return
    for name, least in (("baseline_within_minutes", 1), ("grace_minutes", 0)):
        if not _is_whole(schedule[name]) or not least <= schedule[name] <= MOST_MINUTES:
            yield f"vitals_schedule.{name}", f"Give {least} to {MOST_MINUTES} minutes."
    for phase in PHASES:
        mend = _stretches(schedule[phase], ends=phase == "after_change")
        if mend:
            yield f"vitals_schedule.{phase}", mend


def _stretches(stretches: Any, *, ends: bool) -> str:
    """What is wrong with a rhythm. After a change it comes to an end; a phase is watched until it is over."""
    if not isinstance(stretches, Sequence) or isinstance(stretches, str) or not stretches:
        return "Say every how many minutes."
    for number, stretch in enumerate(stretches, start=1):
        if not isinstance(stretch, Mapping) or not {"every"} <= set(stretch) <= {"every", "times"}:
            return "Each stretch has `every`, in minutes, and may have `times`."
        if not _is_whole(stretch["every"]) or not 1 <= stretch["every"] <= MOST_MINUTES:
            return f"Every 1 to {MOST_MINUTES} minutes."
        if "times" in stretch and (not _is_whole(stretch["times"]) or not 1 <= stretch["times"] <= 100):
            return "Give 1 to 100 times."
        if "times" not in stretch and (ends or number < len(stretches)):
            return "Say how many times; only a phase's last stretch goes on until the phase is over."
    if not ends and "times" in stretches[-1]:
        return "Let the last stretch go on until the phase is over: leave out how many times."
    return ""


def _checklist(items: Sequence[str]) -> Iterator[Fault]:
    if not all(ITEM.fullmatch(item) for item in items):
        yield "checklist", "Name items by their codes, such as ride_home."
    elif len(set(items)) < len(items):
        yield "checklist", "Ask each item once."


def _medicines(orders: Any) -> Iterator[Fault]:
    if not isinstance(orders, Sequence) or isinstance(orders, str):
        yield "prn_medicines", "Give a list of orders."
        return
    named = set()
    for number, order in enumerate(orders):
        here = f"prn_medicines.{number}"
        if not isinstance(order, Mapping) or set(order) != set(ORDER):
            yield here, f"Each order has {', '.join(ORDER)}."
            continue
        for part in ORDER:
            if part != "amount" and not (isinstance(order[part], str) and said(order[part])):
                yield f"{here}.{part}", "Fill this in."
        if not _is_amount(order["amount"]):
            yield f"{here}.amount", "Give an amount above 0."
        name = str(order["medicine"]).strip().casefold()
        if name and name in named:
            yield f"{here}.medicine", "This medicine is in the order set already."
        named.add(name)


def _is_whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _is_amount(value: Any) -> bool:
    """Above 0; as text, which keeps what was written exact, or as a number."""
    try:
        amount = Decimal(str(value))
    except InvalidOperation:
        return False
    return amount.is_finite() and 0 < amount < 10_000
