"""An envelope as the bytes that a mail server is handed: the mail of `letters`, written straight down.

The library makes an object of every header and part and folds each anew, which takes longer than all the
rest of a message. Headers pass Django's own guard against line breaks, as they do there.
"""

import binascii
from base64 import encodebytes
from collections.abc import Mapping
from functools import lru_cache
from typing import Final

from django.core.mail.message import forbid_multi_line_headers

from notifications.channels.envelope import Envelope
from notifications.channels.letters import AUTOMATIC, CALENDAR_NAME, from_of

LONGEST_LINE: Final = 998  # RFC 5322 2.1.1
CALENDAR_HEADERS: Final = (
    f'Content-Type: text/calendar; method="PUBLISH"; charset="utf-8"; name="{CALENDAR_NAME}"\r\n'
    "Content-Transfer-Encoding: base64\r\n"
    f'Content-Disposition: attachment; filename="{CALENDAR_NAME}"\r\n\r\n'
).encode()


def written(envelope: Envelope, headers: Mapping[str, str]) -> bytes:
    """The whole mail with these headers; the same for every try. Raises as Django's `EmailMessage` does."""
    top = b"".join(
        (
            _repeated("Subject", envelope.subject),
            _repeated("From", from_of(envelope)),
            _header("To", envelope.recipient),
            *(_header(name, value) for name, value in headers.items()),
            *(_repeated(name, value) for name, value in AUTOMATIC.items()),
            b"MIME-Version: 1.0\r\n",
        )
    )
    text = _text(envelope.text)
    if not envelope.calendar:
        return top + text
    edge = f"={envelope.key}".encode()
    return b"".join(
        (
            *(top, b'Content-Type: multipart/mixed; boundary="', edge, b'"\r\n\r\n'),
            *(b"--", edge, b"\r\n", text, b"\r\n"),
            *(b"--", edge, b"\r\n", _calendar(envelope.calendar)),
            *(b"--", edge, b"--\r\n"),
        )
    )


def _header(name: str, value: str) -> bytes:
    name, value = forbid_multi_line_headers(name, value, "utf-8")
    return f"{name}: {value}".replace("\n", "\r\n").encode("ascii") + b"\r\n"


# A batch has the same few subjects and senders.
_repeated = lru_cache(maxsize=512)(_header)


def _text(text: str) -> bytes:
    """The words with the headers of their part: as they are where every server takes them so."""
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    body = "\r\n".join(lines).encode()
    encoding = b"7bit"
    if not body.isascii() or max(map(len, lines)) > LONGEST_LINE:
        encoding = b"quoted-printable"
        # Its own breaks of long lines are as the text's are, or bare where the text has none.
        body = binascii.b2a_qp(body).replace(b"\r\n", b"\n").replace(b"\n", b"\r\n")
    return b"".join(
        (
            b'Content-Type: text/plain; charset="utf-8"\r\nContent-Transfer-Encoding: ',
            *(encoding, b"\r\n\r\n", body),
        )
    )


def _calendar(calendar: str) -> bytes:
    return CALENDAR_HEADERS + encodebytes(calendar.encode()).replace(b"\n", b"\r\n")
