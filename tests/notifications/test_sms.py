"""Text messages over a real HTTP server that speaks as Twilio does: taken, refused, late, lost, looked up."""

import socket
import time
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Channel, Consent, ConsentScope, Patient, User, WorkItem
from notifications.channels import twilio
from notifications.delivering import outcomes
from notifications.models import (
    BlockedAddress,
    BlockReason,
    ClinicMessaging,
    DeliveryAttempt,
    Message,
    MessageRule,
    SendingState,
)
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.cast import NOW, House, make_patient
from tests.notifications.drains import drain, fate
from tests.notifications.mail_server import MailServer
from tests.notifications.mail_server import running as mail_running
from tests.notifications.twilio_server import SID, TOKEN, Raw, TwilioServer, running
from tests.notifications.visits import book

OURS = "+13125550111"
MINUTE = timedelta(minutes=1)


@pytest.fixture
def provider(settings: Any) -> Iterator[TwilioServer]:
    """Texts go to the server; e-mail to a mail server that is there as well."""
    with running(TwilioServer()) as server:
        settings.SMS = {"url": server.url, "sid": SID, "token": TOKEN}
        yield server


@pytest.fixture
def mail(settings: Any) -> Iterator[MailServer]:
    with mail_running(MailServer()) as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = None
        yield server


@pytest.fixture
def message(house: House) -> Message:
    """Rosa prefers texts, and her visit's confirmation is due."""
    ClinicMessaging.objects.create(clinic=house.clinic, sms_number=OURS)
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get(stage="confirmation")


def test_a_text_arrives_with_its_link_and_says_nothing_of_the_illness(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    assert drain() == {"sent": 1}
    (text,) = provider.taken
    assert (text["from"], text["to"]) == (OURS, "+13125550142")
    assert text["body"].startswith("Lakeside Clinic: visit booked Thu 21 Jan 9:30 AM.")
    assert f"http://localhost:8000/m/{token_for(message.link.pk)}" in text["body"]
    assert text["status_callback"] == f"http://localhost:8000/inbound/sms/status/?message={message.pk}"
    attempt = message.attempts.get()
    assert (attempt.channel, attempt.form, attempt.provider_reference) == ("twilio", "sms", "SM0")
    assert (attempt.sender, attempt.recipient) == (OURS, "+13125550142")


def test_one_connection_serves_a_whole_drain_of_texts_and_another_its_e_mails(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    for number in range(4):
        preferred = Channel.SMS if number % 2 else Channel.EMAIL
        book(house, make_patient(house.clinic, f"Given{number}", "Family", preferred_channel=preferred))
    plan(now=NOW)
    assert drain() == {"sent": 5}
    assert (len(provider.taken), provider.connections) == (3, 1)
    assert (len(mail.arrived), mail.connections) == (2, 1)


def test_nothing_is_opened_that_no_message_needs(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    drain()
    assert mail.connections == 0


@pytest.mark.parametrize(("status", "code"), [(429, 20429), (503, 20500), (401, 20003)])
def test_a_refusal_for_now_is_tried_again(
    provider: TwilioServer, mail: MailServer, message: Message, status: int, code: int
) -> None:
    provider.next = [(status, code)]
    assert drain() == {"planned": 1}
    error = message.attempts.get().error
    assert error == f"HTTP {status}, code {code}"
    assert drain(NOW + MINUTE) == {"sent": 1}
    assert len(provider.taken) == 1


PAGE = b"<html><body>+1 312 555 0142: sign in to this network</body></html>"
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"


def said(status: str, body: bytes = PAGE, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {status}", f"Content-Length: {len(body)}", "Connection: close", *headers]
    return "\r\n".join([*lines, "", ""]).encode() + body


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said("307 Temporary Redirect", PAGE, "Location: /elsewhere"), "HTTP 307"),
        (said("308 Permanent Redirect", PAGE, "Location: /elsewhere"), "HTTP 308"),
        (said("400 Bad Request"), "HTTP 400"),
        (said("407 Proxy Authentication Required"), "HTTP 407"),
        (said("503 Service Unavailable"), "HTTP 503"),
        (CONTINUE + said("429 Too Many Requests"), "HTTP 429"),
    ],
)
def test_a_page_of_whatever_stands_before_the_provider_refuses_no_text_for_good(
    provider: TwilioServer, mail: MailServer, message: Message, answer: bytes, error: str
) -> None:
    provider.next = [Raw([answer])]
    assert drain() == {"planned": 1}
    assert message.attempts.get().error == error
    assert drain(NOW + MINUTE) == {"sent": 1}
    assert len(provider.taken) == 1


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        (said("302 Found", PAGE, "Location: /done"), "HTTP 302"),
        (said("303 See Other", PAGE, "Location: /done"), "HTTP 303"),
        (b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: Upgrade\r\n\r\n", ""),
        (said("200 OK"), "An answer that says nothing of the message"),
        (said("201 Created", b'{"sid": '), "An answer that says nothing of the message"),
        (said("201 Created", b"[]"), "An answer that says nothing of the message"),
        (said("201 Created", b'{"sid": "SM1"}')[:-3], "An answer that says nothing of the message"),
        (said("201 Created", b" " * 1_000_001), "An answer that says nothing of the message"),
        (said("502 Bad Gateway"), "HTTP 502"),
        (b"not a word of HTTP", ""),
    ],
    ids=["302", "303", "101", "a page", "half a word", "a list", "broken off", "huge", "502", "not HTTP"],
)
def test_an_answer_after_which_nobody_can_know_is_never_followed_by_a_second_text(
    provider: TwilioServer, mail: MailServer, message: Message, answer: bytes, error: str
) -> None:
    provider.next = [Raw([answer])]
    assert drain() == {}
    assert error in message.attempts.get().error
    assert drain(NOW + outcomes.ASKED_FOR) == {"unknown": 1}
    assert provider.requests == 1


