"""A form whose entry the server refused comes back to be mended, beside what is being typed by then
(docs/decisions/0012-unsent-entries.md)."""

import re

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from clinic import clock
from sessions_app.infusing import infusion
from sessions_app.models import Session
from tests.browser.conftest import DESK, PHONE, TABLET
from tests.browser.unsent.tablet import (
    CLOSE,
    SIGNS,
    Passing,
    all_is_stored,
    comes_back,
    fill,
    form_of,
)
from tests.cast import House, new_id
from tests.sessions_app import effect_stories, stories

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unhurried"),
]


def refuse_a_low_saturation(page: Page) -> Locator:
    """A full set whose saturation is to be measured again; what comes back is its form."""
    full = {"respiratory_rate_per_min": "14", "temperature_cel": "36.8", "pain_nrs": "1", "rass": "0"}
    low = {"oxygen_saturation_percent": "87", "dissociation": "3", "distress": "1"}
    with comes_back(page):
        fill(page, "vitals", **{**SIGNS, **full, **low, "systolic_mmhg": "188"}).click()
    form = form_of(page, "vitals")
    expect(form.locator(".mend").first).to_contain_text("measure again, then confirm")
    return form


def nauseous_and_a_tablet_ahead(page: Page, house: House, session: Session) -> None:
    """Whoever taps that it is over says so of a moment that is still to come. A note is being typed."""
    effect_stories.report(house, session, now=clock.now(), grade=2)
    page.reload()
    fill(page, "note", text="Restless, asks for")
    page.clock.fast_forward(120_000)  # the tablet's clock alone


@pytest.mark.drill
def test_a_set_that_is_measured_again_is_of_the_second_measurement(
    page: Page, passing: Passing, session: Session
) -> None:
    for _ in range(2):
        form = refuse_a_low_saturation(page)
        expect(form.locator("[name=measured_at]")).to_have_value("")
        passing.wait(120)
    reading = page.locator("tr.unsent-row")
    expect(reading).to_contain_text("Asked whether it is so")
    expect(reading).not_to_contain_text("Not sent yet")
    expect(reading).not_to_contain_text("Refused")
    form.locator("[name=confirmed]").check()
    again = clock.now()
    form.locator("button[type=submit]").click()
    all_is_stored(page)
    kept = session.vital_signs.latest("revision")
    assert kept.oxygen_saturation_percent == 87
    assert abs(kept.measured_at - again) < CLOSE


def test_a_question_is_no_refusal(page: Page) -> None:
    """It is answered in its form, and nothing about it is red."""
    form = refuse_a_low_saturation(page)
    expect(page.locator("#refused.banner-warning")).to_contain_text("Not kept yet: record vital signs.")
    listed = page.locator("#unsent")
    expect(listed.get_by_text("1 entry asks whether it is so: answer it.")).to_be_visible()
    expect(listed).to_have_class(re.compile("banner-warning"))
    expect(listed.locator(".asks")).to_contain_text("measure again, then confirm")
    expect(listed.locator(".mend")).to_be_hidden()
    expect(listed.get_by_role("button", name="Send it again")).to_have_count(0)
    page.evaluate("scrollTo(0, 0)")
    listed.get_by_role("button", name="Answer it").click()
    expect(form.locator("[name=oxygen_saturation_percent]")).to_be_in_viewport()


def test_a_refused_set_comes_back_beside_what_is_being_typed(page: Page, session: Session) -> None:
    """Nobody leaves a half-written note behind; mended and stored, the set makes room for the next."""
    fill(page, "note", text="Restless, asks for")
    page.evaluate("window.before = true")
    fill(page, "vitals", **{**SIGNS, "systolic_mmhg": "999"}).click()
    form = form_of(page, "vitals")
    expect(form.locator(".mend").first).to_contain_text("Enter a value from")
    expect(page.locator("#refused")).to_contain_text("Not done")
    expect(form.locator("[name=heart_rate_per_min]")).to_have_value(SIGNS["heart_rate_per_min"])

    fill(page, "vitals", systolic_mmhg="129").click()
    expect(page.locator("#unsent")).to_contain_text("Everything is stored.")
    expect(page.locator("#refused")).to_have_count(0)
    expect(form.locator(".mend")).to_have_count(0)
    expect(form.locator("[name=systolic_mmhg]")).to_have_value("")
    enter_next = fill(page, "vitals", **SIGNS)
    expect(page.locator("form[inert]")).to_have_count(0)
    enter_next.click()
    expect(page.locator("[data-flowsheet]")).to_contain_text("124/80")
    expect(page.locator("tr.unsent-row")).to_have_count(0)
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Restless, asks for")
    assert page.evaluate("window.before"), "the page was never loaded anew"
    recorded = session.vital_signs.order_by("revision").values_list("systolic_mmhg", flat=True)
    assert list(recorded)[-2:] == [129, int(SIGNS["systolic_mmhg"])]


