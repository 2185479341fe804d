"""The alphabet of text messages (3GPP TS 23.038) and how many segments a text takes. Pure: no Django.

A text of one segment is at most 160 characters of this alphabet; one character outside of it makes every
segment 70 characters long, so such a text is refused, not sent dear.
"""

import unicodedata
from typing import Final

ALPHABET: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    "ÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
# Each of these is sent as two characters.
EXTENDED: Final = frozenset("^{}\\[~]|€")
ALL: Final = ALPHABET | EXTENDED
ONE_SEGMENT: Final = 160
ONE_OF_UCS2: Final = 70  # once a single letter is outside of the alphabet
OF_MANY: Final = 153  # the rest of each says which part it is


def outside(text: str) -> list[str]:
    """The characters that a text message can't have, in the order in which they come."""
    return [letter for letter in dict.fromkeys(text) if letter not in ALL]


def plain(text: str) -> str:
    """The text with what a text message can't have as its base letter, or left out where it has none."""
    return "".join(letter if letter in ALL else _base(letter) for letter in text)


def _base(letter: str) -> str:
    base = unicodedata.normalize("NFKD", letter)[0]
    return base if base in ALPHABET else ""


def length(text: str) -> int:
    return sum(2 if letter in EXTENDED else 1 for letter in text)


def segments(text: str) -> int:
    """How many segments a text of this alphabet takes."""
    size = length(text)
    return 1 if size <= ONE_SEGMENT else -(-size // OF_MANY)
