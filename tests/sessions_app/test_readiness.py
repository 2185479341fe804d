"""What a patient confirms before the visit, and what it becomes when the session is opened."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic import work
from clinic.models import Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Readiness
from sessions_app.preparing import checklist, readiness
from sessions_app.preparing.readiness import Answers
from tests.cast import NOW, House, client_of, new_id
from tests.sessions_app import stories
from tests.web.pages import browser_of, words

EARLIER = NOW - timedelta(days=3)
SAFE = Answers(
    ride_name="Sam Reyes",
    ride_phone="+13125550142",
    fasting_understood="yes",
    new_medicines="no",
    possible_pregnancy="no",
    alcohol_drugs="no",
)


def booked(house: House) -> Appointment:
    visit = stories.arrived_visit(house)
    return become(visit, AppointmentStatus.BOOKED)


def become(visit: Appointment, status: AppointmentStatus) -> Appointment:
    visit.status = status
    visit.save()
    return visit


def confirm(visit: Appointment, answers: Answers, **options: Any) -> Readiness:
    return readiness.confirm(id=new_id(), appointment=visit, answers=answers, **{"now": EARLIER, **options})


def lines_of(house: House, visit: Appointment) -> dict[str, tuple[str, str, str]]:
    session = stories.opened(house, become(visit, AppointmentStatus.ARRIVED))
    return {line.item: (line.result, line.note, line.source) for line in session.checklist_answers.all()}


def test_safe_answers_arrive_as_lines_of_the_checklist_marked_as_the_patients(house: House) -> None:
    visit = booked(house)
    confirm(visit, SAFE)
    assert lines_of(house, visit) == {
        "ride_home": ("pass", "Sam Reyes, +13125550142", "patient"),
        "medicines": ("pass", "", "patient"),
        "pregnancy": ("pass", "", "patient"),
        "alcohol_drugs": ("pass", "", "patient"),
    }
    assert not WorkItem.objects.exists()


def test_what_was_said_before_another_visit_is_asked_anew_and_a_doubt_stands(house: House) -> None:
    visit = booked(house)
    confirm(visit, replace(SAFE, alcohol_drugs="yes"), now=EARLIER)
    stories.arrived(house, at=EARLIER + timedelta(hours=1))
    lines = lines_of(house, visit)
    assert {item: result for item, (result, _, _) in lines.items()} == {
        "ride_home": "pass",
        "alcohol_drugs": "fail",
    }


def test_what_was_not_answered_stays_open_and_understood_is_not_fasted(house: House) -> None:
    visit = booked(house)
    given = confirm(visit, Answers(fasting_understood="yes"))
    assert lines_of(house, visit) == {}
    assert readiness.remarks(given) == {"fasting": readiness.FASTING_UNDERSTOOD}


def test_the_newest_confirmation_counts_and_each_is_kept(house: House) -> None:
    visit = booked(house)
    confirm(visit, SAFE)
    confirm(visit, replace(SAFE, new_medicines="yes"), now=EARLIER + timedelta(hours=1))
    assert visit.readiness.count() == 2
    assert lines_of(house, visit)["medicines"] == (
        "fail",
        "The patient says that medicines have changed.",
        "patient",
    )


def test_an_item_that_the_protocol_does_not_ask_gets_no_line(house: House) -> None:
    stories.active_protocol(house, checklist=["medicines"])
    visit = booked(house)
    confirm(visit, SAFE)
    assert list(lines_of(house, visit)) == ["medicines"]


@pytest.mark.parametrize(
    "unsafe",
    [
        {"new_medicines": "yes"},
        {"possible_pregnancy": "yes"},
        {"alcohol_drugs": "yes"},
        {"fasting_understood": "no"},
        {"ride_home": "no", "ride_name": "", "ride_phone": ""},
        {"urinary_symptoms": "yes"},
    ],
)
def test_an_unsafe_answer_opens_a_task_for_a_nurse_before_the_visit(
    house: House, unsafe: dict[str, str]
) -> None:
    visit = booked(house)
    confirm(visit, replace(SAFE, **unsafe))
    task = WorkItem.objects.get()
    assert (task.role, task.urgency, task.patient) == (Role.NURSE, Urgency.AMBER, house.rosa)
    assert task.due_at == visit.starts_at - timedelta(days=1)


def test_doubts_join_the_task_that_waits_and_open_another_once_it_was_taken(house: House) -> None:
    visit = booked(house)
    confirm(visit, replace(SAFE, new_medicines="yes"))
    confirm(visit, replace(SAFE, new_medicines="yes", alcohol_drugs="no"), now=EARLIER + timedelta(hours=1))
    confirm(visit, replace(SAFE, new_medicines="yes", alcohol_drugs="yes"), now=EARLIER + timedelta(hours=2))
    item = WorkItem.objects.get()
    work.acknowledge(actor=house.actor(house.nils), item=item, now=EARLIER + timedelta(hours=3))
    worse = replace(SAFE, new_medicines="yes", alcohol_drugs="yes", possible_pregnancy="yes")
    confirm(visit, worse, now=EARLIER + timedelta(hours=4))
    assert WorkItem.objects.count() == 2


def test_the_nurse_reads_which_answer_was_unsafe_and_the_desk_does_not(house: House) -> None:
    visit = booked(house)
    with time_machine.travel(EARLIER, tick=False):
        confirm(visit, replace(SAFE, alcohol_drugs="yes"))
        item, nurse = WorkItem.objects.get(), browser_of(house.nils)
        assert "alcohol" not in item.title
        pages = (f"/tasks/{item.pk}/", f"/visits/{visit.pk}/", f"/patients/{visit.patient_id}/")
        for page in pages:
            said = words(nurse.get(page))
            assert "What the patient said before the visit" in said
            assert said.count("A nurse calls") == 1
            assert "Sam Reyes, +13125550142" in said
        assert f'href="/visits/{visit.pk}/"' in nurse.get(pages[0]).content.decode()
        for page in pages:
            assert "What the patient said before" not in words(browser_of(house.ana).get(page))


def test_a_doubt_that_was_said_elsewhere_stands_on_the_checklist_and_opens_no_task(house: House) -> None:
    visit = booked(house)
    readiness.raise_doubts(id=new_id(), appointment=visit, questions=["urinary_symptoms"], now=EARLIER)
    # The link asks five questions, and this is none of them.
    confirm(visit, SAFE, now=EARLIER + timedelta(hours=1))
    assert not WorkItem.objects.exists()
    lines = lines_of(house, visit)
    assert lines["new_symptoms"][::2] == ("fail", "patient")
    assert lines["medicines"] == ("pass", "", "patient")


def test_a_doubt_about_a_visit_that_is_over_stands_nowhere(house: House) -> None:
    visit = become(booked(house), AppointmentStatus.FULFILLED)
    assert (
        readiness.raise_doubts(id=new_id(), appointment=visit, questions=["new_medicines"], now=EARLIER)
        is None
    )
    assert not Readiness.objects.exists()


def test_nobody_to_take_the_patient_home_fails_the_item(house: House) -> None:
    visit = booked(house)
    given = confirm(visit, Answers(ride_home="no"))
    assert readiness.unanswered(given) == list(readiness.QUESTIONS[1:])
    assert lines_of(house, visit)["ride_home"][0] == "fail"


@pytest.mark.parametrize(("before", "due"), [(timedelta(hours=3), 2), (timedelta(minutes=30), 0)])
def test_the_task_is_due_within_an_hour_and_never_after_the_start(
    house: House, before: timedelta, due: int
) -> None:
    visit = booked(house)
    confirm(visit, replace(SAFE, new_medicines="yes"), now=visit.starts_at - before)
    assert WorkItem.objects.get().due_at == visit.starts_at - timedelta(hours=due)


@pytest.mark.parametrize("name", ["ride_name", "ride_phone"])
def test_a_ride_has_a_name_and_a_phone(house: House, name: str) -> None:
    with pytest.raises(Invalid) as refused:
        confirm(booked(house), replace(SAFE, **{name: ""}))
    assert [error["field"] for error in refused.value.data["errors"]] == [name]


@pytest.mark.parametrize(
    ("status", "code"),
    [
        (AppointmentStatus.ARRIVED, "patient_here"),
        (AppointmentStatus.CHECKED_IN, "patient_here"),
        (AppointmentStatus.FULFILLED, "visit_over"),
    ],
)
def test_a_confirmation_comes_before_the_visit(house: House, status: AppointmentStatus, code: str) -> None:
    with pytest.raises(Conflict) as refused:
        confirm(become(booked(house), status), SAFE)
    assert refused.value.code == code


def test_a_nurse_enters_it_over_the_api_and_another_clinic_finds_nothing(
    house: House, other_house: House
) -> None:
    visit = booked(house)
    body = {"id": str(new_id()), "new_medicines": "yes"}
    address = f"/api/v1/appointments/{visit.pk}/readiness/"
    assert client_of(other_house.nils).post(address, body).status_code == 404
    answer = client_of(house.nils).post(address, body)
    assert (answer.status_code, answer.json()["alcohol_drugs"]) == (201, "unknown")
    wrong = client_of(house.nils).post(address, {"id": str(new_id()), "new_medicines": "perhaps"})
    assert (wrong.status_code, wrong.json()["errors"][0]["field"]) == (400, "new_medicines")


def test_what_is_not_answered_now_stands_as_it_was_answered_before(house: House) -> None:
    visit = booked(house)
    nils, address = client_of(house.nils), f"/api/v1/appointments/{visit.pk}/readiness/"
    with time_machine.travel(EARLIER, tick=False):
        nils.post(address, {"id": str(new_id()), "alcohol_drugs": "yes", "new_medicines": "no"})
    with time_machine.travel(EARLIER + timedelta(hours=1), tick=False):
        then = nils.post(address, {"id": str(new_id()), "ride_home": "yes", "new_medicines": "unknown"})
    told = then.json()
    assert (told["alcohol_drugs"], told["new_medicines"], told["ride_home"]) == ("yes", "no", "yes")
    assert lines_of(house, visit)["alcohol_drugs"][::2] == ("fail", "patient")


def test_a_ride_taken_back_takes_its_name_away_and_a_ride_without_one_keeps_it(house: House) -> None:
    visit = booked(house)
    confirm(visit, SAFE)
    kept = confirm(visit, Answers(ride_home="yes"), now=EARLIER + timedelta(hours=1))
    gone = confirm(visit, Answers(ride_home="no"), now=EARLIER + timedelta(hours=2))
    assert [(given.ride_name, given.ride_home) for given in (kept, gone)] == [
        ("Sam Reyes", "yes"),
        ("", "no"),
    ]


def test_that_all_is_well_is_carried_over_no_other_visit_and_a_doubt_is(house: House) -> None:
    visit = booked(house)
    confirm(visit, replace(SAFE, new_medicines="yes"))
    stories.arrived(house, at=EARLIER + timedelta(hours=1))
    given = confirm(visit, Answers(fasting_understood="yes"), now=EARLIER + timedelta(hours=2))
    assert (given.new_medicines, given.alcohol_drugs, given.ride_name) == ("yes", "unknown", "Sam Reyes")


def test_every_item_that_an_answer_speaks_of_is_one_of_the_checklist() -> None:
    everything = Readiness(**{**vars(SAFE), "new_medicines": "yes"})
    assert {said.item for said in readiness.said(everything)} <= set(checklist.LABELS)


@pytest.mark.parametrize("phone", ["zzz", "my sister", "12"])
def test_a_ride_whose_number_nobody_can_call_is_no_ride(house: House, phone: str) -> None:
    with pytest.raises(Invalid, match="ride_phone: Give a phone number that can be called"):
        confirm(booked(house), replace(SAFE, ride_phone=phone))
    assert not Readiness.objects.exists()
