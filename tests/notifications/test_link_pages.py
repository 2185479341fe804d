"""What else a patient does behind a link: readiness, check-ins, questionnaires; and what follows from an
answer is said at once.
"""

import re
from datetime import timedelta
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
import time_machine
from django.test import Client
from django.utils import timezone
from psycopg.types.range import TimestamptzRange
from rest_framework.test import APIClient

from clinic.callers import address_of
from clinic.models import Patient, WorkItem
from notifications import saying
from notifications.answering.question_sets import QUESTION_SETS
from notifications.models import LinkPurpose, Message, PatientLink
from notifications.tokens import token_for
from scheduler.models import Appointment, Opening, Protocol, Resource, ResourceKind
from sessions_app.models import DiaryDay, QuestionnaireResponse
from sessions_app.preparing import readiness
from tests.cast import NOW, House, local
from tests.notifications.phones import MORNING, ask, diary, past, proved, tap, token, visit
from tests.web.pages import words

__all__ = ["diary", "past", "token", "visit"]

DAY = timedelta(days=1)


def staff(house: House, *days: int) -> None:
    nurse = Resource.objects.create(clinic=house.clinic, kind=ResourceKind.NURSE, name="Nils", capacity=6)
    for each in days:
        day = (MORNING + each * DAY).date()
        Opening.objects.create(
            resource=nurse, during=TimestamptzRange(local(day, "8:00"), local(day, "17:00"))
        )


# --- A link that doesn't work --------------------------------------------------------------------------


def test_guessed_expired_and_locked_are_one_page_byte_by_byte(visit: Appointment, token: str) -> None:
    guessed = Client().get(f"/m/{'A' * 22}")
    with time_machine.travel(visit.ends_at, tick=False):
        expired = Client().get(f"/m/{token}")
    for year in range(1901, 1906):
        last = Client().post(f"/m/{token}/birth-year", {"birth_year": str(year)})
    locked = Client().get(f"/m/{token}")
    pages = [guessed, expired, locked]
    assert {page.status_code for page in pages} == {404}
    assert len({page.content for page in pages}) == 1
    # Whoever has just tried the fifth year knew that the link worked, and is told what now.
    assert last.status_code == 429
    assert "We have closed this link" in words(last)
    assert 'href="tel:+13125550100"' in last.content.decode()
    assert len({tuple(sorted(stable(page).items())) for page in pages}) == 1
    for door in ("ready", "diary", "visit.ics", f"questions/{uuid4()}"):
        assert Client().get(f"/m/{token}/{door}").content == guessed.content


def stable(page: Any) -> dict[str, str]:
    """The headers, without the number that every request has of its own."""
    return {name: value for name, value in page.headers.items() if name.lower() != "x-request-id"}


def test_a_phone_that_had_proved_the_year_goes_on_though_others_have_closed_the_link(token: str) -> None:
    phone = proved(token)
    PatientLink.objects.update(failed_factors=5)
    assert phone.get(f"/m/{token}").status_code == 200
    assert Client().get(f"/m/{token}").status_code == 404


@pytest.mark.parametrize("door", ["ready", "visit.ics", "diary"])
def test_no_page_shows_anything_before_the_birth_year(token: str, door: str) -> None:
    said = words(Client().get(f"/m/{token}/{door}"))
    assert "Year of your birth" in said
    assert "January" not in said


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(settings: Any, rf: Any) -> None:
    sent = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
    assert address_of(rf.get("/", **sent)) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert address_of(rf.get("/", **sent)) == "203.0.113.9"


# --- Readiness -----------------------------------------------------------------------------------------


def test_coming_leads_through_five_questions_to_a_visit_that_is_ready(visit: Appointment, token: str) -> None:
    phone = proved(token)
    assert "Please answer 5 short questions" in words(phone.get(f"/m/{token}"))
    phone.post(f"/m/{token}/confirm")
    ride = {"ride_name": "Sam Reyes", "ride_phone": "312 555 0142"}
    assert "Question 2 of 5" in words(tap(phone, token, "ready", question="ride_home", value="yes", **ride))
    # Another day, another phone: it goes on where it stopped.
    phone = proved(token)
    assert "when to stop eating" in words(phone.get(f"/m/{token}/ready"))
    tap(phone, token, "ready", question="fasting_understood", value="yes")
    for question in ("new_medicines", "possible_pregnancy"):
        tap(phone, token, "ready", question=question, value="no")
    last = words(tap(phone, token, "ready", question="alcohol_drugs", value="no"))
    assert "That is all we need to know." in last
    assert "You have answered all questions" in words(phone.get(f"/m/{token}"))
    given = readiness.newest(visit)
    assert given is not None
    assert readiness.unanswered(given) == readiness.doubts(given) == []
    assert (given.ride_name, given.ride_phone) == ("Sam Reyes", "312 555 0142")
    assert not WorkItem.objects.exists()


