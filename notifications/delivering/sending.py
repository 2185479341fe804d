"""A batch's way out: begun a few at a time, handed over one by one, and what came of them written down.

A message is begun once its try is committed, and is handed over only then. So what a worker that dies leaves
in doubt is what it had begun and not concluded: as many as the provider takes in a fiftieth of a second. What
came of the last few and the tries of the next few are one commit. What goes out at all is `delivery`'s.
"""

import time
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import islice
from typing import Final
from uuid import UUID

from clinic.transactions import in_transaction
from notifications import recordsets
from notifications.channels.envelope import Envelope
from notifications.channels.opening import Channels
from notifications.delivering import leasing, outcomes, sending_state, series
from notifications.delivering.outcomes import Result
from notifications.models import AttemptOutcome, DeliveryAttempt, Form, Message, MessageStatus

Ready = tuple[DeliveryAttempt, Envelope]

FIRST_BATCH: Final = 10
LARGEST_BATCH: Final = 500
# As many are asked about together, and begun together, as the provider takes in these times.
SECONDS_ASKED: Final = 0.5
SECONDS_BEGUN: Final = 0.02
# What hasn't left by then is asked everything again.
DECISION_HOLDS_FOR: Final = timedelta(seconds=5)
# PostgreSQL fills the others in.
WRITTEN: Final = tuple(
    each.attname for each in DeliveryAttempt._meta.concrete_fields if each.attname != "created_at"
)


@dataclass
class Pace:
    """How many messages are asked about together, and begun together: one, until the provider is known."""

    asked: int = field(default_factory=lambda: FIRST_BATCH)
    begun: int = 1

    def learn(self, sent: int, seconds: float) -> None:
        """So many were handed over in this time; what was done between two of them doesn't count."""
        if sent:
            a_second = sent / max(seconds, 0.001)
            self.asked = max(1, min(LARGEST_BATCH, int(a_second * SECONDS_ASKED), self.asked * 4))
            self.begun = max(1, int(a_second * SECONDS_BEGUN))


@dataclass
class Batch:
    """Messages that were taken together. `ready`: what is to be sent; `begun`: of these the first so many;
    `ended`: what became of the others; `left_out`: what those of a series tell no more."""

    token: UUID
    taken: int
    ready: list[Ready] = field(default_factory=list)
    begun: int = 0
    left_out: Mapping[UUID, Sequence[Message]] = field(default_factory=dict)
    ended: list[MessageStatus] = field(default_factory=list)
    probing: set[Form] = field(default_factory=set)
    rate_holds_until: datetime | None = None


def write_tries(attempts: Sequence[DeliveryAttempt], left_out: Mapping[UUID, Sequence[Message]]) -> None:
    """Freeze what is about to be sent, in the caller's transaction."""
    recordsets.insert(
        DeliveryAttempt, [{name: getattr(attempt, name) for name in WRITTEN} for attempt in attempts]
    )
    series.let_go([each for attempt in attempts for each in left_out.get(attempt.message_id, ())])


def send_all(
    batch: Batch, channels: Channels, clock: Callable[[], datetime], stop_at: datetime, pace: Pace
) -> list[MessageStatus]:
    """Hand the batch over, and write what came of it; what wasn't begun goes back."""
    begun, waiting = deque(batch.ready[: batch.begun]), deque(batch.ready[batch.begun :])
    done: list[MessageStatus] = []
    every: list[Result] = []
    unwritten: list[Result] = []
    failing: Counter[str] = Counter()
    seconds = 0.0
    stop_at = min(stop_at, clock() + DECISION_HOLDS_FOR)
    try:
        while begun:
            began = time.monotonic()
            while begun and clock() < stop_at and failing[begun[0][1].form] < sending_state.FAILURES:
                attempt, envelope = begun.popleft()
                result = outcomes.hand_over(channels.of(envelope.form), envelope, attempt, clock)
                failing[envelope.form] = failing[envelope.form] + 1 if result.failed_for_now else 0
                every.append(result)
                unwritten.append(result)
            seconds += time.monotonic() - began
            if begun or not waiting or clock() >= stop_at:
                break
            following = list(islice(waiting, pace.begun))
            statuses, ours = _conclude_and_begin(unwritten, following, batch)
            done += statuses
            unwritten = []
            begun.extend(ours)
            for _ in following:
                waiting.popleft()
    finally:
        _take_back([attempt for attempt, _ in (*begun, *waiting)], batch.token, clock())
        done += outcomes.conclude(unwritten, batch.token)
        _learn(every, batch, clock())
    pace.learn(len(every), seconds)
    return done


def _conclude_and_begin(
    results: Sequence[Result], following: Sequence[Ready], batch: Batch
) -> tuple[list[MessageStatus], list[Ready]]:
    """One commit. Of what follows only those are begun whose lease still holds."""

    def work() -> tuple[list[MessageStatus], list[Ready]]:
        statuses = outcomes.write(results, batch.token)
        held = leasing.still_ours([attempt.message_id for attempt, _ in following], batch.token)
        ours = [each for each in following if each[0].message_id in held]
        write_tries([attempt for attempt, _ in ours], batch.left_out)
        return statuses, ours

    return in_transaction(work)


def _take_back(attempts: Sequence[DeliveryAttempt], token: UUID, now: datetime) -> None:
    """What was not handed over is nobody's again, as it was before; of what had been begun the try stays, and
    says so: a row of the record is never deleted."""
    if not attempts:
        return

    def work() -> None:
        messages = leasing.held([attempt.message_id for attempt in attempts], token)
        ours = [attempt.pk for attempt in attempts if attempt.message_id in messages]
        DeliveryAttempt.objects.filter(pk__in=ours).update(outcome=AttemptOutcome.WITHDRAWN, finished_at=now)
        for message in messages.values():
            message.status = MessageStatus.PLANNED
        leasing.give_back(list(messages.values()))

    in_transaction(work)


def _learn(results: Sequence[Result], batch: Batch, now: datetime) -> None:
    failed: dict[Form, list[bool]] = defaultdict(list)
    for result in results:
        failed[Form(result.attempt.form)].append(result.failed_for_now)
    for form, in_turn in failed.items():
        sending_state.learn(form, in_turn, probing=form in batch.probing, now=now)
