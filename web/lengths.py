"""How long something lasts, has lasted or still lasts, in words; pure."""

from datetime import datetime
from typing import Final

MINUTE: Final = 60
DAY: Final = 24 * 60


def length_in_words(minutes: int) -> str:
    """`45 min`, `2 h`, `2 h 05 min`."""
    hours, rest = divmod(minutes, 60)
    if not hours:
        return f"{rest} min"
    return f"{hours} h {rest:02} min" if rest else f"{hours} h"


def left_in_words(until: datetime, now: datetime) -> str:
    """`14 min`, rounded up as the script that counts down does (holds.js)."""
    return length_in_words(max(-int((now - until).total_seconds() // MINUTE), 0))


def span_in_words(start: datetime, end: datetime) -> str:
    """`under a minute`, `45 min`, `2 h 05 min`, `3 days`."""
    minutes = int((end - start).total_seconds()) // MINUTE
    if minutes < 1:
        return "under a minute"
    if minutes < DAY:
        return length_in_words(minutes)
    days = minutes // DAY
    return "1 day" if days == 1 else f"{days} days"
