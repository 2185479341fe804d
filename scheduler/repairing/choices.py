"""Where one visit of a disrupted day could be: every start, and who could serve each stretch of it. Pure.

A phase is served by one nurse; it may change hands at the edges of phases, and inside one where the giving
nurse's shift ends or the taking nurse's begins. So each phase is cut at the edges of shifts into stretches.
Whether several visits fit beside each other is not asked here.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final

from scheduler.finding.availability import GRID_MINUTES, Interval, Supply, starts_of, union
from scheduler.finding.packing import Need
from scheduler.repairing.day import WHOLE, Day, DayVisit, Standing, Turn, server_at

# How long before it a patient has to know of an earlier time, or longer where its protocol's fasting takes
# longer (`DayVisit.notice`). A design default of this house, about travel and nothing clinical; a later time
# is asked of anybody, as they come at the old one at worst.
EARLIER_NOTICE_MINUTES: Final = 120


@dataclass(frozen=True)
class Stretch:
    """A part of a visit that one server does: units for some time, who could, how it may be taken over."""

    start: int
    end: int
    units: int
    able: tuple[Any, ...]
    phase: str
    # The edge lies inside a phase: from the server of the stretch before only where a shift begins or ends.
    inside: bool = False


@dataclass(frozen=True)
class Choice:
    """One start of one visit, with all that it would take from `since` on."""

    start: int
    chair_from: int
    chair_until: int
    chairs: tuple[Any, ...]
    nursing: tuple[Stretch, ...]
    supervision: tuple[Stretch, ...]


@dataclass(frozen=True)
class Edge:
    """Whose shift ends and whose begins at one minute."""

    ending: frozenset[Any]
    beginning: frozenset[Any]

    def allows(self, giver: Any, taker: Any) -> bool:
        return giver == taker or giver in self.ending or taker in self.beginning


class Crew:
    """Servers of one kind: who could serve when, and the edges of their shifts."""

    def __init__(self, servers: Sequence[Supply], low: int, high: int) -> None:
        self.servers = servers
        self._low, self._high = low, high
        ends: dict[int, set[Any]] = {}
        begins: dict[int, set[Any]] = {}
        for server in servers:
            for start, end in union(server.open):
                begins.setdefault(start, set()).add(server.key)
                ends.setdefault(end, set()).add(server.key)
        self.edges = {
            minute: Edge(frozenset(ends.get(minute, ())), frozenset(begins.get(minute, ())))
            for minute in sorted({*ends, *begins})
        }
        self._minutes = list(self.edges)
        self._starts: dict[tuple[int, int], list[tuple[Any, list[Interval]]]] = {}
        self._able: dict[tuple[int, int, int], tuple[Any, ...]] = {}

    def edge(self, minute: int) -> Edge:
        return self.edges.get(minute, Edge(frozenset(), frozenset()))

    def able(self, start: int, end: int, units: int) -> tuple[Any, ...]:
        """Who is there from start to end with so many units, whatever the day's visits take."""
        asked = (start, end, units)
        if asked not in self._able:
            size = (end - start, units)
            if size not in self._starts:
                needs = [Need(0, end - start, units)]
                self._starts[size] = [
                    (server.key, list(starts_of(server, needs, self._low, self._high)))
                    for server in self.servers
                ]
            self._able[asked] = tuple(key for key, starts in self._starts[size] if _inside(starts, start))
        return self._able[asked]

    def stretches(self, needs: Sequence[Need], since: int, turns: Sequence[Turn]) -> tuple[Stretch, ...]:
        """The needs from `since` on, cut at the edges of shifts. `turns` tell who has served until then."""
        found = []
        for need in needs:
            if need.end <= since or need.start >= need.end or not need.units:
                continue
            low = max(need.start, since)
            inner = self._minutes[bisect_right(self._minutes, low) :]
            cuts = [low, *(minute for minute in inner if minute < need.end), need.end]
            for start, end in pairwise(cuts):
                giver = server_at(turns, since - 1) if start == low > need.start else None
                able = self.able(start, end, need.units)
                if giver is not None:
                    edge = self.edge(start)
                    able = tuple(key for key in able if edge.allows(giver, key))
                found.append(Stretch(start, end, need.units, able, need.name, start > low))
        return tuple(found)


class Choices:
    """All choices of the visits of one day."""

    def __init__(self, day: Day) -> None:
        self.day = day
        last = max([day.until, *(visit.chair_until for visit in day.visits)]) + 1
        self.nurses = Crew(day.nurses, day.since, last)
        self.clinicians = Crew(day.clinicians, day.since, last)
        self._chairs = Crew(day.chairs, day.since, last)
        self._moving: dict[Any, list[Choice]] = {}

    def staying(self, visit: DayVisit) -> Choice | None:
        """The visit where it is, with whatever staff and chair; `None` when it can't begin then."""
        if visit.not_before is not None and visit.start < visit.not_before:
            return None
        return self._at(visit, visit.start)

    def moving(self, visit: DayVisit) -> list[Choice]:
        if visit.key not in self._moving:
            self._moving[visit.key] = list(self._moves(visit))
        return self._moving[visit.key]

    def _moves(self, visit: DayVisit) -> Iterator[Choice]:
        """Every other start of the day on the grid, of a visit that may be moved."""
        if visit.standing not in (Standing.BOOKED, Standing.ARRIVED):
            return
        low = max(self.day.since, visit.not_before or self.day.since)
        first = -(-low // GRID_MINUTES) * GRID_MINUTES
        for start in range(first, self.day.until, GRID_MINUTES):
            if start == visit.start or any(begin <= start < end for begin, end in visit.forbidden):
                continue
            earlier = start < visit.start and visit.standing == Standing.BOOKED
            if earlier and start < self.day.since + max(EARLIER_NOTICE_MINUTES, visit.notice):
                continue
            choice = self._at(visit, start)
            if choice:
                yield choice

    def _at(self, visit: DayVisit, start: int) -> Choice | None:
        since, later = self.day.since, start - visit.start
        chair_from, chair_until = max(visit.chair_from + later, since), visit.chair_until + later
        chairs: tuple[Any, ...] = (visit.chair,)  # of a visit that should be over
        if chair_from < chair_until:
            chairs = tuple(
                key
                for key in self._chairs.able(chair_from, chair_until, 1)
                if key in visit.able_chairs or (key == visit.chair and start == visit.start)
            )
        phases = [
            Need(phase.start + later, phase.end + later, phase.units, phase.name) for phase in visit.phases
        ]
        whole = [Need(start, visit.end + later, 1, WHOLE)]
        nursing = self.nurses.stretches(phases, since, visit.nurses)
        supervision = self.clinicians.stretches(whole, since, visit.clinicians)
        if not chairs or not all(stretch.able for stretch in (*nursing, *supervision)):
            return None
        return Choice(start, chair_from, chair_until, chairs, nursing, supervision)


def _inside(intervals: Sequence[Interval], minute: int) -> bool:
    place = bisect_right(intervals, minute, key=lambda interval: interval[0]) - 1
    return place >= 0 and minute < intervals[place][1]
