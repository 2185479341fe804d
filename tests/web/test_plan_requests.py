"""Without a plan in force nothing is booked: the desk asks a prescriber for one, as a task."""

import pytest
import time_machine
from django.test import Client

from clinic.models import WorkItem
from scheduler.prescribing import plan_requests
from tests.cast import NOW, House, client_of, new_id
from tests.scheduler.stage import set_stage
from tests.web.pages import browser_of, words

API = "/api/v1/plans/ask/"


@pytest.fixture(autouse=True)
def at_nine() -> object:
    with time_machine.travel(NOW, tick=False):
        yield


def ask(desk: Client, house: House, said: str = "Wants to go on.", **changed: object) -> str:
    sent = {"id": str(new_id()), "words": said, **changed}
    return words(desk.post(f"/patients/{house.rosa.pk}/ask-plan/", sent, follow=True))


def test_the_desk_asks_and_the_prescribers_plan_closes_the_task(house: House) -> None:
    stage, desk = set_stage(house), browser_of(house.ana)
    assert "Ask for a plan" in words(desk.get(f"/patients/{house.rosa.pk}/book/"))
    id = str(new_id())
    for _ in range(2):
        said = ask(desk, house, id=id)
    assert "The prescribers have a task to write a plan." in said
    assert "Priya Nair can write one here, and has a task to do so, due Tue, Jan 12, 00:00." in said
    item = WorkItem.objects.get()
    assert (item.role, item.patient, item.steps.count()) == ("prescriber", house.rosa, 1)
    task = browser_of(house.priya).get(f"/tasks/{item.pk}/")
    assert "Ana Lima: Wants to go on." in words(task)
    assert f"/patients/{house.rosa.pk}/plans/new/" in task.content.decode()
    stage.plan()
    item.refresh_from_db()
    assert item.outcome == plan_requests.WRITTEN


def test_asking_again_adds_to_the_task_and_after_its_end_opens_another(house: House) -> None:
    desk = browser_of(house.ana)
    ask(desk, house)
    assert "Add something to the task" in ask(desk, house, "Calls every day.")
    item = WorkItem.objects.get()
    assert item.steps.count() == 2
    sent = {"outcome": "Not before the letter of the family doctor is here."}
    browser_of(house.priya).post(f"/tasks/{item.pk}/close/", sent)
    ask(desk, house, "The letter has come.")
    assert WorkItem.objects.filter(closed_at=None).count() == 1


def test_it_is_asked_in_words_and_not_where_a_plan_stands(house: House) -> None:
    desk = browser_of(house.ana)
    assert "Say what you ask for, and why." in ask(desk, house, "")
    set_stage(house).plan()
    assert "This patient has a plan in force. Book under that one." in ask(desk, house)
    assert not WorkItem.objects.exists()


def test_the_api_asks_once(house: House) -> None:
    sent = {"id": str(new_id()), "patient": str(house.rosa.pk), "words": "Wants to go on."}
    desk = client_of(house.ana)
    assert [desk.post(API, sent).status_code for _ in range(2)] == [201, 200]
    assert desk.post(API, {**sent, "id": str(new_id()), "words": " "}).status_code == 400
    assert WorkItem.objects.count() == 1
