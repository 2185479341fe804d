"""A manager's upload of patients: looked through first, then taken in whole or let go.

Looking writes nothing of the file into the clinic. Taking in judges once more, under the lock: where the
clinic has changed since the look, nothing is written and the manager looks again. What the file holds is kept
for a week, in which somebody may want its refused rows back, and no longer.
"""

import zlib
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import asdict, dataclass
from datetime import date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.importing.as_read import RowRead, rows_read
from clinic.importing.judging import Judgement, Lookalike, judge, references
from clinic.importing.reading import Material, read_bytes
from clinic.importing.records import Bounds, Overfull, Place, Refused
from clinic.importing.table import WHY
from clinic.importing.taking_in import write
from clinic.models import Clinic, PatientImport
from clinic.phones import e164
from clinic.problems import Conflict, Invalid, Stale
from clinic.transactions import in_transaction

MOST_BYTES: Final = 48_000_000
MOST_RECORDS: Final = 20_000
KEPT: Final = timedelta(days=7)
EVERYBODY: Final = "everybody"  # in place of lines: all who look like others are somebody else
TOO_LARGE: Final = f"The file is larger than {MOST_BYTES // 1_000_000} MB. Split it, and bring in each part."


@dataclass(frozen=True)
class Alike:
    """A new patient of the file, and who they may be: on record, or on another line."""

    place: str
    name: str
    birth_date: str
    mrn: str
    known: str  # the id of the patient on record, or empty
    other: str  # the place of the other row, or empty
    shared: list[str]
    left_out: bool


@dataclass(frozen=True)
class Report:
    """What was found, or done: `refused` and `kept` are (place, sentence)."""

    counts: dict[tuple[str, str], int]
    refused: list[tuple[str, str]]
    kept: list[tuple[str, str]]
    alike: list[Alike]
    unread: list[str]
    read: list[RowRead]  # how the first rows were read, and every one with a doubt
    notes: list[str]  # what holds for the whole file, in sentences

    def count(self, noun: str, what: str) -> int:
        return self.counts.get((noun, what), 0)

    @property
    def refused_records(self) -> int:
        return len({place for place, _ in self.refused})


def report_of(upload: PatientImport) -> Report:
    found = upload.report
    return Report(
        counts={(noun, what): count for noun, what, count in found["counts"]},
        refused=[(place, reason) for place, reason in found["refused"]],
        kept=[(place, reason) for place, reason in found["kept"]],
        alike=[Alike(**each) for each in found["alike"]],
        unread=found["unread"],
        read=[RowRead(**each) for each in found.get("read", [])],  # a look before there were any has none
        notes=found.get("notes", []),
    )


def bring(
    *, actor: Actor, id: UUID, clinic: Clinic, name: str, content: bytes, now: datetime
) -> PatientImport:
    """Keep a file and what taking it in would do. Nothing of it is in the clinic yet.

    Raises `Invalid` at `file` for one that is too large, holds too much, or can't be read at all.
    """
    if len(content) > MOST_BYTES:
        raise Invalid({"file": TOO_LARGE})
    name = _name(name)
    today = clock.local_date(now, clinic.time_zone)
    try:
        material = read_bytes(name, content, today=today, bounds=Bounds(MOST_RECORDS))
    except Overfull as error:
        raise Invalid({"file": str(error)}) from None
    if not material.patients and not material.allergies and len(material.refused) < 2:
        told = material.refused[0].reason if material.refused else "There is no patient in this file."
        raise Invalid({"file": told})

    def work() -> PatientImport:
        judged = judge(clinic, material, is_different=lambda place: False)
        return PatientImport.objects.create(
            id=id,
            clinic=clinic,
            file_name=name,
            content=zlib.compress(content),
            report=_report(judged, material),
            brought_by_id=actor.user_id,
            brought_at=now,
        )

    return in_transaction(work)


def take_in(
    *, actor: Actor, upload: PatientImport, different: Collection[str], now: datetime
) -> PatientImport:
    """Write what the look has shown, in one transaction; taken in before, it stays as it is.

    `different` are the places of lookalikes whom somebody knows for other people, or `EVERYBODY` among them;
    the others are left out. Raises `Stale` when the clinic has changed so that something else would be done:
    the upload then tells what. Raises `Conflict` `let_go` for one that was let go or forgotten.
    """

    def work() -> PatientImport:
        # One import at a time for each clinic: what is looked up stays true until it is written.
        clinic = Clinic.objects.select_for_update(no_key=True).get(pk=upload.clinic_id)
        row = PatientImport.objects.select_for_update(no_key=True).get(pk=upload.pk)
        if row.taken_in_at:
            return row
        material = _kept(row, clinic, now)
        judged = judge(clinic, material, is_different=lambda place: _is_in(place, different), locked=True)
        if _outline(_report(judged, material)) != _outline(row.report):
            raise _Changed
        with acting(actor.user_id, reason=f"import of {row.file_name}"):
            write(judged)
        row.report = _report(judged, material)
        row.taken_in_at, row.taken_in_by_id = now, actor.user_id
        row.save(update_fields=["report", "taken_in_at", "taken_in_by"])
        return row

    try:
        return in_transaction(work)
    except _Changed:
        _look_again(upload, now)
        raise Stale(
            "The clinic's patients have changed since the file was looked through. Nothing was taken in: look"
            " at what would be done now, and take it in then."
        ) from None


