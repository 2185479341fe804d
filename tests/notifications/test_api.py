"""The API of messages and check-ins for staff, and of the links for patients."""

from datetime import date, datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.utils.dateparse import parse_datetime
from psycopg.types.range import TimestamptzRange
from rest_framework.test import APIClient

from clinic.models import AccessLog, WorkItem
from notifications.delivering import delivery
from notifications.models import CheckIn, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment, Opening, Resource
from tests.cast import NOW, House, client_of, local, make_patient
from tests.notifications.visits import VISIT, book, discharge

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MORNING = local(date(2027, 1, 22), "9:00")


@pytest.fixture
def visit(house: House) -> Appointment:
    appointment = book(house, house.rosa)
    plan(now=NOW)
    delivery.drain(clock=lambda: NOW)
    return appointment


@pytest.fixture
def check_in(house: House) -> CheckIn:
    discharge(book(house, house.rosa), VISIT + 9 * HOUR)
    plan(now=MORNING)
    return CheckIn.objects.get()


def token_of(message: Message) -> str:
    return token_for(message.link.pk)


def test_the_desk_reads_what_was_sent_and_why_the_rest_was_not(house: House, visit: Appointment) -> None:
    plan(now=VISIT - 3 * DAY)
    Appointment.objects.filter(pk=visit.pk).update(status="cancelled")
    delivery.drain(clock=lambda: VISIT - 3 * DAY)
    listed = client_of(house.ana).get("/api/v1/messages/", {"appointment": str(visit.pk)}).json()["results"]
    fates = {row["stage"]: (row["status"], row["reason"]) for row in listed}
    assert fates["confirmation"] == ("sent", "")
    assert fates["T-3d"] == ("skipped", "The visit was cancelled.")
    assert AccessLog.objects.filter(patient=house.rosa, what="messages").count() == 1


def test_one_message_shows_each_try_without_the_patients_token(house: House, visit: Appointment) -> None:
    message = Message.objects.get(stage="confirmation")
    shown = client_of(house.ana).get(f"/api/v1/messages/{message.pk}/")
    assert [attempt["outcome"] for attempt in shown.json()["attempts"]] == ["accepted"]
    assert token_of(message) not in shown.content.decode()


def test_the_log_asks_the_same_number_of_questions_for_one_visit_and_for_five(
    house: House, visit: Appointment, django_assert_num_queries: Any
) -> None:
    client = client_of(house.ana)
    with django_assert_num_queries(2):
        client.get("/api/v1/messages/")
    for number in range(4):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    with django_assert_num_queries(2):
        assert len(client.get("/api/v1/messages/").json()["results"]) == 5


@pytest.mark.parametrize("path", ["messages", "check-ins"])
def test_another_clinic_sees_nothing(house: House, other_house: House, check_in: CheckIn, path: str) -> None:
    pk = {"messages": check_in.message_id, "check-ins": check_in.pk}[path]
    outsider = client_of(other_house.nils)
    assert outsider.get(f"/api/v1/{path}/").json()["results"] == []
    assert outsider.get(f"/api/v1/{path}/{pk}/").status_code == 404
    assert outsider.get("/api/v1/messages/", {"patient": str(house.rosa.pk)}).status_code == 404


def test_answers_are_for_those_who_judge_them(house: House, check_in: CheckIn) -> None:
    path = f"/api/v1/check-ins/{check_in.pk}/"
    assert client_of(house.nils).get(path).json()["kind"] == "next_morning"
    assert client_of(house.ana).get(path).status_code == 403
    assert AccessLog.objects.filter(patient=house.rosa, what="check-in").count() == 1


def test_check_ins_are_listed_with_their_answers_in_a_fixed_number_of_queries(
    house: House, check_in: CheckIn, django_assert_num_queries: Any
) -> None:
    client = client_of(house.nils)
    with django_assert_num_queries(3):
        client.get("/api/v1/check-ins/")
    for number in range(3):
        patient = make_patient(house.clinic, f"Given{number}", "Family")
        discharge(book(house, patient), VISIT + 9 * HOUR)
    plan(now=MORNING + HOUR)
    with django_assert_num_queries(3):
        assert len(client.get("/api/v1/check-ins/").json()["results"]) == 4


def test_the_inbox_shows_what_arrived_with_the_link_that_works(house: House, visit: Appointment) -> None:
    (item,) = client_of(house.ana).get("/api/v1/inbox/").json()["results"]
    assert item["recipient"] == "rosa@patients.example"
    assert "/m/" in item["body"]
    assert "{link}" not in item["body"]


