"""Fixtures that every story may use. The cast itself stands in tests/cast.py.

A story that needs commits and real connections (a race, `in_transaction` retries, on-commit work) asks
for `transactional_db` or is marked `django_db(transaction=True)`; the tables are emptied after it, the
append-only ones too (tests/emptying.py). `tests/at_once.py` runs calls on connections of
their own.
"""

import gc
import os
from collections.abc import Iterator
from typing import Any

import hypothesis
import pytest
from django.conf import settings
from django.contrib.auth.hashers import Argon2PasswordHasher
from django.core.cache import cache
from django.db import connection
from django.test import TestCase, TransactionTestCase, client, override_settings
from django.test.client import store_rendered_templates  # type: ignore[attr-defined]  # not documented
from pytest_django import DjangoDbBlocker

from tests.cast import House, make_house
from tests.emptying import empty_tables
from tests.kept import GROUND

# How long one example takes is the machine's affair, and on a busy one no fault.
hypothesis.settings.register_profile("house", deadline=None)
hypothesis.settings.load_profile("house")


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


def pytest_collection_finish() -> None:
    """What has been imported stays to the end: no collection of garbage need look through it again."""
    gc.collect()
    gc.freeze()


@pytest.fixture(scope="session")
def django_db_setup(request: pytest.FixtureRequest, django_db_blocker: DjangoDbBlocker) -> Iterator[None]:
    """As pytest-django makes the database, out of the one whose tables are made (`embedded.migrated`).

    It is migrated all the same: what that one should lack is caught up with. The models that the migrations
    draw are garbage soon: looking for it all the while took a sixth of the time.
    """
    if template := os.environ.get("MIGRATED_DATABASE"):
        connection.settings_dict["TEST"]["TEMPLATE"] = template
    gc.disable()
    request.getfixturevalue("django_db_setup")
    gc.enable()
    # What a database itself grants is not copied with its tables (0002_append_only).
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        name = connection.ops.quote_name(connection.settings_dict["NAME"])
        cursor.execute(f"REVOKE TEMPORARY ON DATABASE {name} FROM PUBLIC")
    yield
    with django_db_blocker.unblock():
        GROUND.clear()


def keep_the_page_alone(store: dict[str, Any], *args: Any, **told: Any) -> None:
    """In place of the function of Django's test client that is told of every template, included ones too."""
    if "context" not in store:
        store_rendered_templates(store, *args, **told)


@pytest.fixture(scope="session", autouse=True)
def _what_is_dear_on_purpose_is_cheap() -> Iterator[None]:
    """Argon2 at its least: what a password costs is held where the settings are read. And no look through
    all static files each time a story makes a client, with middleware of its own. And what a page shows is
    kept once, not copied for each of the hundreds of parts that it is put together from.
    """
    patch = pytest.MonkeyPatch()
    for cost, least in {"time_cost": 1, "memory_cost": 8, "parallelism": 1}.items():
        patch.setattr(Argon2PasswordHasher, cost, least)
    patch.setattr(client, "store_rendered_templates", keep_the_page_alone)
    with override_settings(WHITENOISE_AUTOREFRESH=True):
        GROUND.unpatched = settings._wrapped  # type: ignore[misc]  # not documented
        yield
    patch.undo()


@pytest.fixture(scope="session", autouse=True)
def _only_full_tables_are_emptied() -> Iterator[None]:
    """After a transactional story, in place of Django's flush: a tenth of its time."""
    patch = pytest.MonkeyPatch()
    patch.setattr(TransactionTestCase, "_fixture_teardown", lambda case: empty_tables())
    yield
    patch.undo()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    GROUND.fixtures = item.funcargs  # type: ignore[attr-defined]


@pytest.fixture(scope="session", autouse=True)
def _what_is_kept_lies_below_the_story() -> Iterator[None]:
    """What `tests.kept` keeps, where Django begins and ends a story; nothing where one commits."""
    enter, end = TestCase._enter_atomics.__func__, TestCase._fixture_teardown  # type: ignore[attr-defined]
    commit = TransactionTestCase._fixture_setup.__func__  # type: ignore[attr-defined]

    def lay_and_enter(case: type[TestCase]) -> Any:
        GROUND.lay()
        blocks = enter(case)
        GROUND.begin(blocks["default"])
        return blocks

    def leave_and_end(case: TestCase) -> None:
        GROUND.end()
        end(case)

    def clear_and_commit(case: type[TransactionTestCase]) -> None:
        GROUND.clear()
        commit(case)

    patch = pytest.MonkeyPatch()
    patch.setattr(TestCase, "_enter_atomics", classmethod(lay_and_enter))
    patch.setattr(TestCase, "_fixture_teardown", leave_and_end)
    patch.setattr(TransactionTestCase, "_fixture_setup", classmethod(clear_and_commit))
    yield
    patch.undo()
