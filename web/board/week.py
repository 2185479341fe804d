"""A week as seven small boards over one scale of wall time: nine o'clock stands below nine o'clock. Pure.

A day's minutes count from its local midnight as the wall shows them: on a day on which clocks change, the
hours after the change stand where they always stand. What is free is counted in real minutes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from scheduler.finding.availability import Interval, complement, moment_of, union

MINUTE: Final = timedelta(minutes=1)
HOUR: Final = 60


@dataclass(frozen=True)
class Scale:
    """Minutes of a day on the wall, from one whole hour to another."""

    low: int
    high: int

    @classmethod
    def around(cls, spans: Iterable[Interval]) -> "Scale | None":
        """None where there are no minutes to show."""
        merged = union(spans)
        if not merged:
            return None
        return cls(merged[0][0] // HOUR * HOUR, -(-merged[-1][1] // HOUR) * HOUR)

    @property
    def width(self) -> int:
        return self.high - self.low

    @property
    def hours(self) -> list[int]:
        """Where the whole hours between its ends stand, from its beginning on."""
        return list(range(HOUR, self.width, HOUR))

    @property
    def ends(self) -> tuple[str, str]:
        """What the wall shows at its ends."""
        return (f"{self.low // HOUR % 24:02}:00", f"{self.high // HOUR % 24:02}:00")


def on_wall(span: Interval, day: date, zone: str) -> Interval:
    """Minutes since the epoch as this day's minutes on the wall; after midnight they go on counting."""
    midnight = datetime.combine(day, time(0))
    start, end = (
        (moment_of(minute).astimezone(ZoneInfo(zone)).replace(tzinfo=None) - midnight) // MINUTE
        for minute in span
    )
    return start, max(start, end)  # in the hour that comes twice


def free_minutes(open: Iterable[Interval], taken: Iterable[Interval], low: int, high: int) -> int:
    """How many minutes of [low, high) are open and not taken."""
    if low >= high:
        return 0
    shut = complement(union(open), low, high)
    return sum(end - start for start, end in complement([*shut, *taken], low, high))
