"""What a protocol's fasting says of a start: sooner than its hours from now, it can't be heeded any more.

The hours are the protocol version's own (`fasting_light_meal_hours`, `fasting_clear_hours`), empty where it
asks for none. Such a start isn't refused, for somebody may have eaten nothing as it is; it is offered last
and needs that somebody has asked (`visits.booking`). Whether the patient has fasted is the nurse's to ask.
"""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from clinic import clock
from scheduler.vocabulary import spoken_time, wall_time

NOT_ASKED: Final = "fasting_not_asked"


@dataclass(frozen=True)
class NothingSince:
    """Since which moments the patient must have eaten or drunk nothing; one of them at least."""

    start: datetime
    eaten: datetime | None
    drunk: datetime | None
    zone: str

    @property
    def since(self) -> str:
        """eaten nothing since 06:05 and drunk nothing since 10:05."""
        parts = (("eaten", self.eaten), ("drunk", self.drunk))
        return " and ".join(f"{what} nothing since {self._spoken(at)}" for what, at in parts if at)

    @property
    def words(self) -> str:
        """For whoever offers this start, as a mark beside it."""
        return f"Only if they have {self.since}: ask"

    @property
    def sentence(self) -> str:
        """For whoever took it without having asked."""
        return f"This time does only if the patient has {self.since}. Ask them, and say that you have asked."

    def as_data(self) -> dict[str, Any]:
        return {"nothing_eaten_since": self.eaten, "nothing_drunk_since": self.drunk, "detail": self.sentence}

    def _spoken(self, moment: datetime) -> str:
        """With its day where that isn't the start's."""
        same_day = clock.local_date(moment, self.zone) == clock.local_date(self.start, self.zone)
        return wall_time(moment, self.zone) if same_day else spoken_time(moment, self.zone, now=self.start)


@dataclass(frozen=True)
class Fasting:
    """For how many hours before a start a protocol asks to eat and to drink nothing; None asks for none."""

    meal_hours: int | None
    clear_hours: int | None

    @property
    def lead(self) -> timedelta:
        """How long ahead somebody has to know of a start to fast for it."""
        return timedelta(hours=max(self.meal_hours or 0, self.clear_hours or 0))

    def to_ask(
        self, start: datetime, *, now: datetime, zone: str, heeded: datetime | None = None
    ) -> NothingSince | None:
        """What has to be asked before this start is taken now; None where it leaves the time.

        `heeded` is the start for which they fast already: for a later one they do as well.
        """
        if start < now or (heeded is not None and start >= heeded):
            return None
        eaten, drunk = (_over(start, hours, now) for hours in (self.meal_hours, self.clear_hours))
        return NothingSince(start, eaten, drunk, zone) if eaten or drunk else None


def _over(start: datetime, hours: int | None, now: datetime) -> datetime | None:
    """So many hours before the start, if that is over."""
    since = start - timedelta(hours=hours) if hours else None
    return since if since is not None and since < now else None
