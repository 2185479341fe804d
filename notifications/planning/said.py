"""What a patient was told last of a visit, from the messages that went out; and what a message says as well.

Not what was planned, and not what is true: `rules.notice` says what leads from the one to the other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q

from clinic.prepared import fetch_all
from notifications.models import Message, MessageKind

NOTICES: Final = (MessageKind.CONFIRMATION, MessageKind.MOVE, MessageKind.CANCELLATION)

# One row at most for `visit`: the message that the patient goes by, and the start it told, or null after a
# cancellation. It has arrived or may have, or is at this moment on its way and can't be called back. A
# reminder tells the time as well; an offer tells of a time that isn't the patient's yet.
LAST_TOLD: Final = """
    SELECT said.id,
           CASE said.kind WHEN 'cancellation' THEN NULL ELSE said.visit_starts_at END AS starts_at
      FROM notifications_message said
      LEFT JOIN LATERAL (SELECT attempt.outcome, attempt.started_at
                           FROM notifications_deliveryattempt attempt
                          WHERE attempt.message_id = said.id
                          ORDER BY attempt.number DESC LIMIT 1) try ON true
     WHERE said.appointment_id = visit.id
       AND said.kind IN ('confirmation', 'move', 'cancellation', 'reminder')
       AND (said.status IN ('sent', 'unknown') OR (said.status = 'claimed' AND try.outcome = 'started'))
     ORDER BY coalesce(try.started_at, said.sent_at, said.due_at) DESC, said.created_at DESC
     LIMIT 1"""


@dataclass(frozen=True)
class Told:
    """What the patient goes by: this start, or, with None, that the visit doesn't take place."""

    starts_at: datetime | None
    message_id: UUID


def told_of(appointment_id: UUID) -> Told | None:
    """What the patient of this visit was told last, as it stands now: one query."""
    rows = fetch_all(
        f"SELECT told.id, told.starts_at FROM (SELECT %s::uuid AS id) visit, LATERAL ({LAST_TOLD}) told",  # noqa: S608
        [appointment_id],
    )
    return Told(starts_at=rows[0][1], message_id=rows[0][0]) if rows else None


def said_with(message_id: UUID) -> list[UUID]:
    """The messages whose visits, check-ins and offers the link of this one opens: its own, those of the same
    day that it carries, and those of which they are reminders. One query."""
    together = Message.objects.filter(Q(pk=message_id) | Q(carried_by=message_id)).order_by("due_at", "pk")
    return [
        each for message in together.values_list("pk", "again_of") for each in message if each is not None
    ]
