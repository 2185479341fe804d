"""The pages behind a link speak the patient's language, and switching it loses nothing that was typed."""

import re
from datetime import timedelta
from html import unescape
from uuid import uuid4

import time_machine
from django.test import Client
from rest_framework.test import APIClient

from clinic import clock
from clinic.models import Patient
from notifications.models import Message, PatientLink, WrongYears
from notifications.planning.planner import plan
from scheduler.models import Appointment
from sessions_app.models import DiaryDay, Readiness
from tests.cast import NOW, House
from tests.notifications.phones import CALL_NOW, CRISIS, calls, diary, proved, token, token_of, visit
from tests.notifications.visits import VISIT, book
from tests.web.pages import words
from web.views.links.words import SAY

__all__ = ["diary", "token", "visit"]


def test_a_patient_who_reads_spanish_is_spoken_to_in_spanish_and_can_switch(
    visit: Appointment, token: str
) -> None:
    Patient.objects.update(language="es-MX")
    phone = Client()
    page = phone.get(f"/m/{token}")
    assert "Año en que nació" in words(page)
    assert '<html lang="es">' in page.content.decode()
    wrong = words(phone.post(f"/m/{token}/birth-year", {"birth_year": "1979"}))
    assert "Le quedan 4 intentos." in wrong
    said = words(phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"}, follow=True))
    assert "jueves 21 de enero" in said
    assert "Sí, voy a venir" in said
    assert "Thursday" in words(phone.get(f"/m/{token}?language=en"))
    assert "Thursday" in words(phone.get(f"/m/{token}"))


def test_a_visit_that_ends_at_one_is_told_in_the_singular(house: House) -> None:
    Patient.objects.update(language="es")
    with time_machine.travel(NOW):
        book(house, house.rosa, starts_at=VISIT + timedelta(minutes=90))
        plan(now=NOW)
        token = token_of(Message.objects.get(stage="confirmation"))
        said = words(proved(token).get(f"/m/{token}"))
    assert "11:00 AM hasta cerca de la 1:00 PM" in said


def test_the_other_language_shows_the_same_question(visit: Appointment, token: str) -> None:
    address = f"/m/{token}/ready?question=alcohol_drugs"
    phone = proved(token)
    [other] = re.findall(r'href="([^"]+)"\s+lang="es"', phone.get(address).content.decode())
    assert unescape(other) == f"{address}&language=es"
    spanish = words(phone.get(unescape(other)))
    assert "Pregunta 5 de 5" in spanish
    assert "alcohol" in spanish


BUTTON = re.compile(r'form="([^"]+)"[^>]*name="language"\s+value="es"')


def test_switching_the_language_keeps_what_was_typed_into_a_refused_day(diary: str) -> None:
    phone = proved(diary)
    typed = {"day": "2027-01-10", "headache": "yes", "peak": "11", "aura": "Stars", "note": "Slept badly"}
    sent = {"id": str(uuid4()), **typed, "triggers": ["stress", "smell"], "migraine_features": "on"}
    refused = phone.post(f"/m/{diary}/diary", sent)
    assert (refused.status_code, BUTTON.findall(refused.content.decode())) == (400, ["diary-day"])
    page = phone.post(f"/m/{diary}/diary", {**sent, "language": "es"})
    said = page.content.decode()
    assert (page.status_code, "domingo 10 de enero" in words(page)) == (200, True)
    for value in (sent["id"], "2027-01-10", "11", "Stars", "Slept badly"):
        assert f'value="{value}"' in said
    assert re.findall(r'value="(\w+)"[^>]*checked', said) == ["yes", "stress", "smell"]
    assert re.search(r'name="migraine_features"[^>]*checked', said)
    assert not DiaryDay.objects.exists()


def test_switching_the_language_keeps_no_day_that_could_be_kept_and_hears_its_words_once(diary: str) -> None:
    phone = proved(diary)
    sent = {"id": str(uuid4()), "day": "2027-01-11", "headache": "yes", "note": CRISIS}
    said = words(phone.post(f"/m/{diary}/diary", {**sent, "language": "es"}))
    assert "988: Línea de suicidio y crisis" in said
    assert (DiaryDay.objects.count(), calls()) == (0, CALL_NOW)
    phone.post(f"/m/{diary}/diary", sent)
    assert (DiaryDay.objects.count(), calls()) == (1, CALL_NOW)


def test_switching_the_language_keeps_what_was_typed_about_a_refused_ride(
    visit: Appointment, token: str
) -> None:
    phone = proved(token)
    sent = {"id": str(uuid4()), "question": "ride_home", "value": "yes", "ride_name": "Sam"}
    refused = phone.post(f"/m/{token}/ready", sent)
    assert BUTTON.findall(refused.content.decode()) == ["ride"]
    page = phone.post(f"/m/{token}/ready", {**sent, "ride_phone": "312 555 01", "language": "es"})
    said = page.content.decode()
    assert (page.status_code, "Pregunta 1 de 5" in words(page)) == (200, True)
    for value in (sent["id"], "Sam", "312 555 01"):
        assert f'value="{value}"' in said
    assert not Readiness.objects.exists()


def test_what_only_a_button_opens_says_so_in_both_languages_and_leads_back(
    visit: Appointment, token: str
) -> None:
    page = proved(token).get(f"/m/{token}/confirm")
    assert (page.status_code, page["Allow"], page["Referrer-Policy"]) == (405, "POST", "no-referrer")
    assert "This page doesn't open by itself" in words(page)
    assert "Esta página no se abre sola" in words(page)
    assert f'href="/m/{token}"' in page.content.decode()


def test_switching_the_language_before_the_year_keeps_what_was_tapped_and_typed(
    visit: Appointment, token: str
) -> None:
    phone = Client()
    tapped = {"for": "ready", "id": str(uuid4()), "question": "alcohol_drugs", "value": "no"}
    page = phone.post(f"/m/{token}/birth-year", {**tapped, "birth_year": "19", "language": "es"})
    said = page.content.decode()
    assert "Año en que nació" in words(page)
    assert 'value="19"' in said
    carried = dict(re.findall(r'<input type="hidden" name="(for|id|question|value)" value="([^"]*)">', said))
    assert carried == tapped
    assert PatientLink.objects.get(message__stage="confirmation").failed_factors == 0
    assert re.search(r'form="birth-year"[^>]*name="language"\s+value="en"', said)


def test_too_many_wrong_years_say_until_when_and_whom_to_call_in_both_languages(
    visit: Appointment, token: str
) -> None:
    WrongYears.objects.create(
        patient=visit.patient, address_sha256="elsewhere", count=10, last_at=clock.now() - timedelta(hours=4)
    )
    phone = Client()
    said = {}
    for language in ("en", "es"):
        phone.get(f"/m/{token}?language={language}")
        page = phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
        assert page.status_code == 429
        assert 20 * 3600 - 60 < int(page["Retry-After"]) <= 20 * 3600
        assert 'href="tel:+13125550100"' in page.content.decode()
        said[language] = words(page)
    assert "We can't look at another year before Tuesday, January 12, 5:00 AM" in said["en"]
    assert "antes del martes 12 de enero, 5:00 AM" in said["es"]
    proof = {"token": token, "birth_year": 1980}
    answer = APIClient().post("/api/v1/links/open/", proof)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_years")
    assert "(312) 555-0100" in answer.json()["detail"]


def test_both_languages_say_everything() -> None:
    english, spanish = SAY["en"], SAY["es"]
    assert english.keys() == spanish.keys()
    for name, sentence in english.items():
        assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", spanish[name])), name
