"""E-mail through a provider's HTTP interface: a real server that takes, refuses, stumbles or hangs up."""

import json
import socket
from collections.abc import Iterator
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from threading import Thread
from typing import Any

import pytest

from notifications.models import BlockedAddress, DeliveryAttempt, Message
from notifications.planning.planner import plan
from tests.cast import NOW, House, make_patient
from tests.notifications.drains import drain
from tests.notifications.visits import book

MINUTE = timedelta(minutes=1)


class Provider:
    """Postmark's way of speaking. `next`: statuses to answer with, "hang up" after taking the mail, or the
    name of another mail's as whose answer it comes."""

    def __init__(self) -> None:
        self.next: list[Any] = []
        self.taken: list[dict[str, Any]] = []
        self.connections = 0


def _handler(provider: Provider) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def setup(self) -> None:
            provider.connections += 1
            super().setup()

        def do_POST(self) -> None:
            mail = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            what = provider.next.pop(0) if provider.next else 200
            status = 200 if isinstance(what, str) else what
            if status == 200:
                provider.taken.append(mail)
            if what == "hang up":
                self.close_connection = True
                return
            name = what if isinstance(what, str) else f"pm-{len(provider.taken)}"
            answer = {"ErrorCode": 0, "Message": "OK", "MessageID": name}
            refusal = {"ErrorCode": 300, "Message": f"not to {mail['To']}"}
            content = json.dumps({**answer, "To": mail["To"]} if status == 200 else refusal).encode()
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: Any) -> None:
            pass

    return Handler


@pytest.fixture
def provider(settings: Any) -> Iterator[Provider]:
    """Postmark's interface, as EMAIL_URL would name it."""
    provider = Provider()
    server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(provider))
    thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True)
    thread.start()
    at(settings, server.server_address[1])
    try:
        yield provider
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


def at(settings: Any, port: int) -> None:
    settings.EMAIL_URL = "anymail+postmark://?server_token=key"
    settings.ANYMAIL_BACKEND = "anymail.backends.postmark.EmailBackend"
    settings.ANYMAIL = {
        "POSTMARK_SERVER_TOKEN": "key",
        "POSTMARK_API_URL": f"http://127.0.0.1:{port}/",
        "IGNORE_UNSUPPORTED_FEATURES": True,
    }


@pytest.fixture
def message(house: House) -> Message:
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get()


def test_a_mail_arrives_with_the_visit_as_a_file_and_its_own_name(
    provider: Provider, message: Message
) -> None:
    assert drain() == {"sent": 1}
    (mail,) = provider.taken
    assert (mail["To"], mail["Subject"]) == ("rosa@patients.example", "Your visit on Thu 21 Jan")
    assert [each["Name"] for each in mail["Attachments"]] == ["visit.ics"]
    assert mail["Metadata"] == {"message": str(message.pk)}
    attempt = message.attempts.get()
    assert (attempt.channel, attempt.provider_reference) == ("anymail", "pm-1")


def test_one_connection_serves_a_whole_drain(provider: Provider, house: House, message: Message) -> None:
    for number in range(3):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    assert drain() == {"sent": 4}
    assert provider.connections == 1


def test_an_answer_that_names_an_earlier_mail_says_nothing_of_this_one(
    provider: Provider, house: House, message: Message
) -> None:
    for number in range(2):
        book(house, make_patient(house.clinic, f"Given{number}", "Family"))
    plan(now=NOW)
    provider.next = [200, "pm-1", 200]
    assert drain() == {"sent": 2, "unknown": 1}
    assert provider.connections == 2
    references = DeliveryAttempt.objects.exclude(provider_reference="")
    assert references.values("provider_reference").distinct().count() == 2


def test_a_refusal_leaves_the_next_mail_a_session_of_its_own(
    provider: Provider, house: House, message: Message
) -> None:
    book(house, house.omar)
    plan(now=NOW)
    provider.next = [422]
    assert drain() == {"failed": 1, "sent": 1}
    assert provider.connections == 2


@pytest.mark.parametrize("status", [429, 503, 401])
def test_a_refusal_for_now_is_tried_again(provider: Provider, message: Message, status: int) -> None:
    provider.next = [status]
    assert drain() == {"planned": 1}
    assert message.attempts.get().error == f"HTTP {status}"
    assert drain(NOW + MINUTE) == {"sent": 1}


def test_a_mail_that_is_refused_for_good_has_failed(provider: Provider, message: Message) -> None:
    provider.next = [422]
    assert drain() == {"failed": 1}
    message.refresh_from_db()
    assert message.reason == "Refused for good: HTTP 422"
    assert not BlockedAddress.objects.exists()


@pytest.mark.parametrize("lost", ["hang up", 500])
def test_a_lost_answer_is_found_out_by_a_person(provider: Provider, message: Message, lost: Any) -> None:
    provider.next = [lost]
    assert drain() == {"unknown": 1}
    assert drain(NOW + MINUTE) == {}


def test_a_server_that_is_not_there_is_tried_again_later(message: Message, settings: Any) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
    at(settings, port)
    assert drain() == {"planned": 1}
    assert message.attempts.get().error == "No connection: ConnectionError"
