"""What is decided on a plan's page: one form is sent; refused, it comes back there as it was filled."""

from collections.abc import Callable
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic.idempotency import create_once
from clinic.problems import Problem
from scheduler.models import TreatmentPlan
from web.doors import StaffRequest
from web.forms import ChangeForm, ClinicForm
from web.views.plans.page import show


def decided(
    request: StaffRequest,
    found: TreatmentPlan,
    decide: Callable[[dict[str, Any]], object],
    said: str,
    **sent: ChangeForm | ClinicForm,
) -> HttpResponse:
    """What the one form that was sent decides."""
    [form] = sent.values()
    if form.is_valid():
        try:
            decide(form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, said)
            return redirect("plan", pk=found.pk)
    return show(request, found, **sent)


def once(
    request: StaffRequest,
    plan: TreatmentPlan,
    noun: str,
    data: dict[str, Any],
    make: Callable[[], object],
    find: Callable[[], object],
) -> None:
    """What a form writes under a plan, written once however often the form is sent."""
    create_once(
        actor=request.actor,
        noun=noun,
        id=data["id"],
        body={"plan": plan.pk, **{name: str(value) for name, value in data.items()}},
        make=make,
        find=find,
    )
