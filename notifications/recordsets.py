"""Many rows of one table, put in by one statement. What stands in them is their writers' to say."""

import json
from collections.abc import Mapping, Sequence
from typing import Any
from uuid import UUID

from django.db import connection

from clinic.models import Row


def insert(model: type[Row], rows: Sequence[Mapping[str, Any]], *, unless_there: bool = False) -> set[UUID]:
    """Rows by their columns, all with the same ones. `unless_there`: without those that the table has.
    Returns the ids of those that were put in.

    They travel as one JSON text, and the table says what type each column has. `bulk_create` makes a model
    object of every row and asks each of its fields, which takes longer than PostgreSQL takes to write it.
    """
    if not rows:
        return set()
    quoted = connection.ops.quote_name
    table, columns = quoted(model._meta.db_table), ", ".join(map(quoted, rows[0]))
    with connection.cursor() as cursor:
        cursor.execute(
            f"INSERT INTO {table} ({columns})"  # noqa: S608 - the product's own names
            f" SELECT {columns} FROM json_populate_recordset(NULL::{table}, %s)"
            f"{' ON CONFLICT DO NOTHING' if unless_there else ''} RETURNING id",
            [json.dumps(rows, default=str)],
        )
        return {pk for (pk,) in cursor.fetchall()}
