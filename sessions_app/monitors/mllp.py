"""The listening socket: HL7 v2 over MLLP, many monitors at once, each message answered when it is stored.

One process, one event loop, one thread that writes. What arrives within `GATHER` is stored in one
transaction; a message is answered only after its commit, so that whoever is killed here loses nothing that
was acknowledged. What a message says is none of this room's business.
"""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

from django.db import close_old_connections

from clinic import clock
from clinic.models import Clinic
from sessions_app.monitors import feed
from sessions_app.monitors.feed import Acknowledgement
from sessions_app.monitors.framing import Framer, TooLong, framed

log = logging.getLogger(__name__)

Take = Callable[[Sequence[bytes]], list[Acknowledgement]]


@dataclass(frozen=True)
class Bounds:
    """What one listener bears. A monitor that stays within them is never cut off."""

    longest_message: int = 256 * 1024  # bytes
    connections: int = 256
    seconds_for_a_message: float = 10.0  # from its first byte to its last
    seconds_of_silence: float = 300.0  # between two messages
    seconds_to_read_answers: float = 10.0
    gather: float = 0.2  # seconds for which a batch waits for others
    batch: int = 256  # messages


@dataclass(frozen=True)
class _Waiting:
    raw: bytes
    answer: "asyncio.Future[bytes]"


class Listener:
    """Accepts connections and hands what they send, in batches, to `take`."""

    def __init__(self, take: Take, bounds: Bounds | None = None) -> None:
        self.bounds = bounds or Bounds()
        self._take = take
        self._open = 0
        self._queue: asyncio.Queue[_Waiting] = asyncio.Queue(self.bounds.batch * 4)
        self._connections: set[asyncio.Task[None]] = set()

    async def listen(
        self, listening: socket.socket, *, ready: Callable[[int], None], stop: asyncio.Event
    ) -> None:
        """Serve until `stop`; then take no more, and answer what has been read. `ready` is told the port."""
        server = await asyncio.start_server(self._serve, sock=listening)
        with ThreadPoolExecutor(1, "monitors") as thread:
            storing = asyncio.create_task(self._store(thread))
            try:
                ready(server.sockets[0].getsockname()[1])
                waiting = asyncio.create_task(stop.wait())
                await asyncio.wait({waiting, storing}, return_when=asyncio.FIRST_COMPLETED)
                waiting.cancel()
            finally:
                server.close()
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(self._queue.join(), self.bounds.seconds_for_a_message)
                for connection in list(self._connections):
                    connection.cancel()
                await asyncio.gather(*self._connections, return_exceptions=True)
                storing.cancel()
                with contextlib.suppress(asyncio.CancelledError):
                    await storing

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        if self._open >= self.bounds.connections or task is None:
            log.warning("monitor refused: too many connections")
            writer.close()
            return
        self._open += 1
        self._connections.add(task)
        try:
            await self._converse(reader, writer)
        except TooLong:
            log.warning("monitor cut off: a message was too long")
        except TimeoutError:
            log.info("monitor cut off: it was silent, or too slow")
        except (ConnectionError, asyncio.CancelledError):
            pass
        finally:
            self._open -= 1
            self._connections.discard(task)
            writer.close()

    async def _converse(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Read, store, answer in the order of arrival; nothing more is read before that is done."""
        bounds, framer = self.bounds, Framer(self.bounds.longest_message)
        loop = asyncio.get_running_loop()
        until = loop.time() + bounds.seconds_of_silence
        while True:
            async with asyncio.timeout_at(until):
                received = await reader.read(65536)
            if not received:
                return
            begun_before = framer.begun
            answers = []
            for message in framer.feed(received):
                begun_before = False
                answer: asyncio.Future[bytes] = loop.create_future()
                await self._queue.put(_Waiting(message, answer))
                answers.append(answer)
            if answers:
                writer.writelines([framed(await answer) for answer in answers])
                async with asyncio.timeout(bounds.seconds_to_read_answers):
                    await writer.drain()
            if not framer.begun:
                until = loop.time() + bounds.seconds_of_silence
            elif not begun_before:
                until = loop.time() + bounds.seconds_for_a_message

    async def _store(self, thread: ThreadPoolExecutor) -> None:
        """One batch after the other, until cancelled."""
        while True:
            batch = await self._gathered()
            answers = await asyncio.get_running_loop().run_in_executor(
                thread, self._stored, [waiting.raw for waiting in batch]
            )
            for waiting, answer in zip(batch, answers, strict=True):
                if not waiting.answer.done():
                    waiting.answer.set_result(answer)
                self._queue.task_done()

    async def _gathered(self) -> list[_Waiting]:
        """What comes within `gather` of the first, and no more than one batch."""
        batch = [await self._queue.get()]
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self.bounds.gather):
                while len(batch) < self.bounds.batch:
                    batch.append(await self._queue.get())
        return batch

    def _stored(self, messages: Sequence[bytes]) -> list[bytes]:
        """The answers. When a batch fails each message is tried alone: one must not stop the rest."""
        try:
            return [taken.answer for taken in self._take(messages)]
        except Exception as error:  # whatever it is, the listener goes on and the sender sends again
            close_old_connections()
            if len(messages) == 1:
                # The text of a database's error may hold values.
                log.error("monitor message not stored: %s", type(error).__name__)
                return [feed.not_taken(messages[0], now=clock.now()).answer]
            return [self._stored([message])[0] for message in messages]


def taking(home: Clinic | None) -> Take:
    """`feed.take` for a listener whose unknown monitors are this clinic's."""
    return lambda messages: feed.take(messages=messages, home=home, now=clock.now())
