"""First arrangements of a disrupted day: visit after visit where it disturbs least in what is left. Pure.

Quick, and bound to their order. So there are rounds: whoever found no place comes earlier in the next one
("the squeaky wheel gets the grease"). `planning` improves on the best.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import pairwise, product
from typing import Any, Final

from scheduler.repairing.choices import Choice, Choices, Crew, Stretch
from scheduler.repairing.day import DayVisit, Standing, Turn, server_at
from scheduler.repairing.modelling import cost_of_start
from scheduler.repairing.rooms import Kinds, Place, Room, take_of_patient, takes_of

NEAR_MINUTES: Final = 30
FIRST_COME: Final = (Standing.BEGUN, Standing.ARRIVED, Standing.BOOKED, Standing.HELD)

# By how much earlier who was disturbed comes in the next round.
SENT_AWAY_MINUTES: Final = 60
FAR_AWAY_MINUTES: Final = 15
FAR: Final = 60
ONE_DAY: Final = 24 * 60

Places = dict[Any, Place | None]
# What it costs to have come to a server, and the servers so far.
Way = tuple[tuple[int, int, int], tuple[Any, ...]]
Attempt = Callable[[DayVisit], Place | None]


def lay_as_it_is(choices: Choices, kinds: Kinds, room: Room) -> Places:
    """Everybody who can stay stays, with those whom they had; then the others, wherever there is room."""
    laying = _Laying(choices, kinds, room.copy(), tightly=False)
    order = sorted(
        choices.day.visits,
        key=lambda visit: (FIRST_COME.index(visit.standing), visit.start, visit.end),
    )
    return laying.all(order, [laying.as_it_is, laying.at_its_start, laying.anywhere])


def lay_in_rounds(
    choices: Choices, kinds: Kinds, room: Room, wishes: Mapping[Any, int | None], *, rounds: int
) -> Iterator[Places]:
    """All in the order of their wishes, each near its own, by whoever has least left besides: so whole nurses
    stay free to prepare. Who finds nothing near goes anywhere, at once or, every other round, after all."""
    visits = choices.day.visits
    begun = {visit.key for visit in visits if visit.standing == Standing.BEGUN}
    earlier: dict[Any, int] = {visit.key: ONE_DAY if visit.key in begun else 0 for visit in visits}
    for number in range(rounds):
        laying = _Laying(choices, kinds, room.copy(), tightly=True)
        order = sorted(visits, key=lambda visit: (wishes[visit.key] or visit.start) - earlier[visit.key])

        def near(visit: DayVisit, laying: "_Laying" = laying) -> Place | None:
            return laying.near(visit, wishes[visit.key])

        def near_or_anywhere(visit: DayVisit, laying: "_Laying" = laying) -> Place | None:
            return laying.near(visit, wishes[visit.key]) or laying.anywhere(visit)

        places = laying.all(order, [near_or_anywhere] if number % 2 else [near, laying.anywhere])
        yield places
        for visit in visits:
            place = places[visit.key]
            if place is None:
                earlier[visit.key] += ONE_DAY if visit.key in begun else SENT_AWAY_MINUTES
            elif abs(place.choice.start - visit.start) > FAR:
                earlier[visit.key] += FAR_AWAY_MINUTES


class _Laying:
    """One arrangement being made. `tightly`: by those who have least left, rather than by those whom the
    visit had."""

    def __init__(self, choices: Choices, kinds: Kinds, room: Room, *, tightly: bool) -> None:
        self._choices, self._kinds, self._room, self._tightly = choices, kinds, room, tightly

    def all(self, order: Sequence[DayVisit], attempts: Sequence[Attempt]) -> Places:
        """Everybody tries the first thing, in this order; then those who failed the next. What is only held
        gets what is left after all of it."""
        places: Places = dict.fromkeys(visit.key for visit in order)
        booked = [visit for visit in order if visit.standing != Standing.HELD]
        held = [visit for visit in order if visit.standing == Standing.HELD]
        for visits, attempt in product((booked, held), attempts):
            for visit in visits:
                if places[visit.key] is None and (place := attempt(visit)) is not None:
                    places[visit.key] = place
                    self._room.take(takes_of(visit, place))
        return places

    def as_it_is(self, visit: DayVisit) -> Place | None:
        staying = self._choices.staying(visit)
        own = self._kinds.of[visit.chair]
        if staying is None or own not in self._kinds.able(staying):
            return None
        nurses = _by_turn(self._choices.nurses, staying.nursing, visit.nurses)
        clinicians = _by_turn(self._choices.clinicians, staying.supervision, visit.clinicians)
        if nurses is None or clinicians is None:
            return None
        place = Place(staying, own, nurses, clinicians)
        fits = all(
            self._room.least(take.what, take.start, take.end) >= take.units
            for take in takes_of(visit, place)
            if take.start < take.end
        )
        return place if fits else None

    def at_its_start(self, visit: DayVisit) -> Place | None:
        staying = self._choices.staying(visit)
        return self._with_whoever(visit, staying) if staying else None

    def anywhere(self, visit: DayVisit) -> Place | None:
        offered = sorted(self._choices.moving(visit), key=lambda choice: cost_of_start(visit, choice.start))
        return self._first(visit, offered)

    def near(self, visit: DayVisit, wish: int | None) -> Place | None:
        if wish is None:
            return None
        staying = self._choices.staying(visit)
        offered = [*self._choices.moving(visit), *([staying] if staying else [])]
        near = [choice for choice in offered if abs(choice.start - wish) <= NEAR_MINUTES]
        return self._first(visit, sorted(near, key=lambda choice: (abs(choice.start - wish), choice.start)))

    def _first(self, visit: DayVisit, offered: Sequence[Choice]) -> Place | None:
        places = (self._with_whoever(visit, choice) for choice in offered)
        return next((place for place in places if place), None)

    def _with_whoever(self, visit: DayVisit, choice: Choice) -> Place | None:
        """The choice with its own kind of chair rather than another, if there is room for it."""
        patient = take_of_patient(visit, choice)
        if self._room.least(patient.what, patient.start, patient.end) < 1:
            return None
        free = [
            kind
            for kind in self._kinds.able(choice)
            if self._room.least(kind, choice.chair_from, choice.chair_until) > 0
        ]
        if not free:
            return None
        nurses = self._crewed(self._choices.nurses, choice.nursing, visit.nurses)
        clinicians = self._crewed(self._choices.clinicians, choice.supervision, visit.clinicians)
        if nurses is None or clinicians is None:
            return None
        own = self._kinds.of[visit.chair]
        return Place(choice, own if own in free else free[0], nurses, clinicians)

    def _crewed(
        self, crew: Crew, stretches: Sequence[Stretch], turns: Sequence[Turn]
    ) -> tuple[Any, ...] | None:
        """Who serves each stretch: the fewest newcomers and changes, and those who have the least left, so
        that others stay free (first, when laid tightly); as far as it can be told stretch by stretch."""
        had = {turn.server for turn in turns}
        ways: dict[Any, Way] = {None: ((0, 0, 0), ())}
        for stretch in stretches:
            edge = crew.edge(stretch.start)
            following: dict[Any, Way] = {}
            for key in stretch.able:
                left = self._room.least(key, stretch.start, stretch.end) - stretch.units
                if left < 0:
                    continue
                for before, ((first, second, third), servers) in ways.items():
                    if stretch.inside and not edge.allows(before, key):
                        continue
                    new = key not in had and key not in servers
                    changed = bool(servers) and servers[-1] != key
                    added = (left, new, changed) if self._tightly else (new, changed, left)
                    cost = (first + added[0], second + added[1], third + added[2])
                    if key not in following or cost < following[key][0]:
                        following[key] = (cost, (*servers, key))
            ways = following
        best = min(ways.values(), key=lambda way: way[0], default=None)
        return best[1] if best else None


def _by_turn(crew: Crew, stretches: Sequence[Stretch], turns: Sequence[Turn]) -> tuple[Any, ...] | None:
    """Everybody in the turn that they had, if all of them still can and hand over where they may: the hours
    may be others than when the visit was booked."""
    serving = tuple(server_at(turns, stretch.start) for stretch in stretches)
    able = all(key in stretch.able for key, stretch in zip(serving, stretches, strict=True))
    in_place = all(
        crew.edge(stretch.start).allows(giver, taker)
        for (giver, taker), stretch in zip(pairwise(serving), stretches[1:], strict=True)
        if stretch.inside
    )
    return serving if able and in_place else None
