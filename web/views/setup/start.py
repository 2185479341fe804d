"""The list of a new clinic's steps, a step left out or taken up again, and the last: a bookable day."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock, setting_up
from clinic.access import SET_UP
from clinic.idempotency import create_once
from clinic.models import Patient, SetupSkip
from clinic.problems import Missing, Problem
from scheduler.finding.first_free import first_free
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.views.setup.steps import SKIPPABLE, STEP_OF_GAP, steps_before_the_day, steps_of


class SkipForm(ClinicForm):
    reason = forms.CharField(
        label="Why it is left out", max_length=200, help_text="Whoever comes here later reads it."
    )


@staff_page(SET_UP, methods=["GET"])
def setup(request: StaffRequest) -> HttpResponse:
    """How far the clinic is, and what comes next."""
    steps = steps_of(request.clinic, now=clock.now())
    settled = sum(step.is_settled for step in steps)
    context = {
        "steps": steps,
        "settled": settled,
        "all_settled": settled == len(steps),
        "next": next((step for step in steps if not step.is_settled), None),
    }
    return render(request, "web/setup/start.html", context)


@staff_page(SET_UP)
def skip(request: StaffRequest, step: str) -> HttpResponse:
    """Leave a step out, with the reason."""
    _refuse_unless_skippable(step)
    found = SKIPPABLE[step](request.clinic)
    form = SkipForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        id, reason = form.cleaned_data["id"], form.cleaned_data["reason"]
        try:
            create_once(
                actor=request.actor,
                noun="setup_skip",
                id=id,
                body={"step": step, "reason": reason, "clinic": request.clinic.pk},
                make=lambda: setting_up.skip(
                    actor=request.actor, id=id, clinic=request.clinic, step=step, reason=reason
                ),
                find=lambda: SetupSkip.objects.get(clinic=request.clinic, step=step, taken_up_at=None),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{found.title}: left out for now.")
            return redirect("setup")
    context: dict[str, Any] = {"step": found, "form": form}
    return render(request, "web/setup/skip.html", context, status=form.status)


@staff_page(SET_UP, methods=["POST"])
def take_up(request: StaffRequest, step: str) -> HttpResponse:
    """A step that was left out is open again."""
    _refuse_unless_skippable(step)
    setting_up.take_up(actor=request.actor, clinic=request.clinic, step=step, now=clock.now())
    return redirect("setup")


@staff_page(SET_UP, methods=["GET"])
def bookable_day(request: StaffRequest) -> HttpResponse:
    """The first time that could be booked now, or exactly what is missing, each with the way there."""
    found = first_free(request.clinic, now=clock.now())
    by_key = {step.key: step for step in steps_before_the_day(request.clinic)}
    context = {
        "found": found,
        "on": clock.local_date(found.start, request.clinic.time_zone) if found.start else None,
        "gaps": [(gap, by_key[STEP_OF_GAP[gap.part]]) for gap in found.gaps],
        "staff": by_key["staff"],
        "has_patients": Patient.objects.filter(clinic=request.clinic).exists(),
    }
    return render(request, "web/setup/day.html", context)


def _refuse_unless_skippable(step: str) -> None:
    if step not in SKIPPABLE:
        raise Missing("There is no such step that could be left out.")
