"""An entry that the server refuses is mended by a person, and holds up nothing but what was entered on top of
it (docs/decisions/0012-unsent-entries.md)."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, expect

from clinic import clock
from clinic.models import Allergy
from sessions_app.infusing import infusion
from sessions_app.models import Session
from sessions_app.observing import side_effects
from sessions_app.observing.side_effects import Report
from tests.browser.conftest import DESK, PHONE, TABLET
from tests.browser.unsent.tablet import (
    CLOSE,
    MID_INFUSION,
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
from tests.sessions_app import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


def refuse_a_low_saturation(page: Page) -> Locator:
    """A full set whose saturation is to be measured again; what comes back is its form."""
    full = {"respiratory_rate_per_min": "14", "temperature_cel": "36.8", "pain_nrs": "1", "rass": "0"}
    low = {"oxygen_saturation_percent": "87", "dissociation": "3", "distress": "1"}
    with comes_back(page):
        fill(page, "vitals", **{**SIGNS, **full, **low, "systolic_mmhg": "188"}).click()
    form = form_of(page, "vitals")
    expect(form.locator(".mend").first).to_contain_text("measure again, then confirm")
    return form


def test_a_set_that_is_measured_again_is_of_the_second_measurement(
    page: Page, passing: Passing, session: Session
) -> None:
    for _ in range(2):
        form = refuse_a_low_saturation(page)
        expect(form.locator("[name=measured_at]")).to_have_value("")
        passing.wait(120)
    reading = page.locator("tr.unsent-row")
    expect(reading).to_contain_text("Refused")
    expect(reading).not_to_contain_text("Not sent yet")
    form.locator("[name=confirmed]").check()
    again = clock.now()
    form.locator("button[type=submit]").click()
    all_is_stored(page)
    kept = session.vital_signs.latest("revision")
    assert kept.oxygen_saturation_percent == 87
    assert abs(kept.measured_at - again) < CLOSE


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
    now, nils = clock.now(), house.actor(house.nils)
    report = Report(term="nausea", grade=1, onset_at=now - timedelta(minutes=5))
    side_effects.record_side_effect(actor=nils, id=new_id(), session=session, report=report, now=now)
    page.reload()
    fill(page, "note", text="Restless, asks for")
    page.clock.fast_forward(120_000)  # the tablet's clock alone
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


def test_a_refused_tap_whose_form_did_not_come_is_mended_from_the_list(
    page: Page, house: House, session: Session
) -> None:
    """Refused at the press, and the connection went before its form came: the list brings it."""
    now, nils = clock.now(), house.actor(house.nils)
    report = Report(term="nausea", grade=2, onset_at=now - timedelta(minutes=5))
    side_effects.record_side_effect(actor=nils, id=new_id(), session=session, report=report, now=now)
    page.reload()
    fill(page, "note", text="Restless, asks for")
    page.clock.fast_forward(120_000)  # the tablet's clock alone
    page.route("**/sessions/connection/", lambda route: route.abort())
    page.get_by_role("button", name="Nausea: Over").click()
    expect(page.locator("#unsent li .mend").first).to_contain_text("This moment is in the future.")
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


def test_a_refused_tap_stands_beside_the_course_that_is_being_typed(
    page: Page, passing: Passing, house: House, session: Session
) -> None:
    """Two forms of one kind: each label leads to its own box, and what was typed goes where it was typed."""
    now, nils = clock.now(), house.actor(house.nils)
    for term in ("nausea", "headache"):
        report = Report(term=term, grade=2, onset_at=now - timedelta(minutes=5))
        side_effects.record_side_effect(actor=nils, id=new_id(), session=session, report=report, now=now)
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
    typing.locator("button[type=submit]").click()
    expect(typing).to_have_count(0)  # it showed how it was before this entry
    states = session.side_effects.order_by("revision").values_list("term", "outcome", "action")
    over, going_on = list(states)[-2:]
    assert over == ("headache", "resolved", "")
    assert going_on == ("nausea", "ongoing", "Ondansetron, lies down")


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


def test_a_moment_that_was_typed_stays_in_the_refused_form(page: Page, session: Session) -> None:
    form_of(page, "vitals").locator("details.rarely summary").click()
    fill(page, "vitals", measured_at="2027-01-11T09:27")
    form = refuse_a_low_saturation(page)
    expect(form.locator("[name=measured_at]")).to_have_value(re.compile("^2027-01-11T09:27"))


def test_the_alarm_of_a_refused_set_is_in_view_beside_the_field_to_mend(page: Page) -> None:
    refuse_a_low_saturation(page)
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


def test_a_refused_entry_waits_for_a_person_and_holds_up_nothing(
    page: Page, passing: Passing, session: Session
) -> None:
    page.context.set_offline(True)
    enter(page, "vitals", **{**SIGNS, "systolic_mmhg": "999"})
    passing.wait(10)
    enter(page, "note", text="Restless.")
    enter(page, "rate", rate_ml_per_h="100.0")
    page.context.set_offline(False)
    expect(page.locator("#unsent").get_by_text("1 entry was refused: mend it.")).to_be_visible()
    expect(page.locator("#unsent li")).to_have_count(1)
    expect(page.locator("#unsent li .mend").first).to_contain_text("Systolic")
    waits(page, "Vital signs")
    assert session.notes.get().text == "Restless."
    assert steps(session) == ["start", "rate"], "a step presupposes no reading"

    passing.wait(60)
    page.get_by_role("button", name="Correct it").click()
    form = form_of(page, "vitals")
    expect(form.locator(".mend").first).to_be_visible()
    expect(form.locator("[name=heart_rate_per_min]")).to_have_value("73")
    assert form.locator("[name=measured_at]").input_value().startswith("2027-01-11T09:30")
    fill(page, "vitals", systolic_mmhg="129").click()
    all_is_stored(page)
    reading = session.vital_signs.latest("revision")
    assert (reading.systolic_mmhg, session.vital_signs.count()) == (129, 2)
    assert abs(reading.measured_at - MID_INFUSION) < timedelta(seconds=55)


def test_a_refused_entry_is_thrown_away_only_after_a_second_question(
    page: Page, passing: Passing, session: Session
) -> None:
    page.context.set_offline(True)
    enter(page, "bolus", volume_ml="5000.0")
    enter(page, "note", text="Restless.")
    page.context.set_offline(False)
    expect(page.locator("#unsent li")).to_have_count(1)
    expect(page.locator("#unsent li .mend").first).to_contain_text("The whole bag holds")
    page.get_by_role("button", name="Throw it away").click()
    page.get_by_role("button", name="Leave it").click()
    waits(page, "Bolus")
    page.get_by_role("button", name="Throw it away").click()
    page.get_by_role("button", name="Throw it away for good").click()
    all_is_stored(page)
    assert steps(session) == ["start"]
    assert session.notes.get().text == "Restless."


def is_said_in_red(page: Page) -> None:
    """At the top and where the thumb is."""
    expect(page.locator("#unsent.banner-error").get_by_text("1 entry was refused: mend it.")).to_be_visible()
    expect(page.locator(".reach").get_by_role("link", name="1 entry was refused: mend it.")).to_be_visible()


@pytest.mark.parametrize("halt", ["pause", "stop"])
def test_a_refused_rate_holds_up_no_pause_and_no_stop(page: Page, session: Session, halt: str) -> None:
    fill(page, "rate", rate_ml_per_h="1500.0").click()
    expect(page.locator("form[action$='/rate/'] .mend").first).to_be_visible()
    is_said_in_red(page)
    expect(page.locator(".reach").get_by_role("button", name="Pause")).to_be_visible()

    fill(page, halt).click()
    expect(page.locator("main h1")).to_contain_text({"pause": "Paused", "stop": "Recovering"}[halt])
    assert steps(session) == ["start", halt]
    expect(page.locator("[name=rate_ml_per_h]")).to_have_value("1500.0")
    is_said_in_red(page)
    waits(page, "New rate")


@pytest.fixture
def called_to_the_chair(house: House, session: Session) -> None:
    """A saturation past the stop limit, and a pause."""
    low = stories.calm(clock.now(), oxygen_saturation_percent=89, confirmed=True)
    stories.measure(house, session, low)
    infusion.pause(actor=house.actor(house.nils), id=new_id(), session=session, now=clock.now())


def test_a_refused_resumption_lets_the_set_through_that_it_asks_for(
    called_to_the_chair: None, page: Page, passing: Passing, session: Session
) -> None:
    fill(page, "resume").click()
    expect(page.locator("form[action$='/resume/'] .banner-error")).to_contain_text("full set")
    is_said_in_red(page)
    passing.wait(60)
    fill(page, "vitals", **{**SIGNS, "systolic_mmhg": "205"}).click()
    expect(page.locator("#alerts")).to_contain_text("205")
    assert session.vital_signs.latest("revision").systolic_mmhg == 205
    assert session.alerts.filter(detail__contains="205").exists()
    is_said_in_red(page)
    assert steps(session) == ["start", "pause"]


def test_only_what_was_entered_on_top_of_a_refused_step_waits_for_it(
    called_to_the_chair: None, page: Page, session: Session
) -> None:
    page.context.set_offline(True)
    enter(page, "resume")
    enter(page, "rate", rate_ml_per_h="100.0")
    enter(page, "note", text="Sleeps.")
    enter(page, "stop")
    with comes_back(page):
        page.context.set_offline(False)
    expect(page.locator("main h1")).to_contain_text("Recovering")
    waits(page, "Resume", "New rate")
    is_said_in_red(page)
    expect(page.get_by_text("1 entry is not sent yet.")).to_be_visible()
    assert session.notes.count() == 1
    assert steps(session) == ["start", "pause", "stop"]


def test_a_refused_medicine_holds_up_no_vital_signs(page: Page, house: House, session: Session) -> None:
    Allergy.objects.create(patient=house.rosa, substance="Testosetron")
    page.context.set_offline(True)
    given = {"medicine": "Testosetron", "amount": "4", "route": "oral", "reason": "Nausea"}
    enter(page, "medicine", **given, unit="mg", ordered_by=str(house.priya.pk))
    enter(page, "vitals", **SIGNS)
    page.context.set_offline(False)
    expect(page.locator("#unsent li")).to_have_count(1)
    expect(page.locator("#unsent li .mend").first).to_contain_text("An allergy on record has this name.")
    is_said_in_red(page)
    assert session.vital_signs.count() == 2
    assert session.medicines_given.count() == 0


def test_one_s_own_later_entry_makes_no_refused_step_stale(page: Page, session: Session) -> None:
    page.context.set_offline(True)
    enter(page, "rate", rate_ml_per_h="5000.0")
    enter(page, "note", text="Restless.")
    page.context.set_offline(False)
    page.get_by_role("button", name="Correct it").click()
    page.wait_for_url("**/rate/")
    expect(form_of(page, "rate").locator(".mend").first).to_contain_text("read the rate again")
    fill(page, "rate", rate_ml_per_h="140.0").click()
    all_is_stored(page)
    assert steps(session) == ["start", "rate"]


def test_a_kept_step_is_refused_on_what_a_colleague_has_done_meanwhile(
    page: Page, passing: Passing, house: House, session: Session
) -> None:
    page.context.set_offline(True)
    enter(page, "note", text="Wants it slower.")
    enter(page, "rate", rate_ml_per_h="100.0")
    passing.wait(5)
    infusion.change_rate(
        actor=house.actor(house.priya),
        id=new_id(),
        session=session,
        rate_ml_per_h=Decimal("120.0"),
        now=clock.now(),
    )
    page.context.set_offline(False)
    expect(page.locator("#unsent li .mend").first).to_contain_text("Priya Nair changed the rate at 09:30")
    assert session.notes.count() == 1
    assert steps(session) == ["start", "rate"]
