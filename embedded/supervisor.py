"""Starts services one after the other, watches them, and stops them in the opposite order.

What dies by itself is started again, a few times; then everything is stopped with a message, for a
service that cannot live is better seen than hidden. What the services are does not belong here.
"""

import os
import signal
import subprocess
import time
from collections import deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import FrameType
from typing import Protocol, Self

from embedded import process
from embedded.progress import Progress, Stopped, Trouble

RESTARTS, WITHIN_SECONDS = 5, 60.0
SECONDS_TO_COME_BACK = 60.0


class Service(Protocol):
    @property
    def name(self) -> str: ...
    @property
    def stop_signal(self) -> signal.Signals: ...
    @property
    def seconds_to_stop(self) -> float: ...
    @property
    def log(self) -> Path: ...
    def start(self) -> subprocess.Popen[bytes]: ...
    def is_ready(self) -> bool: ...
    def end_leftovers(self) -> None:
        """End what its process left behind when it had to be killed; called when that has gone."""


@dataclass
class _Running:
    service: Service
    child: subprocess.Popen[bytes]
    restarts: deque[float] = field(default_factory=lambda: deque(maxlen=RESTARTS))
    # Since when it is waited for, while it comes back: None of one that answers.
    awaited_since: float | None = None


class Supervisor:
    """Use as a context manager: leaving it, for whatever reason, stops everything it started."""

    def __init__(self, progress: Progress) -> None:
        self.progress = progress
        self._groups: list[list[_Running]] = []
        self._asked_to_stop = False
        self._interrupted = False  # by a Ctrl-C, which a child on the same terminal got as well

    def __enter__(self) -> Self:
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._ask_to_stop)
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def stop(self) -> None:
        """Stop everything: what was started last goes first, what was started together goes together."""
        while self._groups:
            group = self._groups.pop()
            process.end_in_order(
                [(each.child, each.service.stop_signal) for each in group],
                within=max(each.service.seconds_to_stop for each in group),
                wait=self._wait_to_the_end,
            )
            for each in group:
                each.service.end_leftovers()

    def start(self, *services: Service, within: float = 60.0) -> None:
        """Start `services` together and wait until each answers; Trouble when one does not."""
        group: list[_Running] = []
        self._groups.append(group)
        for service in services:
            group.append(_Running(service, service.start()))
        for running in group:
            self._wait_until_ready(running, within)

    def watch(self) -> None:
        """Start again whatever dies, until asked to stop (Stopped) or one keeps dying (Trouble).

        While one comes back the others are looked after: it may need one that has died since.
        """
        while True:
            all_below_answer = True
            for group in self._groups:
                for running in group:
                    self._look_after(running, all_below_answer)
                all_below_answer &= all(each.awaited_since is None for each in group)
            if self._asked_to_stop:
                raise Stopped
            time.sleep(0.2)

    def run_in_foreground(self, command: Sequence[str], environment: Mapping[str, str]) -> int:
        """Run a child that shares the terminal, so that a debugger works and Ctrl-C reaches it."""
        parent = os.getpid()
        child = subprocess.Popen(
            command,
            env=dict(environment),
            preexec_fn=lambda: process.die_with_parent(signal.SIGKILL, parent),
        )
        try:
            while child.poll() is None and not self._asked_to_stop:
                time.sleep(0.05)
            # A Ctrl-C went to the child as well, and it is writing its summary; a kill came here alone.
            if self._asked_to_stop and not self._interrupted:
                child.terminate()
            child.wait()
        finally:
            child.kill()
        return child.returncode if child.returncode >= 0 else 128 - child.returncode

    def wait(self, condition: Callable[[], bool], seconds: float) -> bool:
        """Wait until `condition` holds, at most `seconds`; Stopped when asked to stop meanwhile."""
        until = time.monotonic() + seconds
        while not condition():
            if self._asked_to_stop:
                raise Stopped
            if time.monotonic() >= until:
                return False
            time.sleep(0.02)
            self.progress.tick()
        return True

    def _wait_to_the_end(self, condition: Callable[[], bool], seconds: float) -> bool:
        until = time.monotonic() + seconds
        while not condition() and time.monotonic() < until:
            time.sleep(0.02)
        return condition()

    def _ask_to_stop(self, number: int, frame: FrameType | None) -> None:
        self._asked_to_stop = True
        self._interrupted = number == signal.SIGINT

    def _wait_until_ready(self, running: _Running, within: float) -> None:
        service, child = running.service, running.child
        answers = self.wait(lambda: child.poll() is not None or service.is_ready(), within)
        if child.returncode is not None:
            raise Trouble(f"{service.name} stopped while it was starting. {last_words(service.log)}")
        if not answers:
            raise Trouble(f"{service.name} gave no answer for {within:.0f} s. {last_words(service.log)}")

    def _look_after(self, running: _Running, all_below_answer: bool) -> None:
        service, now = running.service, time.monotonic()
        if running.child.poll() is not None:
            if running.awaited_since is not None:
                raise Trouble(f"{service.name} stopped while it was starting. {last_words(service.log)}")
            self._restart(running)
        elif running.awaited_since is None:
            return
        elif not all_below_answer:
            running.awaited_since = now  # it can't answer before they do
        elif service.is_ready():
            running.awaited_since = None
            self.progress.say(f"{service.name} is back after {now - running.restarts[-1]:.1f} s")
        elif now - running.awaited_since >= SECONDS_TO_COME_BACK:
            raise Trouble(
                f"{service.name} gave no answer for {SECONDS_TO_COME_BACK:.0f} s. {last_words(service.log)}"
            )

    def _restart(self, running: _Running) -> None:
        name, now = running.service.name, time.monotonic()
        process.end_family(running.child)
        if len(running.restarts) == RESTARTS and now - running.restarts[0] < WITHIN_SECONDS:
            raise Trouble(f"{name} keeps stopping. {last_words(running.service.log)}")
        running.restarts.append(now)
        self.progress.say(f"{name} stopped by itself; starting it again")
        running.child = running.service.start()
        running.awaited_since = time.monotonic()


def last_words(log: Path) -> str:
    """The end of a log, for the person who has to find out why."""
    try:
        lines = log.read_text(errors="replace").splitlines()[-15:]
    except OSError:
        lines = []
    return "\n".join([f"The end of {log}:", *(f"  {line}" for line in lines)])
