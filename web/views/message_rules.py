"""The manager's pages of what is said to patients: the stages, one stage, its words, the clinic's settings.

A change can be looked at on a real visit before it is kept: the same form, sent with `preview`, shows what
that visit's patient would be told, and writes nothing.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils import timezone

from clinic import access, clock
from clinic.models import Clinic, Patient
from clinic.problems import Missing, Problem
from clinic.queries import find_patients
from notifications.access import CHANGE_MESSAGE_RULES
from notifications.models import Form, QuietHours
from notifications.planning import own_texts, rule_settings, rules
from notifications.planning.rules import Rule
from notifications.planning.stage_words import how, origin, title_of, when
from notifications.reporting import preview
from notifications.reporting.settings_history import changes_of
from notifications.wording import gsm7
from notifications.wording.filling import FIELDS
from notifications.wording.writing import LANGUAGES, OwnText
from scheduler.models import Appointment, AppointmentStatus
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, PhoneField, WallTimeField, WholeNumberField

# How many of the coming visits are offered at a time; the search finds any other.
MOST_VISITS: Final = 30
NOBODY_COMES: Final = "Nobody like this has a coming visit. Try fewer letters, or the birth date."
WHICH: Final = "Several visits fit: choose one."
GONE: Final = "This visit isn't coming any more. Choose another one."
GROUPS: Final = (
    (
        "When a visit changes",
        (rules.CONFIRMATION, rules.MOVE, rules.CHANGE, rules.CANCELLATION, rules.OFFER, rules.MISSED),
    ),
    ("Before a visit", ("T-7d", "T-3d", "T-1d", rules.PREPARE, "T-2h", rules.BEFORE_NEXT)),
    (
        "After a visit",
        (
            rules.SAME_DAY,
            rules.NEXT_MORNING,
            rules.DAY_7,
            rules.END_OF_SERIES,
            rules.MONTHLY,
            rules.CHECK_IN_AGAIN,
            rules.DIARY,
        ),
    ),
)


class VisitField(forms.ModelChoiceField):
    def label_from_instance(self, visit: Appointment) -> str:
        return f"{timezone.localtime(visit.starts_at):%a %b %-d, %H:%M} {visit.patient.full_name}"


class VisitForm(ChangeForm):
    """Which coming visit the preview is of: any of the clinic's, found by whose it is. The next few are
    offered without a search."""

    whose = forms.CharField(
        label="Whose visit",
        required=False,
        max_length=120,
        widget=forms.TextInput(
            attrs={
                "type": "search",
                "autocomplete": "off",
                "size": 30,
                "placeholder": "Name, birthday, phone or MRN",
            }
        ),
    )
    visit = VisitField(
        Appointment.objects.none(),
        label="Preview on",
        required=False,
        empty_label="Choose a coming visit",
        error_messages={"invalid_choice": GONE},
    )

    def __init__(self, clinic: Clinic, data: Any = None) -> None:
        super().__init__(data)
        self.coming = _coming(clinic)
        self.patients = Patient.objects.filter(clinic=clinic)
        self.fields["visit"].queryset = self.coming  # type: ignore[attr-defined]
        self._offer(list(self.coming[:MOST_VISITS]))

    @property
    def chosen(self) -> Appointment | None:
        """The visit that was chosen, or the only one of whoever was searched for; or none."""
        return self.cleaned_data.get("visit") if self.is_valid() else None

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        visit = given.get("visit")
        if given.get("whose"):
            found = list(find_patients(self.patients, given["whose"]))
            visits = list(self.coming.filter(patient__in=found)[:MOST_VISITS])
            if visit not in visits:
                visit = visits[0] if len(visits) == 1 else None
            if not visits:
                self.add_error("whose", NOBODY_COMES)
            elif visit is None:
                self.add_error("visit", WHICH)
            self._offer(visits)
        elif visit is not None:
            self._offer([visit, *(each for each in self.coming[:MOST_VISITS] if each != visit)])
        sent: Any = self.data.copy()  # type: ignore[attr-defined]  # a QueryDict
        sent["visit"] = str(visit.pk) if visit else ""
        self.data = sent
        return {**given, "visit": visit}

    def _offer(self, visits: Sequence[Appointment]) -> None:
        field: Any = self.fields["visit"]
        few = [(str(visit.pk), field.label_from_instance(visit)) for visit in visits]
        field.widget.choices = [("", field.empty_label), *few]


class RuleForm(ChangeForm):
    """One stage's settings; what its stage hasn't got is left out."""

    field_order = rule_settings.SETTABLE

    enabled = forms.BooleanField(label="Say it", required=False)
    days = WholeNumberField(label="How many days", unit="days")
    hours = WholeNumberField(label="How many hours", unit="hours")
    at = WallTimeField(
        label="At", required=False, help_text="Where the patient is. Empty: at the visit's own time of day."
    )
    last_only = forms.BooleanField(label="Only after the last visit of a series", required=False)
    falls_back = forms.BooleanField(label="By e-mail where a text can't be sent", required=False)
    merges = forms.BooleanField(label="Said together with the other messages of the day", required=False)
    forms = forms.MultipleChoiceField(label="Ways", choices=Form.choices, widget=forms.CheckboxSelectMultiple)

    def __init__(self, rule: Rule, data: Any = None) -> None:
        shown = {name: getattr(rule, name) for name in rule_settings.SETTABLE}
        super().__init__(data, initial=shown)
        default = next(each for each in rules.DEFAULTS if each.stage == rule.stage)
        for name in {"days", "hours", "at"} - set(rule_settings.TIMING[rule.stage]):
            del self.fields[name]
        if rule.stage == rules.SAME_DAY:
            self.fields["at"].label, self.fields["at"].help_text = "Not after", "Where the patient is."
        if rule.stage not in rule_settings.MAY_BE_LAST_ONLY:
            del self.fields["last_only"]
        if not default.merges:
            del self.fields["merges"]
        if default.forms == (rules.EMAIL,):
            del self.fields["forms"], self.fields["falls_back"]


class WordsForm(ChangeForm):
    """A stage's words in one language."""

    subject = forms.CharField(label="Subject of the e-mail")
    email = forms.CharField(label="E-mail", widget=forms.Textarea(attrs={"rows": 6}))
    sms = forms.CharField(label="Text message", widget=forms.Textarea(attrs={"rows": 3}))

    def __init__(self, clinic: Clinic, stage: str, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.clinic, self.stage = clinic, stage

    def clean(self) -> dict[str, Any]:
        for name, mends in own_texts.faults(self.clinic, self.stage, self.own).items():
            if not self.has_error(name):
                self.add_error(name, mends)
        return self.cleaned_data

    @property
    def own(self) -> OwnText:
        given = {name: _one_kind_of_line(self.data.get(name, "")) for name in ("subject", "email", "sms")}
        return OwnText(**given)

    @property
    def length(self) -> int | None:
        """Of the text message, with the clinic's name, number and link; None where it can't be filled."""
        shown = self.own.sms if self.is_bound else self.initial.get("sms", "")
        return own_texts.length_of_sms(self.clinic, shown)

    @property
    def segments(self) -> int | None:
        """How many texts that is: the patient's phone and the bill count them, not characters."""
        return None if self.length is None else gsm7.segments("x" * self.length)


class MessagingForm(ChangeForm):
    sms_number = PhoneField(
        label="Texts come from", required=False, help_text="The number that patients answer to."
    )
    most_a_day = WholeNumberField(label="Texts to one patient, at most", unit="a day")
    most_a_week = WholeNumberField(label="And at most", unit="a week")
    moves_itself_hours = WholeNumberField(
        label="Patients choose another time themselves until",
        unit="hours before the visit",
        required=False,
        help_text="Empty: they ask, and a person moves the visit.",
    )


class QuietHoursForm(ChangeForm):
    state = forms.CharField(label="State", help_text="As it stands in addresses, such as IL.")
    day_begins = WallTimeField(label="Not before")
    day_ends = WallTimeField(label="Not after")


@staff_page(CHANGE_MESSAGE_RULES)
def message_rules(request: StaffRequest) -> HttpResponse:
    """Every stage in words; with a visit, what its patient will be told. A name is sent, it stands in no
    address."""
    clinic = request.clinic
    mine = {rule.stage: rule for rule in rule_settings.effective_rules([clinic.pk])[clinic.pk]}
    own = own_texts.own_texts(clinic)
    written = {stage for stage, _ in own}
    visit_form = VisitForm(clinic, request.POST or request.GET or None)
    context = {
        "groups": [
            (title, [_row(mine[stage], own_words=stage in written) for stage in stages])
            for title, stages in GROUPS
        ],
        "refused": [
            (row, title_of(row.stage), LANGUAGES[row.language].name, mends)
            for row in own.values()
            if (mends := own_texts.refused_now(row))
        ],
        "messaging": rule_settings.messaging_of(clinic),
        "quiet": QuietHours.objects.filter(clinic=clinic).order_by("state"),
        "changes": changes_of(clinic),
        "visit_form": visit_form,
        **_preview(request, visit_form.chosen),
    }
    return render(request, "web/message_rules/list.html", context, status=visit_form.status)


@staff_page(CHANGE_MESSAGE_RULES)
def message_rule(request: StaffRequest, stage: str) -> HttpResponse:
    """One stage; sent, changes it, or only tries it on a visit."""
    clinic = request.clinic
    rule = _rule(clinic, stage)
    form = RuleForm(rule, request.POST or None)
    visit_form = VisitForm(clinic, request.POST or None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        try:
            if "preview" in request.POST:
                changed = rule_settings.tried(rule, form.cleaned_data)
                of_clinic = rule_settings.effective_rules([clinic.pk])[clinic.pk]
                context = _preview(
                    request,
                    visit_form.chosen,
                    stage,
                    clinic_rules=rules.overlaid([changed], of_clinic),
                )
            else:
                rule_settings.change_rule(
                    actor=request.actor, clinic=clinic, stage=stage, changes=form.cleaned_data
                )
                messages.success(request, "The rule is saved. It counts from now on.")
                return redirect("message_rule", stage=stage)
        except Problem as problem:
            form.add_problem(problem)
    written = own_texts.own_texts(clinic)
    context |= {
        "form": form,
        "visit_form": visit_form,
        "stage": stage,
        "title": title_of(stage),
        "when": when(rule),
        "is_default": rule in rules.DEFAULTS,
        "origin": origin(rule),
        "languages": [(tongue, written.get((stage, code))) for code, tongue in LANGUAGES.items()],
        "changes": [change for change in changes_of(clinic) if change.stage == stage],
    }
    status = max(form.status, visit_form.status)
    return render(request, "web/message_rules/rule.html", context, status=status)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def reset_rule(request: StaffRequest, stage: str) -> HttpResponse:
    _rule(request.clinic, stage)
    rule_settings.reset_rule(actor=request.actor, clinic=request.clinic, stage=stage)
    messages.success(request, "The default holds again.")
    return redirect("message_rule", stage=stage)


@staff_page(CHANGE_MESSAGE_RULES)
def message_words(request: StaffRequest, stage: str, language: str) -> HttpResponse:
    """The clinic's own words; sent, writes them, or only tries them on a visit."""
    clinic = request.clinic
    form, own = _words_form(request, stage, language)
    visit_form = VisitForm(clinic, request.POST or None)
    context: dict[str, Any] = {}
    if request.method == "POST" and form.is_valid():
        if "preview" in request.POST:
            tried = {(stage, language): form.own}
            context = _preview(request, visit_form.chosen, stage, tried_texts=tried)
        else:
            own_texts.write_text(
                actor=request.actor,
                clinic=clinic,
                stage=stage,
                language=language,
                own=form.own,
                now=clock.now(),
            )
            messages.success(request, "These words are said from now on.")
            return redirect("message_rule", stage=stage)
    refused = own_texts.refused_now(own) if own and request.method != "POST" else []
    context |= _words_context(form, stage, language)
    context |= {"own": own, "refused": refused, "visit_form": visit_form}
    status = max(form.status, visit_form.status)
    return render(request, "web/message_rules/words.html", context, status=status)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def check_words(request: StaffRequest, stage: str, language: str) -> HttpResponse:
    """The fields again with the faults of what has been typed so far. Nothing is written."""
    form, _ = _words_form(request, stage, language)
    return render(request, "web/message_rules/words_fields.html", _words_context(form, stage, language))


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def reset_words(request: StaffRequest, stage: str, language: str) -> HttpResponse:
    _known(stage, language)
    own_texts.reset_text(actor=request.actor, clinic=request.clinic, stage=stage, language=language)
    messages.success(request, "The words of the house are said again.")
    return redirect("message_rule", stage=stage)


@staff_page(CHANGE_MESSAGE_RULES)
def message_settings(request: StaffRequest) -> HttpResponse:
    """Caps, the number that texts come from, until when patients move visits themselves."""
    clinic = request.clinic
    row = rule_settings.messaging_of(clinic)
    shown = {name: getattr(row, name) for name in MessagingForm.base_fields} | {
        "sms_number": str(row.sms_number or "")
    }
    form = MessagingForm(request.POST or None, initial=shown)
    if request.method == "POST" and form.is_valid():
        try:
            rule_settings.change_messaging(actor=request.actor, clinic=clinic, changes=form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The settings are saved. They count from now on.")
            return redirect("message_settings")
    return _show_settings(request, form, QuietHoursForm())


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def set_quiet_hours(request: StaffRequest) -> HttpResponse:
    form = QuietHoursForm(request.POST)
    if form.is_valid():
        try:
            rule_settings.set_quiet_hours(actor=request.actor, clinic=request.clinic, **form.cleaned_data)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The hours are saved. They count from now on.")
            return redirect("message_settings")
    row = rule_settings.messaging_of(request.clinic)
    shown = {name: getattr(row, name) for name in MessagingForm.base_fields}
    return _show_settings(request, MessagingForm(initial=shown), form)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def drop_quiet_hours(request: StaffRequest, pk: UUID) -> HttpResponse:
    here = QuietHours.objects.filter(clinic=request.clinic)
    quiet = access.fetch(request.actor, here, CHANGE_MESSAGE_RULES, pk=pk)
    rule_settings.drop_quiet_hours(actor=request.actor, quiet=quiet)
    messages.success(request, f"For {quiet.state} the usual hours hold again.")
    return redirect("message_settings")


def _show_settings(request: StaffRequest, form: MessagingForm, quiet_form: QuietHoursForm) -> HttpResponse:
    context = {
        "form": form,
        "quiet_form": quiet_form,
        "quiet": QuietHours.objects.filter(clinic=request.clinic).order_by("state"),
    }
    status = max(form.status, quiet_form.status)
    return render(request, "web/message_rules/settings.html", context, status=status)


def _row(rule: Rule, *, own_words: bool) -> dict[str, Any]:
    return {
        "rule": rule,
        "title": title_of(rule.stage),
        "when": when(rule),
        "how": how(rule),
        "is_default": rule in rules.DEFAULTS,
        "own_words": own_words,
    }


def _rule(clinic: Clinic, stage: str) -> Rule:
    if stage not in rules.STAGES:
        raise Missing
    return rule_settings.rule_of(clinic, stage)


def _known(stage: str, language: str) -> None:
    if stage not in rules.STAGES or language not in LANGUAGES:
        raise Missing


def _words_form(request: StaffRequest, stage: str, language: str) -> tuple[WordsForm, Any]:
    """The form, and the clinic's own words where it has any."""
    _known(stage, language)
    own = own_texts.own_texts(request.clinic).get((stage, language))
    shown = own_texts.as_own(own) if own else own_texts.words_of(request.clinic, stage, language)
    form = WordsForm(request.clinic, stage, request.POST or None, initial=vars(shown))
    return form, own


def _words_context(form: WordsForm, stage: str, language: str) -> dict[str, Any]:
    return {
        "form": form,
        "stage": stage,
        "title": title_of(stage),
        "tongue": LANGUAGES[language],
        "length": form.length,
        "segments": form.segments,
        "most": gsm7.ONE_SEGMENT,
        "fields": FIELDS,
        "check": reverse("check_message_words", args=[stage, language]),
    }


def _preview(
    request: StaffRequest,
    visit: Appointment | None,
    stage: str = "",
    *,
    clinic_rules: tuple[Rule, ...] | None = None,
    tried_texts: Mapping[tuple[str, str], OwnText] | None = None,
) -> dict[str, Any]:
    """The context of the preview: nothing without a visit. `stage` is the one that is being changed."""
    if visit is None:
        return {"previewed": None, "asked_for_preview": "preview" in request.POST}
    access.log_look(request.actor, visit.patient, what="message preview")
    lines = preview.foreseen(visit, clock.now(), clinic_rules=clinic_rules, tried_texts=tried_texts)
    tells_of_it = not stage or any(line.stage == stage for line in lines)
    return {"previewed": visit, "lines": lines, "tried_stage": stage, "tells_of_it": tells_of_it}


def _coming(clinic: Clinic) -> QuerySet[Appointment]:
    return (
        Appointment.objects.filter(
            clinic=clinic, status=AppointmentStatus.BOOKED, during__startswith__gt=clock.now()
        )
        .select_related("patient__clinic", "clinic", "protocol", "plan")
        .order_by("during__startswith", "pk")
    )


def _one_kind_of_line(text: str) -> str:
    """Browsers send line ends of two characters."""
    return text.replace("\r\n", "\n").strip()
