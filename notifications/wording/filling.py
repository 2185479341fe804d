"""The engine that fills a text: it knows only the fields of `Words`, and refuses whatever else a text names.

There is no way to hand a text a drug, a condition, a score, a full name or a birth date, whoever wrote it:
what the visit is about stands behind the link's second factor (domain.md 6.3). Words that would give it away
are refused in texts that people write, too. Pure: no Django.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from string import Formatter
from types import MappingProxyType
from typing import Final

from notifications.wording.plain_words import bare, seen, unmasked

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
# Never on a lock screen (domain.md 6.3), whatever stands around it in its word; as `bare` leaves it.
REVEALING: Final = (
    *("ketamin", "ketalar", "ketanest", "ketanarkon", "spravato", "infus"),
    *("psychiatr", "psiquiatr", "depress", "depresi", "anxiety", "anxious", "ansiedad", "ansios"),
    *(
        "anxiolytic",
        "ansiolitic",
        "bipolar",
        "migraine",
        "migrana",
        "headache",
        "cefalea",
        "suicid",
        "diagnos",
    ),
    # What order sets beside it carry.
    *("midazolam", "lorazepam", "diazepam", "benzodiaz", "ondansetron", "metoclopramid", "promethazin"),
    *("prometazin", "droperidol", "clonidin", "labetalol", "metoprolol", "hydralazin", "hidralazin"),
    *("ketorolac", "acetaminophen", "paracetamol", "glycopyrrol", "magnesium", "propofol"),
)
# Of these only the beginning of a word tells: "arreglan" has "reglan" in it.
REVEALING_AT_THE_BEGINNING: Final = (
    *("ptsd", "tept", "phq", r"gad-?\d", r"pcl-?\d", r"crps(?!\w)", r"trd(?!\w)", "dos(?:e|is|ag)"),
    *("psych", "psicolog", "psicotera", "xanax", "jaqueca"),
    # The brands of what order sets carry.
    *("versed", "ativan", "valium", "zofran", "reglan", "phenergan", "catapres", "trandate", "lopressor"),
    *("toradol", "tylenol", "robinul", "diprivan"),
)
# Told by several words, or by a figure with its unit.
REVEALING_TOGETHER: Final = (
    r"dolor(?:es)? de cabeza",
    "head pain",
    r"\d[\d.,]*\s*(?:mg|mcg|ug|\u03bcg)(?![a-z])",
)
BROKEN: Final = "A brace is open or closed too often."
MORE_THAN_A_NAME: Final = "Write a field as its name in braces, such as {day}, and nothing else in them."
NOT_LATIN: Final = "has letters that English and Spanish don't have: write it in plain letters."
TELLS: Final = "tells a lock screen what the visit is about: leave it out."
_REVEALING = re.compile("|".join(REVEALING))
_REVEALING_AT_THE_BEGINNING = re.compile(rf"(?<!\w)(?:{'|'.join(REVEALING_AT_THE_BEGINNING)})")
_REVEALING_TOGETHER = re.compile(rf"(?<![a-z])(?:{'|'.join(REVEALING_TOGETHER)})")
_NO_LETTER = re.compile(r"[^a-z]+")
_NEITHER_LETTER_NOR_DIGIT = re.compile(r"[^a-z0-9]+")
_LETTERS_APART = re.compile(r"(?<!\w)\w(?:[\W_]+\w(?!\w)){2,}")
# A word may be broken into so many; then only a whole one tells: "in fusion", "do see".
_MOST_PARTS: Final = 4
_WHOLE = re.compile(
    rf"(?:(?:{'|'.join(REVEALING)})[a-z]*|(?:ptsd|tept|phq|gad(?=\d)|pcl(?=\d)|crps|trd|xanax)\d*)"
)
# Not the first part of a broken word: "de presi\u00f3n" is said of blood pressure.
_BY_ITSELF: Final = "de"
_AROUND_A_WORD: Final = " \t\n.,;:!?\"'()[]\u201c\u201d\u2018\u2019\u2026\u00a1\u00bf"
# Latin letters that Unicode doesn't take apart, as they are read.
_READ_AS: Final = str.maketrans(
    {
        "\u00f8": "o",
        "\u0142": "l",
        "\u00e6": "ae",
        "\u0153": "oe",
        "\u0111": "d",
        "\u00f0": "d",
        "\u00fe": "th",
    }
)
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
    return [*wrong, *_faults_of_words(text)]


def fill(text: str, words: Words) -> str:
    """The text with its fields; `{link}` stays. A field that is empty leaves no gap.

    Raises ValueError for a text that has `faults`: it is never sent.
    """
    filled = _sound(text).format(**vars(words), link=LINK)
    return _MANY_LINES.sub("\n\n", _MANY_SPACES.sub(" ", filled)).strip()


def _faults_of_words(text: str) -> list[str]:
    """Words that reveal something however they are disguised, and words in letters of another alphabet, in
    which any of them could be."""
    found = {}
    for written in [*text.split(), *_LETTERS_APART.findall(text)]:
        word = bare(written).translate(_READ_AS)
        if any(letter.isalpha() and not "a" <= letter <= "z" for letter in word):
            found[f"{_shown(written)} {NOT_LATIN}"] = True
        elif any(map(_tells, _guises(word, written))):
            found[f"{_shown(written)} {TELLS}"] = True
    for written in _broken_up(text.split()):
        found[f"{_shown(written)} {TELLS}"] = True
    for together in _REVEALING_TOGETHER.finditer(bare(text)):
        found[f"{_shown(together[0])} {TELLS}"] = True
    return list(found)


def _guises(word: str, written: str) -> tuple[str, ...]:
    """The word as it stands, without the signs in it, and with letters for the digits that stand for them."""
    return (
        word,
        _NO_LETTER.sub("", word),
        _NEITHER_LETTER_NOR_DIGIT.sub("", word),
        _NO_LETTER.sub("", unmasked(written)),
    )


def _tells(word: str) -> bool:
    return _REVEALING.search(word) is not None or _REVEALING_AT_THE_BEGINNING.search(word) is not None


def _broken_up(words: Sequence[str]) -> Iterator[str]:
    """Neighbours that are a revealing word when they are put together, and tell nothing each by itself."""
    plain = [_NEITHER_LETTER_NOR_DIGIT.sub("", bare(word).translate(_READ_AS)) for word in words]
    for at, first in enumerate(plain):
        if first == _BY_ITSELF:
            continue
        for end in range(at + 2, min(at + _MOST_PARTS, len(plain)) + 1):
            parts = plain[at:end]
            whole = _WHOLE.fullmatch("".join(parts))
            if whole and not any(map(_tells, parts)):
                yield " ".join(words[at:end])
                break


def _shown(written: str) -> str:
    return f"\u201c{seen(written).strip(_AROUND_A_WORD)}\u201d"


@lru_cache(maxsize=1024)
def _sound(text: str) -> str:
    """The text itself, looked through once: a batch has the same few. Raises as `fill`."""
    wrong = faults(text)
    if wrong:
        raise ValueError(" ".join(wrong))
    return text
