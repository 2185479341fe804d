"""The listener over real sockets: framing, bounds, answers only after the commit, and its sudden death."""

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection

from clinic import clock
from sessions_app.models import MonitorSample, UnmatchedMessage
from sessions_app.monitors import hl7
from sessions_app.monitors.feed import Acknowledgement
from sessions_app.monitors.framing import Framer, framed
from sessions_app.monitors.mllp import Bounds, Listener, Take
from tests.cast import NOW, House
from tests.sessions_app.monitors.beds import bed
from tests.sessions_app.monitors.messages import DURING, oru

PATIENCE_SECONDS = 30
QUICK = Bounds(gather=0.01, seconds_for_a_message=0.3, seconds_of_silence=5)


@dataclass
class Caller:
    """A monitor's end of a connection."""

    wire: socket.socket

    def __post_init__(self) -> None:
        self.framer = Framer(10_000)
        self.heard: list[bytes] = []

    def answers(self, count: int) -> list[str]:
        """The verdict and control id of so many answers."""
        while len(self.heard) < count:
            received = self.wire.recv(65536)
            assert received, "the listener hung up"
            self.heard += self.framer.feed(received)
        [taken, self.heard] = self.heard[:count], self.heard[count:]
        told = [hl7.parse(answer).named("MSA")[0] for answer in taken]
        return [f"{line.component(1)} {line.component(2)}" for line in told]

    def hung_up_on(self) -> bool:
        try:
            return not self.wire.recv(65536)
        except ConnectionError:
            return True


@contextmanager
def listening(take: Take, bounds: Bounds = QUICK) -> Iterator[Callable[[], Caller]]:
    """A listener in a thread of its own; yields how to call it."""
    port: list[int] = []
    up = threading.Event()
    stopping: list[Callable[[], Any]] = []

    def ready(at: int) -> None:
        port.append(at)
        up.set()

    async def run() -> None:
        stop = asyncio.Event()
        loop = asyncio.get_running_loop()
        stopping.append(lambda: loop.call_soon_threadsafe(stop.set))
        own = socket.create_server(("127.0.0.1", 0))
        await Listener(take, bounds).listen(own, ready=ready, stop=stop)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    assert up.wait(PATIENCE_SECONDS)
    callers: list[Caller] = []

    def call() -> Caller:
        callers.append(Caller(socket.create_connection(("127.0.0.1", port[0]), PATIENCE_SECONDS)))
        return callers[-1]

    try:
        yield call
    finally:
        stopping[0]()
        thread.join(PATIENCE_SECONDS)
        for caller in callers:
            caller.wire.close()
        assert not thread.is_alive()


def accepted(messages: Sequence[bytes]) -> list[Acknowledgement]:
    return [Acknowledgement("AA", hl7.acknowledgement(hl7.parse(raw), "AA", now=NOW)) for raw in messages]


def test_messages_cut_and_joined_on_their_way_are_answered_in_their_order() -> None:
    stream = b"".join(framed(oru(DURING, control_id=str(number))) for number in range(5))
    with listening(accepted) as call:
        monitor = call()
        for start in range(0, len(stream), 100):
            monitor.wire.sendall(stream[start : start + 100])
        assert monitor.answers(5) == [f"AA {number}" for number in range(5)]
        monitor.wire.sendall(b"noise" + framed(oru(DURING, control_id="9")))
        assert monitor.answers(1) == ["AA 9"]


def test_nothing_is_answered_before_it_is_stored() -> None:
    stored = threading.Event()

    def slow(messages: Sequence[bytes]) -> list[Acknowledgement]:
        assert stored.wait(PATIENCE_SECONDS)
        return accepted(messages)

    with listening(slow) as call:
        monitor = call()
        monitor.wire.sendall(framed(oru(DURING)))
        monitor.wire.settimeout(0.3)
        with pytest.raises(TimeoutError):
            monitor.wire.recv(1)
        stored.set()
        monitor.wire.settimeout(PATIENCE_SECONDS)
        assert monitor.answers(1) == ["AA 1"]


