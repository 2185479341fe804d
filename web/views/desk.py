"""The front desk's pages: the day's visits, finding a time, holding and booking it. One visit is `visits`."""

from collections.abc import Callable, Iterable
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
from clinic.problems import Conflict
from scheduler import booking, finding, queries
from scheduler.access import BOOK, VIEW_SCHEDULE
from scheduler.finding import FeasibleStart
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    PlanStatus,
    Resource,
    ResourceKind,
    TreatmentPlan,
)
from scheduler.supply import visit_of
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, DayField, LocalDateTimeField

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
        "days": by_day(starts, chosen.get("every") or COARSE_MINUTES, zone),
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
    context = {"plan": plan, "form": form, "start": asked["start"], "nurse": asked["nurse"]}
    return render(
        request, "web/desk/confirm.html", {**context, "refused": True, **refusal.data}, status=refusal.status
    )


def by_day(starts: Iterable[FeasibleStart], every: int, zone: str) -> list[FreeDay]:
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
