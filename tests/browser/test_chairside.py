"""One visit at the chair, as a nurse runs it on a tablet: from the open session to the signature."""

import re
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from playwright.sync_api import Locator, Page, expect

from clinic.clock import now
from sessions_app.models import Session
from tests.browser.conftest import PHONE, TABLET, Windows, picture
from tests.cast import NOW, PASSWORD, House, make_house
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT, STOPPED_AT

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]

# The boxes in their order, as they are typed from one to the next.
CALM = ("122", "78", "71", "98", "14", "36.6", "2", "0")


class Finger:
    """Taps, and knows how often."""

    def __init__(self) -> None:
        self.taps = 0

    def tap(self, place: Locator) -> None:
        place.click()
        self.taps += 1


class Chair:
    """The session's page on the tablet, and the time that passes in front of it."""

    def __init__(self, page: Page, clock: Any) -> None:
        self.page = page
        self.clock = clock

    def at(self, moment: Any) -> None:
        self.clock.move_to(moment)
        self.page.goto(self.page.url.partition("#")[0])

    def to_do(self, words: str) -> None:
        """The page says in its first screen what is to be done now, and goes there."""
        place = self.page.locator(".to-do")
        expect(place).to_contain_text(words)
        expect(place).to_be_in_viewport(ratio=1)
        place.get_by_role("link").click()

    def send(self, act: str) -> None:
        with self.page.expect_navigation():  # otherwise the next step could overtake the answer
            self.page.locator(f"form[action$='/{act}/'] button[type=submit]").first.click()

    def measure(self, *values: str) -> None:
        """Typed from box to box with the keypad's own key."""
        self.page.locator("#vitals [name=systolic_mmhg]").click(click_count=3)
        for value in values:
            self.page.keyboard.type(value)
            self.page.keyboard.press("Enter")

    def way(self, label: str) -> None:
        expect(self.page.locator(".way [aria-current=step]")).to_contain_text(label)


@pytest.mark.drill
def test_a_visit_at_the_chair_from_open_session_to_signature(windows: Windows, settings: Any) -> None:
    settings.IDLE_LOGOFF = timedelta(hours=4)
    with time_machine.travel(NOW) as clock:
        house = make_house()
        stories.arrived_visit(house)
        page = windows.sign_in(house.nils, TABLET)
        page.goto("/nurse/")
        page.set_viewport_size({"width": PHONE[0], "height": PHONE[1]})
        for said in ("Planned", "Arrived", "Protocol"):
            expect(page.locator(f"td[data-label={said}]")).to_be_visible()
        page.set_viewport_size({"width": TABLET[0], "height": TABLET[1]})
        page.get_by_role("button", name="Open session").click()
        chair = Chair(page, clock)
        prepare(chair, house)
        watch(chair)
        a_side_effect_takes_three_taps(chair)
        go_home(chair, house)


def prepare(chair: Chair, house: House) -> None:
    page = chair.page
    chair.way("Checklist")
    chair.to_do("Begin the checklist")
    the_note_that_an_answer_needs_is_said(page)
    groups = page.get_by_role("button", name="All of these pass")
    for _ in range(groups.count()):
        groups.first.click()  # what has passed asks no more
    for item in stories.ASKED:
        page.locator(f"input[name=answers_{item.code}_result][value=pass]").check()
        if item.note_on_pass:
            page.locator(f"input[name=answers_{item.code}_note]").fill("Sam Reyes, 312 555 0100")
    chair.send("checklist")
    chair.way("Dose")
    chair.to_do("Dose and its check")
    page.get_by_label("Weight today").fill("70.0")
    page.get_by_label("50 mg/mL").check()
    page.get_by_label("Final volume of the bag").fill("100")
    chair.send("dose")
    page.get_by_label("Read again: it is so").check()
    chair.send("dose")
    session = Session.objects.get()
    stories.check_dose(house, session, session.dose_worksheets.get(), at=now())
    chair.at(STARTED_AT - timedelta(minutes=5))
    chair.to_do("Vital signs")
    chair.measure(*CALM)
    chair.send("vitals")
    chair.way("Infusing")
    chair.at(STARTED_AT)
    chair.to_do("Start")
    chair.send("start")


def the_note_that_an_answer_needs_is_said(page: Page) -> None:
    """As soon as it is chosen, and until it is there."""
    mood = page.locator(".check").filter(has=page.locator("[name=answers_mood_result]"))
    needed, note = mood.get_by_text("Write down what was found"), mood.locator("[name=answers_mood_note]")
    expect(needed).to_be_hidden()
    mood.get_by_label("Fail").check()
    expect(needed).to_be_visible()
    expect(note).to_have_attribute("required", "")
    note.fill("Low since Friday")
    expect(needed).to_be_hidden()
    note.fill("")


