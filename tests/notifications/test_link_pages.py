"""What else a patient does behind a link: readiness, questionnaires, the diary, in their own language; and
what follows from an answer is said at once.
"""

import re
from collections.abc import Iterator
from datetime import datetime, timedelta
from html import unescape
from typing import Any
from uuid import uuid4

import pytest
import time_machine
from django.test import Client
from psycopg.types.range import TimestamptzRange
from rest_framework.test import APIClient

from clinic import clock
from clinic.callers import address_of
from clinic.models import Patient, WorkItem
from notifications import saying
from notifications.answering import own_words
from notifications.answering.question_sets import QUESTION_SETS
from notifications.models import CheckIn, DiaryNudge, LinkPurpose, Message, PatientLink, WrongYears
from notifications.planning.planner import plan
from notifications.tokens import token_for
from scheduler.models import Appointment, Opening, Resource, ResourceKind
from sessions_app.models import DiaryDay, QuestionnaireResponse, Readiness
from sessions_app.preparing import readiness
from tests.cast import NOW, House, local
from tests.notifications.visits import VISIT, book, discharge
from tests.web.pages import Page, words
from web.views.links.words import SAY

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
MORNING = VISIT + DAY


@pytest.fixture
def visit(house: House) -> Iterator[Appointment]:
    # The clock goes on: of two answers about a visit the newer counts.
    with time_machine.travel(NOW):
        appointment = book(house, house.rosa)
        plan(now=NOW)
        yield appointment


def token_of(message: Message) -> str:
    return token_for(message.link.pk)


@pytest.fixture
def token(visit: Appointment) -> str:
    return token_of(Message.objects.get(stage="confirmation"))


def proved(token: str, **options: Any) -> Client:
    phone = Client(**options)
    phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
    return phone


def ask(visit: Appointment, kind: str, at: datetime, **columns: Any) -> tuple[CheckIn, str]:
    """A check-in that was sent, and its link's token."""
    message = saying.say(
        key=f"story:{kind}:{uuid4()}",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="check_in",
        stage=kind,
        due_at=at,
        stale_at=at + 2 * DAY,
        appointment=visit,
        visit_starts_at=visit.starts_at,
        **columns,
    )
    link = saying.give_link(message, purpose=LinkPurpose.CHECK_IN, expires_at=at + 2 * DAY)
    check_in = CheckIn.objects.create(
        clinic=visit.clinic, patient=visit.patient, plan=visit.plan, kind=kind, message=message
    )
    return check_in, token_for(link.pk)


@pytest.fixture
def past(house: House) -> Appointment:
    visit = book(house, house.rosa)
    discharge(visit, VISIT + 3 * HOUR)
    return visit


def tap(phone: Client, token: str, door: str, **sent: Any) -> Page:
    return phone.post(f"/m/{token}/{door}", {"id": str(uuid4()), **sent}, follow=True)


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


def test_a_phone_that_had_proved_the_year_is_locked_out_with_the_link(token: str) -> None:
    phone = proved(token)
    assert phone.get(f"/m/{token}").status_code == 200
    PatientLink.objects.update(failed_factors=5)
    assert phone.get(f"/m/{token}").status_code == 404


@pytest.mark.parametrize("door", ["ready", "visit.ics", "diary"])
def test_no_page_shows_anything_before_the_birth_year(token: str, door: str) -> None:
    said = words(Client().get(f"/m/{token}/{door}"))
    assert "Year of your birth" in said
    assert "January" not in said


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


# --- The diary -----------------------------------------------------------------------------------------


@pytest.fixture
def diary(visit: Appointment) -> str:
    message = saying.say(
        key="story:diary",
        clinic_id=visit.clinic_id,
        patient_id=visit.patient_id,
        kind="diary",
        stage="diary",
        due_at=NOW,
        stale_at=NOW + DAY,
    )
    return token_for(saying.give_link(message, purpose=LinkPurpose.DIARY, expires_at=NOW + 2 * DAY).pk)


