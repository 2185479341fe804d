"""Everything that a visit's patient was told and will be told, and saying one of it again."""

from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

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
from web.views import own_words
from web.views.own_words import OwnWordsForm

NO_TEXTS: Final = "What is still to come goes by e-mail, where the patient agreed to e-mail."


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
    """Two forms: as it was, and edited. The one that is sent says it again and leads to the new message."""
    first = _fetch(request, pk)
    log_look(request.actor, first.addressee, what="message")
    as_it_was, edited = _same_form(), _edit_form(first)
    form: ClinicForm = edited
    if request.method == "POST":
        if "text" in request.POST:
            form = edited = _edit_form(first, request.POST)
        else:
            form = as_it_was = _same_form(request.POST)
        if _sent_again(request, form, first):
            messages.success(request, "It is on its way.")
            return redirect("message", pk=form.cleaned_data["id"])
    context = {"as_it_was": as_it_was, "edited": edited, "row": first, "last": first.attempts.last()}
    return render(request, "web/messages/again.html", context, status=form.status)


@staff_page(SEND_AGAIN, methods=["POST"])
def check_words(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The box again with what stands below it, while somebody edits."""
    return own_words.checked(request, _edit_form(_fetch(request, pk), request.POST))


def _fetch(request: StaffRequest, pk: UUID) -> Message:
    row = fetch(request.actor, queries.messages_with_attempts(), SEND_AGAIN, pk=pk)
    again.must_be_one_to_send_again(row)
    return row


def _same_form(data: Any = None) -> ClinicForm:
    return ClinicForm(data, auto_id="same_%s")


def _edit_form(first: Message, data: Any = None) -> OwnWordsForm:
    """Filled with what was sent, or was to be."""
    return OwnWordsForm(
        first.addressee,
        data,
        label="Edit it and send",
        check=reverse("check_message_again", args=[first.pk]),
        link_length=again.link_length(first, clock.now()),
        by_email=again.by_email(first),
        words=again.words_to_edit(first),
    )


def _sent_again(request: StaffRequest, form: ClinicForm, first: Message) -> bool:
    """Whether the form was carried out; its problem stands in it otherwise."""
    if not form.is_valid():
        return False
    id, text = form.cleaned_data["id"], form.cleaned_data.get("text", "")
    try:
        create_once(
            actor=request.actor,
            noun="message_again",
            id=id,
            body={"message": first.pk, "text": text},
            make=lambda: again.send_again(
                actor=request.actor, id=id, message=first, text=text, now=clock.now()
            ),
            find=lambda: Message.objects.get(pk=id),
        )
    except Problem as problem:
        form.add_problem(problem)
        return False
    return True
