"""What somebody would rather have: a weekday, a time of day, a nurse, a chair. Pure.

A wish ranks starts by their misfit: minutes outside the wished time of day, and fixed amounts for the rest
(another weekday weighs as much as two hours at the wrong time). It excludes a start only where `only` is
asked. Weekdays and times are the clinic's, on the wall.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import time
from typing import Any, Final
from uuid import UUID

import numpy as np
from numpy.typing import NDArray

Numbers = NDArray[np.int64]
Flags = NDArray[np.bool_]

# In minutes outside the wished time of day. Nobody has measured how patients weigh these: they are chosen so
# that the right weekday comes before the right nurse, and the nurse before the chair.
OTHER_WEEKDAY: Final = 120
OTHER_NURSE: Final = 60
OTHER_CHAIR: Final = 30


@dataclass(frozen=True)
class Wish:
    """Nothing wished for is anything welcome. `earliest` is the earliest start and `latest` the latest
    discharge on the wall; `nurse` serves the whole visit; weekdays are 0 Monday to 6 Sunday."""

    weekdays: tuple[int, ...] = ()
    earliest: time | None = None
    latest: time | None = None
    nurse: UUID | None = None
    chair: UUID | None = None
    only: bool = False

    def __bool__(self) -> bool:
        return bool(self.weekdays or self.earliest or self.latest or self.nurse or self.chair)

    def as_data(self) -> dict[str, Any]:
        """For a JSON column; `from_data` reads it back."""
        return {
            "weekdays": list(self.weekdays),
            "earliest": self.earliest and self.earliest.isoformat("minutes"),
            "latest": self.latest and self.latest.isoformat("minutes"),
            "nurse": self.nurse and str(self.nurse),
            "chair": self.chair and str(self.chair),
            "only": self.only,
        }

    @classmethod
    def from_data(cls, data: Mapping[str, Any]) -> "Wish":
        """From `as_data`; what is left out is not wished for."""
        earliest, latest, nurse, chair = (data.get(name) for name in ("earliest", "latest", "nurse", "chair"))
        return cls(
            weekdays=tuple(data.get("weekdays", ())),
            earliest=time.fromisoformat(earliest) if earliest else None,
            latest=time.fromisoformat(latest) if latest else None,
            nurse=UUID(nurse) if nurse else None,
            chair=UUID(chair) if chair else None,
            only=bool(data.get("only")),
        )


def misfit(
    wish: Wish, *, weekdays: Numbers, starts: Numbers, ends: Numbers, by_nurse: Flags, in_chair: Flags
) -> Numbers:
    """How far each start is from the wish; 0 is all that was wished for.

    One entry for each start: its weekday, start and discharge in minutes of that day (a discharge after
    midnight is above 1440), whether the wished nurse could serve all of it, whether the wished chair is free.
    """
    points = np.zeros(len(starts), np.int64)
    if wish.weekdays:
        points += np.where(np.isin(weekdays, wish.weekdays), 0, OTHER_WEEKDAY)
    if wish.earliest is not None:
        points += np.maximum(_minute_of_day(wish.earliest) - starts, 0)
    if wish.latest is not None:
        points += np.maximum(ends - _minute_of_day(wish.latest), 0)
    if wish.nurse is not None:
        points += np.where(by_nurse, 0, OTHER_NURSE)
    if wish.chair is not None:
        points += np.where(in_chair, 0, OTHER_CHAIR)
    return points


def _minute_of_day(wall: time) -> int:
    return wall.hour * 60 + wall.minute
