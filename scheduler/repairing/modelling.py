"""Visits of a disrupted day written as an integer programme, and its solution read back as places. Pure.

Each visit has one column for every start it may have and one for not being there; each stretch of a start
one for everybody who could serve it. Loads are limited at every minute at which one begins or less is left,
which is enough: nowhere else does anything get tighter.

What it costs to disturb people is stated here (docs/decisions/0008-repairing-a-day.md tells why so). In
practice it is one thing after the other: nobody is sent home to spare twenty others a move, nobody moved to
spare ten hours of another's waiting, nobody who is booked moved to spare twenty holds.
"""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain
from typing import Any, Final

from scheduler.repairing.choices import Choice, Choices, Crew, Stretch
from scheduler.repairing.day import DayVisit, Standing
from scheduler.repairing.programme import Programme, Relaxed, Solved
from scheduler.repairing.rooms import Kinds, Place, Room, Take, take_of_patient, takes_in_sum

# In points.
LEFT_ALONE: Final = 600_000  # somebody in the chair whom nobody can serve
ANOTHER_DAY: Final = 60_000
MOVED: Final = 3_000  # another time on the same day
HOLD_GIVEN_UP: Final = 150  # before anybody who is booked moves, and after nurses change
WHO_IS_HERE: Final = 3_000  # on top of either, for a patient who has arrived
MINUTE: Final = 5  # earlier or later than booked
NEW_NURSE: Final = 2  # each nurse whom the visit didn't have before
OTHER_NURSE: Final = 1  # each phase that somebody else serves than before
NEW_CHAIR: Final = 1
NEW_CHAIR_UNDER_WAY: Final = 200  # in its place, when the patient is in the chair


@dataclass(frozen=True)
class Written:
    """One choice of one visit, in columns: itself, its kinds of chair, who could serve each stretch."""

    choice: Choice
    column: int
    kinds: dict[Any, int]
    nursing: tuple[dict[Any, int], ...]
    supervision: tuple[dict[Any, int], ...]


