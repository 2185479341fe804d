"""A bin/run in a folder of its own, started for one story and gone after it."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import psycopg
import pytest
import redis

from embedded import databases
from embedded.place import ROOT, Place


def until(condition: Callable[[], bool]) -> None:
    """Wait; pytest's own time limit is the only one."""
    while not condition():
        time.sleep(0.05)


def processes_of(folder: Path) -> dict[int, str]:
    """Every living process that works in `folder` or names it, by its number."""
    found = {}
    for entry in Path("/proc").iterdir():
        if not entry.name.isdecimal() or int(entry.name) == os.getpid():
            continue
        try:
            command = (entry / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
            works_in = (entry / "cwd").resolve(strict=True)
        except OSError:
            continue
        if works_in.is_relative_to(folder) or str(folder) in command:
            found[int(entry.name)] = command
    return found


def let_anybody_pass(folder: Path) -> None:
    """Root's databases run as somebody else, who has to get through pytest's folders."""
    if os.geteuid() == 0:
        for each in (folder, *folder.parents):
            if each == Path(tempfile.gettempdir()):
                break
            each.chmod(0o711)


def parent_of(number: int) -> int:
    after_name = Path(f"/proc/{number}/stat").read_text().rpartition(")")[2]
    return int(after_name.split()[1])


@dataclass
class Run:
    """bin/run --databases-only on one folder."""

    folder: Path
    process: subprocess.Popen[bytes] | None = None

    @property
    def found(self) -> databases.Databases:
        return databases.addresses(Place(self.folder), {})

    def start(self, **variables: str) -> str:
        """Start it; returns what it printed up to the moment it is ready (or has ended)."""
        environment = {**os.environ, "DATABASE_URL": "", "REDIS_URL": "", "PGHOST": "127.0.0.1", **variables}
        self._output = Path(tempfile.mkstemp(dir=self.folder.parent)[1])
        with self._output.open("wb") as output:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "embedded", "run", "--databases-only", "--data", str(self.folder)],
                cwd=ROOT,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        until(lambda: "Ctrl-C" in self.said() or self._has_ended())
        return self.said()

    def said(self) -> str:
        """All that it printed since it was started."""
        return self._output.read_text()

    def stop(self, by: signal.Signals = signal.SIGINT) -> int:
        """Ask it, and only it, to end; returns its exit code."""
        assert self.process
        self.process.send_signal(by)
        return self.process.wait()

    def _has_ended(self) -> bool:
        return self.process is not None and self.process.poll() is not None

    def number_of(self, program: str) -> int:
        """The process number of the server `program`, a direct child of the run."""
        assert self.process
        for number, command in processes_of(self.folder).items():
            if program in command and parent_of(number) == self.process.pid:
                return number
        raise AssertionError(f"{program} does not run")

    def write(self, text: str) -> None:
        """Commit one row and keep one key."""
        with psycopg.connect(self.found.owner_url) as connection:
            connection.execute("CREATE TABLE IF NOT EXISTS kept (text text)")
            connection.execute("INSERT INTO kept VALUES (%s)", [text])
        redis.Redis.from_url(self.found.redis_url).rpush("kept", text)

    def rows(self) -> list[str]:
        with psycopg.connect(self.found.app_url) as connection:
            return [text for (text,) in connection.execute("SELECT text FROM kept ORDER BY text")]

    def keys(self) -> list[str]:
        kept = redis.Redis.from_url(self.found.redis_url).lrange("kept", 0, -1)
        return sorted(text.decode() for text in kept)  # type: ignore[union-attr]


@pytest.fixture
def run(tmp_path: Path) -> Iterator[Run]:
    """Not started yet. Its folder has a space in its name."""
    let_anybody_pass(tmp_path)
    running = Run(tmp_path / "data of a clinic")
    yield running
    if running.process and running.process.poll() is None:
        running.stop()
    until(lambda: processes_of(running.folder) == {})
    Place(running.folder).remove_sockets()  # a killed run could not
