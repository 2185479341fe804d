"""A patient's way to a plan on one page: referrals, evaluations, decisions; and signing a decision.

The desk reads who referred and how it was decided; what was found is shown to those who treat.
"""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from clinic.queries import allergies_that_hold
from scheduler.access import EVALUATE, RECORD_REFERRAL, VIEW_EVALUATIONS, VIEW_REFERRALS, WRITE_PLAN
from scheduler.evaluating import eligibility, evaluations, prescribing_settings, referrals
from scheduler.models import EligibilityDecision, Evaluation
from scheduler.vocabulary import indication_words, spoken_day
from web.doors import StaffRequest, staff_page
from web.views.eligibility.forms import DecisionForm
from web.views.patients import who


@staff_page(VIEW_REFERRALS, methods=["GET"])
def patient_eligibility(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _show(request, access.open_chart(request.actor, VIEW_REFERRALS, pk, what="eligibility"))


@staff_page(EVALUATE, methods=["POST"])
def decide_eligibility(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, EVALUATE, pk, what="eligibility")
    known = list(evaluations.evaluations_of(patient))
    form = DecisionForm(request.POST, evaluations=_choices(patient, known))
    if form.is_valid():
        try:
            _decide(request, patient, known, form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The decision is signed.")
            return redirect("patient_eligibility", pk=pk)
    return _show(request, patient, form)


def _decide(
    request: StaffRequest, patient: Patient, known: list[Evaluation], said: dict[str, Any]
) -> EligibilityDecision:
    on = next((each for each in known if str(each.pk) == said["evaluation"]), None)
    made, _ = create_once(
        actor=request.actor,
        noun="eligibility_decision",
        id=said["id"],
        body={"patient": patient.pk, **said},
        make=lambda: eligibility.decide(
            actor=request.actor, patient=patient, now=clock.now(), **{**said, "evaluation": on}
        ),
        find=lambda: EligibilityDecision.objects.get(pk=said["id"]),
    )
    return made


def _show(request: StaffRequest, patient: Patient, sent: DecisionForm | None = None) -> HttpResponse:
    def may(permission: access.Permission) -> bool:
        return request.actor.may(permission, patient.clinic_id)

    now, reads = clock.now(), may(VIEW_EVALUATIONS)
    decisions = list(eligibility.decisions_of(patient))
    known = list(evaluations.evaluations_of(patient)) if reads else []
    newest = decisions[0] if decisions else None
    if sent is not None and sent.refused_with == 412:
        # The next try is about the decision that the page shows now.
        sent.data = {**sent.data.dict(), "supersedes": newest.pk if newest else ""}  # type: ignore[attr-defined]
    context = {
        "patient": patient,
        "who": who.who_is(patient, list(allergies_that_hold(patient)), now),
        "referrals": list(referrals.referrals_of(patient)),
        "evaluations": [(each, [indication_words(code) for code in each.indications]) for each in known],
        "newest": newest,
        "earlier": decisions[1:] if reads else [],
        "reads": reads,
        "needed": prescribing_settings.plans_need_eligibility(patient.clinic_id),
        "may_record": may(RECORD_REFERRAL),
        "may_evaluate": may(EVALUATE),
        "may_write_plan": may(WRITE_PLAN) and newest is not None and newest.decision in eligibility.TREATED,
        "form": (sent or _fresh(patient, known, newest)) if may(EVALUATE) else None,
    }
    status = sent.status if sent else 200
    return render(request, "web/eligibility/page.html", context, status=status)


def _fresh(patient: Patient, known: list[Evaluation], newest: EligibilityDecision | None) -> DecisionForm:
    first = {"evaluation": str(known[0].pk) if known else "", "supersedes": newest.pk if newest else None}
    return DecisionForm(evaluations=_choices(patient, known), initial=first)


def _choices(patient: Patient, known: list[Evaluation]) -> list[tuple[str, str]]:
    today = clock.local_date(clock.now(), patient.clinic.time_zone)
    return [
        (
            str(each.pk),
            f"Evaluation of {spoken_day(each.evaluated_on, today=today)}, {each.evaluated_by.full_name}",
        )
        for each in known
    ]
