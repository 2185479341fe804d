"""The manager's page of what may leave the house, and the desk's word on a message of unknown outcome."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import fetch
from clinic.problems import Problem
from notifications.access import PAUSE_SENDING, SETTLE_MESSAGES
from notifications.delivering import outcomes, restored, sending_state
from notifications.models import ClinicMessaging, Message, MessageStatus
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm

CLINIC: Final = "clinic"
LABELS: Final = {
    sending_state.ALL: "Everything, of all clinics",
    "sms": "Text messages, of all clinics",
    "email": "E-mail, of all clinics",
    CLINIC: "What this clinic says to its patients",
}


class PauseForm(ChangeForm):
    way = forms.ChoiceField(
        choices=[("", "Choose what to pause"), *LABELS.items()],
        label="What",
        error_messages={"invalid_choice": "Choose one of the list."},
    )
    why = forms.CharField(label="Why", max_length=160, help_text="For whoever finds it paused.")


class ResumeForm(forms.Form):
    way = forms.ChoiceField(choices=list(LABELS.items()))


@staff_page(PAUSE_SENDING)
def sending(request: StaffRequest) -> HttpResponse:
    """Every way out as it stands; sent, pauses one."""
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        way, why = form.cleaned_data["way"], form.cleaned_data["why"]
        asked: dict[str, Any] = {"actor": request.actor, "why": why, "now": clock.now()}
        try:
            if way == CLINIC:
                sending_state.pause_clinic(clinic=request.clinic, **asked)
            else:
                sending_state.pause(name=way, **asked)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"Paused: {LABELS[way].lower()}. What falls due waits.")
            return redirect("sending")
    own = ClinicMessaging.objects.select_related("paused_by").filter(clinic=request.clinic).first()
    states = {row.name: row for row in sending_state.states()}
    ways = [
        (way, label, own or ClinicMessaging() if way == CLINIC else states[way])
        for way, label in LABELS.items()
    ]
    context = {"form": form, "ways": ways, "now": clock.now()}
    return render(request, "web/messages/sending.html", context, status=form.status)


@staff_page(PAUSE_SENDING, methods=["POST"])
def resume(request: StaffRequest) -> HttpResponse:
    """Let what is paused leave again."""
    form = ResumeForm(request.POST)
    if form.is_valid():
        way = form.cleaned_data["way"]
        if way == CLINIC:
            sending_state.resume_clinic(actor=request.actor, clinic=request.clinic)
        elif way == sending_state.ALL:
            restored.resume_all(actor=request.actor)
        else:
            sending_state.resume(actor=request.actor, name=way)
        messages.success(request, f"Resumed: {LABELS[way].lower()}.")
    return redirect("sending")


@staff_page(SETTLE_MESSAGES, methods=["POST"])
def settle(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Somebody has found out whether a message of unknown outcome arrived."""
    row = fetch(request.actor, Message.objects.all(), SETTLE_MESSAGES, pk=pk)
    arrived = request.POST.get("arrived") == "yes"
    row = outcomes.settle(actor=request.actor, message=row, arrived=arrived, now=clock.now())
    if row.status == MessageStatus.PLANNED:
        messages.success(request, "It is sent again now.")
    else:
        messages.success(request, "The message is settled.")
    return redirect("message", pk=pk)
