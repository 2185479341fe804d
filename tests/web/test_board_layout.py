"""Where things stand on the day board and over a week: columns, hours on the wall, shades, gaps, load."""

import re
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest
from django.conf import settings

from scheduler.finding.availability import minute_of
from scheduler.finding.packing import Rectangle
from tests.cast import TODAY, ZONE, local
from web.board import load, week
from web.board.layout import MOST_COLUMNS, Away, Band, Line, Phase, Place, Shade, by_name, gaps, shades

SPRING, AUTUMN = date(2027, 3, 14), date(2027, 11, 7)  # the days on which Chicago's clocks change


def at(wall_time: str, day: date = TODAY) -> int:
    return minute_of(local(day, wall_time))


def day_line(day: date = TODAY, opens: str = "8:00", closes: str = "17:00") -> Line:
    line = Line.around([(at(opens, day), at(closes, day))])
    assert line is not None
    return line


def test_the_board_reaches_from_the_first_hours_to_the_last_on_half_hours() -> None:
    line = Line.around([(at("8:40"), at("12:00")), (at("13:00"), at("17:10"))])
    assert line == Line(at("8:30"), 9 * 12)
    assert line.closes == at("17:30")
    assert Line.around([]) is None


def test_a_block_takes_the_columns_that_it_touches() -> None:
    line = day_line()
    assert line.place(at("9:00"), at("11:00")) == Place(12, 24)
    assert line.place(at("9:02"), at("9:11")) == Place(12, 3)
    assert line.place(at("7:00"), at("8:30")) == Place(0, 6)
    assert line.place(at("16:30"), at("19:00")) == Place(102, 6)
    assert line.place(at("9:00"), at("11:00")).classes == "from-12 long-24"


def test_no_board_has_more_columns_than_there_are_classes_for() -> None:
    longest = Line.around([(at("0:00"), at("0:00") + 3 * 24 * 60)])
    assert longest is not None
    assert longest.columns == MOST_COLUMNS
    sheet = (Path(settings.BASE_DIR) / "web/static/web/board_grid.css").read_text()
    classes = {
        name: {int(number) for number in re.findall(rf"\.{name}-(\d+)", sheet)}
        for name in ("from", "long", "columns")
    }
    assert classes["from"] == set(range(MOST_COLUMNS + 1))
    assert classes["long"] == set(range(1, MOST_COLUMNS + 1))
    assert classes["columns"] == set(range(6, MOST_COLUMNS + 1, 6))


@pytest.mark.parametrize(
    ("day", "hours", "labels"),
    [
        (SPRING, 23, ["01:00", "03:00", "04:00"]),
        (TODAY, 24, ["01:00", "02:00", "03:00"]),
        (AUTUMN, 25, ["01:00", "01:00", "02:00"]),
    ],
)
def test_a_day_of_23_or_25_hours_is_that_long_on_the_board(day: date, hours: int, labels: list[str]) -> None:
    line = Line.around([(at("0:00", day), at("0:00", day + timedelta(days=1)))])
    assert line is not None
    assert line.columns == hours * 12
    ticks = list(line.ticks(ZONE))
    assert [tick.label for tick in ticks[1:4]] == labels
    assert [tick.place for tick in ticks[1:3]] == [Place(12, 12), Place(24, 12)]
    assert line.place(at("9:00", day), at("11:00", day)) == Place((hours - 15) * 12, 24)


def test_hours_of_a_zone_off_by_a_quarter_stand_at_their_quarter() -> None:
    opens = minute_of(datetime(2027, 1, 11, 2, 15, tzinfo=UTC))  # 8:00 in Kathmandu
    line = Line.around([(opens, opens + 60)])
    assert line is not None
    ticks = list(line.ticks("Asia/Kathmandu"))
    assert [(tick.label, tick.place.first) for tick in ticks] == [("08:00", 3), ("09:00", 15)]


def test_what_is_shut_says_why() -> None:
    line = day_line()
    hours = [(at("9:00"), at("12:00")), (at("13:00"), at("16:00"))]
    away = [Away(at("16:30"), at("20:00"), "Out of order")]
    assert shades(hours, away, line, closed="Closed", between="Break") == [
        Shade(Place(0, 12), "Closed"),
        Shade(Place(48, 12), "Break"),
        Shade(Place(96, 6), "Closed"),
        Shade(Place(102, 6), "Out of order"),
    ]


