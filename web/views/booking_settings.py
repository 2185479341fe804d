"""The manager's page of how booking works in the clinic: notice, holds, offers, whose public holidays."""

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic.problems import Problem
from scheduler.access import CHANGE_BOOKING_SETTINGS
from scheduler.working_hours import booking_settings, holiday_calendar
from web.doors import StaffRequest, staff_page
from web.forms import WholeNumberField
from web.settings_form import SettingsForm


class CalendarInput(forms.TextInput):
    """A box that the page's list of calendars (`id="calendars"`) helps to fill."""

    def __init__(self) -> None:
        super().__init__(attrs={"list": "calendars", "autocomplete": "off", "autocapitalize": "characters"})


class BookingSettingsForm(SettingsForm):
    holiday_calendar = forms.CharField(
        label="Public holidays of",
        required=False,
        max_length=12,
        widget=CalendarInput,
        help_text="A country or a part of one by its code, such as US or US-IL. Empty: none are offered.",
    )
    late_cancellation_hours = WholeNumberField(
        label="A cancellation is late",
        unit="hours before the visit, or later",
        help_text="Counted apart in the reports.",
    )
    hold_minutes = WholeNumberField(
        label="A time is held for", unit="minutes", help_text="While it is talked over on the telephone."
    )
    offer_minutes = WholeNumberField(
        label="An offer from the waitlist stands for",
        unit="minutes",
        help_text="Its clock stands still at night.",
    )


@staff_page(CHANGE_BOOKING_SETTINGS)
def settings(request: StaffRequest) -> HttpResponse:
    clinic = request.clinic
    shown = {name: getattr(clinic, name) for name in BookingSettingsForm.base_fields}
    form = BookingSettingsForm(clinic, request.POST or None, stands=shown)
    if request.method == "POST" and form.is_valid():
        changes: dict[str, Any] = form.cleaned_data
        try:
            booking_settings.change_booking_settings(actor=request.actor, clinic=clinic, **changes)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The settings are saved. They count from now on.")
            return redirect("booking_settings")
    context = {
        "form": form,
        "countries": holiday_calendar.countries(),
        "parts": holiday_calendar.parts_of(clinic.holiday_calendar),
        "names_shown": clinic.feeds_show_names,
    }
    return render(request, "web/hours/settings.html", context, status=form.status)
