"""A first arrangement of a disrupted day: visit after visit where it disturbs least in what is left. Pure.

Quick and never far off, but bound to its order; `planning` improves on it. Whoever can stay as they are does.
"""

from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final

from scheduler.repairing.choices import Choice, Choices, Crew, Stretch
from scheduler.repairing.day import DayVisit, Standing, Turn, server_at
from scheduler.repairing.modelling import cost_of_start
from scheduler.repairing.rooms import Kinds, Place, Room, take_of_patient, takes_of

NEAR_MINUTES: Final = 30
FIRST_COME: Final = (Standing.BEGUN, Standing.ARRIVED, Standing.BOOKED, Standing.HELD)

Attempt = Callable[[DayVisit, Choices, Kinds, Room], Place | None]


def lay_one_by_one(
    choices: Choices, kinds: Kinds, room: Room, *, wishes: Mapping[Any, int | None] | None = None
) -> dict[Any, Place | None]:
    """A place for every visit that one was found for; takes them from `room`.

    `wishes`: where each would start if all went well; then they come in this order, each near its own.
    """
    visits = choices.day.visits
    places: dict[Any, Place | None] = dict.fromkeys(visit.key for visit in visits)
    attempts: list[Attempt] = [_as_it_is, _at_its_start, _anywhere]
    waiting = sorted(visits, key=lambda visit: (FIRST_COME.index(visit.standing), visit.start, visit.end))
    if wishes is not None:

        def near_its_wish(visit: DayVisit, choices: Choices, kinds: Kinds, room: Room) -> Place | None:
            wish = wishes[visit.key]
            if wish is None:
                return None
            as_it_is = _as_it_is(visit, choices, kinds, room) if wish == visit.start else None
            return as_it_is or _near(wish, visit, choices, kinds, room)

        attempts = [near_its_wish, _anywhere]
        waiting.sort(key=lambda visit: (visit.standing != Standing.BEGUN, wishes[visit.key] or 0))
    for attempt in attempts:
        left = []
        for visit in waiting:
            place = attempt(visit, choices, kinds, room)
            if place is None:
                left.append(visit)
            else:
                places[visit.key] = place
                room.take(takes_of(visit, place))
        waiting = left
    return places


def _as_it_is(visit: DayVisit, choices: Choices, kinds: Kinds, room: Room) -> Place | None:
    staying = choices.staying(visit)
    if staying is None or kinds.of[visit.chair] not in kinds.able(staying):
        return None
    nurses = _by_turn(staying.nursing, visit.nurses)
    clinicians = _by_turn(staying.supervision, visit.clinicians)
    if nurses is None or clinicians is None:
        return None
    place = Place(staying, kinds.of[visit.chair], nurses, clinicians)
    return place if _fits(visit, place, room) else None


def _at_its_start(visit: DayVisit, choices: Choices, kinds: Kinds, room: Room) -> Place | None:
    staying = choices.staying(visit)
    return _with_whoever(visit, staying, choices, kinds, room) if staying else None


def _anywhere(visit: DayVisit, choices: Choices, kinds: Kinds, room: Room) -> Place | None:
    for choice in sorted(choices.moving(visit), key=lambda choice: cost_of_start(visit, choice.start)):
        place = _with_whoever(visit, choice, choices, kinds, room)
        if place:
            return place
    return None


def _near(wish: int, visit: DayVisit, choices: Choices, kinds: Kinds, room: Room) -> Place | None:
    staying = choices.staying(visit)
    offered = [*choices.moving(visit), *([staying] if staying else [])]
    near = [choice for choice in offered if abs(choice.start - wish) <= NEAR_MINUTES]
    for choice in sorted(near, key=lambda choice: (abs(choice.start - wish), choice.start)):
        place = _with_whoever(visit, choice, choices, kinds, room)
        if place:
            return place
    return None


def _by_turn(stretches: Sequence[Stretch], turns: Sequence[Turn]) -> tuple[Any, ...] | None:
    """Everybody in the turn that they had, if all of them still can."""
    serving = tuple(server_at(turns, stretch.start) for stretch in stretches)
    able = all(key in stretch.able for key, stretch in zip(serving, stretches, strict=True))
    return serving if able else None


def _fits(visit: DayVisit, place: Place, room: Room) -> bool:
    return all(
        room.least(take.what, take.start, take.end) >= take.units
        for take in takes_of(visit, place)
        if take.start < take.end
    )


def _with_whoever(
    visit: DayVisit, choice: Choice, choices: Choices, kinds: Kinds, room: Room
) -> Place | None:
    """The choice with its own kind of chair rather than another, and as few new people as possible."""
    patient = take_of_patient(visit, choice)
    if room.least(patient.what, patient.start, patient.end) < 1:
        return None
    free = [
        kind for kind in kinds.able(choice) if room.least(kind, choice.chair_from, choice.chair_until) > 0
    ]
    nurses = _crewed(choices.nurses, choice.nursing, visit.nurses, room)
    clinicians = _crewed(choices.clinicians, choice.supervision, visit.clinicians, room)
    if not free or nurses is None or clinicians is None:
        return None
    own = kinds.of[visit.chair]
    return Place(choice, own if own in free else free[0], nurses, clinicians)


def _crewed(
    crew: Crew, stretches: Sequence[Stretch], turns: Sequence[Turn], room: Room
) -> tuple[Any, ...] | None:
    """Who serves each stretch: the fewest newcomers, then the fewest changes, then those who have the least
    left, so that others stay free; as far as it can be told going from stretch to stretch."""
    had = {turn.server for turn in turns}
    # The best way to have come to each server: (newcomers, changes, units left idle, the servers so far).
    ways: dict[Any, tuple[int, int, int, tuple[Any, ...]]] = {None: (0, 0, 0, ())}
    for stretch in stretches:
        edge = crew.edge(stretch.start)
        following: dict[Any, tuple[int, int, int, tuple[Any, ...]]] = {}
        for key in stretch.able:
            left = room.least(key, stretch.start, stretch.end) - stretch.units
            if left < 0:
                continue
            for before, (newcomers, changes, idle, servers) in ways.items():
                if stretch.inside and not edge.allows(before, key):
                    continue
                new = key not in had and key not in servers
                changed = before not in (None, key)
                way = (newcomers + new, changes + changed, idle + left, (*servers, key))
                if key not in following or way[:3] < following[key][:3]:
                    following[key] = way
        ways = following
    best = min(ways.values(), key=lambda way: way[:3], default=None)
    return best[3] if best else None
