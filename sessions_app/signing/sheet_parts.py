"""The tables of a printed record, part by part: which columns each has, and its lines in words.

What is frozen is read by `frozen`; how a table is drawn is in `printing` and in web/.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from sessions_app.models import Relatedness, SideEffectOutcome
from sessions_app.observing import vital_limits
from sessions_app.observing.vocabulary import label_of
from sessions_app.preparing import dosing
from sessions_app.preparing.checklist import LABELS
from sessions_app.signing.frozen import NOTHING, Frozen, Line, happened_at

NOT_MEASURED: Final = "due, not measured"
SCORES: Final = {
    "vital_signs_score": "vital signs",
    "activity_score": "activity",
    "nausea_pain_score": "pain and nausea",
    "iv_site_score": "IV site",
    "intake_score": "intake",
}
FOUND_AT_DISCHARGE: Final = {
    "oriented": ("oriented", "not oriented"),
    "steady_gait": ("steady gait", "gait not steady"),
    "suicidality_asked_again": ("suicidality asked again, no concern", "suicidality not asked again"),
    "iv_removed": ("IV removed", "IV left in"),
    "instructions_given": ("instructions given", "no instructions"),
}
# A column of its own for each of these signs; the others stand in words beside them.
IN_COLUMNS: Final = {
    "heart_rate_per_min": "HR",
    "oxygen_saturation_percent": "SpO₂",
    "respiratory_rate_per_min": "RR",
    "temperature_cel": "°C",
    "pain_nrs": "Pain",
    "dissociation": "Diss.",
    "distress": "Distress",
    "rass": "RASS",
}
IN_WORDS: Final = ("mean_mmhg", "end_tidal_co2_mmhg", "oxygen_l_per_min")
# WHO-UMC causality and FHIR's outcomes within a sentence; what is stored is their spelling.
RELATED: Final[dict[str, str]] = {code: label.lower() for code, label in Relatedness.choices}
OUTCOMES: Final[dict[str, str]] = {code: label.lower() for code, label in SideEffectOutcome.choices}
SOURCES: Final = {"patient": "said beforehand", "record": "from the record"}


@dataclass(frozen=True)
class Part:
    """One part of the record as a table: its columns but for "By", the cells of one line, and by what its
    lines are ordered, so that a corrected line stands beside the one that corrects it."""

    title: str
    name: str
    columns: Sequence[str]
    cells: Callable[[Frozen, Line], Sequence[str]]
    order: Callable[[Line], Any]


def in_words(value: Any, unit: str = "") -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value} {unit}".rstrip()


def joined(*words: str) -> str:
    return "; ".join(word for word in words if word and word != NOTHING) or NOTHING


def not_measured(frozen: Frozen, at: datetime, why: str) -> list[str]:
    """The row of a reading that fell due and was not measured, in the columns of the vital signs."""
    empty = [NOTHING] * (len(VITAL_SIGNS.columns) - 2)
    return [frozen.time(at.isoformat()), *empty, joined(NOT_MEASURED, why), NOTHING]


def _spoken(words: Mapping[str, str], code: str) -> str:
    return words.get(code, code)


def _by_moment(name: str) -> Callable[[Line], datetime]:
    return lambda line: datetime.fromisoformat(line.get(name) or line["recorded_at"])


def _of_one_effect(line: Line) -> tuple[datetime, str, datetime]:
    """A side effect's states stand together, each at the moment from which on it was so."""
    onset = datetime.fromisoformat(line["onset_at"])
    as_of = line.get("as_of")
    return onset, line["term"], datetime.fromisoformat(as_of) if as_of else onset


def _asked(line: Line) -> int:
    """The place of a checklist's item in the order in which it is asked; one no longer known comes last."""
    asked = list(LABELS)
    return asked.index(line["item"]) if line["item"] in asked else len(asked)


def _dose(frozen: Frozen, line: Line) -> list[str]:
    pounds = dosing.rounded(Decimal(line["weight_kg"]) / dosing.KG_PER_POUND, "0.1")
    return [
        f"{line['weight_kg']} kg ({pounds} lb), weighed {frozen.moment(line['weighed_at'])}",
        f"{line['dose_mg']} mg ({line['drug_volume_ml']} mL of {line['stock_mg_per_ml']} mg/mL)",
        f"{line['bag_volume_ml']} mL, {line['concentration_mg_per_ml']} mg/mL",
        f"{line['rate_ml_per_h']} mL/h for {line['minutes']} min",
        joined(line["warning"], f"formula {line['formula_version']}"),
    ]


