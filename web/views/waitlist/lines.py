"""Somebody who waits, as the desk sees them; nothing here writes."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from notifications.models import Message
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import fasting_of
from scheduler.models import WaitlistEntry, WaitlistOffer
from scheduler.vocabulary import WEEKDAYS
from scheduler.waitlist import obstacles
from scheduler.waitlist.obstacles import Obstacle
from web.lengths import left_in_words, span_in_words


@dataclass(frozen=True)
class Line:
    """Somebody who waits, with the offer that waits for their answer and what was said of it, or why there is
    none."""

    entry: WaitlistEntry
    weekdays: str
    offer: WaitlistOffer | None
    message: Message | None
    why_nothing: Obstacle | None
    now: datetime

    @property
    def waits(self) -> str:
        """How long by now."""
        return span_in_words(self.entry.created_at, self.entry.closed_at or self.now)

    @property
    def left(self) -> str:
        """How much of the time to answer is left."""
        return left_in_words(self.offer.expires_at, self.now) if self.offer else ""

    @property
    def to_ask(self) -> NothingSince | None:
        """What has to be asked before they take the time on offer, where it leaves none to fast."""
        if self.offer is None:
            return None
        fasting = fasting_of(self.entry.plan.protocol)
        present = self.entry.appointment.starts_at if self.entry.appointment else None
        zone = self.entry.clinic.time_zone
        return fasting.to_ask(self.offer.starts_at, now=self.now, zone=zone, heeded=present)

    @property
    def unreached(self) -> bool:
        """Nothing will come by message: somebody has to call."""
        return self.message is not None and self.message.status in ("skipped", "failed", "unknown")


def line_of(
    entry: WaitlistEntry, offer: WaitlistOffer | None, said: Mapping[UUID, Message], now: datetime
) -> Line:
    """`entry` with its obstacles; `said`: the messages about offers, by offer."""
    message = said.get(offer.pk) if offer else None
    weekdays = ", ".join(WEEKDAYS[weekday][:3] for weekday in entry.weekdays)
    return Line(entry, weekdays, offer, message, obstacles.why_nothing(entry, now=now), now)
