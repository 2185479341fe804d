"""A restored backup starts with sending paused, and a flushed Valkey does not."""

from collections import Counter
from datetime import timedelta
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.db import connection
from redis.exceptions import ConnectionError as ValkeyIsGone

from clinic.problems import Forbidden
from notifications.delivering import delivery, restored, sending_state
from notifications.models import InboxItem, SendingState
from notifications.planning.planner import plan
from tests.cast import NOW, House
from tests.notifications.visits import book

MINUTE = timedelta(minutes=1)


@pytest.fixture(autouse=True)
def sent_before(house: House) -> None:
    """This database has sent Omar's confirmation; Rosa's is due."""
    book(house, house.omar)
    plan(now=NOW)
    assert drain() == {"sent": 1}
    book(house, house.rosa)
    plan(now=NOW)


def drain() -> Counter[Any]:
    return delivery.drain(clock=lambda: NOW)


def everything() -> SendingState:
    return SendingState.objects.get(name="all")


@pytest.mark.parametrize("part", [0, 1, 2], ids=["other system", "other timeline", "other database"])
def test_another_database_than_the_one_that_sent_last_sends_nothing(part: int) -> None:
    remembered = everything().database.split(":")
    remembered[part] = "1234"
    SendingState.objects.update(database=":".join(remembered))
    assert drain() == {}
    row = everything()
    assert (row.paused_at, row.paused_by, row.paused_why) == (NOW, None, restored.OTHER_DATABASE)
    assert InboxItem.objects.count() == 1


def test_a_database_that_has_gone_back_behind_valkey_sends_nothing() -> None:
    drain()
    SendingState.objects.update(drains=1)  # as the backup of an hour ago had it
    assert drain() == {}
    assert everything().paused_why == restored.AN_EARLIER_STATE


def test_a_flushed_valkey_is_no_sign() -> None:
    cache.clear()
    assert drain() == {"sent": 1}


def test_a_valkey_that_is_gone_is_no_sign(monkeypatch: pytest.MonkeyPatch) -> None:
    def gone(*_: Any, **__: Any) -> None:
        raise ValkeyIsGone

    monkeypatch.setattr(cache, "get", gone)
    monkeypatch.setattr(cache, "set", gone)
    assert drain() == {"sent": 1}


def test_a_valkey_behind_the_database_is_no_sign() -> None:
    cache.set(restored.DRAINS, 0, timeout=None)
    assert drain() == {"sent": 1}


@pytest.mark.parametrize("sign", ["database", "drains"])
def test_a_manager_resumes_it_and_it_stays_so(house: House, sign: str) -> None:
    changed: dict[str, Any] = {"database": "1:2:3"} if sign == "database" else {"drains": 0}
    SendingState.objects.filter(name="all").update(**changed)
    drain()
    with pytest.raises(Forbidden):
        restored.resume_all(actor=house.actor(house.ana))
    restored.resume_all(actor=house.actor(house.max))
    assert drain() == {"sent": 1}
    assert drain() == {}
    assert everything().paused_at is None


def test_a_managers_own_pause_keeps_its_reason_over_the_signs(house: House) -> None:
    sending_state.pause(actor=house.actor(house.max), name="all", why="A move.", now=NOW)
    SendingState.objects.update(database="1:2:3")
    drain()
    assert everything().paused_why == "A move."


def test_the_applications_role_may_ask_which_database_it_is() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")
    system, timeline, database = restored._identity().split(":")
    assert all(part.isdecimal() for part in (system, timeline, database))


def test_another_database_of_the_same_server_is_another_one() -> None:
    """As a dump that was restored beside the first."""
    own = restored._identity().split(":")
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": "template1"}) as beside:
        other = beside.execute(restored.IDENTITY).fetchone()[0].split(":")  # type: ignore[index]
    assert (own[:2], own[2] == other[2]) == (other[:2], False)
