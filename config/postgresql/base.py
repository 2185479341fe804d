"""Django's own PostgreSQL backend, whose errors say what was refused and never with which values.

PostgreSQL explains a refusal with the row that it refused (`DETAIL: Key (phone)=(…)`, `Failing row contains
(…)`), psycopg with the line of the statement, in which Django has written the values. All of it would stand
in each traceback and in each error that anybody logs or reports: it is left out where the error comes into
being, once, and not wherever one may be written. The constraint's name, the SQLSTATE and `diag` stay.
"""

from types import TracebackType

import psycopg
from django.db.backends.postgresql import base
from django.db.utils import DatabaseErrorWrapper
from django.utils.functional import cached_property


class ErrorsWithoutValues(DatabaseErrorWrapper):
    """Around every statement, every fetch and every commit."""

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc_value: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if isinstance(exc_value, psycopg.Error):
            _leave_out_values(exc_value)
        super().__exit__(exc_type, exc_value, traceback)


class DatabaseWrapper(base.DatabaseWrapper):
    @cached_property
    def wrap_database_errors(self) -> ErrorsWithoutValues:
        return ErrorsWithoutValues(self)


def _leave_out_values(error: psycopg.Error) -> None:
    """What PostgreSQL refused, in its first sentence; of a value that is none of its type, whose first
    sentence repeats it, only what is wrong with it (`InvalidTextRepresentation`). What psycopg says by itself
    (no connection, a cursor that is closed) stays as it is."""
    if error.diag.message_primary is not None:
        repeats = isinstance(error, psycopg.DataError)
        error.args = (type(error).__name__ if repeats else error.diag.message_primary,)
