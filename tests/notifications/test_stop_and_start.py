"""STOP and START by text: what each does to a number and its consents, and which of the two stands."""

from datetime import timedelta

import pytest
from django.db.models import F

from clinic.models import Consent, ConsentScope, Patient
from notifications.models import BlockedAddress, InboundMessage, Message, TimeRequest
from notifications.talking import inbound
from notifications.talking.answers import OVERRULED
from scheduler.models import Appointment
from tests.at_once import at_once
from tests.cast import NOW, House
from tests.notifications.texts import (
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

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)


@pytest.fixture
def visit(house: House) -> Appointment:
    visit = book(house, house.rosa)
    announce(visit)
    return visit


@pytest.mark.parametrize("words", ["STOP", "Arrêt", "please stop texting me", "no me escriban más"])
def test_stop_holds_at_once_with_one_confirmation(house: House, words: str) -> None:
    text(words)
    assert not agreed(house.rosa)
    block = BlockedAddress.objects.get()
    assert (block.address, block.reason, block.since) == (ROSAS, "stop", NOW)
    (answer,) = Message.objects.filter(kind="answer")
    assert (answer.stage, answer.form, answer.urgent, answer.due_at) == ("stopped", "sms", True, NOW)
    assert answer.stale_at == NOW + 5 * MINUTE
    assert tasks() == []


def test_stop_said_twice_is_confirmed_once(house: House) -> None:
    text("STOP")
    text("Stop!!", now=NOW + MINUTE)
    assert answers() == ["stopped"]
    assert BlockedAddress.objects.count() == 1


def test_stop_is_kept_with_how_and_when(house: House) -> None:
    text("STOP")
    consent = Consent.objects.get(patient=house.rosa, scope=ConsentScope.SMS)
    assert (consent.revoked_at, consent.revoked_how) == (NOW, "text reply STOP")
    assert Consent.objects.get(patient=house.rosa, scope=ConsentScope.EMAIL).revoked_at is None


