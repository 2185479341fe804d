"""Delivery: due messages are taken, everything is asked again, and each is handed to a channel once.

No transaction is open while a provider is spoken to. What is about to be sent is frozen on an attempt
first (`sending`); a worker that dies between that and the outcome leaves an attempt `started`, and what
became of it is `outcomes`' to find out: it is never blindly sent again. An error that no channel explains
is such a lost answer too. One message about which nothing can be decided, or that can't be written out, is
set aside alone (`setting_aside`).
"""

import time
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID, uuid4

from clinic.transactions import in_transaction
from notifications.channels.opening import Channels
from notifications.delivering import (
    addressing,
    composing,
    gathering,
    leasing,
    outcomes,
    restored,
    sending,
    sending_state,
    series,
    setting_aside,
    turns,
    undelivered,
)
from notifications.delivering.addressing import Address, Ways
from notifications.delivering.gathering import Facts
from notifications.delivering.sending import Batch, Pace
from notifications.models import AttemptOutcome, Form, Message, MessageKind, MessageStatus
from notifications.planning import reasons, said, standing, timing

# A drain ends before Celery's time limits do.
DRAIN_FOR: Final = timedelta(seconds=150)
# A drain that the provider's rate holds up ends before beat rings for the next one, which goes on: nothing
# else that waits for a worker waits for the rate.
HELD_UP_FOR: Final = timedelta(seconds=9)
# How often it looks at the clock meanwhile.
PAUSE_SECONDS: Final = 0.1


def drain(
    *,
    clock: Callable[[], datetime],
    sleep: Callable[[float], None] = time.sleep,
    urgent_only: bool = False,
) -> Counter[MessageStatus]:
    """Send what is due until nothing is, or the time is up. Returns how often a message came to which status.

    `clock` is read again for every message, because a drain takes time. Any number may run at once, and one
    of them waits for a provider's rate. `urgent_only`: pages and answers, which wait for nothing.
    """
    done: Counter[MessageStatus] = Counter()
    stop_at = clock() + DRAIN_FOR
    if not restored.may_send(clock()):
        return done
    with Channels() as channels, ExitStack() as at_the_end:
        done.update(outcomes.plan_idle(clock()))
        if not urgent_only:
            done.update(outcomes.settle_lost(channels, clock, stop_at))
        pace, waits_until, waits = Pace(), None, False
        goes_on = not sending_state.is_paused()
        while goes_on and clock() < stop_at:
            batch = _take_batch(channels, pace, clock, urgent_only=urgent_only)
            if batch.rate_holds_until is not None:
                if waits_until is None:
                    stop_at = min(stop_at, clock() + HELD_UP_FOR)
                waits_until = batch.rate_holds_until
            if batch.taken:
                done.update(batch.ended)
                done.update(sending.send_all(batch, channels, clock, stop_at, pace))
                goes_on = restored.may_send(clock())
            elif urgent_only or waits_until is None or clock() > waits_until:
                break
            else:
                waits = waits or at_the_end.enter_context(turns.alone(turns.WAITING))
                if not waits:
                    break
                sleep(PAUSE_SECONDS)
                goes_on = not sending_state.is_paused()
    return done


def _take_batch(channels: Channels, pace: Pace, clock: Callable[[], datetime], *, urgent_only: bool) -> Batch:
    """Lock what is due, ask everything again, and freeze what is sent first: one transaction."""

    def work() -> Batch:
        now = clock()
        messages = leasing.due(now, most=pace.asked, urgent_only=urgent_only)
        batch = Batch(token=uuid4(), taken=len(messages))
        if not messages:
            return batch
        facts = gathering.gather(messages, now)
        allowed = _allowed(_going(messages, facts, now), batch, now)
        facts = series.narrowed(facts, [message for message, _ in allowed], now)
        going_on = _freeze(allowed, facts, batch, channels, pace, now)
        others = [message for message in messages if message.pk not in going_on]
        leasing.give_back(others)
        batch.ended = [MessageStatus(message.status) for message in others]
        return batch

    return in_transaction(work)


def _going(messages: Sequence[Message], facts: Facts, now: datetime) -> list[tuple[Message, Address]]:
    """Those that are sent now, with where to; one that can't be decided about holds up no other."""
    going = []
    for message in messages:
        try:
            address = _address_now(message, facts, now)
        except Exception as error:
            setting_aside.set_aside(message, error)
            continue
        if address is not None:
            going.append((message, address))
    return going


def _address_now(message: Message, facts: Facts, now: datetime) -> Address | None:
    """Where it goes now; None, and the message's status says why, when it isn't sent now."""
    reason = standing.fallen_through(message, facts.answered)
    reason = reason or (reasons.NOT_THEIRS if message.pk in facts.not_theirs else "")
    reason = reason or (reasons.TOO_LATE if now >= message.stale_at else "")
    if not reason and message.kind in said.NOTICES:
        reason = standing.overtaken(message, facts.told.get(message.visit.pk))
    if not reason and not _at_any_hour(message):
        awake_at = _awake_at(message, facts, now)
        if now < awake_at < message.stale_at:
            outcomes.plan_again(message, awake_at)
            return None
        reason = reasons.TOO_LATE if awake_at >= message.stale_at else ""
    if reason:
        _skip(message, reason)
        return None
    try:
        return _address(message, facts)
    except addressing.Unreachable as unreachable:
        undelivered.call_instead(message)
        tried = any(each.outcome == AttemptOutcome.PERMANENT for each in facts.tries.get(message.pk, ()))
        if tried:
            outcomes.fail(message, unreachable.reason)
        else:
            _skip(message, unreachable.reason)
        return None


