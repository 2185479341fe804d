"""From values to a picture's own units, and the round values that its edges name; pure.

A picture is drawn in units of its own, whatever room a page gives it (SVG's `viewBox`): a `Scale` says where
a value stands in them. Numbers, days and moments are measured alike. What is drawn at those places belongs
to the modules beside this one; what it is called, to whoever asks for the picture.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from math import ceil, floor, log10
from typing import Final, Generic, TypeVar

Value = TypeVar("Value", float, date, datetime)

# More words than these touch each other at the edge of a picture on a phone.
MOST: Final = 5
MANTISSAS: Final = (1, 2, 5, 10)
DAYS_APART: Final = (1, 2, 7, 14, 28, 56, 112, 364)
MINUTES_APART: Final = (5, 10, 15, 30, 60, 120, 180, 240, 360, 720, 1440)
FINEST: Final = timedelta(minutes=MINUTES_APART[0])


@dataclass(frozen=True)
class Scale(Generic[Value]):
    """One edge of a picture: `low` stands at `start`, `high` at `end`, all else in proportion, beyond them
    too. Of a height, which SVG counts from the top, `start` is the foot. On an edge of no length everything
    is at its start."""

    low: Value
    high: Value
    start: float
    end: float

    def at(self, value: Value) -> float:
        """The place of this value, to a tenth of a unit."""
        low = _measure(self.low)
        length = _measure(self.high) - low
        share = (_measure(value) - low) / length if length else 0.0
        return round(self.start + share * (self.end - self.start), 1)

    def span(self, begins: Value, ends: Value) -> tuple[float, float]:
        """Where a stretch of values begins, and how wide it is: it ends where the next one would begin."""
        x = self.at(begins)
        return x, round(self.at(ends) - x, 1)


def numbers(low: float, high: float, *, most: int = MOST) -> list[float]:
    """The multiples of 1, 2 or 5, or of these times a power of ten, from `low` to `high`: never more than
    `most`."""
    step = step_of(low, high, most=most)
    # Rounded, since three times 0.1 is a little more than 0.3.
    first, last = ceil(round(low / step, 9)), floor(round(high / step, 9))
    return [round(count * step, 9) for count in range(first, last + 1)]


def step_of(low: float, high: float, *, most: int = MOST) -> float:
    """How far apart `numbers` are."""
    least = (high - low) / (most - 1) or 1.0
    power = 10.0 ** floor(log10(least))
    return next(mantissa * power for mantissa in MANTISSAS if mantissa * power >= least)


def rounded_out(low: float, high: float, step: float) -> tuple[float, float]:
    """The nearest multiples of a step between which both values stand: ends of an edge that has a tick at
    either."""
    return floor(low / step) * step, ceil(high / step) * step


def days_from_first(span: int, *, most: int = MOST) -> list[int]:
    """Days counted from the first one on, through `span`: whole weeks apart as soon as they may be."""
    apart = next((days for days in DAYS_APART if span < days * most), ceil(span / (most - 1)))
    return list(range(0, span + 1, apart))


def days(first: date, last: date, *, most: int = MOST) -> list[date]:
    """The same as days of the calendar."""
    return [first + timedelta(days=count) for count in days_from_first((last - first).days, most=most)]


def clock_times(first: datetime, last: datetime, *, most: int = MOST) -> list[datetime]:
    """Round times by the clocks where `first` is told, for a stretch of hours; told there too.

    Looked for moment by moment: on a night when the clocks change they stay round, and the hour that comes
    twice is named twice.
    """
    minutes = (last.timestamp() - first.timestamp()) / 60
    apart = next((each for each in MINUTES_APART if minutes < each * most), MINUTES_APART[-1])
    return [at for at in _every_five_minutes(first, last) if (at.hour * 60 + at.minute) % apart == 0]


def _measure(value: float | date) -> float:
    """A value as a number. Two moments told by the same clocks must not be subtracted as they are: Python
    takes the hands' distance, which is no time on a night when they are moved."""
    match value:
        case datetime():
            return value.timestamp()
        case date():
            return value.toordinal()
    return value


def _every_five_minutes(first: datetime, last: datetime) -> Iterator[datetime]:
    """By the clock. Every zone's clocks are whole quarters of an hour from UTC's."""
    at = first.astimezone(UTC)
    at += (datetime.min.replace(tzinfo=UTC) - at) % FINEST
    while at <= last:
        yield at.astimezone(first.tzinfo)
        at += FINEST
