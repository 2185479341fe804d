"""Messages sent to the feed, and why one was kept for a person."""

from typing import Any

from sessions_app.models import UnmatchedMessage
from sessions_app.monitors import feed
from tests.cast import House
from tests.sessions_app.monitors.messages import DURING


def take(house: House, *messages: bytes, **options: Any) -> list[str]:
    taken = feed.take(messages=messages, **{"home": house.clinic, "now": DURING, **options})
    return [each.verdict for each in taken]


def why(house: House) -> str:
    [message] = UnmatchedMessage.objects.filter(clinic=house.clinic)
    return message.why
