"""The waitlist's arithmetic: when somebody may be asked and until when, which start suits them best, and who
comes first. Pure: no Django.

A freed time goes to whom it fits best, counted in this order:

1. spacing: the fewest days by which the gaps to the patient's visits before and after it pass the plan's
   longest (shorter than the shortest is not feasible, so nobody is offered it);
2. preference: with the nurse and in the chair they asked for, the nurse before the chair (`finding.wishes`);
3. waiting time: who has waited longest; joined at the same moment, the smaller id, so that two workers agree.

Of several starts that fit one patient equally the earliest is offered. Minutes are whole minutes since the
epoch, as in `availability`; a zone is an IANA name.
"""

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
from numpy.typing import NDArray

from scheduler.finding.availability import Interval, minute_of

# domain.md 6.4 [V:58]: nothing before 8:00 or after 21:00 at the receiver's place. A test holds these against
# `notifications.timing`, which says the same of messages and stands a floor above.
ASKING_BEGINS: Final = time(8)
ASKING_ENDS: Final = time(21)


@dataclass(frozen=True)
class Stretch:
    """Starts that somebody would take on one local day: the minutes [low, high)."""

    day: date
    low: int
    high: int


@dataclass(frozen=True, order=True)
class Choice:
    """The best start for one who waits; less is better."""

    days_over: int  # past the plan's longest gap
    misfit: int  # `finding.wishes.misfit`: another nurse, another chair
    minute: int


@dataclass(frozen=True, order=True)
class Rank:
    """Where somebody stands in the queue for their best start; less is first."""

    days_over: int
    misfit: int
    waiting_since: datetime
    entry: Any

    @classmethod
    def of(cls, choice: Choice, *, waiting_since: datetime, entry: Any) -> "Rank":
        return cls(choice.days_over, choice.misfit, waiting_since, entry)


def may_be_asked(now: datetime, zone: str) -> bool:
    """Is it day where this person is?"""
    return ASKING_BEGINS <= now.astimezone(ZoneInfo(zone)).time() < ASKING_ENDS


def answer_by(asked_at: datetime, minutes: int, zone: str) -> datetime:
    """When so many minutes to answer are over. The clock stands still at night, so that everybody has the
    whole time; `asked_at` is by day (`may_be_asked`)."""
    left, moment = timedelta(minutes=minutes), asked_at
    while True:
        day = moment.astimezone(ZoneInfo(zone)).date()
        night = _at_local(day, ASKING_ENDS, zone)
        if moment + left <= night:
            return moment + left
        left -= night - moment
        moment = _at_local(day + timedelta(days=1), ASKING_BEGINS, zone)


def stretches(
    *,
    first_day: date,
    last_day: date,
    weekdays: Collection[int],
    earliest: time | None,
    latest: time | None,
    visit_minutes: int,
    zone: str,
) -> Iterator[Stretch]:
    """The starts that suit a wish, day by day. Wall times are the clinic's; `latest` is the discharge's, no
    weekday stands for any."""
    for ahead in range((last_day - first_day).days + 1):
        day = first_day + timedelta(days=ahead)
        if weekdays and day.weekday() not in weekdays:
            continue
        low = minute_of(_at_local(day, earliest or time(0), zone))
        if latest is None:
            high = minute_of(_at_local(day + timedelta(days=1), time(0), zone))
        else:
            high = minute_of(_at_local(day, latest, zone)) - visit_minutes + 1
        if low < high:
            yield Stretch(day, low, high)


def apart_from(
    minutes: NDArray[np.int64], visit_minutes: int, others: Iterable[Interval]
) -> NDArray[np.bool_]:
    """Of each start, whether a visit then would overlap none of these."""
    apart = np.ones(len(minutes), dtype=np.bool_)
    for start, end in others:
        apart &= (minutes + visit_minutes <= start) | (minutes >= end)
    return apart


def best_start(
    suiting: Iterable[Stretch],
    minutes: NDArray[np.int64],
    misfits: NDArray[np.int64],
    *,
    visit_days: Collection[date],
    max_days: int,
) -> Choice | None:
    """The best of these feasible starts (sorted) inside the stretches; `misfits` say of each how far it is
    from who and what was asked for. `visit_days` are those of the patient's visits."""
    choices = []
    for stretch in suiting:
        low, high = np.searchsorted(minutes, [stretch.low, stretch.high])
        if low < high:
            first = int(low) + int(np.argmin(misfits[low:high]))  # of the day's that fit best
            over = days_over(stretch.day, visit_days, max_days)
            choices.append(Choice(over, int(misfits[first]), int(minutes[first])))
    return min(choices, default=None)


def days_over(day: date, visit_days: Collection[date], max_days: int) -> int:
    """By how many days a visit on this day would leave the gaps before and after it longer than `max_days`
    (domain.md 2.2: calendar days between starts)."""
    before = max((other for other in visit_days if other <= day), default=day)
    after = min((other for other in visit_days if other > day), default=day)
    return max(0, (day - before).days - max_days) + max(0, (after - day).days - max_days)


def _at_local(day: date, wall_time: time, zone: str) -> datetime:
    """The moment of a wall-clock time, as `clinic.clock.at_local` finds it; that module knows Django."""
    return datetime.combine(day, wall_time.replace(fold=0), tzinfo=ZoneInfo(zone)).astimezone(UTC)