class Model:
    """These visits, in the room that is left for them.

    `offered` gives each visit's choices. `loosely`: who is moved needs nurses and clinicians only in sum,
    so that every real plan fits and some that aren't.
    """

    def __init__(
        self,
        visits: Sequence[DayVisit],
        offered: Mapping[Any, Sequence[Choice]],
        *,
        choices: Choices,
        kinds: Kinds,
        room: Room,
        loosely: bool = False,
    ) -> None:
        self._visits = visits
        self._choices, self._kinds, self._room, self._loosely = choices, kinds, room, loosely
        self.programme = Programme()
        self._uses: dict[Any, list[tuple[Take, int]]] = {}
        self._written: dict[Any, list[Written]] = {}
        self._absent: dict[Any, int] = {}
        # Of each visit: who is new to it, and which phases others serve.
        self._strange: dict[tuple[Any, Any], int] = {}
        for visit in visits:
            self._write(visit, offered[visit.key])
        for what, uses in self._uses.items():
            self._limit(what, uses)

    def places(self, solved: Solved) -> dict[Any, Place | None]:
        """Where each visit is in a solution that was found."""
        return {visit.key: self._place(visit, solved) for visit in self._visits}

    def columns_of(self, places: Mapping[Any, Place | None]) -> list[int]:
        """The columns of an arrangement that is known to hold: a hint for the solver."""
        columns = []
        for visit in self._visits:
            place = places[visit.key]
            if place is None:
                columns.append(self._absent[visit.key])
                continue
            one = next(one for one in self._written[visit.key] if one.choice.start == place.choice.start)
            columns += [one.column, one.kinds[place.kind]]
            for serving, servers in ((one.nursing, place.nurses), (one.supervision, place.clinicians)):
                columns += [by_key[key] for by_key, key in zip(serving, servers, strict=False)]
            if one.nursing:
                others = {*place.nurses, *phases_by_others(visit, place)}
                columns += [
                    self._strange[visit.key, what] for what in others if (visit.key, what) in self._strange
                ]
        return columns

    def extras(self, relaxed: Relaxed) -> Iterator[tuple[Any, Choice, float]]:
        """Each visit's choices, with what a plan that takes one costs at least above the bound."""
        for key, written in self._written.items():
            for one in written:
                least = relaxed.extra[one.column]
                for part in (one.kinds, *one.nursing, *one.supervision):
                    if one.column not in part.values():
                        least += min(relaxed.extra[column] for column in part.values())
                yield key, one.choice, least

    # --- Writing ---

    def _write(self, visit: DayVisit, offered: Sequence[Choice]) -> None:
        absent = self.programme.column(cost_of_absence(visit))
        self._absent[visit.key] = absent
        self._written[visit.key] = [
            one for choice in offered if (one := self._write_choice(visit, choice)) is not None
        ]
        alternatives = [absent, *(one.column for one in self._written[visit.key])]
        self.programme.row(((column, 1) for column in alternatives), low=1, high=1)
        self._write_newcomers(visit)

    def _write_choice(self, visit: DayVisit, choice: Choice) -> Written | None:
        """`None` when there is no room for it."""
        kinds = [
            kind
            for kind in self._kinds.able(choice)
            if self._room.least(kind, choice.chair_from, choice.chair_until) > 0
        ]
        patient = take_of_patient(visit, choice)
        strictly = not self._loosely or choice.start == visit.start
        able = [
            [self._with_room(stretch) for stretch in stretches] if strictly else []
            for stretches in (choice.nursing, choice.supervision)
        ]
        if not (kinds and self._room.least(patient.what, patient.start, patient.end) > 0):
            return None
        if not all(chain.from_iterable(able)):
            return None
        programme = self.programme
        column = programme.column(cost_of_start(visit, choice.start))
        own = self._kinds.of[visit.chair]
        if kinds == [own]:
            chairs = {own: column}
        else:
            chairs = {kind: programme.column(0 if kind == own else cost_of_chair(visit)) for kind in kinds}
            self._one_of(chairs, column)
        for kind, chair in chairs.items():
            self._take(Take(kind, choice.chair_from, choice.chair_until, 1), chair)
        self._take(patient, column)
        if self._loosely:
            for take in takes_in_sum(choice):
                self._take(take, column)
        nursing, supervision = (
            self._write_crew(crew, stretches, keys, column)
            for crew, stretches, keys in (
                (self._choices.nurses, choice.nursing, able[0]),
                (self._choices.clinicians, choice.supervision, able[1]),
            )
        )
        return Written(choice, column, chairs, nursing, supervision)

    def _with_room(self, stretch: Stretch) -> list[Any]:
        room = self._room
        return [key for key in stretch.able if room.least(key, stretch.start, stretch.end) >= stretch.units]

    def _write_crew(
        self, crew: Crew, stretches: Sequence[Stretch], able: Sequence[Sequence[Any]], column: int
    ) -> tuple[dict[Any, int], ...]:
        """Who serves each stretch; for a loose choice, which names nobody, nothing."""
        written: list[dict[Any, int]] = []
        for stretch, keys in zip(stretches, able, strict=False):
            serving = {keys[0]: column} if len(keys) == 1 else {key: self.programme.column() for key in keys}
            if len(keys) > 1:
                self._one_of(serving, column)
            for key, serves in serving.items():
                self._take(Take(key, stretch.start, stretch.end, stretch.units), serves)
            if stretch.inside:
                self._hand_over(crew, stretch.start, written[-1], serving)
            written.append(serving)
        return tuple(written)

    def _hand_over(
        self, crew: Crew, minute: int, before: Mapping[Any, int], after: Mapping[Any, int]
    ) -> None:
        """Inside a phase: from somebody whose shift ends, or to somebody whose shift begins."""
        edge = crew.edge(minute)
        for giver, gives in before.items():
            takers = [takes for key, takes in after.items() if edge.allows(giver, key)]
            if len(takers) < len(after):
                self.programme.row([(gives, 1), *((takes, -1) for takes in takers)], high=0)
        for taker, takes in after.items():
            givers = [gives for key, gives in before.items() if edge.allows(key, taker)]
            if len(givers) < len(before):
                self.programme.row([(takes, 1), *((gives, -1) for gives in givers)], high=0)

    def _write_newcomers(self, visit: DayVisit) -> None:
        """Each nurse whom the visit didn't have counts once, however many stretches she serves, and each
        phase that anybody serves who didn't before."""
        had = {turn.server for turn in visit.nurses}
        strange: dict[
            tuple[Any, int, int], list[int]
        ] = {}  # columns by (what, its cost, place of the stretch)
        for one in self._written[visit.key]:
            for place, (stretch, serving) in enumerate(zip(one.choice.nursing, one.nursing, strict=False)):
                own = visit.nurses_of(stretch.phase)
                for nurse, serves in serving.items():
                    if nurse not in had:
                        strange.setdefault((nurse, NEW_NURSE, place), []).append(serves)
                    if nurse not in own:
                        strange.setdefault((stretch.phase, OTHER_NURSE, place), []).append(serves)
        for (what, cost, _), columns in strange.items():
            if (visit.key, what) not in self._strange:
                self._strange[visit.key, what] = self.programme.column(cost, whole=False)
            entry = self._strange[visit.key, what]
            self.programme.row([*((column, 1) for column in columns), (entry, -1)], high=0)

    def _one_of(self, columns: Mapping[Any, int], column: int) -> None:
        """As many of these as of the column."""
        self.programme.row([(column, -1), *((each, 1) for each in columns.values())], low=0, high=0)

    def _take(self, take: Take, column: int) -> None:
        if take.start < take.end and self._room.limits(take.what):
            self._uses.setdefault(take.what, []).append((take, column))

    def _limit(self, what: Any, uses: Sequence[tuple[Take, int]]) -> None:
        low, high = min(take.start for take, _ in uses), max(take.end for take, _ in uses)
        drops = [minute for minute in self._room.drops(what) if low < minute < high]
        minutes = sorted({*(max(take.start, self._room.since) for take, _ in uses), *drops})
        entries: list[list[tuple[int, float]]] = [[] for _ in minutes]
        for take, column in uses:
            for place in range(bisect_left(minutes, take.start), bisect_left(minutes, take.end)):
                entries[place].append((column, take.units))
        seen = set()
        for minute, row in zip(minutes, entries, strict=True):
            limit = self._room.at(what, minute)
            if row and (limit, tuple(row)) not in seen:
                seen.add((limit, tuple(row)))
                self.programme.row(row, high=limit)

    # --- Reading ---

    def _place(self, visit: DayVisit, solved: Solved) -> Place | None:
        for one in self._written[visit.key]:
            if solved.chosen(one.column):
                return Place(
                    one.choice,
                    _chosen(one.kinds, solved),
                    tuple(_chosen(serving, solved) for serving in one.nursing),
                    tuple(_chosen(serving, solved) for serving in one.supervision),
                )
        return None


