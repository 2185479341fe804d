"""Who came, by what the patient had been told and had answered before: each visit of a period once, under the
last that was said. Reads, never writes.

What became of each message of a period is `stages`' to count; what is a no-show, `scheduler.reporting`'s.
"""

from collections import Counter
from dataclasses import dataclass
from typing import Final

from django.db.models import Case, CharField, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from clinic.models import Clinic
from notifications.models import Message, MessageStatus
from notifications.planning import rules
from notifications.planning.said import BEFORE_A_VISIT
from notifications.planning.stage_words import title_of
from scheduler.models import ParticipantStatus
from scheduler.reporting.reports import (
    EVERYBODY,
    Among,
    Became,
    Period,
    VisitsBecame,
    became,
    counts_of,
    visits_of,
)
from sessions_app.reporting.rates import Rate

NOTHING: Final = "none"
CONFIRMED: Final = "confirmed"
# In the order in which a patient comes through them; any other stage follows under its own name.
STAGES: Final = (
    (NOTHING, "Nothing was sent"),
    *((stage, title_of(stage)) for stage in (rules.CONFIRMATION, rules.MOVE, rules.CHANGE, rules.PREPARE)),
    *((reminder.stage, title_of(reminder.stage)) for reminder in rules.REMINDERS),
    (CONFIRMED, "Confirmed by the patient"),
)


@dataclass(frozen=True)
class StageOutcome:
    """The visits whose patients had come this far, and how many of these were missed."""

    stage: str
    words: str
    no_shows: Rate


def no_shows_by_stage(clinic: Clinic, period: Period, among: Among = EVERYBODY) -> list[StageOutcome]:
    """Of visits of the period of which is known whether the patient came: by the last that was said: one
    query.

    What counts is the last booking notice or reminder that went out for the visit's own start and before it,
    by itself or with another message; whoever confirmed counts as that alone. A visit booked for tomorrow
    can't have been reminded a week before, so stages differ by more than by the reminder.
    """
    went_out = Coalesce("carried_by__sent_at", "sent_at")
    said = (
        Message.objects.filter(
            Q(status=MessageStatus.SENT) | Q(carried_by__status=MessageStatus.SENT),
            appointment=OuterRef("pk"),
            kind__in=BEFORE_A_VISIT,
            visit_starts_at=OuterRef("during__startswith"),
        )
        .annotate(went_out=went_out)
        .filter(went_out__lt=OuterRef("during__startswith"))
        # Of those that went out together the one that carried the others.
        .order_by("-went_out", F("carried_by").asc(nulls_first=True))
    )
    rows = (
        visits_of(clinic, period, among)
        .annotate(
            reached=Case(
                When(patient_status=ParticipantStatus.ACCEPTED, then=Value(CONFIRMED)),
                default=Coalesce(Subquery(said.values("stage")[:1]), Value(NOTHING)),
                output_field=CharField(),
            )
        )
        .values_list("reached", "status", "cancelled_late")
        .annotate(count=Count("pk"))
        .order_by("reached")
    )
    visits: dict[str, Counter[Became]] = {}
    for reached, status, late, count in rows:
        end = became(status=status, cancelled_late=late, begun=True)
        visits.setdefault(reached, Counter())[end] += count
    counted = {stage: _missed(VisitsBecame(**counts_of(ends))) for stage, ends in visits.items()}
    known = dict(STAGES)
    unknown = {stage: title_of(stage) for stage, share in counted.items() if share.of and stage not in known}
    return [
        StageOutcome(stage, words, counted.get(stage, Rate(0, 0)))
        for stage, words in {**known, **unknown}.items()
    ]


def _missed(visits: VisitsBecame) -> Rate:
    return Rate(visits.no_shows.count, visits.no_shows.of)
