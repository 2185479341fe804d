"""What delivering costs, beside the least that it could.

    bin/bench drain [--messages 5000] [--memory 100000]

Confirmations with their links, all due at once, for patients of clinics in four zones. Drained into a null
channel, beside a loop in bare SQL over the same messages in batches of the same size: claim, write the
tries, conclude, with the same history and as many commits. Then over SMTP to a sink in a process of its own,
beside Django's own `send_messages` of the same mails on one connection. Memory is what a process of its own
holds more after a thousand messages, and after all.
"""

import argparse
import resource
import socket
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from functools import partial
from multiprocessing import Process
from statistics import median
from typing import Any, Final, Self
from unittest.mock import patch
from uuid import uuid4

from bench.scratch import migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import connection, transaction

from bench import message_clinics
from clinic.history import WORKER, acting
from notifications.channels import opening
from notifications.channels.envelope import Envelope, NotFound
from notifications.channels.letters import letter
from notifications.channels.smtp import SmtpChannel
from notifications.delivering import delivery, sending
from notifications.models import Message
from notifications.planning import planner

NOW: Final = datetime(2027, 1, 11, 18, 0, tzinfo=UTC)
RUNS: Final = 3
CLAIM: Final = """
    UPDATE notifications_message SET status = 'claimed', lease_token = %(token)s,
           lease_until = %(now)s + interval '5 minutes'
     WHERE id IN (SELECT id FROM notifications_message WHERE status = 'planned' AND due_at <= %(now)s
                   ORDER BY urgent DESC, due_at LIMIT %(most)s FOR NO KEY UPDATE SKIP LOCKED)"""
TRY: Final = """
    INSERT INTO notifications_deliveryattempt (id, created_at, message_id, number, channel, form, sender,
           recipient, subject, body, calendar, started_at, outcome, provider_reference, error)
    SELECT gen_random_uuid(), %(now)s, id, 1, 'null', 'email', 'Bench', 'somebody@bench.example',
           'Your visit', repeat('x', 300), repeat('x', 700), %(now)s, 'started', '', ''
      FROM notifications_message WHERE lease_token = %(token)s"""
CONCLUDE_TRY: Final = """
    UPDATE notifications_deliveryattempt SET outcome = 'accepted', finished_at = %(now)s,
           provider_reference = message_id::text
     WHERE message_id IN (SELECT id FROM notifications_message WHERE lease_token = %(token)s)"""
CONCLUDE: Final = """
    UPDATE notifications_message
       SET status = 'sent', sent_at = %(now)s, lease_token = NULL, lease_until = NULL
     WHERE lease_token = %(token)s"""


class NullChannel:
    """Takes everything, and keeps nothing."""

    name = "null"

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        return None

    def send(self, envelope: Envelope) -> str:
        return envelope.key

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> NotFound:
        return NotFound.CANNOT_TELL


class ListeningChannel(NullChannel):
    """Keeps the mails, to be sent again by the yardstick."""

    def __init__(self) -> None:
        self.mails: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.mails.append(envelope)
        return envelope.key


def seconds(work: Callable[[], Any]) -> float:
    began = time.perf_counter()
    with acting(None, door=WORKER):
        work()
    return time.perf_counter() - began


def drain(channel: Callable[[], Any]) -> None:
    with patch.object(opening, "open_channel", lambda form: channel()):
        delivery.drain(clock=lambda: NOW)


def bare_loop(*, tries: bool) -> None:
    """Batch by batch, until nothing is due."""
    while True:
        asked: dict[str, Any] = {"token": uuid4(), "now": NOW, "most": sending.LARGEST_BATCH}
        with connection.cursor() as cursor:
            with transaction.atomic():
                cursor.execute(CLAIM, asked)
                claimed = cursor.rowcount
                if tries:
                    cursor.execute(TRY, asked)
            if not claimed:
                return
            with transaction.atomic():
                if tries:
                    cursor.execute(CONCLUDE_TRY, asked)
                cursor.execute(CONCLUDE, asked)


