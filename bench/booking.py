"""What booking costs: in process, over HTTP, with sixteen clients at once; and the day board beside history.

    python3 -m embedded scratch .venv/bin/python -m bench.booking [past visits]

* `book` through the service on one connection, beside the bare multi-row INSERT of the very same rows into
  the same tables, with the same constraints and triggers, one transaction a visit. What was booked in a round
  is taken out and put back bare, so that both write into the same schedule.
* `POST /api/v1/appointments/` under gunicorn, beside `book` in process.
* Sixteen clients race for 500 starts of a clinic in which as many visits fit as its chairs can take one after
  the other: exactly so many are booked.
* The day board beside a million past visits, and beside none, turn by turn: the same queries, and their time.

Rates and times are medians of their rounds, the board's ratio is the median of the rounds' own ratios. A
ratio stands beside its target.
"""

import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import datetime, timedelta
from http.client import HTTPConnection
from itertools import islice
from pathlib import Path
from random import Random
from socket import socket
from statistics import median
from typing import Any, Final
from uuid import UUID, uuid4

from bench.scratch import copied, migrate, tidy  # before anything of the product: it sets Django up

# isort: split
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from knox.models import get_token_model

from bench import booking_clinic
from bench.booking_clinic import Setting
from clinic import clock
from scheduler.models import TreatmentPlan
from scheduler.visits import booking, queries

ROUNDS: Final = 5
VISITS_A_ROUND: Final = 40
CLIENTS: Final = 16
RACED_STARTS: Final = 500
PAST_VISITS: Final = 1_000_000
BOARDS: Final = 100

Rows = list[tuple[tuple[Any, ...], list[tuple[Any, ...]]]]


# --- In process, and bare -----------------------------------------------------------------------------


def in_process(setting: Setting, plans: Iterator[TreatmentPlan], chance: Random) -> tuple[float, float]:
    """Visits a second: through the service, and as bare rows."""
    now = clock.now()
    booked, bare = [], []
    for _ in range(ROUNDS):
        wanted = rehearsed(setting, islice(plans, VISITS_A_ROUND), chance, now)
        begun = time.perf_counter()
        made = [
            booking.book(actor=setting.actor, id=uuid4(), plan=plan, start=start, fasted=True, now=now).pk
            for plan, start in wanted
        ]
        booked.append(len(made) / (time.perf_counter() - begun))
        bare.append(len(made) / insert_bare(taken_out(made)))
    return median(booked), median(bare)


def some_life(setting: Setting, plans: Iterator[TreatmentPlan], chance: Random, now: datetime) -> None:
    """A schedule with visits in it, of which PostgreSQL has statistics."""
    for plan in islice(plans, VISITS_A_ROUND):
        start = booking_clinic.some_start(setting, plan, chance, now)
        if start is not None:
            booking.book(actor=setting.actor, id=uuid4(), plan=plan, start=start, fasted=True, now=now)
    tidy()


def rehearsed(
    setting: Setting, plans: Iterable[TreatmentPlan], chance: Random, now: datetime
) -> list[tuple[TreatmentPlan, datetime]]:
    """A start for each that is free when those before it are booked; the schedule is as it was.

    Found beforehand: a search of thirty days between two bookings leaves no row of theirs in the processor's
    caches, and the bare rows, which are written one after the other, would win by that alone.
    """
    wanted, made = [], []
    for plan in plans:
        start = booking_clinic.some_start(setting, plan, chance, now)
        if start is None:
            raise AssertionError("the bench's clinic is full")
        made.append(
            booking.book(actor=setting.actor, id=uuid4(), plan=plan, start=start, fasted=True, now=now).pk
        )
        wanted.append((plan, start))
    taken_out(made)
    return wanted


def taken_out(ids: list[UUID]) -> Rows:
    """The rows of these visits, as they were; they are no longer in the tables."""
    rows: Rows = []
    with connection.cursor() as cursor:
        for id in ids:
            cursor.execute("SELECT * FROM scheduler_appointment WHERE id = %s", [id])
            visit = cursor.fetchone()
            cursor.execute(
                "SELECT appointment_id, resource_id, phase, units, during, capacity FROM scheduler_claim"
                " WHERE appointment_id = %s ORDER BY id",
                [id],
            )
            rows.append((visit, cursor.fetchall()))
        cursor.execute("DELETE FROM scheduler_claim WHERE appointment_id = ANY(%s)", [ids])
        cursor.execute("DELETE FROM scheduler_appointment WHERE id = ANY(%s)", [ids])
    return rows


