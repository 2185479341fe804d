"""A patient's texts in the hands of staff: read in order, answered, dealt with, a wrong number corrected."""

from datetime import date, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import Consent, ConsentScope, Patient, WorkItem
from clinic.problems import Conflict, Invalid
from notifications.models import BlockedAddress, InboundMessage, Message
from notifications.talking import conversations, inbound, own_words, threads
from notifications.talking.own_words import About
from tests.cast import NOW, House, client_of, new_id
from tests.notifications.texts import (
    ROSAS,
    STRANGERS,
    alone_on_the_number,
    announce,
    give_number,
    text,
)
from tests.notifications.visits import book

MINUTE, HOUR = timedelta(minutes=1), timedelta(hours=1)
ROSA = About("Rosa María", "Delgado", date(1980, 5, 7))


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)


def reply(house: House, words: str = "Yes, please do.", now: Any = NOW + HOUR, seen: Any = None) -> Message:
    """By Ana, who has seen all that has come, or only what had by `seen`."""
    seen = seen or threads.newest_of(threads.texts_of(house.rosa))
    ana = house.actor(house.ana)
    return threads.reply(actor=ana, id=new_id(), patient=house.rosa, text=words, seen=seen, now=now)


def said(patient: Patient) -> list[tuple[str, str]]:
    return [(line.direction, line.words) for line in conversations.thread_of(patient)]


# --- What may be written ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("words", "mend"),
    [
        ("", "Write what you want to say."),
        ("   ", "Write what you want to say."),
        ("Your ketamine is here", "tells a lock screen"),
        ("Dear Rosa Delgado, please call", "full name"),
        ("DELGADO, María: please call", "full name"),
        ("Delgad\u00f3, Maria: please call", "full name"),
        ("Rosa Del\u00adgado: please call", "full name"),
        ("Rosa D\u0435lgado: please call", "has letters that English and Spanish don't have"),
        ("Born in \uff11\uff19\uff18\uff10", "birth date"),
        ("Your antidepressant", "tells a lock screen"),
        ("Born 5/7/80? Please call", "birth date"),
        ("Born 07.05.80? Please call", "birth date"),
        ("You were born in 1980", "birth date"),
        ("born 5 7 80", "birth date"),
        ("80-05-07", "birth date"),
        ("7 May 80", "birth date"),
        ("May 7th, '80", "birth date"),
        ("el 7 de mayo del 80", "birth date"),
        ("050780", "birth date"),
        ("your keta mine visit", "\u201cketa mine\u201d tells a lock screen"),
        ("head ache", "tells a lock screen"),
        ("your P.T.S.D. talk", "tells a lock screen"),
        ("P H Q 9 today", "tells a lock screen"),
        ("gad 7 today", "tells a lock screen"),
        ("ketam1ne", "tells a lock screen"),
        ("anxious?", "tells a lock screen"),
        ("bipolar", "tells a lock screen"),
        ("psych visit", "tells a lock screen"),
        ("cefalea", "tells a lock screen"),
        ("dolor de cabeza", "tells a lock screen"),
        ("0.5 mg/kg", "\u201c0.5 mg\u201d tells a lock screen"),
        ("35 mg IV", "tells a lock screen"),
        ("Xanax", "tells a lock screen"),
        ("TEPT", "tells a lock screen"),
        ("CRPS", "tells a lock screen"),
        ("TRD", "tells a lock screen"),
        ("See {link}", "braces"),
        ("See you \u2713", "can't have \u2713"),
        ("x" * 480, "This takes 4 texts"),
    ],
)
def test_what_may_not_stand_on_a_lock_screen_is_refused_with_its_mend(words: str, mend: str) -> None:
    assert any(mend in fault for fault in own_words.faults(words, sender="Lakeside", about=ROSA))


@pytest.mark.parametrize(
    "words",
    [
        *(
            "Yes, please do.",
            "Dear Rosa, please call us.",
            "Room 180, at 5",
            "¿Puede venir mañana?",
            "x" * 440,
        ),
        *("Toma de presi\u00f2n: a las 9", "Do see us on 7 May at 5", "Don't worry", "Drink 500 ml of water"),
        *("See you at 5:07, call 312-555-0180", "Please do search for gate A B or C"),
    ],
)
def test_plain_words_are_fine(words: str) -> None:
    assert own_words.faults(words, sender="Lakeside", about=ROSA) == []


# --- Replying --------------------------------------------------------------------------------------------


def test_a_reply_names_the_sender_and_answers_what_was_written(house: House) -> None:
    text("Can I bring my sister?")
    text("She is kind", now=NOW + MINUTE)
    message = reply(house)
    assert (message.kind, message.text, message.written_by) == (
        "reply",
        "Lakeside Clinic: Yes, please do.",
        house.ana,
    )
    assert (message.form, message.due_at, message.stale_at) == ("sms", NOW + HOUR, NOW + 25 * HOUR)
    assert not InboundMessage.objects.filter(read_at=None).exists()
    task = WorkItem.objects.get(title=inbound.READ_AND_ANSWER)
    assert (task.closed_at, task.closed_by, task.outcome) == (NOW + HOUR, house.ana, "Answered by text.")