def test_stop_holds_for_everybody_on_the_number(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    text("STOP")
    assert not agreed(house.rosa)
    assert not agreed(house.omar)
    assert answers() == ["stopped"]


@pytest.mark.parametrize("words", ["CANCEL", "cancelar"])
def test_cancel_is_an_opt_out_and_a_question_for_the_desk(visit: Appointment, words: str) -> None:
    row = text(words)
    assert not agreed(visit.patient)
    assert answers() == ["stopped"]
    assert row.read_at is None
    assert tasks() == [(inbound.STOPPED_OR_CANCELLED, "routine", "front_desk")]
    visit.refresh_from_db()
    assert visit.status == "booked"


def test_whoever_stopped_is_not_answered_but_still_heard(visit: Appointment) -> None:
    text("STOP")
    text("C", now=NOW + MINUTE)
    assert confirmed(visit)
    text("R", now=NOW + MINUTE)
    assert TimeRequest.objects.count() == 1
    text("Can you call me?", now=NOW + MINUTE)
    assert READ_IT in tasks()
    assert answers() == ["stopped"]
    text("HELP", now=NOW + MINUTE)
    assert answers() == ["stopped", "help"]


@pytest.mark.parametrize("word", ["START", "unstop", "YES"])
def test_start_lifts_the_block_and_keeps_a_consent_of_its_own(house: House, word: str) -> None:
    text("STOP")
    text(word, now=NOW + HOUR)
    block = BlockedAddress.objects.get()
    assert (block.lifted_at, block.lifted_by, block.lifted_how) == (NOW + HOUR, None, "text reply START")
    consent = Consent.objects.get(patient=house.rosa, scope=ConsentScope.SMS, revoked_at=None)
    assert (consent.method, consent.form_version, consent.given_at) == (
        "text reply",
        "text START",
        NOW + HOUR,
    )
    assert consent.recorded_by is None
    assert answers() == ["stopped", "started"]


def test_stop_after_a_start_is_confirmed_anew(house: House) -> None:
    text("STOP")
    text("START", now=NOW + HOUR)
    text("STOP", now=NOW + 2 * HOUR)
    assert not agreed(house.rosa)
    assert answers() == ["stopped", "started", "stopped"]


def test_start_gives_nobody_a_consent_that_somebody_else_took_back_for_them(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    Consent.objects.filter(patient=house.omar, scope=ConsentScope.SMS).update(
        revoked_at=NOW - DAY, revoked_how="by letter"
    )
    text("STOP")
    text("START", now=NOW + HOUR)
    assert agreed(house.rosa)
    assert not agreed(house.omar)


def test_start_does_not_lift_what_is_somebody_elses_number(house: House) -> None:
    text("wrong number")
    text("START", now=NOW + HOUR)
    assert BlockedAddress.objects.get(reason="wrong_number").lifted_at is None
    assert answers() == ["wrong_number"]


# --- Two of them -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("last", "stands"), [("STOP", False), ("START", True)])
def test_of_a_stop_and_a_start_the_one_that_came_later_counts_whichever_is_taken_first(
    house: House, last: str, stands: bool
) -> None:
    first = "START" if last == "STOP" else "STOP"
    text("STOP", now=NOW - HOUR, received_at=NOW - HOUR)
    text(last, now=NOW, received_at=NOW + timedelta(milliseconds=3))
    text(first, now=NOW + timedelta(milliseconds=9), received_at=NOW)
    assert agreed(house.rosa) is stands
    assert BlockedAddress.objects.filter(lifted_at=None).exists() is not stands
    assert not BlockedAddress.objects.filter(lifted_at__lt=F("since")).exists()


def test_whether_a_visit_is_meant_is_asked_also_of_a_text_that_another_has_overtaken(house: House) -> None:
    text("START", received_at=NOW + timedelta(milliseconds=3))
    text("CANCEL", received_at=NOW)
    assert agreed(house.rosa)
    assert tasks() == [(inbound.STOPPED_OR_CANCELLED, "routine", "front_desk")]


def test_what_the_opposite_has_overtaken_is_not_said_any_more(house: House) -> None:
    text("STOP")
    text("START", now=NOW + timedelta(seconds=1), received_at=NOW + timedelta(seconds=1))
    overtaken = Message.objects.get(stage="stopped")
    assert (overtaken.status, overtaken.reason) == ("skipped", OVERRULED)
    assert Message.objects.get(stage="started").status == "planned"
    text("STOP", now=NOW + timedelta(seconds=2), received_at=NOW + timedelta(seconds=2))
    assert Message.objects.get(stage="started").status == "skipped"
    assert Message.objects.filter(stage="stopped", status="planned").count() == 1


def test_what_was_said_to_another_number_or_by_another_clinic_or_already_is_not_taken_back(
    house: House, other_house: House
) -> None:
    give_number(other_house.clinic, sms_number="+13125550199")
    text("STOP", recipient="+13125550199")
    text("STOP", sender=STRANGERS)
    text("STOP")
    rosas = Message.objects.filter(clinic=house.clinic, in_answer_to__sender=ROSAS)
    rosas.update(status="sent", sent_at=NOW)
    text("START", now=NOW + MINUTE, received_at=NOW + MINUTE)
    said = Message.objects.filter(stage="stopped").values_list("status", flat=True)
    assert sorted(said) == ["planned", "planned", "sent"]


@pytest.mark.django_db(transaction=True)
def test_two_stops_at_once_from_a_number_nobody_has_are_confirmed_once(house: House) -> None:
    at_once(*[lambda: text("STOP", sender=STRANGERS)] * 4)
    assert BlockedAddress.objects.count() == 1
    assert answers() == ["stopped"]


@pytest.mark.django_db(transaction=True)
def test_two_stops_at_once_are_one_block_and_one_confirmation(house: House) -> None:
    rows = at_once(lambda: text("STOP"), lambda: text("STOP"), lambda: text("Hello"))
    assert all(isinstance(row, InboundMessage) for row in rows)
    assert BlockedAddress.objects.count() == 1
    assert answers().count("stopped") == 1
    assert not agreed(house.rosa)
