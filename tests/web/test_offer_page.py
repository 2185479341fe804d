"""The patient's page behind the link of an offer: the time, a yes and a no, and what became of it."""

import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from clinic.models import Consent
from notifications.models import Message
from notifications.planning.planner import plan as plan_messages
from notifications.tokens import token_for
from scheduler.models import Appointment, WaitlistOffer
from scheduler.waitlist import joining
from tests.cast import NOW, TODAY, House
from tests.notifications.visits import move
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join
from tests.web.pages import words

DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Iterator[Stage]:
    with time_machine.travel(NOW, tick=False):
        yield set_stage(house)


@pytest.fixture
def offer(stage: Stage) -> WaitlistOffer:
    """Rosa's visit of Thursday could be tomorrow at 11:00; she has until 11:00 today to say."""
    plan = stage.plan()
    visit = stage.book(plan, "13:00", TODAY + 3 * DAY)
    return hold_for(stage, join(stage, plan, appointment=visit), "11:00", TODAY + DAY)


@pytest.fixture
def token(offer: WaitlistOffer) -> str:
    plan_messages(now=NOW)
    return token_for(Message.objects.get(kind="offer").link.pk)


@pytest.fixture
def phone(token: str) -> Client:
    phone = Client()
    phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
    return phone


def take(phone: Client, token: str) -> Any:
    """Press the button of the page as it stands; a thumb that comes too late presses the page it had."""
    start = re.search(r'name="start" value="([^"]+)"', phone.get(f"/m/{token}").content.decode())
    shown = start[1] if start else "2027-01-12T11:00:00-06:00"
    return phone.post(f"/m/{token}/accept", {"start": shown}, follow=True)


def test_nothing_is_shown_or_taken_before_the_birth_year(token: str, offer: WaitlistOffer) -> None:
    assert "11:00" not in words(Client().get(f"/m/{token}"))
    for answer in ("accept", "decline"):
        assert "Year of your birth" in words(Client().post(f"/m/{token}/{answer}"))
    offer.refresh_from_db()
    assert offer.status == "open"


def test_the_page_shows_the_time_until_when_it_is_held_and_what_it_replaces(
    phone: Client, token: str
) -> None:
    said = words(phone.get(f"/m/{token}"))
    assert "We hold it for you until 11:00 AM." in said
    assert "Tuesday, January 12" in said
    assert "11:00 AM to about 1:00 PM" in said
    assert "Instead of Thursday, January 14, 1:00 PM" in said
    assert "Rosa" not in said


def test_one_press_takes_it_and_a_nervous_thumb_takes_it_once(
    stage: Stage, phone: Client, token: str, offer: WaitlistOffer
) -> None:
    said = words(take(phone, token))
    assert "It is yours." in said
    assert "Yes, I take it" not in said
    take(phone, token)
    (visit,) = Appointment.objects.filter(patient=stage.house.rosa, status="booked")
    assert (visit, visit.starts_at) == (offer.entry.appointment, stage.at("11:00", TODAY + DAY))
    plan_messages(now=NOW)
    confirmation = Message.objects.get(kind="confirmation", visit_starts_at=visit.starts_at)
    assert (confirmation.appointment, confirmation.status) == (visit, "planned")
    assert visit.patient_status == "accepted"


def test_a_time_that_is_held_no_more_is_not_taken(phone: Client, token: str, offer: WaitlistOffer) -> None:
    old = {"start": "2027-01-12T11:00:00-06:00"}
    move(offer.appointment, offer.appointment.starts_at + timedelta(hours=2))
    for page in (phone.post(f"/m/{token}/accept", old, follow=True), phone.get(f"/m/{token}")):
        said = words(page)
        assert "You can't take this time any more." in said
        assert "Yes, I take it" not in said
    offer.refresh_from_db()
    assert offer.status == "open"


@pytest.mark.parametrize("sent", [{}, {"start": "soon"}, {"start": "2027-01-12T12:00:00-06:00"}])
def test_a_yes_without_the_time_that_was_shown_takes_nothing(
    phone: Client, token: str, offer: WaitlistOffer, sent: dict[str, str]
) -> None:
    assert "Yes, I take it" in words(phone.post(f"/m/{token}/accept", sent, follow=True))
    offer.refresh_from_db()
    assert offer.status == "open"


