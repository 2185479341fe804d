"""What a Prometheus server reads of this house: its health as numbers, and what waits for people. Reads only.

Health is `health`'s, the same that the banner and the health endpoint speak of. Every number comes from the
database, so that each web process gives the same. All are of the whole house: no label names a clinic or a
person, and none is told apart by one, for a number of a small clinic may be about somebody.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db import connection
from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.exposition import choose_encoder
from prometheus_client.registry import Collector

from clinic.models import Urgency
from notifications.models import AttemptOutcome, Form, LeftBecause
from notifications.watching import health
from notifications.watching.health import Health
from notifications.watching.heartbeats import NAMES

LEVELS: Final = (Urgency.RED, Urgency.AMBER)
KINDS: Final = (AttemptOutcome.TEMPORARY, AttemptOutcome.PERMANENT)
WAYS: Final = ("all", *Form.values)

# One statement, on indexes.
WAITING: Final = """
    SELECT (SELECT coalesce(json_object_agg(urgency, json_build_array(open, untaken, oldest)), '{}')
              FROM (SELECT urgency, count(*) AS open,
                           count(*) FILTER (WHERE acknowledged_at IS NULL) AS untaken,
                           extract(epoch FROM %(now)s - min(created_at)) AS oldest
                      FROM clinic_workitem WHERE closed_at IS NULL AND urgency <> 'routine'
                     GROUP BY urgency) of_level),
           (SELECT count(*) FROM notifications_message WHERE status = 'unknown'),
           (SELECT count(*) FROM notifications_clinicmessaging WHERE paused_at IS NOT NULL),
           (SELECT coalesce(json_object_agg(why, count), '{}') FROM notifications_textsleft)
"""


@dataclass(frozen=True)
class Escalations:
    """Of one level: how many are open, how many of these nobody has taken, the oldest's age in seconds."""

    open: int
    untaken: int
    oldest: float


NONE: Final = Escalations(0, 0, 0.0)


@dataclass(frozen=True)
class Waiting:
    """What waits for a person: escalations by level, sends of which nobody knows what became, clinics that
    pause, and texts that nobody could be given."""

    escalations: Mapping[str, Escalations]
    unknown: int
    clinics_paused: int
    texts_left: Mapping[str, int]


def waiting(now: datetime) -> Waiting:
    """One query."""
    with connection.cursor() as cursor:
        cursor.execute(WAITING, {"now": now})
        escalations, unknown, clinics_paused, texts_left = cursor.fetchone()
    return Waiting(
        escalations={level: Escalations(*row) for level, row in escalations.items()},
        unknown=unknown,
        clinics_paused=clinics_paused,
        texts_left=texts_left,
    )


def text(*, accept: str, now: datetime) -> tuple[bytes, str]:
    """(the metrics, their content type) in the format that the reader accepts: two queries, and one question
    to Valkey."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(House(health.read(now), waiting(now)))
    encode, content_type = choose_encoder(accept)
    return encode(registry), content_type


class House(Collector):
    """What was read a moment ago, as metrics. A number that isn't known is left out, never zero."""

    def __init__(self, health: Health, waiting: Waiting) -> None:
        self.health = health
        self.waiting = waiting

    def collect(self) -> Iterable[Metric]:
        yield from self._machinery()
        yield from self._people()

    def _machinery(self) -> Iterable[Metric]:
        found = self.health
        yield GaugeMetricFamily(
            "chairside_late", "How many sentences the manager's banner says.", value=len(found.late)
        )
        yield _labelled(
            "chairside_heartbeat_age_seconds",
            "Since this part last did its work.",
            ["part"],
            {(name,): found.ages[name] for name in NAMES if name in found.ages},
        )
        yield _labelled(
            "chairside_oldest_due_message_age_seconds",
            "For how long the oldest message has been due and not sent, by the way that it is to take.",
            ["form"],
            {(form,): found.due.get(form, 0.0) for form in Form.values},
        )
        yield _labelled(
            "chairside_provider_errors",
            "Tries that providers refused in the last quarter of an hour.",
            ["form", "kind"],
            {(form, kind): found.refusals.get(f"{form}:{kind}", 0) for form in Form.values for kind in KINDS},
        )
        yield _labelled(
            "chairside_sending_paused",
            "1 while nothing leaves this way.",
            ["way"],
            {(way,): way in found.paused for way in WAYS},
        )
        yield _labelled(
            "chairside_circuit_open",
            "1 while this way waits for its provider to answer again.",
            ["way"],
            {(way,): way in found.breakers_open for way in WAYS},
        )
        if found.waiting is not None:
            yield GaugeMetricFamily(
                "chairside_waiting_tasks", "Rung for and taken by no worker.", value=found.waiting
            )

    def _people(self) -> Iterable[Metric]:
        waiting = self.waiting
        levels = {str(level): waiting.escalations.get(level, NONE) for level in LEVELS}
        yield _labelled(
            "chairside_open_escalations",
            "Worrying answers whose task is open.",
            ["level"],
            {(level,): found.open for level, found in levels.items()},
        )
        yield _labelled(
            "chairside_untaken_escalations",
            "Open ones that nobody has taken.",
            ["level"],
            {(level,): found.untaken for level, found in levels.items()},
        )
        yield _labelled(
            "chairside_oldest_escalation_age_seconds",
            "Since the oldest open one was opened.",
            ["level"],
            {(level,): found.oldest for level, found in levels.items()},
        )
        yield GaugeMetricFamily(
            "chairside_unknown_sends",
            "Messages of which nobody knows yet whether they arrived.",
            value=waiting.unknown,
        )
        yield GaugeMetricFamily(
            "chairside_clinics_paused", "Clinics that pause their own messages.", value=waiting.clinics_paused
        )
        left = CounterMetricFamily(
            "chairside_texts_left", "Texts that could be given to nobody, by why.", labels=["why"]
        )
        for why in LeftBecause.values:
            left.add_metric([why], float(waiting.texts_left.get(why, 0)))
        yield left


def _labelled(
    name: str, words: str, labels: list[str], values: Mapping[tuple[str, ...], float]
) -> GaugeMetricFamily:
    family = GaugeMetricFamily(name, words, labels=labels)
    for key, value in values.items():
        family.add_metric([str(each) for each in key], float(value))
    return family
