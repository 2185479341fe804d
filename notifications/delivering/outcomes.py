"""What came of a try: sent, planned again, failed, or unknown until the provider or a person says more.

A try whose answer was lost is looked up at the provider. It is sent again, under the same key, only where
the channel takes a key once. What a provider's list doesn't show may still have been taken: it is asked again
for a while, and then a person at the desk finds out.
"""

import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from traceback import extract_tb
from typing import Final
from uuid import UUID, uuid4

from django.db import DatabaseError, connection

from clinic import work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Role, Urgency
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from notifications.channels.envelope import AnswerLost, Channel, DeliveryError, Envelope, Found, NotFound
from notifications.channels.opening import Channels
from notifications.delivering import composing, gathering, leasing, undelivered
from notifications.models import (
    AttemptOutcome,
    BlockedAddress,
    BlockReason,
    DeliveryAttempt,
    Form,
    Message,
    MessageStatus,
)
from notifications.planning import said

RETRY_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=15),
    timedelta(hours=1),
    timedelta(hours=4),
)
# A provider is asked again after a minute, and then after twice as long each time, for so long: a list that
# is late shows by then what it has taken, and a person can still act on what nobody knows. [D]
ASKED_AGAIN_AFTER: Final = timedelta(minutes=1)
ASKED_FOR: Final = timedelta(minutes=15)
ANSWER_LOST: Final = "The answer was lost: it may have arrived or not."
NEVER_ARRIVED: Final = "Looked up: the provider never had it"
OF_NO_USE: Final = "It had not arrived, and is of no use any more."
log = logging.getLogger(__name__)


class Came(Enum):
    """What came of a try."""

    TAKEN = "taken"
    REFUSED_NOW = "refused now"
    REFUSED = "refused for good"
    UNKNOWN = "nobody can tell"
    ASK_LATER = "to be looked up later"


@dataclass(frozen=True)
class Result:
    attempt: DeliveryAttempt
    came: Came
    at: datetime
    reference: str = ""
    error: str = ""
    blocks: BlockReason | None = None
    ask_at: datetime | None = None

    @property
    def failed_for_now(self) -> bool:
        """It says something about the provider, rather than about this message."""
        return self.came not in (Came.TAKEN, Came.REFUSED)


def hand_over(
    channel: Channel, envelope: Envelope, attempt: DeliveryAttempt, clock: Callable[[], datetime]
) -> Result:
    """Send it, outside any transaction."""
    try:
        reference = channel.send(envelope)
    except DeliveryError as error:
        came = Came.REFUSED if error.permanent else Came.REFUSED_NOW
        return Result(attempt, came, clock(), error=error.detail, blocks=error.blocks)
    except AnswerLost as error:
        return look_up(channel, envelope, attempt, clock(), lost=str(error))
    except Exception as error:  # nobody knows how far it came
        return look_up(channel, envelope, attempt, clock(), lost=_unexpected(attempt, error))
    return Result(attempt, Came.TAKEN, clock(), reference=reference)


def look_up(
    channel: Channel, envelope: Envelope, attempt: DeliveryAttempt, now: datetime, *, lost: str
) -> Result:
    """Ask the provider what became of a try, outside any transaction."""
    try:
        found = channel.lookup(envelope, started_at=attempt.started_at)
    except Exception as error:
        detail = error.detail if isinstance(error, DeliveryError) else _unexpected(attempt, error)
        return _ask_later(attempt, now, detail=detail, lost=lost)
    if isinstance(found, Found):
        return Result(attempt, Came.TAKEN, now, reference=found.reference)
    if found == NotFound.ABSENT:
        return Result(attempt, Came.REFUSED_NOW, now, error=NEVER_ARRIVED)
    if found == NotFound.NOT_LISTED:
        return _ask_later(attempt, now, detail=lost, lost=lost)
    return Result(attempt, Came.UNKNOWN, now, error=lost)


def _ask_later(attempt: DeliveryAttempt, now: datetime, *, detail: str, lost: str) -> Result:
    """The provider may know more in a while; at last it is nobody's to know but a person's."""
    asked_until = attempt.started_at + ASKED_FOR
    if now >= asked_until:
        return Result(attempt, Came.UNKNOWN, now, error=lost)
    again_at = now + max(ASKED_AGAIN_AFTER, now - attempt.started_at)
    return Result(attempt, Came.ASK_LATER, now, error=detail, ask_at=min(again_at, asked_until))


def _unexpected(attempt: DeliveryAttempt, error: Exception) -> str:
    """What is kept of an error that the channel doesn't explain: its name and its place. Its words may repeat
    an address or a text, and so may those of what caused it."""
    last = extract_tb(error.__traceback__)[-1]
    name = type(error).__name__
    log.error(
        "channel failed: attempt=%s channel=%s error=%s at=%s:%s",
        *(attempt.pk, attempt.channel, name, last.name, last.lineno),
    )
    return f"{name} that the channel doesn't explain"


def conclude(results: Sequence[Result], token: UUID) -> list[MessageStatus]:
    """Write what came of these tries, in a transaction of its own."""
    return in_transaction(lambda: write(results, token)) if results else []


