"""What of a text can be seen: names that look empty, and characters that hide in a line. Pure."""

import unicodedata
from itertools import pairwise
from typing import Final

# Letters and symbols by category, yet nothing to see: the Hangul fillers and the empty Braille cell.
BLANKS: Final = "\u115f\u1160\u2800\u3164\uffa0"
# Persian and many Indian scripts write words with these; so they may stand between two letters.
JOINERS: Final = "\u200c\u200d"
# Controls (line feeds among them), invisible formatting, line and paragraph separators.
HIDDEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})

ONE_LINE: Final = "Write this on one line, without characters that can't be seen."


# Turn the direction of writing until they are ended: by them a text can be shown as another.
TURNS: Final = dict.fromkeys([*range(0x202A, 0x202F), *range(0x2066, 0x206A)])


def upright(text: str) -> str:
    """The text without what turns its direction: Hebrew and Arabic letters run right by themselves."""
    return text.translate(TURNS)


def is_visible(text: str) -> bool:
    """Whether anything of it shows: not only spaces and characters of no width."""
    return any(letter.isprintable() and letter != " " and letter not in BLANKS for letter in text)


def said(text: str) -> str:
    """What somebody wrote where words are asked for, trimmed and upright; nothing where none of it shows."""
    return upright(text).strip() if is_visible(text) else ""


def in_words(text: str) -> bool:
    """Whether it holds a word: a dot or "-" says nothing of what was done."""
    return any(here.isalpha() and there.isalpha() for here, there in pairwise(text))


def hides_something(text: str) -> bool:
    """Whether it breaks its line or holds a character that nobody sees, in which two texts could differ."""
    return any(
        letter in BLANKS or (unicodedata.category(letter) in HIDDEN and not _joins(text, at))
        for at, letter in enumerate(text)
    )


def _joins(text: str, at: int) -> bool:
    """A joiner between a letter or its mark and a letter."""
    before, after = text[at - 1 : at], text[at + 1 : at + 2]
    return (
        text[at] in JOINERS
        and bool(before and after)
        and unicodedata.category(before)[0] in "LM"
        and unicodedata.category(after)[0] == "L"
    )
