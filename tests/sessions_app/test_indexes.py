"""The lists that look for a few sessions among years of them have an index to look in."""

from typing import Any

import pytest
from django.db import connection

from sessions_app import queries
from sessions_app.models import Session, SessionState
from sessions_app.observing import alert_clocks
from tests.cast import TODAY, House


def plan_of(rows: Any) -> str:
    """How the database looks for these rows where reading whole tables isn't worth it, by whichever index:
    merging would, of tables that still look as large as an earlier story left them."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off; SET LOCAL enable_mergejoin = off")
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
