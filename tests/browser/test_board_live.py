"""The day board by itself: it brings what others have done, but never while somebody has a block in hand, and
free time is booked from where it was pressed."""

import re
from collections.abc import Callable
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

import pytest
import time_machine
from playwright.sync_api import Page, Position, expect

from scheduler.visits import booking
from tests.browser.conftest import PHONE, Windows, picture
from tests.browser.looking import room
from tests.cast import NOW, make_house, new_id
from tests.scheduler.stage import set_stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

MINUTE_MS = 60_000
SOON_MS = 20_500  # the board asks every 20 seconds


def test_the_board_follows_the_day_and_keeps_still_in_somebodys_hand(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage = set_stage(make_house())
        visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
        page = windows.sign_in(stage.house.ana)
        page.clock.install()
        page.goto("/day/")
        rosa = page.get_by_role("link", name="Rosa Delgado, 09:30 to 11:30, Chair 1, Not yet confirmed")
        rosa.focus()

        page.evaluate("document.getElementById('board').dataset.moving = ''")
        stage.book(stage.plan(stage.house.omar), "11:30", chair=stage.chairs[1])
        page.clock.run_for(SOON_MS)
        page.wait_for_timeout(500)
        omar = page.get_by_role("link", name="Omar Haddad, 11:30 to 13:30")
        expect(omar).to_have_count(0)

        page.evaluate("delete document.getElementById('board').dataset.moving")
        page.clock.run_for(SOON_MS)
        expect(omar).to_be_visible()
        expect(page.locator("#day-lead")).to_contain_text("2 visits")
        assert page.evaluate("document.activeElement.id").startswith(f"visit-{visit.pk}")
        picture(page, "board")

        # Pressed somewhere, free time is booked from there; by keyboard from its start, also after that.
        gap = page.get_by_role("link", name="Book Chair 1, free from 11:40 to 17:00")
        box = gap.bounding_box()
        assert box
        middle: Position = {"x": box["width"] * 0.51, "y": box["height"] / 2}
        assert start_asked(page, lambda: gap.click(position=middle)) == stage.at("14:20")
        page.keyboard.press("Escape")
        assert start_asked(page, lambda: gap.press("Enter")) == stage.at("11:40")


def test_a_late_patients_name_is_whole_on_a_phone(windows: Windows) -> None:
    """Beside it stand two words: how late they are, and that they haven't confirmed."""
    with time_machine.travel(NOW) as clock:
        stage = set_stage(make_house())
        stage.book(stage.plan(), "9:30")
        clock.move_to(stage.at("9:42"))
        page = windows.sign_in(stage.house.ana, PHONE)
        page.goto("/day/")
        expect(page.locator("#day-list .state")).to_contain_text("Not yet confirmed")
        assert room(page) == []


def start_asked(page: Page, press: Callable[[], None]) -> datetime:
    """For which start booking is opened by this press."""
    with page.expect_request(lambda request: "/book/" in request.url) as asked:
        press()
    [start] = parse_qs(urlsplit(asked.value.url).query)["start"]
    return datetime.fromisoformat(start)


def test_a_hold_says_how_long_it_lasts_and_that_it_is_over(windows: Windows) -> None:
    with time_machine.travel(NOW):
        stage = set_stage(make_house())
        start = stage.at("14:00")
        held = booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=start, now=NOW)
        page = windows.sign_in(stage.house.ana)
        page.clock.install(time=NOW)
        page.goto(f"/visits/{held.pk}/")
        until = page.locator("dd", has_text="min left")
        expect(until).to_contain_text("10 min left")
        page.clock.run_for(9 * MINUTE_MS + 30_000)
        expect(page.locator("[data-until]")).to_have_text(re.compile(r"^\d\d s left$"))
        page.clock.run_for(MINUTE_MS)
        expect(page.locator("[data-until]")).to_have_text("and free again since then")
