"""The nurses of a visit: whose turn it is from when on, and who is rather asked than others.

Who has room when, and the fewest hand-offs, are arithmetic and stand in `availability`. Nothing here reads
the database or writes.
"""

from bisect import bisect_right
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any
from uuid import UUID

from clinic import clock
from scheduler.availability import Supply, Visit, minute_of, moment_of
from scheduler.models import Resource


@dataclass(frozen=True)
class Turn:
    """One nurse's part of a visit: from the start of this phase until the next turn, or until discharge."""

    phase: str
    start: datetime
    nurse: Resource

    @property
    def name(self) -> str:
        return self.nurse.name

    def as_data(self) -> dict[str, Any]:
        return {"phase": self.phase, "start": self.start, **named(self.nurse)}


@dataclass(frozen=True)
class NursePreference:
    """Which nurse rather: the one whom the patient knows, then by who has least to do on the local day."""

    nurses: tuple[Any, ...]
    known: UUID | None
    days: list[int]  # the minute at which each local day begins
    load: dict[tuple[Any, int], int]  # unit-minutes taken, by (nurse, place in `days`)

    @classmethod
    def among(
        cls, nurses: Sequence[Supply], *, known: UUID | None, first: date, last: date, zone: str
    ) -> "NursePreference":
        """For visits from the first local day to the last; what the nurses do then has to be in `taken`."""
        days = [
            minute_of(clock.day_bounds(first + timedelta(days=ahead), zone)[0])
            for ahead in range((last - first).days + 1)
        ]
        load: dict[tuple[Any, int], int] = {}
        for supply in nurses:
            for box in supply.taken:
                place = (supply.key, bisect_right(days, box.start))
                load[place] = load.get(place, 0) + (box.end - box.start) * (box.high - box.low)
        return cls(tuple(supply.key for supply in nurses), known, days, load)

    def day(self, minute: int) -> int:
        """The same for all minutes of one local day: the order is the same then, too."""
        return bisect_right(self.days, minute)

    def order(self, minute: int) -> list[Any]:
        """All the nurses, the most preferred first, for a visit that starts at this minute."""
        day = self.day(minute)
        return sorted(self.nurses, key=lambda nurse: (nurse != self.known, self.load.get((nurse, day), 0)))


def turns_of(visit: Visit, start: int, nurses: Sequence[Resource]) -> tuple[Turn, ...]:
    """The turns of a visit that starts at this minute, from the nurse of each of its phases."""
    return joined(
        Turn(phase.name, moment_of(start + phase.start), nurse)
        for phase, nurse in zip(visit.nurse_needs, nurses, strict=True)
    )


def joined(parts: Iterable[Turn]) -> tuple[Turn, ...]:
    """Turns that follow each other, one where the same nurse goes on."""
    return tuple(next(same) for _, same in groupby(parts, key=lambda turn: turn.nurse.pk))


def named(resource: Resource) -> dict[str, Any]:
    return {"id": resource.pk, "name": resource.name}
