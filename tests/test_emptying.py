"""A story that commits leaves a database as the next one wants it: empty, and guarded as before."""

from typing import Any

import pytest
from django.contrib.auth.models import Permission
from django.contrib.contenttypes.models import ContentType
from django.db import DatabaseError, connection

from clinic.models import Clinic
from tests.cast import House
from tests.emptying import BORN_WITH, empty_tables
from tests.sessions_app import stories

pytestmark = pytest.mark.django_db(transaction=True)


def one(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        [found] = cursor.fetchone()
        return found


def full_tables() -> set[str]:
    tables = set(connection.introspection.table_names()) - set(BORN_WITH)
    return {table for table in tables if one(f"SELECT EXISTS (SELECT FROM {table})")}


def test_a_signed_record_and_all_history_go_with_the_rest(house: House) -> None:
    stories.signed(house, house.rosa)
    was = full_tables()
    assert {"sessions_app_signedrecord", "clinic_clinicevent", "scheduler_appointment"} <= was
    empty_tables()
    assert full_tables() == set()


def test_every_trigger_keeps_watch_again(house: House) -> None:
    empty_tables()
    assert one("SELECT count(*) FROM pg_trigger WHERE NOT tgisinternal AND tgenabled = 'D'") == 0
    fields = {"sender_name": "New", "time_zone": "America/Chicago", "phone": "+13125550100"}
    Clinic.objects.create(name="New", **fields)
    assert one("SELECT count(*) FROM clinic_clinicevent") == 1
    with pytest.raises(DatabaseError, match="Cannot update or delete"):
        one("DELETE FROM clinic_clinicevent RETURNING 1")


def test_what_the_migrations_have_put_there_stays(house: House) -> None:
    empty_tables()
    assert ContentType.objects.exists()
    assert Permission.objects.exists()
    assert one("SELECT count(*) FROM django_migrations") > 0
