"""Twenty thousand messages while everything that can be killed is killed: each arrives once, at the right
number, and none that was called off in time. Those of which no machine can know whether they arrived wait for
the desk, each with a task, and go once it has found out.

A drill: `bin/drills tests/storm`. Workers die fifty times, Valkey ten times (emptied, too), PostgreSQL's
postmaster three; two beats and three workers run at once. The provider is a real server on loopback that
answers late, not at all, or refuses for now.
"""

import json
import os
import random
import signal
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import ExitStack, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import psycopg
import pytest
import redis

from embedded.caller import SETTINGS
from embedded.place import ROOT, Place
from tests.embedded.conftest import Run, let_anybody_pass, processes_of, until
from tests.notifications.twilio_server import SID, TOKEN, TwilioServer, running

MESSAGES = int(os.environ.get("STORM_MESSAGES", "20000"))
CHANGES = MESSAGES // 10
WORKER_KILLS, VALKEY_KILLS, POSTGRES_KILLS = 50, 10, 3
SECONDS_BETWEEN_KILLS = 3.0
WORKERS, BEATS = 3, 2
# A lease that a dead worker left behind runs out after five minutes; what isn't listed is the desk's after
# fifteen.
PATIENCE = timedelta(minutes=25)
RECOVERY = 120.0  # seconds that a killed server may take to be there again
ROUNDS_AT_THE_DESK = 5


class Moods:
    """What the provider does next: mostly it takes the text."""

    def __init__(self) -> None:
        self.dice = random.Random(11)

    def pop(self, _: int) -> Any:
        throw = self.dice.random()
        if throw < 0.01:
            time.sleep(1)
            return None
        if throw < 0.02:
            return "hang up"
        if throw < 0.03:
            return "hang up first"
        return (503, 20503) if throw < 0.04 else None


@dataclass
class Provider(TwilioServer):
    next: Any = field(default_factory=Moods)
    lock: Any = field(default_factory=threading.Lock)

    def take(self, text: dict[str, str]) -> dict[str, str]:
        with self.lock:
            self.created_at = datetime.now(UTC)
            return super().take(text)

    def keys(self) -> list[str]:
        return [parse_qs(urlsplit(row["status_callback"]).query)["message"][0] for row in self.taken]


