"""What every channel takes, gives and raises."""

from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from notifications.models import BlockReason, Form
from notifications.wording.filling import LINK


@dataclass(frozen=True)
class Envelope:
    """One message, ready to go. A retry has the same `key`, `written_at`, `subject`, `body`, `calendar`.

    `sender` is the clinic's name on an e-mail and its number on a text.
    """

    key: str
    form: Form
    clinic_id: UUID
    patient_id: UUID | None  # None of a page about a task that is no known patient's
    user_id: UUID | None  # of a page: who is called about the patient
    sender: str
    recipient: str
    subject: str
    body: str
    link: str
    written_at: datetime
    calendar: str = ""  # the visit as an iCalendar file, to go with an e-mail

    @property
    def text(self) -> str:
        """The body with the patient's link in its place: to be sent, never to be stored."""
        return self.body.replace(LINK, self.link)


class DeliveryError(Exception):
    """The provider has certainly not taken the message. `permanent`: nor will it when asked again.

    `blocks`: why, where it is the address itself that can't be used, for this message or any other.
    """

    def __init__(self, detail: str, *, permanent: bool, blocks: BlockReason | None = None) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent
        self.blocks = blocks


class AnswerLost(Exception):
    """The provider may have taken the message or not: it must not be sent again before that is known."""


@dataclass(frozen=True)
class Found:
    """The provider has taken it, and calls it this."""

    reference: str


class NotFound(Enum):
    """`ABSENT` is said only by a channel that takes a key once, so that what it took after all, late, and is
    given again arrives once. A provider's list that doesn't show a message proves nothing of it."""

    ABSENT = "absent"
    NOT_LISTED = "not listed"
    CANNOT_TELL = "cannot tell"


class Channel(Protocol):
    """Open during one drain, so that a connection serves many messages."""

    name: str

    def __enter__(self) -> Self: ...

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None: ...

    def send(self, envelope: Envelope) -> str:
        """Hand the message over; the provider's reference. Raises DeliveryError or AnswerLost."""
        ...

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
        """What became of a try whose answer was lost. Raises DeliveryError when it can't be asked now."""
        ...
