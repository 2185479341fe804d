"""A proposed repair as it is kept and shown: what breaks, what becomes of each visit, what it costs. Pure of
writing: `repair` makes it, keeps it as data on `Repair`, and reads it back to carry it out.

Ids and times only, no names: the row outlives the day, and is not a place for anybody's data.
"""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any
from uuid import UUID

from scheduler.finding.availability import moment_of
from scheduler.models import AppointmentStatus
from scheduler.repairing.breaking import Break
from scheduler.repairing.day import Day, DayVisit, Standing, Turn, server_at
from scheduler.repairing.planning import Placement, Plan
from scheduler.repairing.reading import ReadDay


class Outcome(StrEnum):
    """What becomes of a visit that the repair touches."""

    KEPT = "kept"  # its time; another chair or other nurses, or it takes longer
    MOVED = "moved"  # on the same day
    ANOTHER_DAY = "another_day"
    GIVEN_UP = "given_up"  # a hold
    LEFT_ALONE = "left_alone"  # in the chair, and nobody can serve it


@dataclass(frozen=True)
class Seat:
    """When, where and by whom a visit is served; turns as (moment, id)."""

    start: datetime
    end: datetime
    chair: UUID
    nurses: tuple[tuple[datetime, UUID], ...]
    clinicians: tuple[tuple[datetime, UUID], ...]


@dataclass(frozen=True)
class Change:
    """One touched visit: as it was when the plan was made, and as it is to be. Without `to` it isn't to be on
    this day; `dates` are the times on other days that were free, the first of which it gets: sought only for
    a plan that can be carried out."""

    visit: UUID
    status: AppointmentStatus
    outcome: Outcome
    was: Seat
    to: Seat | None
    lasts: tuple[int, int, int, int]  # minutes: preparation, infusion, observation, turnover
    begun: bool  # only what follows the plan's `since` is laid anew
    other_nurses: bool
    cost: int
    dates: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Fault:
    """`repairing.breaking.Break` in moments."""

    visit: UUID
    cause: str
    start: datetime
    end: datetime
    resource: UUID | None
    phase: str
    because: tuple[UUID, ...]


@dataclass(frozen=True)
class Proposal:
    """Everything that is shown of a plan, and everything that carries it out."""

    since: datetime
    visits: int
    faults: tuple[Fault, ...]
    changes: tuple[Change, ...]
    cost: int
    bound: int
    seconds: float

    @property
    def gap(self) -> float:
        """The share of the cost that a better plan might spare at most, 0 to 1."""
        return (self.cost - self.bound) / self.cost if self.cost else 0.0

    @property
    def parts(self) -> dict[str, int]:
        """What the cost counts: visits by outcome, minutes moved, visits with other nurses or chairs."""
        counted = {str(outcome): 0 for outcome in Outcome}
        minutes = chairs = 0
        for change in self.changes:
            counted[change.outcome] += 1
            if change.to and change.outcome in (Outcome.KEPT, Outcome.MOVED):
                minutes += abs(change.to.start - change.was.start) // timedelta(minutes=1)
                chairs += change.to.chair != change.was.chair
        nurses = sum(change.other_nurses for change in self.changes)
        return {**counted, "minutes_moved": minutes, "other_nurses": nurses, "other_chairs": chairs}

    @property
    def can_be_carried_out(self) -> bool:
        return all(change.outcome != Outcome.LEFT_ALONE for change in self.changes)

    def with_dates(self, dates: Mapping[UUID, Sequence[datetime]]) -> "Proposal":
        changes = tuple(replace(change, dates=tuple(dates.get(change.visit, ()))) for change in self.changes)
        return replace(self, changes=changes)

    def as_data(self) -> dict[str, Any]:
        return _plain(asdict(self))


def draw_up(read: ReadDay, disrupted: Day, faults: Sequence[Break], plan: Plan) -> Proposal:
    """The plan for a disrupted day, as it is kept."""
    before = {visit.key: visit for visit in read.day.visits}
    changes = [
        _change(read, before[visit.key], visit, placement)
        for visit, placement in zip(disrupted.visits, plan.placements, strict=True)
        if _touched(visit, placement)
    ]
    return Proposal(
        since=read.since,
        visits=len(disrupted.visits),
        faults=tuple(
            Fault(
                fault.visit,
                str(fault.cause),
                moment_of(fault.start),
                moment_of(fault.end),
                fault.resource,
                fault.phase,
                fault.because,
            )
            for fault in faults
        ),
        changes=tuple(changes),
        cost=plan.cost,
        bound=plan.bound,
        seconds=round(plan.seconds, 1),
    )


