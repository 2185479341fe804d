"""How hard a text is to read, pure: for the stories that hold patients' words at a reader of about twelve.

English by the Automated Readability Index (Smith and Senter 1967): a US school grade, from characters a word
and words a sentence. Spanish by the Szigriszt-Pazos perspicuity on the INFLESZ scale (Barrio-Cantalejo 2008):
from syllables a word and words a sentence, the higher the easier.
"""

import re
from collections.abc import Sequence
from typing import Final

_WORD: Final = re.compile(r"[^\W\d_]+(?:['\u2019][^\W\d_]+)?")
# What ends a sentence: a mark of its own before a space, or the end of a line. "g:i A" and "a.m." don't.
_END: Final = re.compile(r"(?<=[.!?:;])\s+|\n+")
# Two strong vowels are two syllables, and so is a weak one with an accent beside a strong one.
_NUCLEUS: Final = re.compile(r"[iuü]?[aeoáéó][iuüy]?(?![íú])|[iuü]?[aeoáéó]|[íú]|[iuü]{1,2}|y\b")


def sentences(texts: Sequence[str]) -> list[list[str]]:
    """The words of each sentence; a text without an end mark is one, as a label or a button is."""
    found = ([*_WORD.findall(part)] for text in texts for part in _END.split(text))
    return [words for words in found if words]


def syllables(word: str) -> int:
    """Of a Spanish word; at least one."""
    sounded = re.sub(r"qu(?=[eéií])", "k", re.sub(r"gu(?=[eéií])", "g", word.lower()))
    return max(len(_NUCLEUS.findall(sounded)), 1)


def school_grade(texts: Sequence[str]) -> float:
    """The US school grade that an English text asks for; a reader of twelve is in the sixth or seventh."""
    found = sentences(texts)
    words = [word for sentence in found for word in sentence]
    characters = sum(len(word) for word in words)
    return 4.71 * characters / len(words) + 0.5 * len(words) / len(found) - 21.43


def perspicuity(texts: Sequence[str]) -> float:
    """Of a Spanish text: below 40 very hard, to 55 rather hard, to 65 normal, to 80 rather easy, above it
    very easy."""
    found = sentences(texts)
    words = [word for sentence in found for word in sentence]
    return 206.835 - 62.3 * sum(map(syllables, words)) / len(words) - len(words) / len(found)
