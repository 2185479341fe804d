"""The rows of the day board: each chair with its blocks, gaps and shades, each nurse with her load.

Rows of the schedule are turned into what `web.board` lays out, and its columns into what the template shows.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from math import ceil
from typing import Final
from urllib.parse import urlencode
from uuid import UUID

from django.urls import reverse
from django.utils import timezone

from scheduler.finding.availability import Interval, minute_of, moment_of
from scheduler.finding.packing import Rectangle
from scheduler.models import Absence, Appointment, Claim, Closure, Resource, ResourceKind
from scheduler.visits.clinic_day import ClinicDay, Row
from scheduler.visits.lengthening import may_lengthen
from scheduler.visits.queries import BookedVisit
from web.board import load
from web.board.layout import Away, Band, Line, Phase, Place, Shade, by_name, gaps, shades
from web.lengths import length_in_words
from web.views.board.looks import Look

MINUTE: Final = timedelta(minutes=1)
NUMBERED: Final = 20  # minutes of a load from which on its number has room


@dataclass(frozen=True)
class Told:
    """One visit of the day with what is said of it."""

    visit: BookedVisit
    look: Look
    late: bool
    over: bool
    may_check_in: bool
    movable: bool

    @property
    def appointment(self) -> Appointment:
        return self.visit.appointment


@dataclass(frozen=True)
class Stay:
    """What a visit holds of one chair: the patient's time there, then the chair's turnover."""

    told: Told
    chair: Resource
    start: datetime
    end: datetime
    until: datetime

    @property
    def span(self) -> Interval:
        return minute_of(self.start), minute_of(self.until)


@dataclass(frozen=True)
class Block:
    """One stay on the board."""

    stay: Stay
    place: Place
    long: int  # columns of the patient's time
    turnover: int  # columns after it
    bands: tuple[Band, ...]

    @property
    def told(self) -> Told:
        return self.stay.told

    @property
    def appointment(self) -> Appointment:
        return self.told.appointment

    @property
    def minutes(self) -> int:
        return (self.appointment.ends_at - self.appointment.starts_at) // MINUTE

    @property
    def extra_recovery(self) -> int | None:
        """By how many minutes its recovery is longer than its protocol says, where this can change here."""
        if self.stay.end != self.appointment.ends_at or not may_lengthen(self.appointment):
            return None
        return self.appointment.extra_recovery_minutes

    @property
    def name(self) -> str:
        """What is said of it to somebody who doesn't see where it stands."""
        times = spoken_span(self.appointment.starts_at, self.appointment.ends_at)
        patient = self.appointment.patient.full_name
        return f"{patient}, {times}, {self.stay.chair.name}, {self.told.look.word}"


@dataclass(frozen=True)
class Gap:
    """Free time of a chair; `fits` counts who on the waitlist would fit, `href` is where it is booked, or
    empty for who may not."""

    chair: Resource
    place: Place
    start: datetime
    end: datetime
    href: str
    fits: int

    @property
    def minutes(self) -> int:
        return (self.end - self.start) // MINUTE

    @property
    def span(self) -> str:
        return spoken_span(self.start, self.end)


@dataclass(frozen=True)
class ChairRow:
    chair: Resource
    cells: Sequence[Block | Gap | Shade]  # from left to right

    @property
    def parts(self) -> list[tuple[str, Block | Gap | Shade]]:
        """Each with its kind's name."""
        return [(type(cell).__name__.lower(), cell) for cell in self.cells]


@dataclass(frozen=True)
class Bar:
    """One stretch of a nurse's load, in the units of her strip's drawing."""

    x: int
    y: int
    width: int
    height: int
    full: bool
    words: str


@dataclass(frozen=True)
class Numbered:
    place: Place
    units: int


@dataclass(frozen=True)
class NurseRow:
    nurse: Resource
    capacity: int
    height: int  # of the drawing, in units
    most: int
    bars: Sequence[Bar]
    numbers: Sequence[Numbered]
    shades: Sequence[Shade]
    words: str


def spoken_span(start: datetime, end: datetime) -> str:
    """09:00 to 11:00 on the clinic's wall, to be heard."""
    return f"{timezone.localtime(start):%H:%M} to {timezone.localtime(end):%H:%M}"


def book_at(start: datetime, chair: Resource) -> str:
    """The page that books into a free time."""
    query = urlencode(
        {"start": timezone.localtime(start).isoformat(timespec="minutes"), "chair": str(chair.pk)}
    )
    return f"{reverse('book')}?{query}"


def minutes_of(row: Claim | Closure | Absence) -> Interval:
    """Minutes since the epoch."""
    return minute_of(row.during.lower), minute_of(row.during.upper)


def closed_for(closures: Iterable[Closure], day: Interval) -> str:
    """The name of the closure that takes all of these minutes; empty where none does."""
    spans = ((minutes_of(closure), closure.name) for closure in closures)
    return next((name for (start, end), name in spans if start <= day[0] and day[1] <= end), "")


