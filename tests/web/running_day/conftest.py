"""The synthetic clinic on its running day: made once for the stories of this folder, which only look at it.

They go to one worker: see TOGETHER in tests/plugins/workers.py.
"""

from collections.abc import Iterator

import pytest
import time_machine
from django.db import transaction
from pytest_django import DjangoDbBlocker

from clinic.models import Clinic
from tests.browser.demo import MIDDAY
from web.demo import story


@pytest.fixture(scope="package")
def demo(django_db_setup: None, django_db_blocker: DjangoDbBlocker) -> Iterator[Clinic]:
    """What the story of `web.demo` tells, and nothing besides."""
    with django_db_blocker.unblock(), transaction.atomic():
        with time_machine.travel(MIDDAY, tick=False):
            clinic = story.create(now=MIDDAY, say=lambda line: None)
        yield clinic
        transaction.set_rollback(True)
