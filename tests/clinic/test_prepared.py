"""A read that is asked often is planned once for its connection, and is a query like any other."""

import pytest
from django.db import DatabaseError, connection, transaction
from django.test.utils import CaptureQueriesContext

from clinic.history import acting
from clinic.prepared import fetch_all
from tests.cast import House

ASKED = "SELECT given_names FROM clinic_patient WHERE id = %(patient)s"


def kept() -> list[tuple[str, int, int]]:
    """What this connection keeps: the statement, and how often it had a kept plan and one of its own."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT statement, generic_plans, custom_plans FROM pg_prepared_statements"
            " WHERE statement LIKE '%given_names%'"
        )
        return cursor.fetchall()


def test_it_is_planned_once_for_whomever_it_is_asked(house: House) -> None:
    for patient in (house.rosa, house.omar):
        assert fetch_all(ASKED, {"patient": patient.pk}) == [(patient.given_names,)]
    assert kept() == [("SELECT given_names FROM clinic_patient WHERE id = $1", 2, 0)]


def test_it_is_counted_as_a_query(house: House) -> None:
    with CaptureQueriesContext(connection) as asked:
        fetch_all(ASKED, {"patient": house.rosa.pk})
    assert len(asked) == 1


def test_it_may_be_asked_while_somebody_acts(house: House) -> None:
    with acting(house.ana.pk):
        assert fetch_all(ASKED, {"patient": house.rosa.pk}) == [("Rosa",)]


@pytest.mark.django_db(transaction=True)
def test_it_is_answered_after_a_transaction_that_failed(house: House) -> None:
    """psycopg forgets its statements on a rollback: they are prepared anew."""
    fetch_all(ASKED, {"patient": house.rosa.pk})
    with pytest.raises(DatabaseError), transaction.atomic():
        fetch_all("SELECT 1 / 0", ())
    assert fetch_all(ASKED, {"patient": house.rosa.pk}) == [("Rosa",)]
