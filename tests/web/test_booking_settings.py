"""The page of a clinic's settings of booking, as the manager fills it."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse
from psycopg.types.range import TimestamptzRange

from clinic import clock
from clinic.models import Clinic
from scheduler.models import Closure
from scheduler.visits import booking
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, send, words

SENT = {
    "holiday_calendar": "us-il",
    "late_cancellation_hours": "48",
    "no_show_after_minutes": "15",
    "hold_minutes": "15",
    "offer_minutes": "90",
}


def test_the_manager_chooses_whose_holidays_are_offered(house: House) -> None:
    max_ = browser_of(house.max)
    page = max_.get(reverse("closures"))
    assert reverse("booking_settings") in page.content.decode()

    answer = send(max_, reverse("booking_settings"), SENT, follow=True)

    assert "The settings are saved." in words(answer)
    clinic = Clinic.objects.get(pk=house.clinic.pk)
    assert (clinic.holiday_calendar, clinic.late_cancellation_hours) == ("US-IL", 48)
    assert (clinic.hold_minutes, clinic.offer_minutes) == (15, 90)
    assert clinic.no_show_after_minutes == 15
    offered = words(max_.get(reverse("closures"), {"year": "2030"}))
    assert "Lincoln's Birthday" in offered


def test_a_refused_form_comes_back_as_it_was_filled_with_every_mend(house: House) -> None:
    answer = send(
        browser_of(house.max),
        reverse("booking_settings"),
        {**SENT, "holiday_calendar": "US-XX", "offer_minutes": "90"},
    )

    assert answer.status_code == 400
    assert "Parts of US with holidays of their own: AK" in words(answer)
    assert 'value="US-XX"' in answer.content.decode()
    assert 'value="48"' in answer.content.decode()
    assert Clinic.objects.get(pk=house.clinic.pk).late_cancellation_hours == 24


# --- Looked through while it is typed ----------------------------------------------------------------------


def typed(house: House, **changed: str) -> Any:
    sent = {**SENT, "check": "typing", **changed}
    return send(browser_of(house.max), reverse("booking_settings"), sent)


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


def test_they_say_while_they_are_typed_what_they_touch_and_keep_nothing(stage: Stage) -> None:
    house = stage.house
    stage.book(stage.plan(), "10:00", TODAY + timedelta(days=1))
    stage.book(stage.plan(house.omar), "10:00", TODAY + timedelta(days=2))

    said = words(typed(house))

    assert "Cancelled now, 1 visit to come would count as late." in said
    assert "With 24 hours, as it stands, no visits would." in said
    assert "public holidays in the coming year, the next Martin Luther King Jr. Day on Mon, Jan 18." in said
    assert "None of them closes the clinic by itself." in said
    assert Clinic.objects.get(pk=house.clinic.pk).late_cancellation_hours == 24


def test_what_is_held_keeps_what_it_was_given(stage: Stage) -> None:
    booking.hold(actor=None, id=new_id(), plan=stage.plan(), start=stage.at("10:00"), now=NOW)
    assert "1 time held now keeps the 10 minutes." in words(typed(stage.house))
    assert "held now" not in words(typed(stage.house, hold_minutes="10"))


def test_what_can_not_be_set_is_told_at_its_box_while_it_is_typed(stage: Stage) -> None:
    page = typed(stage.house, hold_minutes="999", holiday_calendar="US-XX")
    assert page.status_code == 200
    html = page.content.decode()
    assert 'data-at="hold_minutes"' in html or 'data-at="holiday_calendar"' in html
    assert "then what it touches stands here again" in words(page)


def test_without_a_script_the_check_button_shows_the_same(stage: Stage) -> None:
    page = send(browser_of(stage.house.max), reverse("booking_settings"), {**SENT, "check": "yes"})
    assert (page.status_code, 'value="48"' in page.content.decode()) == (200, True)
    assert "would count as late" in words(page)
    assert Clinic.objects.get(pk=stage.house.clinic.pk).late_cancellation_hours == 24


def test_over_the_api_a_change_is_tried_and_not_kept(stage: Stage) -> None:
    stage.book(stage.plan(), "10:00", TODAY + timedelta(days=1))
    address = f"/api/v1/clinics/{stage.house.clinic.pk}/booking-settings/check/"
    max_ = client_of(stage.house.max)
    found = max_.post(
        address, {"late_cancellation_hours": 48, "holiday_calendar": "us-il"}, format="json"
    ).json()
    assert (found["late_was"], found["late_becomes"], found["held"], found["offered"]) == (0, 1, 0, 0)
    assert found["holidays"][0] == {"day": "2027-01-18", "name": "Martin Luther King Jr. Day"}
    wrong = max_.post(address, {"hold_minutes": 0}, format="json")
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "hold_minutes")
    nowhere = max_.post(address, {"time_zone": "-5"}, format="json")
    assert (nowhere.status_code, nowhere.json()["errors"][0]["field"]) == (400, "time_zone")
    assert Clinic.objects.get(pk=stage.house.clinic.pk).late_cancellation_hours == 24


def test_closures_on_holidays_of_the_calendar_that_is_left_are_told_to_stay(stage: Stage) -> None:
    Clinic.objects.filter(pk=stage.house.clinic.pk).update(holiday_calendar="US")
    day = clock.day_bounds(date(2027, 5, 31), stage.house.clinic.time_zone)
    Closure.objects.create(
        clinic=stage.house.clinic, during=TimestamptzRange(*day), name="Memorial Day", public_holiday=True
    )
    kept = "1 closure on holidays of the other calendar stays until you open the clinic then."
    assert kept in words(typed(stage.house))
    assert kept not in words(typed(stage.house, holiday_calendar="US"))
    assert "No public holidays are offered." in words(typed(stage.house, holiday_calendar=""))
