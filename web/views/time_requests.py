"""A patient's request for another time, for the desk: what was chosen, and one button to move there."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import fetch, log_look
from clinic.problems import Conflict
from notifications.answering import times
from notifications.models import TimeRequest
from scheduler.access import BOOK, VIEW_SCHEDULE
from web.doors import StaffRequest, staff_page


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def time_request(request: StaffRequest, pk: UUID) -> HttpResponse:
    row = _fetch(request, pk)
    log_look(request.actor, row.appointment.patient, what="request for another time")
    return _show(request, row)


@staff_page(BOOK, methods=["POST"])
def carry_out(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Move the visit to the time that the patient chose, or book another one there in place of a missed one;
    a time that has gone is told on the same page."""
    row = _fetch(request, pk)
    try:
        times.carry_out(actor=request.actor, request=row, now=clock.now())
    except Conflict as conflict:
        return _show(request, row, conflict)
    done = "A new visit is booked at" if times.is_missed(row) else "The visit is moved to"
    messages.success(request, f"{done} the time that the patient chose.")
    return redirect("visit", row.appointment_id)


def _show(request: StaffRequest, row: TimeRequest, refused: Conflict | None = None) -> HttpResponse:
    context = {
        "row": row,
        "visit": row.appointment,
        "stands": times.stands(row, clock.now()),
        "moved": times.is_moved(row),
        "missed": times.is_missed(row),
        "may_move": request.actor.may(BOOK, row.clinic_id),
        "refused": refused,
        "refused_title": f"It can't be {'booked' if times.is_missed(row) else 'moved'} there.",
    }
    status = refused.status if refused else 200
    return render(request, "web/threads/time_request.html", context, status=status)


def _fetch(request: StaffRequest, pk: UUID) -> TimeRequest:
    rows = TimeRequest.objects.select_related("clinic", "appointment__patient")
    return fetch(request.actor, rows, VIEW_SCHEDULE, pk=pk)
