"""bin/run: the whole of Chairside on one machine, from nothing to a page that answers.

One run at a time for one data folder: its lock says who and where. Outside services named by
DATABASE_URL or REDIS_URL take the place of the embedded ones.
"""

import fcntl
import json
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from urllib.parse import urlsplit

from embedded import application, caller, databases, originals
from embedded.place import Place
from embedded.progress import Progress, Stopped, Trouble
from embedded.supervisor import Supervisor

A_COPY = "This data folder is a copy, or a backup that was put back."


class AlreadyRunning(Trouble):
    """Another run holds the data folder; the message says who and where."""

    exit_code = 3


@contextmanager
def sole_use(place: Place) -> Iterator[Callable[[str], None]]:
    """Hold the folder's lock. The kernel frees it when this process dies, however it dies.

    Yields a function that tells others the address. Raises AlreadyRunning.
    """
    place.make()
    with place.lock.open("a+") as held:
        held.seek(0)
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise AlreadyRunning(_who_runs(held.read())) from None

        def tell(address: str) -> None:
            held.truncate(0)
            held.write(json.dumps({"pid": os.getpid(), "address": address}))
            held.flush()

        tell("")
        try:
            yield tell
        finally:
            place.remove_sockets()


def address_of(place: Place) -> str:
    """Where the run that holds the folder answers; empty while it starts, or when it is databases alone."""
    try:
        told: str = json.loads(place.lock.read_text())["address"]
    except (OSError, ValueError):
        return ""
    return told if told.startswith("http") else ""


def everything(place: Place, progress: Progress, *, empty: bool = False) -> None:
    """Databases, preparation, web, workers, beat and monitors; stays until it is asked to stop. `empty`:
    without the synthetic clinic, this time and from now on."""
    with (
        sole_use(place) as tell,
        Supervisor(progress) as supervisor,
        application.listen() as listening,
        application.listen("MONITOR_PORT", application.FIRST_MONITOR_PORT) as for_monitors,
        stopping_in_order(supervisor),
    ):
        port = listening.getsockname()[1]
        address = f"http://localhost:{port}"
        if port != application.FIRST_PORT and not os.environ.get("PORT"):
            progress.say(f"Port {application.FIRST_PORT} is taken, so this run uses {port}.")
        embedded = not os.environ.get("DATABASE_URL")
        found = start_databases(place, supervisor)
        is_a_copy = embedded and not originals.is_original(place.postgres)
        with progress.step("Preparing the database"):
            environment = caller.demo_environment(place, found, address=address, as_owner=True)
            paused = A_COPY if is_a_copy else ""
            if empty:
                place.empty.touch()
            stays_empty = place.empty.exists()
            application.prepare(place, environment, supervisor, pause_sending=paused, empty=stays_empty)
        if embedded:
            originals.declare(place.postgres)
        if is_a_copy:
            progress.say(f"{A_COPY} Sending is paused: look first, then {place.manage} resume_sending.")
        with progress.step("Starting web, workers, beat and the monitors' listener"):
            environment = caller.demo_environment(place, found, address=address)
            # The page is what somebody waits for, so the others do not slow its start.
            supervisor.start(application.web(place, environment, listening))
            supervisor.start(
                application.clocks(place, environment),
                application.worker(place, environment),
                application.beat(place, environment),
                application.monitors(place, environment, for_monitors),
            )
        tell(address)
        progress.say(f"\nChairside is running at {address}\n\n{place.welcome.read_text().strip()}\n")
        progress.say(f"Monitors (HL7 v2 over MLLP): 127.0.0.1:{for_monitors.getsockname()[1]}")
        progress.say(f"Data: {place.folder}  Logs: {place.logs}\nCtrl-C stops everything; the data stays.")
        supervisor.watch()


def only_databases(place: Place, progress: Progress) -> None:
    """PostgreSQL and Valkey alone, for a developer who starts the rest by hand."""
    with sole_use(place) as tell, Supervisor(progress) as supervisor, stopping_in_order(supervisor):
        found = start_databases(place, supervisor)
        tell(f"{place.folder} (databases only)")
        progress.say(f"\nDATABASE_URL={found.app_url}\nREDIS_URL={found.redis_url}\n")
        progress.say("Ctrl-C stops both; the data stays.")
        supervisor.watch()


def start_databases(place: Place, supervisor: Supervisor) -> databases.Databases:
    progress = supervisor.progress
    for name in ("DATABASE_URL", "REDIS_URL"):
        if given := os.environ.get(name):
            progress.say(f"{name} is set: using {urlsplit(given).hostname} instead of an embedded one.")
    with progress.step("Starting PostgreSQL and Valkey"):
        return databases.start(place, supervisor, outside=os.environ)


@contextmanager
def stopping_in_order(supervisor: Supervisor) -> Iterator[None]:
    """Say why it ends before the seconds that the end takes."""
    try:
        yield
    except Stopped:
        supervisor.progress.say()
    except Trouble as trouble:
        supervisor.progress.say(f"\n{trouble}\n")
        raise SystemExit(1) from None
    finally:
        with supervisor.progress.step("Stopping everything in order"):
            supervisor.stop()


def _who_runs(told: str) -> str:
    try:
        other = json.loads(told)
    except ValueError:
        return "Chairside is already being started with this data."
    where = f"at {other['address']}" if other["address"] else "and still being started"
    return f"Chairside is already running {where} (process {other['pid']})."
