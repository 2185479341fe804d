"""Patients' texts for staff: who waits for an answer, one thread with a reply, a number that was wrong."""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import clock
from clinic.access import fetch, log_long_look, log_look
from clinic.idempotency import create_once
from clinic.middleware import POLL_HEADER
from clinic.models import Patient
from clinic.problems import Problem
from notifications import access
from notifications.delivering.blocked import blocks_of
from notifications.models import BlockReason, InboundMessage, Message
from notifications.talking import conversations, reply_phrases, threads
from scheduler.models import Appointment
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, PhoneField
from web.lengths import span_in_words
from web.shared_number import SharedNumberForm
from web.views import own_words
from web.views.own_words import OwnWordsForm
from web.views.tasks.forms import NEVER_IN_SILENCE
from web.views.tasks.lines import Line as TaskLine
from web.views.tasks.lines import lines_of

STAYS: Final = "The number stays, and texts go to it again."
CALL_STILL_OWED: Final = (
    "A call is still owed about what alarms: it ends when its task is closed with what was done."
    " The others are dealt with."
)
CAME_SINCE: Final = (
    "A text has come since you opened that page, and waits to be read. Those that you saw are dealt with."
)
# Of the texts that a call is owed about, so many are shown above the conversation.
MOST_SHOWN: Final = 3
NOTHING_NEW: Final = "This is the number that is there already, and nobody doubts it. Enter the right one."


class ReplyForm(OwnWordsForm):
    """With the newest text that stood on the page: what came since isn't answered by it."""

    seen = forms.UUIDField(required=False, widget=forms.HiddenInput())

    def __init__(self, patient: Patient, data: Any = None, *, words: str = "") -> None:
        check = reverse("check_reply", args=[patient.pk])
        super().__init__(patient, data, label="Reply by text", check=check, words=words)
        self.fields["seen"].initial = None if data else threads.newest_of(threads.texts_of(patient))


class OfferTimesForm(ClinicForm):
    """For which visit other times are offered; all of it is hidden behind that visit's button."""

    appointment = forms.UUIDField(widget=forms.HiddenInput)
    seen = forms.UUIDField(required=False, widget=forms.HiddenInput)


class DealtWithForm(ChangeForm):
    """With the newest text that stood on the page: nobody has dealt with what they hadn't seen. That goes on
    being told while the page renews itself, also while it has no such form."""

    outcome = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.TextInput(),
        error_messages={"required": NEVER_IN_SILENCE},
    )
    seen = forms.UUIDField(
        required=False, widget=forms.HiddenInput(attrs={"id": "dealt_seen", "form": "dealt-with"})
    )

    def __init__(self, texts: QuerySet[InboundMessage], data: Any = None) -> None:
        super().__init__(data)
        self.texts = texts
        self.fields["seen"].initial = None if data else threads.newest_of(texts)

    @property
    def read(self) -> QuerySet[InboundMessage]:
        """Of the texts those that stood on the page: of a form that was cleaned."""
        return threads.up_to(self.texts, self.cleaned_data["seen"])


class NumberForm(SharedNumberForm):
    phone = PhoneField(label="Mobile number")
    how = forms.CharField(
        label="How you know",
        max_length=120,
        help_text="Such as: the patient called, or told the desk.",
    )
    field_order = ("phone", "how", "shared")


@staff_page(access.READ_TEXTS, methods=["GET"])
def waiting(request: StaffRequest) -> HttpResponse:
    """Threads with texts that nobody has dealt with, the alarming first."""
    now = clock.now()
    context = {
        "waiting": [
            (each, span_in_words(each.oldest.received_at, now))
            for each in conversations.waiting_threads(request.clinic)
        ],
        "recent": conversations.recent_threads(request.clinic, now=now),
    }
    return render(request, "web/threads/list.html", context)


