"""What providers tell later: signed or not heard, once, in any order, and followed by what it means."""

import base64
import json
from datetime import timedelta
from typing import Any
from uuid import uuid4

import pytest
from django.test import Client, override_settings

from clinic.models import Channel, Consent, ConsentScope, Patient, WorkItem
from notifications.delivering import delivery
from notifications.models import (
    BlockedAddress,
    DeliveryAttempt,
    DeliveryReport,
    InboxItem,
    Message,
    MessageStatus,
)
from notifications.planning.planner import plan
from tests.cast import NOW, House, new_id
from tests.notifications.drains import fate
from tests.notifications.twilio_server import SID, TOKEN
from tests.notifications.twilio_server import signed as signature
from tests.notifications.visits import VISIT, book, cancel, move

OURS = "+13125550111"
ACCOUNT = {"url": "http://127.0.0.1:1", "sid": SID, "token": TOKEN}
STATUS = "/inbound/sms/status/"
MINUTE, DAY = timedelta(minutes=1), timedelta(days=1)


@pytest.fixture(autouse=True)
def _stopped_clock(time_machine: Any) -> None:
    time_machine.move_to(NOW + MINUTE, tick=False)


@pytest.fixture
def text(house: House) -> Message:
    """Rosa's confirmation was taken by the provider of text messages, as SM1."""
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    book(house, house.rosa)
    return sent(house, "twilio", "SM1")


def sent(house: House, channel: str, reference: str) -> Message:
    plan(now=NOW)
    delivery.drain(clock=lambda: NOW)
    message = Message.objects.get()
    message.attempts.update(channel=channel, provider_reference=reference)
    return message


def tell(
    status: str,
    code: str = "",
    *,
    sid: str = "SM1",
    query: str = "",
    signed: str | None = None,
    account: dict[str, str] = ACCOUNT,
) -> int:
    """The provider's call; it is set up for as long as that takes, and the inbox page stands for it else."""
    fields = {"MessageSid": sid, "MessageStatus": status, "AccountSid": SID}
    if code:
        fields["ErrorCode"] = code
    url = f"http://localhost:8000{STATUS}{query}"
    given = signature(url, fields) if signed is None else signed
    with override_settings(SMS=account):
        answer = Client(enforce_csrf_checks=True).post(
            STATUS + query, fields, headers={"X-Twilio-Signature": given}
        )
    return answer.status_code


def test_a_text_that_was_delivered_says_when(text: Message) -> None:
    assert tell("delivered") == 204
    assert fate(text) == ("sent", "")
    assert text.delivered_at == NOW + MINUTE
    report = DeliveryReport.objects.get()
    assert (report.attempt, report.kind) == (text.attempts.get(), "delivered")


def test_told_twice_it_stands_once(text: Message, time_machine: Any) -> None:
    tell("delivered")
    time_machine.move_to(NOW + DAY, tick=False)
    assert tell("delivered") == 204
    assert DeliveryReport.objects.count() == 1
    fate(text)
    assert text.delivered_at == NOW + MINUTE


@pytest.mark.parametrize("status", ["queued", "sending", "sent", "accepted", "nonsense"])
def test_what_tells_no_end_is_no_report(text: Message, status: str) -> None:
    assert tell(status) == 204
    assert not DeliveryReport.objects.exists()


@pytest.mark.parametrize("signed", ["", "bm90IHNpZ25lZA==", "é"])
def test_an_unsigned_call_is_not_heard(text: Message, signed: str) -> None:
    assert tell("delivered", signed=signed) == 403
    assert not DeliveryReport.objects.exists()


def test_the_signature_is_of_this_address_and_these_fields(text: Message) -> None:
    other = signature(f"http://localhost:8000{STATUS}", {"MessageSid": "SM1", "MessageStatus": "failed"})
    assert tell("delivered", signed=other) == 403


def test_where_no_provider_is_set_up_nobody_listens(text: Message) -> None:
    assert tell("delivered", account={}) == 404


def test_news_of_a_message_that_is_not_ours_is_taken_and_left(text: Message) -> None:
    assert tell("delivered", sid="SM999", query=f"?message={uuid4()}") == 204
    assert tell("delivered", sid="SM999", query="?message=nonsense") == 204
    assert not DeliveryReport.objects.exists()


@pytest.mark.parametrize("sid", ["SM\x001", "\x00", "SM9" * 500])
@pytest.mark.parametrize("code", ["", "\x0030005", "9" * 5000])
def test_whatever_is_signed_is_answered(text: Message, sid: str, code: str) -> None:
    assert tell("undelivered", code, sid=sid, query=f"?message={text.pk}") == 204


def test_a_report_that_is_the_answer_keeps_what_fits_of_a_name(text: Message) -> None:
    text.attempts.update(outcome="started", provider_reference="")
    assert tell("delivered", sid="SM\x00" + "9" * 500, query=f"?message={text.pk}") == 204
    assert text.attempts.get().provider_reference == "SM" + "9" * 158


