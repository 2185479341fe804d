"""What every channel takes and raises."""

from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self
from uuid import UUID

from notifications.wording.filling import LINK


@dataclass(frozen=True)
class Envelope:
    """One message, ready to go. A retry has the same `key`, `written_at`, `subject`, `body`, `calendar`."""

    key: str
    clinic_id: UUID
    patient_id: UUID
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
    """The provider has certainly not taken the message. `permanent`: nor will it when asked again."""

    def __init__(self, detail: str, *, permanent: bool) -> None:
        super().__init__(detail)
        self.detail = detail
        self.permanent = permanent


class AnswerLost(Exception):
    """The provider may have taken the message or not: it must not be sent again without a person's word."""


class Channel(Protocol):
    """Open during one drain, so that a connection serves many messages."""

    name: str
    takes_sms: bool

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
