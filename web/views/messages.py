"""What was said to patients and what they answered: the message log, one message, a check-in."""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import render

from clinic import clock
from clinic import queries as ground
from clinic.access import fetch, log_look, open_chart
from clinic.models import Patient
from clinic.problems import Invalid
from notifications import access, queries
from notifications.answering import grading, question_sets, questionnaires
from notifications.models import Form, Message, MessageStatus
from notifications.planning.stage_words import TITLES
from notifications.talking import again
from scheduler.models import Appointment
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, DayField, SearchField
from web.paging import NOT_WHOLE, latest_first

NARROWING: Final = ("status", "stage", "channel", "first", "last")


class FilterForm(forms.Form):
    """What of the log is shown. The patient and the visit come from links elsewhere in the house."""

    status = forms.ChoiceField(
        choices=[("", "All so far"), *MessageStatus.choices], required=False, label="Which"
    )
    stage = forms.ChoiceField(choices=[("", "Any"), *TITLES.items()], required=False, label="Message")
    channel = forms.ChoiceField(choices=[("", "Any"), *Form.choices], required=False, label="Sent by")
    first = DayField(required=False, label="From")
    last = DayField(required=False, label="Through")
    patient = forms.UUIDField(required=False, widget=forms.HiddenInput)
    visit = forms.UUIDField(required=False, widget=forms.HiddenInput)


class FindForm(ChangeForm):
    text = SearchField(label="Whose messages", hint="Name, birthday, phone (also an old one) or MRN", size=40)


@staff_page(access.VIEW_MESSAGES, methods=["GET"])
def messages(request: StaffRequest) -> HttpResponse:
    """The log of the clinic, a patient or a visit: when each was wanted, and sent, or exactly why not."""
    form = FilterForm(request.GET)
    form.is_valid()
    if form.has_error("patient") or form.has_error("visit"):
        raise Invalid({"address": NOT_WHOLE})
    asked = {name: form.cleaned_data.get(name) for name in form.fields}
    log = queries.message_log().filter(clinic=request.clinic)
    about = None
    if asked["visit"]:
        visits = Appointment.objects.select_related("patient")
        about = fetch(request.actor, visits, access.VIEW_MESSAGES, pk=asked["visit"]).patient
        log_look(request.actor, about, what="messages")
        log = log.filter(appointment_id=asked["visit"])
    elif asked["patient"]:
        about = open_chart(request.actor, access.VIEW_MESSAGES, asked["patient"], what="messages")
        log = log.filter(patient=about)
    log = _narrowed(log, asked, request.clinic.time_zone)
    if asked["status"]:
        log = log.filter(status=asked["status"])
    elif about is None:
        # A clinic's whole future would hide what has just been sent.
        log = log.filter(due_at__lte=clock.now())
    page = latest_first(request.GET, log, "due_at")
    context = {
        "about": about,
        "one_visit": bool(asked["visit"]),
        "narrowed": any(asked[name] for name in NARROWING),
        "page": page,
        "rows": page.rows,
        "may_go_again": {row.pk for row in page.rows if _may_go_again(row)},
    }
    return _show(request, form, context, status=400 if form.errors else 200)


@staff_page(access.VIEW_MESSAGES, methods=["POST"])
def find_patient(request: StaffRequest) -> HttpResponse:
    """Whose messages are looked for. Sent, not asked by address: names must not stand in addresses."""
    find = FindForm(request.POST)
    here = Patient.objects.filter(clinic=request.clinic)
    typed = find.cleaned_data["text"] if find.is_valid() else ""
    context = {
        "find": find,
        "searched": find.is_valid(),
        "patients": list(ground.find_patients(here, typed)),
        "before": list(ground.had_number(here, typed)),
    }
    return _show(request, FilterForm(), context, status=find.status)


def _show(
    request: StaffRequest, form: FilterForm, context: dict[str, Any], *, status: int = 200
) -> HttpResponse:
    may_see_figures = request.actor.may(access.VIEW_STAGE_FIGURES, request.clinic.pk)
    shared = {"form": form, "find": FindForm(), "may_see_figures": may_see_figures}
    return render(request, "web/messages/log.html", {**shared, **context}, status=status)


@staff_page(access.VIEW_MESSAGES, methods=["GET"])
def message(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One message with each try to deliver it."""
    row = fetch(request.actor, queries.messages_with_attempts(), access.VIEW_MESSAGES, pk=pk)
    if row.patient is not None:
        log_look(request.actor, row.patient, what="message")
    context = {"row": row, "may_repeat": row.kind not in again.NOT_AGAIN}
    return render(request, "web/messages/message.html", context)


@staff_page(access.VIEW_CHECK_INS, methods=["GET"])
def check_in(request: StaffRequest, pk: UUID) -> HttpResponse:
    """A check-in's answers, the alarming ones first to be seen."""
    row = fetch(request.actor, queries.check_ins(), access.VIEW_CHECK_INS, pk=pk)
    log_look(request.actor, row.patient, what="check-in")
    lines = queries.answered_questions(row)
    lines.sort(key=lambda line: grading.SEVERITY[line.answer.level if line.answer else ""], reverse=True)
    context = {
        "check_in": row,
        "name": question_sets.NAMES[row.kind],
        "lines": lines,
        "forms": questionnaires.forms_of(row),
    }
    return render(request, "web/messages/check_in.html", context)


def _may_go_again(row: Message) -> bool:
    """It reached nobody, as far as is known, was not said with another, and is one that staff may repeat."""
    reached_nobody = row.status in (MessageStatus.SKIPPED, MessageStatus.FAILED, MessageStatus.UNKNOWN)
    return reached_nobody and row.carried_by_id is None and row.kind not in again.NOT_AGAIN


def _narrowed(log: QuerySet[Message], asked: dict[str, Any], zone: str) -> QuerySet[Message]:
    """To a stage, a way that was tried, and days of the clinic."""
    first, last = asked["first"], asked["last"]
    columns = {"stage": asked["stage"]} if asked["stage"] else {}
    return queries.searched(
        log,
        form=asked["channel"] or "",
        due_from=clock.day_bounds(first, zone)[0] if first else None,
        due_until=clock.day_bounds(last, zone)[1] if last else None,
        **columns,
    )
