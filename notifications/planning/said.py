"""What a patient was told last of a visit, from the messages that went out and from the calls in their place;
and what a message says as well.

Not what was planned, and not what is true: `rules.notice` says what leads from the one to the other.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Case, Q, QuerySet, Value, When
from django.db.models.expressions import RawSQL

from clinic.prepared import fetch_all
from notifications.models import Message, MessageKind, MessageStatus

NOTICES: Final = (
    MessageKind.CONFIRMATION,
    MessageKind.MOVE,
    MessageKind.CHANGE,
    MessageKind.CANCELLATION,
)
# They tell of a visit that lies ahead, so that it can be confirmed after them.
BEFORE_A_VISIT: Final = (
    MessageKind.CONFIRMATION,
    MessageKind.MOVE,
    MessageKind.CHANGE,
    MessageKind.REMINDER,
)

# With a message's id, and from the second try on its number, the cause of the one task that there may be
# about a try (`delivering.undelivered`).
CAUSE: Final = "message"
# The error of a try of which a person found this out, so that the message goes once more: what a task says
# from then on is of the next try, also where none can be made.
NOT_ARRIVED: Final = "Somebody found out that it had not arrived"
# Of a message's last try, if there was one.
TRY_OF_THE_TASK: Final = f"try.number + CASE WHEN try.error = '{NOT_ARRIVED}' THEN 1 ELSE 0 END"


def _last(columns: str, which: str) -> str:
    """One row at most: the last of these messages of `visit` that has arrived or may have, or is at this
    moment on its way and can't be called back, or that somebody told instead: their task is closed.

    What is planned is left out before its tries and its task are looked for: right before sending, that is
    nearly all there is, and a plan that was kept from when the tables were empty would look through all tries
    for each of them. What became of a visit that was told with its series is what became of the message that
    carries it."""
    return f"""
    SELECT {columns}
      FROM notifications_message said
      LEFT JOIN notifications_message carrier
        ON carrier.id = said.carried_by_id AND said.kind = 'confirmation'
     CROSS JOIN LATERAL (SELECT coalesce(carrier.id, said.id) AS id,
                                coalesce(carrier.status, said.status) AS status,
                                coalesce(carrier.sent_at, said.sent_at) AS sent_at) went
      LEFT JOIN LATERAL (SELECT attempt.outcome, attempt.started_at, attempt.number, attempt.error
                           FROM notifications_deliveryattempt attempt
                          WHERE attempt.message_id = went.id
                          ORDER BY attempt.number DESC LIMIT 1) try ON true
      LEFT JOIN clinic_workitem task
        ON went.status IN ('skipped', 'failed') AND task.clinic_id = said.clinic_id
       AND task.cause = '{CAUSE}:' || said.id
                        || CASE WHEN {TRY_OF_THE_TASK} > 1 THEN ':' || {TRY_OF_THE_TASK} ELSE '' END
       AND task.closed_at IS NOT NULL
     WHERE said.appointment_id = visit.id AND {which}
       AND said.status <> 'planned' AND went.status <> 'planned'
       AND (went.status IN ('sent', 'unknown') OR (went.status = 'claimed' AND try.outcome = 'started')
            OR task.id IS NOT NULL)
     ORDER BY coalesce(task.closed_at, try.started_at, went.sent_at, said.due_at) DESC, said.created_at DESC
     LIMIT 1"""  # noqa: S608 - this module's own words only


# The message that the patient of `visit` goes by, and the start it told, or null after a cancellation. A
# reminder tells the time as well; an offer tells of a time that isn't the patient's yet.
LAST_TOLD: Final = _last(
    "said.id, CASE said.kind WHEN 'cancellation' THEN NULL ELSE said.visit_starts_at END AS starts_at",
    "said.kind IN ('confirmation', 'move', 'change', 'cancellation', 'reminder')",
)
# The last notice of the start that was `told`, where that is the true one, if by its version and the recovery
# that it told the visit takes another time, or is prepared for in another way, than by its own. A reminder
# tells of neither.
CHANGED_SINCE: Final = f"""
    SELECT notice.id
      FROM ({
    _last(
        "said.id, said.protocol_id, coalesce(said.extra_recovery_minutes, 0) AS extra",
        "said.kind IN ('confirmation', 'move', 'change') AND said.visit_starts_at = told.starts_at",
    )
}) notice
      JOIN scheduler_protocol before ON before.id = notice.protocol_id
      JOIN scheduler_protocol now ON now.id = visit.protocol_id
     WHERE told.starts_at = lower(visit.during)
       AND (before.id, notice.extra) <> (now.id, visit.extra_recovery_minutes)
       AND (before.preparation_minutes + before.infusion_minutes + before.observation_minutes + notice.extra,
            before.fasting_light_meal_hours, before.fasting_clear_hours)
           IS DISTINCT FROM
           (now.preparation_minutes + now.infusion_minutes + now.observation_minutes
                + visit.extra_recovery_minutes,
            now.fasting_light_meal_hours, now.fasting_clear_hours)"""  # noqa: S608 - the same


# Of each `root`: the message itself, those that it carries, those that it says again or asks for again, and
# the same of each of these.
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
    """What the patient goes by: this start, or, with None, that the visit doesn't take place. `changed`: it
    takes longer or shorter than they were told, or is prepared for in another way."""

    starts_at: datetime | None
    message_id: UUID
    changed: bool = False


def telling() -> QuerySet[Message]:
    """What tells, or is to tell, of a visit that lies ahead, by itself or with another message."""
    goes = ~Q(status__in=[MessageStatus.SKIPPED, MessageStatus.FAILED]) | Q(carried_by__isnull=False)
    return Message.objects.filter(goes, kind__in=BEFORE_A_VISIT)


def told_of(appointment_id: UUID) -> Told | None:
    """What the patient of this visit was told last, as it stands now: one query."""
    return told_of_each([appointment_id]).get(appointment_id)


def told_of_each(appointment_ids: Collection[UUID]) -> dict[UUID, Told]:
    """What the patients of these visits were told last, as it stands now; missing where nothing was: one
    query."""
    rows = fetch_all(
        f"""SELECT visit.id, told.id, told.starts_at, changed.id IS NOT NULL
              FROM scheduler_appointment visit
             CROSS JOIN LATERAL ({LAST_TOLD}) told
              LEFT JOIN LATERAL ({CHANGED_SINCE}) changed ON true
             WHERE visit.id = ANY(%s::uuid[])""",  # noqa: S608
        [list(appointment_ids)],
    )
    return {
        visit_id: Told(starts_at=starts_at, message_id=message_id, changed=changed)
        for visit_id, message_id, starts_at, changed in rows
    }


def said_with(message_id: UUID) -> QuerySet[Message]:
    """The messages whose visits, questions and offers the link of this one opens, itself first: those
    that it carries, and what it says again or asks for again. One query."""
    together = RawSQL(f"{SAID_WITH} SELECT id FROM said", [[message_id]])  # noqa: S608, S611 - no words of others
    itself_first = Case(When(pk=message_id, then=Value(0)), default=Value(1))
    return Message.objects.filter(pk__in=together).order_by(itself_first, "due_at", "pk")