def let_go(*, actor: Actor, upload: PatientImport, now: datetime) -> PatientImport:
    """Forget what the file holds; of one that was taken in, its refused rows. What came in stays."""

    def work() -> PatientImport:
        row = PatientImport.objects.select_for_update(no_key=True).get(pk=upload.pk)
        return row if row.let_go_at else _forgotten(row, now)

    return in_transaction(work)


def forget_old(now: datetime) -> int:
    """Let go what was brought more than a week ago. Returns how many."""
    old = PatientImport.objects.filter(let_go_at=None, brought_at__lte=now - KEPT).order_by("pk")
    rows = list(old.defer("content"))
    for row in rows:
        _forgotten(row, now)
    return len(rows)


def refused_rows(upload: PatientImport, now: datetime) -> list[list[str]]:
    """What didn't come in, as a table with headings: a table's own rows with what to mend beside each, to be
    mended and brought again; of FHIR the places and what to mend. Raises `Conflict` `let_go`."""
    material = _kept(upload, upload.clinic, now)
    mends: dict[str, list[str]] = {}
    found = report_of(upload)
    for place, reason in found.refused:
        mends.setdefault(place, []).append(reason)
    for one in found.alike:
        if one.left_out:
            mends.setdefault(one.place, []).append(why_left_out(one))
    if material.table is None:
        return [["place", WHY], *([place, " ".join(reasons)] for place, reasons in mends.items())]
    heading = material.table.heading
    rows = [["line", *heading, WHY]]
    for place, reasons in mends.items():
        line = place.rpartition(":")[2]
        cells = material.table.cells.get(int(line), [])
        padded = [*cells, *[""] * (len(heading) - len(cells))][: len(heading)]
        rows.append([line, *padded, " ".join(reasons)])
    return rows


def why_left_out(one: Alike) -> str:
    """For whoever mends the row."""
    whom = f"the row at {one.other}" if one.other else "a patient on record"
    return (
        f"Left out: has {' and '.join(one.shared)} as {whom}. If they are one person, use that MRN;"
        " if they are two, tick them when the row is brought in again."
    )


class _Changed(Exception):
    """Something else would be done than what was looked at."""


def _look_again(upload: PatientImport, now: datetime) -> None:
    def work() -> None:
        row = PatientImport.objects.select_for_update(no_key=True).get(pk=upload.pk)
        material = _kept(row, upload.clinic, now)
        judged = judge(upload.clinic, material, is_different=lambda place: False)
        row.report = _report(judged, material)
        row.save(update_fields=["report"])

    in_transaction(work)


def _kept(row: PatientImport, clinic: Clinic, now: datetime) -> Material:
    if row.let_go_at:
        raise Conflict("This upload was let go, and its file is forgotten. Upload it again.", code="let_go")
    content = zlib.decompress(row.content)
    return read_bytes(row.file_name, content, today=_today(row, clinic))


def _today(row: PatientImport, clinic: Clinic) -> date:
    """The day of the look: what was good then is good now."""
    return clock.local_date(row.brought_at, clinic.time_zone)


def _forgotten(row: PatientImport, now: datetime) -> PatientImport:
    """The sentences stay: they hold nothing of a patient. Names don't."""
    row.content, row.let_go_at = b"", now
    row.report = {**row.report, "alike": [], "read": []}
    row.save(update_fields=["content", "report", "let_go_at"])
    return row


def _name(name: str) -> str:
    """The last part of what a browser calls the file, short enough to be told, without what can't be seen."""
    last = name.replace("\\", "/").rpartition("/")[2]
    return "".join(letter for letter in last if letter.isprintable())[-80:].strip() or "upload"


def _is_in(place: Place, different: Collection[str]) -> bool:
    return EVERYBODY in different or str(place) in different


def _report(judged: Judgement, material: Material) -> dict[str, Any]:
    """As it is kept: JSON."""
    outcome = judged.outcome
    return {
        "counts": [[noun, what, count] for (noun, what), count in sorted(outcome.counts.items())],
        "refused": _told(outcome.refused),
        "kept": _told(outcome.kept),
        "alike": [asdict(_alike(one, judged)) for one in outcome.alike],
        "unread": material.table.unread if material.table else [],
        "notes": material.table.notes if material.table else [],
        "read": [
            asdict(each)
            for each in rows_read(
                material.patients,
                material.allergies,
                references=references,
                dialled=e164,
            )
        ],
    }


def _told(refused: list[Refused]) -> list[list[str]]:
    return [[str(each.place), each.reason] for each in refused]


def _alike(one: Lookalike, judged: Judgement) -> Alike:
    return Alike(
        place=str(one.place),
        name=one.patient.full_name,
        birth_date=one.patient.birth_date.isoformat(),
        mrn=one.patient.mrn,
        known=str(one.known.pk) if one.known else "",
        other=str(one.other) if one.other else "",
        shared=list(one.shared),
        left_out=one.patient.pk not in judged.patients,
    )


def _outline(report: Mapping[str, Any]) -> tuple[Any, ...]:
    """What two looks have in common when they would do the same, whoever is left out."""
    totals: Counter[tuple[str, str]] = Counter()
    for noun, what, count in report["counts"]:
        totals[noun, "new" if what == "left out" else what] += count
    alike = {(one["place"], one["known"]) for one in report["alike"]}
    return dict(totals), report["refused"], report["kept"], alike
