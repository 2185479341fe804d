"""A grid of cells, the stronger the colour the more: such as how much of each hour is booked; pure.

Each cell has its number in it, so that a grey print tells as much as the screen.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from web.plots.marks import Tick

WIDTH: Final = 640
CELL_HEIGHT: Final = 40
# Where the next stronger tone begins.
STEPS: Final = (0.1, 0.3, 0.5, 0.7, 0.9)


@dataclass(frozen=True)
class Amount:
    """What a cell shows: a share from 0 to 1, and its words; without a share there was nothing to fill."""

    share: float | None
    words: str


@dataclass(frozen=True)
class Cell:
    """One cell; `tone` counts from 1, the faintest, to 6, the strongest, and is 0 where there was nothing."""

    x: float
    y: float
    middle_x: float
    middle_y: float
    tone: int
    label: str
    words: str


@dataclass(frozen=True)
class RowName:
    y: float
    words: str


@dataclass(frozen=True)
class Heat:
    """`cell_width` and `cell_height` hold for all of them; `view` is the picture's `viewBox`."""

    cells: list[Cell]
    cell_width: float
    height: float
    rows: list[RowName]
    columns: list[Tick]
    view: str
    cell_height: float = CELL_HEIGHT


def heat(amounts: Mapping[tuple[int, int], Amount], *, rows: Sequence[str], columns: Sequence[str]) -> Heat:
    """The amounts by (row, column), counted from 0, in a grid with these names. Where none is given the cell
    stays empty."""
    width = round(WIDTH / len(columns), 2)
    middle = CELL_HEIGHT / 2
    return Heat(
        cells=[
            Cell(
                x=round(column * width, 2),
                y=row * CELL_HEIGHT,
                middle_x=round((column + 0.5) * width, 2),
                middle_y=row * CELL_HEIGHT + middle,
                tone=tone_of(amount.share),
                label="" if amount.share is None else f"{amount.share * 100:.0f}",
                words=amount.words,
            )
            for (row, column), amount in sorted(amounts.items())
        ],
        cell_width=width,
        height=len(rows) * CELL_HEIGHT,
        rows=[RowName(place * CELL_HEIGHT + middle, words) for place, words in enumerate(rows)],
        columns=[Tick(round((place + 0.5) * width, 2), words) for place, words in enumerate(columns)],
        view=f"-76 -2 {WIDTH + 78} {len(rows) * CELL_HEIGHT + 38}",
    )


def tone_of(share: float | None) -> int:
    if share is None:
        return 0
    return 1 + sum(share >= step for step in STEPS)
