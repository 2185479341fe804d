"""What a patient says on the telephone before the visit, entered on a page of its own."""

import json
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from typing import Any

import pytest
import time_machine
from django.test import Client
from django.urls import reverse

from clinic.models import AccessLog, WorkItem
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Readiness
from sessions_app.preparing import readiness
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
    """As a page sends it on which nothing was answered yet."""
    return {"id": str(new_id()), "were": json.dumps(vars(readiness.Answers())), **SAID, **changes}


def filled(nurse: Client, visit: Appointment, **changes: Any) -> dict[str, Any]:
    """The page as it stands now, with these answers changed."""
    form = nurse.get(page_of(visit)).context["form"]
    return {**{each.html_name: each.value() for each in form}, **changes}


def newest(visit: Appointment) -> Readiness:
    given = readiness.newest(visit)
    assert given is not None
    return given


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
        nils.post(page_of(visit), filled(nils, visit, possible_pregnancy="no"))
    assert Readiness.objects.count() == 2
    assert newest(visit).ride_name == "Sam Reyes"
    seen = words(nils.get(reverse("visit", args=[visit.pk])))
    assert "Before that: Yes, or I am not sure, said" in seen
    assert "A nurse calls" not in seen


def test_an_older_page_takes_no_answer_away(house: House, visit: Appointment) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    older = filled(nils, visit, ride_home="yes", ride_name="Sam Reyes", ride_phone="312 555 0142")
    priya.post(page_of(visit), said(new_medicines="yes", possible_pregnancy="yes", alcohol_drugs="yes"))
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert nils.post(page_of(visit), older).status_code == 302
    assert readiness.doubts(newest(visit)) == ["new_medicines", "possible_pregnancy", "alcohol_drugs"]
    task = words(nils.get(reverse("task", args=[WorkItem.objects.get().pk])))
    assert (task.count("A nurse calls"), "Not answered" in task) == (3, False)


def test_an_answer_changed_meanwhile_is_told_and_changed_knowingly(house: House, visit: Appointment) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    nils.post(page_of(visit), said(new_medicines="no", alcohol_drugs="unknown"))
    older = filled(nils, visit, fasting_understood="no")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        priya.post(page_of(visit), filled(priya, visit, new_medicines="yes", alcohol_drugs="yes"))
        stale = nils.post(page_of(visit), older)
    assert stale.status_code == 412
    assert "is now “Yes” (Priya Nair)." in unescape(words(stale))
    shown = stale.context["form"]
    assert [shown[name].value() for name in ("new_medicines", "alcohol_drugs", "fasting_understood")] == [
        "yes",
        "yes",
        "no",
    ]
    assert newest(visit).new_medicines == "yes"
    with time_machine.travel(NOW + timedelta(minutes=9), tick=False):
        again = {each.html_name: each.value() for each in shown}
        assert nils.post(page_of(visit), {**again, "new_medicines": "no"}).status_code == 302
    assert readiness.doubts(newest(visit)) == ["alcohol_drugs", "fasting_understood"]


def test_what_is_refused_asks_in_the_words_of_a_first_visit_too(house: House, visit: Appointment) -> None:
    nils, priya = browser_of(house.nils), browser_of(house.priya)
    older = filled(nils, visit, new_medicines="no")
    priya.post(page_of(visit), said(new_medicines="yes"))
    stale = nils.post(page_of(visit), older)
    assert stale.status_code == 412
    first = "Have your medicines changed since you told us about them?"
    assert words(stale).count(first) == 2, "in the sentence, and at its box"


def test_what_the_patient_changed_by_link_is_told_as_theirs(house: House, visit: Appointment) -> None:
    nils = browser_of(house.nils)
    nils.post(page_of(visit), said())
    older = filled(nils, visit)
    readiness.confirm(
        id=new_id(),
        appointment=visit,
        answers=readiness.Answers(new_medicines="yes"),
        now=NOW + timedelta(minutes=5),
    )
    stale = nils.post(page_of(visit), older)
    assert stale.status_code == 412
    assert "(the patient said so)" in words(stale)


def test_an_answer_that_stands_can_be_changed_and_not_left_out(house: House, visit: Appointment) -> None:
    nils = browser_of(house.nils)
    nils.post(page_of(visit), said(alcohol_drugs="unknown"))
    form = nils.get(page_of(visit)).context["form"]
    offered = {
        name: [value for value, _ in form.fields[name].widget.choices]
        for name in form.fields
        if name in ("new_medicines", "alcohol_drugs")
    }
    assert ("unknown" in offered["new_medicines"], "unknown" in offered["alcohol_drugs"]) == (False, True)


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
        ({"ride_home": "no"}, "Somebody is named who takes them home"),
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


def test_a_ride_is_not_forgotten_without_a_word(house: House, visit: Appointment) -> None:
    nils = browser_of(house.nils)
    nils.post(page_of(visit), said())
    refused = nils.post(page_of(visit), filled(nils, visit, ride_name="", ride_phone=""))
    assert refused.status_code == 400
    assert "Name who takes them home now" in words(refused)
    gone = filled(nils, visit, ride_home="no", ride_name="", ride_phone="")
    with time_machine.travel(NOW + timedelta(minutes=5), tick=False):
        assert nils.post(page_of(visit), gone).status_code == 302
    assert (newest(visit).ride_home, newest(visit).ride_name) == ("no", "")


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
