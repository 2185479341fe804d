"""Another time by link: a few times, one tap, in the patient's language, and always the way things stand."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from clinic.models import Patient
from notifications.models import CheckIn, ClinicMessaging, LinkPurpose, Message, PatientLink, TimeRequest
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment
from tests.cast import NOW, TODAY, House, local
from tests.notifications.texts import alone_on_the_number, announce, give_number, text
from tests.scheduler.stage import Stage, set_stage
from tests.web.pages import browser_of, words

THURSDAY, FRIDAY = TODAY + timedelta(days=3), TODAY + timedelta(days=4)


@pytest.fixture(autouse=True)
def now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def stage(house: House) -> Stage:
    give_number(house.clinic, moves_itself_hours=48)
    alone_on_the_number(house)
    return set_stage(house, chairs=1)


@pytest.fixture
def visit(stage: Stage) -> Appointment:
    return stage.book(stage.plan(), "10:00", THURSDAY)


@pytest.fixture
def address(visit: Appointment) -> str:
    announce(visit)
    text("R")
    link = PatientLink.objects.get(purpose=LinkPurpose.TIMES)
    return f"/m/{token_for(link.pk)}"


@pytest.fixture
def phone(address: str) -> Client:
    """Rosa's, where the birth year has been right."""
    phone = Client()
    phone.post(f"{address}/birth-year", {"birth_year": "1980"})
    return phone


def tap(phone: Client, address: str, start: Any) -> Any:
    return phone.post(f"{address}/choose-time", {"start": start.isoformat()}, follow=True)


def buttons(page: Any) -> list[str]:
    """Each time by itself, as a reader hears it who doesn't see under which day it stands."""
    return re.findall('aria-label="([^"]*)"', page.content.decode())


def start_of(visit: Appointment) -> Any:
    visit.refresh_from_db()
    return visit.starts_at


def test_nothing_is_shown_or_moved_before_the_birth_year(address: str, visit: Appointment) -> None:
    stranger = Client()
    assert "January" not in words(stranger.get(address))
    assert "January" not in words(tap(stranger, address, local(FRIDAY, "10:00")))
    assert start_of(visit) == local(THURSDAY, "10:00")


def test_each_time_is_a_button_that_needs_no_script(phone: Client, address: str) -> None:
    page = phone.get(address)
    said = words(page)
    assert "Your visit is on Thursday, January 14, 10:00 AM" in said
    assert re.search("Friday, January 15( [0-9]+:[0-9]{2} AM)* 10:00 AM", said)
    assert f'value="{local(FRIDAY, "10:00").isoformat()}"' in page.content.decode()
    assert "Friday, January 15, 10:00 AM" in buttons(page)


def test_one_tap_moves_the_visit_and_says_so(phone: Client, address: str, visit: Appointment) -> None:
    said = words(tap(phone, address, local(FRIDAY, "10:00")))
    assert "Your visit has moved." in said
    assert "It is now on Friday, January 15, 10:00 AM" in said
    assert start_of(visit) == local(FRIDAY, "10:00")


def test_a_time_that_has_just_gone_is_answered_with_those_that_are_left(
    stage: Stage, phone: Client, address: str, visit: Appointment
) -> None:
    stage.book(stage.plan(stage.house.omar), "10:00", FRIDAY)
    answer = tap(phone, address, local(FRIDAY, "10:00"))
    said = words(answer)
    assert answer.status_code == 409
    assert "Somebody else has just taken this time." in said
    assert "Friday, January 15, 10:00 AM" not in buttons(answer)
    assert "Thursday, January 14, 11:00 AM" in buttons(answer)


def test_where_the_desk_moves_visits_the_page_says_that_it_is_a_wish(
    phone: Client, address: str, visit: Appointment
) -> None:
    ClinicMessaging.objects.update(moves_itself_hours=None)
    assert "We then move your visit" in words(phone.get(address))
    said = words(tap(phone, address, local(FRIDAY, "10:00")))
    assert "We have your request. Friday, January 15, 10:00 AM" in said
    assert start_of(visit) == local(THURSDAY, "10:00")


def test_no_second_beside_a_time_is_kept_for_the_desk_to_stumble_over(
    phone: Client, address: str, visit: Appointment
) -> None:
    ClinicMessaging.objects.update(moves_itself_hours=None)
    beside = tap(phone, address, local(FRIDAY, "10:00") + timedelta(seconds=37))
    assert beside.status_code == 409
    assert "Friday, January 15, 10:00 AM" in buttons(beside)
    assert TimeRequest.objects.get().chosen_start is None


def test_a_visit_that_was_cancelled_offers_nothing(
    stage: Stage, phone: Client, address: str, visit: Appointment
) -> None:
    stage.cancel(visit)
    said = words(tap(phone, address, local(FRIDAY, "10:00")))
    assert "This visit has changed since." in said


