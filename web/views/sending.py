"""The manager's page of what may leave the house, and the desk's word on a message of unknown outcome."""

from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import fetch
from clinic.problems import Invalid, Problem
from notifications.access import PAUSE_SENDING, SETTLE_MESSAGES
from notifications.delivering import outcomes, sending_state
from notifications.models import ClinicMessaging, Message, MessageStatus
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm

LABELS: Final = {
    sending_state.ALL: "Everything, of all clinics",
    "sms": "Text messages, of all clinics",
    "email": "E-mail, of all clinics",
}
NOT_SAID: Final = "Say whether it arrived. Nothing is changed, and nothing is sent again."


class PauseForm(ChangeForm):
    why = forms.CharField(label="Why", max_length=160, help_text="For whoever finds it paused.")


class ArrivedForm(forms.Form):
    """Each answer has its button: what says neither sends nothing again."""

    arrived = forms.ChoiceField(choices=[("yes", "It arrived"), ("no", "It did not")])


@staff_page(PAUSE_SENDING)
def sending(request: StaffRequest) -> HttpResponse:
    """Every way out as it stands; sent, pauses what this clinic says to its patients."""
    form = PauseForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        why = form.cleaned_data["why"]
        try:
            sending_state.pause_clinic(actor=request.actor, clinic=request.clinic, why=why, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "Paused: what this clinic says to its patients. What falls due waits.")
            return redirect("sending")
    own = ClinicMessaging.objects.select_related("paused_by").filter(clinic=request.clinic).first()
    context = {
        "form": form,
        "own": own,
        "not_ours": own is not None and sending_state.not_the_clinics(own),
        "ways": [(LABELS[row.name], row) for row in sending_state.states()],
        "now": clock.now(),
    }
    return render(request, "web/messages/sending.html", context, status=form.status)


@staff_page(PAUSE_SENDING, methods=["POST"])
def resume(request: StaffRequest) -> HttpResponse:
    """Let this clinic's messages leave again."""
    sending_state.resume_clinic(actor=request.actor, clinic=request.clinic)
    messages.success(request, "Resumed: what this clinic says to its patients.")
    return redirect("sending")


@staff_page(SETTLE_MESSAGES, methods=["POST"])
def settle(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Somebody has found out whether a message of unknown outcome arrived."""
    row = fetch(request.actor, Message.objects.all(), SETTLE_MESSAGES, pk=pk)
    form = ArrivedForm(request.POST)
    if not form.is_valid():
        raise Invalid({"arrived": NOT_SAID})
    arrived = form.cleaned_data["arrived"] == "yes"
    row = outcomes.settle(actor=request.actor, message=row, arrived=arrived, now=clock.now())
    if row.status == MessageStatus.PLANNED:
        messages.success(request, "It is sent again now.")
    else:
        messages.success(request, "The message is settled.")
    return redirect("message", pk=pk)
