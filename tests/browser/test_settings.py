"""The editors in a browser: each box is looked through while somebody types in it, and what a change would
touch stands beside it before it is made. Only a browser shows when, and that nothing typed is lost.
"""

from datetime import timedelta

import pytest
import time_machine
from playwright.sync_api import expect

from clinic.models import Membership, Role
from scheduler.models import DayHours, Protocol, WorkingPattern
from tests.browser.conftest import DESK, PHONE, TABLET, Windows, picture
from tests.browser.looking import look_at
from tests.cast import NOW, TODAY, House, make_house
from tests.scheduler.stage import Stage, set_stage

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
TUESDAY = TODAY + timedelta(days=1)


@pytest.fixture
def house() -> House:
    return make_house()


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def test_weekly_hours_are_drawn_while_they_are_typed_and_set_in_one_go(
    windows: Windows, stage: Stage
) -> None:
    with time_machine.travel(NOW, tick=True):
        WorkingPattern.objects.create(
            resource=stage.chairs[0], weekday=5, starts_at="09:00", ends_at="17:00", valid_from=TODAY
        )
        page = windows.sign_in(stage.house.max)
        page.goto(f"/hours/{stage.chairs[0].pk}/weekly/")
        touches = page.get_by_role("region", name="What it would touch")
        expect(page.get_by_role("region", name="As it is now")).to_contain_text("8 h a week now.")

        page.get_by_label("Saturday").focus()
        page.keyboard.press("Space")
        hours = {"from_1": "08:00", "until_1": "12:00", "from_2": "11:00", "until_2": "15:00"}
        for name, typed in hours.items():
            page.locator(f"#id_{name}").fill(typed)
        fault = page.get_by_text("08:00 to 12:00 and 11:00 to 15:00 overlap. Give them as one.")
        expect(fault).to_be_visible()
        expect(page.locator("#id_until_2")).to_have_attribute("aria-invalid", "true")
        page.locator("#id_from_2").fill("12:30")
        expect(fault).to_be_hidden()
        expect(touches).to_contain_text("6 h 30 min a week, 1 h 30 min fewer than now.")
        expect(touches.get_by_role("row", name="Saturday")).to_contain_text("12:30")
        expect(touches).to_contain_text("Other hours stand there and give way")
        expect(page.locator("#id_from_1")).to_have_value("08:00")
        for name, size in (("desk", DESK), ("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert look_at(page) == []
            picture(page, f"settings-weekly-{name}")
        assert WorkingPattern.objects.count() == 1

        page.get_by_role("button", name="Set these hours").click()
        expect(page.get_by_text("Chair 1's weekly hours are set.")).to_be_visible()
        assert WorkingPattern.objects.count() == 2


def test_a_visit_in_the_way_is_named_before_the_hours_are_sent(windows: Windows, stage: Stage) -> None:
    with time_machine.travel(NOW, tick=True):
        stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
        page = windows.sign_in(stage.house.max)
        page.goto(f"/hours/{stage.chairs[0].pk}/{TUESDAY.isoformat()}/")
        page.locator("#id_from_1").fill("13:00")
        touches = page.locator("#touches")
        expect(touches).to_contain_text("1 booked visit stands against it.")
        expect(touches.get_by_role("link", name="Rosa Delgado")).to_be_visible()
        expect(touches.get_by_role("link", name="Repair Tue, Jan 12")).to_be_visible()
        assert look_at(page) == []
        picture(page, "settings-day")

        # Without an answer nothing is lost, and Check needs no script's.
        page.route("**/hours/**", lambda route: route.abort())
        page.locator("#id_from_1").fill("09:00")
        page.wait_for_timeout(900)
        page.unroute("**/hours/**")
        page.get_by_role("button", name="Check").click()
        expect(touches).to_contain_text("No booked visit is touched.")
        expect(page.locator("#id_from_1")).to_have_value("09:00")
        assert DayHours.objects.get(resource=stage.chairs[0], day=TUESDAY).hours[0][0].hour == 9


def test_an_empty_box_is_told_of_when_somebody_has_been_in_it(windows: Windows, stage: Stage) -> None:
    with time_machine.travel(NOW, tick=True):
        page = windows.sign_in(stage.house.max)
        page.goto("/hours/closures/")
        page.get_by_label("Last day").fill("2027-01-15")
        touches = page.locator("#touches")
        expect(touches).to_contain_text("of the nurses")
        expect(page.get_by_text("Fill this in.")).to_have_count(0)
        page.get_by_label("Why").focus()
        page.get_by_label("Last day").fill("2027-01-10")
        expect(page.get_by_text("The last day must not be before the first.")).to_be_visible()
        expect(page.get_by_text("Fill this in.")).to_be_visible()
        picture(page, "settings-closures")


def test_a_draft_says_what_it_changes_while_its_figures_are_typed(windows: Windows, stage: Stage) -> None:
    with time_machine.travel(NOW, tick=True):
        stage.book(stage.plan(), "10:00", TUESDAY)
        page = windows.sign_in(stage.house.priya)
        page.goto(f"/protocols/{stage.protocol.pk}/new-version/")
        box = page.get_by_label("Observation, at least")
        box.fill("90")
        expect(page.get_by_text("was 60 min")).to_be_visible()
        told = page.locator("[data-told]")
        expect(told).to_contain_text("1 thing changed. 1 plan stands under version 1.")
        page.get_by_label("Usual range to").fill("2")
        expect(page.get_by_text("The hard limit must not be below the usual range.")).to_be_visible()
        expect(told).to_contain_text("Mend the boxes that are marked")
        page.get_by_label("Usual range to").fill("1")
        expect(told).to_contain_text("1 thing changed.")
        expect(page.locator("#touches")).to_contain_text("This draft")
        for name, size in (("desk", DESK), ("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert look_at(page) == []
            picture(page, f"settings-draft-{name}")
            page.locator("#touches").scroll_into_view_if_needed()
            picture(page, f"settings-draft-touches-{name}")
        page.get_by_role("button", name="Keep as a draft").click()
        expect(page.get_by_text("The draft is kept.")).to_be_visible()
        assert Protocol.objects.get(code="mood-40", version=2).observation_minutes == 90


def test_a_rule_tells_whom_it_would_touch_while_it_is_typed_and_plays_a_visit_through(
    windows: Windows, stage: Stage
) -> None:
    with time_machine.travel(NOW, tick=True):
        stage.book(stage.plan(), "10:00", TODAY + timedelta(days=4))
        page = windows.sign_in(stage.house.max)
        page.goto("/message-rules/T-3d/")
        touches = page.locator("#touches")
        expect(touches).to_contain_text("Nothing is changed yet. It is said of 1 visit to come.")

        page.get_by_label("How many days").fill("99")
        fault = page.get_by_text("Give 1 to 60 days.")
        expect(fault).to_be_visible()
        page.get_by_label("How many days").fill("2")
        expect(fault).to_be_hidden()
        expect(touches).to_contain_text("1 at another time than now.")
        page.get_by_label("Preview on").select_option(index=1)
        expect(touches).to_contain_text("Reminder that asks to confirm")
        page.get_by_label("Say it").focus()
        page.keyboard.press("Space")
        expect(touches).to_contain_text("1 visit to come is no longer told")
        page.keyboard.press("Space")
        expect(touches).to_contain_text("1 at another time than now.")
        expect(page.get_by_label("How many days")).to_have_value("2")
        for name, size in (("desk", DESK), ("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert look_at(page) == []
            picture(page, f"settings-rule-{name}")
        page.get_by_role("button", name="Save").click()
        expect(page.get_by_text("The rule is saved.")).to_be_visible()


def test_booking_settings_tell_what_they_touch_while_they_are_typed(windows: Windows, stage: Stage) -> None:
    with time_machine.travel(NOW, tick=True):
        stage.book(stage.plan(), "10:00", TODAY + timedelta(days=1))
        page = windows.sign_in(stage.house.max)
        page.goto("/hours/settings/")
        touches = page.locator("#touches")
        page.get_by_label("A cancellation is late").fill("48")
        expect(touches).to_contain_text("Cancelled now, 1 visit to come would count as late.")
        page.get_by_label("A time is held for").fill("999")
        expect(page.get_by_text("Give 1 to 240 minutes.")).to_be_visible()
        page.get_by_label("A time is held for").fill("15")
        page.get_by_label("Public holidays of").fill("us-il")
        expect(touches).to_contain_text("public holidays in the coming year")
        for name, size in (("desk", DESK), ("tablet", TABLET), ("phone", PHONE)):
            page.set_viewport_size({"width": size[0], "height": size[1]})
            assert look_at(page) == []
            picture(page, f"settings-booking-{name}")


def test_a_form_that_can_not_be_looked_through_any_more_says_why(windows: Windows, stage: Stage) -> None:
    """Another clinic was opened in a second window; then the sign-in is gone."""
    here, there = stage.house.clinic, make_house("Hillside").clinic
    Membership.objects.create(user=stage.house.max, clinic=there, role=Role.MANAGER)
    with time_machine.travel(NOW, tick=True):
        page = windows.sign_in(stage.house.max)
        page.goto("/clinics/")
        page.get_by_role("button", name=here.name).click()
        page.goto("/hours/settings/")
        second = page.context.new_page()
        second.goto("/clinics/")
        second.get_by_role("button", name=there.name).click()
        page.get_by_label("A cancellation is late").fill("48")
        elsewhere = page.locator(
            "form .mend", has_text=f"opened for {here.name}; you are at {there.name} now"
        )
        expect(elsewhere).to_contain_text("saving says how it goes on.")

        second.goto("/clinics/")
        second.get_by_role("button", name=here.name).click()
        page.get_by_label("A cancellation is late").fill("36")
        expect(page.locator("#touches")).to_contain_text("Cancelled now, no visits to come")
        expect(elsewhere).to_be_hidden()

        page.context.clear_cookies()
        page.get_by_label("A cancellation is late").fill("48")
        expect(page.locator("form .mend")).to_contain_text("This page is older than your sign-in.")
        expect(page.get_by_label("A cancellation is late")).to_have_value("48")
