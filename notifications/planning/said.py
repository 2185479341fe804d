"""What a patient was told last of a visit, from the messages that went out; and what a message says as well.

Not what was planned, and not what is true: `rules.notice` says what leads from the one to the other.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, QuerySet, Value, When
from django.db.models.expressions import RawSQL

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


# Of each `root`: the message itself, those of the same day that it carries, those that it says again or asks
# for again, and the same of each of these.
SAID_WITH: Final = """
    WITH RECURSIVE said (root, id) AS (
        SELECT root, root FROM unnest(%s::uuid[]) AS root
         UNION
        SELECT said.root, also.id
          FROM said
         CROSS JOIN LATERAL (SELECT carried.id FROM notifications_message carried
                              WHERE carried.carried_by_id = said.id
                              UNION ALL
                             SELECT again.again_of_id FROM notifications_message again
                              WHERE again.id = said.id AND again.again_of_id IS NOT NULL) also)"""


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


def said_with(message_id: UUID) -> QuerySet[Message]:
    """The messages whose visits, questions and offers the link of this one opens, itself first: those of the
    same day that it carries, and what it says again or asks for again. One query."""
    together = RawSQL(f"{SAID_WITH} SELECT id FROM said", [[message_id]])  # noqa: S608, S611 - no words of others
    itself_first = Case(When(pk=message_id, then=Value(0)), default=Value(1))
    return Message.objects.filter(pk__in=together).order_by(itself_first, "due_at", "pk")
