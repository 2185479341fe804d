"""A text as it is compared: words of small letters and digits with one space between. Pure: no Django."""

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("", "", "'\u2018\u2019\u02bc\u00b4`")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")


def plain(text: str) -> str:
    """Only letters and digits in words with one space between: accents, signs, emoji and capitals go, and
    letters that stand apart (S T O P, S.T.O.P.) come together."""
    letters = unicodedata.normalize("NFKD", text.translate(_APOSTROPHES)).casefold()
    letters = "".join(letter for letter in letters if not unicodedata.combining(letter))
    words = _NO_WORD.sub(" ", letters).split()
    return "".join(words) if all(len(word) == 1 for word in words) else " ".join(words)
