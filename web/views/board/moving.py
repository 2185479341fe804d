"""Another time or another chair for a visit: asked, shown, carried out. A longer recovery is `lengthening`'s.

Each page stands by itself. The day board asks `check_move` while a block rests somewhere, and shows the page
that carries it out as a dialog (`board_move.js`): then it is answered as a part of a page.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.problems import Conflict, Invalid, Stale
from notifications.planning import rules
from notifications.reporting.preview import way_of_notice
from scheduler.access import BOOK
from scheduler.finding.fasting import NOT_ASKED
from scheduler.models import Appointment, AppointmentStatus
from scheduler.visits import booking, moving, queries
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, DayField, LocalDateTimeField
from web.views.booking.place import appointment_of, on_board, resource_of
from web.views.booking.times import LONGEST_SEARCH, look

NO_PLACE: Final = "Give a time on the five-minute grid and a chair of the clinic."


class MoveForm(ChangeForm):
    """What the page that confirms a move carries along. `was` is where whoever asks has seen the visit, and
    `board` the day on whose board that was."""

    start = LocalDateTimeField(widget=forms.HiddenInput)
    chair = forms.UUIDField(widget=forms.HiddenInput, required=False)
    nurse = forms.UUIDField(widget=forms.HiddenInput, required=False)
    was = LocalDateTimeField(widget=forms.HiddenInput, required=False)
    board = DayField(widget=forms.HiddenInput, required=False)
    search = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_SEARCH)
    fasted = forms.BooleanField(widget=forms.HiddenInput, required=False)


@staff_page(BOOK, methods=["GET"])
def choose_time(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Two weeks of times to which the visit could be moved, as if it stood nowhere."""
    appointment = appointment_of(request, pk)
    asked = look(
        request,
        appointment.plan,
        begin=clock.local_date(appointment.starts_at, request.clinic.time_zone),
        without=(appointment.pk,),
        extra_recovery=appointment.extra_recovery_minutes,
        now=clock.now(),
    )
    context = {**asked.context, "appointment": appointment}
    return render(request, "web/desk/move_times.html", context)


@staff_page(BOOK)
def move(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Shows what the move would change, or all that stands against it; sent, it moves."""
    appointment = appointment_of(request, pk)
    sending = request.method == "POST"
    form = MoveForm(request.POST if sending else request.GET)
    if not form.is_valid():
        return redirect("visit_choose_time", pk=pk)
    asked = _asked(request, appointment, form)
    context: dict[str, Any] = {
        "appointment": appointment,
        "visit": queries.booked_visit(appointment),
        "form": form,
        "start": asked["start"],
        "nurse": asked["nurse"],
        "search": form.cleaned_data["search"],
        "board": form.cleaned_data["board"],
    }
    template = "web/board/move.html" if _is_part(request) else "web/desk/move.html"
    if sending:
        return _carry_out(request, asked, form.cleaned_data["fasted"], context, template)
    return render(request, template, context | _checked(request, asked, context))


def _checked(request: StaffRequest, asked: dict[str, Any], context: dict[str, Any]) -> dict[str, Any]:
    appointment = asked["appointment"]
    answer = booking.check(actor=request.actor, plan=appointment.plan, **asked)
    return {
        "decision": answer.decision,
        "blockers": answer.blockers,
        "alternatives": answer.alternatives,
        "other_nurses": _nurses(answer.decision) != _nurses(context["visit"]),
        "told": _told(appointment, asked["start"]),
        "to_ask": None if appointment.status == AppointmentStatus.PENDING else answer.decision.to_ask,
    }


@staff_page(BOOK, methods=["GET"])
def check_move(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Whether the visit could be put down where it rests, and with whom: a part of the board."""
    appointment = appointment_of(request, pk)
    form = MoveForm(request.GET)
    if not form.is_valid():
        raise Invalid({"start": NO_PLACE})
    asked = _asked(request, appointment, form)
    answer = booking.check(actor=request.actor, plan=appointment.plan, **asked, seek=False)
    context = {"decision": answer.decision, "blockers": answer.blockers, "chair": asked["chair"]}
    return render(request, "web/board/move_check.html", context)


def _carry_out(
    request: StaffRequest, asked: dict[str, Any], fasted: bool, context: dict[str, Any], template: str
) -> HttpResponse:
    board = context["board"]
    try:
        visit = moving.reschedule(actor=request.actor, fasted=fasted, **asked)
    except (Stale, Conflict) as refusal:
        if refusal.code == NOT_ASKED:
            shown = {**context, **_checked(request, asked, context), "not_asked": refusal.detail}
            return render(request, template, shown, status=refusal.status)
        if "blockers" in refusal.data:
            return render(request, template, {**context, **refusal.data}, status=refusal.status)
        # The visit is no longer what was seen: the sentence stands above the board as it is by now.
        if not board:
            raise
        messages.error(request, refusal.detail)
        return redirect(on_board(board, asked["appointment"].pk))
    messages.success(request, "The visit is moved.")
    if board:
        return redirect(on_board(clock.local_date(visit.starts_at, request.clinic.time_zone), visit.pk))
    return redirect("visit", pk=visit.pk)


# --- What these views share ---------------------------------------------------------------------------


def _asked(request: StaffRequest, appointment: Appointment, form: MoveForm) -> dict[str, Any]:
    """What is asked of `booking`."""
    return {
        "appointment": appointment,
        "start": form.cleaned_data["start"],
        "chair": resource_of(request, form.cleaned_data["chair"]),
        "nurse": resource_of(request, form.cleaned_data["nurse"]),
        "was": form.cleaned_data["was"],
        "now": clock.now(),
    }


def _told(appointment: Appointment, start: datetime) -> str:
    """What the patient will hear of it, and how."""
    if start == appointment.starts_at:
        return "Hears nothing of it: the time stays."
    if appointment.status == AppointmentStatus.PENDING:
        return "Hears nothing of it: this time is only held."
    form, why_not = way_of_notice(appointment, rules.MOVE)
    if form is None:
        return f"Is told by nobody but you: call them. {why_not}"
    return f"Is told by {form.label.lower()} of the new time, and is asked to confirm it."


def _nurses(of: Any) -> list[UUID]:
    """Those of a visit or of a decision, in their order."""
    return [turn.nurse.pk for turn in of.nurses]


def _is_part(request: StaffRequest) -> bool:
    """Whether the board asks, for its dialog."""
    return bool(getattr(request, "htmx", False))
