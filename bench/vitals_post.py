"""What `POST vitals` costs under gunicorn, beside the same row by a bare INSERT and an empty DRF view.

    bin/bench vitals_post [--calls 200]

One worker, one caller, over the loopback; the three take turns, so that the machine's moods hit all alike.
Prints the median of each in milliseconds, and the ratios.
"""

import argparse
import http.client
import json
import os
import socket
import statistics
import subprocess
import sys
import time
import uuid
from collections.abc import Callable
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlsplit

from bench.scratch import migrate  # before anything of the product: it sets Django up

# isort: split
from django.db import connection
from knox.models import AuthToken

from bench import monitor_clinic
from clinic.models import Role, User
from sessions_app.models import Session, VitalSigns

SIGNS = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_per_min": 71,
    "respiratory_rate_per_min": 14,
    "oxygen_saturation_percent": 98,
    "temperature_cel": "36.6",
    "pain_nrs": 2,
}


class Api:
    """One caller's connection to the product under gunicorn."""

    def __init__(self, port: int, token: str) -> None:
        self.wire = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        self.headers = {
            "Authorization": f"Bearer {token}",
            "Content-Type": "application/json",
            "Host": "localhost",
            "Connection": "close",  # gunicorn's plain worker keeps none open
        }

    def call(self, method: str, path: str, body: Any = None) -> int:
        self.wire.request(method, path, json.dumps(body) if body is not None else None, self.headers)
        answer = self.wire.getresponse()
        answer.read()
        return answer.status

    def post_vitals(self, session: Session) -> None:
        body = {"id": str(uuid.uuid4()), "measured_at": datetime.now(UTC).isoformat(), **SIGNS}
        status = self.call("POST", f"/api/v1/sessions/{session.pk}/vitals/", body)
        if status != 201:
            sys.exit(f"POST vitals answered {status}")

    def empty_view(self) -> None:
        if self.call("GET", "/empty/") != 200:
            sys.exit("the empty view doesn't answer")


@contextmanager
def serving(database: str = "") -> Any:
    """The product under gunicorn, one worker, with an empty DRF view beside it; on this database of the
    server, or on the one that it is asked with."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = ["gunicorn", "--config", "python:embedded.gunicorn", "--workers", "1", "--threads", "1"]
    here = urlsplit(os.environ["DATABASE_URL"])
    named = here._replace(path=f"/{database}") if database else here
    process = subprocess.Popen(
        [sys.executable, "-m", *command, "--bind", f"127.0.0.1:{port}", "bench.empty_view:application"],
        env={**os.environ, "DATABASE_URL": named.geturl()},
    )
    try:
        for _ in range(300):
            with socket.socket() as asked:
                if asked.connect_ex(("127.0.0.1", port)) == 0:
                    break
            time.sleep(0.1)
        yield port
    finally:
        process.terminate()
        process.wait()


def token_of(role: Role, clinic: str = monitor_clinic.NAME) -> str:
    _, token = AuthToken.objects.create(User.objects.get(email=monitor_clinic.email(role, clinic)))
    return str(token)


def bare_insert(session: Session, nurse: User) -> None:
    """The same row with its commit, and nothing else of the product."""
    line = monitor_clinic.reading(session, nurse, datetime.now(UTC))
    fields = [field for field in VitalSigns._meta.concrete_fields if field.name != "created_at"]
    columns = ", ".join(str(field.column) for field in fields)
    marks = ", ".join(["%s"] * len(fields))
    values = [field.get_db_prep_save(getattr(line, field.attname), connection) for field in fields]
    with connection.cursor() as cursor:
        cursor.execute(f"INSERT INTO {VitalSigns._meta.db_table} ({columns}) VALUES ({marks})", values)


def medians(calls: int, **each: Callable[[], object]) -> dict[str, float]:
    """Seconds of each, the median of so many calls taken in turn."""
    took: dict[str, list[float]] = {name: [] for name in each}
    for number in range(calls + 10):
        for name, call in each.items():
            begun = time.perf_counter()
            call()
            if number >= 10:  # warm by then
                took[name].append(time.perf_counter() - begun)
    return {name: statistics.median(seconds) for name, seconds in took.items()}


def main(calls: int) -> None:
    migrate()
    # Many sessions, so that none becomes a flowsheet longer than a day's.
    sessions = monitor_clinic.make(max(calls // 10, 1))
    nurse = User.objects.get(email=monitor_clinic.email(Role.NURSE, monitor_clinic.NAME))
    turns = iter(range(10**9))
    with serving() as port:
        api = Api(port, token_of(Role.NURSE))
        found = medians(
            calls,
            post_vitals=lambda: api.post_vitals(sessions[next(turns) % len(sessions)]),
            bare_insert=lambda: bare_insert(sessions[0], nurse),
            empty_view=api.empty_view,
        )
    for name, seconds in found.items():
        print(f"{name:12} {seconds * 1000:6.2f} ms")
    post = found["post_vitals"]
    print(f"POST vitals / bare INSERT {post / found['bare_insert']:.1f}, ", end="")
    print(f"POST vitals / empty DRF view {post / found['empty_view']:.1f}")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--calls", type=int, default=200)
    main(**vars(parser.parse_args()))
