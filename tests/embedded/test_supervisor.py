"""What a supervisor looks after, without a database: services that answer when the story lets them."""

import os
import signal
import subprocess
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from embedded.progress import Progress, Stopped
from embedded.supervisor import Supervisor


@dataclass
class Sleeper:
    """A process that does nothing, and answers as `answers` says."""

    name: str
    log: Path
    answers: Callable[[], bool] = lambda: True
    stop_signal: signal.Signals = signal.SIGTERM
    seconds_to_stop: float = 1.0
    started: list[subprocess.Popen[bytes]] = field(default_factory=list)

    def start(self) -> subprocess.Popen[bytes]:
        self.started.append(subprocess.Popen(["sleep", "600"], start_new_session=True))
        return self.started[-1]

    def is_ready(self) -> bool:
        return self.answers()

    def end_leftovers(self) -> None:
        pass

    @property
    def lives(self) -> bool:
        return self.started[-1].poll() is None


@pytest.fixture(autouse=True)
def _own_signals() -> Iterator[None]:
    numbers = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
    before = {number: signal.getsignal(number) for number in numbers}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


def test_what_dies_while_another_comes_back_is_started_again_too(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The web needs Valkey to answer; both are killed by a machine that runs out of memory."""
    valkey = Sleeper("Valkey", tmp_path / "valkey.log")

    def web_answers() -> bool:
        if len(web.started) == 2 and len(valkey.started) == 1:
            valkey.started[-1].kill()
            valkey.started[-1].wait()
        if valkey.lives and len(valkey.started) == 2:
            os.kill(os.getpid(), signal.SIGTERM)  # the story is at its end
        return valkey.lives

    web = Sleeper("web", tmp_path / "web.log", web_answers)
    with Supervisor(Progress()) as supervisor:
        supervisor.start(valkey)
        supervisor.start(web)
        web.started[-1].kill()
        with pytest.raises(Stopped):
            supervisor.watch()
        assert (len(valkey.started), len(web.started)) == (2, 2)
    assert not valkey.lives
    assert "web is back" in capsys.readouterr().out
