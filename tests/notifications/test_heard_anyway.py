"""A patient's red tap and words of a crisis reach a nurse whatever stands in their way: a forgotten session,
a body that can't be read, too many wrong years, a silent Valkey.
"""

import json
import logging
import re
import time
from collections.abc import Iterator
from datetime import timedelta
from html import unescape
from socket import socket
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.core.cache import cache
from django.test import Client
from redis.exceptions import RedisError
from rest_framework.test import APIClient

from clinic import rates, work
from clinic.models import WorkItem
from notifications import saying
from notifications.answering import check_ins, own_words, unproven
from notifications.models import CheckIn, CheckInAnswer, LinkPurpose, Message, PatientLink, WrongYears
from notifications.talking import again
from notifications.tokens import token_for
from sessions_app.models import DiaryDay
from tests.at_once import at_once
from tests.cast import NOW, House, client_of
from tests.notifications.visits import book
from tests.silence import silent
from tests.web.pages import words

__all__ = ["silent"]  # a fixture of these stories too

DAY = timedelta(days=1)
CRISIS = "I want to kill myself tonight"


@pytest.fixture
def at_now() -> Iterator[None]:
    with time_machine.travel(NOW):
        yield


@pytest.fixture
def link(house: House, at_now: None) -> PatientLink:
    """A link that asks for a ride, this morning's questions and the diary's day."""
    visit = book(house, house.rosa)
    message = said(house, "reminder", "T-3d", appointment=visit, visit_starts_at=visit.starts_at)
    CheckIn.objects.create(clinic=house.clinic, patient=house.rosa, kind="next_morning", message=message)
    return saying.give_link(message, purpose=LinkPurpose.VISIT, expires_at=NOW + 3 * DAY)


@pytest.fixture
def diary(house: House, at_now: None) -> PatientLink:
    message = said(house, "diary", "diary")
    return saying.give_link(message, purpose=LinkPurpose.DIARY, expires_at=NOW + 3 * DAY)


def said(house: House, kind: str, stage: str, **columns: Any) -> Message:
    return saying.say(
        key=f"story:{uuid4()}",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind=kind,
        stage=stage,
        due_at=NOW,
        stale_at=NOW + DAY,
        **{"status": "sent", **columns},
    )


def address(link: PatientLink, door: str = "") -> str:
    return f"/m/{token_for(link.pk)}{door}"


def proof(link: PatientLink) -> dict[str, Any]:
    return {"token": token_for(link.pk), "birth_year": 1980}