def insert_bare(rows: Rows) -> float:
    """Seconds for one transaction a visit: its row, and its claims in one statement."""
    begun = time.perf_counter()
    with connection.cursor() as cursor:
        for visit, claims in rows:
            with transaction.atomic():
                cursor.execute(
                    f"INSERT INTO scheduler_appointment VALUES ({_places(visit)})",
                    visit,
                )
                cursor.execute(
                    "INSERT INTO scheduler_claim"
                    " (appointment_id, resource_id, phase, units, during, capacity) VALUES "
                    + ", ".join(f"({_places(claim)})" for claim in claims),
                    [value for claim in claims for value in claim],
                )
    return time.perf_counter() - begun


def _places(row: tuple[Any, ...]) -> str:
    return ", ".join(["%s"] * len(row))


# --- Over HTTP ----------------------------------------------------------------------------------------


class Caller:
    """One client with a connection of its own and a token of the desk's."""

    def __init__(self, port: int, token: str) -> None:
        self.port, self.token = port, token

    def post(self, body: dict[str, str | bool]) -> int:
        """The status of one call; gunicorn's sync workers close the connection after each."""
        http = HTTPConnection("127.0.0.1", self.port, timeout=60)
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token}"}
        http.request("POST", "/api/v1/appointments/", json.dumps(body), headers)
        answer = http.getresponse()
        answer.read()
        http.close()
        return answer.status


@contextmanager
def gunicorn() -> Iterator[int]:
    """The application under gunicorn with two workers, as bin/run starts it; gives its port."""
    with socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    program = Path(sys.executable).parent / "gunicorn"
    with tempfile.TemporaryFile() as said:
        server = subprocess.Popen(
            [
                program,
                "--config",
                "python:embedded.gunicorn",
                "--bind",
                f"127.0.0.1:{port}",
                "config.wsgi:application",
            ],
            stdout=said,
            stderr=said,
        )
        try:
            _wait_for(port)
            yield port
        finally:
            server.terminate()
            server.wait(20)


def _wait_for(port: int) -> None:
    for _ in range(300):
        try:
            http = HTTPConnection("127.0.0.1", port, timeout=5)
            http.request("GET", "/health/")
            http.getresponse().read()
            return
        except OSError:
            time.sleep(0.1)
    raise AssertionError("gunicorn did not start")


def token_of(setting: Setting) -> str:
    _, token = get_token_model().objects.create(user=setting.user, expiry=timedelta(days=1))
    return str(token)


def over_http(
    setting: Setting, plans: Iterator[TreatmentPlan], chance: Random, caller: Caller
) -> tuple[float, float]:
    """Milliseconds of one booking: over HTTP, and in process, turn by turn."""
    now = clock.now()
    posted, booked = [], []

    def one(book: Callable[[TreatmentPlan, datetime], Any]) -> float:
        plan = next(plans)
        start = booking_clinic.some_start(setting, plan, chance, now)
        if start is None:
            raise AssertionError("the bench's clinic is full")
        begun = time.perf_counter()
        book(plan, start)
        return 1000 * (time.perf_counter() - begun)

    def post(plan: TreatmentPlan, start: datetime) -> None:
        status = caller.post(
            {"id": str(uuid4()), "plan": str(plan.pk), "start": start.isoformat(), "fasted": True}
        )
        if status != 201:
            raise AssertionError(f"a feasible start was answered with {status}")

    for _ in range(VISITS_A_ROUND):
        posted.append(one(post))
        booked.append(
            one(
                lambda plan, start: booking.book(
                    actor=setting.actor, id=uuid4(), plan=plan, start=start, fasted=True, now=now
                )
            )
        )
    return median(posted), median(booked)


def race(setting: Setting, caller: Caller) -> tuple[int, int]:
    """Sixteen clients ask for 500 starts; how many were booked, and how many fit.

    The starts stand so far apart in each chair that those of one chair don't meet, and many ask for each.
    Every plan is asked for at one start.
    """
    days = [setting.first + timedelta(days=ahead) for ahead in range(setting.days)]
    opens = [clock.at_local(day, booking_clinic.OPENS, booking_clinic.ZONE) for day in days]
    starts = [moment + timedelta(minutes=150 * number) for moment in opens for number in range(4)]
    asked = [(plan, starts[number % len(starts)]) for number, plan in enumerate(setting.plans[:RACED_STARTS])]
    Random(7).shuffle(asked)

    def ask(one: tuple[TreatmentPlan, datetime]) -> int:
        plan, start = one
        return caller.post(
            {"id": str(uuid4()), "plan": str(plan.pk), "start": start.isoformat(), "fasted": True}
        )

    with ThreadPoolExecutor(CLIENTS) as clients:
        statuses = list(clients.map(ask, asked))
    if set(statuses) - {201, 409}:
        raise AssertionError(f"answers other than yes and no: {sorted(set(statuses))}")
    return statuses.count(201), fitting(setting, starts)


