"""Who a patient is: registered once, mended later. What happens to them has pages of its own."""

from typing import Any, ClassVar, Final
from uuid import UUID

from django import forms
from django.conf import settings
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils.translation import get_language_info

from clinic import access, clock, patients
from clinic.idempotency import create_once
from clinic.models import AdministrativeGender, Channel, Patient
from clinic.problems import Problem
from web.doors import StaffRequest, staff_page
from web.forms import BirthDateField, ChangeForm, ClinicForm
from web.shared_number import SharedNumberForm

Groups = tuple[tuple[str, tuple[str, ...]], ...]
SPOKEN_HERE: Final = "en"
# What messages can be written in stands first (`notifications.wording`).
WRITTEN_IN: Final = (SPOKEN_HERE, "es")


def language_name(code: str) -> str:
    """`Spanish` for es; a code without a name stands as it is."""
    try:
        return str(get_language_info(code)["name"])
    except KeyError:
        return code


# Those of Django's list that aren't one country's way of speaking; an import may bring others.
LANGUAGES: Final = [
    *((code, language_name(code)) for code in WRITTEN_IN),
    *sorted(
        (
            (code, language_name(code))
            for code, _ in settings.LANGUAGES
            if "-" not in code and code not in WRITTEN_IN
        ),
        key=lambda language: language[1],
    ),
]


class DetailsForm(ChangeForm):
    """What can be known of a patient; what it means is checked by `clinic.patients`."""

    family_name = forms.CharField(max_length=120)
    given_names = forms.CharField(max_length=120)
    birth_date = BirthDateField(label="Date of birth")
    gender = forms.ChoiceField(
        choices=AdministrativeGender.choices, required=False, initial=AdministrativeGender.UNKNOWN
    )
    mrn = forms.CharField(label="MRN", max_length=64, required=False, help_text="Left empty, one is made.")
    phone = forms.CharField(
        label="Mobile number", max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.CharField(
        label="E-mail", max_length=254, required=False, widget=forms.TextInput(attrs={"type": "email"})
    )
    preferred_channel = forms.ChoiceField(
        label="Messages by",
        choices=[("", "Whatever there is an address for"), *Channel.choices],
        required=False,
        help_text="In place of e-mail that the patient hasn't agreed to, texts that they have.",
    )
    language = forms.ChoiceField(
        choices=LANGUAGES,
        required=False,
        initial=SPOKEN_HERE,
        help_text="Messages are written in English and Spanish; for another, in English.",
    )
    time_zone = forms.CharField(
        max_length=64, required=False, help_text="Only where it isn't the clinic's: America/Denver."
    )
    address_line = forms.CharField(label="Street", max_length=240, required=False)
    city = forms.CharField(max_length=80, required=False)
    state = forms.CharField(max_length=40, required=False)
    postal_code = forms.CharField(max_length=20, required=False)
    escort_name = forms.CharField(label="Who takes them home", max_length=120, required=False)
    escort_phone = forms.CharField(
        label="Their number", max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    flags = forms.CharField(
        max_length=480, required=False, help_text="Short notes for the chart's header, with commas between."
    )

    GROUPS: ClassVar[Groups] = (
        ("Who", ("family_name", "given_names", "birth_date", "gender", "mrn")),
        ("How to reach them", ("phone", "email", "preferred_channel", "language", "time_zone")),
        ("Where they live", ("address_line", "city", "state", "postal_code")),
        ("For the day of treatment", ("escort_name", "escort_phone", "flags")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.initial.get("language", "")
        language: Any = self.fields["language"]
        if known and known not in dict(LANGUAGES):  # such as one that came with an import
            language.choices = [*LANGUAGES, (known, language_name(known))]

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def clean_flags(self) -> list[str]:
        return [flag.strip() for flag in self.cleaned_data["flags"].split(",") if flag.strip()]


class DetailsAndNumberForm(SharedNumberForm, DetailsForm):
    """The question about the number stands beside it, once it is asked."""

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [
            (title, [field for each in fields for field in self._with_question(each)])
            for title, fields in super().groups()
        ]

    def _with_question(self, field: forms.BoundField) -> list[forms.BoundField]:
        asked = field.name == "phone" and not self["shared"].is_hidden
        return [field, self["shared"]] if asked else [field]


class NewPatientForm(ClinicForm, DetailsAndNumberForm):
    pass


class EditPatientForm(DetailsAndNumberForm):
    deceased = forms.BooleanField(label="Has died", required=False)
    reason = forms.CharField(
        label="Why", max_length=200, required=False, help_text="Kept with the change in the history."
    )

    GROUPS: ClassVar[Groups] = (*DetailsForm.GROUPS, ("This change", ("deceased", "reason")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in self.fields.items():
            # What the page showed, to tell what was changed on it.
            field.show_hidden_initial = name not in {"reason", "shared"}

    def changes(self) -> Any:
        """Only what was changed on this page, so that a colleague's change meanwhile stays."""
        of_patient = [name for name in self.changed_data if name not in {"reason", "shared"}]
        return {name: self.cleaned_data[name] for name in of_patient}


@staff_page(access.WRITE_PATIENTS, methods=["GET", "POST"])
def new_patient(request: StaffRequest) -> HttpResponse:
    form = NewPatientForm(request.POST or None)
    if form.is_valid():
        try:
            patient = register(request, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{patient.full_name} is registered.")
            return redirect("patient", pk=patient.pk)
    return render(request, "web/patients/details.html", {"form": form}, status=form.status)


def register(request: StaffRequest, form: ClinicForm) -> Patient:
    """Whom a form with this id names, registered once however often it is sent. Raises as
    `clinic.patients.register` does."""
    id, details = form.cleaned_data["id"], details_of(form)
    patient, _ = create_once(
        actor=request.actor,
        noun="patient",
        id=id,
        body=details,
        make=lambda: patients.register(
            actor=request.actor,
            id=id,
            clinic=request.clinic,
            details=details,
            shared=form.cleaned_data["shared"],
            now=clock.now(),
        ),
        find=lambda: Patient.objects.get(pk=id),
    )
    return patient


def details_of(form: ClinicForm) -> Any:
    """What such a form says of somebody."""
    return {
        name: value for name, value in form.cleaned_data.items() if name not in {"id", "shared"} and value
    }


@staff_page(access.WRITE_PATIENTS, methods=["GET", "POST"])
def edit_patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, access.WRITE_PATIENTS, pk, what="details")
    known = {name: getattr(patient, name) for name in EditPatientForm.base_fields if hasattr(patient, name)}
    known |= {
        "flags": ", ".join(patient.flags),
        "phone": str(patient.phone),
        "escort_phone": str(patient.escort_phone),
    }
    form = EditPatientForm(request.POST or None, initial=known)
    if form.is_valid():
        try:
            patients.update_details(
                actor=request.actor,
                patient=patient,
                changes=form.changes(),
                reason=form.cleaned_data["reason"],
                shared=form.cleaned_data["shared"],
                now=clock.now(),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The details are saved.")
            return redirect("patient", pk=patient.pk)
    context = {"form": form, "patient": patient}
    return render(request, "web/patients/details.html", context, status=form.status)
