"""Whose turn it is to be called about a task that nobody has taken. Pure: no Django.

domain.md 6.2 [D]: unacknowledged goes to the next person, then to the supervisor; a red answer is called back
within 15 minutes, so all three have been called by then; an amber one is due within two hours. After the last
rung it is called again until somebody takes the task. A hand-over gives time once and not past the due time:
colleagues who hand a task to and fro can't hold the ladder.
"""

from collections.abc import Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Final

FIRST, SECOND, SUPERVISOR = "first", "second", "supervisor"
RUNGS: Final = (FIRST, SECOND, SUPERVISOR)
RED, AMBER = "red", "amber"
# How long one rung has before the next is called, by urgency; others are not called about at all. [D]
PATIENCE: Final = MappingProxyType({RED: timedelta(minutes=5), AMBER: timedelta(minutes=30)})


def is_to_call_again(*, urgency: str, last: datetime, every: timedelta | None, now: datetime) -> bool:
    """Whether so long has passed since the last call, or the last sign of somebody at work, that it is time
    to call again: as long as a rung has, unless the house sets another interval. [ours]"""
    return urgency in PATIENCE and now >= last + (every or PATIENCE[urgency])


def next_call(
    *,
    urgency: str,
    due_at: datetime,
    called: Mapping[str, datetime],
    handed_over_at: datetime | None,
    now: datetime,
) -> tuple[str, datetime] | None:
    """The rung that comes next and when it is called; a moment that isn't ahead means at once. None above the
    last, and for what nobody is called about.

    `called` says when each rung was; `handed_over_at` when the task was first given to somebody since: they
    have as long as a rung has, and of the time before it is due no more than there is. Red is called about
    at once, amber when it is due.
    """
    left = [rung for rung in RUNGS if rung not in called]
    if not left or urgency not in PATIENCE:
        return None
    patience, last = PATIENCE[urgency], max(called.values(), default=None)
    first_moment = now if urgency == RED else due_at
    moment = first_moment if last is None else last + patience
    if handed_over_at is not None:
        until = handed_over_at + patience
        moment = max(moment, min(until, due_at) if handed_over_at < due_at else until)
    return left[0], moment


def rung_to_call(
    *,
    urgency: str,
    due_at: datetime,
    called: Mapping[str, datetime],
    handed_over_at: datetime | None,
    now: datetime,
) -> str | None:
    """The rung that is to be called now, or None; as `next_call` reckons it."""
    following = next_call(
        urgency=urgency, due_at=due_at, called=called, handed_over_at=handed_over_at, now=now
    )
    return following[0] if following and following[1] <= now else None
