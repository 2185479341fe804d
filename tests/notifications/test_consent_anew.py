"""A STOP is taken back by START, or by a consent that is signed after it: the newest word counts."""

from datetime import datetime, timedelta
from typing import Any
from uuid import uuid4

import pytest

from clinic import consents
from clinic.models import Channel, ConsentScope, Patient
from clinic.problems import Conflict
from notifications.delivering import blocked, delivery, outcomes
from notifications.delivering.blocked import blocked_of
from notifications.models import BlockedAddress, BlockReason, Message
from notifications.planning.planner import plan
from notifications.talking import threads
from tests.at_once import at_once
from tests.cast import NOW, House
from tests.notifications.texts import (
    ROSAS,
    agreed,
    alone_on_the_number,
    announce,
    answers,
    give_number,
    text,
)
from tests.notifications.visits import book

MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def number(house: House) -> None:
    give_number(house.clinic)
    alone_on_the_number(house)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    house.rosa.refresh_from_db()


def sign(house: House, patient: Patient, given_at: datetime, scope: ConsentScope = ConsentScope.SMS) -> None:
    """At the desk, on paper."""
    consents.record(
        actor=house.actor(house.ana),
        id=uuid4(),
        patient=patient,
        scope=scope,
        form_version="2027-1",
        method="paper form",
        given_at=given_at,
        now=given_at,
    )


def blocks(house: House) -> frozenset[BlockReason]:
    return blocked.blocks_of(clinic_id=house.clinic.pk, number=ROSAS, patients=[house.rosa])


def sent(house: House, now: datetime) -> tuple[str, str]:
    """What becomes of a confirmation to Rosa, who has no e-mail address: (status, reason)."""
    Patient.objects.filter(pk=house.rosa.pk).update(email="")
    book(house, house.rosa)
    plan(now=now)
    delivery.drain(clock=lambda: now)
    message = Message.objects.get(stage="confirmation")
    return message.status, message.reason


def test_a_consent_signed_after_the_stop_lifts_it(house: House) -> None:
    text("STOP")
    assert threads.why_not(house.rosa) == "This patient asked for no more texts. Call instead."
    sign(house, house.rosa, NOW + HOUR)
    assert threads.why_not(house.rosa) == ""
    assert sent(house, NOW + 2 * HOUR) == ("sent", "")


def test_a_consent_signed_before_the_stop_and_entered_after_it_lifts_nothing(house: House) -> None:
    text("STOP")
    with pytest.raises(Conflict, match="A newer answer to this is on record"):
        sign(house, house.rosa, NOW - MINUTE)
    assert sent(house, NOW + HOUR)[0] == "skipped"


def test_an_old_consent_of_whoever_takes_over_the_number_does_not_lift_it(house: House) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(phone="+13125550177")
    text("STOP")  # from the number that nobody has
    Patient.objects.filter(pk=house.rosa.pk).update(phone=ROSAS)
    assert agreed(house.rosa)
    status, reason = sent(house, NOW + HOUR)
    assert (status, "This number asked for no more messages." in reason) == ("skipped", True)


