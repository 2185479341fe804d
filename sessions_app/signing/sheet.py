"""A signed version as a sheet to be read on paper: headings, facts and tables, all in words.

What stands here comes from the frozen text alone, never from today's tables; times are the clinic's. The
sheet is drawn as PDF by `printing` and as a page by web/.
"""

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any, Final
from zoneinfo import ZoneInfo

from sessions_app.infusing import pump
from sessions_app.models import SignedRecord
from sessions_app.observing.vocabulary import TERMS
from sessions_app.preparing.checklist import LABELS

NOTHING: Final = "-"
SCORES: Final = {
    "vital_signs_score": "vital signs",
    "activity_score": "activity",
    "nausea_pain_score": "pain and nausea",
    "iv_site_score": "IV site",
    "intake_score": "intake",
}
Line = Mapping[str, Any]


@dataclass(frozen=True)
class Row:
    """Words side by side, and the id of the line of the record that they say, if they are of one."""

    cells: Sequence[str]
    line: str = ""


@dataclass(frozen=True)
class Table:
    """Rows under a heading; without columns they are facts: a name and what it is."""

    title: str
    rows: Sequence[Row]
    columns: Sequence[str] = ()


@dataclass(frozen=True)
class Sheet:
    """One version. `signed_at` is its moment, for the paper's own date."""

    clinic: str
    title: str
    signed_at: datetime
    tables: Sequence[Table]


def sheet_of(versions: Sequence[SignedRecord]) -> Sheet:
    """The last of these versions of one record; all of them, the signature first, stand in its signatures."""
    signed = versions[-1]
    content = json.loads(signed.content)
    reader = _Reader(content)
    tables = [
        reader.who_and_what(),
        reader.course(),
        *(reader.table(*each) for each in PARTS_IN_ORDER if content.get(each[1])),
        _signatures(versions),
    ]
    return Sheet(
        clinic=content["clinic"]["name"],
        title=f"Session record, version {signed.version}",
        signed_at=signed.signed_at,
        tables=tables,
    )


class _Reader:
    """One frozen content with its zone and its people."""

    def __init__(self, content: Line) -> None:
        self.content = content
        self.zone = ZoneInfo(content["clinic"]["time_zone"])
        parts = [part for part in content.values() if isinstance(part, list)]
        self.corrected = {line["corrects"] for part in parts for line in part if line.get("corrects")}

    def who_and_what(self) -> Table:
        patient, plan, protocol = (self.content[part] for part in ("patient", "plan", "protocol"))
        return _facts(
            "Patient and plan",
            [
                ("Patient", f"{patient['given_names']} {patient['family_name']}"),
                ("Born", patient["birth_date"]),
                ("MRN", patient["mrn"]),
                ("Indication (ICD-10-CM)", plan["indication"]),
                ("Ordered", f"{plan['ordered_dose']} {protocol['dose_basis']}"),
                ("Prescriber", self.person(plan["prescriber"])),
                ("Protocol", f"{protocol['title']} ({protocol['code']}, version {protocol['version']})"),
            ],
        )

    def course(self) -> Table:
        session = self.content["session"]
        facts = [
            ("Arrived", self.moment(session["arrived_at"])),
            ("Started", self.moment(session["started_at"])),
            ("Stopped", self.moment(session["stopped_at"])),
            ("Given", self.given() or NOTHING),
            ("Went home", self.moment(session["discharged_at"])),
        ]
        if session["ended_as"] == "not_given":
            facts = [facts[0], ("Nothing was given", session["stop_reason"])]
        elif session["stopped_early"]:
            facts.append(("Stopped early", session["stop_reason"] or "before its minutes had run"))
        return _facts("Course", facts)

    def given(self) -> str:
        """What was given, reckoned from the frozen steps of the pump as it was while they were taken."""
        worksheet = next((line for line in self.content["dose"] if line["id"] not in self.corrected), None)
        stopped_at = self.content["session"]["stopped_at"]
        if worksheet is None or stopped_at is None:
            return ""
        steps = sorted(
            self.content["infusion"], key=lambda line: (line.get("revision", 0), line["recorded_at"])
        )
        course = pump.Course(
            bag_mg=Decimal(worksheet["dose_mg"]),
            bag_volume_ml=Decimal(worksheet["bag_volume_ml"]),
            dead_space_ml=Decimal(worksheet.get("dead_space_ml", 0)),
            rate_ml_per_h=Decimal(worksheet["rate_ml_per_h"]),
            steps=tuple(_pump_step(line) for line in steps),
        )
        found = pump.given(course, datetime.fromisoformat(stopped_at))
        return f"{found.mg} mg in {found.volume_ml} mL, of {worksheet['dose_mg']} mg in the bag"

    def table(
        self,
        title: str,
        part: str,
        columns: Sequence[str],
        cells: Callable[["_Reader", Line], Sequence[str]],
    ) -> Table:
        lines = self.content[part]
        if part == "checklist":
            lines = sorted(lines, key=_asked)
        rows = [Row([*cells(self, line), self.by(line)], line["id"]) for line in lines]
        return Table(title, rows, [*columns, "By"])

    def by(self, line: Line) -> str:
        """Who entered the line, and, where it corrects another or is corrected, that it does."""
        said = [self.person(line["recorded_by"])]
        if line["id"] in self.corrected:
            said.append("corrected by a later line")
        if line.get("corrects"):
            said.append(f"corrects an earlier line: {line['correction_reason']}")
        elif line["amendment"]:
            said.append("late entry")
        return "; ".join(said)

    def person(self, user_id: str | None) -> str:
        if user_id is None:
            return "the system"
        person = self.content["people"][user_id]
        return ", ".join(filter(None, [person["name"], person["credentials"]]))

    def moment(self, value: str | None) -> str:
        return f"{self._local(value):%Y-%m-%d %H:%M %Z}" if value else NOTHING

    def time(self, value: str | None) -> str:
        return f"{self._local(value):%H:%M}" if value else NOTHING

    def _local(self, value: str) -> datetime:
        return datetime.fromisoformat(value).astimezone(self.zone)