def test_one_message_that_cannot_be_stored_doesnt_stop_the_others() -> None:
    def picky(messages: Sequence[bytes]) -> list[Acknowledgement]:
        if any(b"|bad|" in raw for raw in messages):
            raise RuntimeError("the database refused")
        return accepted(messages)

    with listening(picky, replace(QUICK, gather=0.3)) as call:
        monitor = call()
        monitor.wire.sendall(b"".join(framed(oru(DURING, control_id=name)) for name in ("1", "bad", "2")))
        assert monitor.answers(3) == ["AA 1", "AE bad", "AA 2"]


def test_a_message_that_dribbles_in_is_cut_off_and_a_patient_monitor_is_not() -> None:
    with listening(accepted) as call:
        slow, patient = call(), call()
        slow.wire.sendall(b"\x0bMSH|")
        assert slow.hung_up_on()
        patient.wire.sendall(framed(oru(DURING)))
        assert patient.answers(1) == ["AA 1"]


def test_silence_and_too_long_a_message_are_cut_off() -> None:
    with listening(accepted, replace(QUICK, seconds_of_silence=0.3, longest_message=500)) as call:
        assert call().hung_up_on()
        long = call()
        long.wire.sendall(b"\x0b" + b"x" * 600)
        assert long.hung_up_on()


def test_more_connections_than_allowed_are_turned_away() -> None:
    with listening(accepted, replace(QUICK, connections=1)) as call:
        first = call()
        first.wire.sendall(framed(oru(DURING)))
        assert first.answers(1) == ["AA 1"]
        assert call().hung_up_on()


@contextmanager
def listener_process() -> Iterator[tuple[subprocess.Popen[str], int]]:
    """`manage.py listen_monitors` on the tests' own database."""
    address = urlsplit(os.environ["DATABASE_URL"])
    database = address._replace(path=f"/{connection.settings_dict['NAME']}").geturl()
    process = subprocess.Popen(
        [sys.executable, "-W", "ignore", "manage.py", "listen_monitors", "--port", "0"],
        cwd=settings.BASE_DIR,
        env={**os.environ, "DATABASE_URL": database},
        stdout=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout
        yield process, int(process.stdout.readline().rpartition(":")[2])
    finally:
        process.kill()
        process.wait(PATIENCE_SECONDS)
        process.stdout.close()  # type: ignore[union-attr]


@pytest.mark.django_db(transaction=True)
def test_killed_in_mid_stream_it_has_lost_nothing_that_it_answered_and_doubles_nothing(house: House) -> None:
    now = clock.now()
    # The listener reads the real clock: the patient arrived an hour ago.
    bed(house, at=now - timedelta(hours=1))
    moments = [now - timedelta(minutes=20) + timedelta(seconds=number) for number in range(400)]
    sent = [framed(oru(moment, control_id=str(number))) for number, moment in enumerate(moments)]
    answered: list[str] = []
    with listener_process() as (process, port), socket.create_connection(("127.0.0.1", port), 30) as wire:
        monitor = Caller(wire)
        for number, message in enumerate(sent):
            wire.sendall(message)
            if number % 20 == 19 and len(answered) < 60:
                answered += monitor.answers(20)
        process.send_signal(signal.SIGKILL)
        process.wait(PATIENCE_SECONDS)
        while not monitor.hung_up_on():
            pass
    stored = set(MonitorSample.objects.values_list("control_id", flat=True))
    assert {answer.removeprefix("AA ") for answer in answered} <= stored
    assert len(answered) >= 60

    with listener_process() as (process, port), socket.create_connection(("127.0.0.1", port), 30) as wire:
        again = Caller(wire)
        wire.sendall(b"".join(sent))
        assert again.answers(400) == [f"AA {number}" for number in range(400)]
        process.send_signal(signal.SIGTERM)
        assert process.wait(PATIENCE_SECONDS) == 0
    assert MonitorSample.objects.count() == 400
    assert not UnmatchedMessage.objects.exists()
