"""A patient was chosen: to the best times of their plan, or what has to be there first."""

from uuid import UUID

from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import access
from clinic.models import Membership, Role
from scheduler.access import BOOK, WRITE_PLAN
from scheduler.models import PlanStatus, TreatmentPlan
from web.doors import StaffRequest, staff_page
from web.views.booking.place import place_of


@staff_page(BOOK, methods=["GET"])
def book_patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One plan in force is taken at once, of several one is chosen; without any the page says what is missing
    and who can write it."""
    patient = access.open_chart(request.actor, BOOK, pk, what="plans to book")
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
    }
    return render(request, "web/booking/choose_plan.html", context)


def _prescribers(request: StaffRequest) -> list[str]:
    """Who writes plans here, by name."""
    held = Membership.objects.filter(clinic=request.clinic, role=Role.PRESCRIBER, user__is_active=True)
    return list(held.order_by("user__full_name").values_list("user__full_name", flat=True))
