"""How long a signed consent to treatment counts: until it is taken back, or for as many days as the protocol
version says (domain.md 1.1 row 15, 2.2). It stands before every booking and every start, and the chart says
it ahead of a visit.

Nothing is read or written; that a consent is given and taken back is `clinic.consents`'.
"""

from datetime import date, datetime, timedelta
from typing import Final

from clinic import clock
from scheduler.vocabulary import spoken_day

MISSING: Final = "consent_missing"
OUTDATED: Final = "consent_outdated"
SIGN_AGAIN: Final = "Have it signed again, and record that."


def last_day(given_at: datetime, after_days: int | None, zone: str) -> date | None:
    """The last of the clinic's days on which it counts; None where it counts until it is taken back."""
    return None if after_days is None else clock.local_date(given_at, zone) + timedelta(days=after_days)


def against(
    given_at: datetime | None, after_days: int | None, *, on: date, today: date, zone: str
) -> tuple[str, str] | None:
    """What is wrong with the consent on this day, a code and a sentence; None where it counts."""
    if given_at is None:
        return MISSING, "There is no current consent to treatment. Record one first."
    last = last_day(given_at, after_days, zone)
    if last is None or on <= last:
        return None
    signed = spoken_day(clock.local_date(given_at, zone), today=today)
    days = "1 day" if after_days == 1 else f"{after_days} days"
    return (
        OUTDATED,
        f"The consent to treatment was signed on {signed}, and the protocol lets one count for {days}."
        f" {SIGN_AGAIN}",
    )
