"""A day's chairs drawn before and after a repair: blocks of time in rows, as numbers for an SVG.

Drawn on the server, because a page under a strict Content-Security-Policy has no style attributes: places and
widths are the drawing's own numbers.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils import timezone

from scheduler.models import Resource
from scheduler.repairing.proposal import Change, Outcome, Proposal, Seat
from scheduler.visits.queries import BookedVisit

LABEL_WIDTH: Final = 110
WIDTH: Final = 1200
ROW_HEIGHT: Final = 36
HEAD_HEIGHT: Final = 22
HOUR: Final = timedelta(hours=1)


@dataclass(frozen=True)
class Block:
    """One visit in one chair; `tone` is a class of chairside.css."""

    x: float
    y: int
    width: float
    tone: str
    name: str
    times: str


@dataclass(frozen=True)
class Tick:
    x: float
    label: str


@dataclass(frozen=True)
class Board:
    """One drawing: its size, a label for each row, the hours, the blocks, and what it says in words."""

    title: str
    height: int
    rows: tuple[tuple[int, str], ...]
    ticks: tuple[Tick, ...]
    blocks: tuple[Block, ...]
    width: int = WIDTH
    label_width: int = LABEL_WIDTH
    row_height: int = ROW_HEIGHT

    @property
    def words(self) -> str:
        return f"{self.title}: {len(self.rows)} chairs, {len(self.blocks)} visits."


@dataclass(frozen=True)
class _Stay:
    """One stretch of a visit in one chair."""

    chair: UUID
    start: datetime
    end: datetime
    tone: str
    name: str


def span_words(start: datetime, end: datetime) -> str:
    """09:00 to 11:00 on the clinic's wall, as the pages write it."""
    return f"{timezone.localtime(start):%H:%M}\N{EN DASH}{timezone.localtime(end):%H:%M}"


def boards(
    day: Sequence[BookedVisit], proposal: Proposal, names: Mapping[UUID, str], chairs: Sequence[Resource]
) -> tuple[Board, Board]:
    """The day as it was when the plan was made, and as it would be. `names` are patients', by visit."""
    broken = {fault.visit for fault in proposal.faults}
    touched = {change.visit for change in proposal.changes}
    others = [
        _Stay(
            visit.chair.pk,
            visit.appointment.starts_at,
            visit.appointment.ends_at,
            "tone-bad" if visit.appointment.pk in broken else "tone-planned",
            names[visit.appointment.pk],
        )
        for visit in day
        if visit.chair and visit.appointment.pk not in touched
    ]
    before = [
        *others,
        *(
            _stay(change.was, "tone-bad" if change.visit in broken else "tone-planned", names[change.visit])
            for change in proposal.changes
        ),
    ]
    after = [*others, *(stay for change in proposal.changes for stay in _after(change, proposal, names))]
    moments = [moment for stay in (*before, *after) for moment in (stay.start, stay.end)]
    if not moments:
        return _draw("Before", [], chairs, proposal.since), _draw("After", [], chairs, proposal.since)
    low, high = _whole_hours(min(moments), max(moments))
    return _draw("Before", before, chairs, low, high), _draw("After", after, chairs, low, high)


def _stay(seat: Seat, tone: str, name: str) -> _Stay:
    return _Stay(seat.chair, seat.start, seat.end, tone, name)


def _after(change: Change, proposal: Proposal, names: Mapping[UUID, str]) -> Iterable[_Stay]:
    if change.to is None:
        return
    name = names[change.visit]
    tone = "tone-warn" if change.outcome == Outcome.MOVED else "tone-here"
    if change.begun and change.to.chair != change.was.chair:
        yield _Stay(change.was.chair, change.was.start, proposal.since, "tone-planned", name)
        yield _Stay(change.to.chair, proposal.since, change.to.end, tone, name)
    else:
        yield _stay(change.to, tone, name)


def _whole_hours(low: datetime, high: datetime) -> tuple[datetime, datetime]:
    start = low.replace(minute=0, second=0, microsecond=0)
    end = high.replace(minute=0, second=0, microsecond=0)
    return start, end if end == high else end + HOUR


def _draw(
    title: str,
    stays: Sequence[_Stay],
    chairs: Sequence[Resource],
    low: datetime,
    high: datetime | None = None,
) -> Board:
    high = high or low + HOUR
    scale = (WIDTH - LABEL_WIDTH) / (high - low).total_seconds()

    def x(moment: datetime) -> float:
        return round(LABEL_WIDTH + (moment - low).total_seconds() * scale, 1)

    rows = {chair.pk: HEAD_HEIGHT + place * ROW_HEIGHT for place, chair in enumerate(chairs)}
    hours = int((high - low) / HOUR)
    return Board(
        title=title,
        height=HEAD_HEIGHT + ROW_HEIGHT * len(chairs),
        rows=tuple((rows[chair.pk], chair.name) for chair in chairs),
        ticks=tuple(
            Tick(x(low + HOUR * hour), f"{timezone.localtime(low + HOUR * hour):%H:%M}")
            for hour in range(hours)
        ),
        blocks=tuple(
            Block(
                x=x(stay.start),
                y=rows[stay.chair] + 3,
                width=max(round(x(stay.end) - x(stay.start) - 2, 1), 2),
                tone=stay.tone,
                name=stay.name,
                times=span_words(stay.start, stay.end),
            )
            for stay in sorted(stays, key=lambda stay: stay.start)
            if stay.chair in rows
        ),
    )
