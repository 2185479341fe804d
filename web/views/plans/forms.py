"""What can be typed on a plan's page; what may be decided is said by `scheduler.prescribing`."""

from typing import Any

from django import forms

from clinic.problems import Problem
from scheduler.models import CourseStep, PlanEnd, Protocol, TreatmentPlan
from scheduler.prescribing.safety_reviews import OtherDose
from scheduler.vocabulary import plain_amount
from web.forms import ChangeForm, ClinicForm, DecimalNumberField, Lines, WholeNumberField


class SpacingForm(ClinicForm):
    """A prescriber's own spacing."""

    min_days = WholeNumberField(label="Days between sessions, at least")
    max_days = WholeNumberField(label="At most")
    reason = forms.CharField(label="Reason", max_length=1000)


class SeenDoseForm(ChangeForm):
    """Another dose than the one that the page showed as ordered (`was`). Where another was ordered meanwhile,
    the page shows it now, and the next try is about it."""

    was = forms.DecimalField(widget=forms.HiddenInput, max_digits=7, decimal_places=3)

    def add_problem(self, problem: Problem) -> None:
        super().add_problem(problem)
        if "ordered_dose" in problem.data:
            self.data = {**dict(self.data.items()), self.add_prefix("was"): problem.data["ordered_dose"]}


class DoseForm(SeenDoseForm, ClinicForm):
    """Another dose for the sessions that have not started."""

    ordered_dose = DecimalNumberField(label="Dose", max_digits=7, decimal_places=3)
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside the protocol's usual range is intended", required=False
    )
    reason = forms.CharField(
        label="Reason", max_length=1000, error_messages={"required": "Say why the dose changes."}
    )

    def __init__(self, plan: TreatmentPlan, data: Any = None) -> None:
        super().__init__(data, initial={"was": plan.ordered_dose})
        protocol, dose = plan.protocol, self.fields["ordered_dose"]
        low, high, most = map(
            plain_amount, (protocol.dose_soft_min, protocol.dose_soft_max, protocol.dose_hard_max)
        )
        dose.unit = protocol.get_dose_basis_display()  # type: ignore[attr-defined]
        least = protocol.dose_hard_min
        refused = f"More than {most}" + (f" or less than {plain_amount(least)}" if least else "")
        dose.help_text = f"Usual in this protocol: {low} to {high}. {refused} is refused."


class AskSpacingForm(ClinicForm):
    words = forms.CharField(
        label="What would help, and why",
        max_length=1000,
        widget=Lines(2),
        error_messages={"required": "Say what you ask for, and why."},
    )


class RefuseSpacingForm(ChangeForm):
    """A no to the request that the page showed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Reason", max_length=1000, error_messages={"required": "Say why the spacing stays."}
    )


class TakeOverForm(ChangeForm):
    """The version that the page showed."""

    protocol = forms.ModelChoiceField(Protocol.objects.none(), widget=forms.HiddenInput)
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside this version's usual range is intended", required=False
    )

    def __init__(self, plan: TreatmentPlan, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        protocol: Any = self.fields["protocol"]
        protocol.queryset = Protocol.objects.filter(clinic=plan.clinic_id, code=plan.protocol.code)


class GoAheadForm(ChangeForm):
    """Why it is right to treat in spite of what the chart says to this item of the screen."""

    item = forms.CharField(widget=forms.HiddenInput, max_length=60)
    reason = forms.CharField(
        label="Why it is right to go ahead",
        max_length=1000,
        error_messages={"required": "Say why it is right to go ahead."},
    )


class GoOnForm(ChangeForm):
    """Why the course goes on without a response; `task` is the decision that the page showed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="Why it goes on",
        max_length=1000,
        error_messages={"required": "Say why the course goes on."},
    )


class SafetyReviewForm(SeenDoseForm):
    """What the prescriber found in what the page showed; with another dose where one is typed."""

    task = forms.UUIDField(widget=forms.HiddenInput)
    reason = forms.CharField(
        label="What you found, and why the course goes on",
        max_length=1000,
        widget=Lines(2),
        error_messages={"required": "Say what you found, and why the course goes on."},
    )
    ordered_dose = DecimalNumberField(
        label="Another dose from the next session on",
        required=False,
        max_digits=7,
        decimal_places=3,
        help_text="Empty: the dose stays.",
    )
    soft_limit_acknowledged = forms.BooleanField(
        label="A dose outside the protocol's usual range is intended", required=False
    )

    def __init__(self, plan: TreatmentPlan, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, prefix="safety", **kwargs)
        self.initial.setdefault("was", plan.ordered_dose)
        self.fields["ordered_dose"].unit = plan.protocol.get_dose_basis_display()  # type: ignore[attr-defined]

    @property
    def other_dose(self) -> OtherDose | None:
        said = self.cleaned_data
        if said["ordered_dose"] is None:
            return None
        return OtherDose(said["ordered_dose"], said["was"], said["soft_limit_acknowledged"])


class AssessForm(ClinicForm):
    """The end of the course: how the patient has responded, and what follows."""

    step = forms.ChoiceField(label="What follows", choices=[("", "Choose"), *CourseStep.choices])
    words = forms.CharField(
        label="The response against the baseline",
        max_length=4000,
        widget=Lines(3),
        error_messages={"required": "Say how the patient has responded, against the baseline."},
    )

    def __init__(self, data: Any = None, **kwargs: Any) -> None:
        super().__init__(data, prefix="assess", **kwargs)


class StatusForm(ChangeForm):
    """Why a plan rests or goes on; which of these is the button's."""

    reason = forms.CharField(label="Reason", max_length=1000)


class EndForm(ChangeForm):
    """How a course ends. Which of these wants words is the floor's to say."""

    end_reason = forms.ChoiceField(
        label="It ends because",
        choices=[("", "Choose"), *PlanEnd.choices],
        error_messages={"required": "Choose how it ends."},
    )
    reason = forms.CharField(label="In words", max_length=1000, required=False)
