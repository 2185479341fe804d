"""What an import reads, whatever the file: a patient, an allergy, where it stood, why it can't come in.

Pure: no Django, no files. `fhir` and `table` make these; `judging` compares them with the clinic.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, TypeVar

RecordType = TypeVar("RecordType")

# What JSON can say and PostgreSQL can't store.
UNSTORABLE: Final = {"a NUL character": re.compile("\0"), "half a character": re.compile("[\ud800-\udfff]")}
# What one record takes of a file at the most, as a rule far less. Not clinical.
LINES_A_RECORD: Final = 50
VALUES_A_RECORD: Final = 200
LONGEST: Final = {
    "family_name": 120,
    "given_names": 120,
    "mrn": 64,
    "phone": 40,
    "email": 254,
    "address_line": 240,
    "city": 80,
    "state": 40,
    "postal_code": 20,
    "substance": 240,
    "code_system": 240,
    "code": 64,
    "category": 40,
    "criticality": 20,
    "clinical_status": 20,
    "verification_status": 20,
    "source_id": 240,
}


class Unusable(Exception):
    """A record that can't come in; `reasons` are sentences for whoever mends the file."""

    def __init__(self, reasons: list[str]) -> None:
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class Overfull(Exception):
    """A file that holds more than is taken at once: reading stops there. The words say how many fit."""


@dataclass(frozen=True)
class Bounds:
    """How many records are taken at once (None: however many), and with that how many lines and values are
    looked at: empty lines and empty values cost time and memory, too. Each raises `Overfull`."""

    records: int | None = None

    def check_records(self, count: int) -> None:
        if self.records is not None and count > self.records:
            raise Overfull(
                f"More than {self.records:,} records are in this file; {self.records:,} fit into one upload."
                " Split it."
            )

    def check_lines(self, number: int) -> None:
        if self.records is not None and number > self.records * LINES_A_RECORD:
            raise Overfull(
                f"More than {self.records * LINES_A_RECORD:,} lines are in this file; {self.records:,}"
                " records fit into one upload. Take out empty lines, or split it."
            )

    def check_values(self, document: bytes) -> None:
        """Before JSON is taken apart: each of its values but the first begins after one of these."""
        if self.records is None:
            return
        if sum(map(document.count, (b",", b"[", b"{"))) > self.records * VALUES_A_RECORD:
            raise Overfull(
                f"More values are in this file than {self.records:,} records have, and {self.records:,} fit"
                " into one upload. Split it."
            )


UNBOUNDED: Final = Bounds()


@dataclass(frozen=True)
class Place:
    """Where a record stands: `Patient.ndjson:17`, or `bundle.json:1 entry 3`."""

    file: str
    line: int
    entry: int | None = None

    @property
    def order(self) -> tuple[str, int, int]:
        return self.file, self.line, -1 if self.entry is None else self.entry

    def __str__(self) -> str:
        return f"{self.file}:{self.line}" + ("" if self.entry is None else f" entry {self.entry}")


@dataclass(frozen=True)
class Refused:
    """Something that can't come in, and why: sentences without a patient's data."""

    place: Place
    reason: str


@dataclass(frozen=True)
class Identifier:
    system: str
    value: str


@dataclass(frozen=True)
class PatientRecord:
    source_id: str  # what the system it came from calls the record; empty in a table
    mrn: Identifier
    identifiers: tuple[Identifier, ...]
    family_name: str
    given_names: str
    birth_date: date
    deceased: bool
    gender: str
    phone: str  # as given
    email: str
    address_line: str
    city: str
    state: str
    postal_code: str
    language: str


@dataclass(frozen=True)
class AllergyRecord:
    source_id: str
    patient_reference: str  # "Patient/<id>", or a Bundle's full URL
    substance: str
    code_system: str
    code: str
    category: str
    criticality: str
    reaction: str
    clinical_status: str
    verification_status: str
    recorded_at: datetime | None


@dataclass(frozen=True)
class Read:
    """A record with its place; a Bundle's entry is also known by its full URL. `doubts` are sentences about
    how it was written, where that can be read in two ways."""

    place: Place
    record: Any
    full_url: str = ""
    doubts: tuple[str, ...] = ()


def fitting(record: RecordType, more: Mapping[str, str]) -> RecordType:
    """The record, if every text fits its column and can be stored. Raises `Unusable`."""
    texts = {name: value for name, value in vars(record).items() if isinstance(value, str)} | dict(more)
    if reasons := unfit(texts):
        raise Unusable(reasons)
    return record


def unfit(texts: Mapping[str, str]) -> list[str]:
    """Why these can't be stored, by their columns' names; empty where they can."""
    return [
        f"{name.replace('_', ' ')} is longer than {LONGEST[name]} characters."
        for name, value in texts.items()
        if len(value) > LONGEST.get(name, len(value))
    ] + [
        f"{name.replace('_', ' ')} holds {what}."
        for name, value in texts.items()
        for what, pattern in UNSTORABLE.items()
        if pattern.search(value)
    ]
