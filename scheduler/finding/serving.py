"""Who serves which stretch of one visit: exactly the best choice, by docs/decisions/0005. Pure.

A visit changes hands where a phase ends, and within a phase where the shift of the giving one ends or the
shift of the taking one begins. The supervising clinician changes at shift edges only: for them the whole
visit is one phase. When a visit could start at all is worked out for many minutes at once in `starts`.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Any

from scheduler.finding.availability import Interval, Supply, free_for, union
from scheduler.finding.packing import Need

# What a way of serving costs: phases given to somebody who has nobody then, hand-overs, places in the order.
Cost = tuple[int, int, tuple[int, ...]]


@dataclass(frozen=True)
class Piece:
    """What one nurse or clinician does without a break in one phase of a visit; minutes since the epoch."""

    key: Any
    start: int
    end: int
    units: int
    phase: str

    @property
    def need(self) -> Need:
        return Need(self.start, self.end, self.units, self.phase)


@dataclass(frozen=True)
class Stretch:
    """A part of a phase in which nobody comes or goes, and who could serve it: `able` have room throughout,
    of whom `idle` have nobody else then. At its beginning a shift of those `coming` begins and one of those
    `going` ends; where a phase begins anybody may take over."""

    able: Collection[Any]
    idle: Collection[Any]
    begins_phase: bool = True
    coming: Collection[Any] = ()
    going: Collection[Any] = ()


class Team:
    """The nurses or the clinicians of a day, asked visit by visit who serves."""

    def __init__(self, supplies: Sequence[Supply], *, spare: bool) -> None:
        """`spare`: whoever has nobody is kept free where somebody else has room (decision 0005: nurses)."""
        self._spare = spare
        self._members = [_Member(supply) for supply in supplies]

    def serve(
        self, needs: Sequence[Need], start: int, order: Sequence[Any], *, giver: Supply | None = None
    ) -> tuple[Piece, ...]:
        """Who serves a visit that starts at this minute, piece by piece; nothing when nobody can.

        `needs` are its phases in minutes from `start`, one following the other. `order` names everybody,
        the most preferred first. With one member alone, she serves all of it or nothing. `giver` has served
        the first phase until it begins here.
        """
        cut = [
            (need, low, high, low == start + need.start)
            for need in needs
            for low, high in pairwise(self._edges(start + need.start, start + need.end))
        ]
        stretches = [
            Stretch(
                able=[
                    member.key
                    for member in self._members
                    if member.free(need.units, low, high)
                    and (low > start + needs[0].start or may_take_over(giver, member.supply, low))
                ],
                idle=[
                    member.key
                    for member in self._members
                    if self._spare and member.free(member.capacity, low, high)
                ],
                begins_phase=begins,
                coming=[member.key for member in self._members if low in member.comes],
                going=[member.key for member in self._members if low in member.goes],
            )
            for need, low, high, begins in cut
        ]
        pieces: list[Piece] = []
        for key, (need, low, high, begins) in zip(who_serves(stretches, order), cut, strict=False):
            if pieces and not begins and pieces[-1].key == key:
                low = pieces.pop().start
            pieces.append(Piece(key, low, high, need.units, need.name))
        return tuple(pieces)

    def _edges(self, low: int, high: int) -> list[int]:
        """Both ends, and between them the moments at which somebody comes or goes."""
        within = {edge for member in self._members for edge in member.edges(low, high)}
        return [low, *sorted(within - {low, high}), high]


def may_take_over(giver: Supply | None, taker: Supply, minute: int) -> bool:
    """Whether a phase may go from one to the other in its middle. Nobody gave it: then yes."""
    return (
        giver is None
        or giver.key == taker.key
        or any(end == minute for _, end in union(giver.open))
        or any(start == minute for start, _ in union(taker.open))
    )


def who_serves(stretches: Sequence[Stretch], order: Sequence[Any]) -> tuple[Any, ...]:
    """Who serves each stretch: exactly the best by three things, one after the other; nothing when none can.

    Fewest pieces to those who have nobody throughout them, so that whole nurses stay free to prepare the
    next patient; fewest hand-overs; those first in `order`, the first stretch before the second. A piece is
    what one serves of one phase without a break.
    """
    place = {key: at for at, key in enumerate(order)}
    # The best way to have come to each one who serves now, having had nobody else in this piece or not.
    ways: dict[tuple[Any, bool], Cost] = {}
    for number, stretch in enumerate(stretches):
        done: dict[Any, Cost] = {}
        for (key, alone), (woken, given, places) in ways.items():
            ended = (woken + alone, given, places)
            done[key] = min(ended, done.get(key, ended))
        anybody = min(done.values(), default=None)
        who_goes = min((done[key] for key in stretch.going if key in done), default=None)
        now: dict[tuple[Any, bool], Cost] = {}
        for key in stretch.able:
            idle = key in stretch.idle
            options: list[tuple[bool, Cost | None]] = []
            if not number:
                options.append((idle, (0, 0, ())))
            elif stretch.begins_phase:
                options += [(idle, done.get(key)), (idle, _handed_over(anybody))]
            else:
                options += [(idle and alone, ways.get((key, alone))) for alone in (True, False)]
                giving = anybody if key in stretch.coming else who_goes
                options.append((idle, _handed_over(giving)))
            for alone, cost in options:
                if cost is not None:
                    way = (cost[0], cost[1], (*cost[2], place[key]))
                    now[key, alone] = min(way, now.get((key, alone), way))
        ways = now
    if not ways:
        return ()
    _, _, places = min((woken + alone, given, places) for (_, alone), (woken, given, places) in ways.items())
    return tuple(order[at] for at in places)


def _handed_over(cost: Cost | None) -> Cost | None:
    return cost and (cost[0], cost[1] + 1, cost[2])


class _Member:
    """One nurse or clinician: when she comes and goes, and when she has room for so many units."""

    def __init__(self, supply: Supply) -> None:
        self.supply = supply
        self._free: dict[int, list[Interval]] = {}
        self.key, self.capacity = supply.key, supply.capacity

    @cached_property
    def _open(self) -> list[Interval]:
        return union(self.supply.open)

    @cached_property
    def comes(self) -> frozenset[int]:
        return frozenset(start for start, _ in self._open)

    @cached_property
    def goes(self) -> frozenset[int]:
        return frozenset(end for _, end in self._open)

    @cached_property
    def _edges(self) -> list[int]:
        return sorted(self.comes | self.goes)

    def edges(self, low: int, high: int) -> list[int]:
        """Where in [low, high] she comes or goes."""
        return self._edges[bisect_left(self._edges, low) : bisect_right(self._edges, high)]

    def free(self, units: int, low: int, high: int) -> bool:
        """She is at work and has room for these units from `low` to `high`."""
        if units not in self._free:
            self._free[units] = free_for(self.supply, units)
        spans = self._free[units]
        at = bisect_right(spans, low, key=lambda span: span[0]) - 1
        return at >= 0 and high <= spans[at][1]
