"""A week at a glance: seven small boards, how many come, how much time is free. Each leads to its day."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from scheduler.access import VIEW_SCHEDULE
from scheduler.finding.availability import Interval, minute_of
from scheduler.models import Claim
from scheduler.visits.clinic_day import ClinicWeek, Row, clinic_week
from web.board import week as arithmetic
from web.board.layout import by_name
from web.board.week import Scale
from web.doors import StaffRequest, staff_page
from web.lengths import length_in_words
from web.views.board.day import ChooseDayForm
from web.views.board.looks import look_of, unconfirmed
from web.views.board.rows import closed_for, minutes_of

ROW: Final = 12  # units of the drawing; a minute is one unit wide
WEEK: Final = timedelta(days=7)


@dataclass(frozen=True)
class Mark:
    """A stretch of one chair's row: a visit with its tone, or the hours (no tone)."""

    x: int
    y: int
    width: int
    tone: str = ""


@dataclass(frozen=True)
class DayCard:
    """One day: its drawing over the week's scale, and what it comes to."""

    day: date
    visits: int
    unconfirmed: int
    free: str
    closed_for: str
    hours: Sequence[Mark]
    marks: Sequence[Mark]
    now: int | None

    @property
    def open(self) -> bool:
        return bool(self.hours)


@dataclass(frozen=True)
class _Day:
    """A local day of the week with its minutes."""

    day: date
    zone: str
    begins: int
    ends: int

    def on_wall(self, span: Interval) -> Interval:
        return arithmetic.on_wall(span, self.day, self.zone)

    def hours(self, row: Row) -> list[Interval]:
        clipped = [(max(start, self.begins), min(end, self.ends)) for start, end in row.supply.open]
        return [(start, end) for start, end in clipped if start < end]

    def held(self, read: ClinicWeek) -> list[Claim]:
        """What begins on this day."""
        return [claim for claim in read.held if self.begins <= minutes_of(claim)[0] < self.ends]


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def week(request: StaffRequest, on: date) -> HttpResponse:
    """The week that this day lies in."""
    now = clock.now()
    read = clinic_week(request.clinic, on, now=now)
    zone = request.clinic.time_zone
    days = [_day(day, zone) for day in read.days]
    scale = Scale.around(
        day.on_wall(span)
        for day in days
        for span in (
            *(hours for row in read.chairs for hours in day.hours(row)),
            *(minutes_of(claim) for claim in day.held(read)),
        )
    )
    context = {
        "day": on,
        "today": clock.local_date(now, zone),
        "first": read.days[0],
        "last": read.days[-1],
        "before": read.days[0] - WEEK,
        "after": read.days[0] + WEEK,
        "choose": ChooseDayForm(initial={"on": on}),
        "cards": [_card(day, read, scale, now) for day in days],
        "scale": scale,
        "height": ROW * len(read.chairs),
    }
    return render(request, "web/board/week.html", context)


def _day(day: date, zone: str) -> _Day:
    begins, ends = clock.day_bounds(day, zone)
    return _Day(day, zone, minute_of(begins), minute_of(ends))


def _card(day: _Day, read: ClinicWeek, scale: Scale | None, now: datetime) -> DayCard:
    rows = sorted(read.chairs, key=lambda row: by_name(row.resource.name))
    y = {row.resource.pk: place * ROW for place, row in enumerate(rows)}
    held = day.held(read)
    visits = {claim.appointment_id: claim.appointment for claim in held}
    free = sum(
        arithmetic.free_minutes(
            day.hours(row),
            [(box.start, box.end) for box in row.supply.taken],
            max(day.begins, minute_of(now)),
            day.ends,
        )
        for row in rows
    )

    def mark(span: Interval, chair: UUID, tone: str = "") -> Mark:
        start, end = day.on_wall(span)
        return Mark(start - (scale.low if scale else 0), y[chair], max(end - start, 1), tone)

    here = day.begins <= minute_of(now) < day.ends
    at = day.on_wall((minute_of(now), minute_of(now)))[0]
    return DayCard(
        day.day,
        visits=len(visits),
        unconfirmed=sum(unconfirmed(visit) for visit in visits.values()),
        free=length_in_words(free),
        closed_for=closed_for(read.closures, (day.begins, day.ends)),
        hours=[mark(hours, row.resource.pk) for row in rows for hours in day.hours(row)],
        marks=[
            mark(
                minutes_of(claim),
                claim.resource_id,
                look_of(claim.appointment, state=None, now=now).tone,
            )
            for claim in held
        ],
        now=at - scale.low if here and scale and scale.low <= at < scale.high else None,
    )
