"""A day of visits as repairing sees it, what can go wrong with it, and the day after that went wrong. Pure.

Times are whole minutes since the epoch, ranges half-open [). What lies before `Day.since` has happened:
nobody changes it any more.
"""

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from itertools import pairwise
from typing import Any, Final

from scheduler.finding.availability import Interval, Supply, complement
from scheduler.finding.packing import Need

WHOLE: Final = "whole"


class Standing(StrEnum):
    """How far a visit has come, and so what may be asked of its patient."""

    HELD = "held"  # held while it is talked over: it stays or is given up
    BOOKED = "booked"
    ARRIVED = "arrived"  # here already, not in the chair
    BEGUN = "begun"  # in the chair: the start stands, and so does all that lies behind


@dataclass(frozen=True)
class Turn:
    """Who serves from this minute on."""

    start: int
    server: Any


@dataclass(frozen=True)
class Held:
    """What one visit holds of one resource for some time."""

    visit: Any
    resource: Any
    phase: str
    start: int
    end: int
    units: int


@dataclass(frozen=True)
class DayVisit:
    """One visit of the day: its phases at their minutes and who serves them."""

    key: Any
    patient: Any
    standing: Standing
    phases: tuple[Need, ...]  # one after the other, without a gap
    turnover: int  # minutes that the chair is taken after discharge
    chair: Any
    nurses: tuple[Turn, ...]
    clinicians: tuple[Turn, ...]
    able_chairs: frozenset[Any]  # those that offer what this visit asks for
    forbidden: tuple[Interval, ...] = ()  # where it may not start: the patient is elsewhere, or too soon
    not_before: int | None = None  # it can't begin earlier, whatever was booked
    longer: int = 0  # minutes that it takes more than was booked
    notice: int = 0  # minutes that its patient has to know of an earlier time before: the protocol's fasting
    seated: int | None = None  # in the chair since then, before the visit's own time

    @property
    def start(self) -> int:
        return self.phases[0].start

    @property
    def end(self) -> int:
        return self.phases[-1].end

    @property
    def chair_from(self) -> int:
        return self.start if self.seated is None else self.seated

    @property
    def chair_until(self) -> int:
        return self.end + self.turnover

    def nurses_of(self, phase: str) -> frozenset[Any]:
        """Who serves this phase as it stands."""
        need = next(need for need in self.phases if need.name == phase)
        within = (turn.server for turn in self.nurses if need.start < turn.start < need.end)
        return frozenset([server_at(self.nurses, need.start), *within])

    def holds(self) -> Iterator[Held]:
        """Everything it holds, the chair first: each nurse's part of each phase, each clinician's part."""
        yield Held(self.key, self.chair, WHOLE, self.chair_from, self.chair_until, 1)
        whole = (Need(self.start, self.end, 1, WHOLE),)
        for turns, needs in ((self.nurses, self.phases), (self.clinicians, whole)):
            for turn, until in zip(turns, [*(turn.start for turn in turns[1:]), self.end], strict=True):
                for need in needs:
                    low, high = max(need.start, turn.start), min(need.end, until)
                    if low < high and need.units:
                        yield Held(self.key, turn.server, need.name, low, high, need.units)


@dataclass(frozen=True)
class Day:
    """All visits of a day that aren't over, and everything there is for them.

    What the supplies have `taken` belongs to others (visits that are over, another day's) and stays. No visit
    starts outside [`since`, `until`) unless it does already.
    """

    since: int
    until: int
    visits: tuple[DayVisit, ...]
    chairs: tuple[Supply, ...]
    nurses: tuple[Supply, ...]
    clinicians: tuple[Supply, ...]

    @property
    def supplies(self) -> Iterator[Supply]:
        yield from self.chairs
        yield from self.nurses
        yield from self.clinicians


@dataclass(frozen=True)
class Away:
    """A resource that isn't there for some time: ill, broken, closed."""

    resource: Any
    start: int
    end: int


@dataclass(frozen=True)
class Late:
    """Running late: what is under way takes so many minutes more, what hasn't begun begins that much later.

    Of the whole clinic: every visit under way, and no other begins before `since` and these minutes. Of one
    visit: that one alone; when it hasn't begun, it can't before its start and these minutes.
    """

    minutes: int
    visit: Any = None


@dataclass(frozen=True)
class Disruption:
    """What went wrong: resources that are away, or running late, or both."""

    away: tuple[Away, ...] = ()
    late: Late | None = None


def disrupted(day: Day, disruption: Disruption) -> Day:
    """The same day with what went wrong: hours that are gone, visits that take longer or begin later."""
    late = disruption.late

    def remaining(supplies: Sequence[Supply]) -> tuple[Supply, ...]:
        return tuple(_without(supply, disruption.away, day.since) for supply in supplies)

    visits = day.visits
    if late:
        visits = tuple(
            _delayed(visit, late, day.since) if late.visit in (None, visit.key) else visit
            for visit in day.visits
        )
    return replace(
        day,
        visits=visits,
        chairs=remaining(day.chairs),
        nurses=remaining(day.nurses),
        clinicians=remaining(day.clinicians),
    )


def server_at(turns: Sequence[Turn], minute: int) -> Any:
    """Whose turn it is at this minute; before the first turn, the first one's."""
    place = bisect_right(turns, minute, key=lambda turn: turn.start) - 1
    return turns[max(place, 0)].server


def turns_from(parts: Sequence[tuple[int, Any]]) -> tuple[Turn, ...]:
    """Turns from (minute, who), one where the same goes on."""
    turns: list[Turn] = []
    for start, server in parts:
        if not turns or turns[-1].server != server:
            turns.append(Turn(start, server))
    return tuple(turns)


def _without(supply: Supply, away: Sequence[Away], since: int) -> Supply:
    """The hours that are left; what lies before `since` was worked."""
    gone = [(max(absence.start, since), absence.end) for absence in away if absence.resource == supply.key]
    if not gone:
        return supply
    left = [piece for start, end in supply.open for piece in complement(gone, start, end)]
    return replace(supply, open=left)


def _delayed(visit: DayVisit, late: Late, since: int) -> DayVisit:
    if visit.standing != Standing.BEGUN:
        due = since if late.visit is None else visit.start
        return replace(visit, not_before=due + late.minutes)
    # The phase under way takes longer, the later ones wait for it; past its end, it lasts from now.
    overdue = max(since - visit.end, 0)
    longer = overdue + late.minutes
    under_way = next(
        (place for place, phase in enumerate(visit.phases) if since < phase.end), len(visit.phases) - 1
    )
    phases = tuple(
        replace(
            phase,
            start=phase.start + (longer if place > under_way else 0),
            end=phase.end + (longer if place >= under_way else 0),
        )
        for place, phase in enumerate(visit.phases)
    )
    if any(before.end != after.start for before, after in pairwise(phases)):
        raise AssertionError("phases follow each other")
    return replace(
        visit,
        phases=phases,
        nurses=_later(visit.nurses, since, longer),
        clinicians=_later(visit.clinicians, since, longer),
        longer=visit.longer + longer,
    )


def _later(turns: Sequence[Turn], since: int, minutes: int) -> tuple[Turn, ...]:
    return tuple(turn if turn.start <= since else replace(turn, start=turn.start + minutes) for turn in turns)