def write(results: Sequence[Result], token: UUID) -> list[MessageStatus]:
    """Write what came of these tries; one whose lease ran out meanwhile is somebody else's."""
    taken = [result for result in results if result.came == Came.TAKEN]
    others = [result for result in results if result.came != Came.TAKEN]
    return [MessageStatus.SENT] * _write_taken(taken, token) + _write_others(others, token)


def _write_others(results: Sequence[Result], token: UUID) -> list[MessageStatus]:
    if not results:
        return []
    messages = leasing.held([result.attempt.message_id for result in results], token)
    ours = [result for result in results if result.attempt.message_id in messages]
    for result in ours:
        _follow(messages[result.attempt.message_id], result)
    _write_attempts(ours)
    leasing.give_back([message for message in messages.values() if message.lease_token is None])
    return [
        MessageStatus(message.status)
        for message in messages.values()
        if message.status != MessageStatus.CLAIMED
    ]


def _write_taken(results: Sequence[Result], token: UUID) -> int:
    """Nothing else follows from what the provider has taken: one statement. How many were still ours."""
    if not results:
        return 0
    with connection.cursor() as cursor:
        cursor.execute(
            """
            WITH given AS (
                SELECT * FROM unnest(%s::uuid[], %s::uuid[], %s::text[], %s::timestamptz[])
                           AS given (message_id, attempt_id, reference, at)),
            sent AS (
                UPDATE notifications_message AS message
                   SET status = 'sent', reason = '', sent_at = given.at,
                       lease_token = NULL, lease_until = NULL
                  FROM given
                 WHERE message.id = given.message_id AND message.status = 'claimed'
                   AND message.lease_token = %s
             RETURNING message.id)
            UPDATE notifications_deliveryattempt AS attempt
               SET outcome = 'accepted', provider_reference = given.reference, error = '',
                   finished_at = given.at
              FROM given JOIN sent ON sent.id = given.message_id
             WHERE attempt.id = given.attempt_id
            """,
            [
                [result.attempt.message_id for result in results],
                [result.attempt.pk for result in results],
                [result.reference for result in results],
                [result.at for result in results],
                token,
            ],
        )
        return cursor.rowcount


def plan_idle(now: datetime) -> list[MessageStatus]:
    """Messages whose sender died, or is held up by another one, before it began them: they are planned
    again."""

    def work() -> list[MessageStatus]:
        messages = leasing.idle(now)
        for message in messages:
            message.status = MessageStatus.PLANNED
        leasing.give_back(messages)
        return [MessageStatus.PLANNED] * len(messages)

    return in_transaction(work)


def settle_lost(channels: Channels, clock: Callable[[], datetime], stop_at: datetime) -> list[MessageStatus]:
    """Messages whose sender died with them under way, or lost the answer: they are looked up."""
    token = uuid4()

    def work() -> list[Message]:
        messages = leasing.lost(clock())
        told = {each.pk: leasing.Length(each.protocol_id, each.extra_recovery_minutes) for each in messages}
        leasing.take(told, token, clock())
        return messages

    done: list[MessageStatus] = []
    for message in in_transaction(work):
        if clock() < stop_at:
            done += _settle(message, channels, clock, token)
    return done


def _settle(
    message: Message, channels: Channels, clock: Callable[[], datetime], token: UUID
) -> list[MessageStatus]:
    """What became of one lost try. One that can't be made out is a person's, and holds up no other."""
    attempt = message.attempts.filter(outcome=AttemptOutcome.STARTED).order_by("number").last()
    if attempt is None:
        return []  # the provider's report has settled it meanwhile
    attempt.message = message
    try:
        result = _looked_up(attempt, channels, clock)
    except Exception as error:
        if isinstance(error, DatabaseError):
            raise  # it says nothing about one message
        result = Result(attempt, Came.UNKNOWN, clock(), error=_unexpected(attempt, error))
    return conclude([result], token)


def settle(*, actor: Actor, message: Message, arrived: bool, now: datetime) -> Message:
    """A person has found out whether a message of unknown outcome arrived. One that didn't is sent again
    while it is of use. Told twice that it did, nothing changes. Raises `Conflict` `not_unknown`."""

    def work_() -> Message:
        row = Message.objects.select_for_update(no_key=True).get(pk=message.pk)
        if row.status == MessageStatus.SENT and arrived:
            return row
        if row.status != MessageStatus.UNKNOWN:
            raise Conflict("Whether this message arrived is not in question.", code="not_unknown")
        attempt, task = row.attempts.latest("number"), undelivered.cause_of(row)
        with acting(actor.user_id):
            if arrived:
                row.status, row.reason, row.sent_at = MessageStatus.SENT, "", attempt.started_at
                attempt.outcome = AttemptOutcome.ACCEPTED
            elif now < row.stale_at:
                row.status, row.reason, row.due_at = MessageStatus.PLANNED, "", now
                attempt.outcome, attempt.error = AttemptOutcome.TEMPORARY, said.NOT_ARRIVED
            else:
                row.status, row.reason = MessageStatus.FAILED, OF_NO_USE
                attempt.outcome, attempt.error = AttemptOutcome.TEMPORARY, OF_NO_USE
            attempt.finished_at = now
            attempt.save(update_fields=["outcome", "error", "finished_at"])
            row.save(update_fields=["status", "reason", "due_at", "sent_at"])
        done = "It had arrived." if arrived else "It had not arrived."
        work.settle(actor=actor, clinic_id=row.clinic_id, causes=[task], outcome=done, now=now)
        return row

    return in_transaction(work_)