def test_today_and_yesterday_are_written_and_no_other_day(diary: str) -> None:
    phone = proved(diary)
    assert "Monday, January 11" in words(phone.get(f"/m/{diary}"))
    entry = {"headache": "yes", "hours": "3.5", "peak": "6", "triggers": ["stress", "sleep"]}
    said = words(tap(phone, diary, "diary", day="2027-01-10", **entry))
    assert "Your day is kept." in said
    row = DiaryDay.objects.get()
    assert (str(row.day), row.peak, row.triggers) == ("2027-01-10", 6, ["stress", "sleep"])
    refused = phone.post(f"/m/{diary}/diary", {"id": str(uuid4()), "day": "2027-01-09", "headache": "no"})
    assert refused.status_code == 400
    assert DiaryDay.objects.count() == 1


CRISIS = "I want to kill myself tonight"


def calls() -> list[tuple[str, str, str]]:
    """Open tasks for alarming words as (title, urgency, role)."""
    rows = WorkItem.objects.filter(closed_at=None, title=own_words.CALL_NOW)
    return list(rows.values_list("title", "urgency", "role"))


CALL_NOW = [(own_words.CALL_NOW, "red", "nurse")]


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


def test_the_patient_says_when_to_be_asked_and_when_no_longer(diary: str) -> None:
    phone = proved(diary)
    phone.post(f"/m/{diary}/diary/ask-daily", {"at": "20:15"})
    assert "We ask you every day at 8:15 PM." in words(phone.get(f"/m/{diary}"))
    phone.post(f"/m/{diary}/diary/ask-daily", {"at": "20:15", "stop": "1"})
    assert DiaryNudge.objects.get().stopped_at is not None


def test_a_visits_link_writes_no_diary(visit: Appointment, token: str) -> None:
    page = tap(proved(token), token, "diary", day="2027-01-11", headache="no")
    assert page.status_code == 404  # type: ignore[attr-defined]
    assert not DiaryDay.objects.exists()


# --- Languages -----------------------------------------------------------------------------------------


