"""How much of everything is left in each minute of a day, and the places that visits take of it. Pure.

Chairs that are equal to every visit are one kind and are counted; which one of its kind a visit gets is
named at the end (`naming`). Whether somebody is at work is asked in `choices`; here only how much they do.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from scheduler.finding.availability import Supply
from scheduler.repairing.choices import Choice
from scheduler.repairing.day import Day, DayVisit

ALL_NURSES: Final = ("all", "nurses")
ALL_CLINICIANS: Final = ("all", "clinicians")
PLENTY: Final = 1_000_000
NOTHING: Final = np.zeros(0, dtype=np.int32)


@dataclass(frozen=True)
class Take:
    """So many units of something for some time."""

    what: Any
    start: int
    end: int
    units: int


@dataclass(frozen=True)
class Place:
    """Where a visit is in an arrangement: at one of its choices, in a kind of chair, with these people."""

    choice: Choice
    kind: Any
    nurses: tuple[Any, ...]  # of each stretch
    clinicians: tuple[Any, ...]


class Kinds:
    """The day's chairs by kind. `apart`: each its own kind, for a day that is small enough."""

    def __init__(self, day: Day, *, apart: bool = False) -> None:
        grouped: dict[Any, list[Any]] = {}
        for chair in day.chairs:
            wanted_by = tuple(
                visit.key
                for visit in day.visits
                if chair.key in visit.able_chairs or chair.key == visit.chair
            )
            unable = tuple(
                visit.key
                for visit in day.visits
                if chair.key == visit.chair and chair.key not in visit.able_chairs
            )
            ahead = tuple((max(start, day.since), end) for start, end in chair.open if end > day.since)
            alone = apart or any(box.start > day.since for box in chair.taken)
            grouped.setdefault((wanted_by, unable, ahead, chair.key if alone else None), []).append(chair.key)
        self.members: dict[Any, tuple[Any, ...]] = {
            ("chair", place): tuple(keys) for place, keys in enumerate(grouped.values())
        }
        self.of = {key: kind for kind, keys in self.members.items() for key in keys}

    def able(self, choice: Choice) -> list[Any]:
        """The kinds of the chairs that would do for a choice."""
        return sorted({self.of[chair] for chair in choice.chairs})


class Room:
    """What is left, minute by minute from `since` on; below nothing where more is taken than there is."""

    def __init__(self, day: Day, kinds: Kinds) -> None:
        self.since = day.since
        self.until = max([day.until, *(visit.chair_until for visit in day.visits)]) + 1440
        chairs = {chair.key: chair for chair in day.chairs}
        self._left: dict[Any, NDArray[np.int32]] = {
            kind: self._of([chairs[key] for key in keys]) for kind, keys in kinds.members.items()
        }
        for supply in (*day.nurses, *day.clinicians):
            self._left[supply.key] = self._of([supply])
        self._left[ALL_NURSES] = self._of(day.nurses, open_only=True)
        self._left[ALL_CLINICIANS] = self._of(day.clinicians, open_only=True)
        patients = Counter(visit.patient for visit in day.visits)
        for patient, visits in patients.items():
            if visits > 1:
                self._left["patient", patient] = np.ones(self.until - self.since, dtype=np.int32)

    def copy(self) -> "Room":
        other = object.__new__(Room)
        other.since, other.until = self.since, self.until
        other._left = {what: left.copy() for what, left in self._left.items()}
        return other

    def least(self, what: Any, start: int, end: int) -> int:
        """The least that is left in any of these minutes; of none, as much as anybody could ask for."""
        span = self._span(what, start, end)
        return int(span.min()) if span.size else PLENTY

    def take(self, takes: Iterable[Take]) -> None:
        for one in takes:
            self._span(one.what, one.start, one.end)[:] -= one.units

    def limits(self, what: Any) -> bool:
        return what in self._left

    def at(self, what: Any, minute: int) -> int:
        return int(self._left[what][minute - self.since])

    def drops(self, what: Any) -> list[int]:
        """The minutes at which less is left than just before."""
        left = self._left[what]
        return [self.since + 1 + int(place) for place in np.flatnonzero(left[1:] < left[:-1])]

    def _span(self, what: Any, start: int, end: int) -> NDArray[np.int32]:
        left = self._left.get(what)
        if left is None:  # a patient with one visit
            return NOTHING
        return left[max(start - self.since, 0) : max(end - self.since, 0)]

    def _of(self, supplies: Sequence[Supply], *, open_only: bool = False) -> NDArray[np.int32]:
        left = np.zeros(self.until - self.since, dtype=np.int32)
        for supply in supplies:
            for start, end in supply.open if open_only else [(self.since, self.until)]:
                left[max(start - self.since, 0) : max(end - self.since, 0)] += supply.capacity
            for box in supply.taken:
                low, high = max(box.start - self.since, 0), max(box.end - self.since, 0)
                left[low:high] -= box.high - box.low
        return left


def takes_of(visit: DayVisit, place: Place) -> Iterator[Take]:
    """Everything that a visit takes in its place."""
    yield from shared_takes(visit, place.choice, place.kind)
    for servers, stretches in (
        (place.nurses, place.choice.nursing),
        (place.clinicians, place.choice.supervision),
    ):
        for server, stretch in zip(servers, stretches, strict=True):
            yield Take(server, stretch.start, stretch.end, stretch.units)
    yield from takes_in_sum(place.choice)


def shared_takes(visit: DayVisit, choice: Choice, kind: Any) -> Iterator[Take]:
    yield Take(kind, choice.chair_from, choice.chair_until, 1)
    yield take_of_patient(visit, choice)


def take_of_patient(visit: DayVisit, choice: Choice) -> Take:
    """The patient's own time, which counts where they have another visit on the day."""
    return Take(("patient", visit.patient), choice.start, choice.start + visit.end - visit.start, 1)


def takes_in_sum(choice: Choice) -> Iterator[Take]:
    for what, stretches in ((ALL_NURSES, choice.nursing), (ALL_CLINICIANS, choice.supervision)):
        for stretch in stretches:
            yield Take(what, stretch.start, stretch.end, stretch.units)
