"""E-mail through the SMTP server of EMAIL_URL, on one connection for as long as it holds and answers in step.

The commands are given one by one, because what a broken connection means depends on when it broke:
before the message was handed over nothing has happened, after it nobody can know.

Nothing in SMTP says which command an answer is to: one that came twice would be read as the next command's,
and so on. A refusal that came twice would be the next message's, so after one the next message gets a
connection of its own. A good answer that came twice shows at DATA, whose own is another: nothing has been
handed over by then, and the message goes on a new connection.
"""

import re
import smtplib
import ssl
from datetime import datetime
from email.utils import format_datetime
from types import TracebackType
from typing import Self

from django.conf import settings

from notifications.channels import mail_bytes
from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope, NotFound
from notifications.models import BlockReason

OK = 250
REFUSED_FROM = 400
TIMEOUT_SECONDS = 20  # for each command; leasing.LEASE outlasts all of them together
FORWARDED = 251
NOT_WRITTEN_SO = "A mail server takes no such address: only unaccented letters may stand before the @"
PERMANENT_FROM = 500
# RFC 3463, X.1.X: what is wrong is the address, not this message.
BAD_ADDRESS = re.compile(r"\b5\.1\.\d{1,3}\b")


class OutOfStep(Exception):
    """What was read as a command's answer was an earlier one's."""


class SmtpChannel:
    name = "smtp"

    def __init__(self) -> None:
        self.connection: smtplib.SMTP | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        try:
            if self.connection is not None:
                self.connection.quit()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

    def send(self, envelope: Envelope) -> str:
        """Returns the Message-ID, which is the same for every try."""
        mailbox = _mailbox(envelope.recipient)
        headers = _headers(envelope)
        data = mail_bytes.written(envelope, headers)
        try:
            answer = self._handed_over(mailbox, data)
        except OutOfStep:
            answer = self._handed_over(mailbox, data)
        if answer[0] not in (OK, FORWARDED):
            self._hang_up()
        _expect(answer)
        return headers["Message-ID"]

    def _handed_over(self, mailbox: str, data: bytes) -> tuple[int, bytes]:
        """The answer to the whole message. Raises `OutOfStep` before anything of it was handed over."""
        try:
            reused = self.connection is not None
            smtp = self._connected()
            _expect(smtp.mail(settings.DEFAULT_FROM_EMAIL))
            _expect(smtp.rcpt(mailbox))
        except DeliveryError:
            self._hang_up()
            raise
        except smtplib.SMTPResponseException as error:  # a greeting or a sign-in that was refused
            self._hang_up()
            raise DeliveryError(f"SMTP {error.smtp_code} at sign-in", permanent=False) from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise DeliveryError(f"No connection: {type(error).__name__}", permanent=False) from error
        try:
            return smtp.data(data)
        except smtplib.SMTPDataError as error:  # refused before a byte of the message was sent
            self._hang_up()
            if reused and error.smtp_code < REFUSED_FROM:
                raise OutOfStep from error
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise AnswerLost(f"{type(error).__name__} after the message was handed over") from error

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> NotFound:
        """A mail server keeps no list that could be asked."""
        return NotFound.CANNOT_TELL

    def _connected(self) -> smtplib.SMTP:
        if self.connection is None:
            self.connection = _connect()
        return self.connection

    def _hang_up(self) -> None:
        """Close without waiting for a server that may have gone."""
        if self.connection is not None:
            self.connection.close()
            self.connection = None


def _connect() -> smtplib.SMTP:
    """A connection with the TLS and the sign-in that EMAIL_URL asks for; certificates are checked."""
    if settings.EMAIL_USE_SSL:
        smtp: smtplib.SMTP = smtplib.SMTP_SSL(
            settings.EMAIL_HOST,
            settings.EMAIL_PORT,
            timeout=TIMEOUT_SECONDS,
            context=ssl.create_default_context(),
        )
    else:
        smtp = smtplib.SMTP(settings.EMAIL_HOST, settings.EMAIL_PORT, timeout=TIMEOUT_SECONDS)
    try:
        if settings.EMAIL_USE_TLS:
            smtp.starttls(context=ssl.create_default_context())
        if settings.EMAIL_HOST_USER:
            smtp.login(settings.EMAIL_HOST_USER, settings.EMAIL_HOST_PASSWORD)
        smtp.ehlo_or_helo_if_needed()
    except BaseException:
        smtp.close()
        raise
    return smtp


def _mailbox(address: str) -> str:
    """The address in the letters that every mail server takes. Those before the @ have no other spelling.
    What the codec would say repeats the address, so it is no cause either."""
    name, _, domain = address.rpartition("@")
    try:
        name.encode("ascii")
        return f"{name}@{domain.encode('idna').decode('ascii')}"
    except UnicodeError:
        raise DeliveryError(NOT_WRITTEN_SO, permanent=True, blocks=BlockReason.UNREACHABLE) from None


def _headers(envelope: Envelope) -> dict[str, str]:
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    return {
        "Message-ID": f"<{envelope.key}@{domain}>",
        "Date": format_datetime(envelope.written_at),
    }


def _expect(answer: tuple[int, bytes]) -> None:
    code, words = answer
    if code not in (OK, FORWARDED):
        raise _refusal(code, words)


def _refusal(code: int, words: bytes | str) -> DeliveryError:
    """The code alone is kept: the server's words may repeat the address."""
    permanent = code >= PERMANENT_FROM
    blocks = BlockReason.UNREACHABLE if permanent and BAD_ADDRESS.search(_said(words)) else None
    return DeliveryError(f"SMTP {code}", permanent=permanent, blocks=blocks)


def _said(words: bytes | str) -> str:
    return words.decode(errors="replace") if isinstance(words, bytes) else words
