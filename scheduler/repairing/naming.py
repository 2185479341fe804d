"""Which chair of its kind each visit gets, so that the most keep their own. Pure.

Equal chairs are colours and visits intervals: taken in order of time, everybody who was counted in finds a
chair. Who keeps which is then a small integer programme, with that as its first solution.
"""

from bisect import bisect_left
from collections.abc import Mapping, Sequence
from typing import Any

from scheduler.finding.availability import Supply
from scheduler.repairing.day import DayVisit
from scheduler.repairing.modelling import cost_of_chair
from scheduler.repairing.programme import Programme
from scheduler.repairing.rooms import Kinds, Place


def name_chairs(
    visits: Sequence[DayVisit],
    places: Mapping[Any, Place | None],
    *,
    kinds: Kinds,
    chairs: Mapping[Any, Supply],
    seconds: float,
) -> dict[Any, Any]:
    """Chair by visit, for those that have a place."""
    named: dict[Any, Any] = {}
    for kind, keys in kinds.members.items():
        seated = [
            (visit, place)
            for visit in visits
            if (place := places[visit.key]) is not None and place.kind == kind
        ]
        named |= _name(seated, [chairs[key] for key in keys], seconds)
    return named


def _name(
    seated: Sequence[tuple[DayVisit, Place]], chairs: Sequence[Supply], seconds: float
) -> dict[Any, Any]:
    first = _in_order(seated, chairs)
    if all(first[visit.key] == visit.chair for visit, _ in seated):
        return first
    programme = Programme()
    columns = {
        (visit.key, chair.key): programme.column(0 if chair.key == visit.chair else cost_of_chair(visit))
        for visit, place in seated
        for chair in chairs
        if _free_of_others(chair, place)
    }
    for visit, _ in seated:
        own = [column for (key, _), column in columns.items() if key == visit.key]
        programme.row(((column, 1) for column in own), low=1, high=1)
    for chair in chairs:
        there = [(visit, place) for visit, place in seated if (visit.key, chair.key) in columns]
        minutes = sorted({place.choice.chair_from for _, place in there})
        rows: list[list[tuple[int, float]]] = [[] for _ in minutes]
        for visit, place in there:
            low, high = (
                bisect_left(minutes, edge) for edge in (place.choice.chair_from, place.choice.chair_until)
            )
            for row in rows[low:high]:
                row.append((columns[visit.key, chair.key], 1))
        for row in rows:
            programme.row(row, high=1)
    solved = programme.solve(seconds, hint=[columns[key, chair] for key, chair in first.items()])
    if solved.values is None:
        return first
    return {key: chair for (key, chair), column in columns.items() if solved.chosen(column)}


def _in_order(seated: Sequence[tuple[DayVisit, Place]], chairs: Sequence[Supply]) -> dict[Any, Any]:
    """By start, the own chair if it is free, otherwise any."""
    named: dict[Any, Any] = {}
    free_from = {chair.key: 0 for chair in chairs}
    # Who began before `since` sits where they sit: they come first among those from `since` on.
    for visit, place in sorted(
        seated, key=lambda pair: (pair[1].choice.chair_from, pair[1].choice.start, pair[0].start)
    ):
        able = [
            chair.key
            for chair in chairs
            if free_from[chair.key] <= place.choice.chair_from and _free_of_others(chair, place)
        ]
        chosen = visit.chair if visit.chair in able else able[0]
        named[visit.key] = chosen
        free_from[chosen] = place.choice.chair_until
    return named


def _free_of_others(chair: Supply, place: Place) -> bool:
    return not any(
        box.start < place.choice.chair_until and place.choice.chair_from < box.end for box in chair.taken
    )
