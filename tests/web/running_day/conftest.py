"""The synthetic clinic on its running day, made once for all stories that look at it."""

from collections.abc import Iterator

import pytest
from pytest_django import DjangoDbBlocker

from clinic.models import Clinic
from tests.browser import copies


@pytest.fixture(scope="package")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Clinic]:
    """The stories of this folder are undone one by one; none may commit."""
    with django_db_blocker.unblock(), copies.running_day() as clinic:
        yield clinic