def test_an_unknown_filter_is_refused_by_name(house: House) -> None:
    refused = client_of(house.ana).get("/api/v1/messages/", {"state": "sent"})
    assert refused.status_code == 400
    assert refused.json()["errors"][0]["field"] == "state"


def test_a_patient_opens_and_confirms_without_signing_in(visit: Appointment) -> None:
    proof = {"token": token_of(Message.objects.get(stage="confirmation")), "birth_year": 1980}
    with time_machine.travel(NOW, tick=False):
        opened = APIClient().post("/api/v1/links/open/", proof).json()
        assert opened["visit"]["patient_status"] == "needs-action"
        confirmed = APIClient().post("/api/v1/links/confirm/", proof)
    assert confirmed.json()["visit"]["patient_status"] == "accepted"


def test_nothing_is_told_to_a_wrong_birth_year(visit: Appointment) -> None:
    """The fifth closes the link, and says so; from then on it is like one that was guessed."""
    proof = {"token": token_of(Message.objects.get(stage="confirmation")), "birth_year": 1981}
    with time_machine.travel(NOW, tick=False):
        answers = [APIClient().post("/api/v1/links/open/", proof) for _ in range(6)]
    assert [answer.status_code for answer in answers] == [400, 400, 400, 400, 429, 404]
    for answer in answers:
        assert set(answer.json()) <= {"type", "title", "status", "detail", "code", "errors"}
        assert "1980" not in answer.content.decode()


def test_a_guessed_token_is_a_404(db: None) -> None:
    refused = APIClient().post("/api/v1/links/open/", {"token": "A" * 22, "birth_year": 1980})
    assert (refused.status_code, refused.json()["code"]) == (404, "not_found")


def test_a_red_answer_brings_the_emergency_lines_back_at_once(check_in: CheckIn) -> None:
    call = {
        "id": str(uuid4()),
        "token": token_of(check_in.message),
        "birth_year": 1980,
        "question": "safety",
        "value": "yes",
    }
    with time_machine.travel(MORNING, tick=False):
        given = APIClient().post("/api/v1/links/answer/", call)
        again = APIClient().post("/api/v1/links/answer/", call)
    assert (given.status_code, again.status_code) == (201, 200)
    assert [line["number"] for line in given.json()["emergency_lines"]] == ["911", "988"]
    assert given.json()["check_ins"][0]["questions"][0]["value"] == "yes"
    assert check_in.answers.count() == WorkItem.objects.count() == 1


def test_beside_a_red_answer_it_says_whether_anybody_is_there(house: House, check_in: CheckIn) -> None:
    proof = {"token": token_of(check_in.message), "birth_year": 1980}
    call = {**proof, "id": str(uuid4()), "question": "safety", "value": "yes"}
    opens = MORNING + 20 * HOUR
    nils = Resource.objects.create(clinic=house.clinic, kind="nurse", name="Nils", capacity=6)
    Opening.objects.create(resource=nils, during=TimestamptzRange(opens, opens + 8 * HOUR))

    def told(now: datetime, path: str, body: dict[str, Any]) -> tuple[bool, str | None]:
        with time_machine.travel(now, tick=False):
            answer = APIClient().post(f"/api/v1/links/{path}/", body).json()
        return answer["nobody_there"], answer["there_again_at"]

    assert told(MORNING, "open", proof) == (False, None)  # nothing is alarming yet
    closed, again = told(MORNING, "answer", call)
    assert (closed, parse_datetime(again or "")) == (True, opens)
    assert told(opens, "open", proof) == (False, None)


def test_an_answer_that_is_not_offered_is_refused_with_what_is(check_in: CheckIn) -> None:
    call = {
        "id": str(uuid4()),
        "token": token_of(check_in.message),
        "birth_year": 1980,
        "question": "safety",
        "value": "maybe",
    }
    with time_machine.travel(MORNING, tick=False):
        refused = APIClient().post("/api/v1/links/answer/", call)
    assert refused.status_code == 400
    assert refused.json()["errors"] == [
        {"field": "value", "code": "invalid", "detail": "Choose one of: no, yes."}
    ]


def test_strangers_are_slowed_down(db: None) -> None:
    client = APIClient()
    guesses = [client.post("/api/v1/links/open/", {"token": "x", "birth_year": 1980}) for _ in range(31)]
    assert guesses[29].status_code == 404
    assert (guesses[30].status_code, guesses[30].json()["code"]) == (429, "throttled")
    assert guesses[30]["Retry-After"] == "60"
