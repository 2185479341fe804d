"""An entry that the server refuses is mended by a person, and holds up nothing but what was entered on top of
it (docs/decisions/0012-unsent-entries.md)."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import Page, expect

from clinic import clock
from clinic.models import Allergy
from sessions_app import notes
from sessions_app.infusing import infusion, stopping
from sessions_app.models import Session
from tests.browser.unsent.tablet import (
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

pytestmark = [
    pytest.mark.browser,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("unhurried"),
]


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


@pytest.mark.parametrize("halt", [pytest.param("pause", marks=pytest.mark.drill), "stop"])
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


@pytest.mark.drill
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


@pytest.mark.drill
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


@pytest.mark.drill
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


@pytest.mark.drill
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
