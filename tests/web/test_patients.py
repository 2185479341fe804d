"""Patients on pages: found without names in addresses, registered once, mended, and who looked. Their chart
is in `test_chart`."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import queries
from clinic.history import acting
from clinic.models import AccessLog, Consent, ConsentScope, Patient, Role, Urgency
from clinic.work import open_item
from tests.cast import NOW, House, give_consent, make_patient, make_user, new_id
from tests.scheduler.stage import set_stage
from tests.web.pages import browser_of, words

NEW = {"family_name": "Stone", "given_names": "Ivy", "birth_date": "1990-02-03", "phone": "312 555 0177"}


def test_the_list_shows_the_clinics_patients_and_nobody_elses(house: House, other_house: House) -> None:
    make_patient(other_house.clinic, "Olga", "Outsider")
    page = words(browser_of(house.ana).get("/patients/"))
    assert "Delgado, Rosa" in page
    assert "Outsider" not in page


@pytest.mark.parametrize("text", ["delgdo", "Rosa", "17/5/1980 ", "5/17/1980", "+1 312 555 0142", "MRN-ROSA"])
def test_find_forgives_typing_errors_and_takes_dates_numbers_and_mrns(house: House, text: str) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550143")
    page = words(browser_of(house.ana).post("/patients/find/", {"text": text}))
    assert ("Delgado, Rosa" in page) == (text != "17/5/1980 ")
    assert "Haddad" not in page


def test_the_list_says_who_has_a_plan_and_who_comes_next(house: House) -> None:
    with time_machine.travel(NOW, tick=False):
        stage = set_stage(house)
        stage.book(stage.plan(), "10:00")
        browser = browser_of(house.ana)
        for page in (browser.get("/patients/"), browser.post("/patients/find/", {"text": "delgado"})):
            assert "Delgado, Rosa May 17, 1980 MRN-ROSA (312) 555-0142 Active Mon, Jan 11, 10:00" in words(
                page
            )
        assert "Haddad, Omar Feb 3, 1971 MRN-OMAR (312) 555-0142 none none booked" in words(
            browser.get("/patients/")
        )


def test_htmx_gets_only_the_rows(house: House) -> None:
    answer = browser_of(house.ana).post("/patients/find/", {"text": "omar"}, headers={"HX-Request": "true"})
    assert "<html" not in answer.content.decode()
    assert "Haddad, Omar" in words(answer)


def test_a_new_patient_is_registered_once_however_often_the_form_is_sent(house: House) -> None:
    form = {"id": str(new_id()), **NEW}
    first = browser_of(house.ana).post("/patients/new/", form)
    again = browser_of(house.ana).post("/patients/new/", form)
    assert (first.status_code, first["Location"]) == (302, again["Location"])
    ivy = Patient.objects.get(family_name="Stone")
    assert (str(ivy.phone), ivy.preferred_channel) == ("+13125550177", "sms")


def test_a_refused_form_comes_back_filled_with_the_mend_at_its_field(house: House) -> None:
    form = {"id": str(new_id()), **NEW, "phone": "12", "birth_date": "2199-01-01"}
    answer = browser_of(house.ana).post("/patients/new/", form)
    assert answer.status_code == 400
    page = answer.content.decode()
    assert 'value="Ivy"' in page
    assert form["id"] in page
    assert "This isn&#x27;t a number that can be dialled." in page
    assert "Give a date of birth between 1900 and today." in page
    assert not Patient.objects.filter(family_name="Stone").exists()


def test_a_managers_look_is_logged_and_a_stranger_gets_404(house: House, other_house: House) -> None:
    address = f"/patients/{house.rosa.pk}/"
    assert browser_of(house.max).get(address).status_code == 200
    assert browser_of(other_house.max).get(address).status_code == 404
    log = AccessLog.objects.filter(patient=house.rosa)
    assert [(look.user, look.what) for look in log] == [(house.max, "chart")]


def test_editing_changes_only_what_was_changed_on_the_page(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+15559079875", phone_as_given="555-907-9875")
    browser = browser_of(house.ana)
    address = f"/patients/{house.rosa.pk}/edit/"
    form = browser.get(address).context["form"]
    shown = {name: form[name].value() or "" for name in form.fields if name != "deceased"}
    sent = shown | {f"initial-{name}": value for name, value in shown.items()}
    Patient.objects.filter(pk=house.rosa.pk).update(city="Evanston")  # a colleague, meanwhile
    answer = browser.post(address, {**sent, "email": "rosa@new.example", "reason": "told us"})
    assert answer.status_code == 302
    house.rosa.refresh_from_db()
    assert (house.rosa.email, house.rosa.city) == ("rosa@new.example", "Evanston")
    assert str(house.rosa.phone) == "+15559079875"
    latest = queries.changes_of(house.rosa)[0]
    assert (latest.who, latest.reason, latest.door, latest.fields) == (
        "Ana Lima",
        "told us",
        "web",
        ["email"],
    )


def test_a_language_that_came_with_an_import_stays_when_something_else_is_changed(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(language="es-MX")
    browser = browser_of(house.ana)
    address = f"/patients/{house.rosa.pk}/edit/"
    page = browser.get(address)
    assert '<option value="es-MX" selected>' in page.content.decode()
    form = page.context["form"]
    shown = {name: form[name].value() or "" for name in form.fields if name != "deceased"}
    sent = shown | {f"initial-{name}": value for name, value in shown.items()}
    assert browser.post(address, {**sent, "city": "Evanston"}).status_code == 302
    house.rosa.refresh_from_db()
    assert (house.rosa.city, house.rosa.language) == ("Evanston", "es-MX")
    browser.post(address, {**sent, "initial-city": "Evanston", "city": "Evanston", "language": "es"})
    house.rosa.refresh_from_db()
    assert house.rosa.language == "es"


def test_a_consent_is_recorded_and_taken_back_from_the_chart(house: House) -> None:
    Consent.objects.all().delete()
    browser = browser_of(house.ana)
    form: dict[str, Any] = {
        "id": str(new_id()),
        "scope": "sms",
        "form_version": "2026-1",
        "method": "paper form",
    }
    refused = browser.post(f"/patients/{house.rosa.pk}/consents/", {**form, "given_at": "2199-01-01T09:00"})
    assert refused.status_code == 400
    assert "future" in words(refused)
    browser.post(f"/patients/{house.rosa.pk}/consents/", {**form, "given_at": "2026-11-20T09:00"})
    consent = Consent.objects.get()
    assert (consent.recorded_by, consent.scope) == (house.ana, ConsentScope.SMS)
    browser.post(f"/consents/{consent.pk}/revoke/", {f"{consent.pk}-how": "in person"})
    consent.refresh_from_db()
    assert consent.revoked_how == "in person"


def test_taking_back_needs_to_say_how(house: House) -> None:
    consent = house.rosa.consents.get(scope=ConsentScope.SMS)
    answer = browser_of(house.ana).post(f"/consents/{consent.pk}/revoke/", {f"{consent.pk}-how": ""})
    assert answer.status_code == 400
    refused = [each.scope for each in answer.context["consents"] if each.form and each.form.errors]
    assert refused == [ConsentScope.SMS]
    consent.refresh_from_db()
    assert consent.revoked_at is None


def test_who_looked_is_for_managers_and_prescribers(house: House) -> None:
    browser_of(house.nils).get(f"/patients/{house.rosa.pk}/")
    address = f"/patients/{house.rosa.pk}/access-log/"
    assert browser_of(house.ana).get(address).status_code == 403
    assert "Nils Berg" in words(browser_of(house.max).get(address))


def test_one_who_looked_again_and_again_is_told_once(house: House) -> None:
    for _ in range(3):
        browser_of(house.nils).get(f"/patients/{house.rosa.pk}/")
    page = words(browser_of(house.max).get(f"/patients/{house.rosa.pk}/access-log/"))
    assert page.count("Nils Berg") == 1
    assert "3 times since" in page


@pytest.mark.parametrize("address", ["/patients/", "/patients/{rosa}/access-log/"])
def test_the_pages_queries_do_not_grow_with_their_rows(house: House, address: str) -> None:
    def count() -> int:
        browser = browser_of(house.max)
        with CaptureQueriesContext(
            connection,
        ) as done:
            assert browser.get(address.format(rosa=house.rosa.pk)).status_code == 200
        return len(done)

    with acting(house.ana.pk):
        Patient.objects.filter(pk=house.rosa.pk).update(city="Evanston")
    count()  # whether the machinery lives is kept for some seconds
    few = count()
    for number in range(5):
        make_patient(house.clinic, f"Pat{number}", "Ient")
        house.rosa.allergies.create(substance=f"S{number}")
        AccessLog.objects.create(
            clinic=house.clinic,
            patient=house.rosa,
            user=make_user(house.clinic, f"U{number} N"),
            what="chart",
        )
        Consent.objects.filter(patient=house.rosa, scope="sms", revoked_at=None).update(revoked_at=NOW)
        give_consent(house.rosa, ConsentScope.SMS)
        Patient.objects.filter(pk=house.rosa.pk).update(city=f"Town {number}")
        open_item(
            clinic_id=house.clinic.pk,
            patient_id=house.rosa.pk,
            cause=f"test:{number}",
            title="Call",
            urgency=Urgency.ROUTINE,
            role=Role.NURSE,
            due_at=NOW + timedelta(hours=number),
        )
    assert count() == few


def test_registering_asks_whether_a_telephone_is_shared_beside_the_number(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone="+13125550177")
    ana, page = browser_of(house.ana), "/patients/new/"
    assert ana.get(page).context["form"]["shared"].is_hidden
    sent = {**NEW, "id": str(new_id()), "phone": "312 555 0177"}
    asked = ana.post(page, sent)
    assert asked.status_code == 409
    assert "O. H. has this number too" in words(asked)
    assert "They share this telephone" in words(asked)
    assert ana.post(page, {**sent, "shared": "on"}).status_code == 302
    assert Patient.objects.filter(phone="+13125550177").count() == 2
