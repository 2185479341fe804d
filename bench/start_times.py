"""How long bin/run takes until the page answers: from a fresh clone, and with everything in place.

    python3 bench/start_times.py [runs]

A cold start has no environment, no data and no package cache; its time holds the download. A warm one
has all three. Prints each run and the medians, in seconds. Also times Ctrl-C and bin/test's own share.
"""

import os
import shutil
import signal
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
NOT_CLONED = (".venv", "var", ".git", ".env", "__pycache__", ".*_cache", ".hypothesis")


def start_and_stop(clone: Path) -> tuple[float, float]:
    """Seconds from the call to the printed address, and from Ctrl-C to the end."""
    begun = time.monotonic()
    process = subprocess.Popen(
        ["bin/run"],
        cwd=clone,
        env={**os.environ, "HOME": str(clone.parent)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    if process.stdout is None or not any("Chairside is running at" in line for line in process.stdout):
        sys.exit("bin/run did not start")
    up = time.monotonic() - begun
    asked = time.monotonic()
    process.send_signal(signal.SIGINT)
    process.communicate()
    return up, time.monotonic() - asked


def scratch(clone: Path) -> float:
    """Seconds that throw-away services add to a command."""
    begun = time.monotonic()
    subprocess.run(
        [sys.executable, "-m", "embedded", "scratch", "true"],
        cwd=clone,
        check=True,
        stdout=subprocess.DEVNULL,
    )
    return time.monotonic() - begun


def main(runs: int) -> None:
    cold, warm, stop = [], [], []
    for _ in range(runs):
        with tempfile.TemporaryDirectory(prefix="chairside start ") as above:
            clone = Path(above) / "clone"
            shutil.copytree(ROOT, clone, ignore=shutil.ignore_patterns(*NOT_CLONED))
            up, _ = start_and_stop(clone)
            cold.append(up)
            for _ in range(2):
                up, down = start_and_stop(clone)
                warm.append(up)
                stop.append(down)
    throw_away = [scratch(ROOT) for _ in range(runs)]
    for name, seconds in {"cold": cold, "warm": warm, "stop": stop, "scratch": throw_away}.items():
        each = " ".join(f"{value:.1f}" for value in seconds)
        print(f"{name:8} median {statistics.median(seconds):5.1f} s   ({each})")
    print(f"{os.cpu_count()} cores, Python {sys.version.split()[0]}")


main(int(sys.argv[1]) if len(sys.argv) > 1 else 5)
