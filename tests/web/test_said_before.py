"""What a patient says on the telephone before the visit, entered on a page of its own."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.urls import reverse

from clinic.models import AccessLog, WorkItem
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Readiness
from tests.cast import NOW, House, new_id
from tests.notifications.visits import VISIT, book
from tests.sessions_app import stories
from tests.web.pages import browser_of, words

SAID = {
    "ride_home": "yes",
    "ride_name": "Sam Reyes",
    "ride_phone": "312 555 0142",
    "fasting_understood": "yes",
    "new_medicines": "no",
    "possible_pregnancy": "no",
    "alcohol_drugs": "no",
    "urinary_symptoms": "unknown",
}


@pytest.fixture(autouse=True)
def on_monday() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def visit(house: House) -> Appointment:
    return book(house, house.rosa)


def page_of(visit: Appointment) -> str:
    return reverse("said_before", args=[visit.pk])


def said(**changes: Any) -> dict[str, Any]:
    return {"id": str(new_id()), **SAID, **changes}


def test_the_nurse_enters_what_the_patient_says_and_the_checklist_has_it(
    house: House, visit: Appointment
) -> None:
    nils = browser_of(house.nils)
    assert page_of(visit) in nils.get(reverse("visit", args=[visit.pk])).content.decode()
    assert "Do you have an adult who will take you home" in words(nils.get(page_of(visit)))
    kept = nils.post(page_of(visit), said(), follow=True)
    assert "The answers are kept." in words(kept)
    assert "Sam Reyes, 312 555 0142" in words(kept)
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.ARRIVED, arrived_at=VISIT)
    session = stories.opened(house, Appointment.objects.get(pk=visit.pk))
    ride = session.checklist_answers.get(item="ride_home")
    assert (ride.result, ride.source, ride.note) == ("pass", "patient", "Sam Reyes, 312 555 0142")


def test_one_answer_changes_and_the_others_stay(house: House, visit: Appointment) -> None:
    nils = browser_of(house.nils)
    nils.post(page_of(visit), said(possible_pregnancy="yes"))
    task = WorkItem.objects.get()
    assert page_of(visit) in nils.get(reverse("task", args=[task.pk])).content.decode()
    form = nils.get(page_of(visit)).context["form"]
    assert (form["possible_pregnancy"].value(), form["ride_name"].value()) == ("yes", "Sam Reyes")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        nils.post(page_of(visit), said(possible_pregnancy="no"))
    assert Readiness.objects.count() == 2
    assert "Yes, or I am not sure" not in words(nils.get(reverse("visit", args=[visit.pk])))


def test_a_form_sent_twice_is_kept_once(house: House, visit: Appointment) -> None:
    nils, form = browser_of(house.nils), said()
    assert [nils.post(page_of(visit), form).status_code for _ in range(2)] == [302, 302]
    assert Readiness.objects.count() == 1


@pytest.mark.parametrize(
    ("changes", "mend"),
    [
        ({"ride_phone": ""}, "Give the name and the phone number of the adult"),
        ({"ride_phone": "none"}, "Give a phone number that can be called"),
        ({"alcohol_drugs": ""}, "Choose one."),
    ],
)
def test_a_refused_form_comes_back_as_it_was_filled(
    house: House, visit: Appointment, changes: dict[str, str], mend: str
) -> None:
    refused = browser_of(house.nils).post(page_of(visit), said(**changes))
    assert refused.status_code == 400
    assert mend in words(refused)
    assert refused.context["form"]["ride_name"].value() == "Sam Reyes"
    assert not Readiness.objects.exists()


def test_who_is_here_is_asked_at_the_chair(house: House, visit: Appointment) -> None:
    Appointment.objects.filter(pk=visit.pk).update(status=AppointmentStatus.ARRIVED, arrived_at=NOW)
    nils = browser_of(house.nils)
    page = nils.get(page_of(visit))
    assert "answer the checklist itself" in words(page)
    assert "<form" not in page.content.decode().partition("<main")[2]
    assert page_of(visit) not in nils.get(reverse("visit", args=[visit.pk])).content.decode()
    late = nils.post(page_of(visit), said())
    assert late.status_code == 409
    assert "The patient is here: answer the checklist itself." in words(late)
    assert late.context["form"]["ride_name"].value() == "Sam Reyes"


def test_the_look_is_written_down_and_the_desk_does_not_look(house: House, visit: Appointment) -> None:
    browser_of(house.priya).get(page_of(visit))
    assert AccessLog.objects.filter(patient=house.rosa, user=house.priya).exists()
    ana = browser_of(house.ana)
    assert ana.get(page_of(visit)).status_code == 403
    assert page_of(visit) not in ana.get(reverse("visit", args=[visit.pk])).content.decode()
