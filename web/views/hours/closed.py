"""When hours don't hold: one resource's absences, the whole clinic's closures, a year's public holidays."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.problems import Problem
from scheduler.access import CHANGE_HOURS, RECORD_ABSENCE
from scheduler.models import Absence, Closure
from scheduler.working_hours import foreseeing, holiday_calendar, time_off, timetable
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm
from web.templatetags.chairside import short_day
from web.views import live_form
from web.views.hours import told
from web.views.hours.change import once, refused, to_week, today_of
from web.views.hours.form import AbsenceForm, ClosureForm, HolidaysForm, WhoForm, YearForm

TOUCHES: Final = "web/hours/touches.html"
CLOSURES_PAGE: Final = "web/hours/closures.html"


@staff_page(RECORD_ABSENCE)
def new_absence(request: StaffRequest) -> HttpResponse:
    """Somebody is ill, a chair is broken: from the first day to the last, or to the minute."""
    who = WhoForm(request.GET)
    asked = who.cleaned_data if who.is_valid() else {}
    first = asked.get("day") or today_of(request)
    shown = {"resource": asked.get("resource"), "first_day": first, "last_day": first}
    form = AbsenceForm(request.clinic, request.POST or None, initial=shown)
    context: dict[str, Any] = {}
    if live_form.is_check(request):
        form.is_valid()
        given: dict[str, Any] = {name: form.cleaned_data.get(name) for name in ("resource", "start", "end")}
        context["touched"] = told.told(
            request,
            form,
            lambda: foreseeing.absence(now=clock.now(), **given),
            says=told.of_days,
            enough=all(given.values()),
        )
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request,
                form,
                "absence",
                make=lambda id: time_off.record_absence(
                    actor=request.actor,
                    id=id,
                    now=clock.now(),
                    **{name: data[name] for name in ("resource", "reason", "start", "end")},
                ),
                find=lambda id: Absence.objects.get(pk=id),
            )
        except Problem as problem:
            context |= refused(request, form, problem)
        else:
            messages.success(request, f"{data['resource'].name}'s absence is recorded.")
            return to_week(data["first_day"])
    return live_form.answer(request, form, "web/hours/absence.html", TOUCHES, context, status=form.status)


@staff_page(RECORD_ABSENCE, methods=["POST"])
def withdraw_absence(request: StaffRequest, pk: UUID) -> HttpResponse:
    absences = Absence.objects.filter(resource__clinic=request.clinic).select_related("resource__clinic")
    absence = access.fetch(request.actor, absences, RECORD_ABSENCE, pk=pk)
    time_off.withdraw_absence(actor=request.actor, absence=absence, now=clock.now())
    messages.success(request, "The absence is taken back: its hours are open again.")
    return redirect("resource_hours", pk=absence.resource_id)


@staff_page(CHANGE_HOURS)
def closures(request: StaffRequest) -> HttpResponse:
    """When the whole clinic is closed; one more, for whole days or part of one."""
    today = today_of(request)
    form = ClosureForm(request.clinic, request.POST or None, initial={"first_day": today, "last_day": today})
    context: dict[str, Any] = {"form": form}
    if live_form.is_check(request):
        form.is_valid()
        start, end = form.cleaned_data.get("start"), form.cleaned_data.get("end")
        context["touched"] = _told_of_closing(request, form, [(start, end)] if start and end else [])
    elif request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            once(
                request,
                form,
                "closure",
                make=lambda id: time_off.close(
                    actor=request.actor,
                    id=id,
                    clinic=request.clinic,
                    now=clock.now(),
                    **{name: data[name] for name in ("name", "start", "end")},
                ),
                find=lambda id: Closure.objects.get(pk=id),
            )
        except Problem as problem:
            context |= refused(request, form, problem)
        else:
            messages.success(request, "The clinic is closed then.")
            return redirect("closures")
    if live_form.is_typing(request):
        return live_form.answer(request, form, CLOSURES_PAGE, TOUCHES, context)
    return _show_closures(request, context, status=form.status)


@staff_page(CHANGE_HOURS, methods=["POST"])
def close_holidays(request: StaffRequest) -> HttpResponse:
    """The clinic is closed on the holidays that were ticked: on all of them, or nothing is written."""
    asked = YearForm(request.POST)
    year = asked.cleaned_data["year"] if asked.is_valid() else today_of(request).year
    form = HolidaysForm(_holiday_choices(request, year), request.POST)
    context: dict[str, Any] = {"holidays": form, "year": year}
    if live_form.is_check(request):
        form.is_valid()
        zone = request.clinic.time_zone
        days = [clock.day_bounds(day, zone) for day in form.cleaned_data.get("days", [])]
        context["touched"] = _told_of_closing(request, form, days)
    elif form.is_valid():
        try:
            once(
                request,
                form,
                "closures",
                make=lambda id: time_off.close_holidays(
                    actor=request.actor,
                    id=id,
                    clinic=request.clinic,
                    days=form.cleaned_data["days"],
                    now=clock.now(),
                ),
                find=lambda id: Closure.objects.filter(
                    pk__in=time_off.holiday_ids(id, form.cleaned_data["days"])
                ).earliest("during"),
            )
        except Problem as problem:
            context |= refused(request, form, problem)
        else:
            messages.success(request, "The clinic is closed on these holidays.")
            return redirect("closures")
    if live_form.is_typing(request):
        return live_form.answer(request, form, CLOSURES_PAGE, TOUCHES, context)
    return _show_closures(request, context, status=form.status)


@staff_page(CHANGE_HOURS, methods=["POST"])
def reopen(request: StaffRequest, pk: UUID) -> HttpResponse:
    closure = access.fetch(request.actor, Closure.objects.filter(clinic=request.clinic), CHANGE_HOURS, pk=pk)
    time_off.reopen(actor=request.actor, closure=closure, now=clock.now())
    messages.success(request, "The clinic is open then after all.")
    return redirect("closures")


def _told_of_closing(
    request: StaffRequest, form: ChangeForm, stretches: Sequence[tuple[datetime, datetime]]
) -> told.Touched | None:
    return told.told(
        request,
        form,
        lambda: foreseeing.closure(clinic=request.clinic, stretches=stretches, now=clock.now()),
        says=told.of_clinic,
        enough=bool(stretches),
    )


def _holiday_choices(request: StaffRequest, year: int) -> list[tuple[str, str]]:
    """The year's holidays still to come; none for a clinic without a calendar."""
    try:
        found = holiday_calendar.public_holidays(request.clinic, year)
    except Problem:
        return []
    return [
        (holiday.day.isoformat(), f"{short_day(holiday.day)}: {holiday.name}")
        for holiday in found
        if holiday.day >= today_of(request)
    ]


def _show_closures(request: StaffRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    """The closures to come, and a year's holidays that are not among them."""
    today = today_of(request)
    asked = YearForm(request.GET)
    year = context.get("year") or (asked.cleaned_data["year"] if asked.is_valid() else today.year)
    coming = list(timetable.closures_to_come(request.clinic, clock.now()))
    closed = {
        clock.local_date(row.during.lower, request.clinic.time_zone) for row in coming if row.public_holiday
    }
    choices = [
        (day, words)
        for day, words in _holiday_choices(request, year)
        if date.fromisoformat(day) not in closed
    ]
    context = {
        "closures": coming,
        "year": year,
        "choose_year": YearForm(initial={"year": year}),
        "form": ClosureForm(request.clinic, initial={"first_day": today, "last_day": today}),
        "holidays": HolidaysForm(choices, initial={"year": year}),
        "choices": choices,
        "part": TOUCHES,
        **context,
    }
    return render(request, CLOSURES_PAGE, context, status=status)
