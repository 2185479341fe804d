"""Visits booked so shortly before that no message could tell of them any more: the desk has to call.

Of a visit that has moved or is cancelled the task is `undelivered`'s, of an offered time `untold_offers`'.
Run again and again; each look finds what is new.
"""

from datetime import datetime
from typing import Final

from django.db.models import Exists, F, OuterRef, QuerySet

from clinic import work
from clinic.models import Role, Urgency, WorkItem
from notifications.models import Message, MessageKind, MessageStatus
from notifications.planning import reasons, said
from scheduler.models import AppointmentStatus, ParticipantStatus

CAUSE: Final = "visit_untold"
TITLE: Final = "Call: no message goes out before this patient's visit"
SETTLED: Final = "The patient knows of the visit, or it isn't to come as it was."


def look(*, now: datetime) -> int:
    """Open a task for each visit to come of which its message came too late and nothing else has told; close
    those of visits that were confirmed, moved, given up or have begun. Any number may run at once. Returns
    how many tasks were opened."""
    _settle(now)
    known = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:").values_list("cause", flat=True)
    wanted = {_cause(message): message for message in _untold(now)}
    new = wanted.keys() - set(known.filter(cause__in=wanted)) if wanted else ()
    work.open_items([_task(wanted[cause]) for cause in sorted(new)])
    return len(new)


def _untold(now: datetime) -> QuerySet[Message]:
    """Confirmations that would have come too late, of visits that are to come at that very start."""
    told = said.telling().filter(
        appointment=OuterRef("appointment"), visit_starts_at=OuterRef("visit_starts_at")
    )
    return Message.objects.filter(
        ~Exists(told),
        kind=MessageKind.CONFIRMATION,
        status=MessageStatus.SKIPPED,
        reason=reasons.TOO_LATE,
        visit_starts_at__gt=now,
        appointment__during__startswith=F("visit_starts_at"),
        appointment__status=AppointmentStatus.BOOKED,
    ).exclude(appointment__patient_status=ParticipantStatus.ACCEPTED)


def _settle(now: datetime) -> None:
    open_ones = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:", closed_at=None)
    of_cause = {cause: clinic for clinic, cause in open_ones.values_list("clinic", "cause")}
    if not of_cause:
        return
    still = {_cause(message) for message in _untold(now)}
    for cause in sorted(of_cause.keys() - still):
        work.settle(actor=None, clinic_id=of_cause[cause], causes=[cause], outcome=SETTLED, now=now)


def _task(message: Message) -> WorkItem:
    """Nobody is woken for it: whoever books is told on the page, too."""
    return WorkItem(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=_cause(message),
        title=TITLE,
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,  # when the visit begins
    )


def _cause(message: Message) -> str:
    return f"{CAUSE}:{message.pk}"
