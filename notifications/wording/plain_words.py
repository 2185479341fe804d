"""A text as it is compared: words of small letters and digits with one space between. Pure: no Django."""

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("", "", "'\u2018\u2019\u02bc\u00b4`")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
# Where one thing is said and the next begins; a hyphen and a point inside of a word end nothing.
_ENDS: Final = re.compile(
    r"[,;:!?\u00a1\u00bf\u2026\"\u201c\u201d()\n\r\u2014]+|\.(?!\w)|\s[-\u2013\u2014]+(?=\s|\w)|--+"
)


def seen(text: str) -> str:
    """The text as it looks: letters of other widths and styles as the plain ones, and nothing invisible, such
    as a soft hyphen within a word."""
    letters = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")


def bare(text: str) -> str:
    """The text as it looks, in small letters without accents."""
    letters = unicodedata.normalize("NFKD", seen(text)).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def plain(text: str) -> str:
    """Only letters and digits in words with one space between: accents, signs, emoji and capitals go, and
    letters that stand apart (S T O P, S.T.O.P.) come together."""
    words = _NO_WORD.sub(" ", bare(text.translate(_APOSTROPHES))).split()
    return "".join(words) if all(len(word) == 1 for word in words) else " ".join(words)


def clauses(text: str) -> list[str]:
    """What is said one after the other, each as it was written; nothing of what holds no word."""
    return [clause.strip() for clause in _ENDS.split(text) if plain(clause)]
