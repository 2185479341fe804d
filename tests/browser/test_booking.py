"""The desk books by keyboard alone: from the board to a booked visit, somebody new, a whole series."""

import re
from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Page, Route, expect

from clinic.models import Patient
from scheduler.models import Appointment, AppointmentStatus
from tests.browser.conftest import Windows
from tests.cast import NOW, TODAY, House, make_house, make_patient
from tests.scheduler.stage import Stage, set_stage

# The first chair opens half an hour later.
EARLY = NOW - timedelta(minutes=30)

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


class Keys:
    """Counts what is pressed."""

    def __init__(self, page: Page) -> None:
        self.page = page
        self.pressed = 0

    def type(self, text: str) -> None:
        self.page.keyboard.type(text)
        self.pressed += len(text)

    def press(self, *keys: str) -> None:
        for key in keys:
            self.page.keyboard.press(key)
            self.pressed += 1


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2, days=30)


def test_the_desk_books_with_eight_keys(windows: Windows, stage: Stage) -> None:
    """b, five letters, Enter for who, Enter for when: what 20 seconds on the telephone leave room for."""
    with time_machine.travel(EARLY):
        plan = stage.plan()
        make_patient(stage.house.clinic, "Della", "Gado")
        page = windows.sign_in(stage.house.ana)
        page.goto(f"/day/{TODAY.isoformat()}/")
        keys = Keys(page)

        keys.press("b")
        dialog = page.get_by_role("dialog")
        box = dialog.get_by_role("combobox", name="Who is it for?")
        expect(box).to_be_focused()
        keys.type("delga")
        option = dialog.get_by_role("option", selected=True)
        expect(option).to_contain_text("Delgado, Rosa")
        expect(option).to_contain_text("Plan in force")
        keys.press("Enter")
        first = dialog.get_by_role("radio").first
        expect(first).to_be_focused()
        expect(dialog).to_contain_text("Rosa is told at once by e-mail.")
        assert f"/day/{TODAY.isoformat()}/" in page.url  # the board stays where it was
        keys.press("Enter")

        expect(page.get_by_text("Rosa Delgado is booked: Mon, Jan 11, 09:")).to_be_visible()
        assert keys.pressed == 8
        assert Appointment.objects.get(plan=plan).status == AppointmentStatus.BOOKED

        # A letter in a box is a letter, Escape closes the list and then the dialog, and the keys can be off.
        page.goto(f"/day/{TODAY.isoformat()}/")
        keys.press("/")
        expect(box).to_be_focused()
        keys.type("brb")
        expect(box).to_have_value("brb")
        expect(dialog.get_by_text("Nobody fits")).to_be_visible()
        keys.press("Escape", "Escape")
        expect(dialog).to_be_hidden()


def test_somebody_new_who_is_somebody_known(windows: Windows, stage: Stage) -> None:
    refused: list[str] = []

    def refuse_the_first(route: Route) -> None:
        if route.request.method != "POST" or refused:
            route.continue_()
            return
        refused.append(route.request.url)
        busy = '<div role="alert">The clinic is busy just now. Try again.</div>'
        route.fulfill(status=409, content_type="text/html", body=busy)

    with time_machine.travel(EARLY):
        stage.plan()
        page = windows.sign_in(stage.house.ana)
        page.route("**/best/", refuse_the_first)
        page.goto("/day/")
        keys = Keys(page)
        keys.press("b")
        dialog = page.get_by_role("dialog")
        expect(dialog.get_by_role("combobox")).to_be_focused()
        keys.type("Roza Deligado 5/17/1980")
        new = dialog.get_by_role("option", name="None of these: a new patient")
        expect(new).to_be_visible()
        keys.press("ArrowUp")
        expect(new).to_have_attribute("aria-selected", "true")
        keys.press("Enter")
        given = dialog.get_by_label("Given names")
        expect(given).to_be_focused()
        expect(given).to_have_value("Roza")
        expect(dialog.get_by_label("Family name")).to_have_value("Deligado")
        keys.press("Enter")
        same = dialog.get_by_role("link", name="This is the same person")
        expect(same).to_be_focused()
        expect(dialog).to_contain_text("Has the same birth date and a similar name")
        assert Patient.objects.filter(clinic=stage.house.clinic).count() == 2
        keys.press("Enter")
        expect(dialog.get_by_role("heading", name="Rosa Delgado")).to_be_visible()
        expect(dialog.get_by_role("radio").first).to_be_focused()

        # What the house refuses is said above the times, and can be sent again.
        keys.press("h")
        expect(dialog.get_by_role("alert")).to_contain_text("busy just now")
        dialog.get_by_role("radio").first.focus()

        # h holds what is marked.
        keys.press("ArrowDown", "h")
        expect(page.get_by_text("is held for Rosa Delgado")).to_be_visible()
        assert Appointment.objects.get().status == AppointmentStatus.PENDING


def test_a_series_is_chosen_by_its_number(windows: Windows, stage: Stage) -> None:
    with time_machine.travel(EARLY):
        plan = stage.plan()
        page = windows.sign_in(stage.house.ana)
        page.goto("/book/")
        keys = Keys(page)
        expect(page.get_by_role("combobox")).to_be_focused()
        keys.type("0142 rosa")
        expect(page.get_by_role("option", selected=True)).to_contain_text("Delgado")
        keys.press("Enter")
        expect(page.get_by_role("radio").first).to_be_focused()
        keys.press("s")
        expect(page.get_by_role("heading", name="3 ways to do it")).to_be_visible()
        expect(page.get_by_role("table", name="January 2027").first).to_contain_text("visit 1")
        page.wait_for_load_state()  # by then the keys are heard
        keys.press("2")
        button = page.get_by_role("button", name=re.compile("^Book these")).nth(1)
        expect(button).to_be_focused()
        keys.press("Enter")
        expect(page.get_by_text("6 visits are booked.")).to_be_visible()
        assert plan.appointments.count() == 6
