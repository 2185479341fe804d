"""Patients: find one, register one, mend what is known, and the chart with all that the floors know.

The chart is put together from each floor's own queries and shows a section only to those who may read
it. What happens in a section (booking, the session's record, messages) has its pages elsewhere.
"""

from collections.abc import Iterable
from datetime import date
from itertools import groupby
from typing import Any, ClassVar
from uuid import UUID

from django import forms
from django.contrib import messages
from django.core.paginator import Paginator
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic import access, clock, consents, patients, queries
from clinic.idempotency import create_once
from clinic.models import AccessLog, AdministrativeGender, Channel, Consent, ConsentScope, Patient
from clinic.problems import Problem
from notifications.access import VIEW_MESSAGES
from notifications.queries import message_log
from scheduler.access import VIEW_PLANS, VIEW_SCHEDULE, WRITE_PLAN
from scheduler.models import TreatmentPlan
from scheduler.visits.queries import visits_of
from sessions_app.access import READ_SESSIONS
from sessions_app.queries import patient_sessions
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, DayField, LocalDateTimeField, SearchField
from web.views import readiness_answers

ROWS = 50
LATEST = 8
Groups = tuple[tuple[str, tuple[str, ...]], ...]


class FindForm(forms.Form):
    use_required_attribute = False

    text = SearchField(
        label="Find a patient",
        help_text="Name, birth date (5/17/1980 or 1980-05-17), telephone or MRN. Typing errors are forgiven.",
    )


class DetailsForm(ChangeForm):
    """What can be known of a patient; what it means is checked by `clinic.patients`."""

    family_name = forms.CharField(max_length=120)
    given_names = forms.CharField(max_length=120)
    birth_date = DayField(label="Date of birth")
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
    )
    language = forms.CharField(max_length=12, required=False, help_text="en, es. Left empty: en.")
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

    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(title, [self[name] for name in names]) for title, names in self.GROUPS]

    def clean_flags(self) -> list[str]:
        return [flag.strip() for flag in self.cleaned_data["flags"].split(",") if flag.strip()]


class NewPatientForm(ClinicForm, DetailsForm):
    pass


class EditPatientForm(DetailsForm):
    deceased = forms.BooleanField(label="Has died", required=False)
    reason = forms.CharField(
        label="Why", max_length=200, required=False, help_text="Kept with the change in the history."
    )

    GROUPS: ClassVar[Groups] = (*DetailsForm.GROUPS, ("This change", ("deceased", "reason")))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.show_hidden_initial = True  # what the page showed, to tell what was changed on it

    def changes(self) -> Any:
        """Only what was changed on this page, so that a colleague's change meanwhile stays."""
        return {name: self.cleaned_data[name] for name in self.changed_data if name != "reason"}


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


@staff_page(access.VIEW_PATIENTS, methods=["GET"])
def patient_list(request: StaffRequest) -> HttpResponse:
    """The clinic's patients by name, fifty a page."""
    return _list(request, FindForm())


@staff_page(access.VIEW_PATIENTS, methods=["POST"])
def find(request: StaffRequest) -> HttpResponse:
    """The best matches. Sent, not asked by address: names must not stand in addresses and logs."""
    return _list(request, FindForm(request.POST))


def _list(request: StaffRequest, form: FindForm) -> HttpResponse:
    here = Patient.objects.filter(clinic=request.clinic)
    text = form.cleaned_data["text"] if form.is_valid() else ""
    context: dict[str, Any] = {"form": form if text else FindForm(), "searched": bool(text)}
    if text:
        context["rows"] = list(queries.find_patients(here, text))
    else:
        by_name = here.order_by("family_name", "given_names", "pk")
        context["page"] = Paginator(by_name, ROWS).get_page(request.GET.get("page"))
        context["rows"] = list(context["page"].object_list)
    part = "web/patients/rows.html" if getattr(request, "htmx", False) else "web/patients/list.html"
    return render(request, part, context)


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
            actor=request.actor, id=id, clinic=request.clinic, details=details, now=clock.now()
        ),
        find=lambda: Patient.objects.get(pk=id),
    )
    return patient


def details_of(form: ClinicForm) -> Any:
    """What such a form says of somebody."""
    return {name: value for name, value in form.cleaned_data.items() if name != "id" and value}


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
                now=clock.now(),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The details are saved.")
            return redirect("patient", pk=patient.pk)
    context = {"form": form, "patient": patient}
    return render(request, "web/patients/details.html", context, status=form.status)


