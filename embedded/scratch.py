"""Runs one command with a PostgreSQL and a Valkey of its own, which are gone when it ends.

`bin/test` and the benchmarks go through here. Nothing it starts ever sees the data below `var/`, and
any number of them may run at once.
"""

import fcntl
import os
import shutil
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from embedded import caller, databases, migrated
from embedded.place import Place
from embedded.postgres import DATABASE
from embedded.progress import Progress
from embedded.supervisor import Supervisor

PREFIX = "chairside-test-"
TEMPLATE = "MIGRATED_DATABASE"  # the variable that names the database whose tables are made; empty without
LEFT_ALONE_SECONDS = 60  # a run that is just starting does not hold its lock yet


def run(command: Sequence[str], progress: Progress) -> int:
    """Run `command` with scratch services in its environment; returns its exit code.

    After the command has ended nothing more is printed, so its last line stays the last.
    """
    # The services have ended before their folder goes: one that still writes would leave a file behind.
    with _throw_away_place() as place, Supervisor(progress) as supervisor:
        is_migrated = migrated.put_below(place, supervisor, progress)
        with progress.step("Starting a PostgreSQL and a Valkey for this run"):
            started = databases.start(place, supervisor, outside={}, throw_away=True)
        template = DATABASE if is_migrated else ""
        return supervisor.run_in_foreground(
            command, {**caller.test_environment(place, started), TEMPLATE: template}
        )


@contextmanager
def _throw_away_place() -> Iterator[Place]:
    remove_what_the_killed_left()
    folder = Path(tempfile.mkdtemp(prefix=PREFIX)).resolve()
    if os.geteuid() == 0:
        folder.chmod(0o711)  # the databases' account has to pass
    place = Place(folder)
    with place.lock.open("w") as held:
        fcntl.flock(held, fcntl.LOCK_EX)
        try:
            yield place
        finally:
            shutil.rmtree(folder, ignore_errors=True)
            place.remove_sockets()


def remove_what_the_killed_left() -> None:
    """A run that was killed could not remove its folder; its lock is free."""
    for folder in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        try:
            if time.time() - folder.stat().st_mtime < LEFT_ALONE_SECONDS:
                continue
            with (folder / "lock").open("r+") as held:
                fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
                shutil.rmtree(folder, ignore_errors=True)
        except OSError:
            continue  # in use, being made, or somebody else's
