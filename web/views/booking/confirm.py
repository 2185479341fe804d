"""The page on which a time that was chosen among all is confirmed: booked or held, or why it can't be."""

from typing import Any
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic import clock
from clinic.problems import Conflict
from scheduler.access import BOOK
from scheduler.finding.fasting import NOT_ASKED
from scheduler.models import TreatmentPlan
from scheduler.visits import booking
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, LocalDateTimeField
from web.views.booking.place import made_before, made_once, plan_of, resource_of
from web.views.booking.times import LONGEST_SEARCH


class BookForm(ClinicForm):
    """What the confirming page carries along."""

    start = LocalDateTimeField(widget=forms.HiddenInput)
    chair = forms.UUIDField(widget=forms.HiddenInput, required=False)
    nurse = forms.UUIDField(widget=forms.HiddenInput, required=False)
    search = forms.CharField(widget=forms.HiddenInput, required=False, max_length=LONGEST_SEARCH)
    fasted = forms.BooleanField(widget=forms.HiddenInput, required=False)

    @property
    def sent(self) -> dict[str, Any]:
        return {name: self.data.get(name) for name in ("start", "chair", "nurse", "fasted")}


@staff_page(BOOK)
def confirm_booking(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Shows what would be booked, or all that stands against it; sent, it books."""
    plan = plan_of(request, pk)
    sending = request.method == "POST"
    form = BookForm(request.POST if sending else {"id": uuid4(), **request.GET.dict()})
    if not form.is_valid():
        return redirect("book_plan", pk=plan.pk)
    asked = _asked(request, plan, form)
    if sending:
        try:
            booked = made_once(
                request,
                noun="appointment",
                id=form.cleaned_data["id"],
                sent=form.sent,
                asked={**asked, "fasted": form.cleaned_data["fasted"]},
                make=booking.book,
            )
        except Conflict as refusal:
            if refusal.code != NOT_ASKED:
                return _refused(request, plan, form, asked, refusal)
            messages.error(request, refusal.detail)
            return _show(request, plan, form, asked, status=refusal.status)
        messages.success(request, "The visit is booked.")
        return redirect("visit", pk=booked.pk)
    return _show(request, plan, form, asked)


def _show(
    request: StaffRequest, plan: TreatmentPlan, form: BookForm, asked: dict[str, Any], *, status: int = 200
) -> HttpResponse:
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
    return render(request, "web/desk/confirm.html", context, status=status)


@staff_page(BOOK, methods=["POST"])
def hold_time(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Keep the time of the confirming page free while it is talked over."""
    plan = plan_of(request, pk)
    form = BookForm(request.POST)
    if not form.is_valid():
        return redirect("book_plan", pk=plan.pk)
    asked = _asked(request, plan, form)
    try:
        held = made_once(
            request,
            noun="hold",
            id=form.cleaned_data["id"],
            sent=form.sent,
            asked=asked,
            make=booking.hold,
        )
    except Conflict as refusal:
        return _refused(request, plan, form, asked, refusal)
    until = timezone.localtime(held.held_until)
    messages.success(request, f"The time is held until {until:%H:%M}.")
    return redirect("visit", pk=held.pk)


def _asked(request: StaffRequest, plan: TreatmentPlan, form: BookForm) -> dict[str, Any]:
    """What the confirming page carries along, fetched under this person's roles."""
    return {
        "plan": plan,
        "start": form.cleaned_data["start"],
        "chair": resource_of(request, form.cleaned_data["chair"]),
        "nurse": resource_of(request, form.cleaned_data["nurse"]),
    }


def _refused(
    request: StaffRequest, plan: TreatmentPlan, form: BookForm, asked: dict[str, Any], refusal: Conflict
) -> HttpResponse:
    """The confirming page again, with all that stands against this time and the nearest others."""
    if before := made_before(request, plan=plan, id=form.cleaned_data["id"], refusal=refusal):
        return before
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