def _check(frozen: Frozen, line: Line) -> list[str]:
    differs = ", ".join(line["disagreements"]).replace("_", " ")
    return [frozen.time(line["recorded_at"]), f"{line['dose_mg']} mg", differs or "agrees"]


def _step(frozen: Frozen, line: Line) -> list[str]:
    return [
        frozen.time_and_entry(happened_at(line), line),
        "stop explained" if line["kind"] == "explained" else line["kind"].replace("_", " "),
        in_words(line.get("rate_ml_per_h"), "mL/h"),
        in_words(line.get("volume_ml"), "mL"),
        in_words(line["reason"]),
    ]


def _pressure(line: Line) -> str:
    if line["systolic_mmhg"] is None:
        return NOTHING
    return f"{line['systolic_mmhg']}/{line['diastolic_mmhg']}"


def _signs(line: Line, names: Sequence[str]) -> list[str]:
    """What was measured of these signs, each with its name and unit."""
    rings = {name: vital_limits.RINGS[name] for name in names if line.get(name) is not None}
    return [f"{ring.label} {line[name]} {ring.unit}".rstrip() for name, ring in rings.items()]


def _symptoms(line: Line) -> list[str]:
    return [vital_limits.SYMPTOMS[code].lower() for code in line.get("symptoms") or []]


def _vitals(frozen: Frozen, line: Line) -> list[str]:
    measured_again = "measured again" if line["confirmed"] else ""
    return [
        frozen.time_and_entry(line["measured_at"], line),
        _pressure(line),
        *(in_words(line.get(name)) for name in IN_COLUMNS),
        joined(*_signs(line, IN_WORDS), *_symptoms(line), line["absent_reason"], measured_again),
    ]


def _alert(frozen: Frozen, line: Line) -> list[str]:
    answers = [
        joined(
            f"{frozen.time(step['recorded_at'])} {step['kind']}",
            frozen.person(step["recorded_by"]),
            step["words"],
        )
        for step in frozen.lines("alert_steps")
        if step["alert"] == line["id"] and step["kind"] != "told"
    ]
    return [frozen.time(line["raised_at"]), line["level"], line["detail"], " / ".join(answers) or NOTHING]


def _effect(frozen: Frozen, line: Line) -> list[str]:
    peak, distress = line.get("peak_grade"), line.get("distress")
    done = in_words(line["action"])
    return [
        joined(label_of(line["term"]), "told by the patient" if line.get("source") == "patient" else ""),
        joined(str(line["grade"]), f"at its worst {peak}" if peak else ""),
        frozen.time(line["onset_at"]),
        f"{done}, {frozen.time(line['action_at'])}" if line.get("action_at") else done,
        "" if distress is None else f"{distress} of 10",
        RELATED.get(line["relatedness"], line["relatedness"].lower()),
        joined(_spoken(OUTCOMES, line["outcome"]), frozen.time(line["ended_at"])),
        frozen.time_and_entry(line.get("as_of") or line["onset_at"], line),
    ]


def _medicine(frozen: Frozen, line: Line) -> list[str]:
    despite = f"in spite of an allergy: {line['allergy_reason']}" if line["allergy_reason"] else ""
    return [
        frozen.time_and_entry(line["given_at"], line),
        line["medicine"],
        f"{line['amount']} {line['unit']}",
        line["route"],
        joined(line["reason"], despite),
        frozen.person(line["ordered_by"]) if line["ordered_by"] else "the order set",
    ]


def _waste(frozen: Frozen, line: Line) -> list[str]:
    seen = [each for each in frozen.lines("waste_witnesses") if each["waste"] == line["id"]]
    return [
        line["vial"],
        f"{line['drawn_mg']} mg",
        f"{line['wasted_mg']} mg",
        in_words(line["reason"]),
        joined(*(frozen.person(each["recorded_by"]) for each in seen)),
    ]


