"""Small days for the stories of repairing, and what a plan for them must keep to, said once more and plainly.

Minutes count from 0, the grid is five minutes. `best_cost` tries everything: an oracle for days of two or
three visits.
"""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import product
from typing import Any

from scheduler.finding.availability import Interval, Supply
from scheduler.finding.packing import Need
from scheduler.repairing.choices import EARLIER_NOTICE_MINUTES
from scheduler.repairing.day import Day, DayVisit, Standing, Turn, server_at
from scheduler.repairing.modelling import (
    ANOTHER_DAY,
    HOLD_GIVEN_UP,
    LEFT_ALONE,
    MINUTE,
    MOVED,
    NEW_CHAIR,
    NEW_CHAIR_UNDER_WAY,
    NEW_NURSE,
    OTHER_NURSE,
    WHO_IS_HERE,
)
from scheduler.repairing.planning import Placement

STEP = 5


def visit(
    key: str,
    start: int,
    *,
    chair: str = "chair 1",
    nurse: str = "nurse 1",
    minutes: Sequence[int] = (20, 40, 60),
    standing: Standing = Standing.BOOKED,
    chairs: Sequence[str] = ("chair 1", "chair 2", "chair 3"),
    **changes: Any,
) -> DayVisit:
    """Preparation, infusion, observation from `start`, all with one nurse; 10 minutes of turnover."""
    phases, at = [], start
    names = ("preparation", "infusion", "observation")
    for name, length, units in zip(names, minutes, (6, 3, 2), strict=True):
        phases.append(Need(at, at + length, units, name))
        at += length
    made = DayVisit(
        key=key,
        patient=f"patient of {key}",
        standing=standing,
        phases=tuple(phases),
        turnover=10,
        chair=chair,
        nurses=(Turn(start, nurse),),
        clinicians=(Turn(start, "clinician"),),
        able_chairs=frozenset(chairs),
    )
    return replace(made, **changes)


def day(
    *visits: DayVisit,
    since: int = 0,
    until: int = 540,
    chairs: int = 3,
    nurses: int = 2,
    hours: dict[str, list[Interval]] | None = None,
) -> Day:
    """Everybody is there from 0 to `until`, unless `hours` says otherwise."""
    own = hours or {}

    def supply(key: str, capacity: int) -> Supply:
        return Supply(key, capacity, own.get(key, [(0, until)]))

    return Day(
        since=since,
        until=until,
        visits=visits,
        chairs=tuple(supply(f"chair {number + 1}", 1) for number in range(chairs)),
        nurses=tuple(supply(f"nurse {number + 1}", 6) for number in range(nurses)),
        clinicians=(supply("clinician", 8),),
    )


@dataclass(frozen=True)
class Option:
    """One way to have one visit, with everything it takes in five-minute steps."""

    start: int | None
    cost: int
    takes: dict[tuple[Any, int], int]


def best_cost(disrupted: Day) -> int:
    """The least cost of any plan, by trying all of them."""
    offered = [
        sorted(_options(disrupted, visit), key=lambda option: option.cost) for visit in disrupted.visits
    ]
    capacity = {supply.key: supply.capacity for supply in disrupted.supplies}
    least = [min(option.cost for option in options) for options in offered]
    best = sum(max(option.cost for option in options) for options in offered) + 1

    def lay(place: int, cost: int, load: dict[tuple[Any, int], int]) -> None:
        nonlocal best
        if place == len(offered):
            best = min(best, cost)
            return
        for option in offered[place]:
            if cost + option.cost + sum(least[place + 1 :]) >= best:
                return
            after = dict(load)
            for (key, step), units in option.takes.items():
                after[key, step] = after.get((key, step), 0) + units
            if all(after[taken] <= capacity.get(taken[0], 1) for taken in option.takes):
                lay(place + 1, cost + option.cost, after)

    lay(0, 0, {})
    return best


def cost_of(disrupted: Day, placements: Sequence[Placement]) -> int:
    """What a plan costs, after checking that it breaks no rule."""
    by_key = {visit.key: visit for visit in disrupted.visits}
    assert [placement.visit for placement in placements] == list(by_key)
    load: dict[tuple[Any, int], int] = {}
    cost = 0
    for placement in placements:
        visit = by_key[placement.visit]
        found = [option for option in _options(disrupted, visit) if _is(option, placement, disrupted, visit)]
        assert found, f"{placement} is none of the ways to have {visit}"
        cost += found[0].cost
        for taken, units in found[0].takes.items():
            load[taken] = load.get(taken, 0) + units
    capacity = {supply.key: supply.capacity for supply in disrupted.supplies}
    assert all(units <= capacity.get(key, 1) for (key, _), units in load.items())
    return cost