def proposal_of(data: Mapping[str, Any]) -> Proposal:
    """What `Proposal.as_data` has written."""
    return Proposal(
        since=_moment(data["since"]),
        visits=data["visits"],
        faults=tuple(
            Fault(
                visit=UUID(row["visit"]),
                cause=row["cause"],
                start=_moment(row["start"]),
                end=_moment(row["end"]),
                resource=UUID(row["resource"]) if row["resource"] else None,
                phase=row["phase"],
                because=tuple(UUID(key) for key in row["because"]),
            )
            for row in data["faults"]
        ),
        changes=tuple(
            Change(
                visit=UUID(row["visit"]),
                status=AppointmentStatus(row["status"]),
                outcome=Outcome(row["outcome"]),
                was=_seat(row["was"]),
                to=_seat(row["to"]) if row["to"] else None,
                lasts=tuple(row["lasts"]),
                begun=row["begun"],
                other_nurses=row["other_nurses"],
                cost=row["cost"],
                dates=tuple(_moment(moment) for moment in row["dates"]),
            )
            for row in data["changes"]
        ),
        cost=data["cost"],
        bound=data["bound"],
        seconds=data["seconds"],
    )


def lasts_of(visit: DayVisit) -> tuple[int, int, int, int]:
    preparation, infusion, observation = (phase.end - phase.start for phase in visit.phases)
    return preparation, infusion, observation, visit.turnover


def seat_of(visit: DayVisit) -> Seat:
    """Where a visit of the day stands."""
    return Seat(
        moment_of(visit.start),
        moment_of(visit.end),
        visit.chair,
        _in_moments(visit.nurses),
        _in_moments(visit.clinicians),
    )


def _touched(visit: DayVisit, placement: Placement) -> bool:
    """Anything about it is to be other than it was booked."""
    return (
        placement.start != visit.start
        or placement.chair != visit.chair
        or bool(visit.longer)
        or _by_others(visit, placement, visit.nurses, placement.nurses)
        or _by_others(visit, placement, visit.clinicians, placement.clinicians)
    )


def _by_others(visit: DayVisit, placement: Placement, had: Sequence[Turn], has: Sequence[Turn]) -> bool:
    """Somebody else serves at some time of the visit than at that time before."""
    if placement.start is None or not has:
        return False
    later = placement.start - visit.start
    minutes = {turn.start for turn in has} | {turn.start + later for turn in had}
    return any(
        server_at(has, minute) != server_at(had, minute - later)
        for minute in minutes
        if minute >= has[0].start
    )


def _change(read: ReadDay, before: DayVisit, visit: DayVisit, placement: Placement) -> Change:
    in_chair_early = visit.seated is not None
    begun = placement.start == visit.start and (visit.start < read.day.since or in_chair_early)
    return Change(
        visit=visit.key,
        status=AppointmentStatus(read.visits[visit.key].status),
        outcome=_outcome(visit, placement),
        was=seat_of(before),
        to=_to(visit, placement),
        lasts=lasts_of(visit),
        begun=begun,
        other_nurses=_by_others(visit, placement, visit.nurses, placement.nurses),
        cost=placement.cost,
    )


def _outcome(visit: DayVisit, placement: Placement) -> Outcome:
    if placement.start is not None:
        return Outcome.KEPT if placement.start == visit.start else Outcome.MOVED
    if visit.standing == Standing.BEGUN:
        return Outcome.LEFT_ALONE
    return Outcome.GIVEN_UP if visit.standing == Standing.HELD else Outcome.ANOTHER_DAY


def _to(visit: DayVisit, placement: Placement) -> Seat | None:
    if placement.start is None:
        return None
    return Seat(
        moment_of(placement.start),
        moment_of(placement.start + visit.end - visit.start),
        placement.chair,
        _in_moments(placement.nurses),
        _in_moments(placement.clinicians),
    )


def _in_moments(turns: Sequence[Turn]) -> tuple[tuple[datetime, UUID], ...]:
    return tuple((moment_of(turn.start), turn.server) for turn in turns)


def _seat(data: Mapping[str, Any]) -> Seat:
    return Seat(
        _moment(data["start"]),
        _moment(data["end"]),
        UUID(data["chair"]),
        *(
            tuple((_moment(moment), UUID(key)) for moment, key in data[kind])
            for kind in ("nurses", "clinicians")
        ),
    )


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)


def _plain(value: Any) -> Any:
    """The same as JSON holds it."""
    if isinstance(value, dict):
        return {key: _plain(one) for key, one in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(one) for one in value]
    if isinstance(value, datetime):
        return value.isoformat()
    return str(value) if isinstance(value, UUID | StrEnum | AppointmentStatus) else value
