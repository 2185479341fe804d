"""What of a text can be seen: names that look empty, and characters that hide in a line. Pure."""

import unicodedata
from collections.abc import Iterable, Mapping
from itertools import pairwise
from typing import Final

# Letters, marks and symbols by category, yet nothing to see: the Hangul fillers, the empty Braille cell, what
# joins or separates letters for programs only, Khmer's inherent vowels, Mongolian's own selectors.
BLANKS: Final = "\u034f\u115f\u1160\u17b4\u17b5\u180b\u180c\u180d\u180f\u2800\u3164\uffa0"
# Persian and many Indian scripts write words with these, and symbols are put together by them: so they may
# stand between two letters or symbols.
JOINERS: Final = "\u200c\u200d"
# Controls (line feeds among them), invisible formatting such as what turns the direction of writing, line and
# paragraph separators.
HIDDEN: Final = frozenset({"Cc", "Cf", "Zl", "Zp"})
# They choose between forms of a symbol or of a Chinese character; after anything else nobody sees them.
SELECTORS: Final = (("\ufe00", "\ufe0f"), ("\U000e0100", "\U000e01ef"))
CHINESE: Final = (("\u3400", "\u9fff"), ("\U00020000", "\U000323af"))
BREAKS: Final = "\n\u2028\u2029"

ONE_LINE: Final = "Write this on one line, without characters that can't be seen."


def is_visible(text: str) -> bool:
    """Whether anything of it shows: not only spaces, marks and characters of no width."""
    return any(unicodedata.category(letter)[0] in "LNPS" and letter not in BLANKS for letter in text)


def said(text: str) -> str:
    """What of somebody's words can be seen, trimmed; nothing where none of it shows. Lines stay lines. Hebrew
    and Arabic letters run right by themselves: what turns the direction goes with the rest."""
    if not is_visible(text):
        return ""
    lines = text.replace("\r\n", "\n").translate(dict.fromkeys(map(ord, BREAKS), "\n")).split("\n")
    return "\n".join(map(_seen, lines)).strip()


def hides_something(text: str) -> bool:
    """Whether it breaks its line or holds a character that nobody sees, in which two texts could differ."""
    return _seen(text) != text


def hidden_in(lines: Mapping[str, str]) -> dict[str, str]:
    """The mend for each of these lines (a name, a unit) that hides something. One of which nothing shows at
    all says nothing, which is another fault."""
    return {
        name: ONE_LINE for name, line in lines.items() if is_visible(line) and hides_something(line.strip())
    }


def in_words(text: str) -> bool:
    """Whether it holds a word: a dot or "-" says nothing of what was done."""
    return any(here.isalpha() and there.isalpha() for here, there in pairwise(text))


def _seen(line: str) -> str:
    shown = [""]
    for at, letter in enumerate(line):
        if letter == "\t":
            shown.append(" ")
        elif not _is_hidden(letter, shown[-1], line[at + 1 : at + 2]):
            shown.append(letter)
    return "".join(shown)


def _is_hidden(letter: str, before: str, after: str) -> bool:
    """Whether nobody sees it after the last letter that is seen, before the next."""
    category = unicodedata.category(letter)
    if letter in JOINERS:
        return not (before and after and _kind(before) in "LMS" and _kind(after) in "LS")
    if letter in BLANKS or category in HIDDEN:
        return True
    if _within(letter, SELECTORS):
        return not before or (_kind(before) != "S" and not _within(before, CHINESE))
    # A mark is seen with the letter that it belongs to.
    return category[0] == "M" and (not before or before.isspace())


def _kind(letter: str) -> str:
    return unicodedata.category(letter)[0]


def _within(letter: str, ranges: Iterable[tuple[str, str]]) -> bool:
    return any(first <= letter <= last for first, last in ranges)
