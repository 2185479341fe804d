"""Twenty thousand messages while everything that can be killed is killed: each arrives once, at the right
number, and none that was called off in time; what a day has to remind of arrives as one. Those of which no
machine can know whether they arrived wait for the desk, each with a task, and go once it has found out.

A drill: `bin/drills tests/storm`. Workers die fifty times, Valkey ten times (emptied, too), PostgreSQL's
postmaster three; two beats and three workers run at once. The provider is a real server on loopback that
answers late, not at all, twice, or refuses for now. Of some texts it calls our web server to tell what became
of them: before its own answer or after it, twice, or with older news last.
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
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from socket import socket
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import psycopg
import pytest
import redis

from embedded.caller import SETTINGS
from embedded.place import ROOT, Place
from tests.embedded.conftest import Run, let_anybody_pass, processes_of, until
from tests.notifications.twilio_server import SID, TOKEN, TwilioServer, running, signed

MESSAGES = int(os.environ.get("STORM_MESSAGES", "20000"))
CHANGES = MESSAGES // 10
WORKER_KILLS, VALKEY_KILLS, POSTGRES_KILLS = 50, 10, 3
SECONDS_BETWEEN_KILLS = 3.0
KILLED_UNTIL = 0.8  # of the texts are taken; some are called off, and some nobody knows of for long
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
        if throw < 0.04:
            return (503, 20503)
        return "twice" if throw < 0.05 else None


# What became of a text, as it is told. It has arrived, whatever comes after that.
STORIES = (
    ("delivered",),
    ("delivered", "delivered"),
    ("delivered", "sent"),
    ("delivered", "undelivered"),
    ("sent", "delivered", "undelivered", "delivered"),
)
TOLD_OF = 0.1  # so many of all texts
TOLD_WITHIN = 3.0  # seconds


@dataclass
class Provider(TwilioServer):
    next: Any = field(default_factory=Moods)
    lock: Any = field(default_factory=threading.Lock)
    dice: random.Random = field(default_factory=lambda: random.Random(13))
    callers: ThreadPoolExecutor = field(default_factory=lambda: ThreadPoolExecutor(8))
    calls: dict[str, Future[None]] = field(default_factory=dict)  # by the key of what they tell of

    def take(self, text: dict[str, str]) -> dict[str, str]:
        with self.lock:
            self.created_at = datetime.now(UTC)
            row = super().take(text)
            if self.dice.random() < TOLD_OF:
                wait = self.dice.choice((0.0, self.dice.random() * TOLD_WITHIN))
                story = self.dice.choice(STORIES)
                self.calls[key_of(row)] = self.callers.submit(self.tell, row, story, wait)
            return row

    def tell(self, row: dict[str, str], story: Sequence[str], wait: float) -> None:
        """Each call again and again until it is answered, and none before the one that comes first."""
        for status in story:
            time.sleep(wait)
            fields = {"MessageSid": row["sid"], "MessageStatus": status, "AccountSid": SID}
            if status == "undelivered":
                fields["ErrorCode"] = "30008"
            signature = signed(row["status_callback"], fields)
            deadline = time.monotonic() + RECOVERY
            while not is_heard(row["status_callback"], fields, signature):
                assert time.monotonic() < deadline, "nobody hears what became of a text"
                time.sleep(0.5)

    def has_more_to_tell(self) -> bool:
        """Raises what went wrong with a call."""
        with self.lock:
            calls = list(self.calls.values())
        return not all(call.done() and call.result() is None for call in calls)

    def keys(self) -> list[str]:
        return [key_of(row) for row in self.taken]


def key_of(row: dict[str, str]) -> str:
    return parse_qs(urlsplit(row["status_callback"]).query)["message"][0]


def is_heard(url: str, fields: dict[str, str], signature: str) -> bool:
    try:
        answer = httpx.post(url, data=fields, headers={"X-Twilio-Signature": signature}, timeout=RECOVERY)
    except httpx.TransportError:
        return False
    return answer.status_code == 204


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
            # The number of one that has ended may be somebody else's by now.
            if child.poll() is None:
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
        server.callers.shutdown(cancel_futures=True)  # type: ignore[attr-defined]


def free_port() -> int:
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


@pytest.fixture
def storm(tmp_path: Path, provider: Provider) -> Iterator[Storm]:
    let_anybody_pass(tmp_path)
    run = Run(tmp_path / "data of a clinic")
    run.start()
    databases = run.found
    web = f"127.0.0.1:{free_port()}"
    environment = {
        **os.environ,
        **SETTINGS,
        "SECRET_KEY": "s" * 60,
        "DJANGO_SETTINGS_MODULE": "config.settings",
        "DATABASE_URL": databases.owner_url,
        "REDIS_URL": databases.redis_url,
        "PUBLIC_URL": f"http://{web}",
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
    made.start("web", "gunicorn", "--config", "python:embedded.gunicorn", "--bind", web, "config.wsgi")
    try:
        yield made
    finally:
        made.end()
        run.stop()
        until(lambda: processes_of(run.folder) == {})
        Place(run.folder).remove_sockets()


@pytest.mark.drill
@pytest.mark.timeout(5400)
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
        kill_again_and_again(storm, provider, [storm.worker(number) for number in range(WORKERS)])
        assert stager.wait() == 0
        assert changer.wait() == 0
        wait_until_all_is_said(storm, provider)
        # What the desk sends again may lose its answer once more.
        for _ in range(ROUNDS_AT_THE_DESK):
            if not find_out_at_the_desk(storm, provider):
                break
            wait_until_all_is_said(storm, provider)
    judge(storm, provider, (tmp_path / "change.jsonl").read_text())


def kill_again_and_again(storm: Storm, provider: Provider, workers: list[subprocess.Popen[bytes]]) -> None:
    """From the first text to nearly the last, however long that takes here."""
    dice = random.Random(3)
    for kill in range(WORKER_KILLS):
        time.sleep(SECONDS_BETWEEN_KILLS)
        so_many = MESSAGES * KILLED_UNTIL * kill / WORKER_KILLS
        until(lambda: len(provider.taken) >= so_many)  # noqa: B023 - asked at once
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


# What each booked visit asks for: its confirmation, by itself or in that of a series, or that it has moved,
# and, of tomorrow's, both reminders where that was said before. Its own reminder tells of it as well, where
# the confirmation was refused for so long. `own` is the message's own status, `carrier` that of what says it
# as well.
WANTED = """
    SELECT visit.id::text, visit.patient_id::text, wanted.stage, said.status AS own, carrier.status AS carrier
      FROM scheduler_appointment AS visit
     CROSS JOIN LATERAL (SELECT max(due_at) AS due_at
                           FROM notifications_message AS notice
                          WHERE notice.appointment_id = visit.id
                            AND notice.visit_starts_at = lower(visit.during)
                            AND notice.stage IN ('confirmation', 'move')) AS told
     CROSS JOIN unnest(ARRAY['told', 'T-1d', 'prepare']) AS wanted (stage)
      LEFT JOIN notifications_message AS said
        ON said.appointment_id = visit.id AND said.visit_starts_at = lower(visit.during)
       AND CASE wanted.stage WHEN 'told' THEN said.stage IN ('confirmation', 'move', 'T-1d')
                                              AND (said.carried_by_id IS NULL OR said.stage = 'confirmation')
                             ELSE said.stage = wanted.stage END
      LEFT JOIN notifications_message AS carrier ON carrier.id = said.carried_by_id
     WHERE visit.status = 'booked'
       AND (wanted.stage = 'told' OR (lower(visit.during) < now() + interval '2 days'
                                      AND told.due_at < lower(visit.during) - interval '1 day'))
