"""Text messages through Twilio, or whoever speaks as it does: its Messages resource and its signatures.

What its answers mean stands here; what follows from them is `delivering`'s.
"""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Any, Final

import httpx
from django.utils.crypto import constant_time_compare

from notifications.channels.envelope import AnswerLost, DeliveryError, Found, NotFound
from notifications.channels.sms import Text
from notifications.models import BlockReason

TIMEOUT_SECONDS: Final = 20
# Of a whole body, however it drips; and no answer of a provider's is longer.
BODY_SECONDS: Final = 20.0
MOST_BYTES: Final = 1_000_000
TOO_MANY, UNAVAILABLE = 429, 503
REDIRECTED_FROM, REFUSED_FROM = 300, 400
# Ask again elsewhere, with the very same request: nothing was done with it here.
ELSEWHERE: Final = (307, 308)
# It may have been taken before the server stumbled: asked for, never simply sent again.
STUMBLED_FROM: Final = 500
# Not this message's fault, and no other message would fare better: the account, or its address.
OUR_OWN_FAULT: Final = (401, 403, 404)
# Twilio's error codes that are about the number: https://www.twilio.com/docs/api/errors
BLOCKING: Final[Mapping[int, BlockReason]] = {
    21610: BlockReason.STOP,  # answered STOP
    21211: BlockReason.UNREACHABLE,  # no valid number
    21614: BlockReason.UNREACHABLE,  # no mobile number
    30005: BlockReason.UNREACHABLE,  # unknown to its network
    30006: BlockReason.UNREACHABLE,  # a landline
}
# Its clock and ours may differ so much. [D]
SKEW: Final = timedelta(minutes=5)
PAGE, PAGES = 50, 4


@dataclass(frozen=True)
class Account:
    url: str
    sid: str
    token: str


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is empty where it was too long, too slow or broke off."""

    status: int
    body: bytes = b""

    def told(self) -> Any:
        """The provider's own words; None where they are somebody else's: a proxy's page, half an answer."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


class TwilioProvider:
    """One HTTP connection for as long as it is open and each answer names another text.

    Nothing in HTTP says which request an answer is to: one that came twice would be read as the next text's,
    and so on. A name that was heard before is told again, and after a refusal, which names nothing, the next
    text gets a connection of its own.
    """

    name = "twilio"

    def __init__(self, account: Account) -> None:
        self.account = account
        self.client = self._connection()
        self._heard: set[str] = set()

    def _connection(self) -> httpx.Client:
        return httpx.Client(
            base_url=self.account.url,
            auth=(self.account.sid, self.account.token),
            timeout=TIMEOUT_SECONDS,
            headers={"Accept-Encoding": "identity"},
        )

    def close(self) -> None:
        self.client.close()

    def send(self, text: Text) -> str:
        try:
            answer = self._asked(
                "POST",
                self._path(),
                data={
                    "From": text.sender,
                    "To": text.recipient,
                    "Body": text.body,
                    "StatusCallback": text.report_to,
                },
            )
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout) as error:
            raise DeliveryError(f"No connection: {type(error).__name__}", permanent=False) from error
        except httpx.TransportError as error:
            raise AnswerLost(f"{type(error).__name__} after the request was sent") from error
        reference = _reference(answer) if answer.status < REDIRECTED_FROM else ""
        if reference and reference not in self._heard:
            self._heard.add(reference)
            return reference
        self.client.close()
        self.client = self._connection()
        if answer.status < REDIRECTED_FROM:
            raise AnswerLost("An answer that says nothing of the message")
        raise _refusal(answer)

    def find(self, text: Text, *, since: datetime) -> Found | NotFound:
        """Looks through what was sent to this number, the latest first, back to the try in question. The list
        may be late, and no text has a key of its own there: what it doesn't show may have been taken."""
        path = f"{self._path()}?{httpx.QueryParams({'To': text.recipient, 'PageSize': PAGE})}"
        try:
            for _ in range(PAGES):
                answer = self._asked("GET", path)
                if answer.status >= REDIRECTED_FROM:
                    raise DeliveryError(f"Can't be asked: HTTP {answer.status}", permanent=False)
                listed = answer.told()
                for each in listed["messages"]:
                    if _created(each) < since - SKEW:
                        return NotFound.NOT_LISTED
                    if _is(text, each):
                        return Found(str(each["sid"]))
                path = listed.get("next_page_uri") or ""
                if not path.startswith("/"):  # the account's password goes to nobody else
                    return NotFound.NOT_LISTED
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise DeliveryError(f"Can't be asked: {type(error).__name__}", permanent=False) from error
        return NotFound.CANNOT_TELL

    def _asked(self, method: str, path: str, **given: Any) -> Answer:
        """Read so much and for so long at most: a server that drips holds up no other message."""
        with self.client.stream(method, path, **given) as answer:
            until, parts, size = time.monotonic() + BODY_SECONDS, [], 0
            try:
                for part in answer.iter_raw():
                    parts.append(part)
                    size += len(part)
                    if size > MOST_BYTES or time.monotonic() > until:
                        return Answer(answer.status_code)
            except httpx.TransportError:
                return Answer(answer.status_code)
            return Answer(answer.status_code, b"".join(parts))

    def _path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account.sid}/Messages.json"


def signed(account: Account, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Whether a webhook's call comes from this account: HMAC-SHA1 over the address and the sorted fields."""
    said = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(account.token.encode(), said.encode(), hashlib.sha1).digest()
    return constant_time_compare(base64.b64encode(digest).decode(), signature)


def _reference(answer: Answer) -> str:
    """The provider's name of the text, or an empty string."""
    try:
        return str(answer.told()["sid"])
    except (KeyError, TypeError):
        return ""


def _refusal(answer: Answer) -> DeliveryError | AnswerLost:
    """The codes alone: the words may repeat the number. Only the provider itself, which gives its code,
    refuses a text for good; a page of whatever stands before it says nothing of the text. A redirection may
    follow upon what was done."""
    status = answer.status
    if status >= STUMBLED_FROM and status != UNAVAILABLE:
        return AnswerLost(f"HTTP {status}")
    if status < REFUSED_FROM and status not in ELSEWHERE:
        return AnswerLost(f"HTTP {status}")
    code = _code(answer)
    detail = f"HTTP {status}, code {code}" if code else f"HTTP {status}"
    if not code or status in (TOO_MANY, UNAVAILABLE, *OUR_OWN_FAULT):
        return DeliveryError(detail, permanent=False)
    return DeliveryError(detail, permanent=True, blocks=BLOCKING.get(code))


def _code(answer: Answer) -> int:
    try:
        return int(answer.told()["code"])
    except (ValueError, KeyError, TypeError):
        return 0


def _created(listed: Mapping[str, Any]) -> datetime:
    return parsedate_to_datetime(listed["date_created"]).astimezone(UTC)


def _is(text: Text, listed: Mapping[str, Any]) -> bool:
    """The link tells every message from every other; without one it is the words."""
    if listed["to"] != text.recipient:
        return False
    if text.link and text.link in text.body:
        return text.link in listed["body"]
    return bool(listed["body"].strip() == text.body.strip())
