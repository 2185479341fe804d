"""Which stories go together, and which go first, is said by name: a name that is gone would say nothing."""

from pathlib import Path

import pytest

from tests.plugins.workers import FIRST, TOGETHER, goes_with

ROOT = Path(__file__).resolve().parent.parent


@pytest.mark.parametrize("name", [*FIRST, *(name for line in TOGETHER for name in line)])
def test_every_name_is_one_of_a_story_or_a_place(name: str) -> None:
    place, _, story = name.partition("::")
    assert (ROOT / place).exists()
    assert not story or f"def {story}" in (ROOT / place).read_text()


def test_the_stories_of_one_line_go_to_one_worker() -> None:
    tour = "tests/browser/test_pages.py::test_the_pages_of_the_day_are_whole"
    assert goes_with(tour) == goes_with("tests/web/running_day/test_story.py::test_any")
    assert goes_with("tests/test_routes.py::test_one") != goes_with("tests/test_routes.py::test_two")
