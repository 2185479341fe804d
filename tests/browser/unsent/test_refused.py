"""An entry that the server refuses is mended by a person, and holds up nothing but what was entered on top of
it (docs/decisions/0012-unsent-entries.md)."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Locator, Page, Request, Route, expect

from clinic import clock
from clinic.models import Allergy
from sessions_app import notes
from sessions_app.infusing import infusion, stopping
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
    nothing_waits,
    steps,
    waits,
)
from tests.cast import House, new_id
from tests.sessions_app import stories

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]


@pytest.fixture
def page(page: Page) -> Page:
    """A form waits a second and a half for its entry's answer; then it is for the next one, and only the list
    tells of a refusal. These stories are of answers that come in time, however busy the machine is."""
    page.route(re.compile(r"/unsent(\.\w+)?\.js"), with_patience)
    page.reload()
    return page


def with_patience(route: Route) -> None:
    script = route.fetch().text()
    assert "SOON = 1_500" in script
    route.fulfill(body=script.replace("SOON = 1_500", "SOON = 60_000"), content_type="text/javascript")


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


def test_a_form_that_is_on_its_way_comes_once(page: Page, house: House, session: Session) -> None:
    """The list offers to correct an entry whose form is being fetched already."""
    now, nils = clock.now(), house.actor(house.nils)
    report = Report(term="nausea", grade=2, onset_at=now - timedelta(minutes=5))
    side_effects.record_side_effect(actor=nils, id=new_id(), session=session, report=report, now=now)
    page.reload()
    fill(page, "note", text="Restless, asks for")
    page.clock.fast_forward(120_000)  # the tablet's clock alone
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
    nothing_waits(page)
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
    expect(page.get_by_role("button", name="Send it again")).to_have_count(0)
    expect(page.locator("#unsent")).to_contain_text("Sent again as it is, it would be refused again")
    assert session.notes.count() == 1
    assert steps(session) == ["start", "rate"]


def test_a_step_that_can_never_be_recorded_says_so_and_is_told_in_a_note(
    called_to_the_chair: None, page: Page, passing: Passing, house: House, session: Session
) -> None:
    """A colleague has stopped what waits to be resumed: neither mending nor sending it again helps."""
    page.context.set_offline(True)
    enter(page, "resume")
    passing.wait(5)
    stopping.stop(actor=house.actor(house.priya), id=new_id(), session=session, now=clock.now())
    page.context.set_offline(False)
    listed = page.locator("#unsent")
    expect(listed.get_by_text("1 entry can't be recorded any more: decide about it.")).to_be_visible()
    expect(listed).to_contain_text("however often it is sent")
    for futile in ("Send it again", "Correct it"):
        expect(listed.get_by_role("button", name=futile)).to_have_count(0)
    listed.get_by_role("button", name="Tell it in a note").click()
    note = form_of(page, "note")
    expect(note.locator("[name=text]")).to_be_focused()
    expect(note.locator("[name=text]")).to_have_value(
        re.compile("^Resume at 09:30, not recorded: .*Priya Nair")
    )
    note.locator("button[type=submit]").click()
    all_is_stored(page)
    assert session.notes.get().text.startswith("Resume at 09:30, not recorded: ")
    assert steps(session) == ["start", "pause", "stop"]


def test_a_step_that_is_too_late_at_the_press_brings_the_record_as_it_stands(
    page: Page, house: House, session: Session
) -> None:
    stopping.stop(actor=house.actor(house.priya), id=new_id(), session=session, now=clock.now())
    fill(page, "pause").click()
    expect(page.locator("main h1")).to_contain_text("Recovering")
    waits(page, "Pause")
    expect(page.locator("#unsent")).to_contain_text("It can't be recorded any more")
    page.get_by_role("button", name="Throw it away").click()
    page.get_by_role("button", name="Throw it away for good").click()
    all_is_stored(page)
    assert steps(session) == ["start", "stop"]


def test_what_the_server_broke_on_is_sent_again(
    page: Page, session: Session, monkeypatch: pytest.MonkeyPatch
) -> None:
    """No form has looked at it: nothing is to be mended, and the next time the server may be well."""
    page.context.set_offline(True)
    enter(page, "note", text="Calm.")
    with monkeypatch.context() as broken:
        broken.delattr(notes, "write")
        page.context.set_offline(False)
        expect(page.locator("#unsent li .mend").first).to_contain_text("Something broke on our side")
        expect(page.get_by_role("button", name="Correct it")).to_be_visible()
    page.get_by_role("button", name="Send it again").click()
    all_is_stored(page)
    assert session.notes.get().text == "Calm."


def test_what_was_refused_of_one_patient_is_one_quiet_line_on_anothers_page(
    page: Page, house: House, session: Session
) -> None:
    fill(page, "rate", rate_ml_per_h="1500.0").click()
    is_said_in_red(page)
    omars = stories.infusing(house, house.omar)
    page.goto(f"/sessions/{omars.pk}/")
    line = page.locator("#unsent [data-elsewhere] li")
    expect(line).to_have_text(re.compile(r"Rosa Delgado: 1 entry was refused: mend it\."))
    waits(page)
    expect(page.locator("#unsent")).to_have_class(re.compile("banner-info"))
    expect(page.locator(".reach")).not_to_contain_text("refused")
    fill(page, "note", text="Calm.").click()
    expect(page.get_by_text("The note is kept.")).to_be_visible()
    line.get_by_role("link", name="Rosa Delgado").click()
    page.wait_for_url(f"**/sessions/{session.pk}/")
    waits(page, "New rate")
