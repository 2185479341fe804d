"""E-mail over a real SMTP server: accepted, refused for now or for good, and an answer that never came."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Channel, Patient, WorkItem
from notifications.models import BlockedAddress, InboxItem, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.cast import NOW, House, make_patient
from tests.notifications.drains import drain, fate
from tests.notifications.mail_server import MailServer, running
from tests.notifications.visits import book


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer()) as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = None
        settings.DEFAULT_FROM_EMAIL = "visits@lakeside.example"
        yield server


@pytest.fixture
def message(house: House) -> Message:
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get(stage="confirmation")


def test_an_e_mail_arrives_with_its_link_and_says_nothing_of_the_illness(
    mail_server: MailServer, message: Message
) -> None:
    assert drain() == {"sent": 1}
    (mail,) = mail_server.mails()
    assert mail["To"] == "rosa@patients.example"
    assert mail["From"] == "Lakeside Clinic <visits@lakeside.example>"
    assert mail["Subject"] == "Your visit on Thu 21 Jan"
    assert mail["Auto-Submitted"] == "auto-generated"
    assert f"http://localhost:8000/m/{token_for(message.link.pk)}" in mail.get_body().get_content()  # type: ignore[union-attr]
    assert message.attempts.get().provider_reference == mail["Message-ID"]
    assert not InboxItem.objects.exists()


def test_one_connection_serves_a_whole_drain(mail_server: MailServer, house: House, message: Message) -> None:
    for number in range(5):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    assert drain() == {"sent": 6}
    assert mail_server.connections == 1


def test_a_refusal_for_good_is_failed_and_the_next_message_goes_on_a_connection_of_its_own(
    mail_server: MailServer, house: House, message: Message
) -> None:
    mail_server.at_rcpt = ["550 no such mailbox rosa@patients.example"]
    book(house, house.omar)
    plan(now=NOW + timedelta(seconds=1))
    assert drain(NOW + timedelta(seconds=1)) == {"failed": 1, "sent": 1}
    assert fate(message) == ("failed", "Refused for good: SMTP 550")
    assert "rosa" not in message.attempts.get().error
    assert mail_server.connections == 2


def then_omar(house: House) -> Message:
    book(house, house.omar)
    plan(now=NOW + timedelta(seconds=1))
    return Message.objects.get(patient=house.omar)


def test_a_refusal_that_comes_twice_is_not_the_next_messages(
    mail_server: MailServer, house: House, message: Message
) -> None:
    mail_server.at_data = ["554 5.1.1 no such mailbox\r\n554 5.1.1 no such mailbox"]
    other = then_omar(house)
    assert drain(NOW + timedelta(seconds=1)) == {"failed": 1, "sent": 1}
    assert (fate(message)[0], fate(other)[0]) == ("failed", "sent")
    assert BlockedAddress.objects.get().address == "rosa@patients.example"


def test_a_good_answer_that_comes_twice_lets_no_message_count_as_sent_that_was_not(
    mail_server: MailServer, house: House, message: Message
) -> None:
    mail_server.at_data = ["250 taken\r\n250 taken", "550 no"]
    other = then_omar(house)
    assert drain(NOW + timedelta(seconds=1)) == {"sent": 1, "failed": 1}
    assert (fate(message)[0], fate(other)[0]) == ("sent", "failed")
    assert (len(mail_server.arrived), mail_server.connections) == (1, 2)


def test_after_a_good_answer_that_came_twice_the_next_message_goes_at_once(
    mail_server: MailServer, house: House, message: Message
) -> None:
    mail_server.at_data = ["250 taken\r\n250 taken"]
    then_omar(house)
    assert drain(NOW + timedelta(seconds=1)) == {"sent": 2}
    assert [mail["To"] for mail in mail_server.mails()] == ["rosa@patients.example", "omar@patients.example"]


def test_a_refusal_for_now_is_tried_again_with_the_same_bytes(
    mail_server: MailServer, message: Message
) -> None:
    mail_server.at_data = ["451 try later"]
    assert drain() == {"planned": 1}
    assert drain(NOW + timedelta(minutes=1)) == {"sent": 1}
    first, second = mail_server.offered
    assert first == second
    assert len(mail_server.arrived) == 1


def test_a_server_that_hangs_up_after_the_message_leaves_an_unknown(
    mail_server: MailServer, message: Message
) -> None:
    mail_server.at_data = ["hang up"]
    assert drain() == {"unknown": 1}
    drain(NOW + timedelta(hours=1))
    assert len(mail_server.arrived) == 1
    assert WorkItem.objects.get().cause == f"message:{message.pk}"


def test_a_server_that_is_not_there_is_tried_again_later(
    house: House, message: Message, settings: Any
) -> None:
    with running(MailServer()) as gone:
        pass
    settings.EMAIL_URL = "smtp://gone"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", gone.port
    settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
    assert drain() == {"planned": 1}
    assert message.attempts.get().error == "No connection: ConnectionRefusedError"


def test_somebody_who_prefers_text_messages_gets_an_e_mail_while_there_is_no_provider(
    mail_server: MailServer, house: House, message: Message
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    assert drain() == {"sent": 1}
    assert mail_server.recipients == ["rosa@patients.example"]


def test_without_consent_to_e_mail_the_log_names_both_reasons(
    mail_server: MailServer, house: House, message: Message
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    house.rosa.consents.filter(scope="email").update(revoked_at=NOW)
    assert drain() == {"skipped": 1}
    assert fate(message) == ("skipped", "Text messages can't be sent yet. No consent to e-mail.")


def test_a_domain_of_any_letters_is_written_as_mail_servers_write_it(
    mail_server: MailServer, house: House, message: Message
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(email="rosa@bücher.example")
    assert drain() == {"sent": 1}
    assert mail_server.recipients == ["rosa@xn--bcher-kva.example"]


@pytest.mark.parametrize("address", ["rosé@patients.example", f"rosa@{'ü' * 64}.example"])
def test_an_address_that_no_mail_server_takes_is_refused_and_the_next_message_goes(
    mail_server: MailServer, house: House, message: Message, caplog: pytest.LogCaptureFixture, address: str
) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(email=address)
    book(house, house.omar)
    plan(now=NOW + timedelta(seconds=1))
    with caplog.at_level("DEBUG"):
        assert drain(NOW + timedelta(seconds=1)) == {"failed": 1, "sent": 1}
    status, reason = fate(message)
    assert (status, reason.partition(":")[0]) == ("failed", "Refused for good")
    assert "before the @" in reason
    assert address not in caplog.text
    assert WorkItem.objects.filter(cause=f"message:{message.pk}").count() == 0
