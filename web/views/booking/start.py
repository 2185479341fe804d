"""A patient was chosen: to the best times of their plan, or what has to be there first."""

from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Membership, Patient, Role, WorkItemStep
from clinic.problems import Conflict, Problem
from scheduler.access import BOOK, WRITE_PLAN
from scheduler.models import PlanStatus, TreatmentPlan
from scheduler.prescribing import plan_requests
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, Lines
from web.views.booking.place import place_of


class AskPlanForm(ClinicForm):
    words = forms.CharField(
        label="What the prescriber should know",
        max_length=2000,
        widget=Lines(2),
        error_messages={"required": "Say what you ask for, and why."},
    )


@staff_page(BOOK, methods=["GET"])
def book_patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One plan in force is taken at once, of several one is chosen; without any the page says what is missing
    and who can write it."""
    patient = access.open_chart(request.actor, BOOK, pk, what="plans to book")
    return _choose(request, patient, None)


@staff_page(BOOK, methods=["POST"])
def ask_plan(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Without a plan in force: a task for a prescriber to write one. With one there is nothing to ask for."""
    patient = access.open_chart(request.actor, BOOK, pk, what="plan asked for")
    form = AskPlanForm(request.POST)
    if form.is_valid():
        id, words = form.cleaned_data["id"], form.cleaned_data["words"]
        try:
            create_once(
                actor=request.actor,
                noun="plan_request",
                id=id,
                body={"patient": patient.pk, "words": words},
                make=lambda: plan_requests.ask(
                    actor=request.actor, id=id, patient=patient, words=words, now=clock.now()
                ),
                find=lambda: WorkItemStep.objects.get(pk=id),
            )
        except Conflict as conflict:
            messages.error(request, conflict.detail)
            return redirect("book_patient", pk)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The prescribers have a task to write a plan.")
            return redirect("book_patient", pk)
    return _choose(request, patient, form)


def _choose(request: StaffRequest, patient: Patient, refused: AskPlanForm | None) -> HttpResponse:
    place = place_of(request)
    plans = list(
        TreatmentPlan.objects.filter(patient=patient).select_related("protocol").order_by("-created_at")
    )
    active = [plan for plan in plans if plan.status == PlanStatus.ACTIVE]
    if len(active) == 1:
        return redirect(f"{reverse('book_best', args=[active[0].pk])}{place.query}")
    context = {
        "patient": patient,
        "place": place,
        "plans": active,
        "others": plans,
        "prescribers": [] if active else _prescribers(request),
        "may_write_plan": request.actor.may(WRITE_PLAN, request.clinic.pk),
        "asked": None if active else plan_requests.open_of(patient),
        "ask_form": refused or AskPlanForm(),
    }
    return render(request, "web/booking/choose_plan.html", context, status=refused.status if refused else 200)


def _prescribers(request: StaffRequest) -> list[str]:
    """Who writes plans here, by name."""
    held = Membership.objects.filter(clinic=request.clinic, role=Role.PRESCRIBER, user__is_active=True)
    return list(held.order_by("user__full_name").values_list("user__full_name", flat=True))