def test_the_page_speaks_spanish_to_whom_it_should(address: str) -> None:
    Patient.objects.update(language="es")
    phone = Client()
    phone.post(f"{address}/birth-year", {"birth_year": "1980"})
    said = words(phone.get(address))
    assert "Elija otro horario" in said
    assert "viernes" in said


def test_nonsense_in_place_of_a_time_changes_nothing(phone: Client, address: str, visit: Appointment) -> None:
    answer = phone.post(f"{address}/choose-time", {"start": "soon"}, follow=True)
    assert answer.status_code == 200
    assert start_of(visit) == local(THURSDAY, "10:00")


def test_the_api_offers_and_takes_the_same_times(address: str, visit: Appointment) -> None:
    proof = {"token": address.rpartition("/")[2], "birth_year": 1980}
    client, json = Client(), "application/json"
    told = client.post("/api/v1/link-times/open/", proof, content_type=json).json()
    assert (told["moves_itself"], told["moved"], told["chosen_start"]) == (True, False, None)
    assert len(told["times"]) > 1
    chosen = {**proof, "starts_at": local(FRIDAY, "10:00").isoformat()}
    told = client.post("/api/v1/link-times/choose/", chosen, content_type=json).json()
    assert told["moved"] is True
    again = client.post(
        "/api/v1/link-times/choose/",
        {**proof, "starts_at": local(FRIDAY, "13:00").isoformat()},
        content_type=json,
    )
    assert (again.status_code, again.json()["code"]) == (409, "visit_moved")


def test_over_the_api_a_time_is_taken_to_the_second_and_with_its_offset(
    address: str, visit: Appointment
) -> None:
    ClinicMessaging.objects.update(moves_itself_hours=None)
    sent = {"token": address.rpartition("/")[2], "birth_year": 1980}

    def choose(starts_at: str) -> Any:
        body = {**sent, "starts_at": starts_at}
        return Client().post("/api/v1/link-times/choose/", body, content_type="application/json")

    beside = choose("2027-01-15T10:00:37-06:00")
    assert (beside.status_code, beside.json()["code"]) == (409, "time_taken")
    guessed = choose("2027-01-15T16:00:00")
    assert [error["field"] for error in guessed.json()["errors"]] == ["starts_at"]
    assert TimeRequest.objects.get().chosen_start is None
    assert choose("2027-01-15T10:00:00-06:00").json()["chosen_start"] == "2027-01-15T16:00:00Z"


# --- After a visit that was missed --------------------------------------------------------------


@pytest.fixture
def missed(visit: Appointment) -> str:
    announce(visit)
    Appointment.objects.filter(pk=visit.pk).update(status="noshow")
    plan(now=visit.starts_at + timedelta(hours=2))
    return f"/m/{token_for(PatientLink.objects.get(message__kind='missed').pk)}"


def test_the_link_of_a_missed_visit_offers_other_times_and_the_desk_books_one(
    house: House, missed: str, visit: Appointment
) -> None:
    phone = Client()
    with time_machine.travel(visit.starts_at + timedelta(hours=3), tick=False):
        phone.post(f"{missed}/birth-year", {"birth_year": "1980"})
        page = phone.get(missed)
        assert "You were not here for your visit on Thursday, January 14, 10:00 AM" in words(page)
        assert "We then book it and write to you." in words(page)
        assert "Friday, January 15, 1:00 PM" in buttons(page)
        said = words(tap(phone, missed, local(FRIDAY, "13:00")))
        assert "We have your request. Friday, January 15, 1:00 PM" in said
        assert "stays where it is" not in said
        row = TimeRequest.objects.get()
        desk = browser_of(house.ana)
        page = desk.get(f"/time-requests/{row.pk}/")
        assert "Missed Thu" in words(page)
        assert "Book it there" in words(page)
        assert f"/plans/{visit.plan_id}/book/" in page.content.decode()
        booked = words(desk.post(f"/time-requests/{row.pk}/carry-out/", follow=True))
        assert "A new visit is booked at the time that the patient chose." in booked
        assert (
            words(desk.get(f"/time-requests/{row.pk}/")).count("Another visit is booked in its place.") == 1
        )
        assert "Your new visit is booked. It is on Friday, January 15, 1:00 PM" in words(phone.get(missed))


def test_what_is_asked_in_the_same_message_stands_below_the_times(missed: str, visit: Appointment) -> None:
    message = Message.objects.get(kind="missed")
    CheckIn.objects.create(clinic=visit.clinic, patient=visit.patient, kind="day_7", message=message)
    phone = Client()
    with time_machine.travel(visit.starts_at + timedelta(hours=3), tick=False):
        phone.post(f"{missed}/birth-year", {"birth_year": "1980"})
        assert "How was your week? Answer" in words(phone.get(missed))
