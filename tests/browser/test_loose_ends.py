"""A day's loose ends in a real Chromium, by mouse and keyboard: a text, a red answer, a freed time."""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import Page, expect

from clinic.models import WorkItem
from notifications.answering import times
from notifications.escalating.clocks import run_clocks
from notifications.models import CheckIn, Message, PatientLink
from notifications.planning.planner import plan as plan_messages
from scheduler.models import Appointment, WaitlistOffer
from tests.browser.conftest import PHONE, TABLET, Windows, picture
from tests.browser.looking import look_at
from tests.cast import NOW, TODAY, House
from tests.notifications.test_check_ins import say
from tests.notifications.texts import alone_on_the_number, give_number, text
from tests.notifications.visits import book, discharge
from tests.scheduler.stage import set_stage
from tests.scheduler.waits import hold_for, join

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
SOON_MS = 15_500  # what others do is asked for every 15 seconds
WAITLIST_SOON_MS = 20_500  # on the waitlist every 20


def test_the_desk_answers_a_text_and_offers_other_times(windows: Windows, house: House) -> None:
    """By keyboard alone: from the list of those who wait to the reply, and to the link with other times."""
    with time_machine.travel(NOW, tick=True):
        give_number(house.clinic)
        alone_on_the_number(house)
        stage = set_stage(house)
        visit = stage.book(stage.plan(), "14:00", TODAY + 3 * DAY)
        text("Something came up, can I come another day?", now=NOW - 25 * timedelta(minutes=1))
        page = windows.sign_in(house.ana)
        page.clock.install()
        page.goto("/threads/")
        expect(page.get_by_text("for 25 min, since")).to_be_visible()
        page.get_by_role("link", name="Rosa Delgado").focus()
        page.keyboard.press("Enter")
        page.wait_for_url(f"**/threads/{house.rosa.pk}/")
        box = page.get_by_label("Reply by text")
        box.focus()
        page.keyboard.type("Of course.")
        page.get_by_role("link", name="Thank you for your message.").focus()
        page.keyboard.press("Enter")
        expect(box).to_have_value("Of course. Thank you for your message.")
        expect(page.get_by_text("55 characters, 1 text")).to_be_visible()
        # What comes while she writes is shown, and takes nothing from her.
        text("Thursday would be best")
        page.clock.run_for(SOON_MS)
        expect(page.get_by_text("Thursday would be best")).to_be_visible()
        expect(box).to_have_value("Of course. Thank you for your message.")
        picture(page, "thread-reply")
        page.get_by_role("button", name="Send it").focus()
        page.keyboard.press("Enter")
        expect(page.get_by_text("Your reply is on its way.")).to_be_visible()

        page.get_by_text("Offer other times by link").focus()
        page.keyboard.press("Enter")
        page.get_by_role("button", name="Instead of Thu, Jan 14, 14:00").press("Enter")
        expect(page.get_by_text("The link to choose another time is on its way.")).to_be_visible()
        assert look_at(page) == []
        link = PatientLink.objects.get(purpose="times")
        assert times.request_of(link).appointment == visit
        assert Message.objects.filter(kind="reply").count() == 2
        page.goto("/threads/")
        expect(page.get_by_text("Nobody waits")).to_be_visible()
        page.goto("/tasks/")
        expect(page.get_by_role("link", name=times.TITLE, exact=True)).to_be_visible()


