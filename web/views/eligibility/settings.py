"""The manager's page of what the clinic asks for before a plan is written."""

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic.problems import Problem
from scheduler.access import CHANGE_PRESCRIBING
from scheduler.evaluating import prescribing_settings
from web.doors import StaffRequest, staff_page
from web.settings_form import SettingsForm


class PrescribingSettingsForm(SettingsForm):
    plans_need_eligibility = forms.BooleanField(
        label="A plan is written only after an eligibility decision here", required=False
    )


@staff_page(CHANGE_PRESCRIBING)
def settings(request: StaffRequest) -> HttpResponse:
    clinic = request.clinic
    stands = prescribing_settings.settings_of(clinic)
    form = PrescribingSettingsForm(request.POST or None, stands=stands)
    if request.method == "POST" and form.is_valid():
        try:
            prescribing_settings.change(
                actor=request.actor, clinic=clinic, seen=form.seen, **form.cleaned_data
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The settings are saved. They count from now on.")
            return redirect("prescribing_settings")
    return render(request, "web/eligibility/settings.html", {"form": form}, status=form.status)
