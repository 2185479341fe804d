"""The outermost transaction of a change: deadlocks and serialization failures are retried whole."""

import random
import time
from collections.abc import Callable
from typing import TypeVar

from django.db import OperationalError, connection, transaction

from clinic.problems import Busy

Result = TypeVar("Result")

RETRYABLE = ("40001", "40P01")  # serialization_failure, deadlock_detected
LOCK_NOT_AVAILABLE = "55P03"  # waited longer than the role's lock_timeout (embedded/roles.sql)
ATTEMPTS = 6


def in_transaction(work: Callable[[], Result]) -> Result:
    """Run `work` in one transaction, again from its beginning when PostgreSQL chose it as a victim.

    `work` must not have effects outside the database. Inside an open transaction it runs in a savepoint,
    all or nothing for a caller that catches its problem; only the outermost one can be retried.
    """
    if connection.in_atomic_block:
        with transaction.atomic():
            return work()
    for attempt in range(1, ATTEMPTS + 1):
        try:
            with transaction.atomic(durable=True):
                return work()
        except OperationalError as error:
            state = sqlstate(error)
            if state == LOCK_NOT_AVAILABLE or (state in RETRYABLE and attempt == ATTEMPTS):
                raise Busy from error
            if state not in RETRYABLE:
                raise
            # Two victims that wait equally long would meet again.
            time.sleep(random.uniform(0, 0.02 * attempt))  # noqa: S311
    raise AssertionError("unreachable")


def one_at_a_time(name: str) -> None:
    """Until the transaction ends nobody else gets past here with this name: where there is no row to lock."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_advisory_xact_lock(hashtextextended(%s, 0))", [name])


def sqlstate(error: Exception) -> str:
    """PostgreSQL's five-character code, or an empty string."""
    return str(getattr(error.__cause__, "sqlstate", "") or "")


def violated_constraint(error: Exception) -> str:
    """The name of the constraint that refused a write, or an empty string."""
    diagnosis = getattr(error.__cause__, "diag", None)
    return str(getattr(diagnosis, "constraint_name", "") or "")