def test_a_delivery_is_not_undone_by_a_later_refusal(text: Message) -> None:
    tell("delivered")
    assert tell("undelivered", "30008") == 204
    assert fate(text) == ("sent", "")
    assert text.delivered_at == NOW + MINUTE
    assert text.attempts.get().outcome == "accepted"
    assert delivery.drain(clock=lambda: NOW + MINUTE) == {}
    assert DeliveryReport.objects.count() == 2


def test_a_text_that_was_not_delivered_goes_by_e_mail(text: Message) -> None:
    tell("undelivered", "30008")
    assert fate(text) == ("planned", "")
    assert delivery.drain(clock=lambda: NOW + MINUTE)[MessageStatus.PLANNED] == 0
    first, second = text.attempts.order_by("number")
    assert (first.outcome, first.error) == ("permanent_failure", "The provider could not deliver it: 30008")
    assert second.form == "email"
    assert not BlockedAddress.objects.exists()


def test_a_number_that_its_network_does_not_know_is_not_written_to_again(text: Message) -> None:
    tell("undelivered", "30005")
    blocked = BlockedAddress.objects.get()
    assert (blocked.address, blocked.reason) == ("+13125550142", "unreachable")


def test_a_cancellation_that_arrives_nowhere_is_called(house: House, text: Message) -> None:
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.EMAIL).update(revoked_at=NOW)
    cancel(text.visit)
    later = NOW + MINUTE
    plan(now=later)
    delivery.drain(clock=lambda: later)
    cancellation = Message.objects.get(kind="cancellation")
    cancellation.attempts.update(channel="twilio", provider_reference="SM2")
    tell("failed", "30003", sid="SM2")
    delivery.drain(clock=lambda: later)
    assert fate(cancellation) == ("failed", "The text was refused for good. No consent to e-mail.")
    assert WorkItem.objects.get().cause == f"message:{cancellation.pk}"


def test_a_refusal_that_comes_when_it_is_of_no_use_any_more_is_a_failure(
    text: Message, time_machine: Any
) -> None:
    time_machine.move_to(VISIT, tick=False)
    tell("undelivered", "30003")
    assert fate(text) == ("failed", "The provider could not deliver it: 30003")


def test_what_is_told_as_delivered_after_all_is_not_said_a_second_time(text: Message) -> None:
    tell("undelivered", "30005")
    tell("delivered")
    assert fate(text) == ("sent", "")
    assert (text.sent_at, text.delivered_at) == (NOW, NOW + MINUTE)
    assert text.attempts.get().outcome == "accepted"
    assert delivery.drain(clock=lambda: NOW + MINUTE) == {}
    assert DeliveryReport.objects.count() == 2
    assert BlockedAddress.objects.get().lifted_how == "It arrived after all, the provider says."


def test_nobody_calls_about_what_arrived_after_all(house: House, text: Message) -> None:
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.EMAIL).update(revoked_at=NOW)
    move(text.visit, VISIT + DAY)
    plan(now=NOW + MINUTE)
    delivery.drain(clock=lambda: NOW + MINUTE)
    moved = Message.objects.get(kind="move")
    moved.attempts.update(channel="twilio", provider_reference="SM2")
    tell("failed", "30008", sid="SM2")
    delivery.drain(clock=lambda: NOW + MINUTE)
    assert fate(moved)[0] == "failed"
    tell("delivered", sid="SM2")
    assert fate(moved) == ("sent", "")
    assert WorkItem.objects.get().outcome == "It arrived after all, the provider says."


def test_what_went_another_way_meanwhile_stays_as_it_went(text: Message) -> None:
    tell("undelivered", "30008")
    delivery.drain(clock=lambda: NOW + MINUTE)
    tell("delivered")
    assert fate(text) == ("sent", "")
    assert text.attempts.get(number=1).outcome == "permanent_failure"
    assert text.delivered_at == NOW + MINUTE


def test_what_is_going_another_way_at_this_moment_stays_under_way(text: Message) -> None:
    """Its e-mail has been begun: what comes of that is its sender's to write."""
    tell("undelivered", "30008")
    DeliveryAttempt.objects.create(
        message=text, number=2, channel="smtp", form="email", recipient="x", body="x", started_at=NOW
    )
    Message.objects.update(status="claimed", lease_token=uuid4(), lease_until=NOW + MINUTE)
    tell("delivered")
    assert fate(text) == ("claimed", "")


def test_a_refusal_told_late_does_not_undo_the_next_try(text: Message) -> None:
    DeliveryAttempt.objects.create(
        message=text, number=2, channel="smtp", form="email", recipient="x", body="x", started_at=NOW
    )
    tell("undelivered", "30008")
    assert fate(text) == ("sent", "")
    assert text.attempts.get(number=1).outcome == "permanent_failure"