def carried(page: Any) -> dict[str, Any]:
    """What the page of the birth year sends along."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(
        r'<input type="hidden" name="(\w+)" value="([^"]*)">', page.content.decode()
    ):
        found.setdefault(name, []).append(unescape(value))
    return {name: values for name, values in found.items() if name != "csrfmiddlewaretoken"}


def calls() -> list[tuple[str, str, str]]:
    return list(WorkItem.objects.filter(closed_at=None).values_list("title", "urgency", "role"))


RED_WORDS = [(own_words.CALL_NOW, "red", "nurse")]
UNPROVEN = [(unproven.CALL_NOW, "red", "nurse")]


def stop(link: PatientLink) -> None:
    """Ten wrong years from elsewhere."""
    WrongYears.objects.create(patient=link.patient, address_sha256="elsewhere", count=10, last_at=NOW)


# --- The phone has forgotten the year ------------------------------------------------------------------


def test_a_crisis_beside_a_ride_that_is_refused_after_the_year_is_heard(link: PatientLink) -> None:
    phone = Client()
    ride = {"for": "ready", "id": str(uuid4()), "question": "ride_home", "value": "yes", "ride_name": CRISIS}
    asked = phone.post(address(link, "/ready"), {**ride, "ride_phone": ""})
    page = phone.post(address(link, "/birth-year"), {"birth_year": "1980", **carried(asked)})
    assert page.status_code == 400
    assert "988: Suicide and crisis lifeline" in words(page)
    assert "Enter the name and the phone number." in words(page)
    assert "ride_phone" not in words(page)
    assert f'value="{CRISIS}"' in page.content.decode()
    assert calls() == RED_WORDS


def test_a_day_of_the_diary_is_carried_whole_and_its_words_are_heard(diary: PatientLink) -> None:
    phone = Client()
    asked_first = phone.get(address(diary))
    assert "note" not in asked_first.content.decode()
    day = {"id": str(uuid4()), "day": "2027-01-11", "headache": "yes", "note": CRISIS, "peak": "6"}
    asked = phone.post(
        address(diary, "/diary"), {"for": "diary", **day, "triggers": ["stress", "sleep"], "aura": '"Stars"'}
    )
    page = phone.post(address(diary, "/birth-year"), {"birth_year": "1980", **carried(asked)}, follow=True)
    assert "Your day is kept." in words(page)
    assert "988: Suicide and crisis lifeline" in words(page)
    row = DiaryDay.objects.get()
    assert (row.note, row.aura, row.peak, row.triggers) == (CRISIS, '"Stars"', 6, ["stress", "sleep"])
    assert calls() == RED_WORDS


def test_the_diarys_page_says_what_it_is_so_that_it_can_be_carried(diary: PatientLink) -> None:
    phone = Client()
    page = phone.post(address(diary, "/birth-year"), {"birth_year": "1980"}, follow=True)
    assert carried(page)["for"] == ["diary"]


def test_a_red_tap_that_was_carried_shows_the_emergency_lines_at_once(link: PatientLink) -> None:
    phone = Client()
    tapped = {"for": "answer", "id": str(uuid4()), "question": "safety", "value": "yes"}
    asked = phone.post(address(link, "/answer"), tapped)
    page = phone.post(address(link, "/birth-year"), {"birth_year": "1980", **carried(asked)}, follow=True)
    assert "988: Suicide and crisis lifeline" in words(page)
    assert CheckInAnswer.objects.get().level == "red"


# --- A body that can't be read -------------------------------------------------------------------------

HALF = "\\ud800"
BODIES = {
    "diary": '"day": "2027-01-11", "headache": false, "note": "I want to die %s"',
    "readiness": '"question": "ride_home", "value": "yes", "ride_name": "I want to die %s", "ride_phone": ""',
}


@pytest.mark.parametrize("id", ["x", "c0ffee00-0000-4000-8000-000000000001"])
@pytest.mark.parametrize("door", ["diary", "readiness"])
@pytest.mark.parametrize("odd", [HALF, '", "peak": 1e400, "more": "', f'", "more": {"9" * 5000}, "x": "'])
def test_a_crisis_in_a_body_that_is_refused_whole_is_heard_once(
    link: PatientLink, diary: PatientLink, door: str, id: str, odd: str
) -> None:
    asked = diary if door == "diary" else link
    body = f'{{"id": "{id}", {json.dumps(proof(asked))[1:-1]}, {BODIES[door] % odd}}}'
    for _ in range(2):
        answer = APIClient().post(f"/api/v1/links/{door}/", body, content_type="application/json")
        assert answer.status_code == 400
    assert calls() == RED_WORDS


# --- Worrying words ------------------------------------------------------------------------------------


def test_a_fall_in_the_diary_calls_a_nurse_today_as_a_text_does(diary: PatientLink) -> None:
    phone = Client()
    phone.post(address(diary, "/birth-year"), {"birth_year": "1980"})
    day = {"id": str(uuid4()), "day": "2027-01-11", "headache": "no"}
    page = phone.post(address(diary, "/diary"), {**day, "note": "I fell in the bathroom"}, follow=True)
    assert "988: Suicide" not in words(page)
    assert calls() == [(own_words.CALL_TODAY, "amber", "nurse")]
    assert WorkItem.objects.get().due_at <= NOW + timedelta(hours=2, minutes=1)


def test_what_becomes_alarming_in_the_same_entry_calls_at_once_all_the_same(diary: PatientLink) -> None:
    day = {**proof(diary), "id": str(uuid4()), "day": "2027-01-11", "headache": True, "peak": 11}
    for note in ("I fell in the bathroom", "I fell. I want to die"):
        APIClient().post("/api/v1/links/diary/", {**day, "note": note})
    assert sorted(calls()) == [RED_WORDS[0], (own_words.CALL_TODAY, "amber", "nurse")]


# --- Too many wrong years ------------------------------------------------------------------------------

TAPPED = {
    "a red tap": {"for": "answer", "question": "safety", "value": "yes"},
    "the item about safety": {"for": "score", "instrument": "phq-9", "item": "9", "value": "1"},
    "a note": {"for": "diary", "day": "2027-01-11", "headache": "no", "note": CRISIS},
    "a ride": {"for": "ready", "question": "ride_home", "value": "no", "ride_name": "me quiero matar"},
}


@pytest.mark.parametrize("year", ["1980", "1981"])
@pytest.mark.parametrize("tapped", TAPPED.values(), ids=TAPPED.keys())
def test_what_is_red_is_heard_though_no_year_is_looked_at_any_more(
    link: PatientLink, tapped: dict[str, str], year: str
) -> None:
    stop(link)
    for _ in range(2):
        sent = {"birth_year": year, "id": str(uuid4()), **tapped}
        page = Client().post(address(link, "/birth-year"), sent)
        assert page.status_code == 429
        assert "988: Suicide and crisis lifeline" in words(page)
    assert calls() == UNPROVEN
    assert not CheckInAnswer.objects.exists()
    assert not DiaryDay.objects.exists()
    item = WorkItem.objects.get()
    assert (item.patient_id, item.due_at <= NOW + timedelta(minutes=16)) == (link.patient_id, True)


def test_a_red_tap_with_the_year_that_closes_the_link_is_heard(link: PatientLink) -> None:
    for year in range(1901, 1906):
        page = Client().post(
            address(link, "/birth-year"),
            {"birth_year": str(year), "id": str(uuid4()), **TAPPED["a red tap"]},
        )
    assert page.status_code == 429
    assert "We have closed this link" in words(page)
    assert "988: Suicide and crisis lifeline" in words(page)
    assert calls() == UNPROVEN


@pytest.mark.django_db(transaction=True)
def test_what_is_sent_at_once_calls_once(link: PatientLink) -> None:
    sent = {"ride_name": CRISIS}
    heard = at_once(*[lambda: unproven.hear(token=token_for(link.pk), sent=sent, now=NOW)] * 4)
    assert heard == [True] * 4
    assert calls() == UNPROVEN


def test_after_somebody_called_it_is_heard_again(house: House, link: PatientLink) -> None:
    stop(link)
    nils = house.actor(house.nils)
    for _ in range(2):
        Client().post(address(link, "/birth-year"), {"birth_year": "1980", **TAPPED["a red tap"]})
        assert calls() == UNPROVEN
        item = work.acknowledge(actor=nils, item=WorkItem.objects.get(closed_at=None), now=NOW)
        work.close(actor=nils, item=item, outcome="Rosa is with her sister", now=NOW)


ORDINARY = [
    {"for": "answer", "question": "safety", "value": "no"},
    {"for": "score", "instrument": "phq-9", "item": "9", "value": "0"},
    {"for": "score", "instrument": "phq-9", "item": "1", "value": "3"},
    {"for": "ready", "question": "ride_home", "value": "yes", "ride_name": "Sam"},
]


@pytest.mark.parametrize("tapped", ORDINARY)
def test_what_is_not_red_calls_nobody_about_somebody_who_may_be_a_stranger(
    link: PatientLink, tapped: dict[str, str]
) -> None:
    stop(link)
    page = Client().post(address(link, "/birth-year"), {"birth_year": "1980", **tapped})
    assert (page.status_code, "988: Suicide" in words(page), calls()) == (429, False, [])


CALLED: dict[str, dict[str, Any]] = {
    "answer": {"question": "safety", "value": "yes"},
    "score": {"instrument": "phq-9", "item": 9, "value": 2},
    "diary": {"day": "2027-01-11", "headache": False, "note": CRISIS},
    "readiness": {"question": "ride_home", "value": "no", "ride_name": CRISIS},
}


@pytest.mark.parametrize("door", CALLED)
def test_the_api_hears_what_is_red_and_gives_the_emergency_lines(link: PatientLink, door: str) -> None:
    stop(link)
    sent = {**proof(link), "id": str(uuid4()), **CALLED[door]}
    answer = APIClient().post(f"/api/v1/links/{door}/", sent)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_years")
    assert answer["Retry-After"] == str(DAY // timedelta(seconds=1))
    assert [line["number"] for line in answer.json()["emergency_lines"]] == ["911", "988"]
    assert calls() == UNPROVEN
    assert "emergency_lines" not in APIClient().post("/api/v1/links/open/", proof(link)).json()


def test_a_link_that_staff_send_again_lets_a_stopped_patient_in(house: House, link: PatientLink) -> None:
    stop(link)
    assert APIClient().post("/api/v1/links/open/", proof(link)).status_code == 429
    fresh = again.send_again(actor=house.actor(house.ana), id=uuid4(), message=link.message, now=NOW)
    assert APIClient().post("/api/v1/links/open/", proof(fresh.link)).status_code == 200


# --- A link that somebody else's wrong years have closed ------------------------------------------------


def close(link: PatientLink, *, address: str = "203.0.113.66") -> None:
    """Five wrong years of somebody who knows the address."""
    stranger = APIClient(REMOTE_ADDR=address)
    wrong = {"token": token_for(link.pk), "birth_year": 1901}
    answers = [stranger.post("/api/v1/links/open/", wrong).status_code for _ in range(5)]
    assert answers == [400] * 4 + [429]


def test_whoever_proved_the_year_before_answers_on_though_a_stranger_closed_the_link(
    link: PatientLink,
) -> None:
    phone = Client()
    phone.post(address(link, "/birth-year"), {"birth_year": "1980"})
    close(link)
    tapped = {"id": str(uuid4()), **TAPPED["a red tap"]}
    page = phone.post(address(link, "/answer"), tapped, follow=True)
    assert page.status_code == 200
    assert "988: Suicide and crisis lifeline" in words(page)
    assert CheckInAnswer.objects.get().level == "red"
    assert calls() == [(check_ins.CALL_NOW, "red", "nurse")]
    sent = {"birth_year": "1980", **tapped}
    assert phone.post(address(link, "/birth-year"), sent).status_code == 302
    assert Client().get(address(link)).status_code == 404


@pytest.mark.parametrize("tapped", TAPPED.values(), ids=TAPPED.keys())
def test_what_is_red_is_heard_on_a_closed_link_and_it_stays_like_one_that_was_guessed(
    link: PatientLink, tapped: dict[str, str]
) -> None:
    close(link)
    sent = {"id": str(uuid4()), **tapped}
    doors = {"answer": "/answer", "score": "/score", "ready": "/ready", "diary": "/diary"}
    for door in (doors[tapped["for"]], "/birth-year"):
        closed = Client().post(address(link, door), {"birth_year": "1980", **sent})
        guessed = Client().post(f"/m/{'A' * 22}{door}", {"birth_year": "1980", **sent})
        assert (closed.status_code, closed.content) == (404, guessed.content)
        assert dict(closed.headers) == dict(guessed.headers)
        assert "988" in words(closed)
    assert calls() == UNPROVEN
    assert not CheckInAnswer.objects.exists()


@pytest.mark.parametrize("over", ["closed", "its time is over"])
@pytest.mark.parametrize("door", CALLED)
def test_the_api_hears_what_is_red_on_a_link_that_works_no_more(
    link: PatientLink, door: str, over: str
) -> None:
    if over == "closed":
        close(link)
    else:
        PatientLink.objects.update(expires_at=NOW)
    sent = {"id": str(uuid4()), **CALLED[door]}
    answer = APIClient().post(f"/api/v1/links/{door}/", {**proof(link), **sent})
    guessed = APIClient().post(f"/api/v1/links/{door}/", {"token": "A" * 22, "birth_year": 1980, **sent})
    assert (answer.status_code, answer.json()) == (404, guessed.json())
    assert [line["number"] for line in answer.json()["emergency_lines"]] == ["911", "988"]
    assert calls() == UNPROVEN


@pytest.mark.parametrize("door", ["readiness", "diary"])
def test_what_is_red_is_heard_once_on_a_closed_link(
    link: PatientLink, door: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    close(link)
    hear, heard = unproven.hear, []

    def counted(**sent: Any) -> bool:
        heard.append(sent["token"])
        return hear(**sent)

    monkeypatch.setattr(unproven, "hear", counted)
    sent = {"id": str(uuid4()), **CALLED[door], **proof(link)}
    assert APIClient().post(f"/api/v1/links/{door}/", sent).status_code == 404
    assert len(heard) == 1


def test_a_crisis_in_a_body_that_is_refused_is_heard_on_a_closed_link(link: PatientLink) -> None:
    close(link)
    body = f'{{"id": "x", {json.dumps(proof(link))[1:-1]}, {BODIES["readiness"] % ""}}}'
    answer = APIClient().post("/api/v1/links/readiness/", body, content_type="application/json")
    assert answer.status_code == 400
    assert calls() == UNPROVEN


# --- An address from which others guess ----------------------------------------------------------------


def guess(times: int) -> list[int]:
    """So many tokens that nobody has, from the address of every client here."""
    tries = [{"token": f"guess{number}", "birth_year": 1980} for number in range(times)]
    return [APIClient().post("/api/v1/links/open/", each).status_code for each in tries]


@pytest.mark.parametrize("door", CALLED)
def test_a_red_answer_counts_beside_somebody_who_guesses_from_the_same_address(
    link: PatientLink, diary: PatientLink, door: str
) -> None:
    assert guess(60) == [404] * 30 + [429] * 30
    CheckIn.objects.update(kind="end_of_series" if door == "score" else "next_morning")
    sent = {**proof(diary if door == "diary" else link), "id": str(uuid4()), **CALLED[door]}
    answer = APIClient().post(f"/api/v1/links/{door}/", sent)
    assert answer.status_code == 201
    assert [line["number"] for line in answer.json()["emergency_lines"]] == ["911", "988"]
    assert "red" in {urgency for _, urgency, _ in calls()}


def test_who_has_guessed_too_often_is_heard_on_a_closed_link_all_the_same(link: PatientLink) -> None:
    close(link)
    guess(31)
    sent = {**proof(link), "id": str(uuid4()), **CALLED["readiness"]}
    answer = APIClient().post("/api/v1/links/readiness/", sent)
    assert (answer.status_code, answer.json()["code"]) == (429, "throttled")
    assert [line["number"] for line in answer.json()["emergency_lines"]] == ["911", "988"]
    page = Client().post(address(link, "/answer"), TAPPED["a red tap"])
    assert (page.status_code, "988" in words(page)) == (429, True)
    assert calls() == UNPROVEN


# --- A silent Valkey -----------------------------------------------------------------------------------


def test_a_red_answer_is_taken_soon_while_valkey_is_silent_and_that_is_logged_once(
    link: PatientLink, silent: socket, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(RedisError):
        cache.get("anything")
    rates._tell.cache_clear()
    began = time.perf_counter()
    with caplog.at_level(logging.WARNING, logger="clinic.rates"):
        answer = APIClient().post(
            "/api/v1/links/answer/", {**proof(link), "id": str(uuid4()), **CALLED["answer"]}
        )
        assert time.perf_counter() - began < 2  # half a second to ask; unasked for it would be five
        assert Client().get(f"/m/{'A' * 22}").status_code == 404
    assert answer.status_code == 201
    assert [urgency for _, urgency, _ in calls()] == ["red"]
    assert len([each for each in caplog.records if each.name == "clinic.rates"]) == 1


def test_staff_acknowledge_over_the_api_while_valkey_is_silent(
    house: House, link: PatientLink, silent: socket
) -> None:
    unproven.hear(token=token_for(link.pk), sent=TAPPED["a red tap"], now=NOW)
    client = client_of(house.nils)
    assert client.post(f"/api/v1/tasks/{WorkItem.objects.get().pk}/acknowledge/").status_code == 200
    assert WorkItem.objects.get().acknowledged_by == house.nils


def test_a_text_that_nobody_signed_is_refused_while_valkey_is_silent(db: None, silent: socket) -> None:
    forged = Client().post("/inbound/sms/", "From=1", content_type="application/x-www-form-urlencoded")
    assert forged.status_code == 403
