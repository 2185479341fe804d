"""A text as it is compared: words of small letters and digits with one space between. Pure: no Django."""

import re
from collections.abc import Iterable, Mapping
from typing import Final

from clinic.letters import read

_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
# As it is written, and what is hardly done.
CANNOT: Final = r"cant|cannot|can not|couldnt|could not|can hardly|can barely|hardly|barely|unable|not able"
# A word so long is known with one letter less.
_LONG: Final = 6
# Where one thing is said and the next begins; a hyphen and a point inside of a word end nothing.
_ENDS: Final = re.compile(
    r"[,;:!?\u00a1\u00bf\u2026\"\u201c\u201d()\n\r\u2014]+|\.(?!\w)|\s[-\u2013\u2014]+(?=\s|\w)|--+"
)


def plain(text: str) -> str:
    """Only letters and digits in words with one space between: accents, signs, emoji and capitals go, and
    letters that stand apart (S T O P, S.T.O.P.) come together."""
    words = _NO_WORD.sub(" ", read(text)).split()
    return "".join(words) if all(len(word) == 1 for word in words) else " ".join(words)


def slips_of(words: Iterable[str]) -> Mapping[str, str]:
    """How a thumb misspells these words, and what is meant: two letters that change places, and in a long
    word one that is left out."""
    slips = {}
    for word in words:
        for at in range(len(word) - 1):
            slips[word[:at] + word[at + 1] + word[at] + word[at + 2 :]] = word
        if len(word) >= _LONG:
            slips |= {word[:at] + word[at + 1 :]: word for at in range(1, len(word))}
    return slips


def spelled_right(words: str, slips: Mapping[str, str]) -> str:
    return " ".join(slips.get(word, word) for word in words.split())


def then(first: str, following: str, between: int = 3) -> str:
    """The one and then the other, with at most so many words between."""
    return rf"(?:{first}) (?:\w+ ){{0,{between}}}?(?:{following})"


def near(one: str, other: str, between: int = 4) -> str:
    """Either of the two first."""
    return rf"{then(one, other, between)}|{then(other, one, between)}"


def clauses(text: str) -> list[str]:
    """What is said one after the other, each as it was written; nothing of what holds no word."""
    return [clause.strip() for clause in _ENDS.split(text) if plain(clause)]
