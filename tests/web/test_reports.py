"""The reports' pages and files: what each says, what it says it can't, and the same figures three times."""

import csv
import io
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import date, timedelta

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Patient
from scheduler.models import Appointment, Resource
from scheduler.reporting.reports import protocols_of
from tests.cast import NOW, TODAY, House, local, make_patient
from tests.notifications.visits import book
from tests.scheduler.stage import Stage, set_stage
from tests.sessions_app.reporting.infused import effect, infused
from tests.web.pages import browser_of, words
from web.views.reports.pages import BY_FILE, KINDS, Kind
from web.views.reports.shape import TEXT, Column, Picture, Table

PERIOD = {"first": "2027-01-01", "last": "2027-01-31"}


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


def rows_of(content: bytes) -> list[list[str]]:
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"))))


def a_month(house: House) -> None:
    """Something for every report: visits kept, missed, cancelled and booked; infusions with side effects."""
    for number, status in enumerate(["fulfilled", "fulfilled", "noshow", "booked", "cancelled"]):
        patient = make_patient(house.clinic, f"M{number}", "Family", consents=False)
        for ahead in (0, 9 if number == 0 else 3):
            book(house, patient, local(date(2027, 1, 4 + ahead), "14:00"), status=status)
    for number in range(3):
        session = infused(house, state="discharged", began=20 + 8 * number, stopped=70, home=140)
        effect(house, session, grade=1 + number)
    effect(house, session, "dizziness", 2, source="patient")


def told_on_paper(page: object) -> str:
    """What stands on paper alone."""
    content: bytes = page.content  # type: ignore[attr-defined]
    found = re.search(r'<p class="paper-only">(.*?)</p>', content.decode(), re.DOTALL)
    return " ".join(re.sub(r"<[^>]+>", " ", found[1]).split()) if found else ""


def test_a_period_in_which_nothing_was_booked_has_no_fullest_hour(stage: Stage, house: House) -> None:
    browser = browser_of(house.max)
    page = words(browser.get("/reports/use/", PERIOD))
    assert "Visits held 0 %" in page
    assert "fullest" not in page
    stage.book(stage.plan(), "9:30")
    assert "Nurses were fullest on Mondays from 9:00" in words(browser.get("/reports/use/", PERIOD))


# --- On paper ------------------------------------------------------------------------------------------


def test_a_printed_report_says_of_which_clinic_days_and_visits_it_is(stage: Stage, house: House) -> None:
    a_month(house)
    code, title = protocols_of(house.clinic)[0]
    page = browser_of(house.max).get("/reports/attendance/", {**PERIOD, "protocol": code})
    asked = f"{house.clinic.name} · Jan 1, 2027 to Jan 31, 2027 · Protocol: {title}"
    assert told_on_paper(page).startswith(asked)
    for address in ("/reports/", "/reports/use/"):
        page = browser_of(house.max).get(address, PERIOD)
        assert told_on_paper(page).startswith(f"{house.clinic.name} · Jan 1, 2027 to Jan 31, 2027 Chairside")
    page = browser_of(house.max).get("/reports/level/", {"day": "2027-01-11"})
    assert told_on_paper(page).startswith(f"{house.clinic.name} · Jan 11, 2027")
    page = browser_of(house.max).get("/messages/figures/", PERIOD)
    assert told_on_paper(page).startswith(f"{house.clinic.name} · Jan 1, 2027 to Jan 31, 2027 Chairside")
    assert told_on_paper(page).endswith(f"printed by {house.max.full_name}")


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: str(kind.name))
def test_no_two_columns_of_a_table_have_one_name(stage: Stage, house: House, kind: Kind) -> None:
    a_month(house)
    for name in kind.files:
        heading, *_ = rows_of(browser_of(house.max).get(f"/reports/{name}.csv", PERIOD).content)
        assert len(set(heading)) == len(heading), heading


# --- All of them ---------------------------------------------------------------------------------------


def test_the_way_to_the_reports_says_what_each_came_to(stage: Stage, house: House) -> None:
    a_month(house)
    page = browser_of(house.max).get("/reports/", PERIOD)
    said = words(page)
    assert "2 of 9 visits kept or missed were missed (22 %, 6 to 55 %)" in said
    assert "3 of 3 infusions had a side effect (100 %, 44 to 100 %)" in said
    assert "2 of 3 infusions began more than 5 minutes late (67 %, 21 to 94 %)" in said
    for kind in KINDS:
        assert f'href="/reports/{kind.name}/?first=2027-01-01&amp;last=2027-01-31"' in page.content.decode()


