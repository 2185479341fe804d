"""The locks of the schedule: a clinic's resources in the order of their keys, and then single visits.

Whoever wants both takes the schedule first. Every rule of booking is decided from what was read under its
lock (docs/decisions/0003-booking-locks.md). The constraints would keep the schedule right without it, but at
the price of deadlocks.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final
from uuid import UUID

from django.db import connection, transaction

from clinic.prepared import fetch_all
from clinic.problems import Busy
from scheduler.models import Appointment, Resource

# As select_for_update(no_key=True) would write it, at a third of the work; every booking begins with it.
# Without the moment of its entry, which nobody asks for here and takes Python longer to read than the rest.
COLUMNS: Final = [field.attname for field in Resource._meta.concrete_fields if field.name != "created_at"]
LOCK_SCHEDULE: Final = f"""
    SELECT {", ".join(COLUMNS)}
      FROM scheduler_resource WHERE clinic_id = %s AND active ORDER BY id FOR NO KEY UPDATE"""  # noqa: S608

# Any number of this installation's own: PostgreSQL's advisory locks have no names.
SEARCH: Final = 20270111


def lock_schedule(clinic_id: UUID) -> list[Resource]:
    """Lock every working resource of the clinic until the transaction ends. One call in a transaction.

    `FOR NO KEY UPDATE`: rows that merely point at a resource can still be written.
    """
    rows = fetch_all(LOCK_SCHEDULE, [clinic_id])
    return [Resource.from_db(connection.alias, COLUMNS, row) for row in rows]


def lock_resource(resource: Resource) -> Resource:
    """Lock one resource alone, for a change of its own hours or capacity."""
    return Resource.objects.select_for_update(no_key=True).get(pk=resource.pk)


def lock_visit(appointment: Appointment) -> Appointment:
    """The visit as it is now, locked until the transaction ends. Enough to take its claims away."""
    return (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("clinic", "plan")
        .get(pk=appointment.pk)
    )


@contextmanager
def only_search() -> Iterator[None]:
    """Seconds of arithmetic, one at a time in the whole installation. Raises `Busy` while another goes on.

    A search keeps one web worker busy, and there are two: the other one goes on answering everybody. Held in
    a transaction, so that it ends with it whatever becomes of the worker.
    """
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_try_advisory_xact_lock(%s)", [SEARCH])
            (alone,) = cursor.fetchone()
        if not alone:
            raise Busy("Another plan is being sought just now: try again in a few seconds.")
        yield
