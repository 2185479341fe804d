"""Somebody who works in two clinics: asked in which they are, and told what waits in the other."""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client
from django.urls import reverse

from clinic.models import Clinic, Membership, Patient, Role, Urgency, User, WorkItem
from tests.cast import NOW, TODAY, House, client_of, local, make_house
from tests.notifications.visits import book
from tests.sessions_app import stories
from tests.web.pages import browser_of, unseen, words
from web.doors import GO_BACK, LAST_CLINIC, OPENED_IN


@pytest.fixture
def nils(house: House, other_house: House) -> User:
    """A nurse of Lakeside, who works at the desk of Hillside too."""
    Membership.objects.create(user=house.nils, clinic=other_house.clinic, role=Role.FRONT_DESK)
    return house.nils


def task(house: House, role: Role, owner: User | None = None) -> WorkItem:
    return WorkItem.objects.create(
        clinic=house.clinic,
        cause=f"story:{WorkItem.objects.count()}",
        title="Call back",
        urgency=Urgency.AMBER,
        role=role,
        owner=owner,
        due_at=NOW + timedelta(hours=1),
    )


def choose(browser: Client, clinic: Clinic) -> Any:
    return browser.post(reverse("switch_clinic"), {"clinic": str(clinic.pk)})


def test_nobody_is_shown_a_clinic_that_they_did_not_choose(house: House, nils: User) -> None:
    browser = browser_of(nils)
    week = reverse("week", args=[TODAY])

    asked = browser.get(week)

    assert asked["Location"] == reverse("clinics")
    chosen = choose(browser, house.clinic)
    assert chosen["Location"] == week  # where they wanted to go
    assert house.clinic.name in words(browser.get(week))
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


def test_the_clinic_that_was_chosen_last_in_this_browser_is_opened_after_the_next_sign_in(
    house: House, other_house: House, nils: User
) -> None:
    browser = browser_of(nils)
    choose(browser, other_house.clinic)
    remembered = browser.cookies[LAST_CLINIC]
    assert (remembered.value, remembered["httponly"]) == (str(other_house.clinic.pk), True)

    browser = browser_of(nils)
    browser.cookies[LAST_CLINIC] = remembered.value

    assert browser.get("/nowhere/").context["frame"].clinic == other_house.clinic


def test_what_a_browser_remembers_opens_nothing_to_who_does_not_work_there(
    house: House, other_house: House
) -> None:
    browser = browser_of(house.ana)
    browser.cookies[LAST_CLINIC] = str(other_house.clinic.pk)
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


def test_what_was_typed_is_kept_until_they_have_chosen(house: House, nils: User) -> None:
    page = browser_of(nils).post(reverse("find_patients"), {"text": "delgado"})
    assert page.status_code == 409
    assert 'value="delgado"' in page.content.decode()
    assert reverse("clinics") in page.content.decode()


def test_a_part_of_a_page_takes_the_whole_page_to_the_list(house: House, nils: User) -> None:
    answer = browser_of(nils).get(reverse("tasks"), headers={"HX-Request": "true"})
    assert answer["HX-Redirect"] == reverse("clinics")


def test_the_list_says_what_waits_for_them_in_each_and_names_no_patient(
    house: House, other_house: House, nils: User
) -> None:
    stories.infusing(house)
    for mine in (task(house, Role.NURSE), task(house, Role.PRESCRIBER, owner=nils)):
        assert mine.closed_at is None
    task(house, Role.PRESCRIBER)  # nobody's yet, and not for a nurse
    task(other_house, Role.FRONT_DESK)
    task(other_house, Role.FRONT_DESK, owner=other_house.ana)

    said = words(browser_of(nils).get(reverse("clinics")))

    hillside, lakeside = said.split("Lakeside Infusion Clinic")
    assert "Hillside Infusion Clinic Front desk 1 open task, yours or free to take" in hillside
    assert "in the chair" not in hillside  # the desk reads no sessions
    assert "Nurse 2 open tasks, yours or free to take 1 in the chair now" in lakeside
    assert "Rosa" not in said


def test_the_header_counts_what_waits_in_the_other_clinics(
    house: House, other_house: House, nils: User
) -> None:
    task(other_house, Role.FRONT_DESK)
    task(other_house, Role.FRONT_DESK)
    browser = browser_of(nils)
    choose(browser, house.clinic)
    said = words(browser.get("/nowhere/"))
    assert "2 open in your other clinics" in said
    choose(browser, other_house.clinic)
    assert "open in your other clinics" not in words(browser.get("/nowhere/"))


def test_over_the_api_each_clinic_says_how_many_tasks_wait(
    house: House, other_house: House, nils: User, django_assert_max_num_queries: Any
) -> None:
    task(house, Role.NURSE)
    with django_assert_max_num_queries(4):
        listed = client_of(nils).get("/api/v1/clinics/").json()["results"]
    assert {row["name"]: row["open_tasks"] for row in listed} == {
        house.clinic.name: 1,
        other_house.clinic.name: 0,
    }


