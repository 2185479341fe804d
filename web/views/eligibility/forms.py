"""The forms from referral to eligibility. What may be said in them is the floor's to decide."""

from collections.abc import Sequence
from typing import Any, Final

from django import forms

from scheduler.evaluating.evaluations import Consultation, Result
from scheduler.models import AsaClass, Eligibility, Investigation, ReferralStatus, RequesterKind
from scheduler.vocabulary import INDICATIONS, indication_words
from web.forms import ClinicForm, DayField, Lines
from web.settings_form import SettingsForm

RESULT: Final = "results_"


class ReferralFields(forms.Form):
    """What a referral says, as it comes in or as it is mended."""

    authored_on = DayField(label="Day of the referral or inquiry")
    requester_kind = forms.ChoiceField(label="Who refers", choices=[("", "Choose"), *RequesterKind.choices])
    requester_name = forms.CharField(
        label="Name",
        required=False,
        max_length=120,
        help_text="Not needed where the patient comes alone.",
    )
    requester_practice = forms.CharField(label="Practice", required=False, max_length=120)
    requester_contact = forms.CharField(
        label="Where the report goes",
        required=False,
        max_length=240,
        help_text="Fax, e-mail or postal address.",
    )
    reason = forms.CharField(label="Reason", max_length=4000, widget=Lines(3))
    records_requested_on = DayField(label="Records asked for on", required=False)
    records_received_on = DayField(label="Records came on", required=False)


class ReferralForm(ReferralFields, ClinicForm):
    """A referral as it comes in."""


class ReferralChangeForm(ReferralFields, SettingsForm):
    """One that is on record."""

    def __init__(self, data: Any = None, *, stands: dict[str, Any]) -> None:
        super().__init__(data, stands=stands)
        # Not declared as the others: a form's own status is that of its answer.
        self.fields["status"] = forms.ChoiceField(label="It is", choices=ReferralStatus.choices)


class EvaluationForm(ClinicForm):
    """A consultation. Each investigation has its day and its result; empty where it wasn't looked at."""

    evaluated_on = DayField(label="Day of the evaluation")
    indications = forms.MultipleChoiceField(
        label="Indications",
        choices=[(code, indication_words(code)) for code in INDICATIONS],
        widget=forms.CheckboxSelectMultiple,
    )
    severity = forms.CharField(
        label="Severity",
        max_length=240,
        help_text="In words, with the score where there is one, such as PHQ-9 21.",
    )
    asa_class = forms.ChoiceField(label="ASA class", choices=[("", "Choose"), *AsaClass.choices])
    findings = forms.CharField(
        label="History and examination", required=False, max_length=8000, widget=Lines(6)
    )
    prior_treatments = forms.CharField(
        label="Treatments tried before",
        required=False,
        max_length=4000,
        widget=Lines(4),
        help_text="Drug, dose, how long, how it went, why it was stopped.",
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        for each in Investigation:
            self.fields[f"{RESULT}{each.value}_done_on"] = DayField(
                label=f"{each.label}, day", required=False
            )
            self.fields[f"{RESULT}{each.value}_result"] = forms.CharField(
                label=f"{each.label}, result", required=False, max_length=240
            )

    def clean(self) -> None:
        for each in Investigation:
            day, result = (f"{RESULT}{each.value}_{part}" for part in ("done_on", "result"))
            if self.cleaned_data.get(result) and not self.cleaned_data.get(day) and day not in self.errors:
                self.add_error(day, "Give the day of this result.")

    def _place_of(self, path: str) -> str | None:
        return super()._place_of(path.replace(".", "_"))

    @property
    def fields_above(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name != "id" and not name.startswith(RESULT)]

    @property
    def looked_at(self) -> list[tuple[str, forms.BoundField, forms.BoundField]]:
        return [
            (each.label, self[f"{RESULT}{each.value}_done_on"], self[f"{RESULT}{each.value}_result"])
            for each in Investigation
        ]

    @property
    def consultation(self) -> Consultation:
        said = self.cleaned_data
        return Consultation(
            evaluated_on=said["evaluated_on"],
            indications=said["indications"],
            severity=said["severity"],
            asa_class=said["asa_class"],
            findings=said["findings"],
            prior_treatments=said["prior_treatments"],
            results=[
                Result(each.value, day, said[f"{RESULT}{each.value}_result"])
                for each in Investigation
                if (day := said.get(f"{RESULT}{each.value}_done_on"))
            ],
        )


class DecisionForm(ClinicForm):
    """A decision in the place of the one that the page showed (`supersedes`)."""

    decision = forms.ChoiceField(label="Decision", choices=[("", "Choose"), *Eligibility.choices])
    reason = forms.CharField(
        label="Reason", max_length=4000, widget=Lines(2), error_messages={"required": "Say why."}
    )
    conditions = forms.CharField(
        label="Conditions",
        required=False,
        max_length=4000,
        widget=Lines(2),
        help_text="Of “eligible with conditions” only.",
    )
    evaluation = forms.ChoiceField(label="It rests on", required=False)
    supersedes = forms.UUIDField(widget=forms.HiddenInput, required=False)

    def __init__(self, data: Any = None, *, evaluations: Sequence[tuple[str, str]], **kwargs: Any) -> None:
        super().__init__(data, **kwargs)
        resting: Any = self.fields["evaluation"]
        resting.choices = [*evaluations, ("", "An evaluation kept elsewhere")]
