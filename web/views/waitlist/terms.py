"""When somebody could come, as a form; what it means is checked by `scheduler.waitlist.waiting`."""

from typing import Any

from django import forms

from clinic.models import Clinic
from scheduler.models import Resource, ResourceKind
from scheduler.vocabulary import WEEKDAYS
from scheduler.waitlist.waiting import Terms
from web.forms import ChangeForm, ClinicForm, DayField, WallTimeField, WholeNumberField
from web.views.booking.times import ByNameField, working


class TermsForm(ChangeForm):
    first_day = DayField(label="From day")
    last_day = DayField(label="Up to day")
    weekdays = forms.TypedMultipleChoiceField(
        choices=list(enumerate(WEEKDAYS)),
        coerce=int,
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text="None ticked: any day.",
    )
    earliest = WallTimeField(label="Not before", required=False, help_text="When the visit starts.")
    latest = WallTimeField(label="Over by", required=False, help_text="When the patient goes home.")
    nurse = ByNameField(
        Resource.objects.none(),
        label="Rather with",
        required=False,
        empty_label="Any nurse",
        help_text="Times with this nurse come first; others are offered too.",
    )
    chair = ByNameField(
        Resource.objects.none(),
        label="Rather in",
        required=False,
        empty_label="Any chair",
        help_text="Times in this chair come first; others are offered too.",
    )
    only = forms.BooleanField(
        label="Nothing else", required=False, help_text="With this nurse and in this chair, or not at all."
    )
    notice_hours = WholeNumberField(
        label="Notice needed",
        unit="hours",
        min_value=0,
        initial=24,
        help_text="How long before the visit they have to know: fasting, ride, work.",
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for kind in (ResourceKind.NURSE, ResourceKind.CHAIR):
            self.fields[kind].queryset = working(clinic, kind)  # type: ignore[attr-defined]

    @property
    def terms(self) -> Terms:
        given = {name: self.cleaned_data[name] for name in TermsForm.base_fields}
        return Terms(**{**given, "weekdays": tuple(given["weekdays"])})


class JoinForm(ClinicForm, TermsForm):
    pass