@pytest.mark.drill
def test_a_refusal_beside_what_is_typed_shows_the_steps_that_are_possible_now(
    page: Page, house: House, session: Session
) -> None:
    """A colleague has paused; the badge that says so must not stand beside a button to pause."""
    fill(page, "note", text="Restless, asks for")
    infusion.pause(actor=house.actor(house.priya), id=new_id(), session=session, now=clock.now())
    fill(page, "vitals", **{**SIGNS, "systolic_mmhg": "999"}).click()
    expect(form_of(page, "vitals").locator(".mend").first).to_contain_text("Enter a value from")
    expect(page.locator("main h1")).to_contain_text("Paused")
    expect(form_of(page, "pause")).to_be_hidden()
    expect(form_of(page, "resume")).to_be_visible()
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Restless, asks for")


def test_a_refused_tap_is_mended_beside_what_is_being_typed(
    page: Page, house: House, session: Session
) -> None:
    """The tap has no boxes of its own: the form of its side effect comes into the page, and goes when the tap
    is stored."""
    nauseous_and_a_tablet_ahead(page, house, session)
    page.get_by_role("button", name="Nausea: Over").click()
    course = page.locator("section[id^=part-course]")
    expect(course).to_contain_text("Nausea: how is it now?")
    mend = course.locator(".mend", has_text="This moment is in the future.").first
    expect(mend).to_be_in_viewport()

    for name in ("as_of", "ended_at"):
        course.locator(f"[name={name}]").fill("2027-01-11T09:30")
    course.locator("button[type=submit]").click()
    expect(page.locator("#unsent")).to_contain_text("Everything is stored.")
    expect(course).to_have_count(0)
    expect(page.locator(".effects-now li")).to_have_count(0)
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Restless, asks for")
    assert session.side_effects.latest("revision").outcome == "resolved"


@pytest.mark.drill
def test_a_refused_tap_whose_form_did_not_come_is_mended_from_the_list(
    page: Page, house: House, session: Session
) -> None:
    """Refused at the press, and the connection went before its form came: the list brings it."""
    nauseous_and_a_tablet_ahead(page, house, session)
    page.route("**/sessions/connection/", lambda route: route.abort())
    page.get_by_role("button", name="Nausea: Over").click()
    expect(page.locator("#unsent li .mend").first).to_contain_text("This moment is in the future.")
    expect(page.get_by_role("button", name="Try now")).to_be_visible()  # it was looked for in vain
    page.unroute("**/sessions/connection/")
    page.get_by_role("button", name="Correct it").click()
    course = page.locator("section[id^=part-course]")
    expect(course.locator(".mend").first).to_be_in_viewport()

    for moment in ("2027-01-11T09:59", "2027-01-11T09:30"):
        for name in ("as_of", "ended_at"):
            course.locator(f"[name={name}]").fill(moment)
        course.locator("button[type=submit]").click()
        if moment.endswith("59"):
            expect(course.locator("[name=as_of]")).to_have_value(re.compile("^2027-01-11T09:59"))
            expect(course.locator(".mend").first).to_be_in_viewport()
    expect(page.locator("#unsent")).to_contain_text("Everything is stored.")
    expect(course).to_have_count(0)
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Restless, asks for")
    assert session.side_effects.latest("revision").outcome == "resolved"


@pytest.mark.drill
def test_a_form_that_is_on_its_way_comes_once(page: Page, house: House, session: Session) -> None:
    """The list offers to correct an entry whose form is being fetched already."""
    nauseous_and_a_tablet_ahead(page, house, session)
    held: list[Route] = []
    page.route("**/sessions/connection/", lambda route: held.append(route))
    with page.expect_request("**/sessions/connection/"):
        page.get_by_role("button", name="Nausea: Over").click()
    page.get_by_role("button", name="Correct it").click()
    page.unroute("**/sessions/connection/")
    posted: list[Request] = []
    page.on("request", lambda asked: posted.append(asked) if asked.method == "POST" else None)
    for route in held:
        route.continue_()
    course = page.locator("section[id^=part-course]")
    expect(course.locator(".mend").first).to_be_in_viewport()
    page.wait_for_load_state("networkidle")
    expect(course).to_have_count(1)
    assert len(posted) == 1


