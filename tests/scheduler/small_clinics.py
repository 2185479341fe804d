"""Small clinics made up at random, and the rules of a visit checked on them minute by minute.

The checker is written from the words of the rules alone and shares no arithmetic with the house: it walks
through the minutes of a visit and remembers who could be serving. Slow, and plain enough to believe.
"""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import groupby, pairwise, product

from hypothesis import strategies as st

from scheduler.finding.availability import Interval, Supply, Visit
from scheduler.finding.packing import Need, Rectangle

LAST_MINUTE = 200
GRID = 5


@dataclass(frozen=True)
class SmallClinic:
    """Who and what works in some hours, and a visit that asks when it could be."""

    visit: Visit
    chairs: list[Supply]
    nurses: list[Supply]
    clinicians: list[Supply]
    patient_busy: list[Interval]
    forbidden: list[Interval]


@st.composite
def small_clinics(draw: st.DrawFn) -> SmallClinic:
    """With every edge on the grid, or some off it; often shifts and claims end and begin together."""
    minutes = _multiples(draw(st.sampled_from([5, 5, 5, 1])))
    edges = _multiples(draw(st.sampled_from([15, 15, 5, 1])))

    def resources(kind: str, capacity: int, most: int) -> list[Supply]:
        count = draw(st.integers(1, most))
        return [_resource(draw, edges, f"{kind} {number}", capacity) for number in range(count)]

    visit = Visit(
        preparation=draw(minutes(0, 15)),
        infusion=draw(minutes(5, 40)),
        observation=draw(minutes(0, 20)),
        turnover=draw(minutes(0, 10)),
        preparation_units=draw(st.integers(0, 6)),
        infusion_units=draw(st.integers(1, 4)),
        observation_units=draw(st.integers(0, 3)),
    )
    return SmallClinic(
        visit,
        resources("chair", 1, 2),
        resources("nurse", 6, 4),
        resources("clinician", 2, 2),
        draw(st.lists(st.tuples(minutes(0, 100), minutes(101, 150)), max_size=1)),
        draw(st.lists(st.tuples(minutes(0, 60), minutes(61, 90)), max_size=1)),
    )


Minutes = Callable[[int, int], st.SearchStrategy[int]]


def _multiples(step: int) -> Minutes:
    """Whole steps between two minutes."""

    def between(least: int, most: int) -> st.SearchStrategy[int]:
        return st.integers(-(-least // step), most // step).map(lambda count: count * step)

    return between


def _resource(draw: st.DrawFn, minutes: Minutes, key: str, capacity: int) -> Supply:
    opened, at = [], draw(minutes(-10, 60))
    for _ in range(draw(st.integers(1, 3))):
        end = at + draw(minutes(15, 120))
        opened.append((at, end))
        at = end + draw(minutes(0, 15))  # a break, or none: then it is one shift
    taken = [
        Rectangle(start, start + draw(minutes(15, 60)), 0, draw(st.integers(1, capacity)))
        for start in draw(st.lists(minutes(0, 180), max_size=3))
    ]
    return Supply(key, capacity, opened, taken)


def possible_starts(clinic: SmallClinic) -> list[int]:
    """Every start on the grid from 0 on at which the visit can be, by trying each."""
    return [minute for minute in range(0, LAST_MINUTE, GRID) if can_start(clinic, minute)]


def can_start(clinic: SmallClinic, start: int) -> bool:
    visit = clinic.visit
    end = start + visit.minutes
    return (
        any(serves_alone(chair, 1, start, end + visit.turnover) for chair in clinic.chairs)
        and can_be_served(clinic.nurses, visit.nurse_needs, start)
        and can_be_served(clinic.clinicians, visit.clinician_needs, start)
        and not any(begins < end and start < ends for begins, ends in clinic.patient_busy)
        and not any(first <= start < after for first, after in clinic.forbidden)
    )


def serves_alone(supply: Supply, units: int, start: int, end: int) -> bool:
    return all(has_room(supply, units, minute) for minute in range(start, end))


def can_be_served(members: Sequence[Supply], needs: Sequence[Need], start: int) -> bool:
    """Somebody has room at every minute, and where she changes a phase begins, or one of the two comes or
    goes at that very minute."""
    serving = {member.key for member in members}
    by_key = {member.key: member for member in members}
    for need in needs:
        for minute in range(start + need.start, start + need.end):
            serving = {
                member.key
                for member in members
                if has_room(member, need.units, minute)
                and any(
                    minute == start + need.start or may_hand_over(by_key[giver], member, minute)
                    for giver in serving
                )
            }
    return bool(serving)


def may_hand_over(giver: Supply, taker: Supply, minute: int) -> bool:
    return giver.key == taker.key or not at_work(giver, minute) or not at_work(taker, minute - 1)


def has_room(supply: Supply, units: int, minute: int) -> bool:
    load = sum(box.high - box.low for box in supply.taken if box.start <= minute < box.end)
    return at_work(supply, minute) and load + units <= supply.capacity


def at_work(supply: Supply, minute: int) -> bool:
    return any(opens <= minute < closes for opens, closes in supply.open)


@dataclass(frozen=True, order=True)
class Merit:
    """What decides between two ways of serving a visit, the first thing first (docs/decisions/0005)."""

    idle_pieces: int
    hand_overs: int
    places: tuple[int, ...]


def best_ways(
    members: Sequence[Supply], needs: Sequence[Need], start: int, order: Sequence[str]
) -> Iterator[tuple[Merit, list[tuple[str, int, int]]]]:
    """Every way of serving the visit, with its merit and its pieces: (who, from, until)."""
    edges = {edge for member in members for span in member.open for edge in span}
    cuts = [
        (need, low, high)
        for need in needs
        for low, high in pairwise(
            sorted(
                {start + need.start, start + need.end}
                | {edge for edge in edges if start + need.start < edge < start + need.end}
            )
        )
    ]
    by_key = {member.key: member for member in members}
    able = [
        [member.key for member in members if serves_alone(member, need.units, low, high)]
        for need, low, high in cuts
    ]
    for keys in product(*able):
        stretches = list(zip(keys, cuts, strict=True))
        if not all(
            low == start + need.start or may_hand_over(by_key[giver], by_key[taker], low)
            for (giver, _), (taker, (need, low, _)) in pairwise(stretches)
        ):
            continue
        pieces = []
        for (key, _), same in groupby(stretches, key=lambda stretch: (stretch[0], stretch[1][0].name)):
            spans = [(low, high) for _, (_, low, high) in same]
            pieces.append((key, spans[0][0], spans[-1][1]))
        yield (
            Merit(
                sum(serves_alone(by_key[key], by_key[key].capacity, low, high) for key, low, high in pieces),
                sum(before != after for before, after in pairwise(keys)),
                tuple(order.index(key) for key in keys),
            ),
            pieces,
        )