def test_without_a_period_the_last_four_weeks_are_shown(stage: Stage) -> None:
    page = browser_of(stage.house.max).get("/reports/").content.decode()
    assert 'value="2026-12-15"' in page
    assert 'value="2027-01-11"' in page


@pytest.mark.parametrize("address", ["/reports/", "/reports/use/", "/reports/durations/"])
def test_a_period_that_is_none_is_shown_again_with_its_mend(stage: Stage, address: str) -> None:
    page = browser_of(stage.house.max).get(address, {"first": "2027-02-01", "last": "2027-01-01"})
    assert page.status_code == 400
    assert "The last day must not be before the first." in words(page)
    assert 'value="2027-02-01"' in page.content.decode()


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_each_report_says_what_it_means_and_what_it_cannot(stage: Stage, house: House, kind: Kind) -> None:
    a_month(house)
    stage.book(stage.plan(), "10:00", TODAY + timedelta(days=1))
    page = browser_of(house.max).get(f"/reports/{kind.name}/", PERIOD)
    report = page.context["report"]
    assert report.says in page.content.decode().replace("&#x27;", "'")
    assert len(report.cannot) >= 2
    assert page.content.count(b"<figure") == sum(table.picture is not None for table in report.tables)
    assert all(table.rows for table in report.tables)


@pytest.mark.parametrize("kind", KINDS, ids=lambda kind: kind.name)
def test_a_report_of_nothing_is_no_fault(stage: Stage, kind: Kind) -> None:
    empty = {"first": "2026-01-01", "last": "2026-01-31"}
    page = browser_of(stage.house.max).get(f"/reports/{kind.name}/", empty)
    assert page.status_code == 200
    assert "in this period" in words(page)
    assert b"<figure" not in page.content


@pytest.mark.parametrize("address", ["/reports/", *(f"/reports/{kind.name}/" for kind in KINDS)])
def test_a_page_costs_the_same_however_much_there_is(stage: Stage, house: House, address: str) -> None:
    browser = browser_of(house.max)
    browser.get(address, PERIOD)  # whether the machinery lives is kept for some seconds
    counts = []
    for many in (1, 6):
        for _ in range(many):
            effect(house, infused(house, state="discharged"))
        with CaptureQueriesContext(connection) as asked:
            assert browser.get(address, PERIOD).status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


# --- Tables, files and pictures ------------------------------------------------------------------------


@pytest.mark.parametrize("name", BY_FILE)
def test_each_table_is_a_file_with_the_same_rows(stage: Stage, house: House, name: str) -> None:
    a_month(house)
    stage.book(stage.plan(), "10:00")
    browser = browser_of(house.max)
    answer = browser.get(f"/reports/{name}.csv", PERIOD)
    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{name}-2027-01-01-2027-01-31.csv"'
    header, *rows = rows_of(answer.content)
    report = browser.get(f"/reports/{BY_FILE[name].name}/", PERIOD).context["report"]
    (table,) = [table for table in report.tables if table.name == name]
    assert header == table.header
    assert rows == [["" if cell is None else str(cell) for cell in row] for row in table.rows]
    assert rows


def test_a_file_of_no_table_no_period_or_no_protocol_is_refused(stage: Stage) -> None:
    browser = browser_of(stage.house.max)
    assert browser.get("/reports/salaries.csv", PERIOD).status_code == 404
    refused = browser.get("/reports/utilisation.csv", {"first": "x"})
    assert refused.status_code == 400
    assert "such as 2027-01-01 and 2027-01-31" in words(refused)
    assert browser.get("/reports/durations.csv", {**PERIOD, "protocol": "none-such"}).status_code == 400


def test_a_report_of_one_protocol_leads_to_the_file_of_the_same(stage: Stage, house: House) -> None:
    infused(house, state="discharged")
    infused(house, state="discharged", stopped=90, protocol="cluster-60")
    browser = browser_of(house.max)
    page = browser.get("/reports/durations/", {**PERIOD, "protocol": "cluster-60"})
    assert [row[1] for row in page.context["report"].tables[0].rows] == [1, 1, 1, 1]
    (file,) = re.findall(r'href="(/reports/durations\.csv[^"]*)"', page.content.decode())
    _, *rows = rows_of(browser.get(file.replace("&amp;", "&")).content)
    assert {row[1] for row in rows} == {"1"}


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


