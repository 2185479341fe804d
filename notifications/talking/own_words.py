"""What a person may write to a patient's phone: nothing that a lock screen shouldn't show, and not too long.

The words that reveal something are `wording.filling`'s; here are the patient's own name and birth date as
well (domain.md 6.3). Pure: no Django.
"""

import re
from dataclasses import dataclass
from datetime import date
from typing import Final

from clinic.letters import bare
from clinic.visible_text import said
from notifications.wording import filling, gsm7
from notifications.wording.filling import LINK

# A conversation by text, not a letter. [D]
MOST_SEGMENTS: Final = 3
# Of a letter by e-mail, as of all that staff write freely. [D]
MOST_CHARACTERS: Final = 2000
EMPTY: Final = "Write what you want to say."
BRACES: Final = "What a person writes has no fields: leave the braces out."
LINK_ONCE: Final = "Put {link} in once at most, and no other braces."
NAMED: Final = "Leave the patient's full name out: a lock screen shows it to anybody."
BORN: Final = "Leave the patient's birth date and year out: they open the links in our messages."
LETTER_TOO_LONG: Final = "This has {characters:,} characters; {most:,} is the most. Make it shorter, or call."
TOO_LONG: Final = "This takes {segments} texts; {most} is the most. Make it shorter, or call."
# Between the parts of a date: "7/30/74", "7 30 74", "30 de julio de 74", "July 30, '74".
_BETWEEN: Final = r"[\s/.,'\u2019-]+(?:(?:de|del|of) )?"
# How months begin, in English and in Spanish.
_MONTHS: Final = (
    *(("jan", "ene"), ("feb",), ("mar",), ("apr", "abr"), ("may",), ("jun",), ("jul",), ("aug", "ago")),
    *(("sep", "set"), ("oct",), ("nov",), ("dec", "dic")),
)


@dataclass(frozen=True)
class About:
    """Whom it is written to."""

    given_names: str
    family_name: str
    birth_date: date


def as_sent(text: str, *, sender: str) -> str:
    """The text as it goes out: what of it can be seen, and every text names who sends it [V2:33]."""
    return f"{gsm7.plain(sender)}: {said(text)}"


@dataclass(frozen=True)
class Size:
    """How much of a phone's screen it takes, as it is sent."""

    characters: int
    segments: int


def size_of(text: str, *, sender: str, link_length: int = 0) -> Size:
    """With the sender before it, and its link as long as it will be."""
    body = as_sent(text, sender=sender).replace(LINK, "x" * link_length)
    return Size(gsm7.length(body), gsm7.segments(body))


def faults(
    text: str, *, sender: str, about: About, link_length: int = 0, by_email: bool = False
) -> list[str]:
    """Why this can't be sent, each as a sentence that says the mend; empty when it can.

    `link_length`: of the link that {link} stands for; nought where the message has none. `by_email`: it goes
    no other way, so that it may be as long, and in such letters, as a letter.
    """
    text = said(text)
    if not text:
        return [EMPTY]
    wrong = []
    plain = text.replace(LINK, "", 1) if link_length else text
    if "{" in plain or "}" in plain:
        wrong.append(LINK_ONCE if link_length else BRACES)
    else:
        wrong += filling.faults(plain)
    if _says(text, about.family_name) and any(_says(text, name) for name in about.given_names.split()):
        wrong.append(NAMED)
    if _tells_birth_date(text, about.birth_date):
        wrong.append(BORN)
    if by_email:
        if len(text) > MOST_CHARACTERS:
            wrong.append(LETTER_TOO_LONG.format(characters=len(text), most=MOST_CHARACTERS))
        return wrong
    if strange := gsm7.outside(text):
        wrong.append(f"A text message can't have {' '.join(strange)}: write it another way.")
    segments = size_of(text, sender=sender, link_length=link_length).segments
    if segments > MOST_SEGMENTS:
        wrong.append(TOO_LONG.format(segments=segments, most=MOST_SEGMENTS))
    return wrong


def _says(text: str, name: str) -> bool:
    return re.search(rf"\b{re.escape(bare(name))}\b", bare(text)) is not None


def _tells_birth_date(text: str, born: date) -> bool:
    """Its year; or day, month (as a figure or by name) and the year in two digits, in any usual order."""
    month = f"(?:0?{born.month}|(?:{'|'.join(_MONTHS[born.month - 1])})[a-z]*)"
    day, year = f"0?{born.day}(?:st|nd|rd|th)?", f"{born:%y}"
    orders = ((day, month, year), (month, day, year), (year, month, day), (year, day, month))
    spelled = "|".join(_BETWEEN.join(parts) for parts in orders)
    run_together = "|".join(f"{born:{form}}" for form in ("%m%d%y", "%d%m%y", "%y%m%d"))
    return re.search(rf"\b(?:{born.year}|{spelled}|{run_together})\b", bare(text)) is not None
