"""The local days of a window as arrays: a minute's day, its time on the wall, how much of a day is taken.

Reads no database. `series.planning` reckons with these numbers; the days themselves are `clinic.clock`'s.
"""

from dataclasses import dataclass
from datetime import date, time, timedelta
from typing import Final

import numpy as np
from numpy.typing import NDArray

from clinic import clock
from scheduler.finding.availability import minute_of
from scheduler.finding.starts import Numbers, Stock

NOON: Final = 12 * 60


@dataclass(frozen=True, eq=False)
class LocalDays:
    """The days from `first` on: the minutes at which each begins and is at noon."""

    first: date
    begins: Numbers
    noons: Numbers

    @classmethod
    def over(cls, first: date, last: date, zone: str) -> "LocalDays":
        """From the first local day to the last, both included."""
        days = [first + timedelta(days=ahead) for ahead in range((last - first).days + 1)]
        return cls(
            first,
            np.array([minute_of(clock.day_bounds(day, zone)[0]) for day in days], dtype=np.int64),
            np.array([minute_of(clock.at_local(day, time(12), zone)) for day in days], dtype=np.int64),
        )

    def places(self, minutes: Numbers) -> Numbers:
        """How many days after the first each of these minutes falls; all lie in the window."""
        return np.searchsorted(self.begins, minutes, side="right") - 1

    def numbers(self, minutes: Numbers) -> Numbers:
        """The days of these minutes as `date.toordinal` numbers them."""
        return self.places(minutes) + self.first.toordinal()

    def wall(self, minutes: Numbers) -> Numbers:
        """Minutes of the day as the clock on the wall shows them, counted from noon: in the night in which
        clocks are changed, the hours before the change are off by it."""
        return minutes - self.noons[self.places(minutes)] + NOON

    def taken(self, stock: Stock) -> Numbers:
        """Per mille of what is open of these resources that is taken, by day."""
        place, start, end = stock.opened.T
        opened = self._by_day(start, (end - start) * stock.capacity[place])
        _, start, end, low, high = stock.taken.T
        taken = self._by_day(start, (end - start) * (high - low))
        share = np.divide(taken * 1000, opened, out=np.zeros(len(opened)), where=opened > 0)
        return np.minimum(share, 1000).astype(np.int64)

    def _by_day(self, minutes: Numbers, amounts: Numbers) -> NDArray[np.float64]:
        """The sum of amounts by the day of their minute; what began before the window counts to its first."""
        days = np.maximum(self.places(minutes), 0)
        return np.bincount(days, amounts, len(self.begins)).astype(np.float64)
