"""The front desk's day. Booking is `booking`'s, and what becomes of a visit is in `visits`."""

from datetime import date, timedelta
from typing import Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from scheduler.access import BOOK, REPAIR, VIEW_SCHEDULE
from scheduler.models import AppointmentStatus
from scheduler.visits import queries
from web.doors import StaffRequest, staff_page
from web.forms import DayField

GONE: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)


class ChooseDayForm(forms.Form):
    on = DayField(label="Day")


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def day(request: StaffRequest, on: date | None = None) -> HttpResponse:
    """Every visit of one local day by time. Without a day: today, or the day that the form asks for."""
    if request.GET:
        form = ChooseDayForm(request.GET)
        if form.is_valid():
            return redirect("day_on", on=form.cleaned_data["on"])
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    shown = on or today
    board = queries.day_board(request.clinic, shown)
    coming = [visit for visit in board if visit.appointment.status not in GONE]
    context = {
        "day": shown,
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "choose": ChooseDayForm(initial={"on": shown}),
        "visits": coming,
        "gone": [visit for visit in board if visit.appointment.status in GONE],
        "moved": queries.moved_away(request.clinic, shown),
        "unconfirmed": sum(
            visit.appointment.status == AppointmentStatus.BOOKED
            and visit.appointment.patient_status != "accepted"
            for visit in coming
        ),
        "may_book": request.actor.may(BOOK, request.clinic.pk),
        "may_repair": shown >= today and request.actor.may(REPAIR, request.clinic.pk),
    }
    return render(request, "web/desk/day.html", context)
