"""A consent is recorded, or taken back, from the chart."""

from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic import access, clock, consents
from clinic.idempotency import create_once
from clinic.models import Consent, ConsentScope
from clinic.problems import Problem
from web.doors import StaffRequest, staff_page
from web.views.patients import chart
from web.views.patients.consent_forms import ConsentForm, RevokeForm


@staff_page(access.RECORD_CONSENT, methods=["POST"])
def record_consent(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, access.RECORD_CONSENT, pk, what="consents")
    form = ConsentForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            create_once(
                actor=request.actor,
                noun="consent",
                id=given["id"],
                body={"patient": patient.pk, **given},
                make=lambda: consents.record(
                    actor=request.actor,
                    patient=patient,
                    now=clock.now(),
                    **{**given, "scope": ConsentScope(given["scope"])},
                ),
                find=lambda: Consent.objects.get(pk=given["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The consent is recorded.")
            return redirect("patient", pk=patient.pk)
    return chart.show(request, patient, consent_form=form)


@staff_page(access.RECORD_CONSENT, methods=["POST"])
def revoke_consent(request: StaffRequest, pk: UUID) -> HttpResponse:
    consent = access.fetch(
        request.actor, Consent.objects.select_related("patient__clinic"), access.RECORD_CONSENT, pk=pk
    )
    access.log_look(request.actor, consent.patient, what="consents")
    form = RevokeForm(request.POST, prefix=str(pk))
    if form.is_valid():
        try:
            consents.revoke(
                actor=request.actor, consent=consent, how=form.cleaned_data["how"], now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The consent is taken back from now on.")
            return redirect("patient", pk=consent.patient_id)
    return chart.show(request, consent.patient, revoke_form=form)
