"""What a person may write to a patient's phone: nothing that a lock screen shouldn't show, and not too long.

The words that reveal something are `wording.filling`'s; here are the patient's own name and birth date as
well (domain.md 6.3). Pure: no Django.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from notifications.wording import filling, gsm7

# A conversation by text, not a letter. [D]
MOST_SEGMENTS: Final = 3
EMPTY: Final = "Write what you want to say."
BRACES: Final = "A reply has no fields: leave the braces out."
NAMED: Final = "Leave the patient's full name out: a lock screen shows it to anybody."
BORN: Final = "Leave the patient's birth date and year out: they open the links in our messages."
TOO_LONG: Final = "This takes {segments} texts; {most} is the most. Make it shorter, or call."


@dataclass(frozen=True)
class About:
    """Whom it is written to."""

    given_names: str
    family_name: str
    birth_date: date


def as_sent(text: str, *, sender: str) -> str:
    """The text as it goes out: every text names who sends it [V2:33]."""
    return f"{gsm7.plain(sender)}: {text.strip()}"


def faults(text: str, *, sender: str, about: About) -> list[str]:
    """Why this can't be sent, each as a sentence that says the mend; empty when it can."""
    if not text.strip():
        return [EMPTY]
    wrong = []
    if "{" in text or "}" in text:
        wrong.append(BRACES)
    else:
        wrong += filling.faults(text)
    if _says(text, about.family_name) and any(_says(text, name) for name in about.given_names.split()):
        wrong.append(NAMED)
    if _tells_birth_date(text, about.birth_date):
        wrong.append(BORN)
    if strange := gsm7.outside(text):
        wrong.append(f"A text message can't have {' '.join(strange)}: write it another way.")
    segments = gsm7.segments(as_sent(text, sender=sender))
    if segments > MOST_SEGMENTS:
        wrong.append(TOO_LONG.format(segments=segments, most=MOST_SEGMENTS))
    return wrong


def _says(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(name)}\b", text, re.IGNORECASE) is not None


def _tells_birth_date(text: str, born: date) -> bool:
    """Its year, or day and month in either order with the year in two digits."""
    day, month, year = f"0?{born.day}", f"0?{born.month}", f"{born:%y}"
    short = rf"(?:{day}[/.-]{month}|{month}[/.-]{day})[/.-]{year}"
    return re.search(rf"\b(?:{born.year}|{short})\b", text) is not None
