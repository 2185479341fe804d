"""What a phone shows first: what was come for stands in its first window, the rest behind a line."""

import pytest
import time_machine
from django.urls import reverse
from playwright.sync_api import Locator, Page, expect

from tests.browser.conftest import DESK, PHONE, Windows
from tests.browser.looking import resize
from tests.cast import NOW, make_house
from tests.scheduler.stage import set_stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def test_the_first_times_stand_in_the_first_window_and_the_search_behind_a_line(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage = set_stage(make_house(), nurses=2)
        page = windows.sign_in(stage.house.ana, size=PHONE)
        page.goto(reverse("book_plan", args=[stage.plan().pk]))

        expect(page.locator(".start").first).to_be_in_viewport()
        expect(page.get_by_label("Nurse")).to_be_hidden()
        page.get_by_text("Other days, a nurse or a chair").click()
        page.get_by_label("Nurse").select_option(label="Nurse 1")
        page.get_by_role("button", name="Show times").click()
        # What was asked for is said.
        expect(page.get_by_label("Nurse")).to_be_visible()

        resize(page, DESK)
        page.goto(reverse("book_plan", args=[stage.plan(stage.house.omar).pk]))
        expect(page.get_by_label("Nurse")).to_be_visible()
        expect(page.get_by_text("Other days, a nurse or a chair")).to_be_hidden()


def test_a_reason_is_asked_for_where_there_is_something_to_give_one_for(windows: Windows) -> None:
    with time_machine.travel(NOW):
        house = make_house()
        page = windows.sign_in(house.priya, size=PHONE)
        page.goto(reverse("new_plan", args=[house.rosa.pk]))

        pregnancy = page.get_by_role("row").filter(has_text="Pregnancy")
        expect(reason_in(page)).to_have_count(0)
        pregnancy.get_by_label("Present").check()
        expect(pregnancy.get_by_role("textbox")).to_be_visible()
        expect(reason_in(page)).to_have_count(1)
        pregnancy.get_by_label("Absent").check()
        expect(reason_in(page)).to_have_count(0)


def reason_in(page: Page) -> Locator:
    """The boxes for a reason that are in sight."""
    return page.locator(".screen").get_by_role("textbox")
