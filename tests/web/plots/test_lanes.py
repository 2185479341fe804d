"""Rows one below the other on one scale: shares with intervals, bars of parts, boxes."""

import pytest

from web.plots import lanes
from web.plots.boxes import Spread, boxes
from web.plots.intervals import Estimate, intervals
from web.plots.stacked import Bar, Part, stacked

LONG = "F32.2 Major depressive disorder, single episode, severe"


def test_words_stand_above_their_bar_and_no_lane_touches_the_next() -> None:
    assert lanes.words_at(0) < lanes.bar_at(0)
    assert lanes.bar_at(0) + lanes.BAR < lanes.words_at(1) - lanes.WORDS / 2
    assert lanes.height_of(2) > lanes.bar_at(1) + lanes.BAR


@pytest.mark.parametrize("told", ["", "1 of 1", "12 of 24: 50 % (31 to 69 %)", "t" * 60])
def test_words_are_cut_where_they_would_run_into_what_is_told(told: str) -> None:
    shown = lanes.fitting(LONG, told)
    assert shown.endswith("…")
    assert len(shown) + len(told) <= max(lanes.MOST_LETTERS, len(told) + lanes.FEWEST_LETTERS)
    assert lanes.fitting("Nausea", "3 of 4") == "Nausea"


# --- Intervals ---------------------------------------------------------------------------------------------


def test_points_lie_inside_their_intervals_on_one_round_scale() -> None:
    drawn = intervals(
        [
            Estimate("One", "3 of 40: 8 %", 0.075, 0.026, 0.199),
            Estimate("Other", "1 of 2", 0.2, 0.1, 0.3, hollow=True),
        ]
    )
    assert [tick.words for tick in drawn.ticks] == ["0 %", "10 %", "20 %", "30 %"]
    assert drawn.ticks[-1].x == 640
    one, other = drawn.rows
    assert (one.low, one.point, one.high) == (55.5, 160, 424.5)
    assert (other.point, other.hollow) == (426.7, True)
    assert one.whole == "One: 3 of 40: 8 %"


def test_a_share_of_nothing_has_its_words_and_no_point() -> None:
    drawn = intervals([Estimate("Nobody", "of nothing", None), Estimate("One", "1 of 1", 1.0, 0.2, 1.0)])
    assert drawn.rows[0].point is None
    assert drawn.ticks[-1].words == "100 %"


def test_no_interval_needs_a_scale_past_everything() -> None:
    (row,) = intervals([Estimate("All", "30 of 30", 1.0, 0.886, 1.0)]).rows
    assert (row.point, row.high) == (640, 640)


# --- Bars of parts ----------------------------------------------------------------------------------------


def test_parts_follow_each_other_and_what_is_nothing_is_not_drawn() -> None:
    drawn = stacked(
        [Bar("Nausea", "30 per 100", [Part("a", 20, "20"), Part("b", 0, "0"), Part("c", 10, "10")])]
    )
    (row,) = drawn.rows
    assert [(part.kind, part.x, part.width) for part in row.parts] == [("a", 0, 426.7), ("c", 426.7, 213.3)]
    assert [part.words for part in row.parts] == ["Nausea, 20", "Nausea, 10"]
    assert [tick.words for tick in drawn.ticks] == ["0", "10", "20", "30"]


def test_shares_of_a_whole_end_at_the_whole() -> None:
    drawn = stacked([Bar("All", "", [Part("a", 25, "a"), Part("b", 75, "b")])], unit=" %", top=100)
    assert sum(part.width for part in drawn.rows[0].parts) == 640
    assert drawn.ticks[-1].words == "100 %"


def test_bars_of_nothing_are_drawn_without_a_fault() -> None:
    assert stacked([Bar("None", "0", [Part("a", 0, "0")])]).rows[0].parts == []


# --- Boxes --------------------------------------------------------------------------------------------------


def test_a_box_holds_the_middle_half_and_the_plan_is_marked_on_the_same_scale() -> None:
    (row,) = boxes([Spread("Infusion", "50 min", 20, 40, 50, 60, 100, planned=40)], unit=" min").rows
    assert (row.low, row.box, row.box + row.box_width, row.high) == (128, 256, 384, 640)
    assert (row.median, row.planned, row.planned_words) == (320, 256, "Planned: 40 min")


def test_all_boxes_share_one_scale_which_reaches_below_nothing_where_values_do() -> None:
    drawn = boxes([Spread("Early", "", -20, -10, 0, 10, 20), Spread("Late", "", 0, 20, 40, 60, 80)])
    assert (drawn.ticks[0].words, drawn.ticks[0].x) == ("-50", 0)
    assert drawn.rows[0].planned is None
    assert drawn.rows[0].high == drawn.rows[1].box
