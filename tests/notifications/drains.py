"""What stories about delivery share: a drain at a moment, what became of a message, a way out that does as it
is told."""

from collections import Counter
from collections.abc import Callable
from datetime import datetime
from typing import Any

from clinic.models import Patient
from notifications.channels.envelope import Envelope, Found, NotFound
from notifications.channels.inbox import InboxChannel
from notifications.delivering import delivery
from notifications.models import Message
from notifications.planning.planner import plan
from tests.cast import NOW, House
from tests.notifications.visits import book

# What a provider says when it is asked about a try that was begun then.
Asked = Callable[[datetime], Found | NotFound]


def drain(now: datetime = NOW) -> Counter[Any]:
    return delivery.drain(clock=lambda: now)


def say(now: datetime = NOW) -> None:
    """What is due now is planned and sent."""
    plan(now=now)
    drain(now)


def planned_confirmation(house: House, **patient: Any) -> Message:
    """A visit of Rosa's was booked and its confirmation is due now."""
    if patient:
        Patient.objects.filter(pk=house.rosa.pk).update(**patient)
    book(house, house.rosa)
    plan(now=NOW)
    return Message.objects.get(stage="confirmation")


def fate(message: Message) -> tuple[str, str]:
    message.refresh_from_db()
    return message.status, message.reason


class ScriptedChannel(InboxChannel):
    """The inbox, after first raising what a test wants raised. Like a mail server it can't be asked, unless a
    test says what it answers."""

    def __init__(self, *errors: BaseException, asked: Asked = lambda _: NotFound.CANNOT_TELL) -> None:
        self.errors = list(errors)
        self.asked = asked
        self.seen: list[Envelope] = []

    def send(self, envelope: Envelope) -> str:
        self.seen.append(envelope)
        if self.errors:
            raise self.errors.pop(0)
        return super().send(envelope)

    def lookup(self, envelope: Envelope, *, started_at: datetime) -> Found | NotFound:
        return self.asked(started_at)
