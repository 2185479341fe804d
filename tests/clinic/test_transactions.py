"""The outermost transaction: whose turn it is, and what somebody is told who waited too long."""

from threading import Event
from typing import Any

import pytest
from django.db import connection

from clinic.models import Clinic
from clinic.problems import Busy
from clinic.transactions import in_transaction
from tests.at_once import at_once
from tests.cast import make_clinic

pytestmark = pytest.mark.django_db(transaction=True)


def locked(clinic: Clinic) -> Clinic:
    return Clinic.objects.select_for_update().get(pk=clinic.pk)


def test_somebody_who_waits_longer_than_the_lock_timeout_is_told_to_send_it_again() -> None:
    clinic = make_clinic()
    held, given_up = Event(), Event()

    def hold() -> None:
        def work() -> None:
            locked(clinic)
            held.set()
            assert given_up.wait(20)

        in_transaction(work)

    def wait() -> Any:
        def work() -> None:
            with connection.cursor() as cursor:
                cursor.execute("SET LOCAL lock_timeout = '50ms'")
            locked(clinic)

        assert held.wait(20)
        try:
            in_transaction(work)
        finally:
            given_up.set()

    _, refused = at_once(hold, wait)
    assert isinstance(refused, Busy)
    assert (refused.status, refused.code) == (503, "busy")


def test_two_that_lock_each_other_out_both_get_through() -> None:
    """One is PostgreSQL's victim and is run again from its beginning."""
    first, second = make_clinic("First"), make_clinic("Second")
    meet = [Event(), Event()]
    runs: list[str] = []

    def call(name: str, near: Clinic, far: Clinic, mine: Event, theirs: Event) -> Any:
        def work() -> str:
            runs.append(name)
            locked(near)
            mine.set()
            theirs.wait(20)
            locked(far)
            return name

        return lambda: in_transaction(work)

    outcome = at_once(
        call("first", first, second, meet[0], meet[1]), call("second", second, first, meet[1], meet[0])
    )
    assert outcome == ["first", "second"]
    assert len(runs) == 3