def stays_of(told: Told) -> list[Stay]:
    """By start. Who was moved to another chair in between has two; who was done early, a shorter one. A chair
    that was kept longer, and so was claimed again from the end on, is one."""
    claims = told.appointment.claims.all()
    chairs = [claim for claim in claims if claim.resource.kind == ResourceKind.CHAIR]
    # Who goes home is nobody's any more; the chair then has its turnover.
    served_until = [claim.during.upper for claim in claims if claim.resource.kind != ResourceKind.CHAIR]
    goes_home = max(served_until, default=told.appointment.ends_at)
    spans: list[tuple[Resource, datetime, datetime]] = []
    for claim in sorted(chairs, key=lambda claim: claim.during.lower):
        chair, start, until = claim.resource, claim.during.lower, claim.during.upper
        if spans and spans[-1][0] == chair and spans[-1][2] == start:
            start = spans.pop()[1]
        spans.append((chair, start, until))
    return [Stay(told, chair, start, min(until, goes_home), until) for chair, start, until in spans]


def phases_of(visit: BookedVisit) -> list[Phase]:
    """What is done when, as the nurses' claims have it."""
    spans: dict[str, Interval] = {}
    for claim in visit.appointment.claims.all():
        if claim.resource.kind == ResourceKind.NURSE:
            start, end = minutes_of(claim)
            low, high = spans.get(claim.phase, (start, end))
            spans[claim.phase] = min(low, start), max(high, end)
    return [Phase(name, *span) for name, span in sorted(spans.items(), key=lambda each: each[1])]


def block_of(stay: Stay, line: Line) -> Block:
    start, end, until = (minute_of(moment) for moment in (stay.start, stay.end, stay.until))
    whole, patient = line.place(start, until), line.place(start, end)
    return Block(
        stay,
        whole,
        long=patient.long,
        turnover=whole.long - patient.long,
        bands=line.bands(phases_of(stay.told.visit), start, end),
    )


def line_of(day: ClinicDay, stays: Iterable[Stay]) -> Line | None:
    """The clinic's hours on this day; who is there outside of them widens the board."""
    low, high = minute_of(day.begins), minute_of(day.ends)
    hours = [
        (max(start, low), min(end, high))
        for row in (*day.chairs, *day.nurses)
        for start, end in row.supply.open
    ]
    return Line.around([*hours, *(stay.span for stay in stays)])


def chair_rows(
    day: ClinicDay,
    stays: Iterable[Stay],
    line: Line,
    *,
    free: Callable[[Resource, Interval], Gap],
    since: datetime,
) -> list[ChairRow]:
    """A row for each chair by name; free time counts from `since` on, and `free` says what is shown of it."""
    here: dict[UUID, list[Stay]] = {}
    for stay in stays:
        here.setdefault(stay.chair.pk, []).append(stay)
    rows = []
    for row in _by_name(day.chairs):
        taken = [(box.start, box.end) for box in row.supply.taken]
        cells: list[Block | Gap | Shade] = [
            *(block_of(stay, line) for stay in here.get(row.resource.pk, [])),
            *(
                free(row.resource, gap)
                for gap in gaps(row.supply.open, taken, line, since=ceil(since.timestamp() / 60))
            ),
            *_shades(day, row, line, closed="Closed"),
        ]
        rows.append(ChairRow(row.resource, sorted(cells, key=lambda cell: cell.place.first)))
    return rows


def nurse_rows(day: ClinicDay, line: Line) -> list[NurseRow]:
    """A strip for each nurse by name: her load as the booking counts it."""
    return [
        nurse_row(
            row.resource,
            row.supply.taken,
            row.supply.capacity,
            line,
            _shades(day, row, line, closed="Off", away="Away"),
        )
        for row in _by_name(day.nurses)
    ]


def nurse_row(
    nurse: Resource, taken: Iterable[Rectangle], capacity: int, line: Line, shades: Sequence[Shade]
) -> NurseRow:
    """The strip of a nurse on whom these rectangles lie."""
    drawn = load.strip(taken, capacity, line.opens, line.closes)
    height = max(drawn.capacity, drawn.most)
    full = f"full for {length_in_words(drawn.full_minutes)}" if drawn.full_minutes else "never full"
    return NurseRow(
        nurse=nurse,
        capacity=drawn.capacity,
        height=height,
        most=drawn.most,
        bars=[
            Bar(
                x=step.start - line.opens,
                y=height - step.units,
                width=step.end - step.start,
                height=step.units,
                full=step.units >= drawn.capacity,
                words=f"{spoken_span(moment_of(step.start), moment_of(step.end))}:"
                f" {step.units} of {drawn.capacity} units",
            )
            for step in drawn.steps
        ],
        numbers=[
            Numbered(line.place(step.start, step.end), step.units)
            for step in drawn.steps
            if step.end - step.start >= NUMBERED
        ],
        shades=shades,
        words=f"{nurse.name}: at most {drawn.most} of {drawn.capacity} units at once, {full}",
    )


def _shades(day: ClinicDay, row: Row, line: Line, *, closed: str, away: str = "") -> list[Shade]:
    """`away` stands in place of an absence's reason: everybody sees the board, not why a nurse is away."""
    stretches = [
        *(Away(*minutes_of(closure), closure.name) for closure in day.closures),
        *(Away(*minutes_of(absence), away or absence.get_reason_display()) for absence in row.absences),
    ]
    if not row.resource.active:
        closed = "Out of use"
    return shades(row.supply.open, stretches, line, closed=closed, between="Break")


def _by_name(rows: Iterable[Row]) -> list[Row]:
    return sorted(rows, key=lambda row: by_name(row.resource.name))
