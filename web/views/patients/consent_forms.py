"""What a consent is recorded with, and taken back."""

from django import forms

from clinic.models import ConsentScope
from web.forms import ChangeForm, ClinicForm, LocalDateTimeField


class ConsentForm(ClinicForm):
    scope = forms.ChoiceField(label="To", choices=ConsentScope.choices)
    form_version = forms.CharField(label="Version of the form", max_length=40)
    method = forms.CharField(
        label="How it was given", max_length=40, help_text="Paper form, tablet, by telephone."
    )
    given_at = LocalDateTimeField(label="When")


class RevokeForm(ChangeForm):
    how = forms.CharField(
        label="How they took it back", max_length=120, help_text="In person, by letter, by telephone."
    )
