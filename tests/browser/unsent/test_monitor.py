"""A set that the monitor filled in, kept while something else is being typed on the page."""

from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from clinic import clock
from scheduler.models import Claim
from sessions_app.models import Session
from sessions_app.monitors import feed
from tests.browser.unsent.tablet import SIGNS, fill, form_of
from tests.cast import House
from tests.sessions_app.monitors.beds import chair_of, monitor_at, seat
from tests.sessions_app.monitors.messages import CALM, oru

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

SHOWN = (*CALM, ("8480-6", "122", "mm[Hg]"), ("8462-4", "78", "mm[Hg]"))


def test_a_monitors_values_are_of_one_set_and_not_of_the_next(
    page: Page, house: House, session: Session
) -> None:
    """The form stays beside what is being typed: what it was filled with was measured once."""
    chair = chair_of(house, at=session.appointment.starts_at)
    Claim.objects.filter(appointment=session.appointment).delete()
    seat(session, chair)
    device = monitor_at(house, chair, since=session.arrived_at)
    measured = clock.now().replace(microsecond=0) - timedelta(seconds=30)
    feed.take(messages=[oru(measured, SHOWN)], home=house.clinic, now=measured)
    page.goto(f"/sessions/{session.pk}/?monitor=1")
    fill(page, "note", text="Restless, asks for")
    vitals = form_of(page, "vitals")
    expect(vitals.locator("[name=systolic_mmhg]")).to_have_value("122")
    fill(page, "vitals", absent_reason="Could not be measured").click()
    expect(page.locator("#unsent")).to_contain_text("Everything is stored.")
    expect(page.locator("form[inert]")).to_have_count(0)
    for name in ("systolic_mmhg", "heart_rate_per_min", "measured_at", "device_id", "device_at"):
        expect(vitals.locator(f"[name={name}]")).to_have_value("")
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Restless, asks for")

    with page.expect_response("**/vitals/"):
        fill(page, "vitals", **SIGNS).click()
    expect(page.locator("[data-flowsheet]")).to_contain_text("124/80")
    first, second = session.vital_signs.order_by("revision")[session.vital_signs.count() - 2 :]
    assert (first.systolic_mmhg, first.measured_at, first.device) == (122, measured, device)
    assert (second.systolic_mmhg, second.device) == (124, None)
