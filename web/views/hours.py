"""The hours' pages: a clinic's week, one resource's weekly hours and own days, absences, closures.

Every change is one form. One that would take hours from booked visits shows them and the way to the repair.
"""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.contrib import messages
from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Conflict, Problem
from scheduler.access import CHANGE_HOURS, RECORD_ABSENCE
from scheduler.models import Absence, Closure, DayHours, Resource, WorkingPattern
from scheduler.visits import queries
from scheduler.working_hours import holiday_calendar, timetable, working_time
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm
from web.templatetags.chairside import local_moment, short_day
from web.views.hours_form import (
    AbsenceForm,
    ClosureForm,
    DayHoursForm,
    EndForm,
    HolidaysForm,
    WeekForm,
    WeeklyForm,
    WhoForm,
    YearForm,
    stretches,
)

# --- What stands ------------------------------------------------------------------------------------------


@staff_page(RECORD_ABSENCE, methods=["GET"])
def week(request: StaffRequest) -> HttpResponse:
    """Everybody's hours in one week: this one, or that of the day that the form asks for."""
    today = _today(request)
    asked = WeekForm(request.GET)
    day = asked.cleaned_data["week"] if asked.is_valid() else today
    shown = timetable.week(request.clinic, day)
    context = {
        "week": shown,
        "today": today,
        "before": shown.days[0] - working_time.ONE_DAY,
        "after": shown.days[-1] + working_time.ONE_DAY,
        "choose": WeekForm(initial={"week": shown.days[0]}),
        "may_change": request.actor.may(CHANGE_HOURS, request.clinic.pk),
    }
    return render(request, "web/hours/week.html", context)


@staff_page(RECORD_ABSENCE, methods=["GET"])
def resource_hours(request: StaffRequest, pk: UUID) -> HttpResponse:
    """All that is declared about one chair, nurse or clinician, from today on."""
    resource = _resource(request, RECORD_ABSENCE, pk)
    now = clock.now()
    context = {
        "resource": resource,
        "today": _today(request),
        "patterns": timetable.patterns_to_come(resource, _today(request)),
        "days": timetable.days_to_come(resource, _today(request)),
        "absences": timetable.absences_to_come(resource, now),
        "may_change": request.actor.may(CHANGE_HOURS, request.clinic.pk),
    }
    return render(request, "web/hours/resource.html", context)


# --- Weekly hours and single days -------------------------------------------------------------------------


