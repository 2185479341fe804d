"""Urgent answers of a patient, which hold the next start, and what a prescriber found."""

from dataclasses import dataclass
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from sessions_app.access import ASSESS_SAFETY, RECORD_OUTCOMES
from sessions_app.models import SafetyAssessment, SafetyConcern
from sessions_app.outcomes import instruments
from sessions_app.outcomes.instruments import INSTRUMENTS
from sessions_app.preparing import safety
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, Lines


class AssessForm(ClinicForm):
    words = forms.CharField(
        label="What you found, and what was agreed",
        max_length=2000,
        widget=Lines(4),
        error_messages={"required": "Write down what you found and what was agreed."},
    )


@staff_page(RECORD_OUTCOMES, methods=["GET"])
def patient_safety(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Every urgent answer of a patient; a prescriber assesses what is open."""
    return _show(request, access.open_chart(request.actor, RECORD_OUTCOMES, pk, what="safety"))


@staff_page(ASSESS_SAFETY, methods=["POST"])
def assess_safety(request: StaffRequest, pk: UUID) -> HttpResponse:
    mine = SafetyConcern.objects.filter(clinic=request.clinic).select_related("patient")
    concern = access.fetch(request.actor, mine, ASSESS_SAFETY, pk=pk)
    form = AssessForm(request.POST)
    if form.is_valid():
        data = form.cleaned_data
        try:
            create_once(
                actor=request.actor,
                noun="safety assessment",
                id=data["id"],
                body={"concern": str(pk), "words": data["words"]},
                make=lambda: safety.assess(actor=request.actor, concern=concern, now=clock.now(), **data),
                find=lambda: SafetyAssessment.objects.get(pk=data["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The assessment is written down.")
            return redirect("patient_safety", pk=concern.patient_id)
    return _show(request, concern.patient, concern, form)


def _show(
    request: StaffRequest,
    patient: Patient,
    concern: SafetyConcern | None = None,
    sent: AssessForm | None = None,
) -> HttpResponse:
    may_assess = request.actor.may(ASSESS_SAFETY, patient.clinic_id)
    rows = []
    for each in safety.concerns_of(patient):
        assessed = getattr(each, "assessment", None)
        form = sent if each == concern else AssessForm(auto_id=f"{each.pk}_%s")
        rows.append((each, _question(each), assessed, form if may_assess and assessed is None else None))
    context = {
        "patient": patient,
        "rows": rows,
        # A colleague has assessed it meanwhile: what was found has no box on the page any more.
        "too_late": sent if sent and all(form is not sent for *_, form in rows) else None,
    }
    return render(request, "web/outcomes/safety.html", context, status=sent.status if sent else 200)


@dataclass(frozen=True)
class Asked:
    """The question whose answer it is, what was said to it, and in which questionnaire."""

    text: str
    said: str
    of: str


def _question(concern: SafetyConcern) -> Asked:
    answer = concern.answer
    asked = INSTRUMENTS[answer.response.instrument]
    choices = instruments.choices_of(asked, answer.item)
    said = next((each.label for each in choices if each.value == answer.value), str(answer.value))
    return Asked(instruments.text_of(asked, answer.item), said, asked.title)