@dataclass
class Storm:
    """The processes of one installation, and who kills them."""

    run: Run
    environment: dict[str, str]
    folder: Path
    children: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, name: str, *words: str, output: Any = None) -> subprocess.Popen[bytes]:
        with (self.folder / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(
                [sys.executable, "-m", *words],
                cwd=ROOT,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=output or log,
                stderr=log,
                start_new_session=True,
            )
        self.children.append(child)
        return child

    def worker(self, number: int) -> subprocess.Popen[bytes]:
        return self.start(
            f"worker{number}", "celery", "--app", "config", "worker", "--pool=solo", "--without-mingle"
        )

    def end(self) -> None:
        for child in self.children:
            with suppress(ProcessLookupError):
                os.killpg(child.pid, signal.SIGKILL)
            child.wait()

    def rows(self, query: str) -> list[Any]:
        """A server that was killed a moment ago is waited for."""
        deadline = time.monotonic() + RECOVERY
        while True:
            try:
                with psycopg.connect(self.run.found.owner_url) as connection:
                    return connection.execute(query).fetchall()
            except psycopg.OperationalError:
                if time.monotonic() > deadline:
                    raise
                time.sleep(1)


@pytest.fixture
def provider() -> Iterator[Provider]:
    with running(Provider()) as server:
        yield server  # type: ignore[misc]


@pytest.fixture
def storm(tmp_path: Path, provider: Provider) -> Iterator[Storm]:
    let_anybody_pass(tmp_path)
    run = Run(tmp_path / "data of a clinic")
    run.start()
    databases = run.found
    environment = {
        **os.environ,
        **SETTINGS,
        "SECRET_KEY": "s" * 60,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": databases.owner_url,
        "REDIS_URL": databases.redis_url,
        "SMS_URL": f"twilio+http://{SID}:{TOKEN}@127.0.0.1:{provider.port}",
    }
    made = Storm(run, environment, tmp_path)
    subprocess.run(
        [sys.executable, "-W", "ignore", "manage.py", "migrate", "--verbosity", "0"],
        cwd=ROOT,
        env=environment,
        check=True,
    )
    made.environment = {**environment, "DATABASE_URL": databases.app_url}
    try:
        yield made
    finally:
        made.end()
        run.stop()
        until(lambda: processes_of(run.folder) == {})
        Place(run.folder).remove_sockets()


@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_every_message_arrives_once_at_the_right_number_whatever_dies(
    storm: Storm, provider: Provider, tmp_path: Path
) -> None:
    with ExitStack() as files:
        booked = files.enter_context((tmp_path / "stage.jsonl").open("wb"))
        changed = files.enter_context((tmp_path / "change.jsonl").open("wb"))
        stager = storm.start("stage", "tests.storm.actors", "stage", str(MESSAGES), output=booked)
        until(lambda: b"clinic" in (tmp_path / "stage.jsonl").read_bytes())
        changer = storm.start("change", "tests.storm.actors", "change", str(CHANGES), output=changed)
        for number in range(BEATS):
            schedule = str(tmp_path / f"beat{number}")
            storm.start(f"beat{number}", "celery", "--app", "config", "beat", "--schedule", schedule)
        kill_again_and_again(storm, [storm.worker(number) for number in range(WORKERS)])
        assert stager.wait() == 0
        assert changer.wait() == 0
        wait_until_all_is_said(storm)
        # What the desk sends again may lose its answer once more.
        for _ in range(ROUNDS_AT_THE_DESK):
            if not find_out_at_the_desk(storm, provider):
                break
            wait_until_all_is_said(storm)
    judge(storm, provider, (tmp_path / "change.jsonl").read_text())


def kill_again_and_again(storm: Storm, workers: list[subprocess.Popen[bytes]]) -> None:
    dice = random.Random(3)
    for kill in range(WORKER_KILLS):
        time.sleep(SECONDS_BETWEEN_KILLS)
        number = dice.randrange(WORKERS)
        os.kill(workers[number].pid, signal.SIGKILL)
        workers[number].wait()
        workers[number] = storm.worker(number)
        if kill % (WORKER_KILLS // VALKEY_KILLS) == 2:
            os.kill(storm.run.number_of("valkey-server"), signal.SIGKILL)
            until(lambda: flushed(storm))
        if kill in (12, 25, 38)[:POSTGRES_KILLS]:
            os.kill(storm.run.number_of("bin/postgres"), signal.SIGKILL)


def flushed(storm: Storm) -> bool:
    try:
        redis.Redis.from_url(storm.run.found.redis_url).flushall()
    except redis.RedisError:
        return False
    return True


def wait_until_all_is_said(storm: Storm) -> None:
    """No visit lacks its message, and none waits or is on its way."""
    deadline = datetime.now(UTC) + PATIENCE
    waiting = """
        SELECT count(*) FROM scheduler_appointment AS visit
          LEFT JOIN notifications_message AS message
            ON message.appointment_id = visit.id AND message.stage = 'confirmation'
         WHERE (visit.status = 'booked' AND message.id IS NULL) OR message.status IN ('planned', 'claimed')
    """
    while storm.rows(waiting)[0][0]:
        assert datetime.now(UTC) < deadline, Counter(
            storm.rows("SELECT status, reason FROM notifications_message")
        )
        time.sleep(1)


def find_out_at_the_desk(storm: Storm, provider: Provider) -> int:
    """Each message of which nobody knows has its open task; somebody calls each patient. Returns how many."""
    unknown = storm.rows(
        """
        SELECT message.id::text, task.id IS NOT NULL
          FROM notifications_message AS message
          LEFT JOIN clinic_workitem AS task
            ON starts_with(task.cause, 'message:' || message.id) AND task.closed_at IS NULL
         WHERE message.status = 'unknown'
        """
    )
    assert all(has_task for _, has_task in unknown)
    keys = set(provider.keys())
    came = sum(key in keys for key, _ in unknown)
    sys.stdout.write(f"of {len(unknown)} nobody knew; {came} of them had arrived\n")
    arrived = storm.folder / "arrived"
    arrived.write_text("\n".join(keys))
    assert storm.start("settle", "tests.storm.actors", "settle", str(arrived)).wait() == 0
    return len(unknown)


def judge(storm: Storm, provider: Provider, lines: str) -> None:
    acts = {line["patient"]: line for line in map(json.loads, lines.splitlines())}
    assert Counter(line["act"] for line in acts.values()).total() == CHANGES
    messages = storm.rows(
        """
        SELECT message.id::text, message.patient_id::text, message.stage, message.status, visit.status
          FROM notifications_message AS message
          JOIN scheduler_appointment AS visit ON visit.id = message.appointment_id
        """
    )
    tries = storm.rows(
        "SELECT message_id::text, recipient, started_at, outcome FROM notifications_deliveryattempt"
    )
    arrived = Counter(provider.keys())

    twice = [key for key, count in arrived.items() if count > 1]
    assert not twice, f"{len(twice)} arrived twice"

    of_patient = {key: patient for key, patient, *_ in messages}
    stage_of = {key: stage for key, _, stage, *_ in messages}
    for row, key in zip(provider.taken, provider.keys(), strict=True):
        recipients = {recipient for message, recipient, *_ in tries if message == key}
        assert row["to"] in recipients
    for key, recipient, started_at, _ in tries:
        act = acts.get(of_patient[key])
        if act is None:
            continue
        before, after = (datetime.fromisoformat(act[name]) for name in ("before", "after"))
        if act["act"] == "correct":
            if started_at < before:
                assert recipient == act["old"]
            if started_at > after:
                assert recipient == act["new"], "sent to a number that had been corrected"
        if act["act"] == "cancel" and stage_of[key] == "confirmation":
            assert started_at <= after, "decided after the visit was cancelled"
        if act["act"] == "opt_out":
            assert started_at <= after, "decided after the patient had opted out"

    left = Counter(
        (status, acts[patient]["act"] if patient in acts else "")
        for key, patient, stage, status, _ in messages
        if stage == "confirmation" and status != "sent"
    )
    assert set(left) <= {("skipped", "cancel"), ("skipped", "opt_out")}, left
    unsaid = [key for key, _, _, status, _ in messages if status == "sent" and key not in arrived]
    assert not unsaid, f"{len(unsaid)} are called sent and never arrived"
