"""The phones of made-up patients: what arrived on them, and texts sent from them as a patient would.

Only a synthetic clinic has any; a real patient's text comes from the provider of text messages.
"""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import fetch
from clinic.models import Clinic, Patient
from clinic.problems import Missing
from notifications import access, queries
from notifications.models import ClinicMessaging
from notifications.talking import inbound
from web.doors import StaffRequest, staff_page
from web.files import calendar_answer
from web.forms import ClinicForm
from web.paging import latest_first

# What the messages ask for; anything else is typed.
WORDS: Final = ("C", "R", "STOP", "START", "HELP")


class PhoneOfPatient(forms.ModelChoiceField):
    def label_from_instance(self, patient: Patient) -> str:
        return f"{patient.full_name}, {patient.phone.as_national}"


class TextForm(ClinicForm):
    """Free text, or one of the words by its own button."""

    patient = PhoneOfPatient(Patient.objects.none(), label="As", empty_label="Choose a patient")
    body = forms.CharField(label="Text", max_length=1600, required=False)
    word = forms.ChoiceField(choices=[(word, word) for word in WORDS], required=False)

    def __init__(self, clinic: Clinic, *args: Any) -> None:
        super().__init__(*args)
        self.fields["word"].widget = forms.HiddenInput()
        phones = Patient.objects.filter(clinic=clinic, deceased=False).exclude(phone="")
        self.fields["patient"].queryset = phones.order_by("family_name", "given_names")  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        if not given.get("word") and not given.get("body"):
            self.add_error("body", "Write what the patient says, or press one of the words.")
        return given


@staff_page(access.VIEW_INBOX, methods=["GET"])
def inbox(request: StaffRequest) -> HttpResponse:
    """What arrived, with links that work, and a phone to answer with."""
    return _show(request, TextForm(request.clinic))


@staff_page(access.VIEW_INBOX, methods=["POST"])
def send_text(request: StaffRequest) -> HttpResponse:
    """A text from a made-up phone, taken as the provider would hand it over; sent twice, it is one."""
    number = _number_of(request.clinic)
    if not number:
        raise Missing("This clinic has no made-up phones to text with.")
    form = TextForm(request.clinic, request.POST)
    if not form.is_valid():
        return _show(request, form)
    sent, now = form.cleaned_data, clock.now()
    inbound.take(
        provider="inbox",
        reference=str(sent["id"]),
        sender=str(sent["patient"].phone),
        recipient=number,
        body=sent["word"] or sent["body"],
        received_at=now,
        now=now,
    )
    messages.success(request, "The text has arrived. What is said back appears here within a minute.")
    return redirect("inbox")


@staff_page(access.VIEW_INBOX, methods=["GET"])
def calendar_file(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The calendar file that arrived with a message, byte by byte."""
    items = queries.inbox().filter(clinic=request.clinic).exclude(calendar="")
    return calendar_answer(fetch(request.actor, items, access.VIEW_INBOX, pk=pk).calendar)


def _show(request: StaffRequest, form: TextForm) -> HttpResponse:
    items = queries.inbox().filter(clinic=request.clinic)
    page = latest_first(request.GET, items, "created_at")
    context = {
        "page": page,
        "arrived": queries.with_links(page.rows),
        "form": form if _number_of(request.clinic) else None,
        "sending": WORDS,
    }
    return render(request, "web/messages/inbox.html", context, status=form.status)


def _number_of(clinic: Clinic) -> str:
    """The number that texts to a synthetic clinic go to; of any other, none."""
    settled = ClinicMessaging.objects.filter(clinic=clinic, clinic__synthetic=True).first()
    return str(settled.sms_number) if settled else ""
