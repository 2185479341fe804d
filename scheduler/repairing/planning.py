"""The least disruptive plan for a disrupted day, and how far it can be from the best. Pure.

Sought in this order, until the plan meets the bound or time is up:

1. `laying`: a first plan, at once. Everybody who can stays as they are.
2. Nobody moves: who can stay, with whose help. When everybody can, this is the best plan there is, since
   moving anybody costs more than all the changes of nurses and chairs in it.
3. `laying` in rounds: all in the order of their wishes, at first what they had booked.
4. The bound. Everybody may move, those who do need nurses only in sum, and all may be in two places by
   halves: whatever holds for a real plan holds here, so its least cost is one that no plan can beat. It also
   tells of each start of each visit how much more a plan with it costs at least.
5. Parts: a disturbed visit and those around it are laid anew at their best, all the others where they are.
6. Wishes: the bound's programme without the halves. Real plans are sought at its starts, and in rounds again.
7. On a day that is small enough, real plans of the starts that cost least more, at first of a few, then of
   more. No plan with a start that was left out costs less than the bound and what the cheapest of those costs
   more; so a plan that is below that and the best of its own is the best of all. In the end nothing is left
   out, each chair is told from the others, and plan and bound meet.
8. With the time that is left, parts again.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from math import inf
from time import monotonic
from typing import Any, Final

from scheduler.repairing.choices import Choice, Choices
from scheduler.repairing.day import Day, DayVisit, Turn, turns_from
from scheduler.repairing.laying import lay_as_it_is, lay_in_rounds
from scheduler.repairing.modelling import (
    MINUTE,
    MOVED,
    Model,
    cost_of_absence,
    cost_of_chair,
    cost_of_people_and_start,
    cost_of_place,
    cost_of_start,
)
from scheduler.repairing.naming import name_chairs
from scheduler.repairing.programme import Solved
from scheduler.repairing.rooms import Kinds, Place, Room, takes_of

# How long a plan is sought. The page that shows it answers within ten seconds.
SECONDS: Final = 7.0

# Shares of the time that is left when a step begins.
STAYING_SHARE: Final = 0.2
BOUND_SHARE: Final = 0.6
WISH_SHARE: Final = 0.4
REAL_SHARE: Final = 0.6
PARTS_SHARE: Final = 0.35
PART_SECONDS: Final = 1.0
NAMING_SECONDS: Final = 0.3
LEAST_SECONDS: Final = 0.1

ROUNDS: Final = 12
# A part that is laid anew: so many visits beside the disturbed one, each at most so far from where it is,
# around the disturbed one's own time or so many minutes later.
NEIGHBOURS: Final = 10
NEIGHBOUR_MINUTES: Final = 20
LATER_MINUTES: Final = (0, 60, 120, 240)

# Columns of a real plan's programme: at first, and at most.
WISHED_COLUMNS: Final = 40_000
FEW_COLUMNS: Final = 6_000
MANY_COLUMNS: Final = 48_000
MORE: Final = 2
SMALL_DAY: Final = 15_000  # columns up to which each chair is told from the others, and the best is sought
ENOUGH: Final = 5 * MINUTE  # on a larger day, one patient's five minutes aren't worth everybody's waiting


@dataclass(frozen=True)
class Placement:
    """Where one visit is to be from `since` on; without a start, not on this day."""

    visit: Any
    start: int | None
    chair: Any = None
    nurses: tuple[Turn, ...] = ()
    clinicians: tuple[Turn, ...] = ()
    cost: int = 0


@dataclass(frozen=True)
class Plan:
    """Every visit's place, in the day's order. No plan costs less than `bound`."""

    placements: tuple[Placement, ...]
    bound: int
    seconds: float

    @property
    def cost(self) -> int:
        return sum(placement.cost for placement in self.placements)

    @property
    def gap(self) -> float:
        """How much of the cost might be spared at most, 0 to 1; 0: nothing is better."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0


def plan(day: Day, *, seconds: float = SECONDS) -> Plan:
    """The best plan found for a disrupted day (`day.disrupted`) in so many seconds, with its true bound."""
    search = _Search(day, monotonic() + seconds)
    search.run()
    placements = search.named()
    return Plan(
        placements,
        min(search.bound, sum(placement.cost for placement in placements)),
        search.seconds_used,
    )


