"""A longer recovery for a visit: its chair and its nurse are kept longer. Asked, shown, carried out.

As in `moving`: the page stands by itself, and the day board asks `check_lengthening` while a block's end
rests somewhere.
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.problems import Conflict, Invalid
from notifications.planning import rules
from notifications.reporting.preview import way_of_notice
from scheduler.access import BOOK
from scheduler.finding.availability import GRID_MINUTES
from scheduler.models import MOST_EXTRA_RECOVERY, Appointment, AppointmentStatus
from scheduler.visits import lengthening, queries
from scheduler.vocabulary import wall_time
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, DayField, WholeNumberField
from web.views.booking.place import appointment_of, board_of, on_board


class LengthenForm(ChangeForm):
    """`board` is the day on whose board it was asked."""

    extra_recovery_minutes = WholeNumberField(
        label="Recovery beyond the protocol",
        unit="min",
        widget=forms.NumberInput(attrs={"min": 0, "max": MOST_EXTRA_RECOVERY, "step": GRID_MINUTES}),
        help_text="The chair and its nurse are kept so much longer. 0: as the protocol says.",
    )
    board = DayField(widget=forms.HiddenInput, required=False)


@staff_page(BOOK)
def lengthen(request: StaffRequest, pk: UUID) -> HttpResponse:
    """How long the recovery is kept, and until when that would be; sent, it is kept."""
    appointment = appointment_of(request, pk)
    board = board_of(request)
    stands = {"extra_recovery_minutes": appointment.extra_recovery_minutes, "board": board}
    asked_in_address = request.GET if "extra_recovery_minutes" in request.GET else None
    form = LengthenForm(request.POST or asked_in_address, initial=stands)
    context: dict[str, Any] = {
        "appointment": appointment,
        "board": board,
        "form": form,
        "visit": queries.booked_visit(appointment),
    }
    if form.is_valid():
        minutes = form.cleaned_data["extra_recovery_minutes"]
        try:
            if request.method == "POST":
                return _carry_out(request, appointment, minutes, board)
            asked = lengthening.check(
                appointment=appointment, extra_recovery_minutes=minutes, now=clock.now()
            )
        except Conflict as refusal:
            if "blockers" not in refusal.data:
                raise
            form.refused_with = refusal.status
            context |= refusal.data
        except Invalid as problem:
            form.add_problem(problem)
        else:
            context |= {
                "end": asked.decision.end,
                "blockers": asked.blockers,
                "longest": asked.longest,
                "told": _told(appointment, minutes),
            }
    template = "web/board/lengthen.html" if getattr(request, "htmx", False) else "web/desk/lengthen.html"
    return render(request, template, context, status=form.status)


@staff_page(BOOK, methods=["GET"])
def check_lengthening(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Whether the chair and its nurse could be kept for so long: a part of the board."""
    appointment = appointment_of(request, pk)
    form = LengthenForm(request.GET)
    if not form.is_valid():
        raise Invalid({"extra_recovery_minutes": "Give a number of minutes."})
    minutes = form.cleaned_data["extra_recovery_minutes"]
    context: dict[str, Any] = {"extra": minutes}
    try:
        asked = lengthening.check(appointment=appointment, extra_recovery_minutes=minutes, now=clock.now())
    except Invalid as problem:
        context["blockers"] = problem.data["errors"]
    else:
        context |= {"end": asked.decision.end, "blockers": asked.blockers}
    return render(request, "web/board/lengthen_check.html", context)


def _carry_out(request: StaffRequest, appointment: Appointment, minutes: int, board: Any) -> HttpResponse:
    visit = lengthening.lengthen(
        actor=request.actor, appointment=appointment, extra_recovery_minutes=minutes, now=clock.now()
    )
    until = wall_time(visit.ends_at, request.clinic.time_zone)
    messages.success(request, f"The chair and its nurse are kept until {until}.")
    return redirect(on_board(board, visit.pk)) if board else redirect("visit", pk=visit.pk)


def _told(appointment: Appointment, minutes: int) -> str:
    """What the patient will hear of it, and how."""
    if appointment.status != AppointmentStatus.BOOKED:
        return "Is here: tell them, and who picks them up."
    if minutes == appointment.extra_recovery_minutes:
        return "Hears nothing of it: nothing changes."
    if appointment.starts_at <= clock.now():
        return "Is told by nobody but you: tell them when they come."
    form, why_not = way_of_notice(appointment, rules.CHANGE)
    if form is None:
        return f"Is told by nobody but you: call them. {why_not}"
    return f"Is told by {form.label.lower()} when the visit ends."
