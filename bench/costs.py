"""What a run costs: by the clock, and in processor time of both sides of the database.

The second is what stays true on cores that others use, where each change from one side to the other waits in
line.
"""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.db import connection

from clinic.history import WORKER, acting


@dataclass(frozen=True)
class Cost:
    """Seconds of one run. `processor`: this process's and its PostgreSQL backend's together."""

    clock: float
    processor: float


def cost(work: Callable[[], Any]) -> Cost:
    """Do it as a worker does, and say what it took. The database stays connected all the while."""
    began, used = time.perf_counter(), _processor_seconds()
    with acting(None, door=WORKER):
        work()
    return Cost(time.perf_counter() - began, _processor_seconds() - used)


def _processor_seconds() -> float:
    connection.ensure_connection()
    with open(f"/proc/{connection.connection.info.backend_pid}/stat") as told:
        user, system = told.read().rpartition(")")[2].split()[11:13]
    return time.process_time() + (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")
