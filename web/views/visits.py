"""The pages of one visit: what it is and what became of it; checked in, confirmed, missed, cancelled, taken
back; and of one that is only held: booked, or given up. Another time for it is `board.moving`'s.

What can be done with it is also the menu that its block on the day board opens (`board_move.js`), which asks
for the visit's page as a part. What is sent from there says on which day's board that was, and leads back.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.problems import Conflict, Invalid, Problem, Stale
from notifications.reporting.untold import how_to_prepare, is_untold
from scheduler.access import BOOK, VIEW_SCHEDULE
from scheduler.models import Appointment, AppointmentStatus, CancellationReason
from scheduler.prescribing import safety_reviews
from scheduler.series.review import review
from scheduler.visits import attendance, booking, calling_off, lengthening, nearby, queries, versions
from scheduler.visits.visit_history import appointment_history
from scheduler.vocabulary import wall_time
from sessions_app.access import CONFIRM_READINESS, READ_SESSIONS
from sessions_app.models import Session
from sessions_app.preparing.readiness import in_doubt
from web.board.layout import by_name
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, LocalDateTimeField
from web.lengths import left_in_words
from web.views import readiness_answers
from web.views.board import looks
from web.views.booking.place import appointment_of, board_of, has_fasted, on_board

# Nobody comes any more: the way on is another visit.
GONE: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)
ONE_STEP_BACK: Final = {
    AppointmentStatus.CANCELLED: "Take the cancellation back",
    AppointmentStatus.NOSHOW: "Undo: missed",
    AppointmentStatus.ARRIVED: "Take the check-in back",
}


class CancelForm(ChangeForm):
    reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose the reason"), *CancellationReason.choices]
    )


class ConfirmForm(ChangeForm):
    """The start that the page showed, and that the patient was asked about."""

    was = LocalDateTimeField(required=False)


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    appointment = appointment_of(request, pk, VIEW_SCHEDULE)
    access.log_look(request.actor, appointment.patient, what="visit")
    return _show(request, appointment, CancelForm())


@staff_page(BOOK, methods=["POST"])
def check_in(request: StaffRequest, pk: UUID) -> HttpResponse:
    """To the day; refused, to the visit with the reason, such as a plan that is on hold."""
    appointment = appointment_of(request, pk)
    try:
        arrived = attendance.arrive(actor=request.actor, appointment=appointment, now=clock.now())
    except Conflict as refusal:
        return _show(request, appointment, CancelForm(), refusal=refusal)
    messages.success(request, f"{appointment.patient.full_name} is checked in.")
    return redirect(on_board(clock.local_date(arrived.starts_at, request.clinic.time_zone), pk))


@staff_page(BOOK, methods=["POST"])
def confirm_visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The patient has said yes on the telephone, to the time that stood on the page."""
    appointment, form = appointment_of(request, pk), ConfirmForm(request.POST)
    if not form.is_valid():
        raise Invalid({"was": "Open the visit afresh."})
    try:
        attendance.confirm(appointment=appointment, was=form.cleaned_data["was"], now=clock.now())
    except Stale as refusal:
        return _show(request, appointment_of(request, pk), CancelForm(), refusal=refusal)
    messages.success(request, "The visit is confirmed.")
    return _back(request, pk)


@staff_page(BOOK, methods=["POST"])
def mark_missed(request: StaffRequest, pk: UUID) -> HttpResponse:
    attendance.mark_no_show(actor=request.actor, appointment=appointment_of(request, pk), now=clock.now())
    messages.success(request, "The visit is marked as missed and its time is free again.")
    return _back(request, pk)


