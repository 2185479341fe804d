"""The reports' pages and files: what a manager sees, what a spreadsheet gets."""

import csv
import io
from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from scheduler.models import Appointment, Resource
from tests.cast import NOW, TODAY, House, local, make_patient
from tests.notifications.visits import book
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words
from web.files import as_text, csv_answer
from web.plots.marks import Tick
from web.report_tables import TABLES

PERIOD = {"first": "2027-01-01", "last": "2027-01-31"}


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def test_the_page_shows_every_report_with_what_it_means_and_what_it_cannot_say(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00")
    page = words(browser_of(stage.house.max).get("/reports/", PERIOD))
    for title in (
        "Use of chairs",
        "Days from booking",
        "Cancellations",
        "Series that met",
        "No-shows by stage",
    ):
        assert title in page
    assert page.count("What it can't say:") == len(TABLES)
    assert "Chair 1" in page


def test_without_a_period_the_last_four_weeks_are_shown(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/reports/").content.decode()
    assert 'value="2026-12-15"' in page
    assert 'value="2027-01-11"' in page


def test_a_period_that_is_none_is_shown_again_with_its_mend(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/reports/", {"first": "2027-02-01", "last": "2027-01-01"})
    assert page.status_code == 400
    assert "The last day must not be before the first." in words(page)
    assert 'value="2027-02-01"' in page.content.decode()


def test_the_page_costs_the_same_however_much_there_is(stage: Stage, house: House) -> None:
    browser = browser_of(house.max)
    browser.get("/reports/", PERIOD)  # whether the machinery lives is kept for some seconds
    counts = []
    for many in (1, 6):
        for number in range(many):
            patient = make_patient(house.clinic, f"P{many}{number}", "Family", consents=False)
            for ahead in (0, 9):
                book(house, patient, local(TODAY - timedelta(days=10 - ahead), "9:00"), status="fulfilled")
        with CaptureQueriesContext(connection) as asked:
            assert browser.get("/reports/", PERIOD).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.mark.parametrize("name", TABLES)
def test_each_table_is_a_file_with_the_same_rows(stage: Stage, house: House, name: str) -> None:
    for ahead in (0, 9):
        book(house, house.rosa, local(TODAY - timedelta(days=10 - ahead), "9:00"), status="fulfilled")
    answer = browser_of(house.max).get(f"/reports/{name}.csv", PERIOD)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}-2027-01-01-2027-01-31.csv"'
    header, *rows = rows_of(answer.content)
    assert rows
    assert all(len(row) == len(header) for row in rows)


def test_a_file_of_no_table_or_no_period_is_refused(stage: Stage) -> None:
    browser = browser_of(stage.house.max)
    assert browser.get("/reports/salaries.csv", PERIOD).status_code == 404
    assert browser.get("/reports/utilisation.csv", {"first": "x"}).status_code == 400


def test_names_of_chairs_and_patients_are_no_formulas(stage: Stage, house: House) -> None:
    Resource.objects.filter(pk=stage.chairs[0].pk).update(name='=HYPERLINK("https://evil.example","Chair")')
    Patient.objects.filter(pk=house.rosa.pk).update(given_names="\t=cmd|' /C calc'!A0")
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    for ahead in (0, 9):
        book(house, house.rosa, local(TODAY - timedelta(days=10 - ahead), "9:00"), status="fulfilled")
    browser = browser_of(house.max)
    used = rows_of(browser.get("/reports/utilisation.csv", PERIOD).content)
    assert used[1][0] == '\'=HYPERLINK("https://evil.example","Chair")'
    patients = rows_of(browser.get("/reports/outside-spacing.csv", PERIOD).content)
    assert patients[1][0] == "'=cmd|' /C calc'!A0 Delgado"


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


# --- The level of a day ----------------------------------------------------------------------------


def test_the_manager_sees_the_day_beside_its_template(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00")
    page = browser_of(stage.house.max).get("/reports/level/", {"day": TODAY.isoformat()})
    text = words(page)
    assert "As booked: at most 6 of 6 units of nursing load." in text
    assert "The busiest minute takes 6 units in the template, 6 as booked." in text
    assert "What it can't say:" in text
    assert page.content.count(b"<polygon") == 4


@time_machine.travel(NOW, tick=False)
def test_what_better_booking_would_gain_comes_first_and_what_it_costs_is_said(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    for number in range(3):
        patient = make_patient(house.clinic, f"P{number}", "Family")
        stage.book(stage.plan(patient), "10:00", nurse=stage.nurses[number], chair=stage.chairs[number])
    page = browser_of(house.max).get("/reports/level/", {"day": TODAY.isoformat()})
    text = words(page)
    assert "Units of nursing load in the busiest minute: 6 instead of 18." in text
    assert text.index("What better booking would gain") < text.index("As booked: at most")
    assert "Busiest minute, units of nursing load 18 6 Better" in text
    gains, table = page.context["gains"], page.context["table"]
    worse = [str(row[0]) for row in table.rows if row[3] == "Worse"]
    assert len(worse) == len(gains.worse)
    assert ("In return the template is worse here" in text) == bool(worse)


def test_the_hours_stand_at_their_minutes(stage: Stage) -> None:
    """Nine to five: the first label at the left edge, the last one at the right."""
    stage.book(stage.plan(), "10:00")
    page = browser_of(stage.house.max).get("/reports/level/", {"day": TODAY.isoformat()})
    hours = page.context["curves"][0].hours
    assert (hours[0], hours[-1]) == (Tick(0.0, "9:00"), Tick(600.0, "17:00"))


def test_a_day_without_visits_says_so(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/reports/level/")
    assert "No visits on this day" in words(page)


def test_a_day_that_is_none_is_shown_again_with_its_mend(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/reports/level/", {"day": "2027-02-30"})
    assert page.status_code == 400
    assert "Enter a valid date." in words(page)


def test_looking_at_a_days_level_changes_nothing(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00")
    browser_of(stage.house.max).get("/reports/level/", {"day": TODAY.isoformat()})
    assert Appointment.objects.get().starts_at == visit.starts_at
