"""A real SMTP server on loopback that accepts, refuses, or hangs up at a moment of the test's choosing."""

import socket
from asyncio import AbstractServer, WriteTransport
from collections.abc import Awaitable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


@dataclass
class MailServer:
    """What arrived, and what the next answers are: taken one by one, then everything is accepted.

    An answer to DATA of "hang up" keeps the message and closes the connection without a word.
    """

    at_rcpt: list[str] = field(default_factory=list)
    at_data: list[str] = field(default_factory=list)
    offered: list[bytes] = field(default_factory=list)
    arrived: list[bytes] = field(default_factory=list)
    recipients: list[str] = field(default_factory=list)
    connections: int = 0
    port: int = 0

    async def handle_EHLO(
        self, server: SMTP, session: Session, envelope: Envelope, hostname: str, responses: list[str]
    ) -> list[str]:
        self.connections += 1
        session.host_name = hostname
        return responses

    async def handle_RCPT(
        self, server: SMTP, session: Session, envelope: Envelope, address: str, options: Any
    ) -> str:
        if self.at_rcpt:
            return self.at_rcpt.pop(0)
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:
        assert isinstance(envelope.content, bytes)
        self.offered.append(envelope.content)
        answer = self.at_data.pop(0) if self.at_data else "250 taken"
        if answer.startswith(("250", "hang up")):
            self.arrived.append(envelope.content)
            self.recipients += envelope.rcpt_tos
        if answer == "hang up":
            assert isinstance(server.transport, WriteTransport)
            server.transport.abort()
        return answer

    def mails(self) -> list[EmailMessage]:
        return [message_from_bytes(content, policy=policy.default) for content in self.arrived]


class OnItsPort(Controller):
    """Listens on a port that nobody could have taken since it was found free."""

    listening: socket.socket

    def _create_server(self) -> Awaitable[AbstractServer]:
        return self.loop.create_server(self._factory_invoker, sock=self.listening)


@contextmanager
def running(server: MailServer) -> Iterator[MailServer]:
    listening = socket.create_server(("127.0.0.1", 0))
    server.port = listening.getsockname()[1]
    controller = OnItsPort(server, hostname="127.0.0.1", port=server.port)
    controller.listening = listening
    controller.start()
    try:
        yield server
    finally:
        controller.stop()
