"""Fixtures that every story may use. The cast itself stands in tests/cast.py."""

from collections.abc import Iterator

import pytest
from django.core.cache import cache

from tests.cast import House, make_house


@pytest.fixture
def house(db: None) -> House:
    """Lakeside with its staff and patients."""
    return make_house()


@pytest.fixture
def other_house(db: None) -> House:
    """Hillside: another clinic, whose people must see nothing of Lakeside."""
    return make_house("Hillside", zone="America/Phoenix")


@pytest.fixture(autouse=True)
def _empty_cache() -> Iterator[None]:
    """Rate limits and sessions of one story must not reach the next."""
    yield
    cache.clear()
