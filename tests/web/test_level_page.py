"""The page of a day's level: the day beside its template, what better booking would gain, and the file."""

import csv
import io
from collections.abc import Iterator
from typing import Any

import pytest
import time_machine

from clinic.problems import Busy
from scheduler.models import Appointment
from tests.cast import NOW, TODAY, House, make_patient
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words
from web.plots.marks import Tick
from web.views.reports import level


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


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
    assert "Busiest minute, units of nursing load: 6 instead of 18." in text
    assert text.index("What better booking would gain") < text.index("As booked: at most")
    assert "Busiest minute, units of nursing load 18 6 Better" in text
    gains, table = page.context["gains"], page.context["table"]
    worse = [str(row[0]) for row in table.rows if row[3] == "Worse"]
    assert len(worse) == len(gains.worse)
    assert all(f"{measure}: " in text for measure in worse)
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


@time_machine.travel(NOW, tick=False)
def test_minutes_gained_are_drawn_and_the_file_has_every_measure(house: House) -> None:
    stage = set_stage(house, chairs=4, nurses=3)
    for number in range(3):
        patient = make_patient(house.clinic, f"P{number}", "Family")
        stage.book(stage.plan(patient), "10:00", nurse=stage.nurses[number], chair=stage.chairs[number])
    browser = browser_of(house.max)
    page = browser.get("/reports/level/", {"day": TODAY.isoformat()})
    assert "Every unit is taken: 20 minutes as booked" in page.context["picture"].words
    assert f'href="/reports/level.csv?day={TODAY}"' in page.content.decode()
    answer = browser.get("/reports/level.csv", {"day": TODAY.isoformat()})
    header, *rows = csv.reader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert header == page.context["table"].header
    assert rows[0][:2] == ["Busiest minute, units of nursing load", "18"]
    assert rows[-1][0] == "Seconds of search"


def test_while_another_search_goes_on_the_day_is_kept_and_the_reason_told(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    def busy(*args: Any, **options: Any) -> None:
        raise Busy("Another plan is being sought just now: try again in a few seconds.")

    monkeypatch.setattr(level, "level_of_day", busy)
    page = browser_of(stage.house.max).get("/reports/level/", {"day": TODAY.isoformat()})
    assert page.status_code == 503
    assert "try again in a few seconds" in words(page)
    assert f'value="{TODAY}"' in page.content.decode()


def test_a_file_of_no_day_is_refused_with_its_mend(stage: Stage) -> None:
    answer = browser_of(stage.house.max).get("/reports/level.csv", {"day": "2027-02-30"})
    assert answer.status_code == 400
    assert "Give a day, such as 2027-01-31." in words(answer)