@staff_page(access.READ_TEXTS, methods=["GET"])
def text(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Where a text is read: in its patient's thread, or with the others of its number."""
    row = _text(request, pk)
    if row.patient_id:
        return redirect("thread", row.patient_id)
    return _show_number(request, row, DealtWithForm(threads.texts_of_number(row)))


@staff_page(access.REPLY, methods=["POST"])
def number_dealt_with(request: StaffRequest, pk: UUID) -> HttpResponse:
    row = _text(request, pk)
    form = DealtWithForm(threads.texts_of_number(row), request.POST)
    if _dealt_with(request, form, row.clinic_id):
        return redirect("threads")
    return _show_number(request, row, form)


@staff_page(access.READ_TEXTS, methods=["GET"])
def thread(request: StaffRequest, pk: UUID) -> HttpResponse:
    """`?words=<n>` begins the reply with the n-th of the usual phrases."""
    patient = _patient(request, pk)
    # The page renews itself: one that stays open is one look an hour.
    log = log_long_look if POLL_HEADER in request.headers else log_look
    log(request.actor, patient, what="texts")
    return _show(request, patient, reply=ReplyForm(patient, words=_phrase(request, patient)))


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
    """The box again with what stands below it, while somebody types; `?words=<n>` adds one of the usual
    phrases to what is typed."""
    patient, data = _patient(request, pk), request.POST.copy()
    if phrase := _phrase(request, patient):
        data["text"] = reply_phrases.added(data.get("text", ""), phrase)
    return own_words.checked(request, ReplyForm(patient, data))


@staff_page(access.REPLY, methods=["POST"])
def offer_times(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Text a link on which the patient chooses another time for one visit."""
    patient = _patient(request, pk)
    form = OfferTimesForm(request.POST)
    if not form.is_valid():
        messages.error(request, "Choose the visit again.")
        return redirect("thread", pk)
    id, seen = form.cleaned_data["id"], form.cleaned_data["seen"]
    visits = Appointment.objects.select_related("clinic", "patient").filter(patient=patient)
    visit = fetch(request.actor, visits, access.REPLY, pk=form.cleaned_data["appointment"])
    try:
        create_once(
            actor=request.actor,
            noun="offer_times",
            id=id,
            body={"appointment": visit.pk},
            make=lambda: threads.offer_times(
                actor=request.actor, id=id, visit=visit, seen=seen, now=clock.now()
            ),
            find=lambda: Message.objects.get(pk=id),
        )
    except Problem as problem:
        messages.error(request, problem.detail)
    else:
        messages.success(request, "The link to choose another time is on its way.")
    return redirect("thread", pk)


@staff_page(access.REPLY, methods=["POST"])
def dealt_with(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = _patient(request, pk)
    form = DealtWithForm(threads.texts_of(patient), request.POST)
    if _dealt_with(request, form, patient.clinic_id):
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


@dataclass(frozen=True)
class CallOwed:
    """The most pressing call about texts of a thread, what was written, and how many more calls are owed."""

    line: TaskLine
    texts: list[conversations.Line]
    more: int

    @property
    def whose_turn(self) -> str:
        """What whoever has this open is to do now."""
        if not self.line.unanswered:
            return f"{self.line.with_whom} has it and calls."
        if self.line.may_act:
            return "Nobody has taken it yet. Take it, and call."
        role = self.line.item.get_role_display().lower()
        return f"Nobody has taken it yet: go to a {role} now and show this text."


def _call_owed(request: StaffRequest, lines: list[conversations.Line]) -> CallOwed | None:
    items = conversations.calls_owed(lines)
    if not items:
        return None
    first = lines_of(request.actor, request.clinic, items[:1], now=clock.now())[0]
    about = {item.cause.partition(":")[2] for item in items}
    texts = [line for line in lines if str(line.id) in about]
    return CallOwed(first, texts[-MOST_SHOWN:], len(items) - 1)


def _is_to_be_read(lines: list[conversations.Line], call: CallOwed | None) -> bool:
    """Whether any text waits for more than the call that is owed about it."""
    about = {line.id for line in call.texts} if call else set()
    return any(line.waiting and line.id not in about for line in lines)


def _dealt_with(request: StaffRequest, form: DealtWithForm, clinic_id: UUID) -> bool:
    """Whether the form was carried out; its problem stands in it otherwise."""
    if not form.is_valid():
        return False
    try:
        threads.deal_with(
            actor=request.actor,
            clinic_id=clinic_id,
            texts=form.read,
            outcome=form.cleaned_data["outcome"],
            now=clock.now(),
        )
    except Problem as problem:
        form.add_problem(problem)
        return False
    if form.read.filter(read_at=None).exists():
        messages.warning(request, CALL_STILL_OWED)
    elif form.texts.filter(read_at=None).exists():
        messages.warning(request, CAME_SINCE)
    else:
        messages.success(request, "These texts are dealt with.")
    return True


def _show(request: StaffRequest, patient: Patient, **filled: ChangeForm) -> HttpResponse:
    """The thread with its forms; one that was refused, or begun with a phrase, as it was filled."""
    lines, why_not = conversations.thread_of(patient), threads.why_not(patient)
    reply_form = filled.get("reply") or ReplyForm(patient)
    call = _call_owed(request, lines)
    # No usual phrase answers what alarms, and no other time.
    quiet = not (why_not or call)
    visits = conversations.upcoming_visits(patient, now=clock.now()) if quiet else []
    context = {
        "patient": patient,
        "phrases": () if call else _phrases(patient),
        "call": call,
        "visits": visits,
        "offer_id": uuid4(),
        "seen": reply_form["seen"].value(),
        "lines": lines,
        "waits": _is_to_be_read(lines, call),
        "why_not": why_not,
        "reply_form": reply_form,
        "dealt_with_form": filled.get("dealt_with") or DealtWithForm(threads.texts_of(patient)),
    }
    status = next((form.status for form in filled.values()), 200)
    return render(request, "web/threads/thread.html", context, status=status)


def _show_number(request: StaffRequest, row: InboundMessage, form: DealtWithForm) -> HttpResponse:
    lines = conversations.thread_of_number(row)
    call = _call_owed(request, lines)
    context = {
        "call": call,
        "text": row,
        "sharing": conversations.sharing(row),
        "lines": lines,
        "waits": _is_to_be_read(lines, call),
        "dealt_with_form": form,
    }
    return render(request, "web/threads/number_thread.html", context, status=form.status)


def _phrases(patient: Patient) -> tuple[str, ...]:
    return reply_phrases.phrases(patient.language, phone=patient.clinic.phone.as_national)


def _phrase(request: StaffRequest, patient: Patient) -> str:
    """The phrase that the address asks for, or none."""
    asked = request.GET.get("words", "")
    by_number = {str(number): phrase for number, phrase in enumerate(_phrases(patient))}
    return by_number.get(asked, "")


def _patient(request: StaffRequest, pk: UUID) -> Patient:
    return fetch(request.actor, Patient.objects.select_related("clinic"), access.READ_TEXTS, pk=pk)


def _text(request: StaffRequest, pk: UUID) -> InboundMessage:
    rows = InboundMessage.objects.select_related("patient")
    return fetch(request.actor, rows, access.READ_TEXTS, pk=pk)
