"""The course of a plan, from its page: it goes on, rests, stands under another version, is assessed, ends."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

from django.http import HttpResponse

from clinic import clock
from scheduler.access import EVALUATE, WRITE_PLAN
from scheduler.models import CourseAssessment, TreatmentPlan
from scheduler.prescribing import (
    course_assessments,
    course_reviews,
    going_ahead,
    plans,
    safety_reviews,
    taking_over,
)
from web.doors import StaffRequest, staff_page
from web.views.plans.deciding import decided, once
from web.views.plans.forms import (
    AssessForm,
    EndForm,
    GoAheadForm,
    GoOnForm,
    SafetyReviewForm,
    StatusForm,
    TakeOverForm,
)
from web.views.plans.page import fetch_plan

SAID = {
    "hold": "The plan is on hold: nobody is booked or checked in under it until it is taken up again.",
    "resume": "The plan is active again.",
}


@staff_page(WRITE_PLAN, methods=["POST"])
def take_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The plan stands under the version in force, which the prescriber has read on this page."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    return decided(
        request,
        found,
        lambda data: taking_over.take_over(
            actor=request.actor,
            plan=found,
            to=data["protocol"],
            soft_limit_acknowledged=data["soft_limit_acknowledged"],
            now=clock.now(),
        ),
        "The plan stands under the version in force from now on.",
        take_over_form=TakeOverForm(found, request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def go_ahead(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber answers what the chart says against the plan."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    return decided(
        request,
        found,
        lambda data: going_ahead.go_ahead(actor=request.actor, plan=found, now=clock.now(), **data),
        "Your reason is kept with the plan, and it goes on.",
        go_ahead_form=GoAheadForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def go_on(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The course goes on, though no response is on record."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    return decided(
        request,
        found,
        lambda data: course_reviews.go_on(actor=request.actor, plan=found, now=clock.now(), **data),
        "The course goes on; your reason is kept with the task.",
        go_on_form=GoOnForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def decide_after_event(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber has looked at what has come up, and the course goes on."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    form = SafetyReviewForm(found, request.POST)
    return decided(
        request,
        found,
        lambda data: safety_reviews.decide(
            actor=request.actor,
            plan=found,
            task=data["task"],
            reason=data["reason"],
            other_dose=form.other_dose,
            now=clock.now(),
        ),
        "The course goes on; what you found is kept with the task.",
        safety_review_form=form,
    )


@staff_page(EVALUATE, methods=["POST"])
def assess(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The prescriber assesses the course."""
    found = fetch_plan(request, pk, EVALUATE)
    return decided(
        request,
        found,
        lambda data: _assessed(request, found, data),
        "The assessment is on record.",
        assess_form=AssessForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def change_status(request: StaffRequest, pk: UUID, step: str) -> HttpResponse:
    """The plan rests (`hold`) or goes on (`resume`), with the prescriber's reason."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    steps: dict[str, Callable[..., Any]] = {"hold": plans.put_on_hold, "resume": plans.take_up}
    return decided(
        request,
        found,
        lambda data: steps[step](actor=request.actor, plan=found, **data),
        SAID[step],
        status_form=StatusForm(request.POST),
    )


@staff_page(WRITE_PLAN, methods=["POST"])
def end(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The course is over, for one of the listed reasons."""
    found = fetch_plan(request, pk, WRITE_PLAN)
    return decided(
        request,
        found,
        lambda data: plans.end_plan(actor=request.actor, plan=found, now=clock.now(), **data),
        "The plan has ended.",
        end_form=EndForm(request.POST),
    )


def _assessed(request: StaffRequest, plan: TreatmentPlan, data: dict[str, Any]) -> None:
    once(
        request,
        plan,
        "course_assessment",
        data,
        make=lambda: course_assessments.assess(actor=request.actor, plan=plan, now=clock.now(), **data),
        find=lambda: CourseAssessment.objects.get(pk=data["id"]),
    )
