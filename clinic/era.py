"""The days that Chairside reckons with. Beyond them a day has no tomorrow, or a zone no midnight.

Pure: no Django. Whoever reads a day or a moment from outside asks here before reckoning with it.
"""

from datetime import date, datetime
from typing import Final

FIRST_DAY: Final = date(1900, 1, 1)
LAST_DAY: Final = date(2199, 12, 31)
MEND: Final = "Give a day from 1900 to 2199."


def holds(day: date) -> bool:
    return FIRST_DAY <= day <= LAST_DAY


def moment(written: str) -> datetime:
    """The moment of an ISO 8601 date and time with its offset. ValueError for anything else, and for a moment
    that can't be reckoned with."""
    found = datetime.fromisoformat(written.strip())
    if found.tzinfo is None or not holds(found.date()):
        raise ValueError("no moment with its offset, of these days")
    return found
