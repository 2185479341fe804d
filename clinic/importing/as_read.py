"""How a file's rows were read, for whoever looks before taking in: the first, and those with a doubt. Pure.

A row in which columns were swapped can be a good record. What a program can notice of that is a doubt; the
rest is for a person, who sees each value under the name of its column.
"""

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import chain, islice
from typing import Final

from clinic.importing.records import AllergyRecord, PatientRecord, Read

FIRST: Final = 20
MOST_DOUBTED: Final = 100

A_FIGURE: Final = re.compile(r"[0-9@]")
A_DATE: Final = re.compile(r"\d{4}-\d{1,2}-\d{1,2}.*|\d{1,2}[/.]\d{1,2}[/.]\d{2,4}")


@dataclass(frozen=True)
class RowRead:
    """One patient as read, every value as text; `birth_date` as year-month-day. `doubts` are sentences."""

    place: str
    mrn: str
    family_name: str
    given_names: str
    birth_date: str
    gender: str
    phone: str
    email: str
    allergies: list[str]
    doubts: list[str]


def rows_read(
    patients: Iterable[Read],
    allergies: Iterable[Read],
    *,
    references: Callable[[Read], list[str]],
    dialled: Callable[[str], str],
) -> list[RowRead]:
    """The first rows, and those with a doubt after them. `references` are the names by which an allergy knows
    its patient, `dialled` is a number as it is dialled, or empty where it can't be."""
    owners: dict[str, str] = {}
    substances: dict[str, list[str]] = {}
    for read in allergies:
        allergy: AllergyRecord = read.record
        substances.setdefault(allergy.patient_reference, []).append(allergy.substance)

    def row(read: Read) -> RowRead:
        one: PatientRecord = read.record
        return RowRead(
            place=str(read.place),
            mrn=one.mrn.value,
            family_name=one.family_name,
            given_names=one.given_names,
            birth_date=one.birth_date.isoformat(),
            gender=one.gender,
            phone=one.phone,
            email=one.email,
            allergies=[*chain.from_iterable(substances.get(name, ()) for name in references(read))],
            doubts=[*read.doubts, *_doubts(one), *_doubts_of_phone(one, str(read.place), dialled, owners)],
        )

    rows = map(row, patients)
    first = [*islice(rows, FIRST)]
    return [*first, *islice((each for each in rows if each.doubts), MOST_DOUBTED)]


def _doubts(one: PatientRecord) -> list[str]:
    told = []
    if A_DATE.fullmatch(one.mrn.value):
        told.append("The mrn looks like a date.")
    told += [
        f"The {name.replace('_', ' ')} hold{'s' if name == 'family_name' else ''} a figure or an @."
        for name in ("family_name", "given_names")
        if A_FIGURE.search(getattr(one, name))
    ]
    return told


def _doubts_of_phone(
    one: PatientRecord, place: str, dialled: Callable[[str], str], owners: dict[str, str]
) -> list[str]:
    """`owners`: where each number stood first; this row's is added."""
    if not one.phone:
        return []
    number = dialled(one.phone)
    if not number:
        return ["The phone can't be dialled: it is kept as it is written, and no texts go there."]
    first = owners.setdefault(number, place)
    if first == place:
        return []
    return [f"The phone is that of {first} too: leave it as it is if they share a telephone."]