def test_the_heat_map_has_a_cell_for_each_open_hour_with_its_number(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", chair=stage.chairs[0])
    page = browser_of(stage.house.max).get(
        "/reports/use/", {"first": TODAY.isoformat(), "last": TODAY.isoformat()}
    )
    chairs, nurses, _ = page.context["report"].tables
    assert [cell.label for cell in chairs.picture.plot.cells] == ["0", "50", "50", "8", "0", "0", "0", "0"]
    assert [cell.label for cell in nurses.picture.plot.cells][1:3] == ["67", "33"]
    assert "<title>Monday 10:00 to 11:00: 50 % of 2.0 h on 1 day</title>" in page.content.decode()


@pytest.mark.parametrize(("count", "folded"), [(8, False), (9, True)])
def test_of_a_long_table_the_page_shows_the_first_rows_and_folds_them_below_a_picture(
    count: int, folded: bool
) -> None:
    picture = Picture("heat", None, "", "")
    table = Table(
        name="days",
        title="Days",
        columns=[Column("Day", TEXT)],
        rows=[[str(number)] for number in range(count)],
        means="",
        total_rows=1,
        most=6,
    )
    assert [cell for line in table.lines for _, cell in line.cells] == list("012345")
    assert table.left_out == count - 6
    assert not table.folded
    assert replace(table, picture=picture).folded is folded
    assert [line.total for line in replace(table, most=None).lines] == [False] * (count - 1) + [True]


# --- What it can't say ---------------------------------------------------------------------------------


def cannot(house: House, name: str, **asked: str) -> str:
    page = browser_of(house.max).get(f"/reports/{name}/", {**PERIOD, **asked})
    return " ".join(page.context["report"].cannot)


def test_few_visits_are_called_few_and_many_are_not(stage: Stage, house: House) -> None:
    for _ in range(29):
        infused(house, state="signed")
    assert "With 29 infusions chance alone" in cannot(house, "durations")
    infused(house, state="signed")
    assert "chance alone" not in cannot(house, "durations")


def test_nothing_severe_seen_is_not_called_safe(stage: Stage, house: House) -> None:
    session = infused(house, state="discharged")
    told = cannot(house, "side-effects")
    assert "None of grade 3 or more in 1 infusion doesn't mean that there are none: up to 79.3 %" in told
    assert "1 record not signed yet" in told
    assert "no outcome report has been made" in told
    effect(house, session, grade=3)
    assert "None of grade 3" not in cannot(house, "side-effects")


def test_visits_of_which_nobody_has_said_are_told_of(stage: Stage, house: House) -> None:
    assert "nobody has said" not in cannot(house, "attendance")
    book(house, house.rosa, local(TODAY - timedelta(days=3), "9:00"))
    book(house, house.omar, local(TODAY + timedelta(days=3), "9:00"))
    told = cannot(house, "attendance")
    assert "Of 1 past visit nobody has said whether the patient came" in told
    assert "Yet to come: 1 visit" in told
    assert "nobody drew lots" in told


def test_that_the_confirmed_missed_less_is_not_called_the_messages_doing(stage: Stage, house: House) -> None:
    told = "can't be called the message's doing"
    for number in range(6):
        patient = make_patient(house.clinic, f"C{number}", "Family", consents=False)
        book(house, patient, local(date(2027, 1, 4), "9:00"), status="fulfilled", patient_status="accepted")
    assert told not in cannot(house, "attendance")
    for number in range(6):
        patient = make_patient(house.clinic, f"N{number}", "Family", consents=False)
        book(house, patient, local(date(2027, 1, 5), "9:00"), status="fulfilled")
    assert told not in cannot(house, "attendance")
    Appointment.objects.filter(patient_status="needs-action").update(status="noshow")
    assert told in cannot(house, "attendance")


def test_days_to_come_hold_only_what_is_booked_by_now(stage: Stage, house: House) -> None:
    for name in ("use", "busy-days"):
        assert "by now; more may come" in cannot(house, name)
        assert "by now; more may come" not in cannot(house, name, last=TODAY.isoformat())
