"""Whose turn it is: due messages are taken by one drain at a time, and given back with what became of them.

A message that was taken and has no attempt under way has not been begun: soon it is anybody's again.
What is asked, sent and written is `delivery`'s, `sending`'s and `outcomes`'.
"""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple
from uuid import UUID

from django.db import connection
from django.db.models import Exists, OuterRef, Q, QuerySet

from notifications.models import (
    AttemptOutcome,
    ClinicMessaging,
    DeliveryAttempt,
    Message,
    MessageKind,
    MessageStatus,
)

# Longer than one message can take with every command of a mail server at its time-out.
LEASE: Final = timedelta(minutes=5)
# What was taken and not begun is said by nobody, so it need not be looked up: it is anybody's far sooner. The
# confirmation of an opt-out, the emergency lines and pages have minutes. Longer than a decision holds.
BEGUN_WITHIN: Final = timedelta(seconds=30)
# By a clinic's own pause; a closed way out holds everything (docs/decisions/0013).
NEVER_HELD: Final = (MessageKind.PAGE, MessageKind.ANSWER)
# Lost ones are looked up one by one, at the provider.
LOST_AT_ONCE: Final = 50
IDLE_AT_ONCE: Final = 500
# What nobody asks of a message that is about to be sent.
NOT_ASKED: Final = (
    *("created_at", "written_by", "again_of"),
    *("lease_token", "lease_until", "delivered_at"),
)


def due(now: datetime, *, most: int, urgent_only: bool = False) -> list[Message]:
    """Lock the messages whose turn it is, urgent ones first. A paused clinic's wait; not its pages to staff,
    and not what is owed to somebody who has just written: that an opt-out holds, and where help is."""
    urgent = Q(urgent=True) if urgent_only else Q()
    paused = ClinicMessaging.objects.filter(paused_at__isnull=False).values("clinic")
    return list(
        Message.objects.filter(urgent, status=MessageStatus.PLANNED, due_at__lte=now)
        .exclude(~Q(kind__in=NEVER_HELD), clinic__in=paused)
        .order_by("-urgent", "due_at")
        .defer(*NOT_ASKED)
        .select_for_update(skip_locked=True, no_key=True)[:most]
    )


class Length(NamedTuple):
    """What a notice tells of how long its visit takes; both empty where it is none."""

    protocol_id: UUID | None
    extra_recovery_minutes: int | None


def take(lengths: Mapping[UUID, Length], token: UUID, now: datetime) -> None:
    """These locked messages are to be sent by whoever holds the token, by these versions of a protocol and
    with these recoveries."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_message AS message
               SET status = 'claimed', lease_token = %s, lease_until = %s, protocol_id = taken.protocol,
                   extra_recovery_minutes = taken.extra
              FROM unnest(%s::uuid[], %s::uuid[], %s::int[]) AS taken (id, protocol, extra)
             WHERE message.id = taken.id
            """,
            [
                token,
                now + LEASE,
                list(lengths),
                [length.protocol_id for length in lengths.values()],
                [length.extra_recovery_minutes for length in lengths.values()],
            ],
        )


def tell_lengths(carried: Sequence[tuple[Message, Length]]) -> None:
    """These locked notices are told by the message that carries them, by these versions and recoveries."""
    for notice, length in carried:
        notice.protocol_id, notice.extra_recovery_minutes = length
    Message.objects.bulk_update([notice for notice, _ in carried], ["protocol", "extra_recovery_minutes"])


def still_ours(ids: Collection[UUID], token: UUID) -> set[UUID]:
    """Lock those of these messages whose lease is still this one."""
    with connection.cursor() as cursor:
        cursor.execute(
            """
            SELECT id FROM notifications_message
             WHERE id = ANY(%s) AND status = 'claimed' AND lease_token = %s
             ORDER BY id FOR NO KEY UPDATE
            """,
            [list(ids), token],
        )
        return {pk for (pk,) in cursor.fetchall()}


def held(ids: Collection[UUID], token: UUID) -> dict[UUID, Message]:
    """As `still_ours`, with their rows."""
    messages = (
        Message.objects.select_for_update(no_key=True)
        .filter(pk__in=ids, status=MessageStatus.CLAIMED, lease_token=token)
        .order_by("pk")
    )
    return {message.pk: message for message in messages}


def idle(now: datetime) -> list[Message]:
    """Lock messages that were taken and have not been begun in time, urgent ones first. Whether one has is
    asked again under its lock: a sender begins under it, too."""
    latest = now + LEASE - BEGUN_WITHIN
    taken = list(
        Message.objects.filter(~Exists(_under_way()), status=MessageStatus.CLAIMED, lease_until__lte=latest)
        .order_by("-urgent", "pk")
        .select_for_update(skip_locked=True, no_key=True)[:IDLE_AT_ONCE]
    )
    tries = DeliveryAttempt.objects.filter(message__in=taken, outcome=AttemptOutcome.STARTED)
    begun = set(tries.values_list("message", flat=True)) if taken else set()
    return [message for message in taken if message.pk not in begun]


def lost(now: datetime) -> list[Message]:
    """Lock messages whose lease ran out with a try of theirs under way."""
    return list(
        Message.objects.filter(Exists(_under_way()), status=MessageStatus.CLAIMED, lease_until__lte=now)
        .order_by("pk")
        .select_for_update(skip_locked=True, no_key=True)[:LOST_AT_ONCE]
    )


def _under_way() -> QuerySet[DeliveryAttempt]:
    return DeliveryAttempt.objects.filter(message=OuterRef("pk"), outcome=AttemptOutcome.STARTED)


def give_back(messages: Sequence[Message]) -> None:
    """Write what became of these locked messages, and end their leases: one statement."""
    if not messages:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_message AS message
               SET status = given.status, reason = given.reason, due_at = given.due_at,
                   sent_at = given.sent_at, lease_token = NULL, lease_until = NULL
              FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::timestamptz[], %s::timestamptz[])
                   AS given (id, status, reason, due_at, sent_at)
             WHERE message.id = given.id
            """,
            [
                [message.pk for message in messages],
                [str(message.status) for message in messages],
                [message.reason for message in messages],
                [message.due_at for message in messages],
                [message.sent_at for message in messages],
            ],
        )
    for message in messages:
        message.lease_token = message.lease_until = None