def test_a_patient_who_reads_spanish_is_spoken_to_in_spanish_and_can_switch(
    visit: Appointment, token: str
) -> None:
    Patient.objects.update(language="es-MX")
    phone = Client()
    page = phone.get(f"/m/{token}")
    assert "Año en que nació" in words(page)
    assert '<html lang="es">' in page.content.decode()
    wrong = words(phone.post(f"/m/{token}/birth-year", {"birth_year": "1979"}))
    assert "Le quedan 4 intentos." in wrong
    said = words(phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"}, follow=True))
    assert "jueves 21 de enero" in said
    assert "Sí, voy a venir" in said
    assert "Thursday" in words(phone.get(f"/m/{token}?language=en"))
    assert "Thursday" in words(phone.get(f"/m/{token}"))


def test_the_other_language_shows_the_same_question(visit: Appointment, token: str) -> None:
    address = f"/m/{token}/ready?question=alcohol_drugs"
    phone = proved(token)
    [other] = re.findall(r'href="([^"]+)"\s+lang="es"', phone.get(address).content.decode())
    assert unescape(other) == f"{address}&language=es"
    spanish = words(phone.get(unescape(other)))
    assert "Pregunta 5 de 5" in spanish
    assert "alcohol" in spanish


BUTTON = re.compile(r'form="([^"]+)"[^>]*name="language"\s+value="es"')


def test_switching_the_language_keeps_what_was_typed_into_a_refused_day(diary: str) -> None:
    phone = proved(diary)
    typed = {"day": "2027-01-10", "headache": "yes", "peak": "11", "aura": "Stars", "note": "Slept badly"}
    sent = {"id": str(uuid4()), **typed, "triggers": ["stress", "smell"], "migraine_features": "on"}
    refused = phone.post(f"/m/{diary}/diary", sent)
    assert (refused.status_code, BUTTON.findall(refused.content.decode())) == (400, ["diary-day"])
    page = phone.post(f"/m/{diary}/diary", {**sent, "language": "es"})
    said = page.content.decode()
    assert (page.status_code, "domingo 10 de enero" in words(page)) == (200, True)
    for value in (sent["id"], "2027-01-10", "11", "Stars", "Slept badly"):
        assert f'value="{value}"' in said
    assert re.findall(r'value="(\w+)"[^>]*checked', said) == ["yes", "stress", "smell"]
    assert re.search(r'name="migraine_features"[^>]*checked', said)
    assert not DiaryDay.objects.exists()


def test_switching_the_language_keeps_no_day_that_could_be_kept_and_hears_its_words_once(diary: str) -> None:
    phone = proved(diary)
    sent = {"id": str(uuid4()), "day": "2027-01-11", "headache": "yes", "note": CRISIS}
    said = words(phone.post(f"/m/{diary}/diary", {**sent, "language": "es"}))
    assert "988: Línea de suicidio y crisis" in said
    assert (DiaryDay.objects.count(), calls()) == (0, CALL_NOW)
    phone.post(f"/m/{diary}/diary", sent)
    assert (DiaryDay.objects.count(), calls()) == (1, CALL_NOW)


def test_switching_the_language_keeps_what_was_typed_about_a_refused_ride(
    visit: Appointment, token: str
) -> None:
    phone = proved(token)
    sent = {"id": str(uuid4()), "question": "ride_home", "value": "yes", "ride_name": "Sam"}
    refused = phone.post(f"/m/{token}/ready", sent)
    assert BUTTON.findall(refused.content.decode()) == ["ride"]
    page = phone.post(f"/m/{token}/ready", {**sent, "ride_phone": "312 555 01", "language": "es"})
    said = page.content.decode()
    assert (page.status_code, "Pregunta 1 de 5" in words(page)) == (200, True)
    for value in (sent["id"], "Sam", "312 555 01"):
        assert f'value="{value}"' in said
    assert not Readiness.objects.exists()


def test_what_only_a_button_opens_says_so_in_both_languages_and_leads_back(
    visit: Appointment, token: str
) -> None:
    page = proved(token).get(f"/m/{token}/confirm")
    assert (page.status_code, page["Allow"], page["Referrer-Policy"]) == (405, "POST", "no-referrer")
    assert "This page doesn't open by itself" in words(page)
    assert "Esta página no se abre sola" in words(page)
    assert f'href="/m/{token}"' in page.content.decode()


def test_switching_the_language_before_the_year_keeps_what_was_tapped_and_typed(
    visit: Appointment, token: str
) -> None:
    phone = Client()
    tapped = {"for": "ready", "id": str(uuid4()), "question": "alcohol_drugs", "value": "no"}
    page = phone.post(f"/m/{token}/birth-year", {**tapped, "birth_year": "19", "language": "es"})
    said = page.content.decode()
    assert "Año en que nació" in words(page)
    assert 'value="19"' in said
    carried = dict(re.findall(r'<input type="hidden" name="(for|id|question|value)" value="([^"]*)">', said))
    assert carried == tapped
    assert PatientLink.objects.get(message__stage="confirmation").failed_factors == 0
    assert re.search(r'form="birth-year"[^>]*name="language"\s+value="en"', said)


def test_too_many_wrong_years_say_until_when_and_whom_to_call_in_both_languages(
    visit: Appointment, token: str
) -> None:
    WrongYears.objects.create(
        patient=visit.patient, address_sha256="elsewhere", count=10, last_at=clock.now() - 4 * HOUR
    )
    phone = Client()
    said = {}
    for language in ("en", "es"):
        phone.get(f"/m/{token}?language={language}")
        page = phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
        assert page.status_code == 429
        assert 'href="tel:+13125550100"' in page.content.decode()
        said[language] = words(page)
    assert "We can't look at another year before Tuesday, January 12, 5:00 AM" in said["en"]
    assert "antes del martes 12 de enero, 5:00 AM" in said["es"]
    proof = {"token": token, "birth_year": 1980}
    answer = APIClient().post("/api/v1/links/open/", proof)
    assert (answer.status_code, answer.json()["code"]) == (429, "too_many_years")
    assert "(312) 555-0100" in answer.json()["detail"]


def test_behind_a_proxy_the_address_is_what_the_proxy_saw(settings: Any, rf: Any) -> None:
    sent = {"REMOTE_ADDR": "10.0.0.1", "HTTP_X_FORWARDED_FOR": "198.51.100.7, 203.0.113.9"}
    assert address_of(rf.get("/", **sent)) == "10.0.0.1"
    settings.BEHIND_PROXY = True
    assert address_of(rf.get("/", **sent)) == "203.0.113.9"


def test_both_languages_say_everything() -> None:
    english, spanish = SAY["en"], SAY["es"]
    assert english.keys() == spanish.keys()
    for name, sentence in english.items():
        assert set(re.findall(r"{\w+}", sentence)) == set(re.findall(r"{\w+}", spanish[name])), name


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
