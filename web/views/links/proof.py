"""The birth year: asked before anything is shown. What was tapped or typed meanwhile is carried along."""

from typing import Any, Final

from django import forms
from django.http import HttpResponse

from web.forms import ChangeForm
from web.views.links.frame import Opened

# Of this page itself.
NOT_CARRIED: Final = frozenset({"csrfmiddlewaretoken", "birth_year", "language"})


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
    carried = [
        (name, value)
        for name, values in opened.request.POST.lists()
        for value in values
        if name not in NOT_CARRIED
    ]
    context = {"form": form, "carried": carried}
    return opened.page("web/patient/birth_year.html", context, status=form.status)
