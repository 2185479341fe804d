"""Doses and spacing of a plan that stands, from its page: ordered by a prescriber, asked for by the desk."""

from typing import Any
from uuid import UUID

from django.http import HttpResponse

from clinic import clock
from scheduler.access import BOOK, OVERRIDE_SPACING, WRITE_PLAN
from scheduler.models import SpacingOverride, TreatmentPlan
from scheduler.prescribing import dose_orders, spacing, spacing_requests
from web.doors import StaffRequest, staff_page
from web.views.plans.deciding import decided, once
from web.views.plans.forms import AskSpacingForm, DoseForm, RefuseSpacingForm, SpacingForm
from web.views.plans.page import fetch_plan


@staff_page(WRITE_PLAN, methods=["POST"])
def order_dose(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Another dose for the sessions that have not started."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    return decided(
        request,
        found,
        lambda data: _dosed(request, found, data),
        "The dose is ordered: it counts for every session that has not started.",
        dose_form=DoseForm(found, request.POST),
    )


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def override_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber's own spacing."""
    found = fetch_plan(request, pk, OVERRIDE_SPACING)
    return decided(
        request,
        found,
        lambda data: _spaced(request, found, data),
        "From now on this plan has a spacing of its own.",
        spacing_form=SpacingForm(request.POST),
    )


@staff_page(BOOK, methods=["POST"])
def ask_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Whoever can't find days inside the spacing asks a prescriber."""
    found = fetch_plan(request, pk, BOOK)
    return decided(
        request,
        found,
        lambda data: _asked(request, found, data),
        "The prescriber has a task to decide.",
        ask_form=AskSpacingForm(request.POST),
    )


@staff_page(OVERRIDE_SPACING, methods=["POST"])
def refuse_spacing(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The spacing stays as it is, and whoever asked reads why."""
    found = fetch_plan(request, pk, OVERRIDE_SPACING)
    return decided(
        request,
        found,
        lambda data: spacing_requests.refuse(actor=request.actor, plan=found, now=clock.now(), **data),
        "The spacing stays; whoever asked reads why.",
        refuse_form=RefuseSpacingForm(request.POST),
    )


def _dosed(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    order = {name: value for name, value in data.items() if name != "id"}
    once(
        request,
        plan,
        "dose_order",
        data,
        make=lambda: dose_orders.order_dose(actor=request.actor, plan=plan, **order),
        find=lambda: plan,
    )


def _spaced(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    once(
        request,
        plan,
        "spacing_override",
        data,
        make=lambda: spacing.override_spacing(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: SpacingOverride.objects.get(pk=data["id"]),
    )


def _asked(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    once(
        request,
        plan,
        "spacing_request",
        data,
        make=lambda: spacing_requests.ask(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: spacing_requests.asked_with(data["id"]),
    )
