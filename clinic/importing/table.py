"""Patients out of a table (CSV): which columns there are, how each is written, every row as a record. Pure.

A table comes from a spreadsheet or another program's export, so headings are known by several names, and
columns that nobody asked for are left unread. Reasons name the column and the mend, never the value.
"""

import csv
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from itertools import islice
from typing import Final, TextIO

from clinic import era
from clinic.importing.fhir import GENDERS
from clinic.importing.records import (
    LONGEST,
    UNBOUNDED,
    AllergyRecord,
    Bounds,
    Identifier,
    PatientRecord,
    Place,
    Read,
    Refused,
    Unusable,
    fitting,
    unfit,
)
from clinic.visible_text import ONE_LINE, hides_something, is_visible


@dataclass(frozen=True)
class Column:
    """One column: its heading, how it is written, an example, and what else exports call it."""

    name: str
    how: str
    example: str
    needed: bool = False
    also: tuple[str, ...] = ()


# The number of the template's example row, which is nobody: such a row is left out.
EXAMPLE: Final = "EXAMPLE"

COLUMNS: Final = (
    Column(
        "mrn",
        "The number under which your records know this patient. A second upload finds them by it.",
        EXAMPLE,
        needed=True,
        also=("medical record number", "chart number", "patient id", "patient number", "id"),
    ),
    Column("family_name", "As on their papers.", "Garcia", True, ("last name", "surname", "family name")),
    Column(
        "given_names",
        "First name, and further ones with blanks.",
        "Maria Elena",
        True,
        ("first name", "given name", "given names"),
    ),
    Column(
        "birth_date",
        "Year-month-day, or month/day/year with all four figures of the year.",
        "1985-04-02",
        True,
        ("dob", "date of birth", "birthdate", "birthday"),
    ),
    Column("gender", "female, male, other or unknown; F and M are read, too.", "female", also=("sex",)),
    Column(
        "phone",
        "A mobile number. One that can't be dialled is kept as it is written, and no texts go there.",
        "+1 312 555 0171",
        also=("mobile", "cell", "mobile number", "cell phone", "telephone", "phone number"),
    ),
    Column("email", "For messages.", "maria@patients.example", also=("e-mail", "email address")),
    Column("address_line", "Street and house.", "12 Lake St, Apt 4", also=("address", "street")),
    Column("city", "", "Chicago", also=("town",)),
    Column(
        "state",
        "For the hours in which messages may go: the letters or the name of a state.",
        "IL",
        also=("province",),
    ),
    Column("postal_code", "", "60601", also=("zip", "zip code", "postcode")),
    Column("language", "Two letters, in which they are written to: en or es.", "es"),
    Column(
        "allergies",
        "Substances with ; or | between, or one a line. Empty: nothing is said about allergies.",
        "Aspirin; Latex",
        also=("allergy", "drug allergies"),
    ),
)
# What a file of refused rows has besides; unread when it comes back.
WHY: Final = "what to mend"
UNREAD_SILENTLY: Final = frozenset({WHY, "line"})

ISO_DATE: Final = re.compile(r"(?P<year>\d{4})-(?P<month>\d{1,2})-(?P<day>\d{1,2})(?:[T ]00:00.*)?")
US_DATE: Final = re.compile(r"(?P<month>\d{1,2})/(?P<day>\d{1,2})/(?P<year>\d{4})")
BETWEEN: Final = re.compile(r"[;|\r\n]")
NO_ALLERGY: Final = frozenset(
    {"none", "no", "n/a", "na", "nka", "nkda", "none known", "no known allergies", "no known drug allergies"}
)
# A spreadsheet's way of saying that what follows is text: files of refused rows are written so.
GUARD: Final = "'"
FORMULA: Final = frozenset("=+-@|%")
MOST_TOLD: Final = 12
MOST_COLUMNS: Final = 400
MONTHS: Final = 12
DAY_FIRST: Final = "The birth date was read month first, but others in this file can only be day first."
ONE_SUBSTANCE: Final = "The allergies hold a comma and were read as one substance. Put ; between two."
MOST_BLANK: Final = 1_000  # lines before the first that says something


