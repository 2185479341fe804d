"""The pages behind the link in a message, as a patient meets them on a phone, without JavaScript."""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from uuid import uuid4

import pytest
import time_machine
from django.test import Client

from clinic.models import WorkItem
from notifications.models import CheckIn, CheckInAnswer, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment
from tests.cast import NOW, House, make_house
from tests.notifications.visits import VISIT, book, cancel, discharge, move
from tests.web.pages import Page, browser_of, words
from web import secret_addresses
from web.routes import patient_links

MORNING = VISIT + timedelta(days=1)


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(house: House, at_now: None) -> Appointment:
    appointment = book(house, house.rosa)
    plan(now=NOW)
    return appointment


def address_of(message: Message) -> str:
    return f"/m/{token_for(message.link.pk)}"


@pytest.fixture
def address(visit: Appointment) -> str:
    return address_of(Message.objects.get(stage="confirmation"))


@pytest.fixture
def check_in(house: House) -> CheckIn:
    discharge(book(house, house.rosa), VISIT + timedelta(hours=9))
    plan(now=VISIT + timedelta(days=1))
    return CheckIn.objects.get()


def proved(address: str, year: str = "1980") -> Client:
    """A phone on which the birth year was given."""
    phone = Client()
    phone.post(f"{address}/birth-year", {"birth_year": year})
    return phone


def give(phone: Client, address: str, question: str, value: str) -> Page:
    answer = {"id": str(uuid4()), "question": question, "value": value}
    return phone.post(f"{address}/answer", answer, follow=True)


def test_nothing_is_shown_before_the_birth_year(visit: Appointment, address: str) -> None:
    page = Client().get(address)
    said = words(page)
    assert "Year of your birth" in said
    for secret in ("Rosa", "Delgado", "January", "9:30", "1980"):
        assert secret not in said


def test_the_right_year_shows_the_visit_and_one_press_confirms_it(visit: Appointment, address: str) -> None:
    phone = proved(address)
    said = words(phone.get(address))
    assert "Thursday, January 21" in said
    assert "9:30 AM" in said
    assert "(312) 555-0100" in said
    assert "Rosa" not in said
    said = words(phone.post(f"{address}/confirm", follow=True))
    assert "Do you have an adult who will take you home" in said
    assert "You have confirmed." in words(phone.get(address))
    visit.refresh_from_db()
    assert visit.patient_status == "accepted"


def test_a_wrong_year_says_how_many_tries_are_left_and_keeps_what_was_typed(
    visit: Appointment, address: str
) -> None:
    page = Client().post(f"{address}/birth-year", {"birth_year": "1979"})
    assert page.status_code == 400
    assert "You have 4 tries left." in words(page)
    assert 'value="1979"' in page.content.decode()


def test_a_year_that_is_no_year_is_not_counted(visit: Appointment, address: str) -> None:
    page = Client().post(f"{address}/birth-year", {"birth_year": "eighty"})
    assert "Enter the year in four digits" in words(page)
    assert Message.objects.get(stage="confirmation").link.failed_factors == 0


def test_one_persons_proof_is_not_another_phones(visit: Appointment, address: str) -> None:
    proved(address)
    assert "Year of your birth" in words(Client().get(address))
    page = Client().post(f"{address}/confirm")
    assert "Year of your birth" in words(page)
    visit.refresh_from_db()
    assert visit.patient_status == "needs-action"


def test_a_link_that_does_not_work_tells_whom_to_call_and_nothing_else(at_now: None, db: None) -> None:
    page = Client().get(f"/m/{'A' * 22}")
    assert page.status_code == 404
    said = words(page)
    assert "This link doesn't work" in said
    assert "Este enlace no funciona" in said
    assert "In an emergency call 911" in said


def test_a_dead_link_says_the_number_of_the_only_clinic_and_of_several_none(
    at_now: None, house: House
) -> None:
    dead = f"/m/{'A' * 22}"
    assert 'href="tel:+13125550100"' in Client().get(dead).content.decode()
    make_house("Harbor")
    assert "tel:+" not in Client().get(dead).content.decode()


def test_somebody_who_tries_token_after_token_is_slowed_down(visit: Appointment, address: str) -> None:
    pages = [Client().get(f"/m/guess{number}") for number in range(31)]
    assert [page.status_code for page in pages] == [404] * 30 + [429]
    assert [page.get("Retry-After") for page in pages] == [None] * 30 + ["60"]
    assert Client().get(address).status_code == 200  # nobody else is


@pytest.mark.parametrize("door", [str(route.pattern) for route in patient_links.urlpatterns])
@pytest.mark.parametrize("enforced", [False, True], ids=["taken", "refused as forged"])
def test_no_page_behind_a_link_is_kept_indexed_or_tells_its_address(
    visit: Appointment, address: str, door: str, enforced: bool
) -> None:
    door = door.replace("m/<str:token>", address).replace("<uuid:pk>", str(visit.pk))
    phone = proved(address)
    strict = Client(enforce_csrf_checks=True)
    pages = [strict.post(door)] if enforced else [phone.get(door), phone.post(door), Client().get(door)]
    pages += [Client().get(f"{door}/typing-error"), Client().get("/m/guessed")]
    for page in pages:
        told = {name: page.headers.get(name) for name in secret_addresses.HEADERS}
        assert told == {
            "Cache-Control": "no-store",
            "Referrer-Policy": "no-referrer",
            "X-Robots-Tag": "noindex, nofollow",
        }, page.status_code