def test_the_page_says_by_the_clock_when_to_stop_eating_and_drinking(visit: Appointment, token: str) -> None:
    Protocol.objects.filter(pk=visit.protocol_id).update(fasting_light_meal_hours=6, fasting_clear_hours=2)
    page = words(proved(token).get(f"/m/{token}"))
    start = timezone.localtime(visit.starts_at, ZoneInfo(visit.clinic.time_zone))
    for hours, said in ((6, "Eat nothing from {}."), (2, "Drink only clear liquids until {}.")):
        moment = start - timedelta(hours=hours)
        assert said.format(f"{moment:%-I:%M %p} on {moment:%A, %B %-d}") in page


@pytest.mark.parametrize(
    ("language", "said"),
    [
        (
            "en",
            [
                "Have an adult take you home",
                "Take your medicines as your clinician told you",
                "Wear loose sleeves",
            ],
        ),
        ("es", ["Un adulto debe llevarlo a casa", "Tome sus medicinas como", "Use mangas sueltas"]),
    ],
)
def test_the_page_says_how_to_prepare_besides_fasting(
    visit: Appointment, token: str, language: str, said: list[str]
) -> None:
    """domain.md 6.1, the day before: ride, medicines as told, loose sleeves, nothing valuable."""
    Patient.objects.filter(pk=visit.patient_id).update(language=language)
    page = words(proved(token).get(f"/m/{token}"))
    assert [each for each in said if each not in page] == []


def test_an_unsafe_answer_opens_one_task_says_who_calls_and_can_be_changed(
    visit: Appointment, token: str
) -> None:
    phone = proved(token)
    said = words(tap(phone, token, "ready", question="new_medicines", value="yes"))
    assert "A nurse will call you before your visit." in said
    tap(phone, token, "ready", question="alcohol_drugs", value="no")
    assert WorkItem.objects.count() == 1
    again = phone.get(f"/m/{token}/ready?question=new_medicines").content.decode()
    assert re.search(r'value="yes"\s+aria-pressed="true"', again)
    tap(phone, token, "ready", question="new_medicines", value="no")
    given = readiness.newest(visit)
    assert given is not None
    assert readiness.doubts(given) == []


def test_a_ride_without_a_number_is_asked_again_with_what_was_typed(visit: Appointment, token: str) -> None:
    phone = proved(token)
    page = phone.post(
        f"/m/{token}/ready",
        {"id": str(uuid4()), "question": "ride_home", "value": "yes", "ride_name": "Sam", "ride_phone": ""},
    )
    assert page.status_code == 400
    assert 'value="Sam"' in page.content.decode()
    assert "Enter the name and the phone number." in words(page)
    assert readiness.newest(visit) is None
    said = words(tap(phone, token, "ready", question="ride_home", value="no"))
    assert "Without one your visit can't go ahead." in said
    assert WorkItem.objects.count() == 1


NO_RIDE = "Without an adult who takes you home your visit can't go ahead. The clinic will call you."


def test_who_says_that_they_come_reads_that_it_is_confirmed(visit: Appointment, token: str) -> None:
    phone = proved(token)
    assert "You have confirmed." not in words(phone.get(f"/m/{token}/ready?after=coming"))
    assert "You have confirmed." in words(phone.post(f"/m/{token}/confirm", follow=True))


def test_without_a_ride_the_end_and_the_visit_say_again_that_it_cannot_go_ahead(
    visit: Appointment, token: str
) -> None:
    phone = proved(token)
    tap(phone, token, "ready", question="ride_home", value="no")
    tap(phone, token, "ready", question="fasting_understood", value="yes")
    for question in ("new_medicines", "possible_pregnancy", "alcohol_drugs"):
        last = words(tap(phone, token, "ready", question=question, value="no"))
    assert NO_RIDE in last
    assert "That is all we need to know." not in last
    assert NO_RIDE in words(phone.get(f"/m/{token}"))
    ride = {"ride_name": "Sam Reyes", "ride_phone": "312 555 0142"}
    tap(phone, token, "ready", question="ride_home", value="yes", **ride)
    for page in (f"/m/{token}", f"/m/{token}/ready"):
        assert NO_RIDE not in words(phone.get(page))


def test_once_the_visit_has_begun_nothing_is_changed_any_more(visit: Appointment, token: str) -> None:
    with time_machine.travel(visit.starts_at, tick=False):
        phone = proved(token)
        page = tap(phone, token, "ready", question="new_medicines", value="no")
    assert "Your visit has begun" in words(page)
    assert readiness.newest(visit) is None