"""


def wait_until_all_is_said(storm: Storm, provider: Provider) -> None:
    """No visit lacks a message, none waits or is on its way, and the provider has told all that it had to."""
    deadline = datetime.now(UTC) + PATIENCE
    waiting = f"""
        SELECT (SELECT count(*) FROM ({WANTED}) AS wanted
                 WHERE own IS NULL OR (carrier IS NOT NULL AND carrier NOT IN ('sent', 'unknown')))
             + (SELECT count(*) FROM notifications_message WHERE status IN ('planned', 'claimed'))
    """
    while provider.has_more_to_tell() or storm.rows(waiting)[0][0]:
        assert datetime.now(UTC) < deadline, Counter(
            storm.rows("SELECT stage, status, reason FROM notifications_message")
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
        SELECT id::text, patient_id::text, appointment_id::text, stage, visit_starts_at, status,
               carried_by_id::text, delivered_at
          FROM notifications_message
         WHERE appointment_id IS NOT NULL
        """
    )
    tries = storm.rows(
        "SELECT message_id::text, recipient, started_at, outcome FROM notifications_deliveryattempt"
    )
    arrived = Counter(provider.keys())

    twice = [key for key, count in arrived.items() if count > 1]
    assert not twice, f"{len(twice)} arrived twice"
    twice = [key for key, *_, carrier, _ in messages if carrier and key in arrived]
    assert not twice, f"{len(twice)} arrived by themselves and with another"

    about = {
        key: (patient, visit, stage, starts_at) for key, patient, visit, stage, starts_at, *_ in messages
    }
    # A confirmation tells of each visit of its series that it still carries.
    tells = {key: [each] for key, each in about.items()}
    for key, _, _, stage, *_, carrier, _ in messages:
        if carrier and stage == "confirmation":
            tells[carrier].append(about[key])
    written_to = {(key, recipient) for key, recipient, *_ in tries}
    assert all((key_of(row), row["to"]) in written_to for row in provider.taken)
    for key, recipient, started_at, _ in tries:
        act = acts.get(about[key][0])
        if act is None:
            continue
        before, after = (datetime.fromisoformat(act[name]) for name in ("before", "after"))
        if act["act"] == "correct":
            if started_at < before:
                assert recipient == act["old"]
            if started_at > after:
                assert recipient == act["new"], "sent to a number that had been corrected"
        for _, visit, stage, starts_at in tells[key]:
            if act["act"] == "cancel" and visit == act["visit"] and stage != "cancellation":
                assert started_at <= after, "decided after the visit was cancelled"
            if (
                act["act"] == "move"
                and visit == act["visit"]
                and starts_at == datetime.fromisoformat(act["old"])
            ):
                assert started_at <= after, "decided after the visit had moved"
        if act["act"] == "opt_out":
            assert started_at <= after, "decided after the patient had opted out"

    opted_out = {patient for patient, act in acts.items() if act["act"] == "opt_out"}
    wanted = [row for row in storm.rows(WANTED) if row[1] not in opted_out]
    said = {(visit, stage) for visit, _, stage, own, carrier in wanted if (carrier or own) == "sent"}
    left = Counter(
        (stage, carrier or own) for visit, _, stage, own, carrier in wanted if (visit, stage) not in said
    )
    assert not left, left
    status_of = {key: status for key, *_, status, _, _ in messages}
    unsaid = [key for key, status in status_of.items() if status == "sent" and key not in arrived]
    assert not unsaid, f"{len(unsaid)} are called sent and never arrived"
    untold = [key for key in arrived if status_of[key] != "sent"]
    assert not untold, f"{len(untold)} have arrived and aren't called sent"

    unheard = [key for key, *_, delivered_at in messages if key in provider.calls and delivered_at is None]
    assert not unheard, f"{len(unheard)} were told as delivered, and nobody heard it"
    judge_what_was_merged(about, messages, arrived)


def judge_what_was_merged(about: dict[str, Any], messages: Sequence[Any], arrived: Counter[str]) -> None:
    """Else nothing was shown: some reminders were of two visits or more, and some of one that was left."""
    together: dict[str, set[str]] = {}
    for _, _, visit, *_, carrier, _ in messages:
        if carrier in arrived:
            together.setdefault(carrier, {about[carrier][1]}).add(visit)
    sizes = Counter(map(len, together.values()))
    sys.stdout.write(f"reminders by how many visits they are of: {dict(sorted(sizes.items()))}\n")
    assert sizes[1]
    assert sizes[2]
