"""Nils at the station and at the chair: what he hears, what he points at, where the arrow keys lead."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from clinic import clock
from sessions_app.observing import alert_clocks
from tests.browser.conftest import TABLET, Windows, picture
from tests.cast import House
from tests.sessions_app import stories
from tests.sessions_app.monitors.beds import chair_of, seat

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SOON_MS = 10_500  # the station asks every 10 seconds


def test_a_new_alert_is_heard_and_the_course_is_read_by_pointer_and_by_keys(
    windows: Windows, house: House
) -> None:
    now = clock.now()
    session = stories.infusing(house, at=now - timedelta(minutes=30))
    seat(session, chair_of(house, "Chair 3", at=session.arrived_at))
    stories.measure(house, session, stories.calm(now - timedelta(minutes=5), systolic_mmhg=131))
    page = windows.sign_in(house.nils, TABLET)
    page.clock.install()
    page.goto("/nurse/")
    bell = page.get_by_role("button", name="Sound for alerts")
    expect(bell).to_have_attribute("aria-pressed", "false")
    bell.click()
    page.reload()
    expect(bell).to_have_attribute("aria-pressed", "true")
    page.keyboard.press("Shift")  # a browser lets no page sound before somebody has touched it
    expect(bell).to_have_text("Sound for alerts on")
    worse = stories.calm(clock.now(), oxygen_saturation_percent=84, confirmed=True)
    stories.measure(house, session, worse)
    page.clock.run_for(SOON_MS)
    expect(page.get_by_role("heading", name="Alerts")).to_be_visible()
    expect(bell).to_have_attribute("data-rung", "1")
    expect(page.locator("[data-alert-told]")).to_contain_text(
        "Chair 3 · Rosa Delgado: Oxygen saturation 84 %"
    )
    picture(page, "station-tablet")

    page.locator(".chair-card").click(position={"x": 40, "y": 160})  # anywhere on the card
    page.wait_for_url(f"**/sessions/{session.pk}/")
    said = page.locator("#live-chart [data-readout]")
    expect(said).to_contain_text("SpO₂ 84 %, past stop limit")
    sets = page.locator("#live-chart .look")
    sets.nth(1).hover()
    expect(said).to_contain_text("131/78 mmHg")
    page.locator("#live-chart-title").hover()
    sets.nth(1).focus()
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("started, 150 mL/h")
    page.keyboard.press("ArrowLeft")
    expect(said).to_contain_text("122/78 mmHg")
    page.keyboard.press("End")
    expect(said).to_contain_text("SpO₂ 84 %")
    expect(page.locator("#live-chart [data-mark][tabindex='0']")).to_have_count(1)


def test_an_overdue_reading_is_heard_and_named_as_any_alert(windows: Windows, house: House) -> None:
    """It stands in a list of its own, so that many at once hide nothing that a patient has."""
    stories.infusing(house, at=clock.now() - timedelta(minutes=60))
    page = windows.sign_in(house.nils, TABLET)
    page.clock.install()
    page.goto("/nurse/")
    bell = page.get_by_role("button", name="Sound for alerts")
    bell.click()
    expect(bell).to_have_attribute("data-rung", "1")  # what it will be
    alert_clocks.run_clocks(now=clock.now())
    page.clock.run_for(SOON_MS)
    overdue = page.get_by_role("list", name="Readings overdue")
    expect(overdue).to_contain_text("Rosa Delgado")
    expect(bell).to_have_attribute("data-rung", "2")
    expect(page.locator("[data-alert-told]")).to_contain_text("Rosa Delgado: ")
