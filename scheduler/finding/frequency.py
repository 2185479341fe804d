"""How many sessions a patient may have in one week and in one year, by the protocol version (domain.md 2.2):
a week is one from Monday to Sunday, a year any 365 days. All of the patient's visits count, under whatever
plan, as they do for the days between them. Pure.

Days are numbers (`date.toordinal`) in the clinic's zone. How far apart sessions are is `spacing`'s.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

WEEK: Final = 7
YEAR: Final = 365
NO_END: Final = 1 << 30  # room where nothing is limited


@dataclass(frozen=True)
class Frequency:
    """The most sessions; None: the version doesn't limit it."""

    per_week: int | None = None
    per_year: int | None = None

    @property
    def reach(self) -> int:
        """From how many days away another visit can matter."""
        return YEAR if self.per_year is not None else WEEK if self.per_week is not None else 0

    def room_in_week(self, day: int, others: Sequence[int]) -> int:
        """How many sessions more the week of this day has room for, beside those on the days of `others`."""
        if self.per_week is None:
            return NO_END
        return self.per_week - in_week(day, others)

    def room_in_year(self, day: int, others: Sequence[int]) -> int:
        """How many more any 365 days have room for to which this day belongs; `others` are in order."""
        if self.per_year is None:
            return NO_END
        return self.per_year - in_year(day, others)

    def has_room(self, day: int, others: Sequence[int]) -> bool:
        return self.room_in_week(day, others) > 0 and self.room_in_year(day, others) > 0

    def full_days(self, first: int, last: int, others: Sequence[int]) -> Iterator[int]:
        """The days from `first` to `last` on which no session more may be."""
        if self.reach:
            yield from (day for day in range(first, last + 1) if not self.has_room(day, others))


def monday_of(day: int) -> int:
    """The first day of its week: day 1 was a Monday."""
    return day - (day - 1) % WEEK


def in_week(day: int, others: Sequence[int]) -> int:
    return sum(monday_of(other) == monday_of(day) for other in others)


def in_year(day: int, others: Sequence[int]) -> int:
    """The most of `others`, in order, in any 365 days with this one among them: those that end on it, or on
    one of the others after it."""
    ends = [day, *others[bisect_right(others, day) : bisect_left(others, day + YEAR)]]
    return max(bisect_right(others, end) - bisect_right(others, end - YEAR) for end in ends)
