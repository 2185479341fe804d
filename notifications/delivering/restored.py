"""Is this the database that sent the last message? A restored backup would say everything a second time.

It is told by two kinds of sign: PostgreSQL's own identity (system, timeline, database) isn't the one that the
state row remembers, or Valkey remembers more drains than the database does. A flushed Valkey is no sign. Any
sign pauses `all`, until a manager has looked and resumes it.
"""

from datetime import datetime
from typing import Final

from django.core.cache import cache
from django.db import connection
from redis.exceptions import RedisError

from clinic.access import Actor
from clinic.transactions import in_transaction
from notifications.delivering import sending_state
from notifications.models import SendingState

OTHER_DATABASE: Final = "This is another database than the one that sent the last message: a restored backup?"
AN_EARLIER_STATE: Final = "This database has gone back to an earlier state: a restored backup?"
DRAINS: Final = "notifications.drains"
# system identifier, timeline and database: another after a dump was restored, a recovery, an upgrade.
IDENTITY: Final = """
    SELECT concat_ws(':', control.system_identifier, checkpoint.timeline_id, own.oid)
      FROM pg_control_system() AS control, pg_control_checkpoint() AS checkpoint, pg_database AS own
     WHERE own.datname = current_database()"""


def may_send(now: datetime) -> bool:
    """Count this drain, and say whether anything may leave; looks for the signs of a restored backup."""
    remembered = _drains_in_valkey()

    def work() -> SendingState:
        row = _locked()
        if row.paused_at is None:
            why = _sign(row, _identity(), remembered)
            if why:
                row.paused_at, row.paused_why = now, why
            else:
                row.database, row.drains = _identity(), row.drains + 1
            row.save(update_fields=["paused_at", "paused_why", "database", "drains"])
        return row

    row = in_transaction(work)
    if row.paused_at is not None:
        return False
    _remember_in_valkey(row.drains)
    return True


def resume_all(*, actor: Actor) -> SendingState:
    """A manager says that this is the database to send from: it is remembered as such."""

    def work() -> SendingState:
        row = sending_state.resume(actor=actor, name=sending_state.ALL)
        row.database = _identity()
        row.save(update_fields=["database"])
        return row

    row = in_transaction(work)
    _remember_in_valkey(row.drains, anew=True)
    return row


def _sign(row: SendingState, identity: str, remembered: int) -> str:
    if row.database and row.database != identity:
        return OTHER_DATABASE
    return AN_EARLIER_STATE if remembered > row.drains else ""


def _locked() -> SendingState:
    SendingState.objects.bulk_create([SendingState(name=sending_state.ALL)], ignore_conflicts=True)
    return SendingState.objects.select_for_update().get(name=sending_state.ALL)


def _identity() -> str:
    with connection.cursor() as cursor:
        cursor.execute(IDENTITY)
        return str(cursor.fetchone()[0])


def _drains_in_valkey() -> int:
    """Asked before the drain is counted: Valkey hears of each one after the database has it for good."""
    try:
        return int(cache.get(DRAINS, 0))
    except RedisError:
        return 0


def _remember_in_valkey(drains: int, *, anew: bool = False) -> None:
    """Never a smaller number than before, unless a manager says so; without Valkey a sign fewer."""
    try:
        if anew or int(cache.get(DRAINS, 0)) < drains:
            cache.set(DRAINS, drains, timeout=None)
    except RedisError:
        return
