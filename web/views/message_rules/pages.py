"""The manager's pages of what is said to patients: the stages, one stage, its words.

A change can be looked at on a real visit before it is kept: the same form, sent with `preview`, shows what
that visit's patient would be told (`preview`), and writes nothing. Caps, number and quiet hours are
`settings`'.
"""

from typing import Any, Final

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import clock
from clinic.models import Clinic
from clinic.problems import Missing, Problem
from notifications.access import CHANGE_MESSAGE_RULES
from notifications.models import Form, QuietHours
from notifications.planning import own_texts, rule_settings, rules
from notifications.planning.rules import Rule
from notifications.planning.stage_words import how, origin, title_of, when
from notifications.reporting.settings_history import changes_of
from notifications.wording import gsm7
from notifications.wording.filling import FIELDS
from notifications.wording.writing import LANGUAGES, OwnText
from web.doors import StaffRequest, staff_page
from web.forms import Lines, WallTimeField, WholeNumberField
from web.settings_form import SettingsForm
from web.views import live_form
from web.views.message_rules.preview import VisitForm, preview_of
from web.views.message_rules.told import of_rule, of_words

RULE_TOUCHES: Final = "web/message_rules/touches.html"

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


class RuleForm(SettingsForm):
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
        super().__init__(data, stands=rule_settings.settings_of_rule(rule))
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


class WordsForm(SettingsForm):
    """A stage's words in one language."""

    subject = forms.CharField(label="Subject of the e-mail")
    email = forms.CharField(label="E-mail", widget=Lines(6))
    sms = forms.CharField(label="Text message", widget=Lines(3))

    def __init__(self, clinic: Clinic, stage: str, said: OwnText, data: Any = None) -> None:
        super().__init__(data, stands=vars(said))
        self.clinic, self.stage = clinic, stage

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        for name, mends in own_texts.faults(self.clinic, self.stage, self.own).items():
            if not self.has_error(name):
                self.add_error(name, mends)
        return cleaned

    @property
    def own(self) -> OwnText:
        return OwnText(**{name: (self[name].data or "").strip() for name in self.base_fields})

    @property
    def longest_sms(self) -> str | None:
        """The text message with the clinic's name, number and link; None where it can't be filled."""
        return own_texts.longest_sms(self.clinic, self.own.sms if self.is_bound else self.initial["sms"])


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
        **preview_of(request, visit_form.chosen),
    }
    return render(request, "web/message_rules/list.html", context, status=visit_form.status)


@staff_page(CHANGE_MESSAGE_RULES)
def message_rule(request: StaffRequest, stage: str) -> HttpResponse:
    """One stage; sent, changes it, or only tries it: what it would touch, and on a visit what is told."""
    clinic = request.clinic
    rule = _rule(clinic, stage)
    form = RuleForm(rule, request.POST or None)
    visit_form = VisitForm(clinic, request.POST or None)
    trying = live_form.is_check(request) or "preview" in request.POST
    changed, context = rule, dict[str, Any]()
    if request.method == "POST" and form.is_valid():
        try:
            if trying:
                changed = rule_settings.tried(rule, form.cleaned_data)
                of_clinic = rule_settings.effective_rules([clinic.pk])[clinic.pk]
                context = preview_of(
                    request,
                    visit_form.chosen,
                    stage,
                    clinic_rules=rules.overlaid([changed], of_clinic),
                    renews_itself=live_form.is_typing(request),
                )
            else:
                rule_settings.change_rule(
                    actor=request.actor,
                    clinic=clinic,
                    stage=stage,
                    changes=form.cleaned_data,
                    seen=form.seen,
                )
                messages.success(request, "The rule is saved. It counts from now on.")
                return redirect("message_rule", stage=stage)
        except Problem as problem:
            form.add_problem(problem)
    written = own_texts.own_texts(clinic)
    context |= {
        "visit_form": visit_form,
        "told": None if form.errors else of_rule(clinic, changed, now=clock.now()),
        "stage": stage,
        "title": title_of(stage),
        "when": when(rule),
        "is_default": rule in rules.DEFAULTS,
        "origin": origin(rule),
        "worded": [
            (
                title_of(each),
                each,
                [(tongue, written.get((each, code))) for code, tongue in LANGUAGES.items()],
            )
            for each in own_texts.WORDED
            if own_texts.rule_of_words(each) == stage
        ],
        "changes": [
            change for change in changes_of(clinic) if own_texts.rule_of_words(change.stage) == stage
        ],
    }
    status = form.status if live_form.is_check(request) else max(form.status, visit_form.status)
    page = "web/message_rules/rule.html"
    return live_form.answer(request, form, page, RULE_TOUCHES, context, status=status)


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
            context = preview_of(request, visit_form.chosen, stage, tried_texts=tried)
        elif _written(request, form, stage, language):
            messages.success(request, "These words are said from now on.")
            return redirect("message_rule", stage=own_texts.rule_of_words(stage))
    refused = own_texts.refused_now(own) if own and request.method != "POST" else []
    context |= _words_context(form, stage, language)
    tongue = LANGUAGES[language].name
    told = of_words(clinic, stage, language, tongue, now=clock.now())
    context |= {"own": own, "refused": refused, "visit_form": visit_form, "told": told}
    status = max(form.status, visit_form.status)
    return render(request, "web/message_rules/words.html", context, status=status)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def check_words(request: StaffRequest, stage: str, language: str) -> HttpResponse:
    """The fields again with the faults of what has been typed so far, and on a visit that was chosen what its
    patient would be told in these words. Nothing is written."""
    form, _ = _words_form(request, stage, language)
    context = _words_context(form, stage, language)
    if form.is_valid():
        visit = VisitForm(request.clinic, request.POST).chosen
        tried = {(stage, language): form.own}
        context |= preview_of(request, visit, stage, tried_texts=tried, renews_itself=True)
    return render(request, "web/message_rules/words_checked.html", context)


@staff_page(CHANGE_MESSAGE_RULES, methods=["POST"])
def reset_words(request: StaffRequest, stage: str, language: str) -> HttpResponse:
    _known(stage, language)
    own_texts.reset_text(actor=request.actor, clinic=request.clinic, stage=stage, language=language)
    messages.success(request, "The words of the house are said again.")
    return redirect("message_rule", stage=own_texts.rule_of_words(stage))


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
    if stage not in own_texts.WORDED or language not in LANGUAGES:
        raise Missing


def _words_form(request: StaffRequest, stage: str, language: str) -> tuple[WordsForm, Any]:
    """The form, and the clinic's own words where it has any."""
    _known(stage, language)
    said, own = own_texts.said_now(request.clinic, stage, language)
    return WordsForm(request.clinic, stage, said, request.POST or None), own


def _written(request: StaffRequest, form: WordsForm, stage: str, language: str) -> bool:
    try:
        own_texts.write_text(
            actor=request.actor,
            clinic=request.clinic,
            stage=stage,
            language=language,
            own=form.own,
            seen=form.seen,
            now=clock.now(),
        )
    except Problem as problem:
        form.add_problem(problem)
        return False
    return True


def _words_context(form: WordsForm, stage: str, language: str) -> dict[str, Any]:
    longest = form.longest_sms
    return {
        "form": form,
        "stage": stage,
        "rule_stage": own_texts.rule_of_words(stage),
        "title": title_of(stage),
        "tongue": LANGUAGES[language],
        "length": None if longest is None else gsm7.length(longest),
        "segments": None if longest is None else gsm7.segments(longest),
        "most": gsm7.ONE_SEGMENT,
        "fields": FIELDS,
        "check": reverse("check_message_words", args=[stage, language]),
    }
