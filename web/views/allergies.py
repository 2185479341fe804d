"""A patient's allergies: all that are on record, one recorded, one judged anew."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, allergies, clock, queries
from clinic.idempotency import create_once
from clinic.models import Allergy, Patient
from clinic.problems import Problem
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm

NOT_SAID = ("", "Not said")


class AllergyForm(ClinicForm):
    """What somebody reports or was seen to react to."""

    substance = forms.CharField(label="Allergic to", max_length=240)
    category = forms.ChoiceField(label="Kind", choices=[NOT_SAID, *allergies.CATEGORIES], required=False)
    criticality = forms.ChoiceField(
        label="Risk", choices=[NOT_SAID, *allergies.CRITICALITIES], required=False
    )
    reaction = forms.CharField(
        label="What happened", max_length=1000, required=False, help_text="Hives, throat swelling."
    )
    verification_status = forms.ChoiceField(
        label="How sure", choices=allergies.VERIFICATION_STATUSES[:2], initial="unconfirmed"
    )


class JudgeForm(ChangeForm):
    """What the allergy is now, and how that is known."""

    clinical_status = forms.ChoiceField(label="It is", choices=allergies.CLINICAL_STATUSES)
    verification_status = forms.ChoiceField(label="And", choices=allergies.VERIFICATION_STATUSES)
    reason = forms.CharField(
        label="How it is known",
        max_length=240,
        help_text="Such as a negative test, or what the patient says.",
    )


@staff_page(access.VIEW_PATIENTS, methods=["GET"])
def patient_allergies(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Everything on record, also what was refuted or is over."""
    return _show(request, access.open_chart(request.actor, access.VIEW_PATIENTS, pk, what="allergies"))


@staff_page(access.RECORD_ALLERGIES, methods=["POST"])
def record_allergy(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, access.RECORD_ALLERGIES, pk, what="allergies")
    form = AllergyForm(request.POST)
    if form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "id"}
        id = form.cleaned_data["id"]
        try:
            create_once(
                actor=request.actor,
                noun="allergy",
                id=id,
                body={"patient": patient.pk, **said},
                make=lambda: allergies.record(
                    actor=request.actor,
                    id=id,
                    patient=patient,
                    report=allergies.Report(**said),
                    now=clock.now(),
                ),
                find=lambda: Allergy.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The allergy is on record.")
            return redirect("patient_allergies", pk=pk)
    return _show(request, patient, record_form=form)


@staff_page(access.RECORD_ALLERGIES, methods=["POST"])
def judge_allergy(request: StaffRequest, pk: UUID) -> HttpResponse:
    known = Allergy.objects.filter(patient__clinic=request.clinic).select_related("patient__clinic")
    allergy = access.fetch(request.actor, known, access.RECORD_ALLERGIES, pk=pk)
    access.log_look(request.actor, allergy.patient, what="allergies")
    form = JudgeForm(request.POST, prefix=str(pk))
    if form.is_valid():
        try:
            allergies.judge(actor=request.actor, allergy=allergy, **form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"What is said of {allergy.substance} is changed.")
            return redirect("patient_allergies", pk=allergy.patient_id)
    return _show(request, allergy.patient, judge_form=form)


def _show(
    request: StaffRequest,
    patient: Patient,
    *,
    record_form: AllergyForm | None = None,
    judge_form: JudgeForm | None = None,
) -> HttpResponse:
    may_record = request.actor.may(access.RECORD_ALLERGIES, patient.clinic_id)
    refused = record_form or judge_form
    context = {
        "patient": patient,
        "rows": [
            {
                "allergy": allergy,
                "holds": queries.still_holds(allergy),
                "words": _words(allergy),
                "form": _judge_form(allergy, judge_form) if may_record else None,
            }
            for allergy in queries.allergies_of(patient)
        ],
        "record_form": (record_form or AllergyForm()) if may_record else None,
    }
    return render(request, "web/patients/allergies.html", context, status=refused.status if refused else 200)


def _judge_form(allergy: Allergy, refused: JudgeForm | None) -> JudgeForm:
    if refused and refused.prefix == str(allergy.pk):
        return refused
    shown: dict[str, Any] = {
        "clinical_status": allergy.clinical_status or "inactive",
        "verification_status": allergy.verification_status or "unconfirmed",
    }
    return JudgeForm(prefix=str(allergy.pk), initial=shown)


def _words(allergy: Allergy) -> list[str]:
    """Its statuses as people read them; a word that FHIR doesn't know stands as the source wrote it."""
    known = dict((*allergies.CLINICAL_STATUSES, *allergies.VERIFICATION_STATUSES, *allergies.CRITICALITIES))
    said = (allergy.clinical_status, allergy.verification_status, allergy.criticality)
    return [known.get(word, word) for word in said if word]
