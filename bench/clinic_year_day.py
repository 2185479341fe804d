"""A day as it really goes: patients come late, infusions and recoveries take longer, all wait for a nurse.
Pure.

Minute by minute. A visit starts when its patient is there, its time has come, a chair is free and a nurse
has nobody; at the end of each phase a nurse takes the next one, rather one who has somebody already, so that
whole nurses stay free. Nobody is ever given more than a nurse can hold: what was booked too tightly shows as
waiting and as overtime.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

from bench.clinic_year_demand import CHAIRS, CLOSES, NURSES, SHAPES, UNITS, Fate


@dataclass(frozen=True)
class Booked:
    """A visit on the day's list. Of one that turned out not to be, the nurses were told `given_up` minutes
    after its start."""

    minute: int
    code: str
    chair: int
    fate: Fate
    given_up: int | None = None

    @property
    def loads(self) -> list[tuple[int, int, int]]:
        """From, until and how many units of nursing it asked for."""
        last = CLOSES if self.given_up is None else self.minute + self.given_up
        spans = [
            (self.minute + need.start, min(self.minute + need.end, last), need.units)
            for need in SHAPES[self.code].nurse_needs
        ]
        return [span for span in spans if span[0] < span[1]]


@dataclass(frozen=True)
class Day:
    """Minutes that each patient waited in the waiting room, from the later of arrival and the time given;
    and how long after closing time the last one was discharged."""

    waits: list[int]
    overtime: int


@dataclass
class _Visit:
    booked: Booked
    arrives: int
    phases: list[tuple[int, int]] = field(init=False)  # (minutes, units)
    phase: int = -1
    ends: int = 0
    nurse: int | None = None
    chair: int | None = None

    def __post_init__(self) -> None:
        fate = self.booked.fate
        longer = (0, fate.overrun_minutes, fate.longer_recovery_minutes)
        needs = SHAPES[self.booked.code].nurse_needs
        self.phases = [
            (need.end - need.start + more, need.units) for need, more in zip(needs, longer, strict=True)
        ]


def run_day(booked: Sequence[Booked]) -> Day:
    """Let one day happen. The nurses stay until the last patient has left."""
    waiting = [_Visit(visit, visit.minute + visit.fate.late_minutes) for visit in booked]
    waiting.sort(key=lambda visit: (visit.arrives, visit.booked.minute))
    running: list[_Visit] = []
    chair_free_at = [0] * CHAIRS
    loads = [0] * NURSES
    waits, left_at = [], CLOSES
    now = min((visit.arrives for visit in waiting), default=CLOSES)
    while waiting or running:
        for visit in [visit for visit in running if visit.ends == now]:
            loads[visit.nurse or 0] -= visit.phases[visit.phase][1]
            if visit.phase == len(visit.phases) - 1:
                running.remove(visit)
                chair_free_at[visit.chair or 0] = now + SHAPES[visit.booked.code].turnover
                left_at = now
            else:
                _next_phase(visit, loads, now)
        for visit in [visit for visit in waiting if visit.arrives <= now]:
            free = [chair for chair, minute in enumerate(chair_free_at) if minute <= now]
            if not free or min(loads) > 0:
                break
            visit.chair = visit.booked.chair if visit.booked.chair in free else free[0]
            chair_free_at[visit.chair] = 10**6
            waits.append(now - visit.arrives)
            waiting.remove(visit)
            running.append(visit)
            _next_phase(visit, loads, now)
        now += 1
    return Day(waits, max(0, left_at - CLOSES))


def _next_phase(visit: _Visit, loads: list[int], now: int) -> None:
    """The phase's nurse: who is at it already and has room, the fullest of them; otherwise who has nobody."""
    visit.phase += 1
    minutes, units = visit.phases[visit.phase]
    able = [nurse for nurse, load in enumerate(loads) if load + units <= UNITS]
    # Whoever had this patient has room again: the load of a phase never grows.
    visit.nurse = max(able, key=lambda nurse: (loads[nurse], nurse == visit.nurse))
    loads[visit.nurse] += units
    visit.ends = now + minutes


def overloaded_minutes(planned: Sequence[Booked]) -> int:
    """The minutes in which what was written into the book asks for more than all nurses together can give."""
    changes: dict[int, int] = {}
    for visit in planned:
        for start, end, units in visit.loads:
            changes[start] = changes.get(start, 0) + units
            changes[end] = changes.get(end, 0) - units
    over, load = 0, 0
    for minute, following in pairwise(sorted(changes)):
        load += changes[minute]
        if load > NURSES * UNITS:
            over += following - minute
    return over


def peak_load(planned: Sequence[Booked]) -> int:
    """The largest nursing load of the day as it was booked, in units."""
    changes = sorted(
        change
        for visit in planned
        for start, end, units in visit.loads
        for change in ((start, units), (end, -units))
    )
    peak = load = 0
    for _, units in changes:
        load += units
        peak = max(peak, load)
    return peak