def test_a_chair_without_hours_is_shut_all_day_and_the_first_reason_holds() -> None:
    line = day_line()
    all_day = (at("0:00"), at("23:00"))
    away = [Away(*all_day, "Thanksgiving"), Away(*all_day, "Leave")]
    assert shades([], away, line, closed="Closed", between="Break") == [Shade(Place(0, 108), "Thanksgiving")]
    assert shades([], [], line, closed="Closed", between="Break") == [Shade(Place(0, 108), "Closed")]


def test_free_time_is_open_not_taken_still_to_come_and_long_enough() -> None:
    line = day_line()
    hours = [(at("8:00"), at("12:00")), (at("13:00"), at("17:00"))]
    taken = [(at("9:30"), at("11:33")), (at("13:25"), at("16:10"))]
    assert gaps(hours, taken, line, since=at("8:12")) == [
        (at("8:15"), at("9:30")),
        (at("16:10"), at("17:00")),
    ]
    assert gaps(hours, [], line, since=at("18:00")) == []


def test_phases_stand_inside_their_block() -> None:
    line = day_line()
    phases = [
        Phase("preparation", at("9:00"), at("9:20")),
        Phase("infusion", at("9:20"), at("10:00")),
        Phase("observation", at("10:00"), at("11:00")),
    ]
    assert line.bands(phases, at("9:00"), at("10:30")) == (
        Band("preparation", 4),
        Band("infusion", 8),
        Band("observation", 6),
    )


def test_chair_2_comes_before_chair_10() -> None:
    assert sorted(["Chair 10", "chair 2", "Annex", "Chair 1"], key=by_name) == [
        "Annex",
        "Chair 1",
        "chair 2",
        "Chair 10",
    ]


def test_a_nurses_load_is_the_sum_of_what_she_has_in_hand() -> None:
    taken = [
        Rectangle(at("9:00"), at("9:20"), 0, 6),
        Rectangle(at("9:20"), at("10:00"), 0, 3),
        Rectangle(at("9:40"), at("10:20"), 3, 6),
        Rectangle(at("17:00"), at("19:00"), 0, 2),
    ]
    drawn = load.strip(taken, 6, at("8:00"), at("17:00"))
    assert [(step.start, step.end, step.units) for step in drawn.steps] == [
        (at("9:00"), at("9:20"), 6),
        (at("9:20"), at("9:40"), 3),
        (at("9:40"), at("10:00"), 6),
        (at("10:00"), at("10:20"), 3),
    ]
    assert (drawn.most, drawn.full_minutes) == (6, 40)
    assert load.strip([], 6, at("8:00"), at("17:00")).most == 0


@pytest.mark.parametrize("day", [SPRING, TODAY, AUTUMN])
def test_nine_oclock_stands_at_the_same_place_on_every_day_of_a_week(day: date) -> None:
    assert week.on_wall((at("9:00", day), at("17:00", day)), day, ZONE) == (9 * 60, 17 * 60)


def test_a_week_counts_what_goes_past_midnight_on() -> None:
    late = week.on_wall((at("22:00"), at("1:00", TODAY + timedelta(days=1))), TODAY, ZONE)
    assert late == (22 * 60, 25 * 60)
    scale = week.Scale.around([late, (8 * 60 + 30, 17 * 60)])
    assert scale == week.Scale(8 * 60, 25 * 60)
    assert scale.ends == ("08:00", "01:00")


def test_free_time_of_a_week_is_what_is_open_less_what_is_taken() -> None:
    hours, taken = [(at("8:00"), at("12:00"))], [(at("7:00"), at("8:30")), (at("9:00"), at("9:30"))]
    assert week.free_minutes(hours, taken, at("0:00"), at("23:00")) == 180
    assert week.free_minutes(hours, taken, at("11:00"), at("23:00")) == 60
    assert week.free_minutes(hours, taken, at("23:00"), at("22:00")) == 0