def _home(frozen: Frozen, line: Line) -> list[str]:
    points = ", ".join(f"{label} {line[name]}" for name, label in SCORES.items())
    seen = {True: "adult seen", False: "adult not seen", None: ""}[line.get("escort_seen")]
    found = [
        words[0] if line[name] else words[1]
        for name, words in FOUND_AT_DISCHARGE.items()
        if line.get(name) is not None
    ]
    return [
        f"{sum(line[name] for name in SCORES)} of 10",
        points,
        joined(line["escort_name"], line.get("escort_phone") or "", seen),
        joined(*found),
    ]


def _override(frozen: Frozen, line: Line) -> list[str]:
    return [
        frozen.time(line["recorded_at"]),
        line["subject"].replace("_", " ").replace(":", ": "),
        _looked_at(frozen, line["about"]),
        line["reason"],
    ]


def _looked_at(frozen: Frozen, about: str | None) -> str:
    """What the prescriber let pass, in words: the line that the override is about."""
    for line in frozen.lines("vital_signs"):
        if line["id"] == about:
            signs = _signs(line, [name for name in vital_limits.RINGS if "tolic" not in name])
            found = [_pressure(line), *signs, *_symptoms(line)]
            return f"{frozen.time(line['measured_at'])}: {', '.join(found)}"
    for line in frozen.lines("side_effects"):
        if line["id"] == about:
            return f"{label_of(line['term'])}, grade {line['grade']}"
    for line in frozen.lines("checklist"):
        if line["id"] == about:
            return joined(line["result"].replace("_", " "), line["note"])
    return NOTHING


def _answer(frozen: Frozen, line: Line) -> list[str]:
    source = SOURCES.get(line.get("source", ""), "")
    return [
        _spoken(LABELS, line["item"]),
        joined(line["result"].replace("_", " "), source),
        in_words(line["note"]),
        frozen.time(line["recorded_at"]),
    ]


def _note(frozen: Frozen, line: Line) -> list[str]:
    return [frozen.time(line["recorded_at"]), line["text"]]


VITAL_SIGNS: Final = Part(
    "Vital signs",
    "vital_signs",
    ["At", "Pressure", *IN_COLUMNS.values(), "Also"],
    _vitals,
    _by_moment("measured_at"),
)
PARTS_IN_ORDER: Final[Sequence[Part]] = (
    Part(
        "Dose worksheet",
        "dose",
        ["Weight", "Dose", "Bag", "Pump", "Notes"],
        _dose,
        _by_moment("recorded_at"),
    ),
    Part(
        "Second person's check",
        "dose_checks",
        ["At", "Dose", "Figures that differ"],
        _check,
        _by_moment("recorded_at"),
    ),
    Part(
        "Infusion",
        "infusion",
        ["At", "Step", "Rate", "Volume", "Reason"],
        _step,
        lambda line: (datetime.fromisoformat(happened_at(line)), line.get("revision", 0)),
    ),
    VITAL_SIGNS,
    Part("Alerts", "alerts", ["At", "Level", "What", "What became of it"], _alert, _by_moment("raised_at")),
    Part(
        "Side effects",
        "side_effects",
        ["What", "Grade", "Since", "Done", "Distress", "Related", "How it stands", "As of"],
        _effect,
        _of_one_effect,
    ),
    Part(
        "Medicines beside the infusion",
        "medicines",
        ["At", "Medicine", "Amount", "Route", "Why", "Ordered by"],
        _medicine,
        _by_moment("given_at"),
    ),
    Part("Waste", "wastes", ["Vial", "Drawn", "Wasted", "Why", "Witness"], _waste, _by_moment("recorded_at")),
    Part(
        "Discharge",
        "discharge",
        ["Score", "Of which", "Home with", "And"],
        _home,
        _by_moment("recorded_at"),
    ),
    Part(
        "Let pass by a prescriber",
        "overrides",
        ["At", "What", "What was seen", "Why"],
        _override,
        _by_moment("recorded_at"),
    ),
    Part("Notes", "notes", ["At", "Note"], _note, _by_moment("recorded_at")),
    Part("Checklist", "checklist", ["Item", "Answer", "Note", "At"], _answer, _asked),
)