def _looked_up(attempt: DeliveryAttempt, channels: Channels, clock: Callable[[], datetime]) -> Result:
    channel = channels.of(Form(attempt.form))
    if channel.name != attempt.channel:  # another provider is set up since
        return Result(attempt, Came.UNKNOWN, clock(), error=ANSWER_LOST)
    message = attempt.message
    facts = gathering.gather_for_lookup(message)
    envelope = composing.envelope_of(
        attempt, link=composing.link_in(message, facts), written_at=composing.written_at(attempt, facts)
    )
    return look_up(channel, envelope, attempt, clock(), lost=attempt.error or ANSWER_LOST)


def _follow(message: Message, result: Result) -> None:
    """The message's status after a try that wasn't simply taken, in memory. One that is looked up later stays
    claimed until then."""
    attempt = result.attempt
    attempt.provider_reference, attempt.error = result.reference, result.error[:240]
    attempt.finished_at = result.at
    if result.came == Came.ASK_LATER:
        attempt.finished_at = None
        Message.objects.filter(pk=message.pk).update(lease_until=result.ask_at)
        return
    message.lease_token = message.lease_until = None
    if result.came == Came.UNKNOWN:
        attempt.finished_at = None
        _call_unknown(message)
    elif result.came == Came.REFUSED:
        attempt.outcome = AttemptOutcome.PERMANENT
        _refused(message, attempt, result)
    else:
        attempt.outcome = AttemptOutcome.TEMPORARY
        _try_later(message, attempt, result.at)


def _refused(message: Message, attempt: DeliveryAttempt, result: Result) -> None:
    """A text that was refused for good is asked again how else it may go; an e-mail has failed."""
    if result.blocks is not None:
        block(message, attempt.recipient, result.blocks, result.at)
    if attempt.form == Form.SMS:
        plan_again(message, result.at)
        return
    undelivered.call_instead(message)
    fail(message, f"Refused for good: {attempt.error}")


def _try_later(message: Message, attempt: DeliveryAttempt, now: datetime) -> None:
    if attempt.number > len(RETRY_AFTER):
        undelivered.call_instead(message)
        fail(message, f"Given up after {attempt.number} tries: {attempt.error}")
    elif message.user_id is not None and attempt.number == 1 and attempt.form == Form.SMS:
        plan_again(message, now)  # a page goes the other way at once, where there is one
    else:
        plan_again(message, now + RETRY_AFTER[attempt.number - 1])


def block(message: Message, address: str, reason: BlockReason, now: datetime) -> None:
    """This clinic doesn't write to this address any more. Once, however often it is told, and since it was
    told last: a consent that was signed before doesn't lift what a network still refuses. A page's address
    is a member of the staff's, and stays."""
    if message.user_id is None:
        standing = BlockedAddress.objects.filter(
            clinic=message.clinic_id, address=address.lower(), reason=reason, lifted_at=None
        )
        if standing.update(since=now):
            return
        BlockedAddress.objects.bulk_create(
            [BlockedAddress(clinic_id=message.clinic_id, address=address.lower(), reason=reason, since=now)],
            ignore_conflicts=True,
        )


def plan_again(message: Message, at: datetime) -> None:
    message.status, message.reason, message.due_at = MessageStatus.PLANNED, "", at


def fail(message: Message, reason: str) -> None:
    message.status, message.reason = MessageStatus.FAILED, reason[:120]


def _call_unknown(message: Message) -> None:
    """Nobody knows whether it arrived: somebody at the desk asks before it would have lost its use."""
    work.open_item(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=undelivered.cause_of(message),
        title="Find out whether a message arrived, and call if it did not",
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,
    )
    message.status, message.reason = MessageStatus.UNKNOWN, ANSWER_LOST


def _write_attempts(results: Sequence[Result]) -> None:
    """One statement for all of them."""
    attempts = [result.attempt for result in results]
    with connection.cursor() as cursor:
        cursor.execute(
            """
            UPDATE notifications_deliveryattempt AS attempt
               SET outcome = given.outcome, provider_reference = given.reference,
                   error = given.error, finished_at = given.finished_at
              FROM unnest(%s::uuid[], %s::text[], %s::text[], %s::text[], %s::timestamptz[])
                   AS given (id, outcome, reference, error, finished_at)
             WHERE attempt.id = given.id
            """,
            [
                [attempt.pk for attempt in attempts],
                [str(attempt.outcome) for attempt in attempts],
                [attempt.provider_reference for attempt in attempts],
                [attempt.error for attempt in attempts],
                [attempt.finished_at for attempt in attempts],
            ],
        )
