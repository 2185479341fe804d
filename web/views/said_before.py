"""What a patient says before a visit, entered by the nurse or prescriber who has them on the telephone.

What patients enter themselves is `links`; how it is read to staff is `readiness_answers`.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from notifications.answering import things
from notifications.answering.question_sets import READINESS
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.access import CONFIRM_READINESS
from sessions_app.models import Readiness, YesNoUnknown
from sessions_app.preparing import readiness
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.settings_form import SettingsForm
from web.views import readiness_answers
from web.views.booking.place import appointment_of

NOT_ASKED: Final = (YesNoUnknown.UNKNOWN.value, "Not answered")


def _question(code: str) -> forms.ChoiceField:
    """With the answers of the patient's own page, in staff's language. How it is asked, the visit says."""
    question = next(each for each in READINESS if each.code == code)
    told = [(choice.value, choice.label.of(readiness_answers.LANGUAGE)) for choice in question.choices]
    return _answered("", told)


def _answered(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[*choices, NOT_ASKED],
        initial=YesNoUnknown.UNKNOWN,
        widget=forms.RadioSelect,
    )


class SaidBeforeForm(SettingsForm, ClinicForm):
    """It says what it showed: what was answered meanwhile is replaced by nobody who hasn't seen it. Where an
    answer stands it can be changed, and no more be left out."""

    ride_home = _question("ride_home")
    ride_name = forms.CharField(label="Name of the adult who takes them home", max_length=120, required=False)
    ride_phone = forms.CharField(label="That adult's phone", max_length=40, required=False)
    fasting_understood = _question("fasting_understood")
    new_medicines = _question("new_medicines")
    possible_pregnancy = _question("possible_pregnancy")
    alcohol_drugs = _question("alcohol_drugs")
    urinary_symptoms = _answered(readiness_answers.URINARY, [("no", "No"), ("yes", "Yes")])

    def __init__(self, visit: Appointment, data: Any = None) -> None:
        super().__init__(data, stands=_standing(visit))
        for question in things.questions_before(visit):
            self.fields[question.code].label = question.text.of(readiness_answers.LANGUAGE)
        self._offer_what_can_be_said()

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        taken_out = self.seen.values.get("ride_name") and not cleaned.get("ride_name")
        if taken_out and cleaned.get("ride_home") == YesNoUnknown.YES:
            self.add_error("ride_name", "Name who takes them home now, or answer that nobody does yet.")
        return cleaned

    def answers(self) -> readiness.Answers:
        return readiness.Answers(**{name: value for name, value in self.cleaned_data.items() if name != "id"})

    def show_again(self) -> None:
        """Refused: what was left out is shown as it stands."""
        sent: Any = self.data
        shown = sent.copy()
        for name, stands in self._answered().items():
            if self.data.get(name) == YesNoUnknown.UNKNOWN:
                shown[name] = stands
        self.data = shown
        self._offer_what_can_be_said()

    def _answered(self) -> dict[str, str]:
        return {
            name: self.initial[name]
            for name, field in self.fields.items()
            if isinstance(field, forms.ChoiceField) and self.initial[name] != YesNoUnknown.UNKNOWN
        }

    def _offer_what_can_be_said(self) -> None:
        # Of the boxes alone: an older page, which still has it, is heard.
        for name in self._answered():
            field: Any = self.fields[name]
            field.widget.choices = [choice for choice in field.choices if choice != NOT_ASKED]

    def _told(self, changes: Sequence[Mapping[str, Any]]) -> str:
        told = [
            f"“{self.fields[change['field']].label}” is now {self._words(change['field'])} ({change['by']})."
            for change in changes
        ]
        return (
            f"This was answered while you had the page open. {' '.join(told)} Nothing of yours is kept yet:"
            " what you answered stands in its place. Keep the answers again to put it in place of theirs."
        )


@staff_page(CONFIRM_READINESS, methods=["GET", "POST"])
def said_before(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The questions, answered as they stand; what is answered stands in place of what was said before."""
    visit = appointment_of(request, pk, CONFIRM_READINESS)
    if request.method == "GET":
        access.log_look(request.actor, visit.patient, what="answers before a visit")
        return _show(request, visit, SaidBeforeForm(visit))
    form = SaidBeforeForm(visit, request.POST)
    if form.is_valid():
        id, answers = form.cleaned_data["id"], form.answers()
        try:
            create_once(
                actor=request.actor,
                noun="readiness",
                id=id,
                body={"appointment": str(visit.pk), **vars(answers)},
                make=lambda: readiness.confirm(
                    id=id, appointment=visit, answers=answers, seen=form.seen, now=clock.now()
                ),
                find=lambda: Readiness.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The answers are kept. They stand on the visit's checklist.")
            return redirect("visit", pk=visit.pk)
    form.show_again()
    return _show(request, visit, form)


def _standing(visit: Appointment) -> dict[str, Any]:
    """What was said so far, so that one answer can change and the others stay."""
    return vars(readiness.standing(visit))


def _show(request: StaffRequest, visit: Appointment, form: SaidBeforeForm) -> HttpResponse:
    context = {
        "appointment": visit,
        "form": form,
        "is_ahead": visit.status == AppointmentStatus.BOOKED,
    }
    return render(request, "web/desk/said_before.html", context, status=form.status)
