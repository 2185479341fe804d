"""Chairside's own processes on this machine: the preparation, then web, workers, beat, monitors' listener.

Each is an ordinary command that reads ordinary settings; docker-compose.yml starts the same ones.
The databases below them do not belong here.
"""

import http.client
import os
import signal
import socket
import subprocess
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from embedded import process
from embedded.place import PYTHON, ROOT, Place
from embedded.progress import Trouble
from embedded.supervisor import Supervisor, last_words

CELERY = ("celery", "--app", "config")
FIRST_PORT, PORTS_TRIED = 8000, 100
FIRST_MONITOR_PORT = 2575  # IANA: hl7


@dataclass(frozen=True)
class Program:
    """A long-running command of Chairside's. It counts as ready as soon as it runs, or answers."""

    name: str
    command: tuple[str, ...]
    environment: Mapping[str, str]
    log: Path
    listens_on: socket.socket | None = None
    answers_http: bool = False
    stop_signal: signal.Signals = signal.SIGTERM
    seconds_to_stop: float = 2.5

    def start(self) -> subprocess.Popen[bytes]:
        with self.log.open("ab") as log:
            return process.start(
                [PYTHON, "-m", *self.command],
                folder=ROOT,
                environment=self.environment,
                log=log,
                keep_open=[self.listens_on.fileno()] if self.listens_on else [],
            )

    def is_ready(self) -> bool:
        return self.listens_on is None or not self.answers_http or is_healthy(_port_of(self.listens_on))

    def end_leftovers(self) -> None:
        """None: all its processes are of its own session and went with it."""


def web(place: Place, environment: Mapping[str, str], listening: socket.socket) -> Program:
    bind = f"fd://{listening.fileno()}"
    command = ("gunicorn", "--config", "python:embedded.gunicorn", "--bind", bind, "config.wsgi:application")
    return Program("web", command, environment, place.logs / "web.log", listening, answers_http=True)


def worker(place: Place, environment: Mapping[str, str]) -> Program:
    return Program("worker", _taking("celery"), environment, place.logs / "worker.log")


def clocks(place: Place, environment: Mapping[str, str]) -> Program:
    """The worker of what may not wait behind messages: overdue readings, unanswered tasks, pages to staff."""
    return Program("clocks", _taking("clocks"), environment, place.logs / "clocks.log")


def beat(place: Place, environment: Mapping[str, str]) -> Program:
    command = (*CELERY, "beat", "--pidfile=", "--schedule", str(place.folder / "beat-schedule"))
    return Program("beat", command, environment, place.logs / "beat.log")


def monitors(place: Place, environment: Mapping[str, str], listening: socket.socket) -> Program:
    """What bedside monitors speak to, HL7 v2 over MLLP. They may call while it is started again."""
    command = ("manage", "listen_monitors", "--fd", str(listening.fileno()))
    return Program("monitors", command, environment, place.logs / "monitors.log", listening)


def _taking(queue: str) -> tuple[str, ...]:
    """A worker of this queue alone, with a name of its own: two of one name are one to Celery."""
    of_two = ("--concurrency", "2", "--prefetch-multiplier", "1")
    return (*CELERY, "worker", "--queues", queue, "--hostname", f"{queue}@%h", *of_two)


def prepare(
    place: Place,
    environment: Mapping[str, str],
    supervisor: Supervisor,
    *,
    pause_sending: str = "",
    empty: bool,
) -> None:
    """Migrate, and fill an empty database with the synthetic clinic unless it shall stay `empty`; the welcome
    goes to a file. `pause_sending`: why nothing may leave until somebody has looked, or empty."""
    log, errors = place.logs / "prepare.log", place.logs / "prepare.errors.log"
    with log.open("wb") as output, errors.open("wb") as complaints:
        child = process.start(
            [
                *(PYTHON, "manage.py", "prepare", "--welcome-file", place.welcome),
                *("--called-by", place.manage),
                *(["--pause-sending", pause_sending] if pause_sending else []),
                *(["--empty"] if empty else []),
            ],
            folder=ROOT,
            environment=environment,
            log=output,
            errors=complaints,
        )
    try:
        with log.open() as lines:

            def has_ended() -> bool:
                ended = child.poll() is not None
                for line in filter(str.strip, lines):
                    supervisor.progress.note(line.strip())
                return ended

            supervisor.wait(has_ended, float("inf"))
    finally:
        process.end_family(child)
    if child.returncode != 0:
        raise Trouble(f"The database could not be prepared. {last_words(errors)}")


def listen(variable: str = "PORT", first: int = FIRST_PORT) -> socket.socket:
    """Listen on the port that the variable names, or on the first free one, for this machine alone."""
    wanted = os.environ.get(variable)
    if not wanted:
        candidates = range(first, first + PORTS_TRIED)
    elif wanted.isdecimal() and 0 < int(wanted) < 65536:
        candidates = range(int(wanted), int(wanted) + 1)
    else:
        raise Trouble(f"{variable} should be a number from 1 to 65535, not {wanted!r}.")
    for port in candidates:
        if _somebody_answers_on_ipv6(port):
            continue
        listening = socket.socket()
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind(("127.0.0.1", port))
        except OSError:
            listening.close()
            continue
        listening.listen(128)
        return listening
    raise Trouble(f"Port {candidates[0]} is taken; choose another with {variable}=.")


def _port_of(listening: socket.socket) -> int:
    port: int = listening.getsockname()[1]
    return port


def _somebody_answers_on_ipv6(port: int) -> bool:
    """Browsers take `localhost` for ::1 first, where another program may listen."""
    with socket.socket(socket.AF_INET6) as asked:
        asked.settimeout(0.5)
        return asked.connect_ex(("::1", port)) == 0


def is_healthy(port: int) -> bool:
    """Whether the web answers that it reaches both databases."""
    asked = http.client.HTTPConnection("127.0.0.1", port, timeout=1)
    try:
        asked.request("GET", "/health/", headers={"Host": "localhost"})
        return asked.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        asked.close()
