"""Words that tell a lock screen what a visit is about (domain.md 6.3), however they are disguised. Pure.

Whatever leaves the house in a text or a subject line is looked through here: a clinic's texts, what staff
write, and the name that patients know the clinic by.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from clinic.letters import bare, seen, unmasked

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


def faults_of_words(text: str) -> list[str]:
    """Why this text can't stand there, each as a sentence that says the mend: words that reveal something
    however they are disguised, and words in letters of another alphabet, in which any of them could be."""
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
