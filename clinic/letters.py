"""A text as it looks: letters of other alphabets, widths and disguises as the plain ones. Pure.

What is read from such a text is not here: what patients write in `notifications.wording`, what a lock screen
must not show in `lock_screens`.
"""

import re
import unicodedata
from typing import Final

_APOSTROPHES: Final = str.maketrans("", "", "'\u2018\u2019\u02bc\u00b4`")
# Letters of other alphabets that are read as ours, in small letters. It is never whole: where words must not
# leave the house, `lock_screens` refuses any other alphabet; what comes in is read as well as can be.
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


def seen(text: str) -> str:
    """The text as it looks: letters of other widths and styles as the plain ones, and nothing invisible, such
    as a soft hyphen within a word."""
    letters = unicodedata.normalize("NFKC", text)
    return "".join(letter for letter in letters if unicodedata.category(letter) != "Cf")


def bare(text: str) -> str:
    """The text as it looks, in small letters without accents."""
    letters = unicodedata.normalize("NFKD", seen(text)).casefold()
    return "".join(letter for letter in letters if not unicodedata.combining(letter))


def unmasked(text: str) -> str:
    """Its words with one space between, with letters for digits and signs that stand for them in a word."""
    letters = _MASKED.sub(lambda word: word[0].translate(_STANDS_FOR), read(text))
    return _NO_WORD.sub(" ", letters).strip()


def read(text: str) -> str:
    """As `bare`, without apostrophes and with the letters that others look like."""
    return bare(text.translate(_APOSTROPHES)).translate(_LOOK_ALIKES)