def test_the_nurse_takes_a_red_answer_calls_and_closes_it(windows: Windows, house: House) -> None:
    visit = book(house, house.rosa, NOW - DAY)
    discharge(visit, NOW - DAY + 3 * HOUR)
    with time_machine.travel(NOW, tick=True) as clock:
        plan_messages(now=NOW)
        say(CheckIn.objects.get(), "safety", "yes", NOW)
        run_clocks(now=NOW)
        page = windows.sign_in(house.nils, TABLET)
        page.goto("/tasks/")
        escalations = page.get_by_role("region", name="Escalations")
        expect(escalations.get_by_text("1 open, 1 red")).to_be_visible()
        expect(escalations.get_by_text("Second in turn is called in")).to_be_visible()
        picture(page, "escalation")
        assert look_at(page) == []
        escalations.get_by_role("link", name="Call the patient now").first.focus()
        page.keyboard.press("t")
        expect(page.get_by_text("The task is yours.")).to_be_visible()
        item = WorkItem.objects.get()
        assert item.acknowledged_by == house.nils
        expect(page.get_by_role("link", name="(312) 555-0142")).to_have_attribute(
            "href", f"tel:{house.rosa.phone}"
        )
        page.get_by_text("Note what was tried").click()
        page.get_by_label("Called: nobody answered").check()
        page.get_by_role("button", name="Keep the note").click()
        expect(page.get_by_text("Nils Berg: Called: nobody answered.")).to_be_visible()

        clock.shift(timedelta(minutes=4))
        closing = page.locator("#close")
        closing.get_by_label("Called and talked with the patient").check()
        page.get_by_role("button", name="Close the task").click()
        expect(page.get_by_text("Of a red one say in your own words")).to_be_visible()
        expect(closing.get_by_label("Called and talked with the patient")).to_be_checked()
        closing.get_by_label("In your words").fill("She is with her sister; seen here at noon.")
        page.get_by_role("button", name="Close the task").click()
        expect(page.get_by_text("The task is closed.")).to_be_visible()
        expect(page.get_by_text("Nothing waits", exact=True)).to_be_visible()
        item.refresh_from_db()
        outcome = "Called and talked with the patient. She is with her sister; seen here at noon."
        assert item.outcome == outcome


def test_what_somebody_else_takes_is_seen_without_loading_the_page_again(
    windows: Windows, house: House
) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)
    with time_machine.travel(NOW, tick=True):
        text("Can I bring my sister?")
        ana, nils = windows.sign_in(house.ana), windows.sign_in(house.nils, PHONE)
        ana.clock.install()
        ana.goto("/tasks/")
        nils.goto("/tasks/")
        take(nils)
        ana.clock.run_for(SOON_MS)
        expect(ana.get_by_text("Nils Berg", exact=True)).to_be_visible()
        expect(ana.get_by_role("button", name="Take it")).to_have_count(0)


def take(page: Page) -> None:
    page.get_by_role("button", name="Take it").first.click()
    expect(page.get_by_text("The task is yours.")).to_be_visible()


def test_the_desk_offers_a_freed_time_to_the_waitlist(windows: Windows, house: House) -> None:
    with time_machine.travel(NOW, tick=True):
        stage = set_stage(house)
        join(stage, stage.plan(), now=NOW - 9 * DAY)
        join(stage, stage.plan(house.omar), now=NOW - 2 * DAY)
        page = windows.sign_in(house.ana)
        page.goto("/waitlist/")
        page.get_by_role("link", name="Tue, Jan 12").first.click()
        fits = page.get_by_role("region", name="Free time that fits: Tue, Jan 12")
        expect(fits.get_by_role("heading")).to_have_text(
            ["Free time that fits: Tue, Jan 12", "Rosa Delgado", "Omar Haddad"]
        )
        assert look_at(page) == []
        fits.get_by_role("link", name="Rosa Delgado", exact=True).focus()
        page.keyboard.press("ArrowDown")
        expect(fits.get_by_role("link", name="Omar Haddad", exact=True)).to_be_focused()
        page.keyboard.press("ArrowUp")
        page.keyboard.press("t")
        expect(page.get_by_text("The time is held for Rosa Delgado, who gets a message.")).to_be_visible()
        offered = page.get_by_role("region", name="On offer now")
        expect(offered.get_by_text("left to answer")).to_be_visible()
        picture(page, "waitlist-offered")
        offered.get_by_role("button", name="Says yes").click()
        page.wait_for_url("**/visits/**")
        offer = WaitlistOffer.objects.get()
        assert (offer.status, offer.entry.patient) == ("accepted", house.rosa)
        assert Appointment.objects.get(pk=offer.appointment_id).status == "booked"


def test_a_tick_stands_in_a_list_that_renews_itself(windows: Windows, house: House) -> None:
    """Though the focus has gone elsewhere by then."""
    with time_machine.travel(NOW, tick=True):
        stage = set_stage(house, fasting=True)
        hold_for(stage, join(stage, stage.plan()), "11:00", TODAY)
        page = windows.sign_in(house.ana)
        page.clock.install()
        page.goto("/waitlist/")
        asked = page.get_by_label("I have asked: they have")
        asked.check()
        page.get_by_role("link", name="The day board").focus()
        join(stage, stage.plan(house.omar))
        page.clock.run_for(WAITLIST_SOON_MS)
        expect(page.get_by_role("link", name="Omar Haddad").first).to_be_visible()
        expect(asked).to_be_checked()
        page.get_by_role("button", name="Says yes").click()
        page.wait_for_url("**/visits/**")