def _pump_step(line: Line) -> pump.Step:
    """A step as `pump` reckons with it; the first form has neither rates nor volumes of its own."""
    rate, volume = line.get("rate_ml_per_h"), line.get("volume_ml")
    return pump.Step(
        line["kind"],
        datetime.fromisoformat(line.get("happened_at") or line["recorded_at"]),
        rate and Decimal(rate),
        volume and Decimal(volume),
    )


def _facts(title: str, facts: Iterable[tuple[str, str]]) -> Table:
    return Table(title, [Row(fact) for fact in facts])


def _signatures(versions: Iterable[SignedRecord]) -> Table:
    rows = []
    for signed in versions:
        reader = _Reader(json.loads(signed.content))
        signature = reader.content["signature"]
        says = f"“{signature['meaning']}”" + (f" {signature['reason']}" if signature["reason"] else "")
        by = f"{reader.person(signature['signed_by'])}, {reader.moment(signature['signed_at'])}"
        rows.append(Row([str(signed.version), by, says, signed.sha256]))
    return Table("Signatures", rows, ["Version", "Signed by", "What it says", "SHA-256"])


def _asked(line: Line) -> int:
    """The place of a checklist's item in the order in which it is asked; one no longer known comes last."""
    asked = list(LABELS)
    return asked.index(line["item"]) if line["item"] in asked else len(asked)


def _text(value: Any, unit: str = "") -> str:
    if value is None or value == "":
        return NOTHING
    if isinstance(value, bool):
        return "yes" if value else "no"
    return f"{value} {unit}".rstrip()


def _join(*words: str) -> str:
    return "; ".join(word for word in words if word and word != NOTHING) or NOTHING


def _dose(reader: _Reader, line: Line) -> list[str]:
    return [
        f"{line['weight_kg']} kg",
        f"{line['dose_mg']} mg ({line['drug_volume_ml']} mL of {line['stock_mg_per_ml']} mg/mL)",
        f"{line['bag_volume_ml']} mL, {line['concentration_mg_per_ml']} mg/mL",
        f"{line['rate_ml_per_h']} mL/h for {line['minutes']} min",
        _join(line["warning"], f"formula {line['formula_version']}"),
    ]


def _check(reader: _Reader, line: Line) -> list[str]:
    differs = ", ".join(line["disagreements"]).replace("_", " ")
    return [reader.time(line["recorded_at"]), f"{line['dose_mg']} mg", differs or "agrees"]


def _step(reader: _Reader, line: Line) -> list[str]:
    return [
        reader.time(line.get("happened_at") or line["recorded_at"]),
        line["kind"].replace("_", " "),
        _text(line.get("rate_ml_per_h"), "mL/h"),
        _text(line.get("volume_ml"), "mL"),
        _text(line["reason"]),
    ]


