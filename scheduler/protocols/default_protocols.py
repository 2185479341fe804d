"""The protocol records that a clinic starts from: data, copied from docs/domain.md, and nothing else.

Doses, minutes, series and spacing are its section 2.2, vital-sign limits 3.3, reading intervals 3.4 (all
[D], a design default), fasting hours 1.3 ([G], general knowledge not checked against a source), ICD-10-CM
codes section 7 ([V:X]), what was published 2.1. None of it is advice: each record is a draft until a
prescriber signs it. How a clinic takes them over is in `protocols`.
"""

from decimal import Decimal
from typing import Any, Final

from scheduler.models import DoseBasis

PREPARATION_MINUTES: Final = 20  # domain.md 2.2, note on "block" [D]
TURNOVER_MINUTES: Final = 10

# Nursing load of a nurse with 6 units: one to one, one to two, one to three (domain.md 8.2).
LOAD: Final[dict[str, int]] = {"preparation_units": 6, "infusion_units": 3, "observation_units": 2}

# Minutes between readings: a phase is a list of stretches, each `every` so many minutes, `times` over or,
# without `times`, until the phase ends (domain.md 3.4 [D]).
_AROUND_THE_INFUSION: Final[dict[str, Any]] = {
    "baseline_within_minutes": 15,
    "after_change": [{"every": 5, "times": 2}],
    "observation": [{"every": 15}],
    "grace_minutes": 3,
}
SHORT_INFUSION_READINGS: Final = {**_AROUND_THE_INFUSION, "infusion": [{"every": 10}]}
LONG_INFUSION_READINGS: Final = {
    **_AROUND_THE_INFUSION,
    "infusion": [{"every": 15, "times": 4}, {"every": 30}],
}

# domain.md 3.3 [D]. By sign and level; `below` is <, `at_least` is >=, `above` is >. RASS and the 0-10
# ratings are whole numbers, so that "-2 or less" is written below -1. `caution_rise_percent` compares with
# the patient's own baseline.
LIMITS: Final[dict[str, dict[str, Any]]] = {
    "systolic_mmhg": {
        "start_flag": {"at_least": 140},
        "start_hold": {"below": 90, "at_least": 160},
        "caution": {"at_least": 160},
        "caution_rise_percent": 20,
        "stop": {"at_least": 180},
        "emergency": {"above": 180},
    },
    "diastolic_mmhg": {
        "start_flag": {"at_least": 90},
        "start_hold": {"at_least": 100},
        "caution": {"at_least": 100},
        "caution_rise_percent": 20,
        "stop": {"at_least": 110},
        "emergency": {"above": 120},
    },
    "heart_rate_per_min": {
        "start_hold": {"below": 50, "above": 110},
        "caution": {"below": 50, "above": 120},
        "stop": {"below": 40, "above": 150},
    },
    "oxygen_saturation_percent": {
        "start_hold": {"below": 94},
        "caution": {"below": 94},
        "stop": {"below": 90},
        "emergency": {"below": 85},
    },
    "respiratory_rate_per_min": {
        "start_hold": {"below": 10, "above": 24},
        "caution": {"below": 10, "above": 24},
        "stop": {"below": 8, "above": 30},
    },
    "temperature_cel": {"start_hold": {"at_least": 38.0}},
    "end_tidal_co2_mmhg": {"caution": {"above": 50}, "stop": {"above": 60}},
    "rass": {
        "start_hold": {"below": 0, "above": 1},
        "caution": {"below": -1, "at_least": 2},
        "stop": {"below": -2, "at_least": 3},
    },
    "dissociation": {"caution": {"at_least": 7}},
    "distress": {"caution": {"at_least": 4}, "stop": {"at_least": 7}},
}

# domain.md 1.3: 2 h for clear liquids, 6 h for a light meal [G].
FASTING: Final = {"fasting_clear_hours": 2, "fasting_light_meal_hours": 6}

_CITATION: Final = (
    "Doses, series, spacing, limits and reading intervals are Chairside's own choices, without an outside"
    " source; fasting hours are general knowledge, not checked against a source.\n"
    "Published, and read in excerpts only: "
)


def _doses(start: str, soft_min: str, soft_max: str, hard_max: str) -> dict[str, Decimal]:
    return {
        "dose_start": Decimal(start),
        "dose_soft_min": Decimal(soft_min),
        "dose_soft_max": Decimal(soft_max),
        "dose_hard_max": Decimal(hard_max),
    }


_EVERYWHERE: Final[dict[str, Any]] = {
    "preparation_minutes": PREPARATION_MINUTES,
    "observation_minutes": 60,
    "turnover_minutes": TURNOVER_MINUTES,
    **LOAD,
    **FASTING,
    "limits": LIMITS,
}

