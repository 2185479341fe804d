"""A file into records: its kind is told by what is in it, and whatever can't be read has its place.

Nothing is unpacked: an archive is refused, so that none can be a bomb. What the records say is for `fhir` and
`table`; whether they fit the clinic is for `judging`. Reads no table of the database.
"""

import codecs
import io
from dataclasses import dataclass, field
from datetime import date
from typing import Any, BinaryIO, Final

from clinic.importing import fhir
from clinic.importing.fhir_files import Found, resources_in
from clinic.importing.records import UNBOUNDED, Bounds, Place, Read, Refused, Unusable
from clinic.importing.table import Table, read_table

NO_TEXT: Final = {
    b"PK\x03\x04": "This is packed, or a spreadsheet's own format. Unpack it, or save it as CSV UTF-8.",
    b"PK\x05\x06": "This is an empty archive. Choose the file with the patients.",
    b"\x1f\x8b": "This is a packed file. Unpack it, and choose what was in it.",
    b"\xd0\xcf\x11\xe0": "This is an older spreadsheet. Save the sheet as CSV UTF-8.",
    b"%PDF": "This is a PDF. Choose a table (CSV), or FHIR as JSON.",
    b"BZh": "This is a packed file. Unpack it, and choose what was in it.",
    b"7z\xbc\xaf": "This is a packed file. Unpack it, and choose what was in it.",
    b"\xfd7zXZ": "This is a packed file. Unpack it, and choose what was in it.",
    b"\x28\xb5\x2f\xfd": "This is a packed file. Unpack it, and choose what was in it.",
}
NOT_UTF_8: Final = "This isn't UTF-8 text. A spreadsheet calls it CSV UTF-8 when it saves."


@dataclass
class Material:
    """What files hold: records that can be meant, what can't, and a table's rows as they stood."""

    patients: list[Read] = field(default_factory=list)
    allergies: list[Read] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    table: Table | None = None
    first_seen: dict[tuple[str, str], Place] = field(default_factory=dict)

    @property
    def size(self) -> int:
        """How many records were found, good and bad."""
        return len(self.patients) + len(self.allergies) + len({each.place for each in self.refused})


def read_into(
    material: Material, name: str, file: BinaryIO, *, today: date, bounds: Bounds = UNBOUNDED
) -> None:
    """Add a file: NDJSON or a Bundle of FHIR R4, or a table with headings. Raises `Overfull`."""
    head = file.read(4096)
    file.seek(0)
    wrong = next((mend for mark, mend in NO_TEXT.items() if head.startswith(mark)), "")
    begins = head.removeprefix(codecs.BOM_UTF8).lstrip()[:1]
    if not wrong and not begins:
        wrong = "The file is empty."
    if not wrong and begins == b"<":
        wrong = "This is XML or a web page. Choose a table (CSV), or FHIR as JSON."
    if wrong:
        material.refused.append(Refused(Place(name, 1), wrong))
    elif begins in b"{[":
        _read_fhir(material, name, file, today, bounds)
    else:
        _read_table(material, name, file, today, bounds)


def read_bytes(name: str, content: bytes, *, today: date, bounds: Bounds = UNBOUNDED) -> Material:
    """One file that is in memory already. Raises `Overfull` at the first record too many."""
    material = Material()
    read_into(material, name, io.BytesIO(content), today=today, bounds=bounds)
    bounds.check_records(material.size)
    return material


def _read_fhir(material: Material, name: str, file: BinaryIO, today: date, bounds: Bounds) -> None:
    for found in resources_in(name, file, bounds):
        if isinstance(found, Refused):
            material.refused.append(found)
            continue
        try:
            kind, record = _record(found, today)
        except Unusable as error:
            material.refused += [Refused(found.place, reason) for reason in error.reasons]
            continue
        earlier = material.first_seen.setdefault((kind, record.source_id), found.place)
        if earlier != found.place:
            material.refused.append(Refused(found.place, f"The same id stands at {earlier} already."))
            continue
        into = material.patients if kind == "Patient" else material.allergies
        into.append(Read(found.place, record, found.full_url))


def _record(found: Found, today: date) -> tuple[str, Any]:
    kind = found.resource.get("resourceType")
    if kind == "Patient":
        return "Patient", fhir.read_patient(found.resource, today=today)
    if kind == "AllergyIntolerance":
        return "AllergyIntolerance", fhir.read_allergy(found.resource)
    raise Unusable(["resourceType must be Patient or AllergyIntolerance."])


def _read_table(material: Material, name: str, file: BinaryIO, today: date, bounds: Bounds) -> None:
    head = file.read(2)
    file.seek(0)
    # Excel's "Unicode text" says by its first two bytes that it is UTF-16.
    wide = head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    text = io.TextIOWrapper(file, encoding="utf-16" if wide else "utf-8-sig", newline="")
    try:
        table = read_table(name, text, today=today, bounds=bounds)
    except UnicodeDecodeError:
        material.refused.append(Refused(Place(name, 1), NOT_UTF_8))
        return
    material.table = table
    material.patients += table.patients
    material.allergies += table.allergies
    material.refused += table.refused
