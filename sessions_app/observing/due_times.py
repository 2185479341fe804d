"""When vital signs are due (domain.md 3.4 [D]), pure: reckoned from the actual start, phase by phase.

A protocol version's schedule is JSON: minutes between readings, a phase being a list of stretches, each
`every` so many minutes, `times` over or, without `times`, until the phase ends:

    {"baseline_within_minutes": 15, "infusion": [{"every": 15, "times": 4}, {"every": 30}],
     "after_change": [{"every": 5, "times": 2}], "observation": [{"every": 15}], "grace_minutes": 3}

A pause, a resumption, a new rate and an alert set the rhythm anew: `after_change` first, then on from there
at the phase's own pace, whose stretches count the time infused. The stop sets it anew at the observation's,
but loosens no closer watch after an alert: what is left of it comes first.
A due time that such a step takes over is dropped only if the new one comes within its grace: however often
something changes, no reading is put off for ever.

Nothing is scheduled: the same rows give the same due times whenever somebody looks.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Any, Final, Literal

Kind = Literal["start", "pause", "resume", "rate", "alert", "stop", "end"]
Phase = Literal["baseline", "infusion", "observation"]
Standing = Literal["done", "missed", "overdue", "due", "coming"]

CHANGES: Final = ("pause", "resume", "rate", "alert")
# A schedule is looked at one session at a time: more moments than this are a schedule gone wrong.
MOST: Final = 10_000


@dataclass(frozen=True)
class Step:
    """What bears on the due times: a step of the infusion, an alert, or the end of the visit."""

    kind: Kind
    at: datetime


@dataclass(frozen=True)
class Due:
    """One set of vital signs that is to be taken. `after_change` is the closer watch after a change.

    `missed` was never taken and a later set was; `overdue` is past its grace with none since.
    """

    at: datetime
    phase: Phase
    after_change: bool = False
    measured_at: datetime | None = None
    standing: Standing = "coming"


@dataclass(frozen=True)
class _Moment:
    at: datetime
    phase: Phase
    after_change: bool
    by: datetime  # its grace, or that of the one whose place it took


def due(
    schedule: Mapping[str, Any], course: Sequence[Step], readings: Iterable[datetime], now: datetime
) -> tuple[Due, ...]:
    """Every due time up to now, done or not, and the next one that is still to come; the earliest first.

    `course` begins with the start; before it nothing is due. `readings` are the moments at which the
    standing sets were measured. A set counts for the due time into whose window it falls: from its grace
    before it until the grace before the next.
    """
    start = next((step.at for step in course if step.kind == "start"), None)
    if start is None:
        return ()
    grace = timedelta(minutes=schedule["grace_minutes"])
    taken = sorted(readings)
    moments = list(_moments(schedule, sorted(course, key=lambda step: step.at), now, grace))
    found = [_baseline(schedule, start, taken)]
    for index, moment in enumerate(moments):
        opens = moment.at - grace
        closes = moments[index + 1].at - grace if index + 1 < len(moments) else None
        measured = next((at for at in taken if at >= opens and (closes is None or at < closes)), None)
        standing = _standing(moment, measured, taken, now, grace)
        found.append(Due(moment.at, moment.phase, moment.after_change, measured, standing))
        if standing == "coming":
            break
    return tuple(found)


def overdue(dues: Sequence[Due]) -> Due | None:
    """The newest due time that is past its grace with no reading since; nothing when all is well."""
    return next((each for each in reversed(dues) if each.standing == "overdue"), None)


def missed_in_a_row(dues: Sequence[Due]) -> int:
    """How many due times are past their grace with no reading since the first of them."""
    return sum(each.standing == "overdue" for each in dues)


def upcoming(dues: Sequence[Due]) -> Due | None:
    """What is to be measured next: the earliest that is overdue, due or still to come."""
    return next((each for each in dues if each.standing in ("overdue", "due", "coming")), None)


def most_apart(schedule: Mapping[str, Any], phase: Literal["infusion", "observation"]) -> timedelta:
    """How far two readings of this phase may be from each other and still be in a row: its longest interval
    and the grace."""
    longest = max(stretch["every"] for stretch in schedule[phase])
    return timedelta(minutes=longest + schedule["grace_minutes"])


def least_apart(schedule: Mapping[str, Any], phase: Literal["infusion", "observation"]) -> timedelta:
    """How soon after another a reading of this phase may be taken and still be the next one, not the same
    taken again: the phase's shortest interval less the grace (domain.md 3.4 [D])."""
    shortest = min(stretch["every"] for stretch in schedule[phase])
    return timedelta(minutes=max(shortest - schedule["grace_minutes"], 0))