@dataclass
class Table:
    """A file's rows as records, and as they stood, for whoever mends the refused ones."""

    heading: list[str] = field(default_factory=list)
    unread: list[str] = field(default_factory=list)  # columns that are no patient's, by their headings
    cells: dict[int, list[str]] = field(default_factory=dict)  # by the line on which the row begins
    patients: list[Read] = field(default_factory=list)
    allergies: list[Read] = field(default_factory=list)
    refused: list[Refused] = field(default_factory=list)
    # The e-mail addresses of rows that are refused already: whether each is one, `judging` tells.
    refused_emails: dict[Place, str] = field(default_factory=dict)
    examples: int = 0  # rows of the template's example, left out
    either_way: set[int] = field(default_factory=set)  # lines whose birth date is another one day first
    day_first: bool = False  # a birth date is none unless its day stands first

    @property
    def notes(self) -> list[str]:
        """What holds for the whole table, in sentences."""
        told = []
        if self.examples:
            told.append("The template's example row is left out.")
        if self.either_way:
            count = len(self.either_way)
            told.append(
                f"{count} birth date{'s were' if count > 1 else ' was'} read month"
                " first, as 04/03/1975 is April 3. Where yours are written day first, write year-month-day."
            )
        return told


def read_table(name: str, file: TextIO, *, today: date, bounds: Bounds = UNBOUNDED) -> Table:
    """Every row of it. What is no table at all is one refusal at its first line.

    Raises `Overfull` at the first record or line too many, and `UnicodeDecodeError` where the file is none.
    """
    table = Table()
    try:
        rows = _rows(file, bounds)
        line, table.heading = next(rows, (1, []))
        places = _places_of(table.heading, table)
        seen: dict[str, int] = {}
        for line, cells in rows:
            if not any(map(str.strip, cells)):
                continue
            bounds.check_records(len(table.cells) + len(table.allergies) + 1)
            table.cells[line] = cells
            try:
                _read_row(table, Place(name, line), cells, places, seen, today)
            except Unusable as error:
                table.refused += [Refused(Place(name, line), reason) for reason in error.reasons]
    except Unusable as error:
        table.refused += [Refused(Place(name, 1), reason) for reason in error.reasons]
    except _Torn as torn:
        table.refused.append(Refused(Place(name, torn.line), torn.reason))
    if table.day_first:
        table.patients = [
            replace(read, doubts=(*read.doubts, DAY_FIRST)) if read.place.line in table.either_way else read
            for read in table.patients
        ]
    return table


def template() -> list[list[str]]:
    """A table to begin with: the headings and a made-up row."""
    return [[column.name for column in COLUMNS], [column.example for column in COLUMNS]]


