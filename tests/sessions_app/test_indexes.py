"""The lists that look for a few sessions among years of them have an index to look in."""

from typing import Any

import pytest
from django.db import connection
from psycopg import sql

from sessions_app import queries
from sessions_app.models import Session, SessionState
from sessions_app.observing import alert_clocks
from tests.cast import TODAY, House


def plan_of(rows: Any) -> str:
    """How the database looks for these rows where it is never worth it to read a whole table, in the order of
    an index (the primary key's would do) or in none. So it hangs on no size that an earlier story left."""
    with connection.cursor() as cursor:
        for whole in ("enable_seqscan", "enable_indexscan", "enable_indexonlyscan", "enable_mergejoin"):
            cursor.execute(f"SET LOCAL {whole} = off")
        # Of a story's few rows an index of clinics alone seems as good as one of their days.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            "SELECT indexrelid::regclass::text FROM pg_index WHERE indrelid = %s::regclass"
            " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conindid = indexrelid)"
            " AND indexrelid::regclass::text NOT IN ('session_by_day', 'session_unsigned')",
            [Session._meta.db_table],
        )
        for [rival] in cursor.fetchall():
            cursor.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(rival)))
    return str(rows.explain())


def test_a_clinics_day_is_found_by_clinic_and_arrival(house: House) -> None:
    assert "session_by_day" in plan_of(queries.sessions_on(TODAY, [house.clinic]))


@pytest.mark.parametrize(
    "rows",
    [
        lambda: alert_clocks._watched(),
        lambda: Session.objects.filter(state=SessionState.INFUSING),
        lambda: Session.objects.filter(state__in=[SessionState.PREPARING, SessionState.RECOVERING]),
    ],
    ids=["under watch", "infusing", "waiting for a decision"],
)
def test_who_is_still_here_is_found_among_the_unsigned(house: House, rows: Any) -> None:
    assert "session_unsigned" in plan_of(rows())
