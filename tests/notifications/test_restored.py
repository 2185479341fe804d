"""A restored backup starts with sending paused, and a flushed Valkey does not."""

import os
import subprocess
from datetime import timedelta
from pathlib import Path
from typing import Any

import psycopg
import pytest
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from redis.exceptions import ConnectionError as ValkeyIsGone

from embedded.place import postgres_program
from notifications.channels.envelope import Envelope
from notifications.channels.inbox import InboxChannel
from notifications.delivering import restored, sending, sending_state
from notifications.models import InboxItem, Message, SendingState
from notifications.planning.planner import plan
from tests.cast import NOW, House, make_patient
from tests.notifications.drains import drain
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


def everything() -> SendingState:
    return SendingState.objects.get(name="all")


@pytest.mark.parametrize(
    "part", [0, 1, 2, 3], ids=["other system", "other timeline", "other database", "rows of a dump"]
)
def test_another_database_than_the_one_that_sent_last_sends_nothing(part: int) -> None:
    remembered = everything().database.split(":")
    remembered[part] = "1234"
    SendingState.objects.update(database=":".join(remembered))
    assert drain() == {}
    row = everything()
    assert (row.paused_at, row.paused_by_name, row.paused_why) == (NOW, "", restored.OTHER_DATABASE)
    assert InboxItem.objects.count() == 1


def test_a_database_that_has_gone_back_behind_valkey_sends_nothing() -> None:
    drain()
    SendingState.objects.update(batches=1)  # as the backup of an hour ago had it
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
    cache.set(restored.BATCHES, 0, timeout=None)
    assert drain() == {"sent": 1}


@pytest.mark.parametrize("sign", ["database", "batches"])
def test_whoever_runs_it_resumes_it_and_it_stays_so(sign: str) -> None:
    changed: dict[str, Any] = {"database": "1:2:3:4"} if sign == "database" else {"batches": 0}
    SendingState.objects.filter(name="all").update(**changed)
    assert drain() == {}
    restored.resume_all()
    assert drain() == {"sent": 1}
    assert drain() == {}
    assert everything().paused_at is None


def test_a_pause_by_hand_keeps_its_reason_over_the_signs() -> None:
    sending_state.pause(by="Dana Reyes", name="all", why="A move.", now=NOW)
    SendingState.objects.update(database="1:2:3:4")
    drain()
    assert everything().paused_why == "A move."


def test_a_backup_of_the_middle_of_a_drain_is_one_of_the_past(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every batch counts: what a long drain sent after the backup was taken is known outside of it."""
    monkeypatch.setattr(sending, "FIRST_BATCH", 1)
    monkeypatch.setattr(sending, "LARGEST_BATCH", 1)
    book(house, make_patient(house.clinic, "Leila", "Family"))
    plan(now=NOW)
    batches = []
    send = InboxChannel.send

    def watch(channel: InboxChannel, envelope: Envelope) -> str:
        batches.append(everything().batches)
        return send(channel, envelope)

    monkeypatch.setattr(InboxChannel, "send", watch)
    assert drain() == {"sent": 2}
    SendingState.objects.filter(name="all").update(batches=batches[0])
    assert drain() == {}
    assert everything().paused_why == restored.AN_EARLIER_STATE


def test_the_applications_role_may_ask_which_database_it_is() -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE chairside_app")
    parts = restored._identity().split(":")
    assert len(parts) == 4
    assert all(part.isdecimal() for part in parts)


@pytest.mark.django_db(transaction=True)
def test_a_dump_that_is_put_back_says_nothing_twice_though_valkey_was_lost(tmp_path: Path) -> None:
    """Into another database, and in the place of the very one that was dumped, by PostgreSQL's own tools.
    Dumping and restoring every table takes the seconds."""
    own = connection.settings_dict["NAME"]
    another, dump = f"{own}_put_back", str(tmp_path / "chairside.dump")
    pg_tool("pg_dump", "--format=custom", f"--file={dump}", own)
    assert drain() == {"sent": 1}
    connection.close()
    with psycopg.connect(**{**connection.get_connection_params(), "dbname": "template1"}) as beside:
        beside.autocommit = True
        beside.execute(f'CREATE DATABASE "{another}" TEMPLATE template0')
        try:
            connection.settings_dict["NAME"] = another
            put_back(another, dump)
            restored.resume_all()  # this is the database to send from, from now on
            pg_tool("pg_dump", "--format=custom", f"--file={dump}", another)
            assert drain() == {"sent": 1}
            put_back(another, dump)
            connection.close()
        finally:
            connection.settings_dict["NAME"] = own
            beside.execute(f'DROP DATABASE "{another}" WITH (FORCE)')


def put_back(database: str, dump: str) -> None:
    """Restore it over what is there; what it holds as planned isn't sent."""
    pg_tool("pg_restore", "--clean", "--if-exists", "--exit-on-error", f"--dbname={database}", dump)
    cache.clear()
    assert drain() == {}
    assert everything().paused_why == restored.OTHER_DATABASE
    assert Message.objects.filter(status="planned").count() == 1


def pg_tool(name: str, *arguments: str) -> None:
    at = connection.get_connection_params()
    subprocess.run(
        [postgres_program(name), f"--host={at['host']}", f"--username={at['user']}", *arguments],
        env={"PATH": os.defpath, "PGPASSWORD": at["password"]},
        check=True,
    )


def test_what_bin_run_finds_to_be_a_copy_starts_paused(house: House, tmp_path: Path) -> None:
    call_command("prepare", pause_sending="This data folder is a copy.", welcome_file=tmp_path / "welcome")
    assert drain() == {}
    assert (everything().paused_by_name, everything().paused_why) == (
        "bin/run",
        "This data folder is a copy.",
    )


@pytest.mark.django_db(transaction=True)
def test_neither_vacuum_nor_age_makes_another_database_of_it() -> None:
    before = restored._identity()
    with connection.cursor() as cursor:
        cursor.execute("VACUUM (FULL, FREEZE) django_migrations")
    assert restored._identity() == before
