"""How difficult it is: PHQ-9's question beside its items, on the patient's own phone as staff ask it."""

from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from rest_framework.test import APIClient

from clinic.models import Patient, WorkItem
from notifications.models import CheckIn
from scheduler.models import Appointment
from sessions_app.models import QuestionnaireResponse
from sessions_app.outcomes import responses
from tests.cast import House
from tests.notifications.phones import MORNING, ask, past, proved, tap
from tests.web.pages import Page, browser_of, words

__all__ = ["past"]  # the fixture: a visit that is over

ASKED = "How difficult have these problems made it for you to do your work"


def answered(phone: Client, token: str, check_in: CheckIn, *values: int, first: int = 1) -> Page:
    """These values from this item on; the page after the last."""
    for item, value in enumerate(values, start=first):
        page = tap(phone, token, "score", check_in=check_in.pk, instrument="phq-9", item=item, value=value)
    return page


def phq_9() -> QuestionnaireResponse:
    return QuestionnaireResponse.objects.get(instrument="phq-9")


@time_machine.travel(MORNING, tick=False)
def test_it_follows_the_ninth_item_and_counts_in_no_score(past: Appointment) -> None:
    check_in, token = ask(past, "monthly", MORNING)
    phone = proved(token)
    page = answered(phone, token, check_in, *[1] * 8, 0)
    assert ASKED in words(page)
    assert "Question 10 of 18" in words(page)
    assert "?item=" not in page.content.decode(), "what is scored is answered"
    page = answered(phone, token, check_in, 3, first=10)
    assert "Feeling nervous, anxious, or on edge" in words(page)
    assert (phq_9().score, responses.newest_answers(phq_9())[10]) == (8, 3)
    assert not WorkItem.objects.exists()


@time_machine.travel(MORNING, tick=False)
def test_where_no_problem_was_named_it_is_not_asked(past: Appointment) -> None:
    check_in, token = ask(past, "monthly", MORNING)
    page = answered(proved(token), token, check_in, *[0] * 9)
    assert "Question 10 of 17" in words(page)
    assert ASKED not in words(page)


@time_machine.travel(MORNING, tick=False)
def test_whoever_stops_there_has_a_score_and_a_nurse_knows_of_item_nine(past: Appointment) -> None:
    check_in, token = ask(past, "monthly", MORNING)
    page = answered(proved(token), token, check_in, *[0] * 8, 1)
    assert "Please get help now" in words(page)
    assert ASKED in words(page)
    assert (phq_9().status, phq_9().score) == ("completed", 1)
    assert WorkItem.objects.filter(role="nurse", urgency="red").count() == 1


@time_machine.travel(MORNING, tick=False)
def test_it_is_asked_in_spanish(past: Appointment) -> None:
    Patient.objects.filter(pk=past.patient_id).update(language="es")
    check_in, token = ask(past, "monthly", MORNING)
    page = answered(proved(token), token, check_in, *[1] * 9)
    assert "¿Qué tanta dificultad le han dado estos problemas" in words(page)
    assert "Extremadamente difícil" in words(page)


@time_machine.travel(MORNING, tick=False)
def test_the_api_asks_it_once_a_problem_was_named_and_takes_one_answer(past: Appointment) -> None:
    _, token = ask(past, "monthly", MORNING)
    proof = {"token": token, "birth_year": 1980, "instrument": "phq-9"}

    def give(item: int, value: int) -> tuple[int, dict[str, object] | None]:
        sent = {**proof, "id": str(uuid4()), "item": item, "value": value}
        answer = APIClient().post("/api/v1/links/score/", sent)
        if answer.status_code != 201:
            return answer.status_code, None
        return 201, answer.json()["check_ins"][0]["questionnaires"][0]["beside"]

    assert give(1, 0) == (201, None)
    beside = give(2, 1)[1]
    assert beside is not None
    assert (beside["item"], beside["value"]) == (10, None)
    for item in range(3, 10):
        give(item, 0)
    given = give(10, 2)[1]
    assert given is not None
    assert given["value"] == 2
    assert give(10, 3)[0] == 409


@time_machine.travel(MORNING, tick=False)
def test_of_one_that_was_entered_in_error_nothing_more_is_asked(house: House, past: Appointment) -> None:
    check_in, token = ask(past, "monthly", MORNING)
    phone = proved(token)
    answered(phone, token, check_in, *[1] * 9)
    responses.enter_in_error(
        actor=house.actor(house.nils), response=phq_9(), reason="Somebody else's", now=MORNING
    )
    page = phone.get(f"/m/{token}/questions/{check_in.pk}")
    assert "Feeling nervous, anxious, or on edge" in words(page)


@pytest.mark.parametrize("difficulty", [None, 2])
@time_machine.travel(MORNING, tick=False)
def test_staff_see_how_many_of_those_that_were_asked_are_answered(
    house: House, past: Appointment, difficulty: int | None
) -> None:
    check_in, token = ask(past, "monthly", MORNING)
    phone = proved(token)
    answered(phone, token, check_in, *[1] * 9)
    if difficulty is not None:
        answered(phone, token, check_in, difficulty, first=10)
    seen = words(browser_of(house.nils).get(f"/check-ins/{check_in.pk}/"))
    assert f"{9 if difficulty is None else 10} of 10 answered, complete" in seen