@staff_page(CHANGE_HOURS)
def weekly(request: StaffRequest, pk: UUID) -> HttpResponse:
    """New weekly hours. What stands there already is shown first, and gives way when they are sent again."""
    resource = _resource(request, CHANGE_HOURS, pk)
    form = WeeklyForm(request.POST or None, initial={"valid_from": _today(request)})
    context: dict[str, Any] = {"resource": resource, "form": form}
    if request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("weekdays", "hours", "valid_from", "valid_until")}
        try:
            _once(
                request,
                form,
                "working_hours",
                make=lambda id: working_time.set_pattern(
                    actor=request.actor,
                    id=id,
                    resource=resource,
                    in_place_of=form.cleaned_data["in_place_of"],
                    now=clock.now(),
                    **asked,
                ),
                find=lambda id: working_time.patterns_made(
                    working_time.pattern_ids(id, asked["weekdays"], asked["hours"])
                ),
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
            if problem.code == "hours_changed":
                standing = problem.data["standing"]
                form = WeeklyForm(_with(request, in_place_of=" ".join(map(str, standing))))
                form.refused_with = problem.status
                context["form"] = form
                context["standing"] = WorkingPattern.objects.filter(pk__in=standing).order_by(
                    "weekday", "valid_from", "starts_at"
                )
        else:
            messages.success(request, f"{resource.name}'s weekly hours are set.")
            return redirect("resource_hours", pk=resource.pk)
    return render(request, "web/hours/weekly.html", context, status=form.status)


@staff_page(CHANGE_HOURS)
def end_pattern(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The last day of weekly hours."""
    patterns = WorkingPattern.objects.filter(resource__clinic=request.clinic).select_related(
        "resource__clinic"
    )
    pattern = access.fetch(request.actor, patterns, CHANGE_HOURS, pk=pk)
    form = EndForm(request.POST or None, initial={"last_day": _today(request)})
    context = {"pattern": pattern, "resource": pattern.resource, "form": form}
    if request.method == "POST" and form.is_valid():
        last_day = form.cleaned_data["last_day"]
        try:
            ended = working_time.end_pattern(
                actor=request.actor, pattern=pattern, last_day=last_day, now=clock.now()
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
        else:
            messages.success(
                request, "These hours end on that day." if ended else "These hours are taken back."
            )
            return redirect("resource_hours", pk=pattern.resource_id)
    return render(request, "web/hours/end.html", context, status=form.status)


@staff_page(CHANGE_HOURS)
def day(request: StaffRequest, pk: UUID, on: date) -> HttpResponse:
    """One day's own hours in place of the weekly ones; all left empty, it doesn't work on this day."""
    resource = _resource(request, CHANGE_HOURS, pk)
    hours, own = timetable.hours_of_day(resource, on)
    shown = {**stretches(hours), "in_place_of": own.pk if own else None}
    form = DayHoursForm(request.POST or None, initial=shown)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        try:
            _once(
                request,
                form,
                "day_hours",
                make=lambda id: working_time.set_day(
                    actor=request.actor,
                    id=id,
                    resource=resource,
                    day=on,
                    hours=form.cleaned_data["hours"],
                    in_place_of=form.cleaned_data["in_place_of"],
                    now=clock.now(),
                ),
                find=lambda id: DayHours.objects.get(pk=id),
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
            if problem.code == "hours_changed":
                form = DayHoursForm(_with(request, in_place_of=own.pk if own else ""))
                form.add_problem(problem)
                context["form"] = form
        else:
            messages.success(request, f"{resource.name}'s hours on {short_day(on)} are set.")
            for words in _above_the_hours(resource, on):
                messages.warning(request, f"{words} That stands above the day's own hours.")
            return _to_week(on)
    return _show_day(request, resource, on, own, context, status=form.status)


@staff_page(CHANGE_HOURS, methods=["POST"])
def clear_day(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Back to the weekly hours."""
    days = DayHours.objects.filter(resource__clinic=request.clinic).select_related("resource__clinic")
    own = access.fetch(request.actor, days, CHANGE_HOURS, pk=pk)
    try:
        working_time.clear_day(actor=request.actor, day_hours=own, now=clock.now())
    except Conflict as problem:
        hours = [(start, until) for start, until in own.hours]
        form = DayHoursForm(initial={**stretches(hours), "in_place_of": own.pk})
        context = {"form": form, "refusal": problem, **_stranded(request, problem)}
        return _show_day(request, own.resource, own.day, own, context, status=problem.status)
    messages.success(request, f"The weekly hours of {own.resource.name} hold again on this day.")
    return _to_week(own.day)


# --- Absences and closures --------------------------------------------------------------------------------


@staff_page(RECORD_ABSENCE)
def new_absence(request: StaffRequest) -> HttpResponse:
    """Somebody is ill, a chair is broken: from the first day to the last, or to the minute."""
    who = WhoForm(request.GET)
    asked = who.cleaned_data if who.is_valid() else {}
    first = asked.get("day") or _today(request)
    shown = {"resource": asked.get("resource"), "first_day": first, "last_day": first}
    form = AbsenceForm(request.clinic, request.POST or None, initial=shown)
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _once(
                request,
                form,
                "absence",
                make=lambda id: working_time.record_absence(
                    actor=request.actor,
                    id=id,
                    now=clock.now(),
                    **{name: data[name] for name in ("resource", "reason", "start", "end")},
                ),
                find=lambda id: Absence.objects.get(pk=id),
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
        else:
            messages.success(request, f"{data['resource'].name}'s absence is recorded.")
            return _to_week(data["first_day"])
    return render(request, "web/hours/absence.html", context, status=form.status)


@staff_page(RECORD_ABSENCE, methods=["POST"])
def withdraw_absence(request: StaffRequest, pk: UUID) -> HttpResponse:
    absences = Absence.objects.filter(resource__clinic=request.clinic).select_related("resource__clinic")
    absence = access.fetch(request.actor, absences, RECORD_ABSENCE, pk=pk)
    working_time.withdraw_absence(actor=request.actor, absence=absence, now=clock.now())
    messages.success(request, "The absence is taken back: its hours are open again.")
    return redirect("resource_hours", pk=absence.resource_id)


@staff_page(CHANGE_HOURS)
def closures(request: StaffRequest) -> HttpResponse:
    """When the whole clinic is closed; one more, for whole days or part of one."""
    today = _today(request)
    form = ClosureForm(request.clinic, request.POST or None, initial={"first_day": today, "last_day": today})
    context: dict[str, Any] = {"form": form}
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            _once(
                request,
                form,
                "closure",
                make=lambda id: working_time.close(
                    actor=request.actor,
                    id=id,
                    clinic=request.clinic,
                    now=clock.now(),
                    **{name: data[name] for name in ("name", "start", "end")},
                ),
                find=lambda id: Closure.objects.get(pk=id),
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
        else:
            messages.success(request, "The clinic is closed then.")
            return redirect("closures")
    return _show_closures(request, context, status=form.status)


@staff_page(CHANGE_HOURS, methods=["POST"])
def close_holidays(request: StaffRequest) -> HttpResponse:
    """The clinic is closed on the holidays that were ticked: on all of them, or nothing is written."""
    asked = YearForm(request.POST)
    year = asked.cleaned_data["year"] if asked.is_valid() else _today(request).year
    form = HolidaysForm(_holiday_choices(request, year), request.POST)
    context: dict[str, Any] = {"holidays": form, "year": year}
    if form.is_valid():
        try:
            _once(
                request,
                form,
                "closures",
                make=lambda id: working_time.close_holidays(
                    actor=request.actor,
                    id=id,
                    clinic=request.clinic,
                    days=form.cleaned_data["days"],
                    now=clock.now(),
                ),
                find=lambda id: Closure.objects.filter(
                    pk__in=working_time.holiday_ids(id, form.cleaned_data["days"])
                ).earliest("during"),
            )
        except Problem as problem:
            context |= _refused(request, form, problem)
        else:
            messages.success(request, "The clinic is closed on these holidays.")
            return redirect("closures")
    return _show_closures(request, context, status=form.status)


@staff_page(CHANGE_HOURS, methods=["POST"])
def reopen(request: StaffRequest, pk: UUID) -> HttpResponse:
    closure = access.fetch(request.actor, Closure.objects.filter(clinic=request.clinic), CHANGE_HOURS, pk=pk)
    working_time.reopen(actor=request.actor, closure=closure, now=clock.now())
    messages.success(request, "The clinic is open then after all.")
    return redirect("closures")


# --- What these views share -------------------------------------------------------------------------------


def _today(request: StaffRequest) -> date:
    return clock.local_date(clock.now(), request.clinic.time_zone)


def _resource(request: StaffRequest, permission: access.Permission, pk: UUID) -> Resource:
    resources = Resource.objects.filter(clinic=request.clinic).select_related("clinic")
    return access.fetch(request.actor, resources, permission, pk=pk)


def _once(
    request: StaffRequest,
    form: Form,
    noun: str,
    *,
    make: Callable[[UUID], Any],
    find: Callable[[UUID], Any],
) -> None:
    """The form's change, once however often it is sent; refused when it was taken back since."""
    id = form.cleaned_data["id"]
    create_once(
        actor=request.actor,
        noun=noun,
        id=id,
        body={"path": request.path, **{name: request.POST.getlist(name) for name in form.fields}},
        make=lambda: make(id),
        find=lambda: find(id),
    )


def _with(request: StaffRequest, **changed: Any) -> QueryDict:
    """What was sent, with something else in a hidden field."""
    data = request.POST.copy()
    for name, value in changed.items():
        data[name] = value
    return data


def _refused(request: StaffRequest, form: ChangeForm, problem: Problem) -> dict[str, Any]:
    """The refusal at the form, and the visits that stand in the way."""
    form.add_problem(problem)
    return _stranded(request, problem)


def _stranded(request: StaffRequest, problem: Problem) -> dict[str, Any]:
    """The visits that a refusal names, with what each would lose, and the way to the repair of each day."""
    if problem.code != "visits_stranded":
        return {}
    needs: dict[UUID, list[str]] = {}
    for row in problem.data["visits"]:
        needs.setdefault(row["appointment"], []).append(row["resource"]["name"])
    found = queries.visits().filter(clinic=request.clinic, pk__in=needs).order_by("during", "pk")
    return {
        "stranded": [(appointment, needs[appointment.pk]) for appointment in found],
        "repairs": [(repair["day"], _as_query(repair)) for repair in problem.data["repairs"]],
    }


def _as_query(repair: dict[str, Any]) -> str:
    """What the repair page is to be opened with."""
    query = {"from": repair["from"].isoformat(), "until": repair["until"].isoformat()}
    if repair["resource"]:
        query["resource"] = str(repair["resource"])
    return urlencode(query)


def _to_week(on: date) -> HttpResponse:
    response = redirect("hours")
    response["Location"] += f"?week={on}"
    return response


def _show_day(
    request: StaffRequest,
    resource: Resource,
    on: date,
    own: DayHours | None,
    context: dict[str, Any],
    *,
    status: int,
) -> HttpResponse:
    above = _above_the_hours(resource, on)
    context = {"resource": resource, "day": on, "own": own, "above": above, **context}
    return render(request, "web/hours/day.html", context, status=status)


def _above_the_hours(resource: Resource, on: date) -> list[str]:
    """What keeps this day's hours from opening, a sentence each."""
    absences, closures = timetable.above_the_hours(resource, on)
    return [
        *(
            f"{resource.name} is away: {absence.get_reason_display()}, {_span(absence)}."
            for absence in absences
        ),
        *(f"The clinic is closed: {closure.name}, {_span(closure)}." for closure in closures),
    ]


def _span(row: Absence | Closure) -> str:
    return f"{local_moment(row.during.lower)} to {local_moment(row.during.upper)}"


def _holiday_choices(request: StaffRequest, year: int) -> list[tuple[str, str]]:
    """The year's holidays still to come; none for a clinic without a calendar."""
    try:
        found = holiday_calendar.public_holidays(request.clinic, year)
    except Problem:
        return []
    return [
        (holiday.day.isoformat(), f"{holiday.day:%a, %b} {holiday.day.day}: {holiday.name}")
        for holiday in found
        if holiday.day >= _today(request)
    ]


def _show_closures(request: StaffRequest, context: dict[str, Any], *, status: int) -> HttpResponse:
    """The closures to come, and a year's holidays that are not among them."""
    today = _today(request)
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
        **context,
    }
    return render(request, "web/hours/closures.html", context, status=status)
