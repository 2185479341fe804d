"""The page of figures by stage of message, and its files."""

import csv
import io
import re
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from notifications.delivering import delivery
from notifications.models import Message
from notifications.planning.planner import plan
from tests.cast import NOW, House, new_id
from tests.notifications.visits import book
from tests.web.pages import browser_of, words

PERIOD = {"first": "2027-01-01", "last": "2027-01-31"}
PAGE = "/messages/figures/"


@pytest.fixture(autouse=True)
def sent(house: House) -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        book(house, house.rosa)
        plan(now=NOW)
        delivery.drain(clock=lambda: NOW)
        yield


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_desk_sees_what_was_said_with_its_range_and_what_it_cannot_say(house: House) -> None:
    said = words(browser_of(house.ana).get(PAGE, PERIOD))
    assert "Visit booked 1 100 % 1 of 1, 21 to 100 %" in said
    assert "It doesn't show what a message does." in said


def test_each_number_says_what_it_counts_and_what_it_cannot_say(house: House) -> None:
    Message.objects.create(**{**vars_of(Message.objects.get()), "status": "skipped", "reason": "Too late."})
    page = browser_of(house.ana).get(PAGE, PERIOD)
    said = words(page)
    for columns in ("said_columns", "visit_columns", "reason_columns"):
        for column in page.context[columns]:
            assert f"{column.name} {column.counts} It can't say: {column.cannot}" in said
    heads = re.findall(r'<th scope="col" class="number">(.*?)</th>', page.content.decode())
    named = {
        name.strip().capitalize()
        for columns in ("said_columns", "visit_columns", "reason_columns")
        for column in page.context[columns]
        for name in column.name.split(",")
    }
    assert set(heads) == named


def vars_of(row: Message) -> dict[str, Any]:
    """A copy's columns, under another key."""
    columns = {field.attname: getattr(row, field.attname) for field in Message._meta.concrete_fields}
    return {**columns, "id": new_id(), "key": "another", "sent_at": None}


def test_days_without_messages_say_so(house: House) -> None:
    said = words(browser_of(house.ana).get(PAGE, {"first": "2027-02-01", "last": "2027-02-02"}))
    assert "No message fell due in these days" in said


def test_a_period_that_is_none_comes_back_with_its_mend(house: House) -> None:
    page = browser_of(house.ana).get(PAGE, {"first": "2027-02-01", "last": "2027-01-01"})
    assert page.status_code == 400
    assert "The last day must not be before the first." in words(page)
    assert 'value="2027-02-01"' in page.content.decode()


def test_the_file_has_every_stage_with_counts_and_shares(house: House) -> None:
    answer = browser_of(house.max).get("/messages/figures/stages.csv", PERIOD)
    header, *rows = rows_of(answer.content)
    booked = dict(zip(header, next(row for row in rows if row[1] == "confirmation"), strict=True))
    assert (booked["Sent"], booked["Sent, of"], booked["Sent, share"]) == ("1", "1", "1.0")
    assert (booked["Sent, from"], booked["Sent, to"]) == ("0.2065", "1.0000")
    assert booked["To come"] == "1"
    assert {len(row) for row in rows} == {len(header)}


def test_no_reason_becomes_a_formula(house: House) -> None:
    Message.objects.update(status="failed", reason="=1+1")
    answer = browser_of(house.max).get("/messages/figures/reasons.csv", PERIOD)
    assert rows_of(answer.content)[1] == ["Visit booked", "confirmation", "'=1+1", "1"]


def test_a_file_that_there_is_not_and_a_period_that_is_none_are_refused(house: House) -> None:
    browser = browser_of(house.max)
    assert browser.get("/messages/figures/nonsense.csv", PERIOD).status_code == 404
    assert browser.get("/messages/figures/stages.csv", {"first": "soon"}).status_code == 400