def fitting(setting: Setting, starts: list[datetime]) -> int:
    """What fits at these starts, which don't meet: as many at once as the nurses can prepare, and the chairs
    hold, whichever is less."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT kind, count(*) FROM scheduler_resource WHERE clinic_id = %s GROUP BY kind",
            [setting.clinic.pk],
        )
        there = dict(cursor.fetchall())
    return len(starts) * min(there["chair"], there["nurse"])


# --- The day board ------------------------------------------------------------------------------------


def day_boards(setting: Setting, past_visits: int) -> tuple[list[float], list[float], set[int]]:
    """The board of the clinic's first open day, turn by turn beside nothing and, in a copy of the database,
    beside so many past visits: milliseconds of both, and how many queries each one took."""
    databases = copied("with_a_past")
    connections["default"] = databases[1]
    live_long(setting, past_visits)
    for database in databases:
        connections["default"] = database
        tidy()
    times: tuple[list[float], list[float]] = ([], [])
    asked = set()
    for database, taken in [*zip(databases, times, strict=True)] * BOARDS:
        connections["default"] = database
        with CaptureQueriesContext(connection) as queries_asked:
            begun = time.perf_counter()
            queries.day_board(setting.clinic, setting.first)
            taken.append(1000 * (time.perf_counter() - begun))
        asked.add(len(queries_asked))
    connections["default"] = databases[0]
    return *times, asked


PAST: Final = """
    INSERT INTO scheduler_appointment
        (id, clinic_id, patient_id, plan_id, protocol_id, during, status, patient_status, cancelation_reason)
    SELECT gen_random_uuid(), plan.clinic_id, plan.patient_id, plan.id, plan.protocol_id,
           tstzrange(start, start + interval '2 hours'), 'fulfilled', 'accepted', ''
      FROM (SELECT *, row_number() OVER () - 1 AS place
              FROM scheduler_treatmentplan WHERE clinic_id = %s) plan
     CROSS JOIN generate_series(1, %s) AS ago
     CROSS JOIN LATERAL (
           SELECT date_trunc('day', now()) - ago * interval '1 day' + (place %% 4) * interval '150 minutes'
               AS start) at"""


def live_long(setting: Setting, visits: int) -> None:
    """So many visits in the past. Their history is left out: it is written, never read by a board."""
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE scheduler_appointment DISABLE TRIGGER USER")
        cursor.execute(PAST, [setting.clinic.pk, visits // len(setting.plans)])
        cursor.execute("ALTER TABLE scheduler_appointment ENABLE TRIGGER USER")


def main(past_visits: int) -> None:
    migrate()
    now, chance = clock.now(), Random(20270111)
    setting = booking_clinic.make(chairs=12, nurses=6, days=30, patients=500, now=now)
    plans = iter(setting.plans)
    some_life(setting, plans, chance, now)

    booked, bare = in_process(setting, plans, chance)
    print(
        f"book in process {booked:7.0f} /s   bare INSERT {bare:7.0f} /s   {booked / bare:.2f} (target 0.25)"
    )

    with gunicorn() as port:
        caller = Caller(port, token_of(setting))
        posted, alone = over_http(setting, plans, chance, caller)
        print(f"POST {posted:.1f} ms   book {alone:.1f} ms   {posted / alone:.1f} times")

        small = booking_clinic.make(chairs=3, nurses=3, days=20, patients=RACED_STARTS, now=now)
        won, fit = race(small, Caller(port, token_of(small)))
        print(f"{CLIENTS} clients, {RACED_STARTS} starts: {won} booked, {fit} fit (target the same)")
    without, with_a_past, asked = day_boards(setting, past_visits)
    ratio = median(other / one for one, other in zip(without, with_a_past, strict=True))
    print(
        f"day board {median(without):.1f} ms, beside {past_visits:,} past visits {median(with_a_past):.1f},"
        f" {' or '.join(map(str, asked))} queries each   {ratio:.2f} (target 1.10)"
    )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else PAST_VISITS)
