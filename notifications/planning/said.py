"""What a patient was told last of a visit, from the messages that went out.

Not what was planned, and not what is true: `rules.notice` says what leads from the one to the other.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from operator import attrgetter
from typing import Final
from uuid import UUID

from django.db.models import F, OuterRef, QuerySet, Subquery
from django.db.models.functions import Coalesce

from notifications.models import AttemptOutcome, DeliveryAttempt, Message, MessageKind, MessageStatus

NOTICES: Final = (MessageKind.CONFIRMATION, MessageKind.MOVE, MessageKind.CANCELLATION)
# A reminder tells the time as well. An offer tells of a time that isn't the patient's yet.
TELLING: Final = (*NOTICES, MessageKind.REMINDER)
# It has arrived, or may have.
SAID: Final = (MessageStatus.SENT, MessageStatus.UNKNOWN)


@dataclass(frozen=True)
class Told:
    """What the patient goes by: this start, or, with None, that the visit doesn't take place."""

    starts_at: datetime | None
    message_id: UUID
    planned_at: datetime


def with_tries(messages: QuerySet[Message]) -> QuerySet[Message]:
    """Messages with `last_try`, the outcome of their last try or None, and `said_at`, the moment of it."""
    tries = DeliveryAttempt.objects.filter(message=OuterRef("pk")).order_by("-number")
    return messages.annotate(
        last_try=Subquery(tries.values("outcome")[:1]),
        said_at=Coalesce(Subquery(tries.values("started_at")[:1]), F("sent_at"), F("due_at")),
    )


def last_told(messages: Iterable[Message]) -> dict[UUID, Told]:
    """By visit, what these messages (`with_tries`) come to; a visit that was never told of is missing."""
    telling = [message for message in messages if message.kind in TELLING and _is_said(message)]
    return {
        message.appointment_id: Told(
            starts_at=None if message.kind == MessageKind.CANCELLATION else message.visit_starts_at,
            message_id=message.pk,
            planned_at=message.created_at,
        )
        for message in sorted(telling, key=attrgetter("said_at", "created_at"))
        if message.appointment_id
    }


def told_of(appointment_id: UUID) -> Told | None:
    """What the patient of this visit was told last, as it stands now: one query."""
    messages = with_tries(Message.objects.filter(appointment=appointment_id))
    return last_told(messages).get(appointment_id)


def _is_said(message: Message) -> bool:
    """Said, or at this moment on its way: it can't be called back."""
    on_its_way = message.last_try == AttemptOutcome.STARTED  # type: ignore[attr-defined]
    return message.status in SAID or (message.status == MessageStatus.CLAIMED and on_its_way)
