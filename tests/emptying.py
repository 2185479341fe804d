"""Empties the database after a story that committed: only the tables that hold something, and all at once.

Django's own flush truncates every table, and writes the content types and permissions anew that it has just
thrown away. Here they stay, as in the database that the migrations made.
"""

from django.db import connection, transaction

# What the migrations have put there.
BORN_WITH = ("auth_permission", "django_content_type", "django_migrations")


def empty_tables() -> None:
    """As the owner, who may: what is only ever added to goes as well.

    The triggers are put aside in the very transaction that empties the tables, so no story ever runs
    without them. The application's role can do neither.
    """
    with transaction.atomic(), connection.cursor() as cursor:
        # A thread that was left with an open transaction shall fail its test, not hang it.
        cursor.execute("SET LOCAL lock_timeout = '20s'")
        cursor.execute(
            """SELECT relname FROM pg_class
                WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace AND relname <> ALL (%s)""",
            [list(BORN_WITH)],
        )
        tables = [table for (table,) in cursor.fetchall()]
        cursor.execute(f"LOCK TABLE {', '.join(tables)}")
        asked = [f"SELECT '{table}' WHERE EXISTS (SELECT FROM {table})" for table in tables]
        cursor.execute(" UNION ALL ".join(asked))
        full = [table for (table,) in cursor.fetchall()]
        if not full:
            return
        for table in full:
            cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        # One statement: what points at what is asked at its end, whether it can be deferred or not.
        parts = ", ".join(f"emptied_{number} AS (DELETE FROM {table})" for number, table in enumerate(full))
        cursor.execute(f"WITH {parts} SELECT")
        # Or no trigger could be put back: their tables still have something to ask at the end.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in full:
            cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
