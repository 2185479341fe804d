"""E-mail through the SMTP server of EMAIL_URL, on one connection for as long as it holds.

The commands are given one by one, because what a broken connection means depends on when it broke:
before the message was handed over nothing has happened, after it nobody can know.
"""

import smtplib
import ssl
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import format_datetime, formataddr
from types import TracebackType
from typing import Self

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope

OK = 250
TIMEOUT_SECONDS = 20  # for each command; delivery.LEASE outlasts all of them together
FORWARDED = 251
PERMANENT_FROM = 500
CALENDAR_NAME = "visit.ics"


class SmtpChannel:
    name = "smtp"
    takes_sms = False

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
        mail = _mail(envelope)
        message = mail.message()
        if message.is_multipart():
            message.set_boundary(f"={envelope.key}")  # a made-up one would differ from try to try
        data = message.as_bytes(linesep="\r\n")  # type: ignore[call-arg]  # Django's own message
        try:
            smtp = self._connected()
            _expect(smtp.mail(settings.DEFAULT_FROM_EMAIL))
            _expect(smtp.rcpt(envelope.recipient))
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
            raise _refusal(error.smtp_code) from error
        except (smtplib.SMTPException, OSError) as error:
            self._hang_up()
            raise AnswerLost(f"{type(error).__name__} after the message was handed over") from error
        _expect(answer)
        return str(mail.extra_headers["Message-ID"])

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


def _mail(envelope: Envelope) -> EmailMessage:
    """The same bytes for every try: nothing in it is made up at sending."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2]
    mail = EmailMessage(
        subject=envelope.subject,
        body=envelope.text,
        from_email=formataddr((envelope.sender, settings.DEFAULT_FROM_EMAIL)),
        to=[envelope.recipient],
        headers={
            "Message-ID": f"<{envelope.key}@{domain}>",
            "Date": format_datetime(envelope.written_at),
            "Auto-Submitted": "auto-generated",  # RFC 3834: asks out-of-office robots not to answer
        },
    )
    if envelope.calendar:
        mail.attach(_attachment(envelope.calendar))
    return mail


def _attachment(calendar: str) -> MIMEBase:
    """A calendar program opens it as what RFC 6047 calls it; base64 keeps its line ends as they are."""
    part = MIMEBase("text", "calendar", method="PUBLISH", charset="utf-8", name=CALENDAR_NAME)
    part.set_payload(calendar.encode())
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=CALENDAR_NAME)
    return part


def _expect(answer: tuple[int, bytes]) -> None:
    code = answer[0]
    if code not in (OK, FORWARDED):
        raise _refusal(code)


def _refusal(code: int) -> DeliveryError:
    """The code alone: the server's words may repeat the address."""
    return DeliveryError(f"SMTP {code}", permanent=code >= PERMANENT_FROM)
