"""Columns side by side, with frames and names."""

from web.plots.columns import HEIGHT, Amount, columns


def test_columns_rise_from_the_foot_on_one_round_scale() -> None:
    drawn = columns([Amount(5, "five"), Amount(20, "twenty", strong=True)])
    low, high = drawn.columns
    assert (low.y + low.height, high.y + high.height) == (HEIGHT, HEIGHT)
    assert (low.height, high.height, high.strong) == (40, 160, True)
    assert [rule.words for rule in drawn.rules] == ["0", "5", "10", "15", "20"]
    assert low.x + low.width < high.x


def test_a_frame_may_be_higher_than_its_column_and_fits_too() -> None:
    (column,) = columns([Amount(6, "6 of 18", frame=18)]).columns
    assert column.frame_y is not None
    assert column.frame_y < column.y
    assert column.frame_y >= 0


def test_of_a_years_names_only_so_many_stand_as_have_room() -> None:
    drawn = columns([Amount(1, "", name=f"Day {place}") for place in range(366)])
    assert len(drawn.names) <= 7
    assert drawn.names[0].words == "Day 0"


def test_nothing_at_all_is_drawn_without_a_fault() -> None:
    assert columns([]).columns == []
    assert columns([Amount(0, "none")]).columns[0].height == 0
