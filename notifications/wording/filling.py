"""The engine that fills a text: it knows only the fields of `Words`, and refuses whatever else a text names.

There is no way to hand a text a drug, a condition, a score, a full name or a birth date, whoever wrote it:
what the visit is about stands behind the link's second factor (domain.md 6.3). Words that would give it away
(`clinic.lock_screens`) are refused in texts that people write, too. Pure: no Django.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from types import MappingProxyType
from typing import Final

from clinic.lock_screens import faults_of_words

# Stands in stored bodies where the patient's link goes; its token is never stored.
LINK: Final = "{link}"


@dataclass(frozen=True)
class Words:
    """Everything a message may speak of. Empty: there is none."""

    sender: str
    phone: str
    day: str = ""
    time: str = ""
    end: str = ""  # when the patient can go home
    # Of visits that are told together: how many, and all of them, one a line.
    count: str = ""
    dates: str = ""
    # Of a visit that has moved, what was told before.
    old_day: str = ""
    old_date: str = ""
    old_time: str = ""
    # What to do before the visit, as sentences; `fasting` is the shortest of them, for a text message.
    preparation: str = ""
    fasting: str = ""


FIELDS: Final = (*Words.__dataclass_fields__, "link")
# Asked for by people who write a clinic's own texts, and why there is no such field.
NEVER: Final[Mapping[str, str]] = MappingProxyType(
    dict.fromkeys(("drug", "medicine", "medication", "dose", "protocol"), "what the patient is given")
    | dict.fromkeys(("condition", "diagnosis", "indication", "reason"), "what the patient is treated for")
    | dict.fromkeys(("score", "phq", "gad", "pain", "mood", "result"), "how the patient is")
    | dict.fromkeys(("name", "full_name", "patient", "family_name", "given_names", "mrn"), "who it is")
    | dict.fromkeys(("birth_date", "birth_year", "age"), "the second factor of the link")
)
BROKEN: Final = "A brace is open or closed too often."
MORE_THAN_A_NAME: Final = "Write a field as its name in braces, such as {day}, and nothing else in them."
_MANY_SPACES = re.compile(r"(?<=\S)  +")
_MANY_LINES = re.compile(r"\n{3,}")


def fields_of(text: str) -> list[str]:
    """The names that a text asks for. ValueError: its braces are broken, doubled, or hold more."""
    try:
        parts = list(Formatter().parse(text))
    except ValueError:
        raise ValueError(BROKEN) from None
    names = []
    for literal, name, format_spec, conversion in parts:
        if "{" in literal or "}" in literal:
            # Of “{{link}}” this leaves “{link}”, which would be filled in later.
            raise ValueError(MORE_THAN_A_NAME)
        if name is None:
            continue
        if format_spec or conversion or not name.isidentifier():
            raise ValueError(MORE_THAN_A_NAME)
        names.append(name)
    return names


def faults(text: str) -> list[str]:
    """Why this text can't be used, each as a sentence that says the mend; empty when it can."""
    try:
        names = fields_of(text)
    except ValueError as error:
        return [str(error)]
    wrong = [
        f"A message never says {NEVER[name]}: take {{{name}}} out."
        if name in NEVER
        else f"There is no field {{{name}}}. Use {', '.join(f'{{{each}}}' for each in FIELDS)}."
        for name in dict.fromkeys(names)
        if name not in FIELDS
    ]
    return [*wrong, *faults_of_words(text)]


def fill(text: str, words: Words) -> str:
    """The text with its fields; `{link}` stays. A field that is empty leaves no gap.

    Raises ValueError for a text that has `faults`: it is never sent.
    """
    filled = _sound(text).format(**vars(words), link=LINK)
    return _MANY_LINES.sub("\n\n", _MANY_SPACES.sub(" ", filled)).strip()


@lru_cache(maxsize=1024)
def _sound(text: str) -> str:
    """The text itself, looked through once: a batch has the same few. Raises as `fill`."""
    wrong = faults(text)
    if wrong:
        raise ValueError(" ".join(wrong))
    return text
