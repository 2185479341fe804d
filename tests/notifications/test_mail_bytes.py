"""The bytes that a mail server is handed say what Django's own message says, part by part."""

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage
from typing import Any
from uuid import UUID

import pytest
from django.core.mail import BadHeaderError

from notifications.channels import mail_bytes
from notifications.channels.envelope import Envelope
from notifications.channels.letters import letter
from notifications.models import Form

ANYBODY = UUID("00000000-0000-4000-8000-000000000001")
HEADERS = {"Message-ID": "<key@lakeside.example>", "Date": "Mon, 11 Jan 2027 18:00:00 +0000"}


def envelope(**changed: Any) -> Envelope:
    plain = Envelope(
        key=str(ANYBODY),
        form=Form.EMAIL,
        clinic_id=ANYBODY,
        patient_id=ANYBODY,
        user_id=None,
        sender="Lakeside Clinic",
        recipient="rosa@patients.example",
        subject="Your visit on Thu 21 Jan",
        body="Hello,\n\nYour visit: {link}\n",
        link="https://lakeside.example/m/abc",
        written_at=datetime(2027, 1, 11, 18, tzinfo=UTC),
    )
    return replace(plain, **changed)


def read(content: bytes) -> EmailMessage:
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not mail.defects
    return mail


def parts(mail: EmailMessage) -> list[tuple[str, str | None, bytes]]:
    """What a reader sees. A line's end is a matter of the encoding, but not in a file."""
    found = []
    for part in mail.walk():
        if part.is_multipart():
            continue
        content = part.get_payload(decode=True)
        assert isinstance(content, bytes)
        named = part.get_filename()
        found.append((part.get_content_type(), named, content if named else b"\n".join(content.splitlines())))
    return found


@pytest.mark.parametrize(
    "changed",
    [
        {},
        {"calendar": "BEGIN:VCALENDAR\r\nSUMMARY:Clínica\r\nEND:VCALENDAR\r\n"},
        {"subject": "Su visita del miércoles, a las 9:30", "body": "Buenos días:\n\n¿Preguntas? ñandú\n"},
        {"subject": "A subject" + " and more" * 15, "sender": "Clínica “del lago”, Ñuñoa y alrededores"},
        {"sender": 'The "Lake", Inc.', "recipient": "rosa@bücher.example"},
        {"body": "one line " * 200},
        {"body": "ein einziger langer Satz über alles " * 60},
        {"body": ".\n..\n.a line of dots\nspaces at the end  \n--" + str(ANYBODY)},
        {"body": "old\r\nand\rmixed line ends\n", "calendar": "A:1\r\n"},
        {"body": ""},
    ],
)
def test_the_mail_reads_as_djangos_does(changed: dict[str, Any]) -> None:
    given = envelope(**changed)
    content = mail_bytes.written(given, HEADERS)
    ours = read(content)
    theirs = read(letter(given, HEADERS).message().as_bytes(linesep="\r\n"))  # type: ignore[call-arg]
    for name in ("Subject", "From", "To", "Message-ID", "Date", "Auto-Submitted", "MIME-Version"):
        assert ours[name] == theirs[name]
    assert ours.get_content_type() == theirs.get_content_type()
    assert parts(ours) == parts(theirs)


@pytest.mark.parametrize("body", ["x" * 3000, "ü" * 3000, "a short one"])
def test_no_server_meets_a_byte_or_a_line_that_it_need_not_take(body: str) -> None:
    content = mail_bytes.written(envelope(body=body, calendar="A:" + "ü" * 900 + "\r\n"), HEADERS)
    assert content.isascii()
    assert b"\n" not in content.replace(b"\r\n", b"")
    assert max(map(len, content.split(b"\r\n"))) <= mail_bytes.LONGEST_LINE


@pytest.mark.parametrize("field", ["subject", "recipient"])
def test_no_field_can_begin_a_header_of_its_own(field: str) -> None:
    with pytest.raises(BadHeaderError):
        mail_bytes.written(envelope(**{field: "a@b.example\r\nBcc: everybody@example.com"}), HEADERS)
