"""A prescriber writes an evaluation down."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from clinic.queries import allergies_that_hold
from scheduler.access import EVALUATE
from scheduler.evaluating import evaluations, referrals
from scheduler.models import Evaluation
from web.doors import StaffRequest, staff_page
from web.views.eligibility.forms import EvaluationForm
from web.views.patients import who


@staff_page(EVALUATE)
def new_evaluation(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Refused, it comes back as it was filled."""
    patient = access.open_chart(request.actor, EVALUATE, pk, what="evaluations")
    now = clock.now()
    known = {
        "evaluated_on": clock.local_date(now, patient.clinic.time_zone),
        "prior_treatments": evaluations.prior_treatments_of(patient),
    }
    form = EvaluationForm(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        id, told = form.cleaned_data["id"], form.consultation
        try:
            create_once(
                actor=request.actor,
                noun="evaluation",
                id=id,
                body={"patient": patient.pk, **form.cleaned_data},
                make=lambda: evaluations.record(
                    actor=request.actor, id=id, patient=patient, consultation=told, now=clock.now()
                ),
                find=lambda: Evaluation.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The evaluation is on record. Decide on the eligibility next.")
            return redirect("patient_eligibility", pk=pk)
    context = {
        "patient": patient,
        "who": who.who_is(patient, list(allergies_that_hold(patient)), now),
        "referral": referrals.standing(patient),
        "form": form,
    }
    return render(request, "web/eligibility/evaluation.html", context, status=form.status)
