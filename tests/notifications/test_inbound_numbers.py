"""Whose a text is: a stranger's, of one of several on a number, to a number that the clinic had."""

from datetime import timedelta

import pytest

from clinic.models import Patient, WorkItem
from notifications.delivering import delivery
from notifications.models import (
    BlockedAddress,
    InboundMessage,
    InboxItem,
    Message,
    TextsLeft,
)
from notifications.talking import conversations, inbound
from scheduler.models import Appointment
from tests.cast import NOW, House, make_house
from tests.notifications.texts import (
    OURS,
    READ_IT,
    ROSAS,
    STRANGERS,
    agreed,
    alone_on_the_number,
    announce,
    answers,
    confirmed,
    give_number,
    tasks,
    text,
)
from tests.notifications.visits import book

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)


@pytest.fixture
def visit(house: House) -> Appointment:
    visit = book(house, house.rosa)
    announce(visit)
    return visit


# --- Whose it is -----------------------------------------------------------------------------------------


def test_a_text_of_a_stranger_is_kept_and_read_by_a_person(house: House) -> None:
    row = text("Hello, is this the clinic?", sender=STRANGERS)
    text("Anybody?", sender=STRANGERS, now=NOW + MINUTE)
    assert row.patient is None
    assert tasks() == [READ_IT]
    assert answers() == []


@pytest.mark.parametrize("words", ["START", "Wrong number"])
def test_what_a_stranger_writes_of_a_number_that_is_on_no_record_is_read_by_a_person(
    house: House, words: str
) -> None:
    """Whose consent it would be, and which record to correct, nobody knows: it doesn't lie without a task."""
    row = text(words, sender=STRANGERS)
    assert (row.patient, row.read_at) == (None, None)
    assert tasks() == [READ_IT]
    assert answers() == []
    assert BlockedAddress.objects.exists() == (words != "START")


@pytest.mark.parametrize(
    ("sender", "recipient", "why"),
    [(ROSAS, "+13125550199", "no_clinic"), ("CARRIER", OURS, "no_telephone")],
)
def test_a_text_that_nobody_can_be_given_is_counted_and_logged_without_what_it_says(
    house: House, caplog: pytest.LogCaptureFixture, sender: str, recipient: str, why: str
) -> None:
    for reference in ("SM-left-1", "SM-left-2"):
        arrived = {"provider": "twilio", "reference": reference, "received_at": NOW, "now": NOW}
        taken = inbound.take(sender=sender, recipient=recipient, body="I want to die", **arrived)  # type: ignore[arg-type]
        assert taken is None
    left = TextsLeft.objects.get()
    assert (left.why, left.count, left.last_at) == (why, 2, NOW)
    said = [record.getMessage() for record in caplog.records if record.name == inbound.log.name]
    assert said[0] == f"text left: why={why} provider=twilio reference='SM-left-1'"
    assert not any(each in " ".join(said) for each in (sender, recipient, "die"))


def test_a_strangers_stop_blocks_the_number_for_good_and_is_confirmed(house: House) -> None:
    text("STOP", sender=STRANGERS)
    assert BlockedAddress.objects.get().address == STRANGERS
    assert agreed(house.rosa)
    answer = Message.objects.get()
    assert (answer.stage, answer.patient) == ("stopped", None)


@pytest.mark.parametrize(
    ("words", "says"), [("I want to die", "Crisis: call or text 988"), ("me quiero matar", "Crisis: llame")]
)
def test_a_crisis_of_a_number_that_nobody_has_is_answered_with_the_emergency_lines(
    house: House, words: str, says: str
) -> None:
    row = text(words, sender=STRANGERS)
    assert (inbound.CALL_NOW, "red", "nurse") in tasks()
    answer = Message.objects.get(kind="answer")
    assert (answer.stage, answer.patient, answer.in_answer_to) == ("help", None, row)
    delivery.drain(clock=lambda: NOW)
    item = InboxItem.objects.get(recipient=STRANGERS)
    assert (item.form, item.patient) == ("sms", None)
    assert "911" in item.body
    assert says in item.body


def test_a_crisis_of_a_number_whose_patient_has_died_is_answered(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    text("I am her son and I want to die")
    delivery.drain(clock=lambda: NOW)
    assert InboxItem.objects.get(form="sms").recipient == ROSAS


def test_an_answer_goes_to_the_phone_that_wrote_whatever_number_was_entered_since(house: House) -> None:
    text("I want to die")
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13125550155")
    delivery.drain(clock=lambda: NOW)
    assert InboxItem.objects.get(form="sms").recipient == ROSAS


# --- A number that two patients have -----------------------------------------------------------------------


def shared(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    house.omar.refresh_from_db()


@pytest.mark.parametrize("words", ["Can I come?", "I want to die", "HELP", "I can't stop vomiting"])
def test_a_task_about_a_text_from_a_number_of_two_names_neither_of_them(house: House, words: str) -> None:
    shared(house)
    text(words)
    assert {item.patient for item in WorkItem.objects.all()} == {None}


def test_what_was_said_back_to_a_number_of_two_stands_in_both_threads(house: House) -> None:
    shared(house)
    row = text("STOP")
    for line in (
        conversations.thread_of(house.rosa)[-1],
        conversations.thread_of(house.omar)[-1],
        conversations.thread_of_number(row)[-1],
    ):
        assert (line.direction, line.id) == ("automatic", Message.objects.get().pk)


# --- A number that the clinic had ---------------------------------------------------------------------------


def test_a_text_to_a_number_that_the_clinic_had_does_what_it_says(house: House, visit: Appointment) -> None:
    give_number(house.clinic, sms_number="+13125550166")
    row = text("Can I bring my sister?", recipient=OURS)
    assert (row.clinic, row.patient) == (house.clinic, house.rosa)
    assert tasks() == [READ_IT]
    text("STOP", recipient=OURS)
    assert not agreed(house.rosa)


def test_a_number_that_another_clinic_has_by_now_is_that_clinics(house: House) -> None:
    hillside = make_house("Hillside")
    give_number(house.clinic, sms_number="+13125550166")
    give_number(hillside.clinic)
    assert text("Hello", recipient=OURS).clinic == hillside.clinic
    assert text("Hello", recipient="+13125550166").clinic == house.clinic


@pytest.mark.parametrize(("recipient", "sender"), [("+13125550199", ROSAS), (OURS, "Lakeside")])
def test_a_text_to_nobodys_number_or_from_no_telephone_is_nobodys(
    house: House, recipient: str, sender: str
) -> None:
    taken = inbound.take(
        provider="twilio",
        reference="SM1",
        sender=sender,
        recipient=recipient,
        body="C",
        received_at=NOW,
        now=NOW,
    )
    assert taken is None
    assert not InboundMessage.objects.exists()


def test_a_number_is_known_however_the_provider_spells_it(visit: Appointment) -> None:
    text("C", sender="(312) 555-0142", recipient="312.555.0188")
    assert confirmed(visit)


def test_the_dead_are_not_answered(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(deceased=True)
    text("Please call me, I am her son")
    assert answers() == []
    assert tasks() == [READ_IT]


def test_what_postgresql_cannot_hold_does_not_lose_the_text(house: House) -> None:
    assert text("he\x00llo").body == "hello"
