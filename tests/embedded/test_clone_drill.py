"""bin/run as a newcomer meets it: a fresh clone, its path with a space in it, nothing else prepared.

Each story installs the packages anew, so these are drills: bin/drills runs them.
"""

import os
import re
import shutil
import signal
import socket
import subprocess
import tempfile
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from embedded.place import ROOT
from tests.embedded.conftest import parent_of, processes_of, until

# The packages come over the network, and a busy machine may be slow.
pytestmark = [pytest.mark.drill, pytest.mark.timeout(1200)]
INSTALLERS = ("PIP_", "UV_", "SSL_")  # where this machine gets its packages
NOT_CLONED = (".venv", "var", ".git", ".env", "__pycache__", ".*_cache", ".hypothesis")


@dataclass
class Clone:
    """A copy of this checkout and the user who works in it."""

    folder: Path
    uid: int
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self, *arguments: str) -> "Start":
        """bin/run, with the system's own python3 and next to nothing in its environment."""
        output = self.folder.parent / f"output-{len(self.started)}.txt"
        with output.open("wb") as file:
            process = subprocess.Popen(
                ["bin/run", *arguments],
                cwd=self.folder,
                env={
                    **{
                        name: value
                        for name, value in os.environ.items()
                        if name.startswith(("PIP_", "UV_", "SSL_"))
                    },
                    "PATH": os.defpath,
                    "HOME": str(self.folder.parent),
                    "DATABASE_URL": "",
                },
                user=self.uid,
                group=self.uid,
                extra_groups=[],
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        self.started.append(process)
        return Start(process, output)

    def processes(self) -> dict[int, str]:
        return processes_of(self.folder)


@dataclass
class Start:
    process: subprocess.Popen[bytes]
    output: Path

    def said(self) -> str:
        return self.output.read_text()

    def address(self) -> str:
        """Wait until it says where Chairside is."""
        pattern = re.compile(r"^Chairside is running at (\S+)$", flags=re.MULTILINE)
        until(lambda: pattern.search(self.said()) is not None or self.process.poll() is not None)
        found = pattern.search(self.said())
        assert found, self.said()
        return found[1]

    def end(self, by: signal.Signals) -> int:
        self.process.send_signal(by)
        return self.process.wait()


@pytest.fixture(params=[0, 65534], ids=["root", "nobody"])
def clone(request: pytest.FixtureRequest) -> Iterator[Clone]:
    """Once as root and once as an ordinary user; whoever is not root runs it as themselves."""
    uid = os.geteuid() or request.param
    if os.geteuid() != 0 and request.param != 0:
        pytest.skip("run as root to try another user")
    above = Path(tempfile.mkdtemp(prefix="chairside drill ")).resolve()
    folder = above / "a clone"
    shutil.copytree(ROOT, folder, ignore=shutil.ignore_patterns(*NOT_CLONED))
    for path in (above, *above.rglob("*")):
        os.chown(path, uid, uid) if os.geteuid() == 0 else None
    made = Clone(folder, uid)
    yield made
    for process in made.started:
        if process.poll() is None:
            process.send_signal(signal.SIGINT)
            process.wait()
    until(lambda: made.processes() == {})
    shutil.rmtree(above)


def status(address: str, path: str) -> int:
    with urllib.request.urlopen(f"{address}{path}") as answer:
        return answer.status


def told_a_monitor(run: Start, *, control_id: str) -> str:
    """What a monitor hears at the printed address, after a message that isn't for the record."""
    found = re.search(r"^Monitors .*: (\S+):(\d+)$", run.said(), flags=re.MULTILINE)
    assert found, run.said()
    message = f"MSH|^~\\&|BED4|WARD|||20270111150000||ADT^A01|{control_id}|P|2.6\r"
    with socket.create_connection((found[1], int(found[2]))) as wire:
        wire.sendall(b"\x0b" + message.encode() + b"\x1c\r")
        return wire.recv(65536).decode()


def test_from_a_fresh_clone_to_a_page_and_back_to_nothing(clone: Clone) -> None:
    run = clone.start()
    address = run.address()
    second = clone.start()

    assert status(address, "/health/") == 200
    assert status(address, "/") == 200
    assert "MSA|AR|7|" in told_a_monitor(run, control_id="7")
    assert second.process.wait() == 3
    assert f"already running at {address}" in second.said()
    assert run.end(signal.SIGINT) == 0
    assert clone.processes() == {}


def test_every_part_may_be_killed_and_the_clinic_is_still_there(clone: Clone) -> None:
    run = clone.start()
    address = run.address()
    until(lambda: {"gunicorn", "worker", "beat", "listen_monitors"} <= programs_below(run))
    for part in ("gunicorn", "worker", "beat", "listen_monitors", "valkey-server", "bin/postgres"):
        kill_and_wait_for_the_next(run, part)
    until(lambda: answers(address))

    run.end(signal.SIGKILL)
    until(lambda: clone.processes() == {})
    again = clone.start()

    assert status(again.address(), "/health/") == 200
    assert again.end(signal.SIGTERM) == 0
    assert clone.processes() == {}


def test_an_interrupted_installation_is_made_again(clone: Clone) -> None:
    interrupted = clone.start("--databases-only")
    until(lambda: "Installing the packages" in interrupted.said())
    os.killpg(interrupted.process.pid, signal.SIGKILL)
    interrupted.process.wait()
    assert (clone.folder / ".venv" / "chairside-unfinished").exists()

    run = clone.start("--databases-only")
    until(lambda: "Ctrl-C" in run.said() or run.process.poll() is not None)

    assert "Ctrl-C" in run.said(), run.said()
    assert run.end(signal.SIGINT) == 0


def kill_and_wait_for_the_next(run: Start, part: str) -> None:
    before = run.said().count("starting it again")
    [number] = [each for each, command in children_of(run).items() if part in command]
    os.kill(number, signal.SIGKILL)
    until(lambda: run.said().count("starting it again") > before)
    until(lambda: part in " ".join(children_of(run).values()))


def children_of(run: Start) -> dict[int, str]:
    found = {}
    for number, command in processes_of(run.output.parent).items():
        try:
            if parent_of(number) == run.process.pid:
                found[number] = command
        except OSError:
            continue
    return found


def programs_below(run: Start) -> set[str]:
    words = " ".join(children_of(run).values()).split()
    return {word for word in words if word in {"gunicorn", "worker", "beat", "listen_monitors"}}


def answers(address: str) -> bool:
    try:
        return status(address, "/health/") == 200
    except OSError:
        return False