class _Torn(Exception):
    """From this line on nothing can be told apart."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line, self.reason = line, reason


def _rows(file: TextIO, bounds: Bounds) -> Iterator[tuple[int, list[str]]]:
    """Each row with the line on which it begins. Excel's own commas may be semicolons, or tabs.

    Of a row with more cells than any table has, one too many is kept: it is refused as too long.
    """
    first = next((line for line in islice(file, MOST_BLANK) if line.strip("\r\n")), "")
    delimiter = max(",;\t", key=first.count)
    if first.count(delimiter) >= MOST_COLUMNS:
        raise _Torn(
            1, f"The first line names more than {MOST_COLUMNS} columns. Take out what is no patient's."
        )
    file.seek(0)
    reader = csv.reader(file, delimiter=delimiter, strict=True)
    while True:
        line = reader.line_num + 1
        bounds.check_lines(line)
        try:
            cells = next(reader, None)
        except csv.Error:
            raise _Torn(
                line,
                "From this line on nothing could be read: a quotation mark is opened and not closed, or"
                " stands inside a cell. Write it twice there, or take it out.",
            ) from None
        if cells is None:
            return
        yield line, [_unguarded(cell.strip()) for cell in cells[: MOST_COLUMNS + 1]]


def _unguarded(cell: str) -> str:
    """Without the apostrophe that keeps a spreadsheet from calculating it."""
    sign = unicodedata.normalize("NFKC", cell[1:].lstrip()[:1])
    return cell[1:] if cell.startswith(GUARD) and sign and sign in FORMULA else cell


def _places_of(heading: Sequence[str], table: Table) -> dict[str, int]:
    """Where each known column stands. Raises `Unusable` for one that is missing or comes twice."""
    known = {alias: column.name for column in COLUMNS for alias in (*column.also, _plain(column.name))}
    places: dict[str, int] = {}
    twice: list[str] = []
    for place, words in enumerate(heading):
        name = known.get(_plain(words))
        if name is None:
            if words and _plain(words) not in UNREAD_SILENTLY:
                table.unread.append(words[:60])
        elif name in places:
            twice.append(name)
        else:
            places[name] = place
    missing = [column.name for column in COLUMNS if column.needed and column.name not in places]
    wrong = [f"The column {name} comes twice. Take one out." for name in twice]
    if missing:
        wrong.append(
            f"The first line must name the columns; {', '.join(missing)}"
            f" {'is' if len(missing) == 1 else 'are'} missing. Begin with the template."
        )
    if wrong:
        raise Unusable(wrong)
    return places


def _plain(words: str) -> str:
    return " ".join(words.replace("_", " ").casefold().split())


def _read_row(
    table: Table, place: Place, cells: list[str], places: dict[str, int], seen: dict[str, int], today: date
) -> None:
    if len(cells) > len(table.heading):
        raise Unusable(
            ["The row has more cells than the first line. Put quotation marks around what holds a comma."]
        )
    given = {name: cells[at] if at < len(cells) else "" for name, at in places.items()}
    if given["mrn"].casefold() == EXAMPLE.casefold():
        if any(given[column.name] != column.example for column in COLUMNS if column.needed):
            raise Unusable(["mrn is that of the template's example. Give this patient's own."])
        table.examples += 1
        return
    dates = US_DATE.fullmatch(given["birth_date"])
    month, day = (int(dates["month"]), int(dates["day"])) if dates else (0, 0)
    table.day_first |= month > MONTHS >= day
    wrong: list[str] = []
    if given["mrn"] and (earlier := seen.setdefault(given["mrn"], place.line)) != place.line:
        wrong.append(f"mrn stands on line {earlier} already. Leave one row of each patient.")
    try:
        patient = _patient(given, today, wrong)
    except Unusable:
        table.refused_emails[place] = given.get("email", "")
        raise
    allergies = _allergies(given.get("allergies", ""), patient.mrn.value)
    if 0 < day <= MONTHS and month != day:
        table.either_way.add(place.line)
    commas = any("," in allergy.substance for allergy in allergies)
    table.patients.append(Read(place, patient, doubts=(ONE_SUBSTANCE,) if commas else ()))
    table.allergies += [Read(place, allergy) for allergy in allergies]


def _patient(given: dict[str, str], today: date, wrong: list[str]) -> PatientRecord:
    """Raises `Unusable` with all that is wrong, beside what was found `wrong` of the row before."""
    for column in COLUMNS:
        value = given.get(column.name, "")
        if column.needed and not is_visible(value):
            wrong.append(f"{column.name} is empty. {column.how}")
        elif hides_something(value):
            wrong.append(f"{column.name}: {ONE_LINE}")
    born = _birth_date(given["birth_date"], today, wrong)
    gender = {"f": "female", "m": "male", "": "unknown", "u": "unknown", "o": "other"}.get(
        given.get("gender", "").casefold(), given.get("gender", "").casefold()
    )
    if gender not in GENDERS:
        wrong.append(f"gender must be one of {', '.join(GENDERS)}, or empty.")
    language = given.get("language", "").casefold().partition("-")[0] or "en"
    if not re.fullmatch(r"[a-z]{2,3}", language):
        wrong.append("language must be letters such as en or es, or empty.")
    wrong += unfit({name: value for name, value in given.items() if name in LONGEST})
    if wrong or born is None:
        raise Unusable(wrong[:MOST_TOLD])
    return PatientRecord(
        source_id="",
        mrn=Identifier("", given["mrn"]),
        identifiers=(),
        family_name=given["family_name"],
        given_names=given["given_names"],
        birth_date=born,
        deceased=False,
        gender=gender,
        phone=given.get("phone", ""),
        email=given.get("email", ""),
        address_line=given.get("address_line", ""),
        city=given.get("city", ""),
        state=given.get("state", ""),
        postal_code=given.get("postal_code", ""),
        language=language,
    )


def _birth_date(text: str, today: date, wrong: list[str]) -> date | None:
    if not text:
        return None  # told as empty already
    written = ISO_DATE.fullmatch(text) or US_DATE.fullmatch(text)
    try:
        found = date(*(int(written[part]) for part in ("year", "month", "day"))) if written else None
    except ValueError:
        found = None
    if found is None:
        wrong.append("birth_date is not a date. Write it like 1985-04-02 or 4/2/1985.")
    elif found > today:
        wrong.append("birth_date is in the future.")
    elif not era.holds(found):
        wrong.append("birth_date is before 1900.")
    return found


def _allergies(text: str, mrn: str) -> list[AllergyRecord]:
    """Each substance once. That somebody has none is said by no row of ours: it is asked at the chair."""
    substances = {part.casefold(): part for part in map(str.strip, BETWEEN.split(text)) if is_visible(part)}
    return [
        fitting(
            AllergyRecord(
                source_id=f"table:{key}"[:240],
                patient_reference=f"MRN/{mrn}",
                substance=substance,
                code_system="",
                code="",
                category="",
                criticality="",
                reaction="",
                clinical_status="active",
                verification_status="",
                recorded_at=None,
            ),
            {},
        )
        for key, substance in substances.items()
        if key not in NO_ALLERGY
    ]
