"""What the synthetic patients text today: one is in need, one asks something that a person has to answer."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from notifications.talking import inbound
from scheduler.models import Appointment
from web.demo.house import TEXTS_NUMBER, House

PROVIDER: Final = "inbox"  # as the page on which texts of made-up phones are written
IN_NEED: Final = "I feel worse than before. I just want to die."
ASKS: Final = ("Is there parking near the door?", "My brother would bring me.")


def told(house: House, tomorrow: Sequence[Appointment]) -> Iterator[tuple[timedelta, UUID, str]]:
    """How long ago, whose phone, and the words. Who is in need had a series and waits for a call."""
    in_need, *_ = house.with_past
    asking = tomorrow[-1].patient_id
    yield timedelta(minutes=35), asking, ASKS[0]
    yield timedelta(minutes=33), asking, ASKS[1]
    yield timedelta(minutes=4), in_need, IN_NEED


def send(house: House, patient: UUID, words: str, *, at: datetime) -> None:
    inbound.take(
        provider=PROVIDER,
        reference=str(house.new_id()),
        sender=str(house.people[patient].details["phone"]),
        recipient=TEXTS_NUMBER,
        body=words,
        received_at=at,
        now=at,
    )