DEFAULT_PROTOCOLS: Final[list[dict[str, Any]]] = [
    {
        **_EVERYWHERE,
        "code": "mood-40",
        "title": "Mood, anxiety, PTSD: 40 minutes",
        "indications": ["F32.2", "F33.2", "F40.10", "F41.1", "F41.9", "F43.10", "F43.12"],
        "dose_basis": DoseBasis.PER_KG,
        **_doses("0.5", "0.25", "1.0", "1.5"),
        "infusion_minutes": 40,
        "infusion_least_minutes": 30,
        "infusion_most_minutes": 60,
        "series_min": 4,
        "series_typical": 6,
        "series_max": 8,
        "spacing_min_days": 2,
        "spacing_max_days": 5,
        "maintenance_min_days": 7,
        "maintenance_max_days": 42,
        "vitals_schedule": SHORT_INFUSION_READINGS,
        "citation": (
            f"{_CITATION}0.5 mg/kg over 40 minutes (Andrade 2017, a review); twice and three times a week"
            " equally effective over 15 days (Singh 2016, n = 67); 6 infusions in 2 weeks, then 4 weekly ones"
            " (Phillips 2019). PTSD: 6 infusions in 2 weeks (Feder 2021, n = 30), while 8 twice weekly had no"
            " effect on it in veterans (Abdallah 2022, n = 158). In anxiety it was tried subcutaneously."
        ),
    },
    {
        **_EVERYWHERE,
        "code": "cluster-60",
        "title": "Cluster headache: 60 minutes",
        "indications": ["G44.009", "G44.019", "G44.029"],
        "dose_basis": DoseBasis.PER_KG,
        **_doses("0.5", "0.25", "0.75", "1.0"),
        "infusion_minutes": 60,
        "infusion_least_minutes": 40,
        "infusion_most_minutes": 120,
        "series_min": 1,
        "series_typical": 4,
        "series_max": 4,
        "spacing_min_days": 7,
        "spacing_max_days": 14,
        "vitals_schedule": SHORT_INFUSION_READINGS,
        "citation": (
            f"{_CITATION}0.5 mg/kg over 40 to 60 minutes every 2 weeks or sooner, up to 4 (Granata 2016,"
            " n = 29, uncontrolled). Further infusions by review."
        ),
    },
    {
        **_EVERYWHERE,
        "code": "headache-4h",
        "title": "Chronic migraine, NDPH, tension-type headache: 4 hours",
        "indications": ["G43.709", "G43.719", "G43.E09", "G44.209", "G44.229", "G44.52"],
        "dose_basis": DoseBasis.PER_KG_PER_HOUR,
        **_doses("0.1", "0.1", "0.35", "1.0"),
        "infusion_minutes": 240,
        "series_min": 3,
        "series_typical": 5,
        "series_max": 7,
        "spacing_min_days": 1,
        "spacing_max_days": 3,
        "maintenance_min_days": 28,
        "maintenance_max_days": 84,
        "vitals_schedule": LONG_INFUSION_READINGS,
        "citation": (
            f"{_CITATION}infusions of days in a hospital (Schwenk 2018, n = 61; Pomeroy 2017, n = 77;"
            " Lauritsen 2016, n = 6), and none for tension-type headache. An outpatient protocol is an"
            " extrapolation that a prescriber has to sign knowingly."
        ),
    },
    {
        **_EVERYWHERE,
        "code": "pain-4h",
        "title": "Chronic pain, CRPS: 4 hours",
        "indications": ["G89.29", "G89.4", "G90.50", "M79.7"],
        "dose_basis": DoseBasis.PER_KG_PER_HOUR,
        **_doses("0.35", "0.2", "1.0", "2.0"),
        "total_soft_min_mg": Decimal(80),
        "infusion_minutes": 240,
        "infusion_least_minutes": 120,
        "infusion_most_minutes": 300,
        "series_min": 3,
        "series_typical": 5,
        "series_max": 10,
        "spacing_min_days": 1,
        "spacing_max_days": 3,
        "maintenance_min_days": 28,
        "maintenance_max_days": 90,
        "vitals_schedule": LONG_INFUSION_READINGS,
        "citation": (
            f"{_CITATION}0.5 to 2 mg/kg/h, in all at least 80 mg over more than 2 hours (consensus of ASRA,"
            " AAPM and ASA 2018, grade C); CRPS: 0.35 mg/kg/h for 4 hours on 10 days (the same, moderate, by"
            " a summary of it)."
        ),
    },
]
