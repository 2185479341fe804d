"""The public holidays of a clinic's calendar, from the `holidays` library. They are offered: to close on one
is the manager's decision (`time_off`), and so is whose calendar it is (`booking_settings`).
"""

import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Final

import holidays
from holidays.registry import COUNTRIES

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid

# What the library is asked about: neighbouring years of today, not the calendars of other centuries.
FIRST_YEAR: Final = 2000
LAST_YEAR: Final = 2099
# The library has names for some parts of a country that ISO 3166-2 has no code for; those are left out.
CODED_PART: Final = re.compile("[A-Z0-9]{1,3}")


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
            "No public calendar is known for the clinic. Choose one in its booking settings, such as US-IL.",
            code="no_calendar",
        )
    return [Holiday(day, name) for day, name in sorted(found.items())]


def holidays_between(calendar: str, first: date, last: date) -> list[Holiday]:
    """The public holidays of a calendar as the library spells it, from one day to another, both included;
    none for no calendar."""
    years = range(first.year, last.year + 1)
    found = {day: name for year in years for day, name in (_holidays_of(calendar, year) or {}).items()}
    return [Holiday(day, name) for day, name in sorted(found.items()) if first <= day <= last]


def is_holiday(clinic: Clinic, start: datetime, end: datetime) -> bool:
    """Whether this stretch is just one local day, and a public holiday of the clinic's calendar."""
    day = clock.local_date(start, clinic.time_zone)
    if (start, end) != clock.day_bounds(day, clinic.time_zone):
        return False
    return day in (_holidays_of(clinic.holiday_calendar, day.year) or {})


def known_calendar(text: str) -> str:
    """The calendar as the library spells it (`us-il` is US-IL); an empty text is none.

    Raises `Invalid` with the mend: for an unknown part of a country, the parts that are known.
    """
    code = text.strip().upper()
    country, _, part = code.partition("-")
    parts = _parts()
    if not code:
        return ""
    if country not in parts:
        raise Invalid(
            {"holiday_calendar": "Give a country or a part of one by its code, such as US or US-IL."}
        )
    if part not in parts[country] and code != country:
        known = ", ".join(parts[country]) or "none"
        raise Invalid({"holiday_calendar": f"Parts of {country} with holidays of their own: {known}."})
    return code


def countries() -> list[tuple[str, str]]:
    """Every country with a calendar, by name: its code and name."""
    known = _parts()
    named = [(codes[1], name.replace("_", " ").title()) for name, codes in COUNTRIES.items()]
    return sorted(((code, name) for code, name in named if code in known), key=lambda row: row[1])


def parts_of(calendar: str) -> list[str]:
    """The calendars of the parts of this calendar's country, such as US-IL; none for no calendar."""
    country = calendar.partition("-")[0]
    return [f"{country}-{part}" for part in _parts().get(country, ())]


def _parts() -> dict[str, list[str]]:
    """The coded parts of each country that the library knows."""
    return {
        country: [part for part in parts if CODED_PART.fullmatch(part)]
        for country, parts in holidays.list_supported_countries(include_aliases=False).items()
    }


def _holidays_of(calendar: str, year: int) -> dict[date, str] | None:
    """The names of the year's holidays by day; None for a calendar that the library doesn't know."""
    country, _, subdivision = calendar.partition("-")
    try:
        return dict(holidays.country_holidays(country, subdiv=subdivision or None, years=year))
    except NotImplementedError:  # how the library says so; of a stored one, that it was dropped since
        return None
