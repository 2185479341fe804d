"""Databases beside the worker's own: a copy of what stands in it, and the synthetic clinic's running day.

The day is dear to make, so it is made once for a worker; the stories that want it go to one (TOGETHER in
tests/plugins/workers.py). What happened in it is no business of this module.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Final

import time_machine
from django.db import connection

from clinic.models import Clinic
from tests.browser.demo import MIDDAY
from tests.kept import GROUND
from web.demo import story

THE_DAY: Final = "demo"


@contextmanager
def beside(name: str) -> Iterator[None]:
    """All that is asked within, by other threads as well, is asked of a copy of this database as it is now.

    The copy is gone after that. Nobody may be at work in this database.
    """
    _let_nobody_in()
    connection.creation.clone_test_db(name, verbosity=0)
    try:
        with _at(name):
            yield
    finally:
        connection.creation.destroy_test_db(suffix=name, verbosity=0)


@contextmanager
def running_day() -> Iterator[Clinic]:
    """All that is asked within is asked of the synthetic clinic at MIDDAY. Whoever writes there undoes it."""
    clinic = _made()
    with _at(THE_DAY):
        yield clinic


@cache
def _made() -> Clinic:
    """What the story of `web.demo` tells, and nothing besides, in a database of its own from now on."""
    _let_nobody_in()
    connection.creation.clone_test_db(THE_DAY, verbosity=0)
    with _at(THE_DAY), time_machine.travel(MIDDAY, tick=False):
        return story.create(now=MIDDAY, say=lambda line: None)


def _let_nobody_in() -> None:
    """A database is copied while nobody is connected: what the threads of an earlier story left open ends."""
    GROUND.clear()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    connection.close()


@contextmanager
def _at(name: str) -> Iterator[None]:
    """Connections of all threads read the name in this one place."""
    was = connection.settings_dict["NAME"]
    GROUND.clear()
    connection.close()
    connection.settings_dict["NAME"] = connection.creation.get_test_db_clone_settings(name)["NAME"]
    try:
        yield
    finally:
        GROUND.clear()
        connection.close()
        connection.settings_dict["NAME"] = was
