"""Patients' texts for staff: who waits for an answer, one thread with a reply, a number that was wrong."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import clock
from clinic.access import fetch, log_look, open_chart
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from notifications import access
from notifications.delivering.blocked import blocks_of
from notifications.models import BlockReason, InboundMessage, Message
from notifications.talking import conversations, threads
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, PhoneField
from web.views import own_words
from web.views.own_words import OwnWordsForm
from web.views.tasks.forms import NEVER_IN_SILENCE

STAYS: Final = "The number stays, and texts go to it again."
NOTHING_NEW: Final = "This is the number that is there already, and nobody doubts it. Enter the right one."


class ReplyForm(OwnWordsForm):
    """With the newest text that stood on the page: what came since isn't answered by it."""

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, patient: Patient, data: Any = None) -> None:
        check = reverse("check_reply", args=[patient.pk])
        super().__init__(patient, data, label="Reply by text", check=check)
        self.fields["seen"].initial = None if data else threads.newest_of(threads.texts_of(patient))


class DealtWithForm(ChangeForm):
    outcome = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.TextInput(),
        error_messages={"required": NEVER_IN_SILENCE},
    )


class NumberForm(ChangeForm):
    phone = PhoneField(label="Mobile number")
    how = forms.CharField(
        label="How you know",
        max_length=120,
        help_text="Such as: the patient called, or told the desk.",
    )


@staff_page(access.READ_TEXTS, methods=["GET"])
def waiting(request: StaffRequest) -> HttpResponse:
    """Threads with texts that nobody has dealt with, the alarming first."""
    context = {"waiting": conversations.waiting_threads(request.clinic)}
    return render(request, "web/threads/list.html", context)


@staff_page(access.READ_TEXTS, methods=["GET"])
def text(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Where a text is read: in its patient's thread, or with the others of its number."""
    row = _text(request, pk)
    if row.patient_id:
        return redirect("thread", row.patient_id)
    return _show_number(request, row, DealtWithForm())


@staff_page(access.REPLY, methods=["POST"])
def number_dealt_with(request: StaffRequest, pk: UUID) -> HttpResponse:
    row = _text(request, pk)
    form = DealtWithForm(request.POST)
    if _dealt_with(request, form, row.clinic_id, threads.texts_of_number(row)):
        return redirect("threads")
    return _show_number(request, row, form)


@staff_page(access.READ_TEXTS, methods=["GET"])
def thread(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = open_chart(request.actor, access.READ_TEXTS, pk, what="texts")
    return _show(request, patient)


@staff_page(access.REPLY, methods=["POST"])
def reply(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = _patient(request, pk)
    form = ReplyForm(patient, request.POST)
    if form.is_valid():
        id, words, seen = (form.cleaned_data[name] for name in ("id", "text", "seen"))
        try:
            create_once(
                actor=request.actor,
                noun="reply",
                id=id,
                body={"patient": patient.pk, "text": words},
                make=lambda: threads.reply(
                    actor=request.actor, id=id, patient=patient, text=words, seen=seen, now=clock.now()
                ),
                find=lambda: Message.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "Your reply is on its way.")
            return redirect("thread", pk)
    return _show(request, patient, reply=form)


@staff_page(access.REPLY, methods=["POST"])
def check_reply(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The box again with what stands below it, while somebody types."""
    return own_words.checked(request, ReplyForm(_patient(request, pk), request.POST))


@staff_page(access.REPLY, methods=["POST"])
def dealt_with(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = _patient(request, pk)
    form = DealtWithForm(request.POST)
    if _dealt_with(request, form, patient.clinic_id, threads.texts_of(patient)):
        return redirect("threads")
    return _show(request, patient, dealt_with=form)


@staff_page(access.CORRECT_NUMBER)
def number(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Enter the right number of a patient whose number is said to be somebody else's."""
    patient = _patient(request, pk)
    form = NumberForm(request.POST or None, initial={"phone": patient.phone})
    same = form.is_valid() and form.cleaned_data["phone"] == str(patient.phone)
    if same and not _is_doubted(patient):
        form.add_error("phone", NOTHING_NEW)
    if form.is_valid():
        try:
            threads.correct_number(actor=request.actor, patient=patient, **form.cleaned_data, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, STAYS if same else "The number is corrected.")
            return redirect("thread", pk)
    log_look(request.actor, patient, what="number")
    context = {"patient": patient, "form": form, "why_not": threads.why_not(patient)}
    return render(request, "web/threads/number.html", context, status=form.status)


def _is_doubted(patient: Patient) -> bool:
    """Whether the number is said to be somebody else's, or can't be reached."""
    of_number = blocks_of(clinic_id=patient.clinic_id, number=str(patient.phone), patients=[patient])
    return bool(of_number & {BlockReason.WRONG_NUMBER, BlockReason.UNREACHABLE})


def _dealt_with(request: StaffRequest, form: DealtWithForm, clinic_id: UUID, texts: Any) -> bool:
    """Whether the form was carried out; its problem stands in it otherwise."""
    if not form.is_valid():
        return False
    threads.deal_with(
        actor=request.actor,
        clinic_id=clinic_id,
        texts=texts,
        outcome=form.cleaned_data["outcome"],
        now=clock.now(),
    )
    messages.success(request, "These texts are dealt with.")
    return True


def _show(request: StaffRequest, patient: Patient, **refused: ChangeForm) -> HttpResponse:
    """The thread with its forms; a refused one comes back as it was filled."""
    lines = conversations.thread_of(patient)
    context = {
        "patient": patient,
        "lines": lines,
        "waits": any(line.waiting for line in lines),
        "why_not": threads.why_not(patient),
        "reply_form": refused.get("reply") or ReplyForm(patient),
        "dealt_with_form": refused.get("dealt_with") or DealtWithForm(),
    }
    status = next((form.status for form in refused.values()), 200)
    return render(request, "web/threads/thread.html", context, status=status)


def _show_number(request: StaffRequest, row: InboundMessage, form: DealtWithForm) -> HttpResponse:
    lines = conversations.thread_of_number(row)
    context = {
        "text": row,
        "sharing": conversations.sharing(row),
        "lines": lines,
        "waits": any(line.waiting for line in lines),
        "dealt_with_form": form,
    }
    return render(request, "web/threads/number_thread.html", context, status=form.status)


def _patient(request: StaffRequest, pk: UUID) -> Patient:
    return fetch(request.actor, Patient.objects.select_related("clinic"), access.READ_TEXTS, pk=pk)


def _text(request: StaffRequest, pk: UUID) -> InboundMessage:
    rows = InboundMessage.objects.select_related("patient")
    return fetch(request.actor, rows, access.READ_TEXTS, pk=pk)
