"""Who came, by what the patient had been told and had answered before. Reads, never writes.

The other figures over a period stand in `scheduler.reporting`; messages are known on this floor only.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.db.models import Case, CharField, Count, F, OuterRef, Q, Subquery, Value, When
from django.db.models.functions import Coalesce

from clinic.models import Clinic
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import rules
from scheduler.models import AppointmentStatus, ParticipantStatus
from scheduler.reporting.reports import CAME, Period, Share, visits_of


def _words(reminder: rules.Rule) -> str:
    count, unit = (reminder.days, "day") if reminder.days else (reminder.hours, "hour")
    return f"Reminded {count} {unit}{'' if count == 1 else 's'} before"


NOTHING: Final = "none"
CONFIRMED: Final = "confirmed"
# In the order in which a patient comes through them; any other stage follows under its own name.
STAGES: Final = (
    (NOTHING, "Nothing was sent"),
    (rules.CONFIRMATION, "Told that it is booked"),
    (rules.MOVE, "Told that it has moved"),
    (rules.PREPARE, "Told how to prepare"),
    *((reminder.stage, _words(reminder)) for reminder in rules.REMINDERS),
    (CONFIRMED, "Confirmed by the patient"),
)


@dataclass(frozen=True)
class StageOutcome:
    """The visits whose patients had come this far, and how many of these were missed."""

    stage: str
    words: str
    no_shows: Share


def no_shows_by_stage(clinic: Clinic, period: Period, *, now: datetime) -> list[StageOutcome]:
    """Of visits of the period of which is known whether the patient came: by the last that was said: one
    query.

    What counts is the last booking notice or reminder that was sent for the visit's own start and before it;
    whoever confirmed counts as that alone. A visit booked for tomorrow can't have been reminded a week
    before, so stages differ by more than by the reminder.
    """
    said = Message.objects.filter(
        appointment=OuterRef("pk"),
        kind__in=[MessageKind.CONFIRMATION, MessageKind.MOVE, MessageKind.REMINDER],
        status=MessageStatus.SENT,
        visit_starts_at=OuterRef("during__startswith"),
        sent_at__lt=OuterRef("during__startswith"),
    ).order_by("-sent_at")
    rows = (
        visits_of(clinic, period)
        .filter(status__in=[*CAME, AppointmentStatus.NOSHOW], during__startswith__lt=now)
        .annotate(
            reached=Case(
                When(patient_status=ParticipantStatus.ACCEPTED, then=Value(CONFIRMED)),
                default=Coalesce(Subquery(said.values("stage")[:1]), Value(NOTHING)),
                output_field=CharField(),
            )
        )
        .values("reached")
        .annotate(count=Count("pk"), missed=Count("pk", filter=Q(status=AppointmentStatus.NOSHOW)))
        .order_by(F("reached"))
    )
    counted = {row["reached"]: Share(row["missed"], row["count"]) for row in rows}
    known = dict(STAGES)
    unknown = {stage: stage for stage in counted if stage not in known}
    return [
        StageOutcome(stage, words, counted.get(stage, Share(0, 0)))
        for stage, words in {**known, **unknown}.items()
    ]
