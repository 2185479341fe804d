"""The hours' pages: a clinic's week, one resource's weekly hours and own days.

Every change is one form, which tells beside it what it would touch before it is made (`told`). One that
would take hours from booked visits shows them and the way to the repair. Absences and closures are in
`closed`.
"""

from datetime import date
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.problems import Conflict, Problem
from scheduler.access import CHANGE_HOURS, RECORD_ABSENCE
from scheduler.models import Absence, Closure, DayHours, Resource, WorkingPattern
from scheduler.working_hours import foreseeing, timetable, working_time
from web.doors import StaffRequest, staff_page
from web.templatetags.chairside import local_moment, short_day
from web.views import live_form
from web.views.hours import told
from web.views.hours.change import once, refused, resource_of, sent_with, stranded, to_week, today_of
from web.views.hours.form import DayHoursForm, EndForm, WeekForm, WeeklyForm, stretches

TOUCHES: Final = "web/hours/touches.html"

# --- What stands ------------------------------------------------------------------------------------------


@staff_page(RECORD_ABSENCE, methods=["GET"])
def week(request: StaffRequest) -> HttpResponse:
    """Everybody's hours in one week: this one, or that of the day that the form asks for."""
    today = today_of(request)
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
    resource = resource_of(request, RECORD_ABSENCE, pk)
    now = clock.now()
    context = {
        "resource": resource,
        "today": today_of(request),
        "touched": told.as_it_stands(foreseeing.week_as_it_is(resource, today_of(request))),
        "patterns": timetable.patterns_to_come(resource, today_of(request)),
        "days": timetable.days_to_come(resource, today_of(request)),
        "absences": timetable.absences_to_come(resource, now),
        "may_change": request.actor.may(CHANGE_HOURS, request.clinic.pk),
    }
    return render(request, "web/hours/resource.html", context)


# --- Weekly hours and single days -------------------------------------------------------------------------


@staff_page(CHANGE_HOURS)
def weekly(request: StaffRequest, pk: UUID) -> HttpResponse:
    """New weekly hours. What stands there already is shown first, and gives way when they are sent again."""
    resource = resource_of(request, CHANGE_HOURS, pk)
    today = today_of(request)
    form = WeeklyForm(today, request.POST or None, initial={"valid_from": today})
    context: dict[str, Any] = {"resource": resource}
    if live_form.is_check(request):
        form.is_valid()
        given: dict[str, Any] = {
            name: form.cleaned_data.get(name) for name in ("weekdays", "valid_from", "valid_until")
        }
        context["touched"] = told.told(
            request,
            form,
            lambda: foreseeing.weekly(
                resource=resource, hours=form.cleaned_data["hours"], now=clock.now(), **given
            ),
            says=told.of_week,
            picture=lambda foreseen: told.week_picture(foreseen.week),
            enough=bool(given["weekdays"] and given["valid_from"]),
        )
    elif request.method == "POST" and form.is_valid():
        asked = {name: form.cleaned_data[name] for name in ("weekdays", "hours", "valid_from", "valid_until")}
        try:
            once(
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
            context |= refused(request, form, problem)
            if problem.code == "hours_changed":
                standing = problem.data["standing"]
                form = WeeklyForm(today, sent_with(request, in_place_of=" ".join(map(str, standing))))
                form.refused_with = problem.status
                context["standing"] = WorkingPattern.objects.filter(pk__in=standing).order_by(
                    "weekday", "valid_from", "starts_at"
                )
        else:
            messages.success(request, f"{resource.name}'s weekly hours are set.")
            return redirect("resource_hours", pk=resource.pk)
    elif not form.is_bound:
        context["touched"] = told.as_it_stands(foreseeing.week_as_it_is(resource, today))
    return live_form.answer(request, form, "web/hours/weekly.html", TOUCHES, context, status=form.status)


@staff_page(CHANGE_HOURS)
def end_pattern(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The last day of weekly hours."""
    patterns = WorkingPattern.objects.filter(resource__clinic=request.clinic).select_related(
        "resource__clinic"
    )
    pattern = access.fetch(request.actor, patterns, CHANGE_HOURS, pk=pk)
    form = EndForm(request.POST or None, initial={"last_day": today_of(request)})
    context: dict[str, Any] = {"pattern": pattern, "resource": pattern.resource}
    if live_form.is_check(request):
        enough = form.is_valid()
        context["touched"] = told.told(
            request,
            form,
            lambda: foreseeing.pattern_end(
                pattern=pattern, last_day=form.cleaned_data["last_day"], now=clock.now()
            ),
            says=told.of_week,
            picture=lambda foreseen: told.week_picture(foreseen.week),
            enough=enough,
        )
    elif request.method == "POST" and form.is_valid():
        last_day = form.cleaned_data["last_day"]
        try:
            ended = working_time.end_pattern(
                actor=request.actor, pattern=pattern, last_day=last_day, now=clock.now()
            )
        except Problem as problem:
            context |= refused(request, form, problem)
        else:
            messages.success(
                request, "These hours end on that day." if ended else "These hours are taken back."
            )
            return redirect("resource_hours", pk=pattern.resource_id)
    return live_form.answer(request, form, "web/hours/end.html", TOUCHES, context, status=form.status)


@staff_page(CHANGE_HOURS)
def day(request: StaffRequest, pk: UUID, on: date) -> HttpResponse:
    """One day's own hours in place of the weekly ones; all left empty, it doesn't work on this day."""
    resource = resource_of(request, CHANGE_HOURS, pk)
    hours, own = timetable.hours_of_day(resource, on)
    shown = {**stretches(hours), "in_place_of": own.pk if own else None}
    form = DayHoursForm(request.POST or None, initial=shown)
    context: dict[str, Any] = {"form": form}
    if live_form.is_check(request):
        form.is_valid()
        context["touched"] = told.told(
            request,
            form,
            lambda: foreseeing.day(
                resource=resource, day=on, hours=form.cleaned_data["hours"], now=clock.now()
            ),
            says=told.of_days,
            picture=lambda _: told.day_picture(on, hours, form.cleaned_data["hours"]),
            enough=True,
        )
    elif request.method == "POST" and form.is_valid():
        try:
            once(
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
            context |= refused(request, form, problem)
            if problem.code == "hours_changed":
                form = DayHoursForm(sent_with(request, in_place_of=own.pk if own else ""))
                form.add_problem(problem)
                context["form"] = form
        else:
            messages.success(request, f"{resource.name}'s hours on {short_day(on)} are set.")
            for words in _above_the_hours(resource, on):
                messages.warning(request, f"{words} That stands above the day's own hours.")
            return to_week(on)
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
        context = {"form": form, "refusal": problem, **stranded(request, problem)}
        return _show_day(request, own.resource, own.day, own, context, status=problem.status)
    messages.success(request, f"The weekly hours of {own.resource.name} hold again on this day.")
    return to_week(own.day)


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
    return live_form.answer(request, context["form"], "web/hours/day.html", TOUCHES, context, status=status)


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
