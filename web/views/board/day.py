"""The day board: one day's chairs and nurses across its hours, what is free, who is late, who waits.

What a row shows is put together in `rows`, where it stands in `web.board.layout`. `moving` moves visits.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from scheduler.access import BOOK, REPAIR, VIEW_SCHEDULE
from scheduler.finding.availability import Interval, minute_of, moment_of
from scheduler.models import AppointmentStatus, Resource
from scheduler.visits import queries
from scheduler.visits.clinic_day import ClinicDay, clinic_day
from scheduler.waitlist.fitting import Fit, who_fits
from sessions_app.preparing.readiness import in_doubt
from sessions_app.queries import states_of
from web.board.layout import STEP, Line, Place, Tick
from web.doors import StaffRequest, staff_page
from web.forms import DayField
from web.views.board.looks import IN_THE_CHAIR, look_of, unconfirmed
from web.views.board.rows import (
    MINUTE,
    ChairRow,
    Gap,
    NurseRow,
    Told,
    book_at,
    chair_rows,
    closed_for,
    line_of,
    nurse_rows,
    stays_of,
)

GONE: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)
FITS_SHOWN: Final = 6
ROOMY: Final = 8  # chairs; of more, each row is lower


class ChooseDayForm(forms.Form):
    on = DayField(label="Day")


class InHandForm(forms.Form):
    """The visit from which somebody comes back to the board."""

    visit = forms.UUIDField(required=False)


@dataclass(frozen=True)
class Board:
    """The chairs and the nurses of a day over one line of time. The only board of its page needs no `key`."""

    key: ClassVar[str] = ""

    line: Line
    ticks: Sequence[Tick]
    now: Place | None
    chairs: Sequence[ChairRow]
    nurses: Sequence[NurseRow]

    @property
    def opens(self) -> datetime:
        return moment_of(self.line.opens)

    @property
    def minutes(self) -> int:
        return self.line.columns * STEP

    @property
    def dense(self) -> bool:
        return len(self.chairs) > ROOMY


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def day(request: StaffRequest, on: date | None = None) -> HttpResponse:
    """One local day. Without one: today, or the day that the form asks for."""
    if "on" in request.GET:
        form = ChooseDayForm(request.GET)
        if form.is_valid():
            return redirect("day_on", on=form.cleaned_data["on"])
    now = clock.now()
    today = clock.local_date(now, request.clinic.time_zone)
    shown = on or today
    read = clinic_day(request.clinic, shown, now=now)
    may_book = request.actor.may(BOOK, request.clinic.pk)
    told = _told(read, now=now, today=shown == today, may_book=may_book)
    fits = who_fits(request.clinic, shown, now=now) if may_book else []
    context = {
        "day": shown,
        "today": today,
        "now": now,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "choose": ChooseDayForm(initial={"on": shown}),
        "as_list": request.GET.get("as") == "list",
        "closed_for": closed_for(read.closures, (minute_of(read.begins), minute_of(read.ends))),
        "board": _board(read, told, fits, now=now, may_book=may_book),
        "visits": told,
        "late": sum(each.late for each in told),
        "over": sum(each.over for each in told),
        "unconfirmed": sum(unconfirmed(each.appointment) for each in told),
        "held": sum(each.appointment.status == AppointmentStatus.PENDING for each in told),
        "gone": [visit for visit in read.visits if visit.appointment.status in GONE],
        "moved": queries.moved_away(request.clinic, shown),
        "fits": fits[:FITS_SHOWN],
        "more_fits": len(fits[FITS_SHOWN:]),
        "may_book": may_book,
        "in_hand": _in_hand(request),
        "may_repair": shown >= today and request.actor.may(REPAIR, request.clinic.pk),
    }
    return render(request, "web/board/day.html", context)


def _in_hand(request: StaffRequest) -> UUID | None:
    form = InHandForm(request.GET)
    return form.cleaned_data["visit"] if form.is_valid() else None


def _told(read: ClinicDay, *, now: datetime, today: bool, may_book: bool) -> list[Told]:
    """The visits that take place, by start; a hold that has run out by now is none."""
    coming = [
        visit
        for visit in read.visits
        if visit.appointment.status not in GONE and not visit.appointment.ran_out_by(now)
    ]
    states = states_of(visit.appointment.pk for visit in coming)
    doubted = in_doubt(visit.appointment.pk for visit in coming)
    told = []
    for visit in coming:
        appointment = visit.appointment
        booked = appointment.status == AppointmentStatus.BOOKED
        late = (now - appointment.starts_at) // MINUTE if booked and today else 0
        here = appointment.status in IN_THE_CHAIR
        over = (now - appointment.ends_at) // MINUTE if here and today else 0
        told.append(
            Told(
                visit,
                look_of(
                    appointment,
                    state=states.get(appointment.pk),
                    late=late,
                    over=over,
                    in_doubt=appointment.pk in doubted,
                    now=now,
                ),
                late=late > 0,
                over=over > 0,
                may_check_in=may_book and booked and today,
                movable=may_book and booked,
            )
        )
    return told


def _board(
    read: ClinicDay, told: Sequence[Told], fits: Sequence[Fit], *, now: datetime, may_book: bool
) -> Board | None:
    """None on a day on which nothing is open and nobody comes."""
    stays = [stay for each in told for stay in stays_of(each)]
    line = line_of(read, stays)
    if line is None:
        return None

    def free(chair: Resource, gap: Interval) -> Gap:
        start, end = moment_of(gap[0]), moment_of(gap[1])
        return Gap(
            chair,
            line.place(*gap),
            start,
            end,
            href=book_at(start, chair) if may_book else "",
            fits=sum(fit.first_in(chair.pk, gap) is not None for fit in fits),
        )

    minute = minute_of(now)
    return Board(
        line,
        list(line.ticks(read.zone)),
        line.place(minute, minute + 1) if line.holds(minute) else None,
        chair_rows(read, stays, line, free=free, since=now),
        nurse_rows(read, line),
    )