def _vitals(reader: _Reader, line: Line) -> list[str]:
    pressure = f"{_text(line['systolic_mmhg'])}/{_text(line['diastolic_mmhg'])}"
    names = ("heart_rate_per_min", "oxygen_saturation_percent", "respiratory_rate_per_min", "temperature_cel")
    more = ("pain_nrs", "dissociation", "rass")
    symptoms = ", ".join(line.get("symptoms") or []).replace("_", " ")
    return [
        reader.time(line["measured_at"]),
        pressure,
        *(_text(line[name]) for name in names),
        *(_text(line.get(name)) for name in more),
        _join(symptoms, line["absent_reason"]),
    ]


def _alert(reader: _Reader, line: Line) -> list[str]:
    steps = [step for step in reader.content["alert_steps"] if step["alert"] == line["id"]]
    told = [
        _join(
            f"{reader.time(step['recorded_at'])} {step['kind']}",
            reader.person(step["recorded_by"]),
            step["words"],
        )
        for step in steps
        if step["kind"] != "told"
    ]
    return [reader.time(line["raised_at"]), line["level"], line["detail"], " / ".join(told) or NOTHING]


def _effect(reader: _Reader, line: Line) -> list[str]:
    return [
        TERMS[line["term"]].label if line["term"] in TERMS else line["term"],
        str(line["grade"]),
        reader.time(line["onset_at"]),
        _text(line["action"]),
        line["relatedness"],
        _join(line["outcome"], reader.time(line["ended_at"])),
    ]


def _home(reader: _Reader, line: Line) -> list[str]:
    points = ", ".join(f"{label} {line[name]}" for name, label in SCORES.items())
    escort = _join(line["escort_name"], line.get("escort_phone") or "")
    instructions = "instructions given" if line["instructions_given"] else "no instructions"
    removed = {True: "IV removed", False: "IV left in", None: ""}[line.get("iv_removed")]
    return [f"{sum(line[name] for name in SCORES)} of 10", points, escort, _join(instructions, removed)]


PARTS_IN_ORDER: Final[Sequence[tuple[str, str, Sequence[str], Callable[[_Reader, Line], Sequence[str]]]]] = (
    ("Dose worksheet", "dose", ["Weight", "Dose", "Bag", "Pump", "Notes"], _dose),
    ("Second person's check", "dose_checks", ["At", "Dose", "Figures that differ"], _check),
    ("Infusion", "infusion", ["At", "Step", "Rate", "Volume", "Reason"], _step),
    (
        "Vital signs",
        "vital_signs",
        ["At", "Pressure", "HR", "SpO₂", "RR", "°C", "Pain", "Diss.", "RASS", "Notes"],
        _vitals,
    ),
    ("Alerts", "alerts", ["At", "Level", "What", "What became of it"], _alert),
    (
        "Side effects",
        "side_effects",
        ["What", "Grade", "Since", "Done", "Related", "How it stands"],
        _effect,
    ),
    (
        "Medicines beside the infusion",
        "medicines",
        ["At", "Medicine", "Amount", "Route", "Why"],
        lambda reader, line: [
            reader.time(line["given_at"]),
            line["medicine"],
            f"{line['amount']} {line['unit']}",
            line["route"],
            line["reason"],
        ],
    ),
    (
        "Waste",
        "wastes",
        ["Vial", "Drawn", "Wasted", "Why", "Witness"],
        lambda reader, line: [
            line["vial"],
            f"{line['drawn_mg']} mg",
            f"{line['wasted_mg']} mg",
            _text(line["reason"]),
            _join(
                *(
                    reader.person(seen["recorded_by"])
                    for seen in reader.content["waste_witnesses"]
                    if seen["waste"] == line["id"]
                )
            ),
        ],
    ),
    ("Discharge", "discharge", ["Score", "Of which", "Home with", "And"], _home),
    (
        "Let pass by a prescriber",
        "overrides",
        ["What", "Why"],
        lambda reader, line: [line["subject"].replace("_", " ").replace(":", ": "), line["reason"]],
    ),
    ("Notes", "notes", ["Note"], lambda reader, line: [line["text"]]),
    (
        "Checklist",
        "checklist",
        ["Item", "Answer", "Note"],
        lambda reader, line: [
            LABELS.get(line["item"], line["item"]),
            line["result"].replace("_", " "),
            _text(line["note"]),
        ],
    ),
)
