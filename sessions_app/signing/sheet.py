"""A signed version as a sheet to be read on paper: headings, facts and tables, all in words.

What stands here comes from the frozen text alone, never from today's tables; times are the clinic's. The
sheet is drawn as PDF by `printing` and as a page by web/. Its tables, part by part, are in `sheet_parts`.
"""

import json
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from scheduler.vocabulary import indication_words
from sessions_app.models import SignedRecord
from sessions_app.signing import reckoned, sheet_parts
from sessions_app.signing.frozen import NOTHING, Frozen, Line
from sessions_app.signing.sheet_parts import PARTS_IN_ORDER, VITAL_SIGNS, Part

SIGNATURES: Final = "Signatures"


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

    @property
    def labelled(self) -> list[tuple[Row, list[tuple[str, str]]]]:
        """Each row with its cells under their columns, those without a word empty."""
        return [
            (row, list(zip(self.columns, map(_unless_nothing, row.cells), strict=True))) for row in self.rows
        ]


@dataclass(frozen=True)
class Sheet:
    """One version. `signed_at` is its moment, for the paper's own date; `about` says on each page whose it is
    and of which visit."""

    clinic: str
    title: str
    about: str
    signed_at: datetime
    tables: Sequence[Table]


def sheet_of(versions: Sequence[SignedRecord]) -> Sheet:
    """The last of these versions of one record; all of them, the signature first, stand in its signatures."""
    signed = versions[-1]
    frozen = Frozen(json.loads(signed.content))
    tables = [
        _who_and_what(frozen),
        _course(frozen),
        *(_table(frozen, part) for part in PARTS_IN_ORDER if frozen.lines(part.name)),
        _signatures(versions),
    ]
    return Sheet(
        clinic=frozen.content["clinic"]["name"],
        title=f"Session record, version {signed.version}",
        about=_about(frozen),
        signed_at=signed.signed_at,
        tables=tables,
    )


def _about(frozen: Frozen) -> str:
    patient, arrived_at = frozen.content["patient"], frozen.content["session"]["arrived_at"]
    return (
        f"{patient['given_names']} {patient['family_name']} · MRN {patient['mrn']} · born "
        f"{patient['birth_date']} · visit of {frozen.day(arrived_at)}"
    )


def _who_and_what(frozen: Frozen) -> Table:
    patient, plan, protocol = (frozen.content[part] for part in ("patient", "plan", "protocol"))
    facts = [
        ("Patient", f"{patient['given_names']} {patient['family_name']}"),
        ("Born", patient["birth_date"]),
        ("MRN", patient["mrn"]),
        ("Indication (ICD-10-CM)", indication_words(plan["indication"])),
        ("Ordered", f"{_ordered(frozen)} {protocol['dose_basis']}"),
        ("Prescriber", frozen.person(plan["prescriber"])),
        ("Protocol", f"{protocol['title']} ({protocol['code']}, version {protocol['version']})"),
    ]
    if "allergies" in patient:
        facts.insert(3, ("Allergies", _allergies(patient["allergies"])))
    return _facts("Patient and plan", facts)


def _ordered(frozen: Frozen) -> str:
    """The dose that this session was prepared under: the plan may have ordered another one since."""
    worksheet = next(iter(frozen.standing("dose")), None)
    return str((worksheet or frozen.content["plan"])["ordered_dose"])


def _allergies(allergies: Iterable[Line]) -> str:
    named = [
        f"{allergy['substance']} ({allergy['reaction']})" if allergy["reaction"] else allergy["substance"]
        for allergy in allergies
    ]
    return "; ".join(named) or "none on record when it was signed"


def _course(frozen: Frozen) -> Table:
    session = frozen.content["session"]
    facts = [
        ("Chair", frozen.content.get("chair") or NOTHING),
        ("Arrived", frozen.moment(session["arrived_at"])),
        ("Started", frozen.moment(session["started_at"])),
        ("Stopped", frozen.moment(session["stopped_at"])),
        ("Given", reckoned.given(frozen) or NOTHING),
        ("Went home", frozen.moment(session["discharged_at"])),
    ]
    if session["ended_as"] == "not_given":
        facts = [*facts[:2], ("Nothing was given", session["stop_reason"])]
    elif session["stopped_early"]:
        facts.append(("Stopped early", session["stop_reason"] or "before its minutes had run"))
    return _facts("Course", facts)


def _table(frozen: Frozen, part: Part) -> Table:
    rows: list[tuple[Any, Row]] = [
        (part.order(line), Row([*part.cells(frozen, line), frozen.by(line)], line["id"]))
        for line in sorted(frozen.lines(part.name), key=_entered)
    ]
    if part is VITAL_SIGNS:
        rows += [
            (missed.at, Row(sheet_parts.not_measured(frozen, missed.at, missed.why)))
            for missed in reckoned.missed(frozen)
        ]
    rows.sort(key=lambda row: row[0])
    return Table(part.title, [row for _, row in rows], [*part.columns, "By"])


def _entered(line: Line) -> tuple[str, int]:
    """The order of entry; the first form has no revisions."""
    return line["recorded_at"], line.get("revision", 0)


def _unless_nothing(cell: str) -> str:
    return "" if cell == NOTHING else cell


def _facts(title: str, facts: Iterable[tuple[str, str]]) -> Table:
    return Table(title, [Row(fact) for fact in facts])


def _signatures(versions: Iterable[SignedRecord]) -> Table:
    rows = []
    for signed in versions:
        frozen = Frozen(json.loads(signed.content))
        signature = frozen.content["signature"]
        says = f"“{signature['meaning']}”" + (f" {signature['reason']}" if signature["reason"] else "")
        by = f"{frozen.person(signature['signed_by'])}, {frozen.moment(signature['signed_at'])}"
        rows.append(Row([str(signed.version), by, says, signed.sha256]))
    return Table(SIGNATURES, rows, ["Version", "Signed by", "What it says", "SHA-256"])