def test_no_thanks_keeps_the_place_on_the_list(phone: Client, token: str, offer: WaitlistOffer) -> None:
    said = words(phone.post(f"/m/{token}/decline", follow=True))
    assert "You stay on our list" in said
    offer.refresh_from_db()
    assert (offer.status, offer.entry.status) == ("declined", "waiting")
    assert "You stay on our list" in words(take(phone, token))


def test_too_late_says_so_and_not_who_has_it(stage: Stage, phone: Client, token: str) -> None:
    with time_machine.travel(NOW + timedelta(hours=2), tick=False):
        for page in (phone.get(f"/m/{token}"), take(phone, token)):
            said = words(page)
            assert "It has gone to somebody else, or back to the clinic." in said
            assert "Yes, I take it" not in said
            assert "Your visit stays where it is." in said
    assert Appointment.objects.get(status="booked").starts_at == stage.at("13:00", TODAY + 3 * DAY)


def test_an_offer_that_the_clinic_withdrew_is_gone_too(stage: Stage, phone: Client, token: str) -> None:
    ana = stage.house.actor(stage.house.ana)
    joining.withdraw(actor=ana, entry=WaitlistOffer.objects.get().entry, now=NOW)
    said = words(take(phone, token))
    assert "You can't take this time any more." in said
    assert "You stay on our list" not in said


def test_a_visit_that_changed_after_the_yes_is_not_promised_any_more(
    stage: Stage, phone: Client, token: str
) -> None:
    take(phone, token)
    stage.cancel(Appointment.objects.get(status="booked"))
    said = words(phone.get(f"/m/{token}"))
    assert "This visit has changed since." in said
    assert "11:00 AM" not in said


def test_a_session_that_was_taken_and_moved_since_is_not_shown_where_it_was(
    stage: Stage, phone: Client, token: str
) -> None:
    waits = join(stage, stage.plan(stage.house.omar))
    hold_for(stage, waits, "13:30", TODAY + DAY)
    plan_messages(now=NOW)
    omars = token_for(Message.objects.get(kind="offer", patient=stage.house.omar).link.pk)
    phone.post(f"/m/{omars}/birth-year", {"birth_year": stage.house.omar.birth_date.year})
    assert "It is yours." in words(take(phone, omars))
    move(Appointment.objects.get(plan=waits.plan), stage.at("9:00", TODAY + 2 * DAY))
    said = words(phone.get(f"/m/{omars}"))
    assert "This visit has changed since." in said
    assert "1:30 PM" not in said


def test_what_stands_against_the_plan_is_for_the_clinic_to_say(
    stage: Stage, phone: Client, token: str
) -> None:
    Consent.objects.filter(patient=stage.house.rosa, scope="treatment").update(revoked_at=NOW)
    page = take(phone, token)
    assert page.status_code == 409
    said = words(page)
    assert "We can't book this time for you just now. Please call the clinic." in said
    assert "consent" not in said


def test_the_same_over_the_api(token: str, offer: WaitlistOffer) -> None:
    proof = {"token": token, "birth_year": 1980}
    api = APIClient()
    shown = api.post("/api/v1/links/open/", proof).json()
    assert shown["purpose"] == "offer"
    assert shown["offer"] == {
        "starts_at": "2027-01-12T17:00:00Z",
        "ends_at": "2027-01-12T19:00:00Z",
        "time_zone": "America/Chicago",
        "instead_of": "2027-01-14T19:00:00Z",
        "status": "open",
        "expires_at": "2027-01-11T17:00:00Z",
    }
    start = shown["offer"]["starts_at"]
    other = api.post("/api/v1/links/accept-offer/", {**proof, "starts_at": "2027-01-12T18:00:00Z"})
    assert (other.status_code, other.json()["code"]) == (409, "offer_changed")
    assert api.post("/api/v1/links/accept-offer/", proof).status_code == 400
    guessed = api.post("/api/v1/links/accept-offer/", {**proof, "starts_at": start.removesuffix("Z")})
    assert [error["field"] for error in guessed.json()["errors"]] == ["starts_at"]
    taken = api.post("/api/v1/links/accept-offer/", {**proof, "starts_at": start})
    assert taken.json()["offer"]["status"] == "accepted"
    late = api.post("/api/v1/links/decline-offer/", proof)
    assert (late.status_code, late.json()["code"]) == (409, "offer_over")
    assert api.post("/api/v1/links/confirm/", proof).status_code == 404
