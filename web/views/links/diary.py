"""The headache diary on the patient's own phone: today and yesterday, and when to be asked for it."""

from datetime import date
from typing import Any
from uuid import uuid4

from django import forms
from django.http import HttpResponse

from clinic.idempotency import create_once
from clinic.problems import Problem
from notifications.answering import diary, own_words
from sessions_app.models import DiaryDay
from sessions_app.outcomes.diary import Entry
from sessions_app.outcomes.diary_counts import MEDICINE_CLASSES, TRIGGERS
from web.forms import ChangeForm, ClinicForm, DecimalNumberField, WallTimeField, WholeNumberField
from web.views.links.emergency import emergency_lines
from web.views.links.frame import Opened, behind_link
from web.views.links.proof import ask_birth_year


class DayForm(ClinicForm):
    day = forms.DateField(widget=forms.HiddenInput)
    headache = forms.TypedChoiceField(
        coerce=lambda value: value == "yes", choices=[("yes", ""), ("no", "")], widget=forms.RadioSelect
    )
    hours = DecimalNumberField(max_digits=3, decimal_places=1, required=False)
    peak = WholeNumberField(required=False, min_value=0, max_value=10)
    migraine_features = forms.BooleanField(required=False)
    aura = forms.CharField(max_length=40, required=False)
    triggers = forms.MultipleChoiceField(
        choices=[(each, each) for each in TRIGGERS], required=False, widget=forms.CheckboxSelectMultiple
    )
    acute_medicine_class = forms.ChoiceField(
        choices=[("", ""), *((each, each) for each in MEDICINE_CLASSES)], required=False
    )
    acute_medicine_doses = WholeNumberField(required=False, min_value=0, max_value=99)
    lost_function_hours = DecimalNumberField(max_digits=3, decimal_places=1, required=False)
    note = forms.CharField(max_length=240, required=False)

    LABELS = {
        "headache": "headache",
        "hours": "hours",
        "peak": "peak",
        "migraine_features": "migraine",
        "aura": "aura",
        "triggers": "triggers",
        "acute_medicine_class": "medicine",
        "acute_medicine_doses": "doses",
        "lost_function_hours": "lost",
        "note": "note",
    }

    def __init__(self, opened: Opened, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        say = opened.say
        for name, words in self.LABELS.items():
            self.fields[name].label = say[words]
        self._choices("headache", [("yes", say["yes"]), ("no", say["no"])])
        self._choices("triggers", [(each, say[f"trigger_{each}"]) for each in TRIGGERS])
        classes = [(each, say[f"medicine_{each}"]) for each in MEDICINE_CLASSES]
        self._choices("acute_medicine_class", [("", say["none"]), *classes])
        self.fields["aura"].help_text = say["aura_help"]
        self.fields["headache"].error_messages["required"] = say["choose"]
        for name in ("hours", "peak", "acute_medicine_doses", "lost_function_hours"):
            self.fields[name].error_messages["invalid"] = say["enter_number"]

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field: Any = self.fields[name]
        field.choices = choices

    def own_words(self) -> list[str]:
        """What was typed, also where the form is refused; or what is known of the day."""
        return [str(self[name].value() or "") for name in ("aura", "note")]

    def entry(self) -> Entry:
        sent = {name: value for name, value in self.cleaned_data.items() if name != "id"}
        sent["triggers"] = tuple(sent["triggers"])
        sent["acute_medicine_doses"] = sent["acute_medicine_doses"] or 0
        return Entry(**sent)


class NudgeForm(ChangeForm):
    at = WallTimeField()

    def __init__(self, opened: Opened, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["at"].label = opened.say["at"]


@behind_link("GET", "POST", before_proof=ask_birth_year)
def diary_day(opened: Opened) -> HttpResponse:
    """Today, or yesterday with `?day=`; a day that is there is changed."""
    diary.require(opened.link, opened.now)
    if opened.request.method != "POST":
        return show_diary(opened)
    form = DayForm(opened, opened.request.POST)
    if form.is_valid() and not opened.switches_language:
        id, entry = form.cleaned_data["id"], form.entry()
        try:
            create_once(
                actor=None,
                noun="diary day",
                id=id,
                body={"patient": opened.link.patient_id, **vars(entry)},
                make=lambda: diary.enter(id=id, link=opened.link, entry=entry, now=opened.now),
                find=lambda: DiaryDay.objects.get(patient=opened.link.patient, day=entry.day),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            return opened.back("patient_link_diary", query=f"day={entry.day}&kept=1")
    # A day that isn't kept yet: its words are heard all the same.
    own_words.hear(
        written=own_words.DIARY,
        id=form.cleaned_data.get("id", uuid4()),
        link=opened.link,
        words=form.own_words(),
        now=opened.now,
    )
    if opened.switches_language:
        form = DayForm(opened, initial=opened.typed(DayForm))
    return show_diary(opened, form=form)


@behind_link("POST", before_proof=ask_birth_year)
def nudge(opened: Opened) -> HttpResponse:
    """When to be asked every day, or no longer."""
    diary.require(opened.link, opened.now)
    if "stop" in opened.request.POST:
        diary.stop_asking(actor=None, patient=opened.link.patient, now=opened.now)
        return opened.back("patient_link_diary")
    form = NudgeForm(opened, opened.request.POST)
    if form.is_valid():
        try:
            diary.ask_daily(
                actor=None, patient=opened.link.patient, at=form.cleaned_data["at"], now=opened.now
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            return opened.back("patient_link_diary")
    return show_diary(opened, nudge_form=form)


def show_diary(
    opened: Opened, *, form: DayForm | None = None, nudge_form: NudgeForm | None = None
) -> HttpResponse:
    days = diary.days_open(opened.link.patient, opened.now)
    day = _day_asked(opened, days, form)
    row = DiaryDay.objects.filter(patient=opened.link.patient, day=day).first()
    standing = diary.nudge_of(opened.link.patient)
    refused = form or nudge_form
    shown = form or DayForm(opened, initial=_known(row) if row else {"day": day})
    context = {
        "days": [(days[0], opened.say["today"]), (days[1], opened.say["yesterday"])],
        "day": day,
        "kept": row is not None and "kept" in opened.request.GET,
        "form": shown,
        "alarm": emergency_lines(opened) if own_words.alarming(shown.own_words()) else None,
        "nudge": standing,
        "nudge_form": nudge_form or NudgeForm(opened, initial={"at": standing.at} if standing else None),
        "may_nudge": bool(opened.link.patient.email),
    }
    return opened.page("web/patient/diary.html", context, status=refused.status if refused else 200)


def _day_asked(opened: Opened, days: list[date], form: DayForm | None) -> date:
    wanted = str(form["day"].value() if form else opened.request.GET.get("day", ""))
    return next((each for each in days if str(each) == wanted), days[0])


def _known(row: DiaryDay) -> dict[str, Any]:
    known = {name: getattr(row, name) for name in DayForm.base_fields if name != "id"}
    return {**known, "headache": "yes" if row.headache else "no"}