@staff_page(access.VIEW_PATIENTS, methods=["GET"])
def patient(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _chart(request, access.open_chart(request.actor, access.VIEW_PATIENTS, pk, what="chart"))


@staff_page(access.RECORD_CONSENT, methods=["POST"])
def record_consent(request: StaffRequest, pk: UUID) -> HttpResponse:
    patient = access.open_chart(request.actor, access.RECORD_CONSENT, pk, what="consents")
    form = ConsentForm(request.POST)
    if form.is_valid():
        given = form.cleaned_data
        try:
            create_once(
                actor=request.actor,
                noun="consent",
                id=given["id"],
                body={"patient": patient.pk, **given},
                make=lambda: consents.record(
                    actor=request.actor,
                    patient=patient,
                    now=clock.now(),
                    **{**given, "scope": ConsentScope(given["scope"])},
                ),
                find=lambda: Consent.objects.get(pk=given["id"]),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The consent is recorded.")
            return redirect("patient", pk=patient.pk)
    return _chart(request, patient, consent_form=form)


@staff_page(access.RECORD_CONSENT, methods=["POST"])
def revoke_consent(request: StaffRequest, pk: UUID) -> HttpResponse:
    consent = access.fetch(
        request.actor, Consent.objects.select_related("patient__clinic"), access.RECORD_CONSENT, pk=pk
    )
    access.log_look(request.actor, consent.patient, what="consents")
    form = RevokeForm(request.POST, prefix=str(pk))
    if form.is_valid():
        try:
            consents.revoke(
                actor=request.actor, consent=consent, how=form.cleaned_data["how"], now=clock.now()
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The consent is taken back from now on.")
            return redirect("patient", pk=consent.patient_id)
    return _chart(request, consent.patient, revoke_form=form)


@staff_page(access.VIEW_ACCESS_LOG, methods=["GET"])
def who_looked(request: StaffRequest, pk: UUID) -> HttpResponse:
    """Everybody who looked at the chart, and every change of the patient's details."""
    patient = access.open_chart(request.actor, access.VIEW_ACCESS_LOG, pk, what="access log")
    page = Paginator(queries.looks_at(patient), ROWS).get_page(request.GET.get("page"))
    context = {
        "patient": patient,
        "page": page,
        "looks": _grouped(page.object_list),
        "changes": queries.changes_of(patient),
    }
    return render(request, "web/patients/who_looked.html", context)


def _grouped(looks: Iterable[AccessLog]) -> list[list[AccessLog]]:
    """Looks of one person at one thing, one after the other on one day, together; the latest first."""

    def same(look: AccessLog) -> tuple[UUID, str, date]:
        return look.user_id, look.what, timezone.localdate(look.at)

    return [list(group) for _, group in groupby(looks, key=same)]


def _chart(
    request: StaffRequest,
    patient: Patient,
    *,
    consent_form: ConsentForm | None = None,
    revoke_form: RevokeForm | None = None,
) -> HttpResponse:
    """The chart with a section for each floor; a refused form comes back as it was filled."""
    now = clock.now()

    def may(permission: access.Permission) -> bool:
        return request.actor.may(permission, patient.clinic_id)

    everything = list(queries.consents_of(patient))
    refused = consent_form or revoke_form
    context = {
        "header": queries.chart_header(patient),
        "age": age_on(patient.birth_date, clock.local_date(now, patient.clinic.time_zone)),
        "consents": [
            (consent, _revoke_form(consent, revoke_form) if may(access.RECORD_CONSENT) else None)
            for consent in everything
        ],
        "consent_form": (consent_form or ConsentForm(initial={"given_at": now}))
        if may(access.RECORD_CONSENT)
        else None,
        "may_edit": may(access.WRITE_PATIENTS),
        "may_write_plan": may(WRITE_PLAN),
        "may_see_looks": may(access.VIEW_ACCESS_LOG),
        "tasks": list(queries.open_work_items().filter(patient=patient)) if may(access.VIEW_WORK) else None,
        "readiness": readiness_answers.of_patient(request.actor, patient, now),
        "plans": list(plans_of(patient)) if may(VIEW_PLANS) else None,
        "visits": visits_of(patient)[:LATEST] if may(VIEW_SCHEDULE) else None,
        "sessions": list(patient_sessions(patient)[:LATEST]) if may(READ_SESSIONS) else None,
        "sent": list(message_log().filter(patient=patient)[:LATEST]) if may(VIEW_MESSAGES) else None,
    }
    return render(request, "web/patients/chart.html", context, status=refused.status if refused else 200)


def _revoke_form(consent: Consent, refused: RevokeForm | None) -> RevokeForm | None:
    if consent.revoked_at:
        return None
    return refused if refused and refused.prefix == str(consent.pk) else RevokeForm(prefix=str(consent.pk))


def plans_of(patient: Patient) -> Any:
    plans = TreatmentPlan.objects.filter(patient=patient)
    return plans.select_related("protocol", "prescriber").order_by("-created_at", "-pk")


def age_on(birth_date: date, day: date) -> int:
    """Whole years lived on this day."""
    return day.year - birth_date.year - ((day.month, day.day) < (birth_date.month, birth_date.day))