def test_what_came_while_the_answer_was_written_still_waits(house: House) -> None:
    text("Can I bring my sister?")
    seen = threads.newest_of(threads.texts_of(house.rosa))
    text("And I fell yesterday", now=NOW + MINUTE)
    reply(house, seen=seen)
    assert InboundMessage.objects.get(read_at=None).body == "And I fell yesterday"


def test_who_has_seen_nothing_answers_nothing(house: House) -> None:
    text("Can I bring my sister?")
    ana = house.actor(house.ana)
    threads.reply(actor=ana, id=new_id(), patient=house.rosa, text="We call you", now=NOW + HOUR)
    assert InboundMessage.objects.filter(read_at=None).count() == 1
    assert WorkItem.objects.get().closed_at is None


def test_a_reply_leaves_open_whether_no_more_texts_are_wanted(house: House) -> None:
    text("please stop texting me at night")
    reply(house)
    task = WorkItem.objects.get(title=inbound.PERHAPS_STOP)
    assert task.closed_at is None


def test_after_an_answer_the_next_text_opens_a_task_again(house: House) -> None:
    text("Hello")
    reply(house)
    text("And now?", now=NOW + 2 * HOUR)
    assert WorkItem.objects.filter(title=inbound.READ_AND_ANSWER, closed_at=None).count() == 1


def test_a_reply_closes_no_call_that_is_due(house: House) -> None:
    text("I want to die")
    reply(house)
    assert WorkItem.objects.get(urgency="red").closed_at is None


def test_words_that_tell_too_much_are_refused_at_their_field(house: House) -> None:
    with pytest.raises(Invalid) as refused:
        reply(house, "Your infusion is at nine")
    assert refused.value.data["errors"][0]["field"] == "text"
    assert not Message.objects.exists()


def test_nobody_writes_to_a_number_that_asked_for_no_more_texts(house: House) -> None:
    text("STOP")
    with pytest.raises(Conflict, match="asked for no more texts"):
        reply(house)


def test_nobody_writes_to_somebody_elses_number(house: House) -> None:
    text("wrong number")
    with pytest.raises(Conflict, match="Correct it first"):
        reply(house)


def test_nobody_writes_without_a_consent(house: House) -> None:
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.SMS).update(
        revoked_at=NOW, revoked_how="by letter"
    )
    with pytest.raises(Conflict, match="no consent"):
        reply(house)