def test_what_was_tapped_before_the_year_was_asked_again_is_recorded(visit: Appointment, token: str) -> None:
    phone = Client()
    sent = {"for": "ready", "id": str(uuid4()), "question": "alcohol_drugs", "value": "no"}
    asked = phone.post(f"/m/{token}/ready", sent).content.decode()
    carried = dict(re.findall(r'<input type="hidden" name="(for|id|question|value)" value="([^"]*)">', asked))
    assert carried == sent
    phone.post(f"/m/{token}/birth-year", {"birth_year": "1980", **carried})
    given = readiness.newest(visit)
    assert given is not None
    assert given.alcohol_drugs == "no"


# --- What follows from an answer -----------------------------------------------------------------------


def test_red_at_night_says_that_nobody_is_there_and_when_somebody_is(house: House, past: Appointment) -> None:
    staff(house, 0, 3)
    with time_machine.travel(local(MORNING.date(), "19:00"), tick=False):
        _, token = ask(past, "next_morning", MORNING)
        page = tap(proved(token), token, "answer", question="safety", value="yes")
    said = words(page)
    assert "Please get help now" in said
    assert "988: Suicide and crisis lifeline" in said
    assert "Somebody from the clinic will call you." in said
    assert "The clinic is closed now" in said
    assert "Somebody is at the clinic again on Monday, January 25, 8:00 AM." in said


def test_red_while_somebody_is_there_does_not_speak_of_closing(house: House, past: Appointment) -> None:
    staff(house, 0)
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "next_morning", MORNING)
        said = words(tap(proved(token), token, "answer", question="urgent_symptom", value="fainted"))
    assert "Somebody from the clinic will call you." in said
    assert "closed" not in said


def test_nothing_comes_before_the_emergency_lines(house: House, past: Appointment) -> None:
    """Neither advice nor a nurse's call stands above them, on this answer and on the next."""
    staff(house, 0)
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "next_morning", MORNING)
        phone = proved(token)
        tap(phone, token, "answer", question="safety", value="yes")
        said = words(tap(phone, token, "answer", question="stomach", value="nausea"))
    assert "take small sips of water" in said
    assert said.index("911: Emergency") < said.index("take small sips of water")


def test_whoever_alarmed_is_not_sent_away_at_the_end(house: House, past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "next_morning", MORNING)
        phone = proved(token)
        for each in QUESTION_SETS["next_morning"]:
            last = each.choices[-1 if each.code == "safety" else 0].value
            said = words(tap(phone, token, "answer", question=each.code, value=last))
    assert "Your answers have arrived. If anything gets worse" in said
    assert "You can close this page." not in said


def test_amber_says_that_a_nurse_calls_and_by_when_and_green_gives_advice(
    house: House, past: Appointment
) -> None:
    staff(house, 0)
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "next_morning", MORNING)
        phone = proved(token)
        amber = words(tap(phone, token, "answer", question="fall", value="yes"))
        green = words(tap(phone, token, "answer", question="stomach", value="nausea"))
    assert "A nurse will call you by Friday, January 22, 11:30 AM." in amber
    assert "take small sips of water" in green
    assert "A nurse will call you" not in green


def test_what_holds_the_visit_says_that_a_clinician_looks(past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "before_next", MORNING)
        said = words(tap(proved(token), token, "answer", question="pregnancy", value="yes"))
    assert "A clinician will look at this answer before your next visit" in said


# --- More than one thing -------------------------------------------------------------------------------


def test_a_link_offers_what_its_message_carries_and_what_it_asks_again(
    visit: Appointment, token: str
) -> None:
    carrier = Message.objects.get(stage="confirmation")
    carried, _ = ask(visit, "before_next", NOW, status="skipped", reason="Said together", carried_by=carrier)
    phone = proved(token)
    first = phone.get(f"/m/{token}")
    assert "Questions before your next visit" in words(first)
    assert f"/m/{token}/questions/{carried.pk}" in first.content.decode()
    page = tap(phone, token, "answer", check_in=carried.pk, question="safety", value="no")
    assert "Question 2 of 11" in words(page)
    again = saying.say(
        key="story:again",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="check_in",
        stage="check_in_again",
        due_at=NOW,
        stale_at=NOW + DAY,
        again_of=carried.message,
    )
    link = saying.give_link(again, purpose=LinkPurpose.CHECK_IN, expires_at=NOW + DAY)
    other = token_for(link.pk)
    assert "Question 2 of 11" in words(proved(other).get(f"/m/{other}"))


