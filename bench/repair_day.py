"""Mending a disrupted day: how long it takes, and how far the plan can be from the best at most.

    bin/bench repair_day [days of each kind]

Pure arithmetic, no database. Sessions are the mix of domain.md 8.3 in the lengths of 2.2; a quarter is laid
at starts drawn at random, the others as early as they fit, the long ones first. That mix takes 3.2
chair-hours a session, so that 70 of it fill 16 chairs for 13.9 hours: they have a day of sixteen. A day of
twelve holds 70 without the four-hour protocols. The first kind is the clinic of 8.3 itself. On the long days
nurses work in two shifts. An hour after opening the busiest nurse falls ill for seven hours, a chair (one
that nobody sits in, if there is any) breaks for good, the clinic runs 40 minutes late, and all three at once.

For each: visits that break, seconds, how many are moved, go to another day, are left alone in the chair, and
the gap: by which share of its cost a better plan might be cheaper at most. Beside it the cost by hand in
parts of the plan's: who can stay stays, the others go wherever there is room then. Medians, and the worst
gap. Fails when a plan took longer than the target.
"""

import sys
from dataclasses import dataclass, fields, replace
from random import Random
from statistics import median
from time import perf_counter
from typing import Final

from scheduler.finding.availability import Supply
from scheduler.finding.packing import Need, Rectangle
from scheduler.finding.serving import Team
from scheduler.repairing.breaking import broken
from scheduler.repairing.choices import Choices
from scheduler.repairing.day import (
    Away,
    Day,
    DayVisit,
    Disruption,
    Late,
    Standing,
    Turn,
    disrupted,
    turns_from,
)
from scheduler.repairing.laying import lay_as_it_is
from scheduler.repairing.modelling import cost_of_place
from scheduler.repairing.planning import plan
from scheduler.repairing.rooms import Kinds, Room

TARGET_SECONDS: Final = 10
SINCE: Final = 60
DRAWN: Final = 0.25
PHASES: Final = ("preparation", "infusion", "observation")
UNITS: Final = (6, 3, 2)
TURNOVER: Final = 10
MOOD, CLUSTER, FOUR_HOURS = (20, 40, 60), (20, 60, 60), (20, 240, 60)
SHORT: Final = {MOOD: 67, CLUSTER: 3}
MIX: Final = {**SHORT, FOUR_HOURS: 30}


@dataclass(frozen=True)
class Kind:
    """A kind of day."""

    name: str
    sessions: int
    chairs: int
    nurses: int
    hours: int
    shift: int  # hours that each nurse works, half of them from opening, half until closing
    mix: dict[tuple[int, int, int], int]


KINDS: Final = (
    Kind("8.3's clinic", 14, 7, 3, 9, 9, MIX),
    Kind("70 short", 70, 16, 16, 12, 8, SHORT),
    Kind("70 of 8.3's mix", 70, 16, 20, 16, 9, MIX),
)


class TooFull(Exception):
    """The sessions did not all find a place."""


def lay(kind: Kind, chance: Random) -> Day:
    """A day with all of its sessions; one on which they don't fit is drawn again."""
    while True:
        try:
            return _Laying(kind, chance).day()
        except TooFull:
            continue


class _Laying:
    """A day while sessions are laid into it one by one."""

    def __init__(self, kind: Kind, chance: Random) -> None:
        self.kind, self.chance = kind, chance
        self.end = kind.hours * 60
        early, late = (0, kind.shift * 60), (self.end - kind.shift * 60, self.end)
        self.opened = {f"nurse {number}": (early, late)[number % 2] for number in range(kind.nurses)}
        self.nurses: dict[str, list[Rectangle]] = {key: [] for key in self.opened}
        self.chairs: dict[str, list[Rectangle]] = {f"chair {number}": [] for number in range(kind.chairs)}

    def day(self) -> Day:
        kind = self.kind
        lengths = self.chance.choices(list(kind.mix), list(kind.mix.values()), k=kind.sessions)
        visits = [
            self._visit(number, minutes)
            for number, minutes in enumerate(sorted(lengths, key=sum, reverse=True))
        ]
        day = Day(
            since=SINCE,
            until=self.end,
            visits=tuple(sorted(visits, key=lambda visit: visit.start)),
            chairs=tuple(Supply(key, 1, [(0, self.end)]) for key in self.chairs),
            nurses=tuple(Supply(key, UNITS[0], [hours]) for key, hours in self.opened.items()),
            clinicians=(Supply("clinician", kind.chairs, [(0, self.end)]),),
        )
        if broken(day):
            raise AssertionError("a day that nothing happened to is whole")
        return day

    def _visit(self, number: int, minutes: tuple[int, int, int]) -> DayVisit:
        phases, at = [], 0
        for name, length, units in zip(PHASES, minutes, UNITS, strict=True):
            phases.append(Need(at, at + length, units, name))
            at += length
        starts = list(range(0, self.end - at - TURNOVER + 1, 5))
        if self.chance.random() < DRAWN:
            self.chance.shuffle(starts)
        team = Team(
            [Supply(key, UNITS[0], [self.opened[key]], taken) for key, taken in self.nurses.items()],
            spare=True,
        )
        for start in starts:
            chair = self._free_chair(start, start + at + TURNOVER)
            pieces = team.serve(phases, start, list(self.nurses)) if chair else ()
            if chair and pieces:
                self.chairs[chair].append(Rectangle(start, start + at + TURNOVER, 0, 1))
                for piece in pieces:
                    self.nurses[piece.key].append(Rectangle(piece.start, piece.end, 0, piece.units))
                return DayVisit(
                    key=number,
                    patient=number,
                    standing=Standing.BEGUN if start < SINCE else Standing.BOOKED,
                    phases=tuple(
                        replace(phase, start=start + phase.start, end=start + phase.end) for phase in phases
                    ),
                    turnover=TURNOVER,
                    chair=chair,
                    nurses=turns_from([(piece.start, piece.key) for piece in pieces]),
                    clinicians=(Turn(start, "clinician"),),
                    able_chairs=frozenset(self.chairs),
                )
        raise TooFull

    def _free_chair(self, start: int, end: int) -> str | None:
        free = (
            key
            for key, taken in self.chairs.items()
            if all(box.end <= start or end <= box.start for box in taken)
        )
        return next(free, None)