def _chosen(columns: Mapping[Any, int], solved: Solved) -> Any:
    return next(key for key, column in columns.items() if solved.chosen(column))


def cost_of_absence(visit: DayVisit) -> int:
    if visit.standing == Standing.BEGUN:
        return LEFT_ALONE
    if visit.standing == Standing.HELD:
        return HOLD_GIVEN_UP
    return ANOTHER_DAY + (WHO_IS_HERE if visit.standing == Standing.ARRIVED else 0)


def cost_of_start(visit: DayVisit, start: int) -> int:
    if start == visit.start:
        return 0
    here = WHO_IS_HERE if visit.standing == Standing.ARRIVED else 0
    return MOVED + here + MINUTE * abs(start - visit.start)


def cost_of_chair(visit: DayVisit) -> int:
    return NEW_CHAIR_UNDER_WAY if visit.standing == Standing.BEGUN else NEW_CHAIR


def cost_of_place(visit: DayVisit, place: Place | None, kinds: Kinds) -> int:
    """What one visit's place costs, its chair told by its kind."""
    if place is None:
        return cost_of_absence(visit)
    chair = 0 if place.kind == kinds.of[visit.chair] else cost_of_chair(visit)
    return cost_of_people_and_start(visit, place) + chair


def cost_of_people_and_start(visit: DayVisit, place: Place) -> int:
    newcomers = set(place.nurses) - {turn.server for turn in visit.nurses}
    people = NEW_NURSE * len(newcomers) + OTHER_NURSE * len(phases_by_others(visit, place))
    return cost_of_start(visit, place.choice.start) + people


def phases_by_others(visit: DayVisit, place: Place) -> set[str]:
    """The phases that somebody serves who didn't before."""
    return {
        stretch.phase
        for stretch, nurse in zip(place.choice.nursing, place.nurses, strict=False)
        if nurse not in visit.nurses_of(stretch.phase)
    }