def test_a_report_may_be_the_answer_that_was_lost(house: House, text: Message) -> None:
    text.attempts.update(outcome="started", provider_reference="", finished_at=None)
    Message.objects.update(status="unknown", reason="The answer was lost.", sent_at=None)
    task = WorkItem.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        cause=f"message:{text.pk}",
        title="Find out",
        urgency="routine",
        role="front_desk",
        due_at=VISIT,
    )
    tell("delivered", sid="SM7", query=f"?message={text.pk}")
    assert fate(text) == ("sent", "")
    assert (text.sent_at, text.delivered_at) == (NOW, NOW + MINUTE)
    assert text.attempts.get().provider_reference == "SM7"
    task.refresh_from_db()
    assert task.outcome == "The provider had taken it."


# --- E-mail, through the provider's own interface -------------------------------------------------------
MAILS = "/inbound/email/status/"


@pytest.fixture
def postmark(settings: Any) -> None:
    settings.ANYMAIL_WEBHOOK = "anymail.webhooks.postmark.PostmarkTrackingWebhookView"
    settings.ANYMAIL = {"WEBHOOK_SECRET": "clinic:word"}


def tell_mail(event: Any, *, password: str = "clinic:word") -> int:
    known = base64.b64encode(password.encode()).decode()
    answer = Client(enforce_csrf_checks=True).post(
        MAILS,
        event if isinstance(event, str) else json.dumps(event),
        content_type="application/json",
        headers={"Authorization": f"Basic {known}"},
    )
    return answer.status_code


BOUNCE = {
    "RecordType": "Bounce",
    "Type": "HardBounce",
    "MessageID": "pm-1",
    "Email": "rosa@patients.example",
    "BouncedAt": "2027-01-11T15:00:30Z",
    "Details": "no such mailbox",
}


@pytest.fixture
def mailed(house: House, postmark: None) -> Message:
    book(house, house.rosa)
    return sent(house, "anymail", "pm-1")


def test_an_e_mail_that_was_delivered_says_when(mailed: Message) -> None:
    told = {"RecordType": "Delivery", "MessageID": "pm-1", "DeliveredAt": "2027-01-11T15:00:30Z"}
    assert tell_mail({**told, "Recipient": "rosa@patients.example"}) == 204
    fate(mailed)
    assert mailed.delivered_at == NOW + timedelta(seconds=30)


def test_an_e_mail_that_bounced_has_failed_and_its_address_is_not_written_to_again(
    house: House, mailed: Message
) -> None:
    for _ in range(2):
        assert tell_mail(BOUNCE) == 204
    assert fate(mailed) == ("failed", "The provider could not deliver it: bounced")
    assert BlockedAddress.objects.get().address == "rosa@patients.example"
    move(mailed.visit, VISIT + DAY)
    plan(now=NOW + MINUTE)
    delivery.drain(clock=lambda: NOW + MINUTE)
    assert fate(Message.objects.latest("created_at")) == ("skipped", "This e-mail address can't be reached.")
    assert InboxItem.objects.count() == 1


def test_a_report_that_gives_back_another_message_bounces_nobody_whose_name_it_bears(mailed: Message) -> None:
    assert tell_mail({**BOUNCE, "Metadata": {"message": str(new_id())}}) == 204
    assert fate(mailed) == ("sent", "")
    assert not BlockedAddress.objects.exists()


def test_a_mail_that_is_marked_as_unwanted_is_the_last(mailed: Message) -> None:
    told = {"RecordType": "SpamComplaint", "Type": "SpamComplaint", "MessageID": "pm-1"}
    assert tell_mail({**told, "Email": "rosa@patients.example", "BouncedAt": "2027-01-11T15:00:30Z"}) == 204
    assert fate(mailed) == ("sent", "")
    assert BlockedAddress.objects.get().reason == "stop"


@pytest.mark.parametrize("password", ["clinic:guess", ":", "no colon"])
def test_a_call_without_the_password_is_not_heard(mailed: Message, password: str) -> None:
    assert tell_mail(BOUNCE, password=password) == 403
    assert fate(mailed)[0] == "sent"


def test_without_a_password_of_our_own_nobody_is_heard(mailed: Message, settings: Any) -> None:
    settings.ANYMAIL = {}
    assert tell_mail(BOUNCE) == 403


@pytest.mark.parametrize("nonsense", ["", "{", "[1]", '"text"', '{"RecordType": 7}'])
def test_nonsense_is_refused_and_not_a_fault(mailed: Message, nonsense: str) -> None:
    assert tell_mail(nonsense) in (204, 400)
    assert fate(mailed)[0] == "sent"


def test_a_provider_may_ask_whether_anybody_is_there(postmark: None, settings: Any) -> None:
    assert Client().head(MAILS).status_code == 200
    settings.ANYMAIL_WEBHOOK = ""
    assert Client().head(MAILS).status_code == 404
    assert tell_mail(BOUNCE) == 404