def _is(option: Option, placement: Placement, disrupted: Day, visit: DayVisit) -> bool:
    if option.start != placement.start or placement.start is None:
        return option.start == placement.start
    later = placement.start - visit.start
    low = max(placement.start, disrupted.since)
    wanted = {(placement.chair, step): 1 for step in _steps(low, visit.chair_until + later)}
    for phase in visit.phases:
        for step in _steps(max(phase.start + later, low), phase.end + later):
            wanted[server_at(placement.nurses, step), step] = phase.units
    for step in _steps(low, visit.end + later):
        wanted[server_at(placement.clinicians, step), step] = 1
    for step in _steps(low, visit.end + later):
        wanted[visit.patient, step] = 1
    return wanted == option.takes


def _options(day: Day, visit: DayVisit) -> Iterator[Option]:
    here = WHO_IS_HERE if visit.standing == Standing.ARRIVED else 0
    absent = {Standing.BEGUN: LEFT_ALONE, Standing.HELD: HOLD_GIVEN_UP}.get(
        visit.standing, ANOTHER_DAY + here
    )
    yield Option(None, absent, {})
    starts = {visit.start}
    if visit.standing in (Standing.BOOKED, Standing.ARRIVED):
        starts |= {start for start in range(-1000, day.until, STEP) if start >= day.since}
    for start in starts:
        if start != visit.start:
            if any(low <= start < high for low, high in visit.forbidden):
                continue
            if (
                start < visit.start
                and visit.standing == Standing.BOOKED
                and start - day.since < EARLIER_NOTICE_MINUTES
            ):
                continue
        if visit.not_before is not None and start < visit.not_before:
            continue
        moved = 0 if start == visit.start else MOVED + here + MINUTE * abs(start - visit.start)
        for chair, nurses, clinicians in product(
            _chairs(day, visit, start),
            _servings(day, visit, start, "nurses"),
            _servings(day, visit, start, ""),
        ):
            new_chair = NEW_CHAIR_UNDER_WAY if visit.standing == Standing.BEGUN else NEW_CHAIR
            had = {turn.server for turn in visit.nurses}
            newcomers = {key for key, _ in nurses} - had
            others = _phases_by_others(visit, nurses, start - visit.start)
            low, later = max(start, day.since), start - visit.start
            takes = {(chair, step): 1 for step in _steps(low, visit.chair_until + later)}
            takes |= nurses
            takes |= clinicians
            takes |= {(visit.patient, step): 1 for step in _steps(low, visit.end + later)}
            cost = moved + NEW_NURSE * len(newcomers) + OTHER_NURSE * others
            cost += new_chair if chair != visit.chair else 0
            yield Option(start, cost, takes)


def _phases_by_others(visit: DayVisit, nurses: Iterable[tuple[Any, int]], later: int) -> int:
    """In how many phases anybody serves who didn't before."""
    strange = 0
    for phase in visit.phases:
        had = {server_at(visit.nurses, step) for step in _steps(phase.start, phase.end)}
        has = {key for key, step in nurses if phase.start + later <= step < phase.end + later}
        strange += not has <= had
    return strange


def _chairs(day: Day, visit: DayVisit, start: int) -> Iterator[Any]:
    until = visit.chair_until + start - visit.start
    for chair in day.chairs:
        may = chair.key in visit.able_chairs or (chair.key == visit.chair and start == visit.start)
        if may and all(_open(chair, step) for step in _steps(max(start, day.since), until)):
            yield chair.key


def _servings(day: Day, visit: DayVisit, start: int, kind: str) -> Iterator[dict[tuple[Any, int], int]]:
    """Every way in which nurses (or clinicians) could take turns, step by step."""
    later = start - visit.start
    servers, turns = (day.nurses, visit.nurses) if kind else (day.clinicians, visit.clinicians)
    phases = visit.phases if kind else (Need(visit.start, visit.end, 1),)
    units = {
        step: (phase.units, phase.start + later)
        for phase in phases
        for step in _steps(phase.start + later, phase.end + later)
    }
    ahead = [step for step in units if step >= day.since]
    by_key = {server.key: server for server in servers}

    def go_on(place: int, before: Any) -> Iterator[list[Any]]:
        if place == len(ahead):
            yield []
            return
        step = ahead[place]
        phase_begins = units[step][1] == step
        for key, server in by_key.items():
            if not _open(server, step):
                continue
            hands_over = before is not None and before != key and not phase_begins
            ends = before in by_key and any(end == step for _, end in by_key[before].open)
            begins = any(begin == step for begin, _ in server.open)
            if hands_over and not (ends or begins):
                continue
            for rest in go_on(place + 1, key):
                yield [key, *rest]

    giver = server_at(turns, day.since - 1) if start < day.since else None
    for serving in go_on(0, giver):
        yield {(key, step): units[step][0] for key, step in zip(serving, ahead, strict=True)}


def _steps(start: int, end: int) -> range:
    return range(start, end, STEP)


def _open(supply: Supply, minute: int) -> bool:
    return any(start <= minute < end for start, end in supply.open)
