"""Makes and mends `.venv` from a hashed lock, with nothing but the Python that runs this.

Several commands may be started at once: one makes the environment, the others wait. Which packages
are wanted is pyproject.toml's business, and which versions is `bin/lock`'s.
"""

import fcntl
import filecmp
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from embedded import process
from embedded.place import ENVIRONMENT, PYTHON, ROOT
from embedded.progress import Progress, Trouble

RUNTIME, DEVELOPMENT = "requirements.txt", "requirements-dev.txt"
# The development lock is made under the constraint of the other, so it holds all of it.
HOLDS = {RUNTIME: (RUNTIME,), DEVELOPMENT: (RUNTIME, DEVELOPMENT)}
UNFINISHED = ENVIRONMENT / "chairside-unfinished"
LOG = ROOT / "var" / "environment.log"
# What the caller's shell may hold for another project.
MISLEADING = {"PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "PIP_TARGET", "PIP_PREFIX", "PIP_USER"}
VENV_HINT = "This Python came without its venv module. On Debian and Ubuntu: apt install python3-venv"


def ensure(lock: str, progress: Progress) -> None:
    """Have every package of `lock` in `.venv`, in exactly the locked version."""
    if _is_complete(lock):
        return
    var = ROOT / "var"
    var.mkdir(exist_ok=True)
    with (var / "environment.lock").open("w") as held:
        _take(held.fileno(), progress)
        if not _is_complete(lock):
            _make(lock, progress)


def _is_complete(lock: str) -> bool:
    """Whether `.venv` was finished from this very lock by this very Python."""
    mark = _mark(lock)
    return (
        not UNFINISHED.exists()
        and PYTHON.exists()
        and mark.exists()
        and filecmp.cmp(ROOT / lock, mark, shallow=False)
    )


def _mark(lock: str) -> Path:
    """A copy of the lock, kept with the version of Python that installed it."""
    return ENVIRONMENT / f"chairside-{sys.version_info.major}.{sys.version_info.minor}-{lock}"


def _take(descriptor: int, progress: Progress) -> None:
    def taken() -> bool:
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
        return True

    if not taken():
        with progress.step("Waiting for another command that makes the environment"):
            while not taken():
                time.sleep(0.1)
                progress.tick()


def _make(lock: str, progress: Progress) -> None:
    if UNFINISHED.exists() or not _runs():
        # An interrupted start leaves packages half written, which no installer mends reliably.
        shutil.rmtree(ENVIRONMENT, ignore_errors=True)
    ENVIRONMENT.mkdir(exist_ok=True)
    UNFINISHED.touch()
    if not _runs():
        with progress.step("Making the environment .venv"):
            _run([sys.executable, "-m", "venv", ENVIRONMENT], progress)
    for stale in ENVIRONMENT.glob("chairside-*requirements*.txt"):
        stale.unlink()
    uv = ENVIRONMENT / "bin" / "uv"
    if not uv.exists():
        with progress.step("Fetching the installer"):
            _fetch_uv(progress)
    wanted: list[str | Path] = ["--require-hashes", "--requirement", ROOT / lock]
    with progress.step(f"Installing the packages of {lock}"):
        if not (uv.exists() and _runs_well([uv, "pip", "install", "--python", PYTHON, *wanted], progress)):
            _run([PYTHON, "-m", "pip", "install", *wanted], progress)
    for held in HOLDS[lock]:
        shutil.copyfile(ROOT / held, _mark(held))
    UNFINISHED.unlink()


def _runs() -> bool:
    """Whether the environment's Python starts, and is the version that runs this."""
    ask = f"import sys; sys.exit(sys.version_info[:2] != {sys.version_info[:2]})"
    try:
        return subprocess.run([PYTHON, "-c", ask], capture_output=True, check=False).returncode == 0
    except OSError:
        return False


def _fetch_uv(progress: Progress) -> None:
    """Install uv from its own entry in the lock: many times faster than pip with the rest."""
    entry, inside = [], False
    for line in (ROOT / RUNTIME).read_text().splitlines():
        inside = line.startswith("uv==") or (inside and line.startswith(" "))
        if inside:
            entry.append(line)
    alone = ENVIRONMENT / "chairside-uv.txt"
    alone.write_text("\n".join(entry) + "\n")
    # Without it everything still works, only slower.
    _runs_well([PYTHON, "-m", "pip", "install", "--require-hashes", "--requirement", alone], progress)


def _run(command: Sequence[str | Path], progress: Progress) -> None:
    if not _runs_well(command, progress):
        said = LOG.read_text(errors="replace").strip()[-2000:]
        hint = VENV_HINT if "ensurepip" in said else ""
        raise Trouble(f"This did not work: {' '.join(map(str, command))}\n{said}\n{hint}")


def _runs_well(command: Sequence[str | Path], progress: Progress) -> bool:
    """Run `command` with its output in a log; True when it ended well."""
    environment = {name: value for name, value in os.environ.items() if name not in MISLEADING}
    with LOG.open("wb") as log:
        child = process.start(command, folder=ROOT, environment=environment, log=log)
    try:
        while child.poll() is None:
            time.sleep(0.02)
            progress.tick()
    finally:
        # An installer that outlived us would write into the environment of the next start.
        process.end_family(child)
    return child.returncode == 0
