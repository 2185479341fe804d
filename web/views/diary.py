"""A patient's headache diary as staff keep it: a day, several days without a headache, when it is asked for.

What a patient enters by link is no business of this module.
"""

from collections.abc import Container, Sequence
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.models import Patient
from clinic.problems import Problem
from notifications.access import SET_DIARY_NUDGES
from notifications.answering import diary as nudges
from sessions_app.access import READ_SESSIONS, RECORD_OUTCOMES
from sessions_app.models import DiaryDay
from sessions_app.outcomes import diary
from sessions_app.outcomes.chart import chart_of
from sessions_app.outcomes.diary_counts import MEDICINE_CLASSES, PERIOD_DAYS, TRIGGERS
from web.doors import StaffRequest, staff_page
from web.forms import (
    ChangeForm,
    ClinicForm,
    DayField,
    DecimalNumberField,
    WallTimeField,
    WholeNumberField,
)


def in_words(code: str) -> str:
    """`simple_analgesic` as people read it."""
    return code.replace("_", " ").capitalize()


class DiaryForm(ClinicForm):
    day = DayField(label="Day")
    headache = forms.TypedChoiceField(
        label="Headache on this day",
        choices=[("yes", "Yes"), ("no", "No")],
        coerce=lambda value: value == "yes",
        widget=forms.RadioSelect,
    )
    hours = DecimalNumberField(
        label="For how long", unit="hours", max_digits=3, decimal_places=1, required=False
    )
    peak = WholeNumberField(label="At its worst, 0 to 10", required=False)
    migraine_features = forms.BooleanField(label="With signs of migraine", required=False)
    aura = forms.CharField(
        label="Aura", max_length=40, required=False, help_text="What kind; empty for none."
    )
    triggers = forms.MultipleChoiceField(
        choices=[(each, in_words(each)) for each in TRIGGERS],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    acute_medicine_class = forms.ChoiceField(
        label="Acute medicine",
        choices=[("", "None"), *((each, in_words(each)) for each in MEDICINE_CLASSES)],
        required=False,
    )
    acute_medicine_doses = WholeNumberField(label="Doses", required=False, min_value=0, max_value=99)
    lost_function_hours = DecimalNumberField(
        label="Unable to do the usual", unit="hours", max_digits=3, decimal_places=1, required=False
    )
    note = forms.CharField(max_length=240, required=False)

    def entry(self) -> diary.Entry:
        sent = {name: value for name, value in self.cleaned_data.items() if name != "id"}
        sent["triggers"] = tuple(sent["triggers"])
        sent["acute_medicine_doses"] = sent["acute_medicine_doses"] or 0
        return diary.Entry(**sent)


class DaysWithoutHeadacheForm(ClinicForm):
    days = forms.TypedMultipleChoiceField(
        label="No headache on", coerce=date.fromisoformat, widget=forms.CheckboxSelectMultiple
    )

    def __init__(self, *args: Any, shown: Sequence[date], **kwargs: Any) -> None:
        super().__init__(*args, **{"auto_id": "quiet_%s", **kwargs})
        field: Any = self.fields["days"]
        field.choices = [(day.isoformat(), f"{day:%a, %b} {day.day}") for day in shown]

    def leave_out(self, entered: Container[date]) -> None:
        """Show only days without an entry. One that is sent all the same is judged below, in words."""
        field: Any = self.fields["days"]
        field.widget.choices = [
            (day, words) for day, words in field.choices if date.fromisoformat(day) not in entered
        ]


class NudgeForm(ChangeForm):
    at = WallTimeField(label="At, where the patient is")


@staff_page(READ_SESSIONS, methods=["GET"])
def patient_diary(request: StaffRequest, pk: UUID) -> HttpResponse:
    """The last 28 days and the form of one of them: today, or the day of `?day=`."""
    return _diary(request, access.open_chart(request.actor, READ_SESSIONS, pk, what="headache diary"))


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def enter_diary_day(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, RECORD_OUTCOMES, pk, what="headache diary")
    form = DiaryForm(request.POST)
    if form.is_valid():
        id, entry = form.cleaned_data["id"], form.entry()
        try:
            create_once(
                actor=request.actor,
                noun="diary day",
                id=id,
                body={"patient": patient.pk, **vars(entry)},
                make=lambda: diary.enter(
                    actor=request.actor, id=id, patient=patient, entry=entry, now=clock.now()
                ),
                find=lambda: DiaryDay.objects.get(patient=patient, day=entry.day),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{entry.day:%A, %B} {entry.day.day} is entered.")
            return redirect("patient_diary", pk=patient.pk)
    return _diary(request, patient, form)


@staff_page(RECORD_OUTCOMES, methods=["POST"])
def enter_days_without_headache(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Several days without a headache at once, as somebody tells them who had a good week."""
    patient = access.open_chart(request.actor, RECORD_OUTCOMES, pk, what="headache diary")
    form = DaysWithoutHeadacheForm(request.POST, shown=_days_shown(patient))
    if form.is_valid():
        id, days = form.cleaned_data["id"], form.cleaned_data["days"]
        try:
            rows, _ = create_once(
                actor=request.actor,
                noun="days without headache",
                id=id,
                body={"patient": patient.pk, "days": days},
                make=lambda: diary.enter_without_headache(
                    actor=request.actor, id=id, patient=patient, days=days, now=clock.now()
                ),
                find=lambda: diary.days_entered(patient, days),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            kept = "1 day is" if len(rows) == 1 else f"{len(rows)} days are"
            messages.success(request, f"{kept} entered without a headache.")
            return redirect("patient_diary", pk=patient.pk)
    return _diary(request, patient, quiet_form=form)


@staff_page(SET_DIARY_NUDGES, methods=["POST"])
def diary_nudge(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Ask the patient for the diary every day at this time of theirs, or no longer."""
    patient = access.open_chart(request.actor, SET_DIARY_NUDGES, pk, what="diary nudge")
    if "stop" in request.POST:
        nudges.stop_asking(actor=request.actor, patient=patient, now=clock.now())
        return redirect("patient_diary", pk=patient.pk)
    form = NudgeForm(request.POST)
    if form.is_valid():
        try:
            nudges.ask_daily(
                actor=request.actor, patient=patient, at=form.cleaned_data["at"], now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The patient will be asked every day.")
            return redirect("patient_diary", pk=patient.pk)
    return _diary(request, patient, nudge_form=form)


def _diary(
    request: StaffRequest,
    patient: Patient,
    form: DiaryForm | None = None,
    *,
    quiet_form: DaysWithoutHeadacheForm | None = None,
    nudge_form: NudgeForm | None = None,
) -> HttpResponse:
    refused = form or quiet_form or nudge_form
    shown = _days_shown(patient)
    entered = {row.day: row for row in DiaryDay.objects.filter(patient=patient, day__gte=shown[-1])}
    may_record = request.actor.may(RECORD_OUTCOMES, patient.clinic_id)
    if form is None and may_record:
        day = _day_asked(request, shown[0])
        row = entered.get(day) or DiaryDay.objects.filter(patient=patient, day=day).first()
        form = DiaryForm(initial=_known(row) if row else {"day": day})
    if quiet_form is None and may_record and len(entered) < len(shown):
        quiet_form = DaysWithoutHeadacheForm(shown=shown)
    if quiet_form:
        quiet_form.leave_out(entered)
    nudge = nudges.nudge_of(patient)
    if nudge_form is None and request.actor.may(SET_DIARY_NUDGES, patient.clinic_id):
        nudge_form = NudgeForm(initial={"at": nudge.at} if nudge else None)
    context = {
        "patient": patient,
        "days": [(day, entered.get(day)) for day in shown],
        "form": form,
        "quiet_form": quiet_form,
        "counts": chart_of(patient, now=clock.now()).diary[-1:],
        "nudge": nudge,
        "nudge_form": nudge_form,
    }
    return render(request, "web/outcomes/diary.html", context, status=refused.status if refused else 200)


def _days_shown(patient: Patient) -> list[date]:
    """Today where the patient is, and back."""
    today = clock.local_date(clock.now(), patient.zone)
    return [today - timedelta(days=back) for back in range(PERIOD_DAYS)]


def _day_asked(request: StaffRequest, today: date) -> date:
    try:
        return date.fromisoformat(request.GET.get("day", ""))
    except ValueError:
        return today


def _known(row: DiaryDay) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in DiaryForm.base_fields if name != "id"}
    return {**known, "headache": "yes" if row.headache else "no"}
