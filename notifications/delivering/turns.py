"""Who may: locks on what one process in the whole house does at a time, without a transaction around it.

PostgreSQL holds each for the connection, and lets go of it when the process dies. What goes on meanwhile is
`delivery`'s; rows that are taken by one drain at a time are `leasing`'s.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

from django.db import connection

# Any numbers of this installation's own: PostgreSQL's advisory locks have no names.
URGENT: Final = 20270112  # sends what is urgent, on the clocks' queue
WAITING: Final = 20270113  # waits for a provider's rate


@contextmanager
def alone(turn: int) -> Iterator[bool]:
    """Whether nobody else does this now; nobody else will until it ends."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_try_advisory_lock(%s)", [turn])
        (ours,) = cursor.fetchone()
    try:
        yield ours
    finally:
        if ours:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", [turn])
