"""The settings' first page: all that a manager sets, a sentence each, and what wants their eye."""

from dataclasses import dataclass
from typing import Final

from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic.access import MANAGE_STAFF
from web.doors import StaffRequest, staff_page
from web.needing_attention import needing_attention


@dataclass(frozen=True)
class Editor:
    """A page where something is set: its route, its words, and what it is for."""

    route: str
    title: str
    icon: str
    what: str


EDITORS: Final = (
    Editor("setup", "Setting up", "tasks", "The steps of a new clinic, up to a day that can be booked."),
    Editor("staff", "Staff and roles", "people", "Who works here and as what; invitations, access, tokens."),
    Editor(
        "resources", "Chairs and nurses", "chair", "What visits are booked with: chairs, nurses, clinicians."
    ),
    Editor("hours", "Hours", "clock", "When each of them works: weekly hours, single days, absences."),
    Editor(
        "closures", "Closures", "door-in", "Days on which the whole clinic is closed, holidays among them."
    ),
    Editor(
        "booking_settings", "Booking settings", "calendar", "Notice, holds, offers, and whose holidays count."
    ),
    Editor(
        "protocols", "Protocols", "drop", "Doses, phases and limits, in versions that a prescriber signs."
    ),
    Editor(
        "prescribing_settings",
        "Before a plan",
        "check-circle",
        "Whether a plan needs an eligibility decision.",
    ),
    Editor("message_rules", "Message rules", "message", "What patients are told and when, in which words."),
    Editor(
        "message_settings", "Message settings", "bell", "Numbers, quiet hours, and how many messages a week."
    ),
    Editor("sending", "Sending", "pause", "Pause and resume what leaves the house."),
    Editor("on_call", "On call", "alert", "Who is called, in which turn, when nobody takes an urgent task."),
    Editor("monitors", "Monitors", "heart", "Bedside monitors, at which chair each stands."),
    Editor(
        "calendar_feeds", "Calendar feeds", "arrow-right", "Addresses for the calendars of chairs and nurses."
    ),
    Editor(
        "import_patients", "Import patients", "inbox", "Bring patients in from a file, with a look before it."
    ),
)


@staff_page(MANAGE_STAFF, methods=["GET"])
def clinic_settings(request: StaffRequest) -> HttpResponse:
    wanted = needing_attention(request.clinic, now=clock.now())
    listed = [(editor, wanted.get(editor.route, [])) for editor in EDITORS]
    context = {"editors": listed, "wanting": sum(bool(sentences) for _, sentences in listed)}
    return render(request, "web/staff/settings.html", context)
