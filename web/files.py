"""Answers that are files to keep: a calendar file, a table for a spreadsheet.

Spreadsheets take a cell that begins like a formula for one, also when it is somebody's name: see `as_text`.
"""

import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Final

from defusedcsv import csv
from django.http import HttpResponse

Cell = str | int | float | Decimal | date | datetime | None

# With these a cell is calculated, not shown; spreadsheets read their wide and small forms alike.
FORMULA: Final = frozenset("=+-@|%")


def calendar_answer(content: str | bytes) -> HttpResponse:
    """An iCalendar file to be kept as visit.ics."""
    response = HttpResponse(content, content_type="text/calendar; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="visit.ics"'
    return response


def csv_answer(name: str, header: Sequence[str], rows: Iterable[Sequence[Cell]]) -> HttpResponse:
    """A table as a CSV file: UTF-8 with a mark by which spreadsheets know it. Numbers stay numbers, negative
    ones too; no text is taken for a formula."""
    response = HttpResponse("\ufeff", content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = f'attachment; filename="{name}.csv"'
    table = csv.writer(response)
    for row in (header, *rows):
        table.writerow([as_text(cell) if isinstance(cell, str) else cell for cell in row])
    return response


def as_text(cell: str) -> str:
    """The same words, in one line, in a form that no spreadsheet calculates: with an apostrophe before it.

    Spreadsheets look past blanks and unseen characters for the sign. defusedcsv, which has the last word,
    looks at the first character alone, knows the signs in ASCII only, and lets `-1,5` through as a number.
    """
    line = " ".join(cell.split())
    first = next((letter for letter in line if letter.isprintable()), "")
    return f"'{line}" if unicodedata.normalize("NFKC", first) in FORMULA else line
