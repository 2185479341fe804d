"""What delivering costs, beside the least that it could.

    bin/bench drain [--messages 5000] [--memory 100000]

Confirmations with their links, all due at once, for patients of clinics in four zones. Drained into a null
channel, beside two loops in bare SQL over the same messages in batches of the same size, with the same
history and as many commits. *Claims alone* is what a queue would do that knows nothing of a message: lock
the next batch with SKIP LOCKED and mark it, mark it as sent. *Claims and tries* also writes a row of each try
with its words, and how it ended. Then over SMTP to a sink in a process of its own, beside Django's own
`send_messages` of the same mails, with their files, on one connection. Memory is what a process of its own
holds more after a thousand messages, and after all.

Shares are told by the clock and in processor time (`bench.costs`).
"""

import argparse
import resource
import socket
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
from bench.costs import Cost, cost
from notifications.channels import opening
from notifications.channels.envelope import Envelope, NotFound
from notifications.channels.letters import letter
from notifications.channels.smtp import SmtpChannel
from notifications.delivering import delivery, sending
from notifications.models import Message
from notifications.planning import planner

DRAIN, BY_SMTP = "drain into a null channel", "drain over SMTP"
ALONE, WITH_TRIES, SENT_BARE = "claims alone", "claims and tries", "send_messages"
KINDS: Final = ("clock", "processor")
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
    costs: dict[str, list[Cost]] = {name: [] for name in (DRAIN, WITH_TRIES, ALONE, BY_SMTP, SENT_BARE)}
    with sink() as port:
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = None
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        due_again(10)
        drain(NullChannel)  # the addresses and the words are loaded
        due_again(messages)
        listening = ListeningChannel()
        drain(lambda: listening)
        for _ in range(RUNS):
            for name, work in (
                (DRAIN, partial(drain, NullChannel)),
                (WITH_TRIES, partial(bare_loop, tries=True)),
                (ALONE, partial(bare_loop, tries=False)),
                (BY_SMTP, partial(drain, SmtpChannel)),
            ):
                due_again(messages)
                costs[name].append(cost(work))
            costs[SENT_BARE].append(cost(partial(send_bare, listening.mails)))
    tell(costs, messages)
    tell_memory(memory)


def tell(costs: dict[str, list[Cost]], count: int) -> None:
    print(f"{count} messages, {RUNS} runs, medians")
    for name, found in costs.items():
        by_clock, by_processor = (median(getattr(each, kind) for each in found) for kind in KINDS)
        each = by_processor / count * 1e6
        print(f"{name}: {count / by_clock:.0f} a second; {each:.0f} microseconds of processor time each")
    for of, beside in ((DRAIN, ALONE), (DRAIN, WITH_TRIES), (BY_SMTP, SENT_BARE)):
        shares = [
            median(getattr(one, kind) / getattr(other, kind) for one, other in _pairs(costs, beside, of))
            for kind in KINDS
        ]
        print(f"{of}, share of {beside}: {shares[0]:.2f} by the clock, {shares[1]:.2f} of processor time")


def _pairs(costs: dict[str, list[Cost]], one: str, other: str) -> Iterator[tuple[Cost, Cost]]:
    """What was measured in the same run."""
    return zip(costs[one], costs[other], strict=True)


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
    took = cost(partial(drain, NullChannel)).clock
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