@pytest.mark.drill
def test_a_refused_tap_stands_beside_the_course_that_is_being_typed(
    page: Page, passing: Passing, house: House, session: Session
) -> None:
    """Two forms of one kind: each label leads to its own box, and what was typed goes where it was typed."""
    for term in ("nausea", "headache"):
        effect_stories.report(house, session, now=clock.now(), term=term, grade=2)
    page.goto(f"/sessions/{session.pk}/?continue={session.side_effects.get(term='nausea').pk}")
    typing = page.locator("#part-course")
    typing.locator("[name=action]").fill("Ondansetron, lies")
    page.clock.fast_forward(120_000)  # the tablet's clock alone
    page.get_by_role("button", name="Headache: Over").click()
    refused = page.locator("section[id^=part-course-]")
    expect(refused).to_contain_text("Headache: how is it now?")
    expect(refused.locator(".mend").first).to_be_in_viewport()
    ids = page.locator("[id]").evaluate_all("all => all.map((each) => each.getAttribute('id'))")
    assert sorted(ids) == sorted(set(ids))

    for name in ("as_of", "ended_at"):
        refused.locator(f"[name={name}]").fill("2027-01-11T09:30")
    refused.locator("button[type=submit]").click()
    expect(page.locator("#unsent")).to_contain_text("Everything is stored.")
    expect(refused).to_have_count(0)
    expect(typing.locator("[name=action]")).to_have_value("Ondansetron, lies")
    passing.server.shift(120)
    typing.get_by_label("What was done").fill("Ondansetron, lies down")
    fill(page, "note", text="Quiet")
    with page.expect_response("**/course/"):
        typing.locator("button[type=submit]").click()
    expect(typing).to_have_count(0)  # it showed how it was before this entry
    states = session.side_effects.order_by("revision").values_list("term", "outcome", "action")
    over, going_on = list(states)[-2:]
    assert over == ("headache", "resolved", "")
    assert going_on == ("nausea", "ongoing", "Ondansetron, lies down")


@pytest.mark.drill
def test_a_refused_checklist_passes_a_group_with_one_tap_as_before(page: Page, house: House) -> None:
    omars = stories.arrived(house, house.omar)
    page.goto(f"/sessions/{omars.pk}/")
    passes = page.get_by_role("button", name="All of these pass")
    groups = passes.count()
    assert groups
    fill(page, "note", text="Asks for")
    fill(page, "checklist", answers_ride_home_result="pass", answers_ride_home_note="").click()
    form = form_of(page, "checklist")
    expect(form.locator(".mend").first).to_be_in_viewport()
    expect(passes).to_have_count(groups)
    for _ in range(groups):
        passes.first.click()
    expect(passes).to_have_count(0)
    expect(form.locator("[data-passes]", has_text="Marked as passed, not saved yet")).to_have_count(groups)
    expect(form_of(page, "note").locator("[name=text]")).to_have_value("Asks for")


@pytest.mark.drill
def test_a_moment_that_was_typed_stays_in_the_refused_form(page: Page, session: Session) -> None:
    form_of(page, "vitals").locator("details.rarely summary").click()
    fill(page, "vitals", measured_at="2027-01-11T09:27")
    form = refuse_a_low_saturation(page)
    expect(form.locator("[name=measured_at]")).to_have_value(re.compile("^2027-01-11T09:27"))


@pytest.mark.drill
def test_the_alarm_of_a_refused_set_is_in_view_beside_the_field_to_mend(page: Page) -> None:
    refuse_a_low_saturation(page)
    above = [page.locator(part).bounding_box() for part in ("#alerts", "#refused", "#unsent")]
    heights = [box["y"] for box in above if box]
    assert heights == sorted(heights), "what the patient has stands above what the entry lacks"
    assert len(heights) == 3
    alarm = page.locator(".reach").get_by_role("link", name="Stop Oxygen saturation 87 %: below 90.")
    field = page.locator("#vitals [name=oxygen_saturation_percent]")
    expect(alarm).to_be_in_viewport(ratio=1)
    for width, height in (DESK, TABLET, PHONE):
        page.set_viewport_size({"width": width, "height": height})
        page.evaluate("document.activeElement.scrollIntoView({ block: 'center' })")
        expect(alarm).to_be_in_viewport(ratio=1)
        expect(field).to_be_in_viewport(ratio=1)
        expect(field).to_be_focused()
    alarm.click()
    expect(page.locator("#alerts .alert-stop")).to_be_in_viewport()
