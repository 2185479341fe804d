"""Where a course's readings, limits and events stand in its picture."""

from datetime import UTC, datetime, timedelta
from itertools import pairwise

from web.plots.live_chart import (
    INSET,
    LANES,
    LEFT,
    LINE,
    RIGHT,
    ROWS,
    Course,
    Event,
    Limit,
    Pause,
    Reading,
    Watched,
    live_chart,
)

FIRST = datetime(2027, 1, 11, 9, tzinfo=UTC)
LAST = FIRST + timedelta(minutes=60)
MIDDLE = (LEFT + RIGHT) / 2


def at(minutes: int) -> datetime:
    return FIRST + timedelta(minutes=minutes)


def reading(minutes: int, low: int, high: int, mean: float | None = None) -> Reading:
    return Reading(at(minutes), f"{high}/{low}", {"pressure": (low, high)}, mean=mean)


def test_a_pressure_is_a_bar_in_a_band_and_its_line_goes_through_the_means() -> None:
    chart = live_chart(Course(FIRST, LAST, [reading(0, 60, 120, 80), reading(60, 80, 140, 100)]))
    pressure = chart.lanes[0]
    top, foot, _ = LANES["pressure"]
    assert [tick.words for tick in pressure.ticks] == ["60", "80", "100", "120", "140"]
    assert (pressure.ticks[0].y, pressure.ticks[-1].y) == (foot, top)
    begins, ends = LEFT + INSET, RIGHT - INSET
    assert pressure.band == f"{begins}.0,63.0 {ends}.0,{top}.0 {ends}.0,153.0 {begins}.0,{foot}.0"
    assert pressure.line == f"{begins}.0,153.0 {ends}.0,108.0"
    [dot] = chart.looks[0].dots
    assert (dot.y, dot.lower) == (63, foot)
    assert [lane.line for lane in chart.lanes[1:]] == ["", ""]


def test_a_sign_that_was_not_measured_leaves_no_dot_and_the_others_stay() -> None:
    values = Reading(at(10), "98 %", {"saturation": (98, 98)})
    chart = live_chart(Course(FIRST, LAST, [reading(0, 60, 120), values]))
    assert [[dot.sign for dot in look.dots] for look in chart.looks] == [["pressure"], ["saturation"]]
    assert chart.lanes[0].line.count(",") == 1


def test_only_the_sign_that_is_past_a_limit_is_marked() -> None:
    values = Reading(
        at(10), "165/80, 71", {"pressure": (80, 165), "heart_rate": (71, 71)}, past={"pressure": "caution"}
    )
    [look] = live_chart(Course(FIRST, LAST, [values])).looks
    assert [(dot.sign, dot.past) for dot in look.dots] == [("pressure", "caution"), ("heart_rate", None)]


def test_each_set_is_the_nearest_one_from_halfway_to_halfway() -> None:
    chart = live_chart(Course(FIRST, LAST, [reading(60, 60, 120), reading(0, 61, 121), reading(30, 62, 122)]))
    assert [look.words for look in chart.looks] == ["121/61", "122/62", "120/60"]
    assert chart.looks[0].left == LEFT
    for one, other in pairwise(chart.looks):
        assert one.left + one.width == other.left == (one.x + other.x) / 2
    assert chart.looks[-1].left + chart.looks[-1].width == RIGHT


def test_limits_are_in_the_picture_and_their_words_apart() -> None:
    limits = [
        Limit("heart_rate", "stop", 40, "stop < 40"),
        Limit("heart_rate", "caution", 50, "caution < 50"),
        Limit("heart_rate", "stop", 150, "stop > 150"),
    ]
    values = Reading(at(5), "71", {"heart_rate": (71, 71)})
    lane = live_chart(Course(FIRST, LAST, [values], limits=limits)).lanes[1]
    assert [line.words for line in lane.limits] == ["stop < 40", "caution < 50", "stop > 150"]
    assert all(lane.top <= line.y <= lane.foot for line in lane.limits)
    places = [line.words_y for line in lane.limits]
    assert all(below - above >= LINE for below, above in pairwise(places))
    assert lane.limits[0].words_y == lane.limits[0].y


def test_events_stand_in_their_rows_pauses_over_their_time_and_the_key_names_what_is_there() -> None:
    chart = live_chart(
        Course(
            FIRST,
            LAST,
            [reading(0, 60, 120)],
            events=[Event(at(45), "effect", "Nausea", "patient"), Event(at(30), "rate", "150 mL/h")],
            pauses=[Pause(at(15), at(45), "Paused")],
            now=at(30),
        )
    )
    assert [(event.words, event.y) for event in chart.happenings] == [
        ("150 mL/h", ROWS["steps"]),
        ("Nausea", ROWS["patient"]),
    ]
    assert chart.happenings[0].x == chart.now == MIDDLE
    [pause] = chart.pauses
    assert pause.x + pause.width / 2 == MIDDLE
    assert pause.width == (RIGHT - LEFT) / 2 - INSET
    assert [key.words for key in chart.key] == ["new rate", "side effect"]


def test_what_a_monitor_showed_is_a_stroke_a_minute_behind_the_sets() -> None:
    watched = [Watched(at(30), {"saturation": (92, 97)}), Watched(at(31), {"heart_rate": (70, 70)})]
    values = Reading(at(0), "98 %", {"saturation": (98, 98)})
    chart = live_chart(Course(FIRST, LAST, [values], watched=watched))
    assert chart.is_monitored
    lane = chart.lanes[2]
    assert lane.watched.startswith(f"M{MIDDLE} ")
    assert lane.watched.count("M") == 1
    assert lane.line.count(",") == 1, "and no part of the line"
    assert not live_chart(Course(FIRST, LAST, [values])).is_monitored
