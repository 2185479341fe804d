"""What a template asks an object for in vain is heard (`tests.plugins.templates`)."""

import logging
from dataclasses import dataclass

import pytest
from django.template import engines

from tests.plugins.templates import Missed


@dataclass
class Visit:
    chair: str | None = None


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("{{ visit.nurse }}", {"unknown: Visit has no nurse"}),
        ("{% if visit.nurse %}{% endif %}", {"unknown: Visit has no nurse"}),
        ("{{ visit.chair }}{{ visit.chair.name }}{{ left_out }}{{ named.nothing }}", set()),
    ],
)
def test_what_an_object_has_not_got_is_heard_and_what_a_page_leaves_out_is_not(
    asked: str, told: set[str]
) -> None:
    [missed] = [each for each in logging.getLogger("django.template").filters if isinstance(each, Missed)]
    engines["django"].from_string(asked).render({"visit": Visit(), "named": {}})
    heard = set(missed.told)
    missed.told.clear()  # or this story would fail by it
    assert heard == told
