"""The manager's page of how booking works in the clinic: notice, holds, offers, whose public holidays."""

from collections.abc import Mapping
from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect

from clinic import clock
from clinic.problems import Problem
from scheduler.access import CHANGE_BOOKING_SETTINGS
from scheduler.working_hours import booking_settings, holiday_calendar
from web.doors import StaffRequest, staff_page
from web.forms import WholeNumberField
from web.settings_form import SettingsForm
from web.views import booking_told, live_form

PAGE: Final = "web/hours/settings.html"
TOUCHES: Final = "web/hours/settings_touches.html"


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
    no_show_after_minutes = WholeNumberField(
        label="A visit can be marked as missed",
        unit="minutes after its start, or later",
        help_text="0: from its start on. Marked as missed, its chair and nurse are free for others at once.",
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
    stands = booking_settings.settings_of(clinic)
    form = BookingSettingsForm(request.POST or None, stands=stands)
    if live_form.is_check(request):
        form.is_valid()
    elif request.method == "POST" and form.is_valid():
        changes: dict[str, Any] = form.cleaned_data
        try:
            booking_settings.change_booking_settings(
                actor=request.actor, clinic=clinic, seen=form.seen, **changes
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The settings are saved. They count from now on.")
            return redirect("booking_settings")
    context = {
        "told": _told(request, form),
        "countries": holiday_calendar.countries(),
        "parts": holiday_calendar.parts_of(clinic.holiday_calendar),
        "names_shown": clinic.feeds_show_names,
    }
    return live_form.answer(request, form, PAGE, TOUCHES, context, status=form.status)


def _told(request: StaffRequest, form: BookingSettingsForm) -> live_form.Told | None:
    """What is filled in, or what holds; None where it can't be said yet. What the floor refuses is told at
    its box."""
    if form.is_bound and form.errors:
        return None
    given: Mapping[str, Any] = form.cleaned_data if form.is_bound else form.initial
    shown = {name: given[name] for name in form.base_fields}
    try:
        return booking_told.of_settings(request.clinic, shown, now=clock.now())
    except Problem as problem:
        form.add_problem(problem)
        return None