def _baseline(schedule: Mapping[str, Any], start: datetime, taken: Sequence[datetime]) -> Due:
    """One set within so many minutes of the start; the newest counts. The start asked for it."""
    opens = start - timedelta(minutes=schedule["baseline_within_minutes"])
    measured = next((at for at in reversed(taken) if opens <= at <= start), None)
    return Due(start, "baseline", False, measured, "done" if measured else "missed")


def _standing(
    moment: _Moment, measured: datetime | None, taken: Sequence[datetime], now: datetime, grace: timedelta
) -> Standing:
    if measured is not None:
        return "done"
    if now < moment.at:
        return "coming"
    if now <= moment.at + grace:
        return "due"
    return "missed" if taken and taken[-1] > moment.at else "overdue"


def _moments(
    schedule: Mapping[str, Any], steps: Sequence[Step], now: datetime, grace: timedelta
) -> Iterator[_Moment]:
    """The due times in their order: all until now and the next two."""
    phase: Phase | None = None
    running, infused, stopped_at = False, timedelta(), None
    alerted_at: datetime | None = None
    pending: _Moment | None = None
    for index, step in enumerate(steps):
        begins = step.at
        ends = steps[index + 1].at if index + 1 < len(steps) else None
        if step.kind == "end":
            if pending and pending.at <= begins:
                yield pending
            return
        if step.kind == "start":
            phase, running = "infusion", True
        elif phase is None:
            continue  # an alert before the start
        elif step.kind == "stop":
            phase, running, stopped_at = "observation", False, begins
        elif step.kind in ("pause", "resume"):
            running = step.kind == "resume"
        elif step.kind == "alert":
            alerted_at = begins
        spent = begins - stopped_at if stopped_at else infused
        closer = _closer(schedule, step, alerted_at)
        own = _rhythm(schedule, phase, begins, spent, running=running, closer=closer, grace=grace)
        moments = _taking_over(own, pending, begins, stops=step.kind == "stop")
        pending, beyond = None, 0
        for moment in moments:
            if ends is not None and moment.at >= ends:
                pending = moment
                break
            yield moment
            beyond += moment.at > now
            if beyond == 2:
                break
        if running and ends is not None:
            infused += ends - begins


def _taking_over(
    own: Iterator[_Moment], pending: _Moment | None, begins: datetime, *, stops: bool
) -> Iterator[_Moment]:
    """A new rhythm, and what was pending of the one before where it can't be dropped."""
    first = next(own, None)
    if pending is not None:
        if first is None or (pending.at <= begins if stops else first.at > pending.by):
            yield pending
        elif not stops:
            first = _Moment(first.at, first.phase, first.after_change, min(first.by, pending.by))
    if first is not None:
        yield first
        yield from own


def _rhythm(
    schedule: Mapping[str, Any],
    phase: Phase,
    begins: datetime,
    spent: timedelta,
    *,
    running: bool,
    closer: Sequence[timedelta],
    grace: timedelta,
) -> Iterator[_Moment]:
    """The due times from a step on, as if nothing came after it. `spent` is how far the phase had got,
    `closer` are the gaps of the watch that comes first."""
    at = begins
    for count in range(MOST):
        goes_on = running or phase == "observation"
        gap = (
            closer[count]
            if count < len(closer)
            else _gap(schedule[phase], spent + (at - begins if goes_on else timedelta()))
        )
        if gap is None:
            return
        at += gap
        yield _Moment(at, phase, count < len(closer), at + grace)


def _closer(schedule: Mapping[str, Any], step: Step, alerted_at: datetime | None) -> list[timedelta]:
    """The gaps of the closer watch after a step: the whole of it after a change, at the stop what is left of
    that after an alert."""
    gaps = list(_gaps(schedule["after_change"]))
    if step.kind in CHANGES:
        return gaps
    if step.kind != "stop" or alerted_at is None:
        return []
    moments = [alerted_at + sum(gaps[: count + 1], timedelta()) for count in range(len(gaps))]
    left = [step.at, *(moment for moment in moments if moment > step.at)]
    return [later - sooner for sooner, later in pairwise(left)]


def _gaps(stretches: Iterable[Mapping[str, Any]]) -> Iterator[timedelta]:
    for stretch in stretches:
        yield from [timedelta(minutes=stretch["every"])] * stretch.get("times", 1)


def _gap(stretches: Iterable[Mapping[str, Any]], spent: timedelta) -> timedelta | None:
    """How long it is to the next reading at this point of a phase; nothing when its stretches are over."""
    until = timedelta()
    for stretch in stretches:
        every = timedelta(minutes=stretch["every"])
        if "times" not in stretch:
            return every
        until += every * stretch["times"]
        if spent < until:
            return every
    return None
