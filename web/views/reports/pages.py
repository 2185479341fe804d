"""The way to the reports: what each came to in a period, each by itself, and its tables as files."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render
from django.urls import reverse

from clinic import clock
from clinic.problems import Invalid, Missing
from notifications.access import VIEW_STAGE_FIGURES
from scheduler.access import MANAGE_FEEDS, VIEW_REPORTS
from web.doors import StaffRequest, staff_page
from web.files import csv_answer
from web.views.reports import (
    attendance,
    booking_ahead,
    busy_days,
    durations,
    side_effects,
    use,
)
from web.views.reports.asking import Asked, PeriodForm, faults_of, period_form, read, report_form
from web.views.reports.shape import Report


@dataclass(frozen=True)
class Kind:
    """One report. `narrowed`: it may be asked of one protocol or one indication; what belongs to chairs and
    nurses belongs to no protocol. `files` are the names of its tables."""

    name: str
    title: str
    icon: str
    asks: str
    make: Callable[[Asked, datetime], Report]
    files: tuple[str, ...]
    narrowed: bool = True

    def address(self, asked: Asked) -> str:
        """Its page, of the same days."""
        return f"{reverse(f'report-{self.name}')}?{asked.address}"


# In the order of the page.
KINDS: Final = (
    Kind(
        "use",
        "Use of chairs and nurses",
        "chair",
        "When in the week is there room, and when is everything taken?",
        use.report,
        ("chair-hours", "nurse-hours", "utilisation"),
        narrowed=False,
    ),
    Kind(
        "attendance",
        "No-shows and cancellations",
        "people",
        "Who came, and what had they been told?",
        attendance.report,
        ("reminders", "attendance"),
    ),
    Kind(
        "booking-ahead",
        "Booking ahead and spacing",
        "calendar",
        "How far ahead is booked, and do series keep their days?",
        booking_ahead.report,
        ("lead-time", "spacing", "outside-spacing"),
    ),
    Kind(
        "busy-days",
        "Level of the days",
        "chart",
        "On which days does the nurses' load come in waves?",
        busy_days.report,
        ("busy-days",),
        narrowed=False,
    ),
    Kind(
        "durations",
        "How long visits take",
        "clock",
        "Does the plan hold, and do infusions begin on time?",
        durations.report,
        ("durations", "durations-by-protocol", "starts"),
    ),
    Kind(
        "side-effects",
        "Side effects by grade",
        "heart",
        "How much harm stands beside the benefit?",
        side_effects.report,
        ("side-effect-rates", "side-effects", "side-effects-told", "side-effects-by-protocol"),
    ),
)
BY_NAME: Final = {kind.name: kind for kind in KINDS}
BY_FILE: Final = {file: kind for kind in KINDS for file in kind.files}


@staff_page(VIEW_REPORTS, methods=["GET"])
def overview(request: StaffRequest) -> HttpResponse:
    """What every report came to in the period that is asked for, or in the last four weeks."""
    form = period_form(request)
    asked, now = read(request, form), clock.now()
    context = {
        "form": form,
        "asked": asked,
        "paper": asked.words(form) if asked else [],
        "now": now,
        "told": [(kind, kind.address(asked), kind.make(asked, now)) for kind in KINDS] if asked else [],
        "manages_feeds": request.actor.may(MANAGE_FEEDS, request.clinic.pk),
        "sees_messages": request.actor.may(VIEW_STAGE_FIGURES, request.clinic.pk),
    }
    return render(request, "web/reports/overview.html", context, status=form.status)


@staff_page(VIEW_REPORTS, methods=["GET"])
def one(request: StaffRequest, name: str) -> HttpResponse:
    """One report: its pictures, each with its table below."""
    kind = BY_NAME[name]
    form = _form(request, kind)
    asked, now = read(request, form), clock.now()
    context = {
        "kind": kind,
        "form": form,
        "asked": asked,
        "paper": asked.words(form) if asked else [],
        "now": now,
        "report": kind.make(asked, now) if asked else None,
    }
    return render(request, "web/reports/report.html", context, status=form.status)


@staff_page(VIEW_REPORTS, methods=["GET"])
def table_file(request: StaffRequest, name: str) -> HttpResponse:
    """One table as a CSV file. Raises `Missing` for a table that there isn't, `Invalid` for no period, for a
    period that is none, and for a protocol or an indication that this clinic doesn't have."""
    if name not in BY_FILE:
        raise Missing
    kind = BY_FILE[name]
    form = _form(request, kind)
    asked = read(request, form)
    if asked is None:
        raise Invalid(faults_of(form))
    report = kind.make(asked, clock.now())
    table = next(each for each in report.tables if each.name == name)
    return csv_answer(f"{name}-{asked.period.first}-{asked.period.last}", table.header, table.rows)


def _form(request: StaffRequest, kind: Kind) -> PeriodForm:
    return report_form(request) if kind.narrowed else period_form(request)
