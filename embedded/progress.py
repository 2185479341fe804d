"""What the person at the terminal sees while something takes longer than a second.

Plain text that also reads well in a log file. What is being waited for does not belong here.
"""

import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager


class Trouble(Exception):
    """Something the person at the terminal can mend; its message is all they are shown."""

    exit_code = 1


class Stopped(Exception):
    """The person, or the system, asked for an end while something was being started."""


class Progress:
    """One line for each step: its name, a dot for each second, and how long it took."""

    def __init__(self) -> None:
        self._dots = 0
        self._started = time.monotonic()

    def tick(self) -> None:
        """Draw the dots that are due. Waiting loops call this often."""
        while self._dots < int(time.monotonic() - self._started):
            self._dots += 1
            self._write(".")

    def note(self, text: str) -> None:
        """A line within a step."""
        self._write(f"\n    {text} ")

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        self._started, self._dots = time.monotonic(), 0
        self._write(f"{name} ...")
        try:
            yield
        except BaseException:
            self._write("\n")
            raise
        self._write(f" {time.monotonic() - self._started:.1f} s\n")

    def say(self, text: str = "") -> None:
        self._write(f"{text}\n")

    def _write(self, text: str) -> None:
        sys.stdout.write(text)
        sys.stdout.flush()
