"""Text messages: what a provider must be able to do, and the channel that speaks to one.

A provider is a module of its own, such as `twilio`; which one is `settings.SMS`.
"""

from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Protocol, Self

from notifications.channels.envelope import Envelope, Found, NotFound


@dataclass(frozen=True)
class Text:
    """One text message. `link` is unique to it, or empty; `report_to` is where its delivery is told."""

    sender: str
    recipient: str
    body: str
    link: str
    report_to: str


class SmsProvider(Protocol):
    name: str

    def send(self, text: Text) -> str:
        """The provider's reference. Raises DeliveryError or AnswerLost."""
        ...

    def find(self, text: Text, *, since: datetime) -> Found | NotFound:
        """Whether it has taken this text since then. Raises DeliveryError when it can't be asked now."""
        ...

    def close(self) -> None: ...


class SmsChannel:
    def __init__(self, provider: SmsProvider, *, report_to: str) -> None:
        self.provider = provider
        self.name = provider.name
        self.report_to = report_to

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        error_type: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.provider.close()

    def send(self, envelope: Envelope) -> str:
        return self.provider.send(self._text(envelope))

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
        return self.provider.find(self._text(envelope), since=started_at)

    def _text(self, envelope: Envelope) -> Text:
        report_to = f"{self.report_to}?message={envelope.key}"
        return Text(envelope.sender, envelope.recipient, envelope.text, envelope.link, report_to)
