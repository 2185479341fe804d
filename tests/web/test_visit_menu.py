"""What can be done with a visit: the menu that its block on the day board opens, and the same on its page."""

from typing import Any

import pytest
import time_machine
from django.urls import reverse

from scheduler.models import Appointment
from scheduler.visits import attendance
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.sessions_app import stories
from tests.web.pages import browser_of, words
from web.views.booking.place import on_board

PART: dict[str, Any] = {"HTTP_HX_REQUEST": "true"}
BOARD = {"board": TODAY.isoformat()}


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    return stage.book(stage.plan(), "9:30", chair=stage.chairs[0])


def menu(stage: Stage, visit: Appointment, person: str = "ana") -> Any:
    browser = browser_of(getattr(stage.house, person))
    return browser.get(reverse("visit", args=[visit.pk]), BOARD, **PART)


def test_the_menu_is_the_visits_page_without_its_frame(stage: Stage, visit: Appointment) -> None:
    part = menu(stage, visit)
    page = browser_of(stage.house.ana).get(reverse("visit", args=[visit.pk]))

    assert "<html" not in part.content.decode()
    for answer in (part, page):
        said = words(answer)
        for step in (
            "Check in",
            "Patient has confirmed",
            "Longer recovery",
            "Move",
            "Cancel the visit",
            "Chart",
        ):
            assert step in said
        assert "09:45 15 min later" in said
        assert "09:15 15 min earlier" in said
        assert "At 09:30 in Chair 2 free" in said


def test_what_is_done_from_the_board_leads_back_to_it(stage: Stage, visit: Appointment) -> None:
    browser = browser_of(stage.house.ana)
    assert 'name="board" value="2027-01-11"' in menu(stage, visit).content.decode()

    confirmed = browser.post(reverse("visit_confirm", args=[visit.pk]), BOARD)
    cancelled = browser.post(reverse("visit_cancel", args=[visit.pk]), {**BOARD, "reason": "pat"})
    elsewhere = browser.post(reverse("visit_undo", args=[visit.pk]), {"board": "not a day"})

    assert confirmed.headers["Location"] == on_board(TODAY, visit.pk)
    assert cancelled.headers["Location"] == on_board(TODAY, visit.pk)
    assert elsewhere.headers["Location"] == reverse("visit", args=[visit.pk])


def test_a_nurse_comes_to_the_session_and_the_desk_does_not(stage: Stage, visit: Appointment) -> None:
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    visit.refresh_from_db()
    session = stories.opened(stage.house, visit)
    address = reverse("session", args=[session.pk])

    assert address in menu(stage, visit, "nils").content.decode()
    assert address not in menu(stage, visit).content.decode()
    assert "Another time on this day" not in words(menu(stage, visit))