def test_the_list_asks_as_much_for_twelve_clinics_as_for_two(
    nils: User, django_assert_num_queries: Any
) -> None:
    browser = browser_of(nils)
    browser.get(reverse("clinics"))
    with django_assert_num_queries(10, exact=False) as few:
        browser.get(reverse("clinics"))
    for number in range(10):
        clinic = Clinic.objects.create(
            name=f"Clinic {number}",
            sender_name=f"Clinic {number}",
            time_zone="America/Chicago",
            phone="+13125550100",
        )
        Membership.objects.create(user=nils, clinic=clinic, role=Role.NURSE)
    with django_assert_num_queries(len(few)):
        browser.get(reverse("clinics"))


# --- A row's own clinic -----------------------------------------------------------------------------------


def test_a_link_to_a_row_opens_it_in_its_own_clinic_by_that_clinics_clock(
    house: House, other_house: House, nils: User
) -> None:
    Clinic.objects.filter(pk=other_house.clinic.pk).update(time_zone="America/New_York")
    visit = book(other_house, other_house.rosa, local(TODAY + timedelta(days=3), "9:30", "America/New_York"))
    browser = browser_of(nils)
    choose(browser, house.clinic)

    page = browser.get(reverse("visit", args=[visit.pk]))

    assert page.status_code == 200
    assert "09:30" in words(page)
    assert page.context["frame"].clinic == other_house.clinic
    assert page.context["frame"].roles == ["Front desk"]
    # From there on that clinic is the open one.
    assert browser.get("/nowhere/").context["frame"].clinic == other_house.clinic


def test_a_form_of_another_window_is_carried_out_in_the_rows_clinic_and_opens_nothing(
    house: House, other_house: House, nils: User
) -> None:
    waiting = task(other_house, Role.FRONT_DESK)
    browser = browser_of(nils)
    choose(browser, house.clinic)
    taken = browser.post(reverse("take_task", args=[waiting.pk]))
    assert taken.status_code == 302
    waiting.refresh_from_db()
    assert waiting.owner == nils
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


def test_what_somebody_is_in_one_clinic_opens_nothing_in_the_other(
    house: House, other_house: House, nils: User
) -> None:
    """He is a nurse of Lakeside, and at Hillside's desk: its sessions are not his to read."""
    theirs = stories.infusing(other_house)
    browser = browser_of(nils)
    for clinic in (house.clinic, other_house.clinic):
        choose(browser, clinic)
        assert browser.get(reverse("session", args=[theirs.pk])).status_code in (403, 404)
    choose(browser, other_house.clinic)
    assert browser.get(reverse("nurse_station")).status_code == 403  # a list is of the open clinic alone
    assert browser.get("/nowhere/").context["frame"].clinic == other_house.clinic


def test_a_row_of_no_clinic_of_theirs_is_not_found(house: House, nils: User) -> None:
    third = make_house("Seaside")
    browser = browser_of(nils)
    choose(browser, house.clinic)
    assert browser.get(reverse("patient", args=[third.rosa.pk])).status_code == 404
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


# --- A form of one clinic, sent while another is open ------------------------------------------------------


def opened_here_while_the_other_opens(browser: Client, address: str, house: House, other: House) -> Any:
    choose(browser, house.clinic)
    page = browser.get(address)
    assert browser.get(reverse("patient", args=[other.rosa.pk])).status_code == 200  # a link in window 2
    return page


CARMEN = {
    "given_names": "Carmen",
    "family_name": "Ruiz",
    "birth_date": "1980-02-03",
    "phone": "+13125550177",
}


@pytest.fixture
def ana(house: House, other_house: House) -> User:
    """At the desk of Lakeside, and at Hillside's too."""
    Membership.objects.create(user=house.ana, clinic=other_house.clinic, role=Role.FRONT_DESK)
    return house.ana


def test_a_patient_is_registered_in_the_clinic_that_the_form_was_opened_in_or_nowhere(
    house: House, other_house: House, ana: User
) -> None:
    browser = browser_of(ana)
    address = reverse("new_patient")
    page = opened_here_while_the_other_opens(browser, address, house, other_house)

    stopped = browser.post(address, {**unseen(page), **CARMEN})

    assert stopped.status_code == 409
    said = f"This page was opened for {house.clinic.name}; you are at {other_house.clinic.name} now."
    assert said in words(stopped)
    assert f"Go back to {house.clinic.name} and send it" in words(stopped)
    assert not Patient.objects.filter(family_name="Ruiz").exists()

    kept = unseen(stopped, address)
    assert CARMEN.items() <= kept.items()
    sent = browser.post(address, {**kept, GO_BACK: "1"})

    assert sent.status_code == 302
    assert Patient.objects.get(family_name="Ruiz").clinic == house.clinic
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