def test_a_provider_that_drips_its_answer_is_waited_for_no_longer_than_any_other(
    provider: TwilioServer, mail: MailServer, message: Message, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(twilio, "BODY_SECONDS", 0.2)
    answer = said("201 Created", b" " * 400)
    provider.next = [Raw([answer[:-400], *[b" "] * 400], seconds_between=0.02)]
    began = time.monotonic()
    assert drain() == {}
    assert time.monotonic() - began < 4
    assert drain(NOW + outcomes.ASKED_FOR) == {"unknown": 1}


def test_a_refusal_that_is_too_long_to_be_read_is_one_for_now(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    """What is refused for good needs the code; without it the text is tried again."""
    provider.next = [Raw([said("400 Bad Request", b'{"code": 21211}' + b" " * 1_000_000)])]
    assert drain() == {"planned": 1}
    assert not BlockedAddress.objects.exists()


def test_the_accounts_password_goes_to_no_address_that_a_list_names(provider: TwilioServer) -> None:
    text = twilio.Text(OURS, "+13125550142", "No more texts from us.", "", "")
    client = twilio.TwilioProvider(twilio.Account(provider.url, SID, TOKEN))
    with running(TwilioServer()) as other:
        provider.next_page = f"{other.url}/listed"
        assert client.find(text, since=NOW) == twilio.NotFound.NOT_LISTED
        assert other.connections == 0
    client.close()


def test_a_server_that_is_not_there_is_tried_again_later(
    message: Message, mail: MailServer, settings: Any
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    settings.SMS = {"url": f"http://127.0.0.1:{port}", "sid": SID, "token": TOKEN}
    assert drain() == {"planned": 1}
    assert message.attempts.get().error == "No connection: ConnectError"


@pytest.mark.parametrize(
    ("code", "reason", "says"),
    [
        (21610, BlockReason.STOP, "This number asked for no more messages."),
        (21211, BlockReason.UNREACHABLE, "This number can't be reached."),
    ],
)
def test_a_number_that_opted_out_or_is_wrong_is_not_written_to_again_and_the_message_goes_by_e_mail(
    provider: TwilioServer,
    mail: MailServer,
    house: House,
    message: Message,
    code: int,
    reason: BlockReason,
    says: str,
) -> None:
    provider.next = [(400, code)]
    assert drain() == {"planned": 1, "sent": 1}
    assert mail.recipients == ["rosa@patients.example"]
    blocked = BlockedAddress.objects.get()
    assert (blocked.address, blocked.reason) == ("+13125550142", reason)
    outcome, error = message.attempts.values_list("outcome", "error").get(number=1)
    assert (outcome, error) == ("permanent_failure", f"HTTP 400, code {code}")
    # Whosever record it stands on: Omar has the same number, and wants no e-mail.
    Patient.objects.filter(pk=house.omar.pk).update(preferred_channel=Channel.SMS, email="")
    book(house, house.omar)
    plan(now=NOW + MINUTE)
    assert drain(NOW + MINUTE) == {"skipped": 1}
    assert fate(Message.objects.get(patient=house.omar)) == ("skipped", f"{says} No e-mail address.")
    assert provider.requests == 1


def test_another_clinic_may_write_to_a_number_that_opted_out_here(
    provider: TwilioServer, mail: MailServer, message: Message, other_house: House
) -> None:
    BlockedAddress.objects.create(
        clinic=other_house.clinic, address="+13125550142", reason=BlockReason.STOP, since=NOW
    )
    drain()
    assert len(provider.taken) == 1


def test_a_block_that_was_lifted_holds_nothing_back(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    BlockedAddress.objects.create(
        clinic=house.clinic, address="+13125550142", reason=BlockReason.STOP, since=NOW, lifted_at=NOW
    )
    drain()
    assert len(provider.taken) == 1


def test_without_consent_to_e_mail_a_refused_text_has_failed(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    Consent.objects.filter(patient=house.rosa, scope=ConsentScope.EMAIL).update(revoked_at=NOW)
    provider.next = [(400, 21408)]
    assert drain() == {"planned": 1, "failed": 1}
    assert fate(message) == ("failed", "The text was refused for good. No consent to e-mail.")
    assert not BlockedAddress.objects.exists()
    assert provider.requests == 1


def test_a_rule_may_forbid_the_way_by_e_mail(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    MessageRule.objects.create(
        clinic=house.clinic,
        stage="confirmation",
        forms=["sms", "email"],
        falls_back=False,
        merges=False,
    )
    provider.next = [(400, 21408)]
    drain()
    assert fate(message) == ("failed", "The text was refused for good.")
    assert not mail.arrived


def test_a_message_of_one_form_takes_no_other(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    Message.objects.filter(pk=message.pk).update(form="email")
    drain()
    assert (len(provider.taken), len(mail.arrived)) == (0, 1)


def test_a_clinic_without_a_number_of_its_own_writes_e_mails(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    ClinicMessaging.objects.update(sms_number="")
    assert drain() == {"sent": 1}
    assert (len(provider.taken), len(mail.arrived)) == (0, 1)


@pytest.fixture
def three(house: House, message: Message) -> None:
    """Two more are told of a visit by text."""
    for number in range(2):
        patient = make_patient(
            house.clinic, f"Given{number}", "Family", phone=f"+1312555020{number}", preferred_channel="sms"
        )
        book(house, patient)
    plan(now=NOW)


def test_an_answer_that_comes_twice_is_not_taken_for_the_next_texts(
    provider: TwilioServer, mail: MailServer, three: None
) -> None:
    """The second text was refused: what says that it was taken is what was said of the first."""
    provider.next = ["twice", (400, 21211)]
    assert drain() == {"sent": 2}
    assert sent_as() == {row["sid"]: row["to"] for row in provider.taken}
    drain(NOW + 16 * MINUTE)
    assert Message.objects.filter(status="unknown").count() == 1


def test_a_refusal_that_comes_twice_is_not_taken_for_the_next_texts(
    provider: TwilioServer, mail: MailServer, three: None
) -> None:
    """The second text was taken: called refused, it would be sent once more."""
    provider.next = [(503, 20503, 2)]
    assert drain() == {"planned": 1, "sent": 2}
    drain(NOW + MINUTE)
    assert len(provider.taken) == 3
    assert sent_as() == {row["sid"]: row["to"] for row in provider.taken}


def sent_as() -> dict[str, str]:
    """Where each text of ours went, by what the provider calls it."""
    return dict(
        DeliveryAttempt.objects.filter(outcome="accepted").values_list("provider_reference", "recipient")
    )


def test_a_text_whose_answer_was_lost_is_found_at_the_provider(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    provider.next = ["hang up"]
    assert drain() == {"sent": 1}
    assert len(provider.taken) == 1
    assert not WorkItem.objects.exists()


def test_a_text_that_the_provider_lists_late_is_never_sent_twice(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    """Its clock is three minutes behind ours, besides."""
    provider.created_at = NOW - 3 * MINUTE
    provider.next, provider.hidden_listings = ["hang up"], 4
    assert drain() == {}
    for minutes in (1, 2, 4):
        assert drain(NOW + minutes * MINUTE) == {}
    assert drain(NOW + 8 * MINUTE) == {"sent": 1}
    assert len(provider.taken) == 1


@pytest.mark.parametrize("lost", ["hang up first", (500, 0)], ids=["hung up before taking it", "stumbled"])
def test_a_text_that_is_never_listed_is_a_persons_to_find_out_about(
    provider: TwilioServer, mail: MailServer, message: Message, lost: Any
) -> None:
    """The list proves nothing: it may be taken and not shown."""
    provider.next = [lost]
    for minutes in range(15):
        assert drain(NOW + minutes * MINUTE) == {}
    assert drain(NOW + outcomes.ASKED_FOR) == {"unknown": 1}
    assert provider.requests == 1
    assert WorkItem.objects.get().cause == f"message:{message.pk}"


def test_an_earlier_text_to_the_same_number_is_not_taken_for_this_one(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    body = "Lakeside Clinic: something else"
    provider.take({"To": "+13125550142", "From": OURS, "Body": body, "StatusCallback": ""})
    provider.next = ["hang up first"]
    drain()
    assert drain(NOW + outcomes.ASKED_FOR) == {"unknown": 1}


def test_a_text_without_a_link_is_known_by_its_words_and_its_time(provider: TwilioServer) -> None:
    account = twilio.Account(provider.url, SID, TOKEN)
    text = twilio.Text(OURS, "+13125550142", "No more texts from us.", "", "")
    for number in range(60):
        provider.take({"To": text.recipient, "From": OURS, "Body": f"Other {number}", "StatusCallback": ""})
    provider.created_at = NOW - timedelta(hours=1)
    provider.taken.insert(0, {**provider.take({**_fields(text)})})
    provider.taken.pop()
    client = twilio.TwilioProvider(account)
    assert client.find(text, since=NOW) == twilio.NotFound.NOT_LISTED
    provider.created_at = NOW
    provider.take(_fields(text))
    assert client.find(text, since=NOW) == twilio.Found("SM61")
    client.close()


def _fields(text: twilio.Text) -> dict[str, str]:
    return {"To": text.recipient, "From": text.sender, "Body": text.body, "StatusCallback": ""}


def test_a_provider_that_cannot_be_asked_is_asked_later(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    provider.next, provider.next_lists = ["hang up"], [500]
    assert drain() == {}
    assert drain(NOW + MINUTE) == {"sent": 1}
    assert len(provider.taken) == 1


def test_a_number_never_reaches_the_log_of_tries(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    provider.next = [(400, 21408)]
    drain()
    assert "+1312" not in message.attempts.get(number=1).error


def test_a_page_to_staff_goes_to_the_mobile_phone_and_by_e_mail_where_that_is_refused(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    page_to_nils(house, message)
    provider.next = [(400, 21211)]
    assert drain() == {"planned": 1, "sent": 1}
    assert mail.recipients == ["nils@lakeside.example"]
    assert not BlockedAddress.objects.exists()


def test_a_page_goes_by_e_mail_at_once_when_the_provider_of_texts_is_down(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    page_to_nils(house, message)
    provider.next = [(503, 0)]
    assert drain() == {"planned": 1, "sent": 1}
    assert mail.recipients == ["nils@lakeside.example"]


def test_a_page_does_not_wait_for_a_breaker_that_is_open(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    page_to_nils(house, message)
    SendingState.objects.create(name="sms", failures=5, closed_until=NOW + MINUTE)
    assert drain() == {"sent": 1}
    assert mail.recipients == ["nils@lakeside.example"]
    assert provider.taken == []


def test_a_page_tries_the_phone_again_when_e_mail_is_down_as_well(
    provider: TwilioServer, mail: MailServer, house: House, message: Message
) -> None:
    page_to_nils(house, message)
    provider.next, mail.at_data = [(503, 0)], ["451 try later"]
    assert drain() == {"planned": 2}
    assert drain(NOW + 5 * MINUTE) == {"sent": 1}
    assert [text["to"] for text in provider.taken] == ["+13125550177"]


def page_to_nils(house: House, message: Message) -> None:
    """The due message is a page to Nils, who has a phone."""
    User.objects.filter(pk=house.nils.pk).update(mobile="+13125550177")
    item = WorkItem.objects.create(
        clinic=house.clinic,
        patient=house.omar,
        cause="a story",
        title="Call",
        urgency="red",
        role="nurse",
        due_at=NOW,
    )
    Message.objects.filter(pk=message.pk).update(
        kind="page", stage="page", user=house.nils, work_item=item, urgent=True
    )


def test_only_this_form_counts_its_failures(
    provider: TwilioServer, mail: MailServer, message: Message
) -> None:
    provider.next = [(503, 0)]
    drain()
    assert dict(SendingState.objects.values_list("name", "failures")) == {"all": 0, "sms": 1, "email": 0}
