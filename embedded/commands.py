"""What each command of bin/ does, in the order in which it happens."""

import argparse
import os
import signal
import sys
from collections.abc import Callable
from pathlib import Path

from embedded import caller, databases, environment, process, run, scratch
from embedded.place import PYTHON, ROOT, Place
from embedded.progress import Progress, Stopped, Trouble
from embedded.supervisor import Supervisor

VAR = Place(ROOT / "var")
# What changes tables; everything else acts with the application's own rights.
AS_OWNER = (["migrate"], ["prepare"])


def start(arguments: list[str], progress: Progress) -> int:
    """bin/run"""
    parser = argparse.ArgumentParser(prog="bin/run", description="Start all of Chairside on this machine.")
    parser.add_argument("--databases-only", action="store_true", help="start PostgreSQL and Valkey alone")
    parser.add_argument("--data", type=Path, default=VAR.folder, help="keep the data here instead of in var/")
    parser.add_argument("--empty", action="store_true", help="make no synthetic clinic in an empty database")
    chosen = parser.parse_args(arguments)
    environment.ensure(environment.RUNTIME, progress)
    place = Place(chosen.data.resolve())
    if chosen.databases_only:
        run.only_databases(place, progress)
    else:
        run.everything(place, progress, empty=chosen.empty)
    return 0


def test(arguments: list[str], progress: Progress) -> int:
    """bin/test: pytest, with a PostgreSQL and a Valkey of its own."""
    environment.ensure(environment.DEVELOPMENT, progress)
    # A later -m wins, so bin/drills asks for what this leaves out.
    return scratch.run([str(PYTHON), "-m", "pytest", "-m", "not drill", *arguments], progress)


def make_environment(arguments: list[str], progress: Progress) -> int:
    """.venv with all that developing needs, for the commands that need nothing else."""
    environment.ensure(environment.DEVELOPMENT, progress)
    return 0


def in_scratch(arguments: list[str], progress: Progress) -> int:
    """Any command, with a PostgreSQL and a Valkey of its own."""
    environment.ensure(environment.DEVELOPMENT, progress)
    return scratch.run(arguments, progress)


def manage(arguments: list[str], progress: Progress) -> int:
    """bin/manage: manage.py with the data of bin/run, whether that is running or not; of the folder that was
    given to `bin/run --data` with the same option before the command."""
    place, arguments = _place_of(arguments)
    environment.ensure(environment.RUNTIME, progress)
    command = [str(PYTHON), "manage.py", *arguments]
    as_owner = arguments[:1] in AS_OWNER
    try:
        with run.sole_use(place), Supervisor(progress) as supervisor:
            found = databases.start(place, supervisor, outside=os.environ)
            return supervisor.run_in_foreground(
                command, caller.demo_environment(place, found, as_owner=as_owner)
            )
    except run.AlreadyRunning:
        found = databases.addresses(place, os.environ)
        address = run.address_of(place) or caller.SETTINGS["PUBLIC_URL"]
        settings = caller.demo_environment(place, found, address=address, as_owner=as_owner)
        os.execve(PYTHON, command, settings)  # noqa: S606 - no shell is wanted in between


def _place_of(arguments: list[str]) -> tuple[Place, list[str]]:
    """Whose data manage.py is to have, and what is manage.py's own: everything from its command on."""
    if arguments[:1] == ["--data"]:
        folder, rest = "".join(arguments[1:2]), arguments[2:]
    elif arguments and arguments[0].startswith("--data="):
        folder, rest = arguments[0].removeprefix("--data="), arguments[1:]
    else:
        return VAR, arguments
    if not folder:
        raise Trouble("Say which folder: bin/manage --data FOLDER COMMAND.")
    place = Place(Path(folder).resolve())
    if not place.folder.is_dir():  # a slip of the pen is not another database
        raise Trouble(f"There is no folder {place.folder}; bin/run --data {folder} makes it.")
    return place, rest


COMMANDS: dict[str, Callable[[list[str], Progress], int]] = {
    "run": start,
    "test": test,
    "environment": make_environment,
    "scratch": in_scratch,
    "manage": manage,
}


def main(arguments: list[str]) -> int:
    name, rest = (arguments[0], arguments[1:]) if arguments else ("", [])
    if name not in COMMANDS:
        print(f"usage: python3 -m embedded {{{','.join(COMMANDS)}}} ...", file=sys.stderr)
        return 2
    # Until a supervisor takes over, a kill is as orderly an end as a Ctrl-C.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        process.linux_only()
        return COMMANDS[name](rest, Progress())
    except Trouble as trouble:
        print(trouble, file=sys.stderr)
        return trouble.exit_code
    except (Stopped, KeyboardInterrupt):
        return 130
