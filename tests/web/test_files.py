"""Answers that are files: what a spreadsheet makes of a cell."""

import csv
import io
from decimal import Decimal

import pytest

from web.files import as_text, csv_answer


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


@pytest.mark.parametrize(
    "cell",
    [
        "=1+1",
        "+1+1",
        "-1+1",
        "@SUM(A1)",
        "|cmd",
        "%0",
        "-5",
        "-1,5",
        " =1+1",
        "\t=1+1",
        "\r=1+1",
        "\n=1+1",
        "\u00a0=1+1",
        "\u3000=1+1",
        "\u200b=1+1",
        "\ufeff=1+1",
        "\uff1d1+1",
        "\uff0b1+1",
        "\uff0d1+1",
        "\uff20SUM(A1)",
        "\ufe661+1",
    ],
)
def test_no_text_is_taken_for_a_formula(cell: str) -> None:
    (written,) = rows_of(csv_answer("name", [cell], []).content)
    assert written[0].startswith("'")


@pytest.mark.parametrize("cell", ["Chair 1", "Ana=Maria", "5", "Zoë", "O'Neill", "", "1 - 2"])
def test_other_text_stays_as_it_is(cell: str) -> None:
    assert as_text(cell) == cell


def test_numbers_stay_numbers_negative_ones_too() -> None:
    answer = csv_answer("name", ["a", "b", "c", "d"], [[-5, -1.5, Decimal("-2.50"), None]])
    assert rows_of(answer.content)[1] == ["-5", "-1.5", "-2.50", ""]


def test_no_cell_opens_another_line() -> None:
    answer = csv_answer("name", ["Name"], [["Chair\r\n=1+1"]])
    assert rows_of(answer.content)[1:] == [["Chair =1+1"]]
