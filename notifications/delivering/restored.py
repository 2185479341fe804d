"""Is this the database that sent the last message? A restored backup would say everything a second time.

Two signs are looked for before every batch. The database's identity isn't the one that the state row
remembers: the system and its timeline differ after a recovery or a move to another server, and every row that
came out of a dump was written by another transaction than the one that wrote it first, whichever server and
database it was put back into. Or Valkey remembers more batches than the database does: its files were put
back as they once were. A flushed Valkey is no sign. A third sign, that the data folder of `bin/run` is a
copy, is for `embedded.originals` to find. Any sign pauses `all`, until whoever runs the installation has
looked and resumes it. What no sign tells is in docs/operations.md.
"""

from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from clinic.transactions import in_transaction
from notifications.delivering import sending_state
from notifications.models import SendingState

OTHER_DATABASE: Final = "This is another database than the one that sent the last message: a restored backup?"
AN_EARLIER_STATE: Final = "This database has gone back to an earlier state: a restored backup?"
BATCHES: Final = "notifications.batches"
# System identifier, timeline, database, and the transaction that wrote the first row of all, which is never
# written again: PostgreSQL keeps its number with the row for as long as the row stands.
IDENTITY: Final = """
    SELECT concat_ws(':', control.system_identifier, checkpoint.timeline_id, own.oid,
                     (SELECT xmin FROM django_migrations ORDER BY id LIMIT 1))
      FROM pg_control_system() AS control, pg_control_checkpoint() AS checkpoint, pg_database AS own
     WHERE own.datname = current_database()"""


def may_send(now: datetime) -> bool:
    """Count a batch, and say whether anything may leave; looks for the signs of a restored backup.

    Valkey hears of the batch before any of it leaves, so what has left is never news to it.
    """
    remembered = _batches_in_valkey()

    def work() -> SendingState:
        row = _locked()
        if row.paused_at is None:
            identity = _identity()
            why = _sign(row, identity, remembered)
            if why:
                row.paused_at, row.paused_why = now, why
            else:
                row.database, row.batches = identity, row.batches + 1
            row.save(update_fields=["paused_at", "paused_why", "database", "batches"])
        return row

    row = in_transaction(work)
    if row.paused_at is not None:
        return False
    _remember_in_valkey(row.batches)
    return True


def resume_all() -> SendingState:
    """Whoever runs the installation says that this is the database to send from: it is remembered as such."""

    def work() -> SendingState:
        row = sending_state.resume(name=sending_state.ALL)
        row.database = _identity()
        row.save(update_fields=["database"])
        return row

    row = in_transaction(work)
    _remember_in_valkey(row.batches, anew=True)
    return row


def _sign(row: SendingState, identity: str, remembered: int) -> str:
    if row.database and row.database != identity:
        return OTHER_DATABASE
    return AN_EARLIER_STATE if remembered > row.batches else ""


def _locked() -> SendingState:
    rows = SendingState.objects.select_for_update().filter(name=sending_state.ALL)
    row = rows.first()
    if row is None:  # nothing has ever been sent
        SendingState.objects.bulk_create([SendingState(name=sending_state.ALL)], ignore_conflicts=True)
        row = rows.get()
    return row


def _identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        return str(cursor.fetchone()[0])


def _batches_in_valkey() -> int:
    """Asked before the batch is counted: Valkey hears of each one after the database has it for good."""
    try:
        return int(cache.get(BATCHES, 0))
    except RedisError:
        return 0


def _remember_in_valkey(batches: int, *, anew: bool = False) -> None:
    """Never a smaller number than before, unless somebody says so; without Valkey a sign fewer."""
    try:
        if anew or int(cache.get(BATCHES, 0)) < batches:
            cache.set(BATCHES, batches, timeout=None)
    except RedisError:
        return