def test_other_pages_are_as_they_were(house: House) -> None:
    page = Client().get("/accounts/login/")
    assert page.headers["Referrer-Policy"] == "same-origin"
    assert "X-Robots-Tag" not in page.headers


@pytest.mark.parametrize(("change", "sentence"), [("cancel", "is cancelled"), ("move", "was moved")])
def test_a_visit_that_changed_says_so_and_offers_no_button(
    visit: Appointment, address: str, change: str, sentence: str
) -> None:
    if change == "cancel":
        cancel(visit)
    else:
        move(visit, VISIT + timedelta(days=1))
    phone = proved(address)
    said = words(phone.get(address))
    assert sentence in said
    assert "I am coming" not in said
    assert phone.post(f"{address}/confirm").status_code == 409


def test_a_check_in_asks_one_question_after_the_other_and_is_resumed_where_it_stopped(
    check_in: CheckIn,
) -> None:
    address = address_of(check_in.message)
    with time_machine.travel(MORNING, tick=False):
        phone = proved(address)
        first = words(phone.get(address))
        assert "do you not feel safe?" in first
        assert "Question 1 of 11" in first
        assert "Question 2 of 11" in words(give(phone, address, "safety", "no"))
        assert "Question 2 of 11" in words(proved(address).get(address))
        again = phone.get(f"{address}?question=safety").content.decode()
        assert re.search(r'value="no"\s+aria-pressed="true"', again)


def test_an_alarming_answer_shows_the_emergency_lines_at_once(check_in: CheckIn) -> None:
    address = address_of(check_in.message)
    with time_machine.travel(MORNING, tick=False):
        phone = proved(address)
        page = give(phone, address, "safety", "yes")
    assert "Please get help now" in words(page)
    assert 'href="tel:911"' in page.content.decode()
    assert 'href="tel:988"' in page.content.decode()
    assert WorkItem.objects.get().urgency == "red"


def test_an_answer_tapped_after_the_phone_forgot_the_proof_is_not_lost(check_in: CheckIn) -> None:
    address = address_of(check_in.message)
    answer = {"for": "answer", "id": str(uuid4()), "question": "safety", "value": "yes"}
    with time_machine.travel(MORNING, tick=False):
        phone = Client()
        asked = phone.post(f"{address}/answer", answer).content.decode()
        hidden = r'<input type="hidden" name="(for|id|question|value)" value="([^"]*)">'
        carried = dict(re.findall(hidden, asked))
        assert carried == answer
        page = phone.post(f"{address}/birth-year", {"birth_year": "1980", **carried}, follow=True)
    assert "Please get help now" in words(page)
    assert CheckInAnswer.objects.get().value == "yes"


def test_a_page_sent_twice_by_a_nervous_thumb_records_once(check_in: CheckIn) -> None:
    address = address_of(check_in.message)
    answer = {"id": str(uuid4()), "question": "fall", "value": "yes"}
    with time_machine.travel(MORNING, tick=False):
        phone = proved(address)
        phone.post(f"{address}/answer", answer)
        phone.post(f"{address}/answer", answer)
    assert CheckInAnswer.objects.count() == WorkItem.objects.count() == 1


def test_the_forms_are_protected_against_forgery(visit: Appointment, address: str) -> None:
    phone = Client(enforce_csrf_checks=True)
    for origin in ({}, {"Origin": "null"}, {"Origin": "http://testserver"}):
        page = phone.post(f"{address}/birth-year", {"birth_year": "1980"}, headers=origin)
        assert page.status_code == 403


@pytest.mark.parametrize("secure", [False, True], ids=["http", "https"])
@pytest.mark.parametrize(
    ("origin", "status"),
    [("null", 302), (None, 302), ("own", 302), ("https://elsewhere.example", 403)],
)
def test_a_form_is_taken_from_a_page_that_hides_where_it_stands_and_from_no_other_site(
    visit: Appointment, address: str, origin: str | None, status: int, secure: bool
) -> None:
    """`no-referrer` has browsers send `Origin: null`, and no Referer, with the page's own forms."""
    phone = Client(enforce_csrf_checks=True)
    shown = phone.get(address, secure=secure).content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert token is not None
    own = f"{'https' if secure else 'http'}://testserver"
    headers = {"Origin": own if origin == "own" else origin} if origin else {}
    sent = {"birth_year": "1980", "csrfmiddlewaretoken": token[1]}
    assert phone.post(f"{address}/birth-year", sent, headers=headers, secure=secure).status_code == status


def test_a_form_of_the_staff_is_not_taken_from_a_page_that_hides_where_it_stands(house: House) -> None:
    ana = browser_of(house.ana, enforce_csrf_checks=True)
    shown = ana.get("/tasks/").content.decode()
    token = re.search(r'name="csrfmiddlewaretoken" value="([^"]+)"', shown)
    assert token is not None
    sent = {"csrfmiddlewaretoken": token[1], "clinic": str(house.clinic.pk)}
    assert ana.post("/clinic/switch/", sent, headers={"Origin": "null"}).status_code == 403
    assert ana.post("/clinic/switch/", sent).status_code == 302


def test_a_link_stops_working_when_the_visit_is_over(visit: Appointment, address: str) -> None:
    over: datetime = visit.ends_at
    with time_machine.travel(over, tick=False):
        assert Client().get(address).status_code == 404