def due_again(most: int) -> None:
    """As it was before the first drain: so many are due, and the others far off."""
    for table in ("deliveryattempt", "message"):
        statement = (
            "DELETE FROM notifications_deliveryattempt"
            if table == "deliveryattempt"
            else "UPDATE notifications_message SET status = 'planned', sent_at = NULL, due_at = %(now)s"
        )
        message_clinics.run(f"notifications_{table}", statement, now=NOW)
    later = """UPDATE notifications_message SET due_at = %(now)s + interval '1 day'
                WHERE id NOT IN (SELECT id FROM notifications_message ORDER BY id LIMIT %(most)s)"""
    message_clinics.run("notifications_message", later, now=NOW, most=most)
    tidy()


@contextmanager
def sink() -> Iterator[int]:
    """A mail server in a process of its own that takes everything; its port."""
    listening = socket.create_server(("127.0.0.1", 0))
    server = Process(target=_serve, args=(listening,), daemon=True)
    server.start()
    try:
        yield listening.getsockname()[1]
    finally:
        server.terminate()
        server.join()


def _serve(listening: socket.socket) -> None:
    while True:
        connected, _ = listening.accept()
        with connected, connected.makefile("rb") as lines:
            connected.sendall(b"220 sink\r\n")
            for line in lines:
                if line[:4].upper() == b"DATA":
                    connected.sendall(b"354 go on\r\n")
                    while lines.readline() != b".\r\n":
                        pass
                connected.sendall(b"250 ok\r\n")


def send_bare(mails: list[Envelope]) -> None:
    """Django's own backend on one connection; the mails are built on the way, as the drain's are."""
    built: list[EmailMessage] = [letter(mail, {}) for mail in mails]
    with get_connection("django.core.mail.backends.smtp.EmailBackend") as smtp:
        smtp.send_messages(built)


def main(messages: int, memory: int) -> None:
    migrate()
    message_clinics.make(coming=max(messages, memory), past=0, now=NOW)
    planner.plan(now=NOW)
    with connection.cursor() as cursor:  # each visit has a history, which a calendar file counts
        cursor.execute("UPDATE scheduler_appointment SET claims_changed = 1")
    count = messages
    shares: dict[str, list[float]] = {"claims and tries": [], "claims alone": [], "SMTP": []}
    rates: dict[str, list[float]] = {"drain": [], "SMTP drain": [], "send_messages": []}
    with sink() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = None
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        due_again(10)
        drain(NullChannel)  # the addresses and the words are loaded
        for _ in range(RUNS):
            due_again(messages)
            drained, mails = _drained()
            due_again(messages)
            with_tries = seconds(lambda: bare_loop(tries=True))
            due_again(messages)
            claims_alone = seconds(lambda: bare_loop(tries=False))
            due_again(messages)
            by_smtp = seconds(lambda: drain(SmtpChannel))
            bare = seconds(partial(send_bare, mails))
            shares["claims and tries"].append(with_tries / drained)
            shares["claims alone"].append(claims_alone / drained)
            shares["SMTP"].append(bare / by_smtp)
            rates["drain"].append(count / drained)
            rates["SMTP drain"].append(count / by_smtp)
            rates["send_messages"].append(count / bare)
    print(f"{count} messages, {RUNS} runs, medians")
    for name, found in rates.items():
        print(f"{name}: {median(found):.0f} a second")
    for name, found in shares.items():
        print(f"the drain's share of the bare rate, {name}: {median(found):.2f}")
    tell_memory(memory)


def _drained() -> tuple[float, list[Envelope]]:
    """How long the drain took into a channel that does nothing, and what it was handed."""
    listening = ListeningChannel()
    return seconds(lambda: drain(lambda: listening)), listening.mails


def tell_memory(most: int) -> None:
    """What a process of its own holds more, after a thousand messages and after all."""
    for count in (1_000, most):
        due_again(count)
        connection.close()
        child = Process(target=_drain_and_tell, args=(count,))
        child.start()
        child.join()


def _drain_and_tell(count: int) -> None:
    before = _memory_now_mb()
    took = seconds(lambda: drain(NullChannel))
    sent = Message.objects.filter(status="sent").count()
    print(f"{sent} of {count} due: {_memory_now_mb() - before:+.0f} MB over {before:.0f} MB, {took:.0f} s")


def _memory_now_mb() -> float:
    """What this process holds now; its highest would be its parent's."""
    with open("/proc/self/statm") as pages:
        return int(pages.read().split()[1]) * resource.getpagesize() / 1024**2


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--messages", type=int, default=5_000)
    parser.add_argument("--memory", type=int, default=100_000)
    given = parser.parse_args()
    main(given.messages, given.memory)
