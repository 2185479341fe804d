"""An envelope as an e-mail: the same for every try, because nothing in it is made up at sending."""

from collections.abc import Mapping
from email.encoders import encode_base64
from email.mime.base import MIMEBase
from email.utils import formataddr
from typing import Final

from django.conf import settings
from django.core.mail import EmailMessage

from notifications.channels.envelope import Envelope

CALENDAR_NAME: Final = "visit.ics"
# RFC 3834: asks out-of-office robots not to answer.
AUTOMATIC: Final = {"Auto-Submitted": "auto-generated"}


def letter(envelope: Envelope, headers: Mapping[str, str]) -> EmailMessage:
    """The e-mail with these headers and, where the message has one, the visit as a file."""
    mail = EmailMessage(
        subject=envelope.subject,
        body=envelope.text,
        from_email=from_of(envelope),
        to=[envelope.recipient],
        headers={**headers, **AUTOMATIC},
    )
    if envelope.calendar:
        mail.attach(_attachment(envelope.calendar))
    return mail


def from_of(envelope: Envelope) -> str:
    """The sender's name and the installation's address, as a header has them."""
    return formataddr((envelope.sender, settings.DEFAULT_FROM_EMAIL))


def _attachment(calendar: str) -> MIMEBase:
    """A calendar program opens it as what RFC 6047 calls it; base64 keeps its line ends as they are."""
    part = MIMEBase("text", "calendar", method="PUBLISH", charset="utf-8", name=CALENDAR_NAME)
    part.set_payload(calendar.encode())
    encode_base64(part)
    part.add_header("Content-Disposition", "attachment", filename=CALENDAR_NAME)
    return part
