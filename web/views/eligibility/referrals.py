"""A referral is taken in, and mended when records come or a word was wrong."""

from typing import Any
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from scheduler.access import RECORD_REFERRAL
from scheduler.evaluating import referrals
from scheduler.evaluating.referrals import Request
from scheduler.models import Referral
from web.doors import StaffRequest, staff_page
from web.views.eligibility.forms import ReferralChangeForm, ReferralForm


@staff_page(RECORD_REFERRAL)
def new_referral(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, RECORD_REFERRAL, pk, what="referrals")
    today = clock.local_date(clock.now(), patient.clinic.time_zone)
    form = ReferralForm(request.POST or None, initial={"authored_on": today})
    if request.method == "POST" and form.is_valid():
        said = {name: value for name, value in form.cleaned_data.items() if name != "id"}
        id = form.cleaned_data["id"]
        try:
            create_once(
                actor=request.actor,
                noun="referral",
                id=id,
                body={"patient": patient.pk, **said},
                make=lambda: referrals.record(
                    actor=request.actor, id=id, patient=patient, request=Request(**said), now=clock.now()
                ),
                find=lambda: Referral.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The referral is on record.")
            return redirect("patient_eligibility", pk=pk)
    return _show(request, patient, form, "New referral")


@staff_page(RECORD_REFERRAL)
def referral(request: StaffRequest, pk: UUID) -> HttpResponse:
    of_clinic = Referral.objects.filter(clinic=request.clinic).select_related("patient__clinic")
    found = access.fetch(request.actor, of_clinic, RECORD_REFERRAL, pk=pk)
    access.log_look(request.actor, found.patient, what="referrals")
    form = ReferralChangeForm(request.POST or None, stands=referrals.settings_of(found))
    if request.method == "POST" and form.is_valid():
        changes: dict[str, Any] = form.cleaned_data
        try:
            referrals.change(
                actor=request.actor, referral=found, changes=changes, seen=form.seen, now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The referral is changed.")
            return redirect("patient_eligibility", pk=found.patient_id)
    return _show(request, found.patient, form, "Referral")


def _show(
    request: StaffRequest, patient: Patient, form: ReferralForm | ReferralChangeForm, heading: str
) -> HttpResponse:
    context = {"patient": patient, "form": form, "heading": heading}
    return render(request, "web/eligibility/referral.html", context, status=form.status)
