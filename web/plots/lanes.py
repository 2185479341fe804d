"""Rows that each have their words above their bar, from top to bottom of a picture; pure.

Words stand above and not before the bar: a long name then has the whole width, on a phone too.
"""

from typing import Final

WIDTH: Final = 640
WORDS: Final = 24  # from the top of a lane to the foot of its words
BAR: Final = 22
GAP: Final = 18
# In a line of the size that a phone needs.
MOST_LETTERS: Final = 52
MOST_AT_A_DESK: Final = 80
FEWEST_LETTERS: Final = 12
LANE: Final = WORDS + 8 + BAR + GAP


def fitting(words: str, told: str, *, most: int = MOST_LETTERS) -> str:
    """So much of the words as stands beside what is told, on a phone or, with `most`, at a desk; the marks
    tell all of them."""
    room = max(most - len(told), FEWEST_LETTERS)
    return words if len(words) <= room else f"{words[: room - 1].rstrip(' ,:')}…"


def words_at(place: int) -> float:
    """The foot of the words of the lane at this place, counted from 0."""
    return place * LANE + WORDS


def bar_at(place: int) -> float:
    """The top of its bar."""
    return place * LANE + WORDS + 8


def view_of(lanes: int) -> str:
    """The picture's `viewBox`: a little air on both sides, and room for the scale's words below."""
    return f"-8 0 {WIDTH + 16} {height_of(lanes) + 34:g}"


def height_of(lanes: int) -> float:
    """From the top of the first to the foot of the last bar, and a little air."""
    return lanes * LANE - GAP + 6
