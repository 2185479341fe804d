"""The server isn't heard: what the page said when it was loaded is no answer to what it hasn't been told
(docs/decisions/0012-unsent-entries.md)."""

import re

import pytest
from playwright.sync_api import Page, Route, expect

from clinic import clock
from sessions_app.infusing import infusion
from sessions_app.models import Session
from tests.browser.conftest import Windows
from tests.browser.looking import look_once
from tests.browser.unsent.tablet import (
    SIGNS,
    Passing,
    all_is_stored,
    comes_back,
    enter,
    fill,
    form_of,
    steps,
    waits,
)
from tests.cast import House, new_id

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DANGEROUS = {**SIGNS, "systolic_mmhg": "205", "diastolic_mmhg": "118"}
NOBODY = "Nobody has checked these against the limits, and nobody was called. Call for help yourself"
NO_CONNECTION = "Alerts not known: no connection"


def test_a_dangerous_set_that_nobody_has_checked_does_not_look_calm(
    page: Page, passing: Passing, session: Session
) -> None:
    header, listed = page.locator(".in-view"), page.locator("#unsent")
    calm = header.locator("[data-no-alerts]")
    expect(calm).to_be_visible()
    expect(header.get_by_text("as of")).to_be_hidden()
    page.context.set_offline(True)
    expect(header.get_by_text(NO_CONNECTION)).to_be_visible()
    expect(listed.get_by_text("There is no connection.")).to_be_visible()

    enter(page, "vitals", **DANGEROUS)
    enter(page, "pause", reason="Pressure")
    expect(header.get_by_text(NO_CONNECTION)).to_be_visible()
    expect(calm).to_be_hidden()
    expect(header.locator("h1")).to_contain_text(re.compile(r"Infusing\s+as of 09:30"))
    expect(listed.get_by_text(NOBODY)).to_be_visible()
    expect(listed).to_have_class(re.compile("banner-warning"))
    said = form_of(page, "vitals").locator("[data-was-kept]")
    expect(said).to_contain_text("nobody has checked it against the limits")
    expect(said).to_have_class(re.compile("banner-warning"))
    page.evaluate("scrollTo(0, 0)")
    wrong = look_once(page)
    assert not wrong, "\n".join(wrong)

    with comes_back(page):
        page.context.set_offline(False)
    all_is_stored(page)
    expect(header.get_by_text("Alerts not known")).to_be_hidden()
    expect(header.get_by_text("as of")).to_be_hidden()
    expect(header.locator("h1")).to_contain_text("Paused")
    expect(header.locator(".alarmed")).to_be_visible()
    assert steps(session) == ["start", "pause"]


def test_a_server_that_is_silent_is_noticed_though_nobody_enters_anything(
    windows: Windows, page: Page, passing: Passing, house: House, session: Session
) -> None:
    """The tablet believes that it has a network; the chart's own look finds that nobody answers."""

    def nobody_answers(route: Route) -> None:
        route.abort("connectionrefused")

    header = page.locator(".in-view")
    page.route("**/sessions/**", nobody_answers)
    passing.wait(31)
    expect(header.get_by_text(NO_CONNECTION)).to_be_visible()
    expect(header.locator("[data-no-alerts]")).to_be_hidden()
    windows.complaints.clear()  # htmx writes down that nobody answered
    infusion.pause(actor=house.actor(house.priya), id=new_id(), session=session, now=clock.now())
    page.unroute("**/sessions/**")
    passing.wait(31)
    expect(header.locator("h1")).to_contain_text("Paused")
    expect(header.get_by_text("Alerts not known")).to_be_hidden()
    expect(header.locator("[data-no-alerts]")).to_be_visible()


def test_what_was_refused_and_then_entered_anew_is_thrown_away_first(
    page: Page, house: House, session: Session
) -> None:
    """A colleague had paused by then; the same rate is kept when the infusion goes on."""
    page.context.set_offline(True)
    enter(page, "rate", rate_ml_per_h="120.0")
    priya = house.actor(house.priya)
    infusion.pause(actor=priya, id=new_id(), session=session, now=clock.now())
    page.context.set_offline(False)
    discard = page.locator("#unsent [data-refused] button").first
    expect(page.locator("#unsent li.refused")).to_be_visible()
    expect(discard).not_to_have_text("Throw it away")
    session.refresh_from_db()
    infusion.resume(actor=priya, id=new_id(), session=session, now=clock.now(), revision=session.revision)
    page.reload()
    fill(page, "rate", rate_ml_per_h="120.0").click()
    expect(page.get_by_text("The same was entered again, and is stored")).to_be_visible()
    waits(page, "New rate")
    expect(discard).to_have_text("Throw it away")
    discard.click()
    page.get_by_role("button", name="Throw it away for good").click()
    all_is_stored(page)
    assert steps(session) == ["start", "pause", "resume", "rate"]
