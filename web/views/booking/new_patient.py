"""Somebody who isn't on record yet: the few details that booking needs, after a look at who they may be.

What can be known of a patient besides is entered in the chart (`web.views.patients.details`).
"""

from typing import Any, Final

from django import forms
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic.duplicates import SAME, Likeness, possible_duplicates
from clinic.models import Patient
from clinic.problems import Problem
from clinic.queries import DIGITS_OF_A_PHONE, date_in
from scheduler.access import BOOK
from web.doors import StaffRequest, staff_page
from web.forms import BirthDateField, ClinicForm
from web.shared_number import SharedNumberForm
from web.views.booking.place import PlaceForm, place_of
from web.views.patients.details import details_of, register

# In which the clinic's messages are written.
LANGUAGES: Final = (("en", "English"), ("es", "Spanish"))


class NewPatientForm(ClinicForm, SharedNumberForm):
    """What booking needs to know of somebody; what may be said is checked by `clinic.patients`."""

    given_names = forms.CharField(
        max_length=120,
        widget=forms.TextInput(attrs={"autofocus": True}),
        error_messages={"required": "Give their first name."},
    )
    family_name = forms.CharField(max_length=120, error_messages={"required": "Give their family name."})
    birth_date = BirthDateField(label="Date of birth")
    language = forms.ChoiceField(choices=LANGUAGES, initial="en")
    phone = forms.CharField(
        label="Mobile number", max_length=40, required=False, widget=forms.TextInput(attrs={"type": "tel"})
    )
    email = forms.CharField(
        label="E-mail", max_length=254, required=False, widget=forms.TextInput(attrs={"type": "email"})
    )


@staff_page(BOOK)
def new_patient(request: StaffRequest) -> HttpResponse:
    """The form; sent, it registers, unless somebody on record looks like the same person: then they are shown
    first. Whoever books may register (`access.WRITE_PATIENTS`)."""
    if "id" not in request.POST:
        return _show(request, NewPatientForm(initial=guessed(request.POST.get("text", ""))))
    form = NewPatientForm(request.POST)
    if not form.is_valid():
        return _show(request, form)
    alike = _alike(request, form)
    seen = set(request.POST.getlist("different_from"))
    if any(str(one.patient.pk) not in seen for one in alike):
        if any(SAME["same_phone"] in one.shared and not one.patient.deceased for one in alike):
            form.ask()
        return _show(request, form, alike=alike, status=409)
    try:
        patient = register(request, form)
    except Problem as problem:
        form.add_problem(problem)
        return _show(request, form)
    return redirect(f"{reverse('book_patient', args=[patient.pk])}{place_of(request).query}")


def guessed(text: str) -> dict[str, Any]:
    """What was typed to look for somebody, as their details: names as they stand, or `Family, Given`."""
    if DIGITS_OF_A_PHONE.fullmatch(text.strip()) and not date_in(text.strip()):
        return {"phone": text.strip()}
    words = text.replace(",", " , ").split()
    day = next((found for word in words if (found := date_in(word))), None)
    names = [word for word in words if not any(letter.isdigit() for letter in word)]
    family, given = names[-1:], names[:-1]
    if "," in names:
        family, given = names[: names.index(",")], names[names.index(",") + 1 :]
    known = {"given_names": " ".join(given).title(), "family_name": " ".join(family).title()}
    return {**known, "birth_date": day} if day else known


def _alike(request: StaffRequest, form: NewPatientForm) -> list[Likeness]:
    """Who they may be; not the row that an earlier sending of this form has made."""
    details = details_of(form)
    details.pop("language", None)
    here = Patient.objects.filter(clinic=request.clinic).exclude(pk=form.cleaned_data["id"])
    return possible_duplicates(here, **details)


def _show(
    request: StaffRequest, form: NewPatientForm, *, alike: list[Likeness] | None = None, status: int = 0
) -> HttpResponse:
    place = place_of(request)
    carried = PlaceForm(initial={"start": place.start, "chair": place.chair}, auto_id=False)
    context = {"form": form, "place": place, "carried": carried, "alike": alike}
    return render(request, "web/booking/new_patient.html", context, status=status or form.status)
