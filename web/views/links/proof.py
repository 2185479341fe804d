"""The birth year: asked before anything is shown, and what was tapped meanwhile is carried along."""

from typing import Any

from django import forms
from django.http import HttpRequest, HttpResponse
from django.views.decorators.http import require_POST

from clinic.callers import address_of
from clinic.problems import Problem
from notifications.answering import links
from web.forms import ChangeForm
from web.views.links.frame import Opened, open_link, refused
from web.views.links.recording import CARRIED, RECORDERS


class BirthYearForm(ChangeForm):
    birth_year = forms.IntegerField(
        min_value=1900,
        max_value=2100,
        widget=forms.TextInput(attrs={"inputmode": "numeric", "autocomplete": "bday-year", "maxlength": 4}),
    )

    def __init__(self, opened: Opened, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["birth_year"]
        field.label, field.help_text = opened.say["birth_year"], opened.say["four_digits"]
        for code in ("invalid", "required", "min_value", "max_value"):
            field.error_messages[code] = opened.say["enter_year"]
        for validator in getattr(field, "validators", []):
            validator.message = opened.say["enter_year"]


def ask_birth_year(opened: Opened, form: BirthYearForm | None = None) -> HttpResponse:
    """Ask for the second factor. The other language is a button of this form: it takes along what was typed
    and tapped."""
    form = form or BirthYearForm(opened)
    sent = opened.request.POST
    context = {"form": form, "carried": {name: sent[name] for name in CARRIED if name in sent}}
    return opened.page("web/patient/birth_year.html", context, status=form.status)


@require_POST
def birth_year(request: HttpRequest, token: str) -> HttpResponse:
    opened = None
    try:
        opened = open_link(request, token)
        if opened.switches_language:
            return ask_birth_year(opened, BirthYearForm(opened, initial=opened.typed(BirthYearForm)))
        form = BirthYearForm(opened, request.POST)
        if form.is_valid():
            try:
                links.give_factor(
                    link=opened.link,
                    birth_year=form.cleaned_data["birth_year"],
                    address=address_of(request),
                    now=opened.now,
                )
            except links.TooManyYears as too_many:
                until = opened.moment(too_many.until) if too_many.until else ""
                return opened.page("web/patient/too_many.html", {"until": until}, status=too_many.status)
            except links.WrongYear as wrong:
                form.add_error("birth_year", _tries_left(opened, wrong.left))
            else:
                opened.prove()
                record = RECORDERS.get(request.POST.get("for", ""))
                if record:
                    record(opened, request.POST)
                return opened.back()
        return ask_birth_year(opened, form)
    except Problem as problem:
        return refused(request, problem, opened)


def _tries_left(opened: Opened, left: int) -> str:
    say = opened.say
    tries = say["one_try"] if left == 1 else say["tries"].format(left=left)
    return f"{say['wrong_year']} {tries}"
