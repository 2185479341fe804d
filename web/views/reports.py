"""The reports' pages: a period's figures, each as a table and as a file, and one day's level as a dry run."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any, Final

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Busy, Invalid, Missing
from notifications.access import VIEW_STAGE_FIGURES
from scheduler.access import MANAGE_FEEDS, VIEW_REPORTS
from scheduler.finding.availability import moment_of
from scheduler.levelling.level_report import DayLevel, level_of_day
from scheduler.reporting.reports import Period
from web.doors import StaffRequest, staff_page
from web.files import csv_answer
from web.forms import ChangeForm, DayField
from web.plots.marks import Tick
from web.plots.paths import polyline, stair
from web.plots.scale import Scale
from web.report_tables import TABLES, level_gains, level_table

DAYS_SHOWN: Final = 28
# The curve's own units; the page scales it.
WIDTH, HEIGHT = 600, 160
# With more hours than these below the curve, only every fourth is written.
MOST_HOURS: Final = 14


class PeriodForm(ChangeForm):
    first = DayField(label="From")
    last = DayField(label="Through")


class LevelForm(ChangeForm):
    day = DayField(label="Day")


@dataclass(frozen=True)
class Curve:
    """The load of one day's nurses as the points of a picture 600 wide and 160 high, and its words."""

    title: str
    load: str
    duty: str
    hours: list[Tick]
    closing: float
    words: str


def period_form(request: StaffRequest) -> PeriodForm:
    """The period that is asked for, or the last four weeks."""
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    usual = {"first": today - timedelta(days=DAYS_SHOWN - 1), "last": today}
    return PeriodForm(request.GET if request.GET else usual)


@staff_page(VIEW_REPORTS, methods=["GET"])
def reports(request: StaffRequest) -> HttpResponse:
    """Every table of the period that is asked for, or of the last four weeks."""
    form = period_form(request)
    context = {
        "form": form,
        "tables": _tables(request.clinic, form),
        "address": request.GET.urlencode(),
        "manages_feeds": request.actor.may(MANAGE_FEEDS, request.clinic.pk),
        "sees_messages": request.actor.may(VIEW_STAGE_FIGURES, request.clinic.pk),
        "today": clock.local_date(clock.now(), request.clinic.time_zone),
    }
    return render(request, "web/reports/reports.html", context, status=form.status)


@staff_page(VIEW_REPORTS, methods=["GET"])
def report_file(request: StaffRequest, name: str) -> HttpResponse:
    """One table as a CSV file. Raises `Missing` for a table that there isn't, `Invalid` for no period."""
    if name not in TABLES:
        raise Missing
    form = period_form(request)
    if not form.is_valid():
        raise Invalid({"period": "Give a first and a last day, such as 2027-01-01 and 2027-01-31."})
    period = Period.of(request.clinic, form.cleaned_data["first"], form.cleaned_data["last"])
    table = TABLES[name](request.clinic, period, clock.now())
    return csv_answer(f"{name}-{period.first}-{period.last}", table.header, table.rows)


@staff_page(VIEW_REPORTS, methods=["GET"])
def level_day(request: StaffRequest) -> HttpResponse:
    """A day as it is booked beside the most level day of the same visits. Nothing is changed."""
    now = clock.now()
    today = clock.local_date(now, request.clinic.time_zone)
    form = LevelForm(request.GET if request.GET else {"day": today})
    context: dict[str, Any] = {"form": form}
    if form.is_valid():
        day: date = form.cleaned_data["day"]
        context |= {"day": day, "before": day - timedelta(days=1), "after": day + timedelta(days=1)}
        try:
            found = level_of_day(request.clinic, day, now=now)
        except Busy as problem:
            form.add_problem(problem)
        else:
            context |= {"found": found, "nothing": found is None}
            if found:
                gains = level_gains(found)
                context |= {"table": level_table(found), "curves": _curves(found), "gains": gains}
    return render(request, "web/reports/level.html", context, status=form.status)


def _tables(clinic: Clinic, form: PeriodForm) -> list[Any]:
    """None where the form is refused; the refusal stands at its field."""
    if not form.is_valid():
        return []
    try:
        period = Period.of(clinic, form.cleaned_data["first"], form.cleaned_data["last"])
    except Invalid as problem:
        form.add_problem(problem)
        return []
    now = clock.now()
    return [table(clinic, period, now) for table in TABLES.values()]


def _curves(found: DayLevel) -> list[Curve]:
    """Both days on the same scales."""
    days = [("As booked", found.booked)]
    if found.template:
        days.append(("Template", found.template))
    steps = [step for _, measures in days for step in measures.steps]
    low, high = min(step.minute for step in steps), max(step.minute for step in steps)
    across = Scale(low, high, 0, WIDTH)
    up = Scale(0, max(max(step.duty, step.load) for step in steps), HEIGHT, 0)
    hours = _hours(low, high, across)

    def outline(levels: Iterable[tuple[int, int]]) -> str:
        places = [(across.at(minute), up.at(units)) for minute, units in levels]
        return polyline(stair([(0, HEIGHT), *places, (WIDTH, HEIGHT)]))

    return [
        Curve(
            title=title,
            load=outline((step.minute, step.load) for step in measures.steps),
            duty=outline((step.minute, step.duty) for step in measures.steps),
            hours=hours,
            closing=across.at(found.closing.timestamp() / 60),
            words=f"{title}: at most {measures.peak} of {measures.peak_duty} units of nursing load.",
        )
        for title, measures in days
    ]


def _hours(low: int, high: int, across: Scale[float]) -> list[Tick]:
    """Every second or fourth full hour between two minutes, from the first one on."""
    minutes = range(-(-low // 60) * 60, high + 1, 60)
    every = 2 if len(minutes) <= MOST_HOURS else 4
    named = [(minute, timezone.localtime(moment_of(minute)).hour) for minute in minutes]
    return [
        Tick(across.at(minute), f"{hour}:00") for minute, hour in named if (hour - named[0][1]) % every == 0
    ]
