"""What one of the staff did, for a manager: the charts that they opened, and what happened at their sign-ins.
Each look here is written down, and told below. Their own sign-ins everybody reads under `own`.
"""

from collections.abc import Iterator
from typing import Any, Final
from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import access
from clinic.access import VIEW_STAFF_ACTIVITY
from clinic.models import Member
from clinic.periods import Period
from clinic.problems import Invalid
from clinic.staff import activity
from web.doors import StaffRequest, staff_page
from web.files import Cell, csv_answer
from web.paging import latest_first
from web.views.reports.asking import faults_of, period_form, read_period

DAYS_SHOWN: Final = 7
LOOKS_SHOWN: Final = 20


@staff_page(VIEW_STAFF_ACTIVITY, methods=["GET"])
def charts_opened(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Every look of theirs at a patient on some days; those of the last week where none are asked for."""
    member = _fetched(request, pk)
    form = period_form(request, usual=DAYS_SHOWN)
    period = read_period(request, form)
    context: dict[str, Any] = {"member": member, "form": form, "period": period}
    if period:
        context["page"] = latest_first(request.GET, activity.charts_opened(member, period), "at")
        access.log_staff_look(request.actor, member, what=f"charts opened, {activity.words_of(period)}")
    context["looks"] = activity.looks_at(member)[:LOOKS_SHOWN]
    return render(request, "web/staff/charts_opened.html", context, status=form.status)


@staff_page(VIEW_STAFF_ACTIVITY, methods=["GET"])
def charts_opened_file(request: StaffRequest, pk: UUID) -> HttpResponse:
    """All of them as a CSV file, the latest first. Raises `Invalid` for days that are none."""
    member = _fetched(request, pk)
    form = period_form(request, usual=DAYS_SHOWN)
    period = read_period(request, form)
    if period is None:
        raise Invalid(faults_of(form))
    access.log_staff_look(
        request.actor, member, what=f"charts opened, {activity.words_of(period)}, as a file"
    )
    header = ["When", "Patient", "MRN", "What"]
    return csv_answer(f"charts-opened-{period.first}-{period.last}", header, _rows(member, period))


@staff_page(VIEW_STAFF_ACTIVITY, methods=["GET"])
def sign_ins(request: StaffRequest, pk: UUID) -> HttpResponse:
    """What happened at their sign-ins while they worked here."""
    member = _fetched(request, pk)
    page = latest_first(request.GET, activity.sign_ins(member), "at")
    access.log_staff_look(request.actor, member, what="sign-ins")
    context = {"member": member, "page": page, "looks": activity.looks_at(member)[:LOOKS_SHOWN]}
    return render(request, "web/staff/sign_ins.html", context)


def _fetched(request: StaffRequest, pk: UUID) -> Member:
    mine = Member.objects.filter(clinic=request.clinic).select_related("clinic", "user")
    return access.fetch(request.actor, mine, VIEW_STAFF_ACTIVITY, pk=pk)


def _rows(member: Member, period: Period) -> Iterator[list[Cell]]:
    for look in activity.charts_opened(member, period).iterator(chunk_size=2_000):
        at = timezone.localtime(look.at).isoformat(timespec="seconds")
        yield [at, look.patient.full_name, look.patient.mrn, look.what]