def _awake_at(message: Message, facts: Facts, now: datetime) -> datetime:
    patient = message.addressee
    zone = patient.time_zone or message.clinic.time_zone
    daytime = facts.settings[message.clinic_id].daytime(patient.state)
    return timing.out_of_quiet_hours(now, zone, daytime)


def _at_any_hour(message: Message) -> bool:
    """Staff is called at any hour, and a patient who has just written is awake."""
    return message.kind in (MessageKind.PAGE, MessageKind.ANSWER)


def _address(message: Message, facts: Facts) -> Address:
    ways = _ways(message, facts)
    if message.user is not None:
        address = addressing.address_of_staff(message.user, ways, _down(message, facts))
    elif message.kind == MessageKind.ANSWER:
        address = addressing.address_of_answer(message.in_answer_to)
    else:
        patient = message.addressee
        blocked = facts.blocked.get(patient.pk, {})
        return addressing.address_of(patient, facts.scopes.get(patient.pk, ()), blocked, ways)
    if address.form in ways.refused:
        raise addressing.Unreachable(addressing.REFUSED[address.form])
    return address


def _down(message: Message, facts: Facts) -> set[Form]:
    """Ways that are closed now, and the one on which the last try failed for now."""
    last = facts.tries.get(message.pk, ())[-1:]
    return {*facts.closed, *(Form(each.form) for each in last if each.outcome == AttemptOutcome.TEMPORARY)}


def _ways(message: Message, facts: Facts) -> Ways:
    """What its clinic leaves open to this message."""
    ways, tries = facts.ways[message.clinic_id, message.stage], facts.tries.get(message.pk)
    if not message.form and not tries:
        return ways
    refused = {Form(each.form) for each in tries or () if each.outcome == AttemptOutcome.PERMANENT}
    return replace(ways, only=Form(message.form) if message.form else None, refused=refused)


def _allowed(
    going: Sequence[tuple[Message, Address]], batch: Batch, now: datetime
) -> list[tuple[Message, Address]]:
    """Those that pauses, breakers and rates let through; the others are planned for later."""
    if not going:
        return []
    leave = sending_state.leave_for(
        Counter(address.form for _, address in going),
        now,
        urgent=Counter(address.form for message, address in going if message.urgent),
    )
    batch.probing = {form for form, given in leave.items() if given.probing}
    used: Counter[Form] = Counter()
    allowed = []
    for message, address in going:
        given, place = leave[address.form], used[address.form]
        used[address.form] += 1
        if place < given.count:
            allowed.append((message, address))
            continue
        outcomes.plan_again(message, given.moment_of(place - given.count))
        if given.apart:
            batch.rate_holds_until = message.due_at
    return allowed


def _freeze(
    allowed: Sequence[tuple[Message, Address]],
    facts: Facts,
    batch: Batch,
    channels: Channels,
    pace: Pace,
    now: datetime,
) -> set[UUID]:
    """The attempts and the envelopes; the rows of those that are sent first. Returns which messages go: one
    that can't be written out holds up no other."""
    for message, address in allowed:
        channel = channels.of(address.form).name
        try:
            attempt = composing.attempt_at(message, address, facts, channel=channel, now=now)
            link, written_at = composing.link_in(message, facts), composing.written_at(attempt, facts)
            batch.ready.append((attempt, composing.envelope_of(attempt, link=link, written_at=written_at)))
        except Exception as error:
            setting_aside.set_aside(message, error)
    batch.begun, batch.left_out = pace.begun, facts.left_out
    sending.write_tries([attempt for attempt, _ in batch.ready[: batch.begun]], batch.left_out)
    going_on = {attempt.message_id for attempt, _ in batch.ready}
    lengths = {message.pk: _length(message, address, facts) for message, address in allowed}
    leasing.take({key: lengths[key] for key in going_on}, batch.token, now)
    leasing.tell_lengths(
        [
            (each, _length(each, address, facts))
            for message, address in allowed
            if message.pk in going_on
            for each in facts.series[message.pk]
            if each.carried_by_id == message.pk
        ]
    )
    return going_on


def _length(message: Message, address: Address, facts: Facts) -> leasing.Length:
    """By which version a notice tells how long its visit takes and how to prepare, and with how much more
    recovery: the visit's, or those of the first try, whose words go again."""
    if message.kind not in said.NOTICES:
        return leasing.Length(None, None)
    written = message.carried_by_id or message.pk
    said_before = any(each.form == address.form for each in facts.tries.get(written, ()))
    told = message if said_before and written not in facts.left_out else message.visit
    return leasing.Length(told.protocol_id, told.extra_recovery_minutes)


def _skip(message: Message, reason: str) -> None:
    message.status, message.reason = MessageStatus.SKIPPED, reason[:120]
