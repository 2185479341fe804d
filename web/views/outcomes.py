"""How a patient fares: the chart of scores and infusions, and questionnaires read out by staff.

A questionnaire is one question a page, so that each answer is kept, and an alarming one told, as it is given.
The headache diary is in `web.views.diary`.
"""

from collections.abc import Sequence
from typing import Any, Final
from uuid import UUID, uuid4

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient, WorkItem
from clinic.problems import Problem
from notifications.answering.grading import EMERGENCY_LINES
from sessions_app.access import ASSESS_SAFETY, READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.models import (
    AnsweredHow,
    Occasion,
    QuestionnaireAnswer,
    QuestionnaireResponse,
    ResponseStatus,
    SafetyConcern,
)
from sessions_app.outcomes import instruments, responses, scoring
from sessions_app.outcomes.chart import chart_of
from sessions_app.outcomes.instruments import INSTRUMENTS, Instrument
from sessions_app.preparing import safety
from web.doors import StaffRequest, staff_page
from web.forms import (
    ChangeForm,
    ClinicForm,
    WholeNumberField,
)
from web.outcome_plots import plots

# As many answers as fit on buttons; more are typed as a number.
BUTTONS: Final = 11
HALF_DONE: Final = "This one was begun today and is half done: go on with it, or enter that it was an error."


class BeginForm(ClinicForm):
    instrument = forms.ChoiceField(
        label="Questionnaire", choices=[(code, each.title) for code, each in INSTRUMENTS.items()]
    )
    occasion = forms.ChoiceField(
        label="Asked for",
        choices=Occasion.choices,
        help_text="PHQ-9, GAD-7 and PCL-5 look back over weeks: between sessions ask the single items.",
    )

    def offer(self, occasions: Sequence[Occasion]) -> None:
        """Show only what fits the moment. Another one that is sent is refused below, in words."""
        field: Any = self.fields["occasion"]
        field.widget.choices = [(each.value, each.label) for each in occasions]
        self.initial.setdefault("occasion", occasions[0])


class AnswerForm(ClinicForm):
    item = forms.IntegerField(widget=forms.HiddenInput)
    value = WholeNumberField(label="Answer")


class CompleteForm(ChangeForm):
    prorate = forms.BooleanField(label="Make up for the missing items, and mark the score", required=False)


class ErrorForm(ChangeForm):
    reason = forms.CharField(label="Why it doesn't count", max_length=240)


