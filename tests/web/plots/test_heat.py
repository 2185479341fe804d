"""A grid of cells: where each stands, how dark it is, and that its number is in it."""

import pytest

from web.plots.heat import Amount, heat, tone_of


def test_cells_stand_in_their_row_and_column_with_their_number() -> None:
    drawn = heat(
        {(0, 0): Amount(0.5, "half"), (1, 3): Amount(1.0, "all")}, rows=["Mon", "Tue"], columns=list("abcd")
    )
    assert [(cell.x, cell.y, cell.label, cell.words) for cell in drawn.cells] == [
        (0, 0, "50", "half"),
        (480, 40, "100", "all"),
    ]
    assert (drawn.cell_width, drawn.height, drawn.view) == (160, 80, "-76 -2 718 118")
    assert [(row.y, row.words) for row in drawn.rows] == [(20, "Mon"), (60, "Tue")]
    assert [column.x for column in drawn.columns] == [80, 240, 400, 560]


@pytest.mark.parametrize(
    ("share", "tone"),
    [(None, 0), (0.0, 1), (0.09, 1), (0.1, 2), (0.3, 3), (0.69, 4), (0.7, 5), (0.9, 6), (1.0, 6)],
)
def test_the_more_the_darker_and_nothing_to_fill_is_no_tone(share: float | None, tone: int) -> None:
    assert tone_of(share) == tone


def test_what_could_not_be_filled_has_no_number() -> None:
    (cell,) = heat({(0, 0): Amount(None, "not open")}, rows=["Mon"], columns=["9:00"]).cells
    assert (cell.label, cell.tone) == ("", 0)
