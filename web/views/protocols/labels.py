"""What the boxes of a protocol's version are called, each with its unit: on the form of the next version, and
wherever a sentence has to say which of them it is about.
"""

from collections.abc import Mapping
from typing import Any, Final

from web.views.protocols.words import PHASES

LABELS: Final[Mapping[str, tuple[str, str]]] = {
    "age_min_years": ("For patients from", "years"),
    "age_max_years": ("For patients up to", "years"),
    "dose_basis": ("Doses are", ""),
    "dose_start": ("First dose", ""),
    "dose_soft_min": ("Usual range from", ""),
    "dose_soft_max": ("Usual range to", ""),
    "dose_hard_min": ("Never below", ""),
    "dose_hard_max": ("Never above", ""),
    "total_soft_min_mg": ("Usually at least in one session", "mg"),
    "total_hard_max_mg": ("Most in one session", "mg"),
    "stock_strengths_mg_per_ml": ("Drawn from vials of", "mg/mL"),
    "bag_volumes_ml": ("Bags hold in the end", "mL"),
    "weight_basis": ("Reckoned by", ""),
    "weight_cap_kg": ("Cap of the weight", "kg"),
    "weight_valid_days": ("How old the weight may be (0: of the day)", "days"),
    "preparation_minutes": ("Preparation", "min"),
    "infusion_minutes": ("Infusion", "min"),
    "infusion_least_minutes": ("Infusion, at least", "min"),
    "infusion_most_minutes": ("Infusion, at most", "min"),
    "observation_minutes": ("Observation, at least", "min"),
    "turnover_minutes": ("Turnover of the chair", "min"),
    "preparation_units": ("Nursing in preparation", "of 6 units"),
    "infusion_units": ("Nursing in the infusion", "of 6 units"),
    "observation_units": ("Nursing in observation", "of 6 units"),
    "series_min": ("Fewest sessions", ""),
    "series_typical": ("Sessions as a rule", ""),
    "series_max": ("Most sessions", ""),
    "spacing_min_days": ("Days between sessions, at least", ""),
    "spacing_max_days": ("Days between sessions, at most", ""),
    "maintenance_min_days": ("Maintenance every, at least", "days"),
    "maintenance_max_days": ("Maintenance, at most", "days"),
    "most_per_week": ("Most in a week, Monday to Sunday", "sessions"),
    "most_per_year": ("Most in any 365 days", "sessions"),
    "review_after_sessions": ("Without a response a prescriber decides after", "infusions"),
    "fasting_clear_hours": ("No clear liquids before the start", "hours"),
    "fasting_light_meal_hours": ("No light meal before the start", "hours"),
    "reconsent_after_days": ("Consent is signed again after", "days"),
    "liver_test_after_mg": ("Liver tests are asked for after, in all", "mg"),
    "vitals_schedule_baseline_within_minutes": ("Baseline, before the start within", "min"),
    **{f"vitals_schedule_{phase}": (label, "") for phase, label in PHASES.items()},
    "vitals_schedule_grace_minutes": ("Overdue after", "min"),
    "near_baseline_percent": ("Near the own baseline is within", "%"),
    "near_baseline_sets": ("Sets in a row", ""),
}


def on_box(name: str) -> dict[str, Any]:
    """What the field of this box is made with."""
    label, unit = LABELS[name]
    return {"label": label, "unit": unit} if unit else {"label": label}


def in_words(path: str) -> str:
    """Which box a column's name or its place in it is, `Infusion, min`; what has none, with spaces."""
    label, unit = LABELS.get(path.replace(".", "_"), ("", ""))
    if path.startswith("vitals_schedule.") and label:
        label = f"Vital signs, {label[0].lower()}{label[1:]}"
    return ", ".join(filter(None, (label, unit))) or path.replace(".", " ").replace("_", " ").capitalize()
