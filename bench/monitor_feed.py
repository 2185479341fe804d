"""Whether one listener keeps up with 64 chairs at one reading a second, over real sockets on loopback.

    bin/bench monitor_feed [--chairs 64] [--seconds 60] [--rush 30]

First in real time: each monitor sends a reading every second, at its own moment of the second. Prints the lag
from sending to the acknowledgement (after the commit), and whether every reading is stored. Then as fast as
the listener takes it, eight readings on the way for each monitor: how many times faster than real time.
"""

import argparse
import asyncio
import os
import statistics
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Final

from bench.scratch import migrate  # before anything of the product: it sets Django up

# isort: split
from bench import monitor_clinic
from sessions_app.models import MonitorSample, UnmatchedMessage
from sessions_app.monitors.framing import Framer, framed

ON_THE_WAY: Final = 8
VALUES: Final = (("8867-4", 60, 90, "/min"), ("59408-5", 95, 100, "%"), ("9279-1", 12, 18, "/min"))


def message(chair: int, number: int, moment: datetime, random: Random) -> bytes:
    lines = [
        f"OBX|{place}|NM|{code}^x^LN||{random.randint(low, high)}|{unit}|||||F"
        for place, (code, low, high, unit) in enumerate(VALUES, 1)
    ]
    head = f"MSH|^~\\&|{monitor_clinic.identifier(chair)}||||||ORU^R01|{number}|P|2.6"
    return framed("\r".join([head, f"OBR|1||||||{moment:%Y%m%d%H%M%S%z}", *lines, ""]).encode())


async def monitor(port: int, chair: int, numbers: range, *, every: float, on_the_way: int) -> list[float]:
    """One monitor's readings; the seconds from each sending to its acknowledgement."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    random, framer = Random(chair), Framer(10_000)
    loop = asyncio.get_running_loop()
    sent_at: list[float] = []
    lags: list[float] = []
    room = asyncio.Semaphore(on_the_way)
    begin = loop.time() + random.random() * every
    now = datetime.now(UTC) - timedelta(seconds=len(numbers))

    async def hear() -> None:
        while len(lags) < len(numbers):
            for answer in framer.feed(await reader.read(65536)):
                if b"MSA|AA|" not in answer:
                    sys.exit(f"not accepted: {answer!r}")
                lags.append(loop.time() - sent_at[len(lags)])
                room.release()

    hearing = asyncio.create_task(hear())
    for place, number in enumerate(numbers):
        await room.acquire()
        await asyncio.sleep(max(0.0, begin + place * every - loop.time()))
        sent_at.append(loop.time())
        writer.write(message(chair, number, now + timedelta(seconds=place), random))
        await writer.drain()
    await hearing
    writer.close()
    return lags


async def all_monitors(
    port: int, chairs: int, numbers: range, *, every: float, on_the_way: int
) -> list[float]:
    found = await asyncio.gather(
        *(monitor(port, chair, numbers, every=every, on_the_way=on_the_way) for chair in range(chairs))
    )
    return [lag for lags in found for lag in lags]


def main(chairs: int, seconds: int, rush: int) -> None:
    migrate()
    monitor_clinic.make(chairs)
    command = [sys.executable, "manage.py", "listen_monitors", "--port", "0"]
    listener = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        if listener.stdout is None:
            sys.exit("the listener says nothing")
        port = int(listener.stdout.readline().rpartition(":")[2])
        lags = asyncio.run(all_monitors(port, chairs, range(seconds), every=1.0, on_the_way=ON_THE_WAY))
        used = _processor_seconds(listener.pid)
        stored = MonitorSample.objects.count()
        print(f"{chairs} monitors, a reading a second, {seconds} s: {stored} of {chairs * seconds} stored")
        centiles = statistics.quantiles(lags, n=100)
        print(f"lag to the acknowledgement: median {statistics.median(lags) * 1000:.0f} ms, ", end="")
        print(f"p95 {centiles[94] * 1000:.0f} ms, longest {max(lags) * 1000:.0f} ms")
        print(f"the listener's processor: {used / seconds:.0%} of one core")
        begun = time.monotonic()
        more = range(seconds, seconds + rush)
        asyncio.run(all_monitors(port, chairs, more, every=0.0, on_the_way=ON_THE_WAY))
        took = time.monotonic() - begun
        stored = MonitorSample.objects.count()
        print(f"as fast as it goes: {stored} of {chairs * (seconds + rush)} stored, ", end="")
        print(f"{chairs * rush / took:.0f} readings/s, {rush / took:.1f} times real time")
        print(f"kept for a person: {UnmatchedMessage.objects.count()}")
    finally:
        listener.terminate()
        listener.wait()


def _processor_seconds(pid: int) -> float:
    with open(f"/proc/{pid}/stat") as stat:
        fields = stat.read().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("--chairs", type=int, default=64)
    parser.add_argument("--seconds", type=int, default=60)
    parser.add_argument("--rush", type=int, default=30)
    main(**vars(parser.parse_args()))
