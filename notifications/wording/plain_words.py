"""A text as it is compared: words of small letters and digits with one space between. Pure: no Django."""

import re
import unicodedata
from collections.abc import Iterable, Mapping
from typing import Final

_APOSTROPHES: Final = str.maketrans("", "", "'\u2018\u2019\u02bc\u00b4`")
# Letters of other alphabets that are read as ours, in small letters. It is never whole: where words must not
# leave the house, `filling` refuses any other alphabet; what comes in is read as well as can be.
_LOOK_ALIKES: Final = str.maketrans(
    dict(
        zip(
            "\u0430\u0435\u043e\u0440\u0441\u0443\u0445\u0456\u0455\u0458\u043a\u043c\u0442\u043d\u0432\u0501\u04cf\u04bb"
            "\u03b1\u03b5\u03bf\u03c1\u03b9\u03ba\u03bd\u03c4\u03c5\u03c7\u03b7\u03b2\u0131\u0142\u00f8\u0111",
            "aeopcyxisjkmthbdlhaeopikvtuxnbilod",
            strict=True,
        )
    )
)
# Digits and signs that stand for letters within a word: k1ll, su!c1de.
_STANDS_FOR: Final = str.maketrans("013457@$!|", "oieastasii")
_MASKED: Final = re.compile(r"(?<![a-z0-9@$!|])[0-9@$!|]*[a-z][a-z0-9@$!|]*[a-z0-9@$|]")
_NO_WORD: Final = re.compile(r"[^a-z0-9]+")
# As it is written, and what is hardly done.
CANNOT: Final = r"cant|cannot|can not|couldnt|could not|can hardly|can barely|hardly|barely|unable|not able"
# A word so long is known with one letter less.
_LONG: Final = 6
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
    words = _NO_WORD.sub(" ", _read(text)).split()
    return "".join(words) if all(len(word) == 1 for word in words) else " ".join(words)


def unmasked(text: str) -> str:
    """As `plain`, with letters for the digits and signs that stand for them within a word."""
    letters = _MASKED.sub(lambda word: word[0].translate(_STANDS_FOR), _read(text))
    return _NO_WORD.sub(" ", letters).strip()


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


def _read(text: str) -> str:
    return bare(text.translate(_APOSTROPHES)).translate(_LOOK_ALIKES)
