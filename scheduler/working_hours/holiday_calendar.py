"""The public holidays of a clinic's calendar, from the `holidays` library. They are offered: to close on one
is the manager's decision (`working_time`).
"""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import holidays

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid

# What the library is asked about: neighbouring years of today, not the calendars of other centuries.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099


@dataclass(frozen=True)
class Holiday:
    day: date
    name: str


def public_holidays(clinic: Clinic, year: int) -> list[Holiday]:
    """The year's public holidays in order, days on which one is observed instead among them.

    Raises `Invalid` for a year far away, `Conflict` `no_calendar` for a clinic without a calendar that the
    library knows.
    """
    if not FIRST_YEAR <= year <= LAST_YEAR:
        raise Invalid({"year": f"Give a year from {FIRST_YEAR} to {LAST_YEAR}."})
    found = _holidays_of(clinic.holiday_calendar, year)
    if found is None:
        raise Conflict(
            "No public calendar is known for the clinic. Give it a country or a part of one, such as US-IL.",
            code="no_calendar",
        )
    return [Holiday(day, name) for day, name in sorted(found.items())]


def is_holiday(clinic: Clinic, start: datetime, end: datetime) -> bool:
    """Whether this stretch is just one local day, and a public holiday of the clinic's calendar."""
    day = clock.local_date(start, clinic.time_zone)
    if (start, end) != clock.day_bounds(day, clinic.time_zone):
        return False
    return day in (_holidays_of(clinic.holiday_calendar, day.year) or {})


def _holidays_of(calendar: str, year: int) -> dict[date, str] | None:
    """The names of the year's holidays by day; None for a calendar that the library doesn't know."""
    country, _, subdivision = calendar.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError:
        return None