class _Search:
    """The best arrangement so far, and the bound."""

    def __init__(self, day: Day, deadline: float) -> None:
        self.day = day
        self._begun = monotonic()
        self._deadline = deadline
        choices = Choices(day)
        self._choices = choices
        self._staying = {
            visit.key: [staying] if (staying := choices.staying(visit)) else [] for visit in day.visits
        }
        self._offered = {
            visit.key: [*self._staying[visit.key], *choices.moving(visit)] for visit in day.visits
        }
        offered = chain.from_iterable(self._offered.values())
        self._small = sum(map(_columns, offered)) <= SMALL_DAY
        self._enough = 0 if self._small else ENOUGH
        self.kinds = Kinds(day, apart=self._small)
        self._room = Room(day, self.kinds)
        self.places = lay_as_it_is(choices, self.kinds, self._room)
        # No plan is below the floor; one with this start of this visit costs at least so much more.
        self._floor = 0
        self._extra: dict[tuple[Any, int], float] = {
            (visit.key, choice.start): cost_of_start(visit, choice.start)
            for visit in day.visits
            for choice in self._offered[visit.key]
        }
        self._wishes: dict[Any, int | None] = {
            visit.key: max(visit.start, visit.not_before or visit.start) for visit in day.visits
        }
        self.bound = 0

    @property
    def seconds_used(self) -> float:
        return monotonic() - self._begun

    @property
    def cost(self) -> int:
        return self._cost_of(self.places)

    def run(self) -> None:
        if self._goes_on:
            self._stay()
        self._lay_as_wished()
        if self._goes_on:
            self._reach_for_bound()
        self._lay_parts_anew(self._share(PARTS_SHARE))
        if self._goes_on:
            self._wish()
        self._lay_as_wished()
        if self._goes_on:
            self._solve(self._near())
        if self._small:
            self._widen()
        self._lay_parts_anew(self._left())

    def _widen(self) -> None:
        """Real plans of ever more starts, until none is left out."""
        columns, left_out = FEW_COLUMNS, 0.0
        while self._goes_on and left_out < inf and columns <= MANY_COLUMNS:
            offered, left_out = self._cheapest(columns)
            solved = self._solve(offered)
            self.bound = max(self.bound, int(min(solved.bound, self._floor + left_out)))
            columns *= MORE

    @property
    def _goes_on(self) -> bool:
        return self.cost - self.bound > self._enough and self._left() > LEAST_SECONDS

    def named(self) -> tuple[Placement, ...]:
        chairs = name_chairs(
            self.day.visits,
            self.places,
            kinds=self.kinds,
            chairs={chair.key: chair for chair in self.day.chairs},
            seconds=NAMING_SECONDS,
        )
        return tuple(_placement(visit, self.places[visit.key], chairs) for visit in self.day.visits)

    # --- Steps ---

    def _lay_as_wished(self) -> None:
        """All anew in the order of their wishes."""
        rounds = lay_in_rounds(self._choices, self.kinds, self._room, self._wishes, rounds=ROUNDS)
        while self._goes_on:
            places = next(rounds, None)
            if places is None:
                return
            self._keep_if_better(places)

    def _stay(self) -> None:
        kept = {
            key: place if place and place.choice in self._staying[key] else None
            for key, place in self.places.items()
        }
        model = self._model(self._staying)
        solved = model.programme.solve(self._share(STAYING_SHARE), hint=model.columns_of(kept))
        self._take_if_better(model, solved)
        # Whoever moves costs this much, so a plan in which nobody does can be the best only below it.
        self.bound = max(self.bound, min(solved.bound, MOVED))

    def _reach_for_bound(self) -> None:
        model = self._model(self._offered, loosely=True)
        relaxed = model.programme.relax(self._share(BOUND_SHARE))
        if relaxed:
            self._floor = relaxed.bound
            self._extra = {(key, choice.start): extra for key, choice, extra in model.extras(relaxed)}
            self.bound = max(self.bound, relaxed.bound)

    def _wish(self) -> None:
        """Where everybody would be if nurses only mattered in sum, and the plan that comes nearest to it."""
        offered, left_out = self._cheapest(WISHED_COLUMNS)
        model = self._model(offered, loosely=True)
        solved = model.programme.solve(self._share(WISH_SHARE), hint=model.columns_of(self.places))
        self.bound = max(self.bound, int(min(solved.bound, self._floor + left_out)))
        if solved.values is not None:
            self._wishes = {
                key: place.choice.start if place else None for key, place in model.places(solved).items()
            }

    def _near(self) -> dict[Any, list[Choice]]:
        """Of each visit where it was, where it is in the best plan so far, and where it is wished."""
        return {
            visit.key: self._around(visit, {self._wishes[visit.key]}, minutes=0) for visit in self.day.visits
        }

    def _around(self, visit: DayVisit, marks: set[int | None], minutes: int) -> list[Choice]:
        place = self.places[visit.key]
        known = {visit.start, place.choice.start if place else None, *marks} - {None}
        return [
            choice
            for choice in self._offered[visit.key]
            if any(abs(choice.start - mark) <= minutes for mark in known if mark is not None)
        ]

    def _lay_parts_anew(self, seconds: float) -> None:
        """A disturbed visit and those near it are laid anew at their best around all the others; the most
        disturbed first, and again as long as it helps anybody."""
        until = monotonic() + seconds
        tried: set[tuple[Any, int]] = set()
        while self._goes_on and monotonic() < until:
            asked = next((asked for asked in self._foci() if asked not in tried), None)
            if asked is None:
                return
            tried.add(asked)
            if self._lay_anew(*asked, seconds=min(until - monotonic(), PART_SECONDS)):
                tried.clear()

    def _foci(self) -> Iterator[tuple[Any, int]]:
        """Each disturbed visit, and when there might be a place for it if others made room."""
        costs = {
            visit.key: cost_of_place(visit, self.places[visit.key], self.kinds) for visit in self.day.visits
        }
        disturbed = [visit for visit in self.day.visits if costs[visit.key]]
        disturbed.sort(key=lambda visit: -costs[visit.key])
        for later in LATER_MINUTES:
            for visit in disturbed:
                if costs[visit.key] >= MOVED or not later:
                    yield visit.key, max(visit.start, visit.not_before or 0) + later

    def _lay_anew(self, key: Any, minute: int, *, seconds: float) -> bool:
        """Whether it got better."""
        near = sorted(
            (visit for visit in self.day.visits if visit.key != key and self._start(visit) is not None),
            key=lambda visit: (abs((self._start(visit) or 0) - minute), visit.start),
        )
        part = [visit for visit in self.day.visits if visit.key == key] + near[:NEIGHBOURS]
        chosen = {visit.key for visit in part}
        room = self._room.copy()
        for visit in self.day.visits:
            place = self.places[visit.key]
            if visit.key not in chosen and place:
                room.take(takes_of(visit, place))
        offered = {
            visit.key: self._offered[visit.key]
            if visit.key == key
            else self._around(visit, set(), NEIGHBOUR_MINUTES)
            for visit in part
        }
        before = self.cost
        model = self._model(offered, visits=part, room=room)
        solved = model.programme.solve(seconds, hint=model.columns_of(self.places))
        if solved.values is not None:
            self._keep_if_better({**self.places, **model.places(solved)})
        return self.cost < before

    def _start(self, visit: DayVisit) -> int | None:
        place = self.places[visit.key]
        return place.choice.start if place else None

    def _cheapest(self, columns: int) -> tuple[dict[Any, list[Choice]], float]:
        """The starts that cost least more, as many as so many columns hold, and those of the best plan so
        far. And what the cheapest of those that are left out costs more."""
        offered = {key: [place.choice] if place else [] for key, place in self.places.items()}
        for key, start in sorted(self._extra, key=self._extra.__getitem__):
            choice = next(choice for choice in self._offered[key] if choice.start == start)
            if choice in offered[key]:
                continue
            columns -= _columns(choice)
            if columns < 0:
                return offered, self._extra[key, start]
            offered[key].append(choice)
        return offered, inf

    def _solve(self, offered: Mapping[Any, Sequence[Choice]]) -> Solved:
        model = self._model(offered)
        solved = model.programme.solve(self._share(REAL_SHARE), hint=model.columns_of(self.places))
        self._take_if_better(model, solved)
        return solved

    def _take_if_better(self, model: Model, solved: Solved) -> None:
        if solved.values is not None:
            self._keep_if_better(model.places(solved))

    def _keep_if_better(self, places: dict[Any, Place | None]) -> None:
        if self._cost_of(places) < self.cost:
            self.places = places

    # --- Asking ---

    def _cost_of(self, places: Mapping[Any, Place | None]) -> int:
        return sum(cost_of_place(visit, places[visit.key], self.kinds) for visit in self.day.visits)

    def _model(
        self,
        offered: Mapping[Any, Sequence[Choice]],
        *,
        visits: Sequence[DayVisit] | None = None,
        room: Room | None = None,
        loosely: bool = False,
    ) -> Model:
        return Model(
            visits or self.day.visits,
            offered,
            choices=self._choices,
            kinds=self.kinds,
            room=room or self._room,
            loosely=loosely,
        )

    def _left(self) -> float:
        return self._deadline - monotonic()

    def _share(self, share: float) -> float:
        return max(self._left(), 0.05) * share


def _columns(choice: Choice) -> int:
    return 1 + len(choice.chairs) + sum(len(stretch.able) for stretch in choice.nursing)


def _placement(visit: DayVisit, place: Place | None, chairs: dict[Any, Any]) -> Placement:
    if place is None:
        return Placement(visit.key, None, cost=cost_of_absence(visit))
    choice, chair = place.choice, chairs[visit.key]
    return Placement(
        visit.key,
        choice.start,
        chair,
        _turns(choice.nursing, place.nurses),
        _turns(choice.supervision, place.clinicians),
        cost_of_people_and_start(visit, place) + (cost_of_chair(visit) if chair != visit.chair else 0),
    )


def _turns(stretches: Sequence[Any], servers: Sequence[Any]) -> tuple[Turn, ...]:
    return turns_from([(stretch.start, server) for stretch, server in zip(stretches, servers, strict=True)])
