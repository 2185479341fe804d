"""Text messages through Twilio, or whoever speaks as it does: its Messages resource and its signatures.

What its answers mean stands here; what follows from them is `delivering`'s.
"""

import base64
import hashlib
import hmac
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
TOO_MANY, UNAVAILABLE = 429, 503
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


class TwilioProvider:
    """One HTTP connection for as long as it is open."""

    name = "twilio"

    def __init__(self, account: Account) -> None:
        self.account = account
        self.client = httpx.Client(
            base_url=account.url,
            auth=(account.sid, account.token),
            timeout=TIMEOUT_SECONDS,
        )

    def close(self) -> None:
        self.client.close()

    def send(self, text: Text) -> str:
        try:
            answer = self.client.post(
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
        if answer.is_success:
            return _reference(answer)
        raise _refusal(answer)

    def find(self, text: Text, *, since: datetime) -> Found | NotFound:
        """Looks through what was sent to this number, the latest first, back to the try in question. The list
        may be late, and no text has a key of its own there: what it doesn't show may have been taken."""
        path = f"{self._path()}?{httpx.QueryParams({'To': text.recipient, 'PageSize': PAGE})}"
        try:
            for _ in range(PAGES):
                listed = self.client.get(path).raise_for_status().json()
                for each in listed["messages"]:
                    if _created(each) < since - SKEW:
                        return NotFound.NOT_LISTED
                    if _is(text, each):
                        return Found(str(each["sid"]))
                path = listed.get("next_page_uri") or ""
                if not path:
                    return NotFound.NOT_LISTED
        except (httpx.HTTPError, ValueError, KeyError, TypeError) as error:
            raise DeliveryError(f"Can't be asked: {type(error).__name__}", permanent=False) from error
        return NotFound.CANNOT_TELL

    def _path(self) -> str:
        return f"/2010-04-01/Accounts/{self.account.sid}/Messages.json"


def signed(account: Account, url: str, fields: Mapping[str, str], signature: str) -> bool:
    """Whether a webhook's call comes from this account: HMAC-SHA1 over the address and the sorted fields."""
    said = url + "".join(f"{name}{fields[name]}" for name in sorted(fields))
    digest = hmac.new(account.token.encode(), said.encode(), hashlib.sha1).digest()
    return constant_time_compare(base64.b64encode(digest).decode(), signature)


def _reference(answer: httpx.Response) -> str:
    try:
        return str(answer.json()["sid"])
    except (ValueError, KeyError, TypeError) as error:
        raise AnswerLost("An answer that says nothing of the message") from error


def _refusal(answer: httpx.Response) -> DeliveryError | AnswerLost:
    """The codes alone: the words may repeat the number."""
    status = answer.status_code
    if status >= STUMBLED_FROM and status != UNAVAILABLE:
        return AnswerLost(f"HTTP {status}")
    code = _code(answer)
    detail = f"HTTP {status}, code {code}" if code else f"HTTP {status}"
    if status in (TOO_MANY, UNAVAILABLE, *OUR_OWN_FAULT):
        return DeliveryError(detail, permanent=False)
    return DeliveryError(detail, permanent=True, blocks=BLOCKING.get(code))


def _code(answer: httpx.Response) -> int:
    try:
        return int(answer.json()["code"])
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
