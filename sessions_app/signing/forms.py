"""Which columns each form of the signed record freezes: data that never changes once something was signed.

A form is named in the content itself (`form`), and its columns stand here by name, never as "all columns":
a column that a table is given later must not change what an old signature says. A new column of a line goes
into a new form, or is left out on purpose (`LEFT_OUT`); tests/sessions_app/test_signing_forms.py asks.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Final

ROW: Final = ("id", "recorded_by", "recorded_at")
CORRECTABLE: Final = ("corrects", "correction_reason", "amendment")


@dataclass(frozen=True)
class Form:
    """The columns of one form: the lines by their part of the record (`sessions_app.lines`), and the rest.

    `allergies` are those of the patient that hold at signing; with `chair` the chair's name is frozen too,
    with `reckoned` what is reckoned from the lines (`signing.reckoned`).
    """

    name: str
    lines: Mapping[str, tuple[str, ...]]
    session: tuple[str, ...]
    patient: tuple[str, ...]
    clinic: tuple[str, ...]
    plan: tuple[str, ...]
    protocol: tuple[str, ...]
    allergies: tuple[str, ...] = ()
    chair: bool = False
    reckoned: bool = False


_FIRST: Final = Form(
    name="chairside.session-record/1",
    lines={
        "checklist": (*ROW, *CORRECTABLE, "item", "result", "note"),
        "dose": (
            *ROW,
            *CORRECTABLE,
            "weight_kg",
            "weighed_at",
            "ordered_dose",
            "dose_basis",
            "stock_mg_per_ml",
            "bag_volume_ml",
            "minutes",
            "dose_mg",
            "drug_volume_ml",
            "concentration_mg_per_ml",
            "rate_ml_per_h",
            "formula_version",
            "warning",
        ),
        "infusion": (*ROW, "correction_reason", "amendment", "kind", "reason"),
        "vital_signs": (
            *ROW,
            *CORRECTABLE,
            "measured_at",
            "systolic_mmhg",
            "diastolic_mmhg",
            "heart_rate_per_min",
            "respiratory_rate_per_min",
            "oxygen_saturation_percent",
            "temperature_cel",
            "pain_nrs",
            "absent_reason",
            "confirmed",
        ),
        "side_effects": (
            *ROW,
            *CORRECTABLE,
            "term",
            "onset_at",
            "grade",
            "relatedness",
            "action",
            "outcome",
            "ended_at",
        ),
        "discharge": (
            *ROW,
            *CORRECTABLE,
            "vital_signs_score",
            "activity_score",
            "nausea_pain_score",
            "iv_site_score",
            "intake_score",
            "escort_name",
            "instructions_given",
        ),
    },
    session=(
        "id",
        "appointment",
        "protocol",
        "arrived_at",
        "started_at",
        "stopped_at",
        "stopped_early",
        "stop_reason",
        "discharged_at",
    ),
    patient=("id", "mrn", "family_name", "given_names", "birth_date"),
    clinic=("id", "name", "time_zone"),
    plan=(
        "id",
        "indication",
        "ordered_dose",
        "sessions_ordered",
        "valid_from",
        "valid_until",
        "prescriber",
    ),
    protocol=(
        "id",
        "clinic",
        "code",
        "version",
        "title",
        "approved_by",
        "approved_at",
        "indications",
        "dose_basis",
        "dose_start",
        "dose_soft_min",
        "dose_soft_max",
        "dose_hard_max",
        "preparation_minutes",
        "infusion_minutes",
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
        "chair_features",
        "vitals_schedule",
        "limits",
        "citation",
    ),
)

_SECOND: Final = Form(
    name="chairside.session-record/2",
    lines={
        "checklist": (*_FIRST.lines["checklist"], "revision", "source"),
        "dose": (
            *_FIRST.lines["dose"],
            "revision",
            "weight_as_read",
            "weight_unit",
            "dosing_weight_kg",
            "weight_basis",
            "dead_space_ml",
        ),
        "dose_checks": (
            *ROW,
            "revision",
            "correction_reason",
            "amendment",
            "worksheet",
            "weight_kg",
            "stock_mg_per_ml",
            "dose_mg",
            "drug_volume_ml",
            "bag_volume_ml",
            "rate_ml_per_h",
            "disagreements",
        ),
        "overrides": (*ROW, "revision", "correction_reason", "amendment", "subject", "about", "reason"),
        "infusion": (*_FIRST.lines["infusion"], "revision", "happened_at", "rate_ml_per_h", "volume_ml"),
        "medicines": (
            *ROW,
            "revision",
            *CORRECTABLE,
            "medicine",
            "amount",
            "unit",
            "route",
            "given_at",
            "reason",
            "ordered_by",
            "allergy_reason",
        ),
        "wastes": (*ROW, "revision", *CORRECTABLE, "vial", "drawn_mg", "wasted_mg", "reason"),
        "waste_witnesses": (*ROW, "revision", "correction_reason", "amendment", "waste"),
        "vital_signs": (
            *_FIRST.lines["vital_signs"],
            "revision",
            "mean_mmhg",
            "end_tidal_co2_mmhg",
            "oxygen_l_per_min",
            "rass",
            "dissociation",
            "distress",
            "symptoms",
            "device",
        ),
        "alerts": (
            *ROW,
            "revision",
            "correction_reason",
            "amendment",
            "kind",
            "level",
            "sign",
            "detail",
            "raised_at",
            "reading",
            "due_at",
        ),
        "alert_steps": (
            *ROW,
            "revision",
            "correction_reason",
            "amendment",
            "alert",
            "kind",
            "rung",
            "told",
            "words",
        ),
        "side_effects": (
            *_FIRST.lines["side_effects"],
            "revision",
            "peak_grade",
            "distress",
            "seriousness",
            "source",
            "action_at",
            "medicine",
        ),
        "discharge": (
            *_FIRST.lines["discharge"],
            "revision",
            "vital_signs_computed",
            "oriented",
            "steady_gait",
            "suicidality_asked_again",
            "iv_removed",
            "escort_phone",
            "escort_seen",
        ),
        "notes": (*ROW, "revision", *CORRECTABLE, "text"),
    },
    session=(*_FIRST.session, "clinic", "patient"),
    patient=_FIRST.patient,
    clinic=_FIRST.clinic,
    plan=_FIRST.plan,
    protocol=(
        *_FIRST.protocol,
        "total_hard_max_mg",
        "weight_basis",
        "weight_cap_kg",
        "weight_valid_days",
        "rings",
        "checklist",
        "prn_medicines",
        "near_baseline_percent",
        "near_baseline_sets",
    ),
)

_THIRD: Final = replace(
    _SECOND,
    name="chairside.session-record/3",
    lines={
        **_SECOND.lines,
        "dose_checks": (*_SECOND.lines["dose_checks"], "mg_per_kg", "concentration_mg_per_ml"),
    },
    allergies=("id", "substance", "reaction", "criticality"),
    chair=True,
)

_FOURTH: Final = replace(
    _THIRD,
    name="chairside.session-record/4",
    lines={**_THIRD.lines, "side_effects": (*_THIRD.lines["side_effects"], "course_of", "as_of")},
)

_FIFTH: Final = replace(_FOURTH, name="chairside.session-record/5", reckoned=True)

_SIXTH: Final = replace(
    _FIFTH,
    name="chairside.session-record/6",
    protocol=(
        *_FIFTH.protocol,
        "dose_hard_min",
        "total_soft_min_mg",
        "stock_strengths_mg_per_ml",
        "bag_volumes_ml",
        "reconsent_after_days",
        "liver_test_after_mg",
        "review_after_sessions",
        "most_per_week",
        "most_per_year",
    ),
)

FORMS: Final[Mapping[str, Form]] = {
    form.name: form for form in (_FIRST, _SECOND, _THIRD, _FOURTH, _FIFTH, _SIXTH)
}
NEWEST: Final = _SIXTH

# Not frozen, on purpose. Of a line: its session, which the content is about anyway, and when its row reached
# the table. Of the protocol: that too, a status that moves on when a newer version comes, the usual bounds of
# the infusion's minutes: what lies outside stands on the worksheet as its warning; and the ages that it is
# for: whoever prescribes outside them says why on the plan.
LEFT_OUT: Final = frozenset({"session", "created_at"})
PROTOCOL_LEFT_OUT: Final = frozenset(
    {
        "created_at",
        "status",
        "infusion_least_minutes",
        "infusion_most_minutes",
        "age_min_years",
        "age_max_years",
    }
)
