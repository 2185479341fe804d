"""A stretch of a clinic's local days, as somebody asks for one: of a report, or of what somebody did."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Invalid

LONGEST_PERIOD: Final = timedelta(days=366)


@dataclass(frozen=True)
class Period:
    """Local days from the first to the last, both included."""

    first: date
    last: date
    zone: str

    @classmethod
    def of(cls, clinic: Clinic, first: date, last: date) -> "Period":
        """Raises `Invalid` for a period that ends before it begins or is longer than a year."""
        if last < first:
            raise Invalid({"last": "The last day must not be before the first."})
        if last - first >= LONGEST_PERIOD:
            raise Invalid({"last": f"A period is at most {LONGEST_PERIOD.days} days long. Ask for less."})
        return cls(first, last, clinic.time_zone)

    @property
    def low(self) -> datetime:
        return clock.day_bounds(self.first, self.zone)[0]

    @property
    def high(self) -> datetime:
        return clock.day_bounds(self.last, self.zone)[1]