@staff_page(READ_SESSIONS, methods=["GET"])
def patient_outcomes(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Scores over the series with the infusions marked, and what the diary comes to."""
    return _outcomes(request, access.open_chart(request.actor, READ_SESSIONS, pk, what="outcomes"))


def _outcomes(request: StaffRequest, patient: Patient, form: BeginForm | None = None) -> HttpResponse:
    found = chart_of(patient, now=clock.now())
    if form is None and request.actor.may(RECORD_OUTCOMES, patient.clinic_id):
        form = BeginForm()
    if form:
        form.offer(responses.occasions_of(patient))
    context = {
        "patient": patient,
        "chart": found,
        "plots": plots(found.lines, found.infusions, patient.clinic.time_zone),
        "others": [
            (row, INSTRUMENTS[row.instrument])
            for row in found.responses
            if row.status != ResponseStatus.COMPLETED or row.score is None
        ],
        "form": form,
    }
    return render(request, "web/outcomes/patient.html", context, status=form.status if form else 200)


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def begin_questionnaire(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, RECORD_OUTCOMES, pk, what="outcomes")
    form = BeginForm(request.POST)
    if form.is_valid():
        sent = form.cleaned_data
        begun = responses.half_done(patient=patient, instrument=sent["instrument"], now=clock.now())
        if begun is not None:
            if begun.pk != sent["id"]:
                messages.info(request, HALF_DONE)
            return redirect("questionnaire", pk=begun.pk)
        try:
            row, _ = create_once(
                actor=request.actor,
                noun="questionnaire",
                id=sent["id"],
                body={"patient": patient.pk, **sent},
                make=lambda: responses.begin(
                    actor=request.actor,
                    patient=patient,
                    how=AnsweredHow.INTERVIEW,
                    now=clock.now(),
                    **sent,
                ),
                find=lambda: QuestionnaireResponse.objects.get(pk=sent["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            return redirect("questionnaire", pk=row.pk)
    return _outcomes(request, patient, form)


@staff_page(READ_SESSIONS, methods=["GET"])
def questionnaire(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The next question, or the one of `?item=`; when all are answered, or for `?review=`, all answers."""
    return _show(request, _fetch(request, pk, READ_SESSIONS))


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def answer_question(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Keep one answer and go on to the next question that has none."""
    row = _fetch(request, pk, RECORD_OUTCOMES)
    form = AnswerForm(request.POST)
    if form.is_valid():
        sent = form.cleaned_data
        try:
            create_once(
                actor=request.actor,
                noun="questionnaire answer",
                id=sent["id"],
                body={"response": row.pk, **sent},
                make=lambda: responses.answer(actor=request.actor, response=row, now=clock.now(), **sent),
                find=lambda: QuestionnaireAnswer.objects.get(pk=sent["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            return redirect(_after(row, sent["item"]))
    return _show(request, row, form)


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def complete_questionnaire(request: StaffRequest, pk: UUID) -> HttpResponse:
    row = _fetch(request, pk, RECORD_OUTCOMES)
    form = CompleteForm(request.POST)
    if form.is_valid():
        try:
            done = responses.complete(
                actor=request.actor, response=row, prorate=form.cleaned_data["prorate"], now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The questionnaire is complete.")
            return redirect("questionnaire", pk=done.pk)
    return _show(request, row, complete=form)


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def questionnaire_in_error(request: StaffRequest, pk: UUID) -> HttpResponse:
    row = _fetch(request, pk, RECORD_OUTCOMES)
    form = ErrorForm(request.POST)
    if form.is_valid():
        try:
            responses.enter_in_error(
                actor=request.actor, response=row, reason=form.cleaned_data["reason"], now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "It doesn't count any more. It stays readable.")
            return redirect("patient_outcomes", pk=row.patient_id)
    return _show(request, row, error=form)


def _fetch(request: StaffRequest, pk: UUID, permission: access.Permission) -> QuestionnaireResponse:
    rows = QuestionnaireResponse.objects.select_related("patient__clinic", "recorded_by")
    row = access.fetch(request.actor, rows, permission, pk=pk)
    access.log_look(request.actor, row.patient, what="questionnaire")
    return row


def _after(row: QuestionnaireResponse, item: int) -> str:
    """The page of the next question without an answer, going round; or of everything that was answered."""
    answers = responses.newest_answers(row)
    asked = instruments.asked_in_order(INSTRUMENTS[row.instrument], answers)
    following = next((other for other in asked if other > item and other not in answers), None)
    address = reverse("questionnaire", args=[row.pk])
    return f"{address}?item={following}" if following else f"{address}?review=1"


def _show(
    request: StaffRequest,
    row: QuestionnaireResponse,
    form: AnswerForm | None = None,
    *,
    complete: CompleteForm | None = None,
    error: ErrorForm | None = None,
) -> HttpResponse:
    asked = INSTRUMENTS[row.instrument]
    answers = responses.newest_answers(row)
    may_record = request.actor.may(RECORD_OUTCOMES, row.clinic_id)
    item = None
    if row.status == ResponseStatus.IN_PROGRESS and may_record and not (complete or error):
        item = _item_asked(request, asked, answers, form)
    in_order = instruments.asked_in_order(asked, answers)
    missing = [place for place in range(1, len(asked.items) + 1) if place not in answers]
    refused = form or complete or error
    context: dict[str, Any] = {
        "row": row,
        "patient": row.patient,
        "instrument": asked,
        "item": item,
        "missing": missing,
        "form": form,
        **_alarm(request, row),
        "emergency_lines": EMERGENCY_LINES,
        "may_record": may_record,
        "band": "" if row.score is None else scoring.band(asked, row.score),
        "lines": [
            (place, instruments.text_of(asked, place), _label(asked, place, answers.get(place)))
            for place in in_order
        ],
        "complete": complete or CompleteForm(),
        "may_prorate": 0 < len(missing) <= asked.prorate_up_to,
        "error": error or ErrorForm(),
        "too_late": refused if refused and not _has_place(row, refused, item) else None,
    }
    if item:
        context |= {
            "id": form["id"].value() if form else uuid4(),
            "text": instruments.text_of(asked, item),
            "beside": item == asked.beside_item,
            "count": in_order[-1],
            "choices": _choices(asked, item, answers.get(item)),
            "before": item - 1,
            "after": item + 1 if item < in_order[-1] else 0,
            "value": form["value"].value() if form else answers.get(item, ""),
        }
    return render(
        request, "web/outcomes/questionnaire.html", context, status=refused.status if refused else 200
    )


def _has_place(row: QuestionnaireResponse, refused: ChangeForm, item: int | None) -> bool:
    """Whether the page of a questionnaire as it stands shows this form of it."""
    if isinstance(refused, ErrorForm):
        return row.status != ResponseStatus.ENTERED_IN_ERROR
    if isinstance(refused, CompleteForm):
        return row.status == ResponseStatus.IN_PROGRESS
    return item is not None


def _alarm(request: StaffRequest, row: QuestionnaireResponse) -> dict[str, Any]:
    """What an answer about self-harm has set going, also when it was taken back since: the tasks that are
    open, and what a prescriber has found."""
    concerns = list(
        SafetyConcern.objects.filter(answer__response=row).select_related("answer", "assessment__assessed_by")
    )
    if not concerns:
        return {"alarm": False}
    causes = [safety.cause_of(each) for each in concerns]
    causes += [responses.cause_of(each.answer) for each in concerns]
    tasks = WorkItem.objects.filter(clinic=row.clinic_id, cause__in=causes, closed_at=None)
    return {
        "alarm": True,
        "tasks": list(tasks.order_by("due_at", "pk")),
        "assessments": [each.assessment for each in concerns if hasattr(each, "assessment")],
        "unassessed": any(not hasattr(each, "assessment") for each in concerns),
        "may_assess": request.actor.may(ASSESS_SAFETY, row.clinic_id),
    }


def _item_asked(
    request: StaffRequest, asked: Instrument, answers: dict[int, int], form: AnswerForm | None
) -> int | None:
    """The question to show, or none for the review."""
    wanted = str(form["item"].value() if form else request.GET.get("item", ""))
    in_order = instruments.asked_in_order(asked, answers)
    if wanted.isdecimal() and int(wanted[:3]) in in_order:
        return int(wanted[:3])
    if "review" in request.GET:
        return None
    return next((place for place in in_order if place not in answers), None)


def _choices(asked: Instrument, item: int, given: int | None) -> list[tuple[int, str, bool]]:
    """(value, words, is the answer now) of each button; none where a number is typed."""
    choices = instruments.choices_of(asked, item)
    if choices:
        return [(each.value, each.label, each.value == given) for each in choices]
    values = range(asked.lowest_answer, asked.highest_answer + 1)
    return [(value, "", value == given) for value in values] if len(values) <= BUTTONS else []


def _label(asked: Instrument, item: int, value: int | None) -> str:
    if value is None:
        return ""
    words = next((each.label for each in instruments.choices_of(asked, item) if each.value == value), "")
    return f"{value} · {words}" if words else str(value)
