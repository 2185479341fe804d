"""What a patient says before a visit, entered by the nurse or prescriber who has them on the telephone.

What patients enter themselves is `links`; how it is read to staff is `readiness_answers`.
"""

from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from notifications.answering.question_sets import READINESS
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.access import CONFIRM_READINESS
from sessions_app.models import Readiness, YesNoUnknown
from sessions_app.preparing import readiness
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm
from web.views import readiness_answers
from web.views.booking.place import appointment_of

NOT_ASKED: Final = (YesNoUnknown.UNKNOWN.value, "Not answered")


def _question(code: str) -> forms.ChoiceField:
    """As the patient's own page asks it, in the words of staff's language."""
    question = next(each for each in READINESS if each.code == code)
    told = [(choice.value, choice.label.of(readiness_answers.LANGUAGE)) for choice in question.choices]
    return _answered(question.text.of(readiness_answers.LANGUAGE), told)


def _answered(label: str, choices: list[tuple[str, str]]) -> forms.ChoiceField:
    return forms.ChoiceField(
        label=label,
        choices=[*choices, NOT_ASKED],
        initial=YesNoUnknown.UNKNOWN,
        widget=forms.RadioSelect,
    )


class SaidBeforeForm(ClinicForm):
    ride_home = _question("ride_home")
    ride_name = forms.CharField(label="Name of the adult who takes them home", max_length=120, required=False)
    ride_phone = forms.CharField(label="That adult's phone", max_length=40, required=False)
    fasting_understood = _question("fasting_understood")
    new_medicines = _question("new_medicines")
    possible_pregnancy = _question("possible_pregnancy")
    alcohol_drugs = _question("alcohol_drugs")
    urinary_symptoms = _answered(readiness_answers.URINARY, [("no", "No"), ("yes", "Yes")])

    def answers(self) -> readiness.Answers:
        return readiness.Answers(**{name: value for name, value in self.cleaned_data.items() if name != "id"})


@staff_page(CONFIRM_READINESS, methods=["GET", "POST"])
def said_before(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The questions, answered as they stand; kept, they stand in place of what was said before."""
    visit = appointment_of(request, pk, CONFIRM_READINESS)
    if request.method == "GET":
        access.log_look(request.actor, visit.patient, what="answers before a visit")
        return _show(request, visit, SaidBeforeForm(initial=_standing(visit)))
    form = SaidBeforeForm(request.POST)
    if form.is_valid():
        id, answers = form.cleaned_data["id"], form.answers()
        try:
            create_once(
                actor=request.actor,
                noun="readiness",
                id=id,
                body={"appointment": str(visit.pk), **vars(answers)},
                make=lambda: readiness.confirm(id=id, appointment=visit, answers=answers, now=clock.now()),
                find=lambda: Readiness.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The answers are kept. They stand on the visit's checklist.")
            return redirect("visit", pk=visit.pk)
    return _show(request, visit, form)


def _standing(visit: Appointment) -> dict[str, Any]:
    """What was said last, so that one answer can change and the others stay."""
    return vars(readiness.answers_of(readiness.newest(visit)))


def _show(request: StaffRequest, visit: Appointment, form: SaidBeforeForm) -> HttpResponse:
    context = {
        "appointment": visit,
        "form": form,
        "is_ahead": visit.status == AppointmentStatus.BOOKED,
    }
    return render(request, "web/desk/said_before.html", context, status=form.status)
