"""Reads that PostgreSQL plans once for a connection, and not each time they are asked.

Django's cursors write the parameters into the statement, so that PostgreSQL has never seen it before: to plan
the case of a visit, over a dozen tables, takes five times as long as to answer it. Here the parameters
travel beside the statement, and its plan is kept (`prepare_threshold` in `config.brokers`).

For one SELECT at a time. What writes goes through Django's own cursor: `clinic.history` puts a statement of
its own before it, and two of them can't be prepared together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from django.db import connection
from django.db.backends.postgresql.base import ServerBindingCursor


def fetch_all(query: str, asked: Mapping[str, Any] | Sequence[Any]) -> list[tuple[Any, ...]]:
    """The rows of a query that is asked often and always in the same words."""
    with connection.cursor() as cursor:
        # Whatever Django hangs on a cursor (errors, logs, wrappers) stays on it.
        bound: Any = ServerBindingCursor
        cursor.cursor = bound(connection.connection)
        cursor.execute(query, asked)
        return list(cursor.fetchall())