def disruptions(day: Day) -> dict[str, Disruption]:
    """What goes wrong: the busiest nurse who is at work, a chair that nobody sits in, the whole clinic."""
    load: dict[str, int] = {}
    for held in (held for visit in day.visits for held in visit.holds()):
        ahead = max(held.end - max(held.start, SINCE), 0)
        load[held.resource] = load.get(held.resource, 0) + held.units * ahead
    here = [supply.key for supply in day.nurses if supply.open[0][0] <= SINCE]
    nurse = max(here, key=lambda key: load.get(key, 0))
    sat_in = {visit.chair for visit in day.visits if visit.standing == Standing.BEGUN}
    chair = next((supply.key for supply in day.chairs if supply.key not in sat_in), day.chairs[0].key)
    ill, gone = Away(nurse, SINCE, SINCE + 420), Away(chair, SINCE, day.until)
    return {
        "nurse ill": Disruption((ill,)),
        "chair broken": Disruption((gone,)),
        "40 min late": Disruption((), Late(40)),
        "all three": Disruption((ill, gone), Late(40)),
    }


def by_hand(day: Day) -> int:
    """The cost when everybody who can stay stays, and the others go wherever there is room then."""
    choices, kinds = Choices(day), Kinds(day)
    places = lay_as_it_is(choices, kinds, Room(day, kinds))
    return sum(cost_of_place(visit, places[visit.key], kinds) for visit in day.visits)


@dataclass(frozen=True)
class Row:
    """One day that was mended."""

    broken: int
    seconds: float
    moved: int
    away: int
    alone: int
    gap: float  # per cent
    hand: float


def mend(day: Day, disruption: Disruption) -> Row:
    after = disrupted(day, disruption)
    begun = perf_counter()
    found = plan(after)
    seconds = perf_counter() - begun
    pairs = list(zip(after.visits, found.placements, strict=True))
    gone = [visit for visit, placement in pairs if placement.start is None]
    alone = sum(visit.standing == Standing.BEGUN for visit in gone)
    return Row(
        broken=len({fault.visit for fault in broken(after)}),
        seconds=seconds,
        moved=sum(placement.start not in (None, visit.start) for visit, placement in pairs),
        away=len(gone) - alone,
        alone=alone,
        gap=100 * found.gap,
        hand=by_hand(after) / found.cost if found.cost else 1.0,
    )


def main(days: int) -> None:
    print("day              what went wrong  break  seconds  moved  away  alone  gap %  worst  by hand")
    slowest = 0.0
    for kind in KINDS:
        made = [lay(kind, Random(seed)) for seed in range(days)]
        for name in disruptions(made[0]):
            rows = [mend(day, disruptions(day)[name]) for day in made]
            middle = Row(*(median(getattr(row, column.name) for row in rows) for column in fields(Row)))
            slowest = max(slowest, *(row.seconds for row in rows))
            print(
                f"{kind.name:16} {name:16} {middle.broken:5.0f} {middle.seconds:8.1f} {middle.moved:6.0f}"
                f" {middle.away:5.0f} {middle.alone:6.0f} {middle.gap:6.2f}"
                f" {max(row.gap for row in rows):6.2f} {middle.hand:8.1f}",
                flush=True,
            )
    print(f"The slowest took {slowest:.1f} s; target at most {TARGET_SECONDS} s.")
    if slowest > TARGET_SECONDS:
        sys.exit(1)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 3)
