"""E-mail through the SMTP server of EMAIL_URL, on one connection for as long as it holds.

The commands are given one by one, because what a broken connection means depends on when it broke:
before the message was handed over nothing has happened, after it nobody can know.
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
TIMEOUT_SECONDS = 20  # for each command; leasing.LEASE outlasts all of them together
FORWARDED = 251
NOT_WRITTEN_SO = "A mail server takes no such address: only unaccented letters may stand before the @"
PERMANENT_FROM = 500
# RFC 3463, X.1.X: what is wrong is the address, not this message.
BAD_ADDRESS = re.compile(r"\b5\.1\.\d{1,3}\b")


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
            smtp = self._connected()
            _expect(smtp.mail(settings.DEFAULT_FROM_EMAIL))
            _expect(smtp.rcpt(mailbox))
        except DeliveryError:
            self._start_over()
            raise
        except smtplib.SMTPResponseException as error:  # a greeting or a sign-in that was refused
            self._hang_up()
            raise DeliveryError(f"SMTP {error.smtp_code} at sign-in", permanent=False) from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise DeliveryError(f"No connection: {type(error).__name__}", permanent=False) from error
        try:
            answer = smtp.data(data)
        except smtplib.SMTPDataError as error:  # refused before a byte of the message was sent
            self._start_over()
            raise _refusal(error.smtp_code, error.smtp_error) from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise AnswerLost(f"{type(error).__name__} after the message was handed over") from error
        _expect(answer)
        return headers["Message-ID"]

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> NotFound:
        """A mail server keeps no list that could be asked."""
        return NotFound.CANNOT_TELL

    def _connected(self) -> smtplib.SMTP:
        if self.connection is None:
            self.connection = _connect()
        return self.connection

    def _start_over(self) -> None:
        """After a refusal: the connection is good for the next message unless the server closed it."""
        try:
            if self.connection is not None:
                self.connection.rset()
        except (smtplib.SMTPException, OSError):
            self._hang_up()

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
