"""Columns side by side: how many of each kind there are, or one for each day; pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

from web.plots.marks import Rule, Tick
from web.plots.scale import Scale, numbers, rounded_out, step_of

WIDTH: Final = 640
HEIGHT: Final = 160
# Of the room of each, so much is its column; the rest keeps it from the next one.
FILLED: Final = 0.82
MOST_NAMED: Final = 7


@dataclass(frozen=True)
class Amount:
    """`frame` is drawn round the column and may be higher: such as how much there was to take. `strong` sets
    it apart from the others."""

    value: float
    words: str
    name: str = ""
    frame: float | None = None
    strong: bool = False


@dataclass(frozen=True)
class Column:
    x: float
    y: float
    width: float
    height: float
    frame_y: float | None
    frame_height: float
    strong: bool
    words: str


@dataclass(frozen=True)
class Columns:
    columns: list[Column]
    rules: list[Rule]
    names: list[Tick]


def columns(amounts: Sequence[Amount]) -> Columns:
    """All on one scale from nothing up. Without room for all names every second or third stands."""
    highest = max([1.0, *(max(each.value, each.frame or 0.0) for each in amounts)])
    top = rounded_out(0, highest, step_of(0, highest))[1]
    up = Scale(0.0, float(top), HEIGHT, 0)
    room = WIDTH / max(len(amounts), 1)
    width = round(room * FILLED, 2)
    named = [place for place, each in enumerate(amounts) if each.name]
    every = -(-len(named) // MOST_NAMED) or 1
    return Columns(
        columns=[
            _column(each, round(place * room + (room - width) / 2, 2), width, up)
            for place, each in enumerate(amounts)
        ],
        rules=[Rule(up.at(value), f"{value:g}") for value in numbers(0, top)],
        names=[Tick(round((place + 0.5) * room, 1), amounts[place].name) for place in named[::every]],
    )


def _column(each: Amount, x: float, width: float, up: Scale[float]) -> Column:
    y = up.at(each.value)
    frame = None if each.frame is None else up.at(each.frame)
    return Column(
        x=x,
        y=y,
        width=width,
        height=round(HEIGHT - y, 1),
        frame_y=frame,
        frame_height=0.0 if frame is None else round(HEIGHT - frame, 1),
        strong=each.strong,
        words=each.words,
    )
