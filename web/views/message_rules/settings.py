"""The manager's page of what holds for all messages of the clinic: caps, its number, quiet hours."""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access
from clinic.models import Clinic
from clinic.problems import Problem
from notifications.access import CHANGE_MESSAGE_RULES
from notifications.models import QuietHours
from notifications.planning import rule_settings
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, PhoneField, WallTimeField, WholeNumberField
from web.settings_form import SettingsForm


class MessagingForm(SettingsForm):
    sms_number = PhoneField(
        label="Texts come from", required=False, help_text="The number that patients answer to."
    )
    most_a_day = WholeNumberField(label="Texts to one patient, at most", unit="a day")
    most_a_week = WholeNumberField(label="And at most", unit="a week")
    moves_itself_hours = WholeNumberField(
        label="Patients choose another time themselves until",
        unit="hours before the visit",
        required=False,
        help_text="Empty: they ask, and a person moves the visit.",
    )

    def __init__(self, clinic: Clinic, data: Any = None) -> None:
        row = rule_settings.messaging_of(clinic)
        super().__init__(data, stands=rule_settings.settings_of_messaging(row))


class QuietHoursForm(ChangeForm):
    state = forms.CharField(label="State", help_text="As it stands in addresses, such as IL.")
    day_begins = WallTimeField(label="Not before")
    day_ends = WallTimeField(label="Not after")


@staff_page(CHANGE_MESSAGE_RULES)
def message_settings(request: StaffRequest) -> HttpResponse:
    """Caps, the number that texts come from, until when patients move visits themselves."""
    clinic = request.clinic
    form = MessagingForm(clinic, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            rule_settings.change_messaging(
                actor=request.actor, clinic=clinic, changes=form.cleaned_data, seen=form.seen
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The settings are saved. They count from now on.")
            return redirect("message_settings")
    return _show(request, form, QuietHoursForm())


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def set_quiet_hours(request: StaffRequest) -> HttpResponse:
    form = QuietHoursForm(request.POST)
    if form.is_valid():
        try:
            rule_settings.set_quiet_hours(actor=request.actor, clinic=request.clinic, **form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The hours are saved. They count from now on.")
            return redirect("message_settings")
    return _show(request, MessagingForm(request.clinic), form)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def drop_quiet_hours(request: StaffRequest, pk: UUID) -> HttpResponse:
    here = QuietHours.objects.filter(clinic=request.clinic)
    quiet = access.fetch(request.actor, here, CHANGE_MESSAGE_RULES, pk=pk)
    rule_settings.drop_quiet_hours(actor=request.actor, quiet=quiet)
    messages.success(request, f"For {quiet.state} the usual hours hold again.")
    return redirect("message_settings")


def _show(request: StaffRequest, form: MessagingForm, quiet_form: QuietHoursForm) -> HttpResponse:
    context = {
        "form": form,
        "quiet_form": quiet_form,
        "quiet": QuietHours.objects.filter(clinic=request.clinic).order_by("state"),
    }
    status = max(form.status, quiet_form.status)
    return render(request, "web/message_rules/settings.html", context, status=status)
