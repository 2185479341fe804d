"""Is everything that must run running? Ages and counts of the machinery, and never of a patient. Reads only.

A beat that has stopped and a worker that has stopped look alike from the rows: nothing is done. The bell
tells them apart: without a worker its queue grows, without the beat it is empty.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from django.conf import settings
from django.core.cache import cache
from django.db import connection
from redis import Redis
from redis.exceptions import RedisError

from notifications.watching.heartbeats import BEAT, DRAIN, NAMES, PLANNER, WORKER

# From when on each is late. [D]
LATE_AFTER: Final[Mapping[str, timedelta]] = {
    BEAT: timedelta(minutes=2),
    WORKER: timedelta(minutes=2),
    PLANNER: timedelta(minutes=5),
    DRAIN: timedelta(minutes=5),
}
DUE_LATE_AFTER: Final = timedelta(minutes=15)  # [D]
REFUSALS_OF_THE_LAST: Final = timedelta(minutes=15)  # [D]
MANY_REFUSALS: Final = 20  # [D]
KEPT_SECONDS: Final = 15
KEPT_AS: Final = "notifications.health"
TELL: Final = "Tell whoever runs the server."
QUEUES: Final = tuple(queue.name for queue in settings.CELERY_TASK_QUEUES)

# One statement, on indexes; every number is of the whole house.
STATE: Final = """
    SELECT (SELECT coalesce(json_object_agg(name, extract(epoch FROM %(now)s - beaten_at)), '{}')
              FROM notifications_heartbeat),
           (SELECT coalesce(json_object_agg(way, extract(epoch FROM %(now)s - due_at)), '{}')
              FROM (SELECT CASE WHEN message.form <> '' THEN message.form
                                WHEN staff.id IS NOT NULL AND staff.mobile <> '' THEN 'sms'
                                WHEN staff.id IS NULL AND patient.preferred_channel = 'sms' THEN 'sms'
                                ELSE 'email' END AS way,
                           min(message.due_at) AS due_at
                      FROM notifications_message message
                      LEFT JOIN clinic_patient patient ON patient.id = message.patient_id
                      LEFT JOIN clinic_user staff ON staff.id = message.user_id
                     WHERE message.status IN ('planned', 'claimed') AND message.due_at <= %(now)s
                       AND (message.kind IN ('page', 'answer') OR NOT EXISTS (
                                SELECT FROM notifications_clinicmessaging settled
                                 WHERE settled.clinic_id = message.clinic_id
                                   AND settled.paused_at IS NOT NULL))
                     GROUP BY 1) oldest),
           (SELECT coalesce(json_object_agg(form || ':' || outcome, count), '{}')
              FROM (SELECT form, outcome, count(*)
                      FROM notifications_deliveryattempt
                     WHERE outcome IN ('temporary_failure', 'permanent_failure') AND started_at > %(since)s
                     GROUP BY form, outcome) refused),
           (SELECT coalesce(json_agg(name ORDER BY name), '[]')
              FROM notifications_sendingstate WHERE paused_at IS NOT NULL),
           (SELECT coalesce(json_agg(name ORDER BY name), '[]')
              FROM notifications_sendingstate WHERE closed_until > %(now)s),
           extract(epoch FROM %(now)s - greatest(pg_postmaster_start_time(),
                                                 (SELECT min(applied) FROM django_migrations)))
"""


@dataclass(frozen=True)
class Health:
    """Seconds since each sign of life (missing: never), of the oldest due message by the way that it is to
    take, refusals by way and kind ("sms:permanent_failure"), and what is closed."""

    ages: Mapping[str, float]
    due: Mapping[str, float]
    refusals: Mapping[str, int]
    paused: list[str]
    breakers_open: list[str]
    up: float  # for how many seconds there has been a database to work on
    waiting: int | None  # what the workers have been rung for and nobody has taken; None: Valkey is silent

    @property
    def oldest_due(self) -> float | None:
        """For how many seconds the oldest due message waits. What a clinic holds back itself counts not."""
        return max(self.due.values(), default=None)

    @property
    def refused(self) -> int:
        return sum(self.refusals.values())

    @property
    def late(self) -> list[str]:
        """What is wrong, each as a sentence, the worst first; empty while all is well."""
        wrong = [_stopped(name, self.waiting) for name in NAMES if self._is_late(name)]
        if self.oldest_due is not None and self.oldest_due > DUE_LATE_AFTER.total_seconds():
            wrong.append(f"A message has been due for {int(self.oldest_due // 60)} minutes and is not sent.")
        wrong += [f"Sending is paused: {_way(name)}." for name in self.paused]
        wrong += [
            f"The provider doesn't answer, so sending waits: {_way(name)}." for name in self.breakers_open
        ]
        if self.refused >= MANY_REFUSALS:
            wrong.append(f"Providers refused {self.refused} tries in the last quarter of an hour.")
        return list(dict.fromkeys(wrong))

    def _is_late(self, name: str) -> bool:
        """Right after a start nothing can have been done for as long: that is told once there was time to."""
        age, patience = self.ages.get(name), LATE_AFTER[name].total_seconds()
        return self.up > patience and (age is None or age > patience)


def read(now: datetime) -> Health:
    """How everything is now: one query, and one question to Valkey."""
    with connection.cursor() as cursor:
        cursor.execute(STATE, {"now": now, "since": now - REFUSALS_OF_THE_LAST})
        ages, due, refusals, paused, breakers_open, up = cursor.fetchone()
    return Health(
        ages={name: float(age) for name, age in ages.items()},
        due={way: float(age) for way, age in due.items()},
        refusals=refusals,
        paused=paused,
        breakers_open=breakers_open,
        up=float(up),
        waiting=_waiting(),
    )


def late_now(now: datetime) -> list[str]:
    """What is late, as every page may ask: read again every quarter of a minute at most."""
    try:
        kept = cache.get(KEPT_AS)
    except RedisError:
        kept = None
    if kept is not None:
        return list(kept)
    late = read(now).late
    try:
        cache.set(KEPT_AS, late, timeout=KEPT_SECONDS)
    except RedisError:
        return late
    return late


def _waiting() -> int | None:
    try:
        # The broker's own database, written as redis-py reads it.
        with Redis.from_url(settings.CACHES["default"]["LOCATION"], socket_timeout=2) as broker:
            return sum(int(broker.llen(queue)) for queue in QUEUES)
    except RedisError:
        return None


def _stopped(name: str, waiting: int | None) -> str:
    """For a manager, who knows whom to tell; the part's own name is for whoever runs the server."""
    if name in (BEAT, WORKER):
        if waiting is None:
            why = "the queue of the work does not answer (Valkey)"
        elif waiting:
            why = "what does the work has stopped (the worker)"
        else:
            why = "what sets the work going has stopped (the beat)"
        return f"No messages are sent and nobody is called: {why}. {TELL}"
    return {
        PLANNER: f"Messages to patients are not prepared: the planner has not finished for minutes. {TELL}",
        DRAIN: f"Messages to patients are not sent: the drain has not finished for minutes. {TELL}",
    }[name]


def _way(name: str) -> str:
    return {"all": "everything", "sms": "text messages", "email": "e-mail"}.get(name, name)