def test_nobody_writes_without_a_number_or_to_the_dead(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(phone="")
    with pytest.raises(Conflict, match="no mobile number"):
        reply(house)
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    with pytest.raises(Conflict, match="has died"):
        reply(house)


# --- The thread ------------------------------------------------------------------------------------------


def test_a_thread_tells_what_was_said_in_order(house: House) -> None:
    announce(book(house, house.rosa))
    text("Can I bring my sister?")
    reply(house)
    assert [direction for direction, _ in said(house.rosa)] == [
        "automatic",
        "received",
        "automatic",
        "written",
    ]
    assert said(house.rosa)[1] == ("received", "Can I bring my sister?")
    assert said(house.rosa)[-1] == ("written", "Lakeside Clinic: Yes, please do.")


def test_a_text_from_a_number_of_two_patients_stands_with_both(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    text("Is one of us late?")
    house.omar.refresh_from_db()
    assert ("received", "Is one of us late?") in said(house.rosa)
    assert ("received", "Is one of us late?") in said(house.omar)


def test_a_waiting_thread_of_a_number_of_two_names_both(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    row = text("Is one of us late?")
    (waiting,) = conversations.waiting_threads(house.clinic)
    assert list(waiting.sharing) == conversations.sharing(row) == [house.rosa, house.omar]


def test_a_text_stays_with_its_patient_when_the_number_changes(house: House) -> None:
    text("Hello")
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13125550155")
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    house.rosa.refresh_from_db()
    house.omar.refresh_from_db()
    assert ("received", "Hello") in said(house.rosa)
    assert ("received", "Hello") not in said(house.omar)


def test_a_thread_costs_the_same_however_long_it_is(house: House) -> None:
    def cost() -> int:
        with CaptureQueriesContext(connection) as queries:
            conversations.thread_of(house.rosa)
        return len(queries)

    text("Hello")
    short = cost()
    for minutes in range(1, 6):
        text(f"Hello {minutes}", now=NOW + minutes * MINUTE)
        reply(house, now=NOW + minutes * MINUTE)
    assert cost() == short == 4


def test_those_who_wait_longest_come_first_and_strangers_stand_apart(house: House) -> None:
    text("I am nobody you know", sender=STRANGERS)
    text("Hello", now=NOW + MINUTE)
    text("Hello?", now=NOW + 2 * MINUTE)
    stranger, rosa = conversations.waiting_threads(house.clinic)
    assert (stranger.patient, stranger.sharing, len(stranger.texts)) == (None, (), 1)
    assert (rosa.patient, rosa.oldest.body, rosa.latest.body) == (house.rosa, "Hello", "Hello?")
    reply(house)
    assert [each.patient for each in conversations.waiting_threads(house.clinic)] == [None]


def test_dealt_with_otherwise_needs_an_outcome_and_closes_the_task(house: House) -> None:
    text("Hello")
    asked: dict[str, Any] = {
        "actor": house.actor(house.nils),
        "clinic_id": house.clinic.pk,
        "texts": threads.texts_of(house.rosa),
    }
    with pytest.raises(Invalid):
        threads.deal_with(**asked, outcome=" ", now=NOW + HOUR)
    assert threads.deal_with(**asked, outcome="Called her", now=NOW + HOUR) == 1
    assert threads.deal_with(**asked, outcome="Called her", now=NOW + 2 * HOUR) == 0
    text_row, task = InboundMessage.objects.get(), WorkItem.objects.get()
    assert (text_row.read_by, text_row.read_at) == (house.nils, NOW + HOUR)
    assert (task.outcome, task.closed_at) == ("Called her", NOW + HOUR)


# --- A wrong number --------------------------------------------------------------------------------------


def correct(house: House, phone: str, how: str = "She called") -> Patient:
    return threads.correct_number(
        actor=house.actor(house.ana), patient=house.rosa, phone=phone, how=how, now=NOW + HOUR
    )


def test_a_corrected_number_closes_the_task_and_the_old_one_stays_blocked(house: House) -> None:
    text("wrong number")
    assert str(correct(house, "(312) 555-0155").phone) == "+13125550155"
    assert BlockedAddress.objects.get().lifted_at is None
    task = WorkItem.objects.get(title=inbound.CORRECT_NUMBER)
    assert (task.closed_at, task.outcome) == (NOW + HOUR, "The number was corrected: She called")
    house.rosa.refresh_from_db()
    assert reply(house)


def test_a_number_that_was_right_after_all_is_written_to_again(house: House) -> None:
    text("not my number")
    correct(house, ROSAS, how="She had not saved our number")
    block = BlockedAddress.objects.get()
    assert (block.lifted_by, block.lifted_how) == (house.ana, "She had not saved our number")
    assert reply(house)


def test_correcting_a_number_overrules_no_stop(house: House) -> None:
    text("STOP")
    correct(house, ROSAS)
    assert BlockedAddress.objects.get().lifted_at is None


@pytest.mark.parametrize(("phone", "how", "field"), [("12", "She called", "phone"), (ROSAS, " ", "how")])
def test_a_correction_says_what_it_lacks(house: House, phone: str, how: str, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        correct(house, phone, how)
    assert [error["field"] for error in refused.value.data["errors"]] == [field]


# --- Over the API ----------------------------------------------------------------------------------------


def test_the_api_tells_a_thread_and_whether_it_can_be_answered(house: House) -> None:
    text("Hello")
    told = client_of(house.ana).get(f"/api/v1/threads/{house.rosa.pk}/").json()
    assert (told["can_be_answered"], told["why_not"]) == (True, "")
    assert told["lines"][0]["words"] == "Hello"
    assert told["lines"][0]["waiting"] is True
    assert house.rosa.access_log.filter(what="texts").exists()


def test_the_list_of_texts_costs_the_same_however_many_there_are(house: House) -> None:
    client = client_of(house.ana)

    def listed() -> tuple[int, int]:
        with CaptureQueriesContext(connection) as queries:
            found = client.get("/api/v1/texts/", {"clinic": str(house.clinic.pk), "waiting": "true"}).json()
        return len(queries), len(found["results"])

    text("Hello")
    few, count = listed()
    assert count == 1
    for minutes in range(1, 5):
        text("Hello", now=NOW + minutes * MINUTE)
    assert listed() == (few, 5)


def test_a_strangers_text_is_dealt_with_over_the_api(house: House) -> None:
    row = text("Hello", sender=STRANGERS)
    answer = client_of(house.ana).post(f"/api/v1/texts/{row.pk}/deal-with/", {"outcome": "A wrong number"})
    assert answer.json() == {"texts": 1}
    assert WorkItem.objects.get().outcome == "A wrong number"


def test_what_came_after_the_newest_text_that_was_read_still_waits_over_the_api(house: House) -> None:
    seen = text("Thanks!").pk
    text("My ride fell through", now=NOW + MINUTE)
    address = f"/api/v1/threads/{house.rosa.pk}/deal-with/"
    sent = {"outcome": "Nothing to do", "seen": str(seen)}
    assert client_of(house.ana).post(address, sent).json() == {"texts": 1}
    assert InboundMessage.objects.get(read_at=None).body == "My ride fell through"
