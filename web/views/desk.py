"""The front desk's pages: the day's visits, finding and booking a time, one visit."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Clinic
from clinic.problems import Conflict, Problem
from scheduler import attendance, booking, finding, queries
from scheduler.access import BOOK, VIEW_SCHEDULE
from scheduler.finding import FeasibleStart
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    PlanStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
)
from scheduler.queries import BookedVisit
from scheduler.supply import visit_of
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DayField, LocalDateTimeField

DAYS_SHOWN: Final = 14
# Starts are feasible every five minutes; a page of half hours is easier to read out on the telephone.
COARSE_MINUTES: Final = 30

GONE: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)


class ChooseDayForm(forms.Form):
    on = DayField(label="Day")


class NurseField(forms.ModelChoiceField):
    def label_from_instance(self, nurse: Resource) -> str:
        return nurse.name


class WindowForm(forms.Form):
    """Which times to show. A nurse who is asked for by name serves the whole visit."""

    start = DayField(label="From", required=False)
    nurse = NurseField(Resource.objects.none(), label="Nurse", required=False, empty_label="Any nurse")
    every = forms.IntegerField(min_value=5, max_value=60, required=False, widget=forms.HiddenInput)

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        nurses = Resource.objects.filter(clinic=clinic, kind=ResourceKind.NURSE, active=True)
        self.fields["nurse"].queryset = nurses.order_by("name")  # type: ignore[attr-defined]


class BookForm(ClinicForm):
    """What the confirming page carries along."""

    start = LocalDateTimeField(widget=forms.HiddenInput)
    chair = forms.UUIDField(widget=forms.HiddenInput, required=False)
    nurse = forms.UUIDField(widget=forms.HiddenInput, required=False)


class CancelForm(ChangeForm):
    reason = forms.ChoiceField(
        label="Reason", choices=[("", "Choose the reason"), *CancellationReason.choices]
    )


@dataclass(frozen=True)
class FreeDay:
    """One local day with the starts to choose from."""

    day: date
    starts: list[FeasibleStart]


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
        "unconfirmed": sum(
            visit.appointment.status == AppointmentStatus.BOOKED
            and visit.appointment.patient_status != "accepted"
            for visit in coming
        ),
        "may_book": request.actor.may(BOOK, request.clinic.pk),
    }
    return render(request, "web/desk/day.html", context)


# --- Finding and booking a time -----------------------------------------------------------------------


@staff_page(BOOK, methods=["GET"])
def book_patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    """To the times of the patient's active plan, or a choice where there are several or none."""
    patient = access.open_chart(request.actor, BOOK, pk, what="plans to book")
    plans = list(
        TreatmentPlan.objects.filter(patient=patient, status=PlanStatus.ACTIVE)
        .select_related("protocol")
        .order_by("-created_at")
    )
    if len(plans) == 1:
        return redirect("book_plan", pk=plans[0].pk)
    return render(request, "web/desk/choose_plan.html", {"patient": patient, "plans": plans})


@staff_page(BOOK, methods=["GET"])
def book_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Two weeks of feasible starts for the plan's next session by day, with any nurse or one asked for."""
    plan = _plan(request, pk)
    zone = request.clinic.time_zone
    now = clock.now()
    asked = WindowForm(request.clinic, request.GET)
    chosen = asked.cleaned_data if asked.is_valid() else {}
    today = clock.local_date(now, zone)
    first = max(chosen.get("start") or today, today)
    last = first + timedelta(days=DAYS_SHOWN)
    nurse = chosen.get("nurse")
    starts = finding.feasible_starts(
        plan=plan,
        first=clock.day_bounds(first, zone)[0],
        until=clock.day_bounds(last, zone)[0],
        now=now,
        nurse_id=nurse.pk if nurse else None,
    )
    context = {
        "plan": plan,
        "visit_minutes": visit_of(plan.protocol).minutes,
        "days": _by_day(starts, chosen.get("every") or COARSE_MINUTES, zone),
        "first": first,
        "last": last - timedelta(days=1),
        "window": WindowForm(request.clinic, initial={**chosen, "start": first}),
        "nurse": nurse,
        "earlier": max(first - timedelta(days=DAYS_SHOWN), today) if first > today else None,
        "later": last,
        "every_start": chosen.get("every") == 5,
        # What stands against the plan itself shows at any time: ask for the first that is free.
        "blockers": _plan_blockers(request, plan, starts, now),
    }
    return render(request, "web/desk/times.html", context)


