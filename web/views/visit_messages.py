"""Everything that a visit's patient was told and will be told, and saying one of it again."""

from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clock
from clinic.access import fetch, log_look
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from notifications import queries
from notifications.access import SEND_AGAIN, VIEW_MESSAGES
from notifications.delivering.blocked import blocks_of
from notifications.models import Message
from notifications.reporting.visit_messages import messages_of_visit
from notifications.talking import again
from scheduler.models import Appointment
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm

NO_TEXTS: Final = "What is still to come goes by e-mail, where the patient agreed to e-mail."


class AgainForm(ClinicForm):
    text = forms.CharField(
        label="In your own words",
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Empty: as it was, with its link. Never what the visit is about: phones show it locked.",
    )


@staff_page(VIEW_MESSAGES, methods=["GET"])
def visit_messages(request: StaffRequest, pk: UUID) -> HttpResponse:
    visits = Appointment.objects.select_related("patient__clinic", "clinic", "protocol", "plan")
    visit = fetch(request.actor, visits, VIEW_MESSAGES, pk=pk)
    log_look(request.actor, visit.patient, what="messages")
    context = {
        "visit": visit,
        "lines": messages_of_visit(visit, clock.now()),
        "no_texts": NO_TEXTS if _texts_are_stopped(visit.patient) else "",
    }
    return render(request, "web/messages/visit.html", context)


def _texts_are_stopped(patient: Patient) -> bool:
    of_number = blocks_of(clinic_id=patient.clinic_id, number=str(patient.phone), patients=[patient])
    return bool(patient.phone and of_number)


@staff_page(SEND_AGAIN)
def send_again(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The form; sent, says the message again and leads to the new one."""
    first = fetch(request.actor, queries.messages_with_attempts(), SEND_AGAIN, pk=pk)
    if first.patient is not None:
        log_look(request.actor, first.patient, what="message")
    form = AgainForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        id, text = form.cleaned_data["id"], form.cleaned_data["text"]
        try:
            create_once(
                actor=request.actor,
                noun="message_again",
                id=id,
                body={"message": pk, "text": text},
                make=lambda: again.send_again(
                    actor=request.actor, id=id, message=first, text=text, now=clock.now()
                ),
                find=lambda: Message.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "It is on its way.")
            return redirect("message", pk=id)
    context = {"form": form, "row": first, "last": first.attempts.last()}
    return render(request, "web/messages/again.html", context, status=form.status)
