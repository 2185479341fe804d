"""Which way a vital sign went."""

import pytest

from sessions_app.observing.trends import direction


@pytest.mark.parametrize(
    ("values", "said"),
    [
        ([], None),
        ([120], None),
        ([120, 128], "rising"),
        ([120, 118, 131], "rising"),
        ([120, 131, 128], "steady"),
        ([131, 120, 128], "steady"),
        ([120, 120], "steady"),
        ([98, 97, 92], "falling"),
        ([120, 131, 131], "steady"),
    ],
)
def test_the_newest_rises_above_or_falls_below_every_other(values: list[int], said: str | None) -> None:
    assert direction(values) == said
