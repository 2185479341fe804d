"""What stands in a picture at a place of its own, each with its words; pure."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Mark:
    """One point, and what it tells whoever points at it."""

    x: float
    y: float
    words: str


@dataclass(frozen=True)
class Rule:
    """A level across the whole picture, such as a limit."""

    y: float
    words: str


@dataclass(frozen=True)
class Tick:
    """A round value at the lower edge."""

    x: float
    words: str


@dataclass(frozen=True)
class Stretch:
    """Some of the time, from edge to edge of the picture."""

    x: float
    width: float
    words: str