@staff_page(BOOK)
def confirm_booking(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Shows what would be booked, or all that stands against it; sent, it books."""
    plan = _plan(request, pk)
    sending = request.method == "POST"
    form = BookForm(request.POST if sending else {"id": uuid4(), **request.GET.dict()})
    if not form.is_valid():
        return redirect("book_plan", pk=plan.pk)
    asked: dict[str, Any] = {
        "plan": plan,
        "start": form.cleaned_data["start"],
        "chair": _resource(request, form.cleaned_data["chair"]),
        "nurse": _resource(request, form.cleaned_data["nurse"]),
    }
    if sending:
        try:
            booked = _book(request, form, asked)
        except Conflict as refusal:
            if "blockers" not in refusal.data:
                raise
            context = {"plan": plan, "form": form, "start": asked["start"], "nurse": asked["nurse"]}
            context |= {"refused": True, **refusal.data}
            return render(request, "web/desk/confirm.html", context, status=refusal.status)
        messages.success(request, "The visit is booked.")
        return redirect("visit", pk=booked.pk)
    answer = booking.check(actor=request.actor, now=clock.now(), **asked)
    context = {
        "plan": plan,
        "form": form,
        "start": answer.decision.start,
        "nurse": asked["nurse"],
        "decision": answer.decision,
        "blockers": answer.blockers,
        "alternatives": answer.alternatives,
    }
    return render(request, "web/desk/confirm.html", context)


# --- One visit ----------------------------------------------------------------------------------------


@staff_page(VIEW_SCHEDULE, methods=["GET"])
def visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    appointment = _visit(request, pk, VIEW_SCHEDULE)
    access.log_look(request.actor, appointment.patient, what="visit")
    return _show_visit(request, appointment, CancelForm())


@staff_page(BOOK, methods=["POST"])
def check_in(request: StaffRequest, pk: UUID) -> HttpResponse:
    appointment = _visit(request, pk, BOOK)
    arrived = attendance.arrive(actor=request.actor, appointment=appointment, now=clock.now())
    messages.success(request, f"{appointment.patient.full_name} is checked in.")
    return redirect("day_on", on=clock.local_date(arrived.starts_at, request.clinic.time_zone))


@staff_page(BOOK, methods=["POST"])
def confirm_visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The patient has said yes on the telephone."""
    attendance.confirm(appointment=_visit(request, pk, BOOK), now=clock.now())
    messages.success(request, "The visit is confirmed.")
    return redirect("visit", pk=pk)


@staff_page(BOOK, methods=["POST"])
def cancel_visit(request: StaffRequest, pk: UUID) -> HttpResponse:
    appointment = _visit(request, pk, BOOK)
    form = CancelForm(request.POST)
    if form.is_valid():
        reason = CancellationReason(form.cleaned_data["reason"])
        try:
            booking.cancel(actor=request.actor, appointment=appointment, reason=reason, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The visit is cancelled and its time is free again.")
            return redirect("visit", pk=pk)
    return _show_visit(request, appointment, form)


# --- What these views share ---------------------------------------------------------------------------


def _plan(request: StaffRequest, pk: UUID) -> TreatmentPlan:
    plans = TreatmentPlan.objects.filter(clinic=request.clinic)
    return access.fetch(request.actor, plans.select_related("clinic", "patient", "protocol"), BOOK, pk=pk)


def _visit(request: StaffRequest, pk: UUID, permission: access.Permission) -> Appointment:
    return access.fetch(request.actor, queries.visits().filter(clinic=request.clinic), permission, pk=pk)


def _resource(request: StaffRequest, key: UUID | None) -> Resource | None:
    return access.fetch(request.actor, Resource.objects.all(), BOOK, pk=key) if key else None


def _book(request: StaffRequest, form: BookForm, asked: dict[str, Any]) -> Appointment:
    id = form.cleaned_data["id"]
    booked, _ = create_once(
        actor=request.actor,
        noun="appointment",
        id=id,
        body={
            "plan": asked["plan"].pk,
            **{name: form.data.get(name) for name in ("start", "chair", "nurse")},
        },
        make=lambda: booking.book(actor=request.actor, id=id, now=clock.now(), **asked),
        find=lambda: Appointment.objects.get(pk=id),
    )
    return booked


def _show_visit(request: StaffRequest, appointment: Appointment, form: CancelForm) -> HttpResponse:
    shown: BookedVisit = queries.booked_visit(appointment)
    today = clock.local_date(clock.now(), request.clinic.time_zone)
    booked = appointment.status == AppointmentStatus.BOOKED
    may_book = request.actor.may(BOOK, request.clinic.pk)
    context = {
        "visit": shown,
        "appointment": appointment,
        "day": clock.local_date(appointment.starts_at, request.clinic.time_zone),
        "form": form,
        "may_check_in": may_book
        and booked
        and clock.local_date(appointment.starts_at, request.clinic.time_zone) == today,
        "may_confirm": may_book and booked and appointment.patient_status != "accepted",
        "may_cancel": may_book and booked,
    }
    return render(request, "web/desk/visit.html", context, status=form.status)


def _by_day(starts: Iterable[FeasibleStart], every: int, zone: str) -> list[FreeDay]:
    """The starts at whole steps of the clock, and each day's first whatever its minute."""
    days = []
    for on, of_day in groupby(starts, key=lambda feasible: clock.local_date(feasible.start, zone)):
        listed = list(of_day)
        shown = [
            feasible
            for feasible in listed
            if feasible is listed[0] or timezone.localtime(feasible.start).minute % every == 0
        ]
        days.append(FreeDay(on, shown))
    return days


def _plan_blockers(
    request: StaffRequest, plan: TreatmentPlan, starts: list[FeasibleStart], now: datetime
) -> tuple[Any, ...]:
    if not starts:
        return ()
    answer = booking.check(actor=request.actor, plan=plan, start=starts[0].start, now=now)
    return answer.blockers
