"""E-mail through a provider's HTTP interface, whichever of those that anymail knows EMAIL_URL names."""

from datetime import datetime
from types import TracebackType
from typing import Any, Final, Self

import requests
from anymail.exceptions import AnymailError, AnymailRecipientsRefused, AnymailRequestsAPIError
from django.conf import settings
from django.core.mail import get_connection
from urllib3.exceptions import NewConnectionError

from notifications.channels.envelope import AnswerLost, DeliveryError, Envelope, NotFound
from notifications.channels.letters import letter
from notifications.models import BlockReason

TOO_MANY, UNAVAILABLE = 429, 503
REFUSED_FROM: Final = 400
STUMBLED_FROM: Final = 500
OUR_OWN_FAULT: Final = (401, 402, 403, 404)


class AnymailChannel:
    """One HTTP session for as long as it is open and each answer names another mail: as `TwilioProvider` has
    it, an answer that came twice would be read as the next mail's."""

    name = "anymail"

    def __init__(self) -> None:
        self.backend: Any = get_connection(settings.ANYMAIL_BACKEND)
        self._heard: set[str] = set()

    def __enter__(self) -> Self:
        self.backend.open()
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.backend.close()

    def send(self, envelope: Envelope) -> str:
        mail: Any = letter(envelope, {})
        mail.metadata = {"message": envelope.key}  # given back with the provider's reports
        try:
            self.backend.send_messages([mail])
        except AnymailRecipientsRefused as error:
            self._start_over()
            raise DeliveryError(
                "Recipient refused", permanent=True, blocks=BlockReason.UNREACHABLE
            ) from error
        except AnymailRequestsAPIError as error:
            self._start_over()
            raise _refusal(error) from error
        except AnymailError as error:  # nothing was asked of the provider: it can't carry such a message
            raise DeliveryError(type(error).__name__, permanent=True) from error
        reference = str(mail.anymail_status.message_id or "")
        if reference and reference in self._heard:
            self._start_over()
            raise AnswerLost("An answer that names an earlier mail")
        self._heard.add(reference)
        return reference

    def _start_over(self) -> None:
        """A refusal names no mail, so the next one's answer is waited for on a session of its own."""
        self.backend.close()
        self.backend.open()

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> NotFound:
        """anymail knows of no provider's list of messages."""
        return NotFound.CANNOT_TELL


def _refusal(error: AnymailRequestsAPIError) -> DeliveryError | AnswerLost:
    """The status alone: the words may repeat the address."""
    if error.response is None:
        cause = type(error.__cause__).__name__
        return (
            DeliveryError(f"No connection: {cause}", permanent=False)
            if _never_left(error.__cause__)
            else AnswerLost(f"{cause} after the request was sent")
        )
    status = int(error.response.status_code)
    if status < REFUSED_FROM or (status >= STUMBLED_FROM and status != UNAVAILABLE):
        return AnswerLost(f"HTTP {status}")
    return DeliveryError(f"HTTP {status}", permanent=status not in (TOO_MANY, UNAVAILABLE, *OUR_OWN_FAULT))


def _never_left(error: BaseException | None) -> bool:
    """requests has one name for a connection that was refused and for one that broke; urllib3 has two."""
    if isinstance(error, requests.ConnectTimeout):
        return True
    if not isinstance(error, requests.ConnectionError) or not error.args:
        return False
    reason = getattr(error.args[0], "reason", None)
    return isinstance(reason, NewConnectionError)