def watch(chair: Chair) -> None:
    """What a nurse needs in the first screen is there; a doubtful value is said before it is sent."""
    page = chair.page
    chair.at(STARTED_AT + timedelta(minutes=4))
    view = page.locator(".in-view")
    expect(view).to_be_in_viewport(ratio=1)
    for words in ("Rosa Delgado", "Infusing", "of 35.0 mg given", "until the bag is empty", "alerts open"):
        expect(view).to_contain_text(words)
    timer = page.locator("[data-due-words]")
    expect(timer).to_have_text(re.compile(r"in 5:\d\d"))
    before = timer.text_content()
    expect(timer).not_to_have_text(before or "")
    # 4 minutes at 150.0 mL/h as the server reckons; from there on it counts by itself.
    total = page.locator("[data-infusion]")
    expect(total.locator("[data-as-of]")).to_contain_text("Counting on")
    expect(total.locator("[data-volume]")).to_have_text(re.compile(r"10\.(0[1-9]|[1-9]\d)"))
    picture(page, "chairside-infusing")

    chair.at(STARTED_AT + timedelta(minutes=14))
    expect(timer).to_have_text(re.compile(r"overdue 4:\d\d"))
    chair.to_do("Measure vital signs")
    chair.measure("185", "78", "71", "88")
    beside = page.locator("[data-met=systolic_mmhg] .met")
    expect(beside).to_contain_text("Raises an alert")
    asks_back = page.locator("[data-met=oxygen_saturation_percent]")
    expect(asks_back).to_contain_text("measure again, then confirm")
    expect(page.locator("[data-met=heart_rate_per_min]")).to_contain_text("No alert")
    assert not Session.objects.get().alerts.exists(), "it is said, and nothing is recorded"
    picture(page, "chairside-live-checks")
    chair.measure(*CALM)
    expect(asks_back).to_contain_text("No alert")
    chair.send("vitals")
    page.get_by_role("link", name="Wrong? Correct it").click()
    expect(page.locator("#vitals [name=systolic_mmhg]")).to_have_value("122")
    page.get_by_role("link", name="Leave it as it is").click()


def a_side_effect_takes_three_taps(chair: Chair) -> None:
    page, finger = chair.page, Finger()
    finger.tap(page.get_by_role("radio", name="Nausea"))
    finger.tap(page.locator("#side_effect").get_by_role("radio", name="2 moderate"))
    with page.expect_navigation():
        finger.tap(page.get_by_role("button", name="Keep the side effect"))
    assert finger.taps <= 3
    session = Session.objects.get()
    effect = session.side_effects.get()
    assert (effect.term, effect.grade) == ("nausea", 2)
    assert abs(effect.onset_at - now()) < timedelta(minutes=1)
    picture(page, "chairside-side-effect")

    better = Finger()
    with page.expect_navigation():
        better.tap(page.get_by_role("button", name="Nausea: Over"))
    assert better.taps == 1
    assert session.side_effects.latest("revision").outcome == "resolved"


def go_home(chair: Chair, house: House) -> None:
    page, session = chair.page, Session.objects.get()
    chair.at(STOPPED_AT)
    page.locator(".reach").get_by_role("link", name="Rate").click()
    expect(page.locator("#rate [name=rate_ml_per_h]")).to_be_in_viewport()
    chair.send("stop")
    chair.way("Recovery")
    observed = page.locator(".criteria li", has_text="Observed for 60 min")
    expect(observed).to_contain_text("Not yet")
    for minutes in (45, 60):
        stories.measure(house, session, stories.calm(STOPPED_AT + timedelta(minutes=minutes), dissociation=0))
    chair.at(STOPPED_AT + timedelta(minutes=61))
    chair.way("Discharge")
    expect(page.locator(".criteria .met-not-yet")).to_have_count(0)
    picture(page, "chairside-going-home")
    chair.to_do("Discharge")
    form = page.locator("#discharge")
    for found in ("oriented", "steady_gait", "iv_removed", "escort_seen", "instructions_given"):
        form.locator(f"input[name={found}]").check()
    for score in ("nausea_pain", "iv_site", "intake"):
        form.locator(f"input[name={score}_score][value='2']").check()
    chair.send("discharge")
    chair.way("Sign")
    stories.account_for_the_vial(house, stories.fresh(session), at=now())
    page.reload()
    chair.to_do("Sign the record")
    page.locator("#sign [name=password]").fill(PASSWORD)
    chair.send("sign")
    expect(page.locator("main h1")).to_contain_text("Signed")