def test_a_form_that_a_script_looks_through_is_told_why_not_in_a_sentence_and_no_page(
    house: House, other_house: House, ana: User
) -> None:
    browser = browser_of(ana)
    address = reverse("new_patient")
    page = opened_here_while_the_other_opens(browser, address, house, other_house)
    script: Any = {"headers": {"Accept": "text/html, application/problem+json"}}
    told = [
        browser.post(address, {**unseen(page), **CARMEN}, **script),
        browser.post(address, {**CARMEN, "id": str(uuid4())}, **script),
        browser_of().post(address, CARMEN, **script),
    ]
    assert [(answer.status_code, answer.json()["code"]) for answer in told] == [
        (409, "opened_in_another_clinic"),
        (409, "clinic_unsaid"),
        (401, "signed_out"),
    ]


def test_every_page_of_staff_says_its_clinic_in_each_form_that_it_sends(house: House, ana: User) -> None:
    browser = browser_of(ana)
    choose(browser, house.clinic)
    for route in ("new_patient", "patients", "tasks", "waitlist"):
        page = browser.get(reverse(route)).content.decode()
        forms = re.findall(r"<form[^>]*method=\"post\".*?</form>", page, re.DOTALL)
        assert forms, route
        assert all(f'name="{OPENED_IN}" value="{house.clinic.pk}"' in form for form in forms), route
        assert f'"X-Chairside-Clinic": "{house.clinic.pk}"' in page


def test_a_form_of_a_row_goes_through_whichever_clinic_is_open(
    house: House, other_house: House, ana: User
) -> None:
    waiting = task(house, Role.FRONT_DESK)
    browser = browser_of(ana)
    opened_here_while_the_other_opens(browser, reverse("tasks"), house, other_house)
    taken = browser.post(reverse("take_task", args=[waiting.pk]), {OPENED_IN: str(house.clinic.pk)})
    assert taken.status_code == 302
    waiting.refresh_from_db()
    assert waiting.owner == ana


def test_a_part_of_a_page_is_of_the_pages_own_clinic(house: House, other_house: House, ana: User) -> None:
    browser = browser_of(ana)
    choose(browser, other_house.clinic)
    part = {"HX-Request": "true", "X-Chairside-Clinic": str(house.clinic.pk)}
    request: Any = browser.get(reverse("tasks"), headers=part).wsgi_request
    assert request.clinic == house.clinic
    assert browser.get("/nowhere/").context["frame"].clinic == other_house.clinic


@pytest.mark.parametrize("said", ["nonsense", "of a clinic that they left"])
def test_a_form_of_a_clinic_that_is_none_of_theirs_is_not_carried_out_elsewhere(
    house: House, other_house: House, said: str
) -> None:
    said = said if said == "nonsense" else str(other_house.clinic.pk)
    sent = {**CARMEN, "id": str(uuid4()), OPENED_IN: said, GO_BACK: "1"}
    stopped = browser_of(house.ana).post(reverse("new_patient"), sent)
    assert stopped.status_code == 409
    assert "Nothing was saved." in words(stopped)
    assert not Patient.objects.filter(family_name="Ruiz").exists()


def test_a_form_that_names_no_clinic_is_asked_back_of_whoever_works_in_several(
    house: House, other_house: House, ana: User
) -> None:
    """An older page, or a script: it would count for whichever clinic is open."""
    browser = browser_of(ana)
    choose(browser, other_house.clinic)
    address = reverse("new_patient")

    stopped = browser.post(address, {**CARMEN, "id": str(uuid4())})

    assert stopped.status_code == 409
    assert "This form doesn't say in which of your clinics it was opened. Nothing was saved." in words(
        stopped
    )
    assert not Patient.objects.filter(family_name="Ruiz").exists()
    kept = unseen(stopped, address)
    assert CARMEN.items() <= kept.items()
    html = " ".join(stopped.content.decode().split())
    for clinic in (house.clinic, other_house.clinic):
        assert f'name="{OPENED_IN}" value="{clinic.pk}"' in html
        assert f"Send it at {clinic.name}" in words(stopped)
    # The button's own word comes after the form's.
    sent = browser.post(address, {**kept, OPENED_IN: [kept[OPENED_IN], str(house.clinic.pk)]})
    assert sent.status_code == 302
    assert Patient.objects.get(family_name="Ruiz").clinic == house.clinic
    assert browser.get("/nowhere/").context["frame"].clinic == house.clinic


def test_a_part_of_a_page_that_names_no_clinic_is_a_banner_and_changes_nothing(
    house: House, other_house: House, ana: User
) -> None:
    browser = browser_of(ana)
    choose(browser, house.clinic)
    part = browser.post(reverse("find_patients"), {"text": "delgado"}, headers={"HX-Request": "true"})
    assert (part.status_code, b"<html" in part.content) == (409, False)
    assert "You are at Lakeside Infusion Clinic now." in words(part)


def test_whoever_works_in_one_clinic_is_not_asked(house: House) -> None:
    sent = browser_of(house.ana).post(reverse("new_patient"), {**CARMEN, "id": str(uuid4())})
    assert sent.status_code == 302