@staff_page(BOOK, methods=["POST"])
def undo(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One step back; refused, the page says all that stands against it."""
    appointment = appointment_of(request, pk)
    try:
        attendance.undo(actor=request.actor, appointment=appointment, now=clock.now())
    except Conflict as refusal:
        if "blockers" not in refusal.data:
            raise
        return _show(request, appointment, CancelForm(), refusal=refusal)
    messages.success(request, "Taken back: the visit is booked for its own time.")
    return _back(request, pk)


@staff_page(BOOK, methods=["POST"])
def cancel_visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    appointment = appointment_of(request, pk)
    form = CancelForm(request.POST)
    if form.is_valid():
        reason = CancellationReason(form.cleaned_data["reason"])
        try:
            calling_off.cancel(actor=request.actor, appointment=appointment, reason=reason, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The visit is cancelled and its time is free again.")
            if reason in safety_reviews.LOOKED_AT and safety_reviews.waiting_for(appointment.plan):
                messages.warning(request, "A prescriber is asked to look before anything more is booked.")
            return _back(request, pk)
    return _show(request, appointment, form)


@staff_page(BOOK, methods=["POST"])
def take_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Under the protocol version of its plan; refused, the page says what stands against it."""
    appointment = appointment_of(request, pk)
    try:
        visit = versions.take_over(actor=request.actor, appointment=appointment, now=clock.now())
    except Conflict as refusal:
        return _show(request, appointment, CancelForm(), refusal=refusal)
    until = wall_time(visit.ends_at, request.clinic.time_zone)
    messages.success(request, f"Taken over: the visit ends at {until}. Tell the patient if that is new.")
    return redirect("plan", pk=visit.plan_id)


# --- A time that is held ------------------------------------------------------------------------------


@staff_page(BOOK, methods=["POST"])
def book_held(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Book what was held; refused, the page says all that stands against it."""
    held = appointment_of(request, pk)
    try:
        booking.book_held(actor=request.actor, appointment=held, fasted=has_fasted(request), now=clock.now())
    except Conflict as refusal:
        return _show(request, held, CancelForm(), refusal=refusal)
    messages.success(request, "The visit is booked.")
    return _back(request, pk)


@staff_page(BOOK, methods=["POST"])
def release(request: StaffRequest, pk: UUID) -> HttpResponse:
    held = appointment_of(request, pk)
    calling_off.release(actor=request.actor, appointment=held, now=clock.now())
    messages.success(request, "The time is free again.")
    return redirect("book_plan", pk=held.plan_id)


# --- What these views share ---------------------------------------------------------------------------


def _back(request: StaffRequest, pk: UUID) -> HttpResponse:
    """To the board that it was done on, or else to the visit."""
    board = board_of(request)
    return redirect(on_board(board, pk)) if board else redirect("visit", pk=pk)


def _nearby(appointment: Appointment, visit: queries.BookedVisit, now: datetime) -> dict[str, Any]:
    """Where else on its day the visit could be: times, and chairs by name."""
    places = nearby.places_near(appointment=appointment, chair=visit.chair, now=now)
    chairs = sorted(places.chairs, key=lambda each: by_name(each.chair.name))
    return {"nearby_times": places.times, "nearby_chairs": chairs}


def _not_ready(appointment: Appointment) -> str:
    """Empty, unless what the patient said before it waits for a nurse."""
    coming = appointment.status == AppointmentStatus.BOOKED
    return looks.not_ready(appointment) if coming and in_doubt([appointment.pk]) else ""


def _show(
    request: StaffRequest, appointment: Appointment, form: CancelForm, refusal: Problem | None = None
) -> HttpResponse:
    now = clock.now()
    day = clock.local_date(appointment.starts_at, request.clinic.time_zone)
    may_book = request.actor.may(BOOK, request.clinic.pk)
    booked = may_book and appointment.status == AppointmentStatus.BOOKED
    held = may_book and appointment.status == AppointmentStatus.PENDING
    undoable = may_book and not appointment.lapsed_hold and appointment.record_opened_at is None
    missed_from = attendance.missed_from(appointment)
    late = booked and calling_off.is_late(appointment, now)
    visit = queries.booked_visit(appointment)
    untold = booked and is_untold(appointment, now)
    reads_session = request.actor.may(READ_SESSIONS, request.clinic.pk)
    context = {
        "visit": visit,
        "appointment": appointment,
        "board": board_of(request),
        "session": Session.objects.filter(appointment=appointment).first() if reads_session else None,
        **(_nearby(appointment, visit, now) if booked else {}),
        "day": day,
        "untold": untold,
        "prepare": how_to_prepare(appointment) if untold else "",
        "form": form,
        "refusal": refusal,
        "readiness": readiness_answers.of_visit(request.actor, appointment),
        "not_ready": _not_ready(appointment),
        "safety_review": safety_reviews.waiting_for(appointment.plan) if booked else None,
        "may_say_before": appointment.status == AppointmentStatus.BOOKED
        and request.actor.may(CONFIRM_READINESS, request.clinic.pk),
        "history": appointment_history(appointment, now=now),
        "review": review(plan=appointment.plan, now=now),
        "may_book": may_book,
        "ran_out": appointment.ran_out_by(now),
        "book_again": may_book and (appointment.status in GONE or appointment.ran_out_by(now)),
        "to_ask": booking.to_ask_of_held(appointment, now=now) if held else None,
        "held": held and appointment.held_until > now,  # type: ignore[operator]  # a hold has an end
        "held_left": f"{left_in_words(appointment.held_until, now)} left" if appointment.held_until else "",
        "now": now,
        "may_check_in": booked and day == clock.local_date(now, request.clinic.time_zone),
        "may_confirm": booked and appointment.patient_status != "accepted",
        "may_move": booked,
        "may_lengthen": may_book and lengthening.may_lengthen(appointment),
        "may_cancel": booked,
        "late_hours": request.clinic.late_cancellation_hours if late else None,
        "may_miss": booked and missed_from <= now,
        "missed_from": missed_from if booked and appointment.starts_at <= now else None,
        "undo": ONE_STEP_BACK.get(AppointmentStatus(appointment.status)) if undoable else None,
    }
    template = "web/board/menu.html" if getattr(request, "htmx", False) else "web/desk/visit.html"
    return render(request, template, context, status=refusal.status if refusal else form.status)