def test_another_links_questions_are_not_this_links(visit: Appointment, token: str) -> None:
    foreign, _ = ask(visit, "day_7", NOW)
    phone = proved(token)
    assert phone.get(f"/m/{token}/questions/{foreign.pk}").status_code == 404
    page = tap(phone, token, "answer", check_in=foreign.pk, question="safety", value="yes")
    assert page.status_code == 404  # type: ignore[attr-defined]
    assert not WorkItem.objects.exists()


def test_a_ride_asked_for_with_blanks_around_its_question_is_asked_again(
    visit: Appointment, token: str
) -> None:
    page = tap(proved(token), token, "ready", question=" ride_home\n", value="yes", ride_name="Pilar")
    assert page.status_code == 400  # type: ignore[attr-defined]
    assert 'value="Pilar"' in page.content.decode()


# --- Questionnaires ------------------------------------------------------------------------------------


def test_an_abandoned_phq_9_alarms_with_item_nine(past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        check_in, token = ask(past, "end_of_series", MORNING)
        phone = proved(token)
        assert "Little interest or pleasure" in words(phone.get(f"/m/{token}"))
        sent = {"check_in": check_in.pk, "instrument": "phq-9", "item": 9, "value": 1}
        page = tap(phone, token, "score", **sent)
    assert "Please get help now" in words(page)
    assert WorkItem.objects.filter(role="nurse", urgency="red").count() == 1
    check_in.refresh_from_db()
    assert (check_in.level, check_in.completed_at) == ("red", None)


def test_an_answer_sent_with_blanks_around_it_is_kept_and_leads_on(past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        check_in, token = ask(past, "monthly", MORNING)
        sent = {"check_in": f" {check_in.pk}\r\n", "instrument": " phq-9 ", "item": " 1 ", "value": " 0 "}
        page = tap(proved(token), token, "score", **sent)
    assert "Question 2 of" in words(page)
    assert QuestionnaireResponse.objects.get().answers.get().value == 0


def test_all_answered_the_scores_stand_in_the_outcomes(past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        check_in, token = ask(past, "monthly", MORNING)
        phone = proved(token)
        for instrument, items, value in (("phq-9", 9, 0), ("gad-7", 7, 2), ("pgic", 1, 6)):
            for item in range(1, items + 1):
                sent = {"check_in": check_in.pk, "instrument": instrument, "item": item, "value": value}
                page = tap(phone, token, "score", **sent)
    assert "Thank you" in words(page)
    check_in.refresh_from_db()
    assert (check_in.level, check_in.completed_at) == ("green", MORNING)
    scores = dict(QuestionnaireResponse.objects.values_list("instrument", "score"))
    assert scores == {"phq-9": 0, "gad-7": 14, "pgic": 6}
    row = QuestionnaireResponse.objects.get(instrument="phq-9")
    assert (row.status, row.how, row.occasion, row.plan_id) == (
        "completed",
        "patient",
        "monthly",
        past.plan_id,
    )


# --- Over the API --------------------------------------------------------------------------------------


def test_the_api_offers_and_takes_the_same(visit: Appointment, token: str, diary: str) -> None:
    proof = {"token": token, "birth_year": 1980}
    found = APIClient().post("/api/v1/links/open/", proof).json()
    assert [each["code"] for each in found["readiness"]] == list(readiness.QUESTIONS)
    given = APIClient().post(
        "/api/v1/links/readiness/",
        {**proof, "id": str(uuid4()), "question": "possible_pregnancy", "value": "yes"},
    )
    assert given.status_code == 201
    assert given.json()["readiness"][3]["value"] == "yes"
    proof["token"] = diary
    day = {"day": "2027-01-11", "headache": False}
    kept = APIClient().post("/api/v1/links/diary/", {**proof, "id": str(uuid4()), **day})
    assert (kept.status_code, DiaryDay.objects.get().headache) == (201, False)
    asked = APIClient().post("/api/v1/links/ask-daily/", {**proof, "at": "20:00"}).json()
    assert asked["diary_asked_at"] == "20:00:00"
    stopped = APIClient().post("/api/v1/links/stop-asking/", proof).json()
    assert stopped["diary_asked_at"] is None


def test_the_api_asks_questionnaires_item_by_item(past: Appointment) -> None:
    with time_machine.travel(MORNING, tick=False):
        _, token = ask(past, "monthly", MORNING)
        proof = {"token": token, "birth_year": 1980}
        sent = {"id": str(uuid4()), "instrument": "phq-9", "item": 9, "value": 2}
        given = APIClient().post("/api/v1/links/score/", {**proof, **sent})
    assert given.status_code == 201
    forms = given.json()["check_ins"][0]["questionnaires"]
    assert [form["instrument"] for form in forms] == ["phq-9", "gad-7", "pgic"]
    assert forms[0]["items"][8]["value"] == 2
    assert [line["number"] for line in given.json()["emergency_lines"]] == ["911", "988"]
