"""Who looked at a chart, and every change of the patient's details."""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from uuid import UUID

from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone

from clinic import access, queries
from clinic.models import AccessLog
from web.doors import StaffRequest, staff_page

ROWS = 50


@staff_page(access.VIEW_ACCESS_LOG, methods=["GET"])
def who_looked(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Everybody who looked at the chart, and every change of the patient's details."""
    patient = access.open_chart(request.actor, access.VIEW_ACCESS_LOG, pk, what="access log")
    page = Paginator(queries.looks_at(patient), ROWS).get_page(request.GET.get("page"))
    context = {
        "patient": patient,
        "page": page,
        "looks": grouped(page.object_list),
        "changes": queries.changes_of(patient),
    }
    return render(request, "web/patients/who_looked.html", context)


def grouped(looks: Iterable[AccessLog]) -> list[list[AccessLog]]:
    """Looks of one person at one thing, one after the other on one day, together; the latest first."""

    def same(look: AccessLog) -> tuple[UUID, str, date]:
        return look.user_id, look.what, timezone.localdate(look.at)

    return [list(group) for _, group in groupby(looks, key=same)]
