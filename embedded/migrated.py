"""A PostgreSQL whose tables are made, kept below `var/` and copied by every run with throw-away services.

The migrations take longer than most single files of stories. A kept one is good for exactly the files that
had a say in it (`SOURCES`): it is named after what stands in them, and gets its name when it is whole. Who
copies it still migrates, so a migration that it should lack would be caught up with.
"""

import fcntl
import hashlib
import os
import shutil
import sys
from pathlib import Path
from typing import IO, Final

from embedded import caller, databases, originals, process
from embedded.place import PYTHON, ROOT, Place
from embedded.progress import Progress, Trouble
from embedded.supervisor import Supervisor

KEPT: Final = ROOT / "var" / "migrated"
MOST_KEPT: Final = 4  # as many branches as somebody works on in turn; some 50 MB each
SECONDS: Final = 600.0  # longer than anybody should ever wait for it
# All that the migrations read of this repository, and what the packages and the server are.
SOURCES: Final = (
    "*/__init__.py",
    "*/apps.py",
    "*/migrations/*.py",
    "*/models.py",
    "*/models/*.py",
    "clinic/clock.py",
    "clinic/history.py",
    "clinic/migration_operations.py",
    "config/**/*.py",
    "embedded/*.py",
    "embedded/*.sql",
    "manage.py",
    "requirements*.txt",
)


def put_below(place: Place, supervisor: Supervisor, progress: Progress) -> bool:
    """Give `place`, which has no data yet, a migrated PostgreSQL; made now when there is none to copy.

    False when the migrations fail: whoever asked for services may be about to mend them.
    """
    try:
        KEPT.mkdir(parents=True, exist_ok=True)
        lock = (KEPT / "lock").open("w")
    except PermissionError:
        return False  # another user's checkout: whoever wants tables makes them
    with lock:
        _take_turn(lock, supervisor, progress)
        kept = KEPT / fingerprint()
        if kept.exists():
            _copy(kept, place)
            return True
        with progress.step("Making the tables, once for all runs until a migration changes"):
            if not _migrate(place, supervisor):
                progress.note("The migrations failed; going on without tables.")
                return False
            # Who edited a source meanwhile has tables that belong to neither state of it.
            if kept.name == fingerprint():
                _keep(place, kept)
            return True


def sources() -> list[Path]:
    """The files that have a say in what the migrations make."""
    return sorted({path for pattern in SOURCES for path in ROOT.glob(pattern)})


def fingerprint() -> str:
    """One name for all that has a say: the sources, this Python, and whose files the data are."""
    told = hashlib.sha256(f"{sys.version} {os.geteuid()}".encode())
    for path in sources():
        told.update(f"\n{path.relative_to(ROOT)} ".encode())
        told.update(hashlib.sha256(path.read_bytes()).digest())
    return told.hexdigest()[:24]


def _take_turn(lock: IO[str], supervisor: Supervisor, progress: Progress) -> None:
    """One at a time: whoever comes second finds what the first has made. Closing the file ends the turn."""

    def taken() -> bool:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if not taken():
        with progress.step("Waiting for another run that makes the tables"):
            if not supervisor.wait(taken, SECONDS):
                raise Trouble(f"Another run holds {lock.name} for too long.")


def _migrate(place: Place, supervisor: Supervisor) -> bool:
    """Make the data below `place` and migrate; whether all went well and the data lie still."""
    found = databases.start(place, supervisor, outside={}, throw_away=True)
    with (place.logs / "migrate.log").open("wb") as log:
        migrating = process.start(
            [PYTHON, "manage.py", "migrate", "--skip-checks", "--verbosity", "0"],
            folder=ROOT,
            environment=caller.test_environment(place, found),
            log=log,
        )
    try:
        supervisor.wait(lambda: migrating.poll() is not None, SECONDS)
    finally:
        process.end_family(migrating)
        supervisor.stop()
    return migrating.returncode == 0 and not (place.postgres / "postmaster.pid").exists()


def _keep(place: Place, kept: Path) -> None:
    """Killed at any moment it leaves what was kept before, and a folder that nobody takes for whole."""
    for unfinished in KEPT.glob("*.making"):
        shutil.rmtree(unfinished, ignore_errors=True)
    making = kept.with_suffix(".making")
    making.mkdir(mode=0o700)
    shutil.copytree(place.postgres, making / "postgres")
    shutil.copytree(place.folder / "secrets", making / "secrets")
    os.sync()  # or a power cut could leave the name with half of what it stands for
    making.rename(kept)
    every = [each for each in KEPT.iterdir() if each.is_dir()]
    every.sort(key=lambda each: each.stat().st_mtime, reverse=True)
    for old in every[MOST_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def _copy(kept: Path, place: Place) -> None:
    """The data and the secrets that open them."""
    os.utime(kept)  # what is used last is kept longest
    place.make()
    shutil.copytree(kept / "secrets", place.folder / "secrets")
    account = place.account
    shutil.copytree(kept / "postgres", place.postgres)
    if account:
        for folder, _, files in os.walk(place.postgres):
            for name in (folder, *(os.path.join(folder, file) for file in files)):
                os.chown(name, account.uid, account.gid)
    originals.declare(place.postgres)
