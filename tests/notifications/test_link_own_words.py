"""What patients write in their own words on a page behind a link is heard at once, kept or refused."""

from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from rest_framework.test import APIClient

from clinic import clock
from clinic.models import WorkItem
from notifications.answering import own_words
from scheduler.models import Appointment
from sessions_app.models import DiaryDay
from tests.notifications.phones import CALL_NOW, CRISIS, calls, diary, proved, tap, token, visit
from tests.web.pages import words

__all__ = ["diary", "token", "visit"]


@pytest.mark.parametrize("field", ["note", "aura"])
def test_a_crisis_in_the_diary_shows_the_emergency_lines_and_calls_a_nurse(diary: str, field: str) -> None:
    sent = {"day": "2027-01-11", "headache": "yes", field: CRISIS}
    said = words(tap(proved(diary), diary, "diary", **sent))
    assert "Your day is kept." in said
    assert "988: Suicide and crisis lifeline" in said
    assert calls() == CALL_NOW
    item = WorkItem.objects.get(title=own_words.CALL_NOW)
    assert item.due_at <= clock.now() + timedelta(minutes=15)
    assert (str(item.patient_id) in item.cause, CRISIS in item.cause) == (True, False)


def test_an_ordinary_day_calls_nobody(diary: str) -> None:
    said = words(tap(proved(diary), diary, "diary", day="2027-01-11", headache="yes", note="Slept badly"))
    assert "988: Suicide" not in said
    assert calls() == []


def test_a_crisis_in_a_day_that_cannot_be_kept_is_heard_and_calls_once(diary: str) -> None:
    phone, sent = proved(diary), {"id": str(uuid4()), "day": "2027-01-11", "headache": "yes", "note": CRISIS}
    refused = phone.post(f"/m/{diary}/diary", {**sent, "peak": "11"})
    assert (refused.status_code, DiaryDay.objects.count()) == (400, 0)
    assert "988: Suicide and crisis lifeline" in words(refused)
    assert calls() == CALL_NOW
    phone.post(f"/m/{diary}/diary", {**sent, "peak": "10"})
    assert DiaryDay.objects.get().note == CRISIS
    assert calls() == CALL_NOW


def test_a_note_that_is_too_long_is_heard(diary: str) -> None:
    tap(proved(diary), diary, "diary", day="2027-01-11", headache="no", note=CRISIS + " and" * 80)
    assert DiaryDay.objects.count() == 0
    assert calls() == CALL_NOW


def test_a_crisis_calls_once_while_other_answers_of_the_day_change_and_again_for_new_words(
    diary: str,
) -> None:
    phone, day = proved(diary), {"day": "2027-01-11", "headache": "yes"}
    tap(phone, diary, "diary", **day, note=CRISIS)
    tap(phone, diary, "diary", **day, note=CRISIS, peak="6")
    assert calls() == CALL_NOW
    tap(phone, diary, "diary", **day, note="I took all my pills")
    assert calls() == 2 * CALL_NOW


@pytest.mark.parametrize("value", ["yes", "no"])
def test_a_crisis_written_beside_the_ride_home_is_heard(visit: Appointment, token: str, value: str) -> None:
    ride = {"question": "ride_home", "value": value, "ride_name": "me quiero matar", "ride_phone": "555 0100"}
    said = words(tap(proved(token), token, "ready", **ride))
    assert "988: Suicide and crisis lifeline" in said
    assert calls() == CALL_NOW


def test_a_crisis_beside_a_ride_without_a_phone_is_heard(visit: Appointment, token: str) -> None:
    said = words(
        tap(proved(token), token, "ready", question="ride_home", value="yes", ride_name="I want to die")
    )
    assert "988: Suicide and crisis lifeline" in said
    assert calls() == CALL_NOW


def test_the_api_gives_the_emergency_lines_for_a_crisis_in_the_diary(diary: str) -> None:
    proof = {"token": diary, "birth_year": 1980}
    day = {"id": str(uuid4()), "day": "2027-01-11", "headache": False, "note": CRISIS}
    kept = APIClient().post("/api/v1/links/diary/", {**proof, **day})
    assert [line["number"] for line in kept.json()["emergency_lines"]] == ["911", "988"]
    assert calls() == CALL_NOW


REFUSED_DAYS: dict[str, dict[str, Any]] = {
    "a pain of 11 of 10": {"day": "2027-01-11", "headache": True, "peak": 11},
    "a day long past": {"day": "2027-01-01", "headache": False},
    "a word too many": {"day": "2027-01-11", "headache": False, "weather": "hot"},
    "no id": {"id": "none", "day": "2027-01-11", "headache": False},
    "a note too long": {"day": "2027-01-11", "headache": False, "note": f"{CRISIS} {'x' * 300}"},
}


@pytest.mark.parametrize("day", REFUSED_DAYS.values(), ids=REFUSED_DAYS.keys())
def test_a_crisis_beside_a_day_that_the_api_refuses_is_heard_once(diary: str, day: dict[str, Any]) -> None:
    proof = {"token": diary, "birth_year": 1980}
    sent = {**proof, "id": str(uuid4()), "note": CRISIS, **day}
    for _ in range(2):
        assert APIClient().post("/api/v1/links/diary/", sent, format="json").status_code == 400
    assert calls() == CALL_NOW


@pytest.mark.parametrize(("year", "note"), [(1981, CRISIS), (1980, "slept well")])
def test_nobody_is_called_for_a_stranger_or_for_ordinary_words(diary: str, year: int, note: str) -> None:
    proof = {"token": diary, "birth_year": year}
    day = {"id": str(uuid4()), "day": "2027-01-11", "headache": True, "peak": 11, "note": note}
    assert APIClient().post("/api/v1/links/diary/", {**proof, **day}, format="json").status_code == 400
    assert calls() == []


def test_a_crisis_beside_a_ride_that_the_api_refuses_is_heard(visit: Appointment, token: str) -> None:
    proof = {"token": token, "birth_year": 1980}
    ride = {"id": str(uuid4()), "question": "ride_home", "value": "yes", "ride_name": "me quiero matar"}
    assert APIClient().post("/api/v1/links/readiness/", {**proof, **ride}).status_code == 400
    assert calls() == CALL_NOW
