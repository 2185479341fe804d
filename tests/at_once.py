"""Calls that really happen at once, each in a thread with a database connection of its own."""

from collections.abc import Callable
from threading import Barrier, Thread
from typing import Any

from django.db import connection

PATIENCE_SECONDS = 60


def at_once(*calls: Callable[[], Any]) -> list[Any]:
    """Start all calls at the same moment; give back each one's result, or the exception it raised.

    For tests with `transactional_db`: another connection sees only what has been committed.
    """
    outcomes: list[Any] = [None] * len(calls)
    gate = Barrier(len(calls))

    def run(place: int, call: Callable[[], Any]) -> None:
        try:
            gate.wait(PATIENCE_SECONDS)
            outcomes[place] = call()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [Thread(target=run, args=(place, call), daemon=True) for place, call in enumerate(calls)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE_SECONDS)
        assert not thread.is_alive(), "a call hangs"
    return outcomes