def test_of_two_on_one_number_it_is_lifted_for_who_has_signed(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(phone=ROSAS)
    house.omar.refresh_from_db()
    text("STOP")
    sign(house, house.rosa, NOW + HOUR)
    assert blocked_of([house.rosa, house.omar]) == {house.omar.pk: {ROSAS: BlockReason.STOP}}


def test_a_consent_to_texts_lifts_nothing_for_e_mail(house: House) -> None:
    BlockedAddress.objects.create(
        clinic=house.clinic, address=house.rosa.email, reason=BlockReason.STOP, since=NOW
    )
    sign(house, house.rosa, NOW + HOUR)
    assert blocked_of([house.rosa]) == {house.rosa.pk: {house.rosa.email: BlockReason.STOP}}
    sign(house, house.rosa, NOW + HOUR, ConsentScope.EMAIL)
    assert blocked_of([house.rosa]) == {}


@pytest.mark.parametrize("reason", [BlockReason.WRONG_NUMBER, BlockReason.UNREACHABLE])
def test_no_consent_lifts_what_is_not_the_patients_to_lift(house: House, reason: BlockReason) -> None:
    BlockedAddress.objects.create(clinic=house.clinic, address=ROSAS, reason=reason, since=NOW)
    sign(house, house.rosa, NOW + HOUR)
    assert threads.why_not(house.rosa) == threads.REFUSED[reason]
    assert sent(house, NOW + 2 * HOUR)[0] == "skipped"


def test_who_has_signed_is_answered_again_and_yes_is_a_yes_to_the_visit(house: House) -> None:
    visit = book(house, house.rosa)
    announce(visit)
    text("STOP")
    sign(house, house.rosa, NOW + HOUR)
    assert text("YES", now=NOW + 2 * HOUR).reading == "confirm"
    assert answers() == ["stopped", "confirmed"]


def test_a_stop_after_the_signature_is_a_new_one_and_confirmed_anew(house: House) -> None:
    text("STOP")
    sign(house, house.rosa, NOW + HOUR)
    text("STOP", now=NOW + 2 * HOUR)
    assert not agreed(house.rosa)
    assert answers() == ["stopped", "stopped"]
    old, new = BlockedAddress.objects.order_by("since")
    assert (old.lifted_at, old.lifted_how) == (NOW + 2 * HOUR, "a consent signed after it")
    assert (new.since, new.lifted_at) == (NOW + 2 * HOUR, None)
    text("STOP", now=NOW + 3 * HOUR)
    assert BlockedAddress.objects.count() == 2


@pytest.mark.parametrize("again", ["STOP", "wrong number, stop texting me"])
def test_a_second_stop_counts_from_its_own_moment(house: House, again: str) -> None:
    text("STOP")
    text(again, now=NOW + HOUR)
    sign(house, house.rosa, NOW + HOUR - MINUTE)  # between the two, entered after both
    assert threads.why_not(house.rosa) != ""
    assert blocks(house) >= {BlockReason.STOP}
    assert sent(house, NOW + 2 * HOUR)[0] == "skipped"
    assert answers().count("stopped") == 1
    sign(house, house.rosa, NOW + 2 * HOUR)
    assert BlockReason.STOP not in blocks(house)


def test_a_second_stop_keeps_in_its_history_when_the_first_one_came(house: House) -> None:
    text("STOP")
    text("STOP", now=NOW + HOUR)
    block = BlockedAddress.objects.get()
    assert block.since == NOW + HOUR
    events: Any = BlockedAddress.pgh_event_model.objects  # type: ignore[attr-defined]
    assert list(events.order_by("pgh_id").values_list("since", flat=True)) == [NOW, NOW + HOUR]


@pytest.mark.django_db(transaction=True)
def test_a_second_stop_and_a_signature_just_before_it_at_once_leave_the_number_stopped(house: House) -> None:
    text("STOP")
    at_once(
        lambda: text("STOP", now=NOW + HOUR),
        lambda: sign(house, house.rosa, NOW + HOUR - MINUTE),
        lambda: text("STOP", now=NOW + HOUR),
    )
    assert blocks(house) == {BlockReason.STOP}


def test_what_the_network_still_refuses_after_the_signature_is_blocked_again(house: House) -> None:
    """The provider keeps a list of its own, which only a START from that phone clears."""
    text("STOP")
    sign(house, house.rosa, NOW + HOUR)
    message = Message.objects.get(stage="stopped")
    outcomes.block(message, ROSAS, BlockReason.STOP, NOW + 2 * HOUR)
    assert threads.why_not(house.rosa) == threads.REFUSED[BlockReason.STOP]
    assert BlockedAddress.objects.count() == 1
