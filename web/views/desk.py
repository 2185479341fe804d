"""The front desk's pages: the day's visits, booking and holding a time. Times are found in `times`, and what
becomes of a visit is in `visits`."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Conflict
from scheduler.access import BOOK, REPAIR, VIEW_SCHEDULE
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Resource,
    TreatmentPlan,
)
from scheduler.visits import booking, queries
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, DayField, LocalDateTimeField
from web.views.times import LONGEST_SEARCH

GONE: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)


class ChooseDayForm(forms.Form):
    on = DayField(label="Day")


class BookForm(ClinicForm):
    """What the confirming page carries along."""

    start = LocalDateTimeField(widget=forms.HiddenInput)
    chair = forms.UUIDField(widget=forms.HiddenInput, required=False)
    nurse = forms.UUIDField(widget=forms.HiddenInput, required=False)
    search = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_SEARCH)


# --- The day ------------------------------------------------------------------------------------------


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def day(request: StaffRequest, on: date | None = None) -> HttpResponse:
    """Every visit of one local day by time. Without a day: today, or the day that the form asks for."""
    if request.GET:
        form = ChooseDayForm(request.GET)
        if form.is_valid():
            return redirect("day_on", on=form.cleaned_data["on"])
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    shown = on or today
    board = queries.day_board(request.clinic, shown)
    coming = [visit for visit in board if visit.appointment.status not in GONE]
    context = {
        "day": shown,
        "today": today,
        "before": shown - timedelta(days=1),
        "after": shown + timedelta(days=1),
        "choose": ChooseDayForm(initial={"on": shown}),
        "visits": coming,
        "gone": [visit for visit in board if visit.appointment.status in GONE],
        "moved": queries.moved_away(request.clinic, shown),
        "unconfirmed": sum(
            visit.appointment.status == AppointmentStatus.BOOKED
            and visit.appointment.patient_status != "accepted"
            for visit in coming
        ),
        "may_book": request.actor.may(BOOK, request.clinic.pk),
        "may_repair": shown >= today and request.actor.may(REPAIR, request.clinic.pk),
    }
    return render(request, "web/desk/day.html", context)


# --- Booking a time ---------------------------------------------------------------------------------


@staff_page(BOOK)
def confirm_booking(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Shows what would be booked, or all that stands against it; sent, it books."""
    plan = _plan(request, pk)
    sending = request.method == "POST"
    form = BookForm(request.POST if sending else {"id": uuid4(), **request.GET.dict()})
    if not form.is_valid():
        return redirect("book_plan", pk=plan.pk)
    asked = _asked(request, plan, form)
    if sending:
        try:
            booked = _made(request, form, asked, noun="appointment", make=booking.book)
        except Conflict as refusal:
            return _refused(request, plan, form, asked, refusal)
        messages.success(request, "The visit is booked.")
        return redirect("visit", pk=booked.pk)
    answer = booking.check(actor=request.actor, now=clock.now(), **asked)
    context = {
        "plan": plan,
        "form": form,
        "start": answer.decision.start,
        "nurse": asked["nurse"],
        "search": form.cleaned_data["search"],
        "decision": answer.decision,
        "blockers": answer.blockers,
        "alternatives": answer.alternatives,
    }
    return render(request, "web/desk/confirm.html", context)


@staff_page(BOOK, methods=["POST"])
def hold_time(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Keep the time of the confirming page free while it is talked over."""
    plan = _plan(request, pk)
    form = BookForm(request.POST)
    if not form.is_valid():
        return redirect("book_plan", pk=plan.pk)
    asked = _asked(request, plan, form)
    try:
        held = _made(request, form, asked, noun="hold", make=booking.hold)
    except Conflict as refusal:
        return _refused(request, plan, form, asked, refusal)
    until = timezone.localtime(held.held_until)
    messages.success(request, f"The time is held until {until:%H:%M}.")
    return redirect("visit", pk=held.pk)


# --- What these views share ---------------------------------------------------------------------------


def _plan(request: StaffRequest, pk: UUID) -> TreatmentPlan:
    plans = TreatmentPlan.objects.filter(clinic=request.clinic)
    return access.fetch(request.actor, plans.select_related("clinic", "patient", "protocol"), BOOK, pk=pk)


def _resource(request: StaffRequest, key: UUID | None) -> Resource | None:
    return access.fetch(request.actor, Resource.objects.all(), BOOK, pk=key) if key else None


def _asked(request: StaffRequest, plan: TreatmentPlan, form: BookForm) -> dict[str, Any]:
    """What the confirming page carries along, fetched under this person's roles."""
    return {
        "plan": plan,
        "start": form.cleaned_data["start"],
        "chair": _resource(request, form.cleaned_data["chair"]),
        "nurse": _resource(request, form.cleaned_data["nurse"]),
    }


def _made(
    request: StaffRequest,
    form: BookForm,
    asked: dict[str, Any],
    *,
    noun: str,
    make: Callable[..., Appointment],
) -> Appointment:
    """The visit or the hold, however often the form is sent."""
    id = form.cleaned_data["id"]
    made, _ = create_once(
        actor=request.actor,
        noun=noun,
        id=id,
        body={
            "plan": asked["plan"].pk,
            **{name: form.data.get(name) for name in ("start", "chair", "nurse")},
        },
        make=lambda: make(actor=request.actor, id=id, now=clock.now(), **asked),
        find=lambda: Appointment.objects.get(pk=id),
    )
    return made


def _refused(
    request: StaffRequest, plan: TreatmentPlan, form: BookForm, asked: dict[str, Any], refusal: Conflict
) -> HttpResponse:
    """The confirming page again, with all that stands against this time and the nearest others."""
    if "blockers" not in refusal.data:
        raise refusal
    context = {
        "plan": plan,
        "form": form,
        "start": asked["start"],
        "nurse": asked["nurse"],
        "search": form.cleaned_data["search"],
    }
    return render(
        request, "web/desk/confirm.html", {**context, "refused": True, **refusal.data}, status=refusal.status
    )
