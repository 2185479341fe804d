"""The stair of how long something lasts."""

from web.plots.survival import Step, survival, watched_on

# Three responders: one lost on day 28, one watched until then, one until day 56.
STEPS = [Step(28, 3, 1, 1, 2 / 3), Step(56, 1, 0, 1, 2 / 3)]


def test_it_falls_in_steps_and_marks_whose_watch_ended() -> None:
    drawn = survival(STEPS, least_days=56)
    assert drawn is not None
    assert drawn.path == "0.0,0.0 320.0,0.0 320.0,66.7 640.0,66.7 640.0,66.7"
    assert [(mark.x, mark.y) for mark in drawn.censored] == [(320.0, 66.7), (640.0, 66.7)]
    assert [day.words for day in drawn.days] == ["0", "14", "28", "42", "56"]


def test_below_each_day_stands_how_many_were_still_watched() -> None:
    drawn = survival(STEPS, least_days=56)
    assert drawn is not None
    assert [number.words for number in drawn.watched] == ["3", "3", "3", "1", "1"]
    assert watched_on(STEPS, 57) == 0


def test_a_short_watch_does_not_fill_the_picture() -> None:
    drawn = survival([Step(7, 1, 0, 1, 1.0)], least_days=56)
    assert drawn is not None
    assert drawn.censored[0].x == 80


def test_of_nobody_there_is_no_picture() -> None:
    assert survival([], least_days=56) is None
