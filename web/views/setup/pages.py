"""A new clinic's steps that have a page here: the clinic, chairs, who is booked, hours, protocols, messages.

Each calls the functions that the settings call; what the settings' own pages do as well is linked to.
"""

from collections.abc import Callable
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import available_timezones

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import clinics, clock
from clinic.access import SET_UP
from clinic.idempotency import create_once
from clinic.models import Role, User
from clinic.problems import Problem
from clinic.transactions import in_transaction
from clinic.work import staff
from notifications.channels import opening
from notifications.delivering import trying_out
from notifications.models import Form
from notifications.planning import rule_settings
from scheduler.models import Protocol, ProtocolStatus, Resource, ResourceKind
from scheduler.protocols import protocols
from scheduler.vocabulary import WEEKDAYS
from scheduler.working_hours import booking_settings, first_hours, resources
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm, Lines, PhoneField, WholeNumberField
from web.settings_form import SettingsForm
from web.views.hours.form import StretchesForm

Wanted = tuple[ResourceKind, str, int, User | None]  # kind, name, capacity, whom of the staff

MOST_CHAIRS = 40
NURSE_UNITS = 6  # `scheduler.finding.availability`: preparation 6, infusing 3, recovering 2


class DetailsForm(SettingsForm):
    name = forms.CharField(label="Name of the clinic", max_length=120)
    sender_name = forms.CharField(
        label="Name that patients read",
        max_length=40,
        help_text="In every message, on every lock screen: it must not say what is treated.",
    )
    phone = PhoneField(label="Telephone", help_text="Patients are told to call it.")
    address = forms.CharField(label="Address", max_length=240)
    time_zone = forms.CharField(
        label="Time zone",
        max_length=64,
        widget=forms.TextInput(attrs={"list": "zones", "autocomplete": "off"}),
        help_text="Such as America/Chicago. It stays once hours are declared.",
    )
    holiday_calendar = forms.CharField(
        label="Public holidays of",
        required=False,
        max_length=12,
        help_text="A country or a part of one, such as US-IL. None of them closes the clinic by itself.",
    )


class ChairsForm(ClinicForm):
    names = forms.CharField(
        label="Chairs, one a line",
        widget=Lines(6),
        max_length=4000,
        help_text="As your staff call them: Chair 1, Window, Room 3.",
    )

    def clean_names(self) -> list[str]:
        names = [line.strip() for line in self.cleaned_data["names"].splitlines() if line.strip()]
        if len(names) > MOST_CHAIRS:
            raise forms.ValidationError(f"Add at most {MOST_CHAIRS} at once.")
        if len(set(names)) < len(names):
            raise forms.ValidationError("One of these names comes twice. Give each a name of its own.")
        return names

    def _place_of(self, path: str) -> str | None:
        return "names" if path in ("name", "names") else super()._place_of(path)


class WhoField(forms.ModelMultipleChoiceField):
    widget = forms.CheckboxSelectMultiple

    def clean(self, value: Any) -> Any:
        people = super().clean(value)
        if len({person.full_name for person in people}) < len(people):
            raise forms.ValidationError(
                "Two of them have one name. Tick one, and add the other under Chairs and nurses, by another"
                " name."
            )
        return people

    def label_from_instance(self, person: User) -> str:
        return f"{person.full_name}, {person.credentials}" if person.credentials else person.full_name


class PeopleForm(ClinicForm):
    nurses = WhoField(User.objects.none(), label="Nurses whom visits are booked with", required=False)
    units = WholeNumberField(
        label="Load of a nurse",
        unit="units",
        initial=NURSE_UNITS,
        help_text="Preparing takes 6 of them, an infusion 3, recovering 2: with 6 a nurse carries"
        " two infusions.",
    )
    clinicians = WhoField(User.objects.none(), label="Who supervises", required=False)
    at_once = WholeNumberField(
        label="Visits supervised at once",
        unit="visits",
        help_text="Your medical director decides how many.",
    )

    def __init__(self, request: StaffRequest, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["nurses"].queryset = _unbooked(request, Role.NURSE, ResourceKind.NURSE)  # type: ignore[attr-defined]
        self.fields["clinicians"].queryset = _unbooked(  # type: ignore[attr-defined]
            request, Role.PRESCRIBER, ResourceKind.CLINICIAN
        )
        for name, number in (("nurses", "units"), ("clinicians", "at_once")):
            if not self.fields[name].queryset.exists():  # type: ignore[attr-defined]
                del self.fields[name], self.fields[number]

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or {}
        if not self.errors and not cleaned.get("nurses") and not cleaned.get("clinicians"):
            raise forms.ValidationError("Tick whoever visits are booked with.")
        return cleaned


class OpeningForm(StretchesForm):
    weekdays = forms.TypedMultipleChoiceField(
        label="Open on", coerce=int, choices=list(enumerate(WEEKDAYS)), widget=forms.CheckboxSelectMultiple
    )


class TryForm(ClinicForm):
    form = forms.ChoiceField(label="Send a test to me by", choices=Form.choices)


@staff_page(SET_UP)
def clinic(request: StaffRequest) -> HttpResponse:
    """Names, telephone, address, and by which clock it lives."""
    here = request.clinic
    stands = clinics.details_of(here) | booking_settings.settings_of(here)
    form = DetailsForm(request.POST or None, stands=stands)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def write() -> None:
            clinics.change_details(actor=request.actor, clinic=here, changes=data, seen=form.seen)
            booking_settings.change_booking_settings(
                actor=request.actor,
                clinic=here,
                time_zone=data["time_zone"],
                holiday_calendar=data["holiday_calendar"],
                seen=form.seen,
            )

        if _done(request, form, lambda: in_transaction(write), "The clinic is described."):
            return redirect("setup")
    context = {"form": form, "zones": sorted(available_timezones())}
    return render(request, "web/setup/clinic.html", context, status=form.status)


@staff_page(SET_UP)
def chairs(request: StaffRequest) -> HttpResponse:
    """Several chairs at once: all of them, or none."""
    form = ChairsForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        names, id = form.cleaned_data["names"], form.cleaned_data["id"]
        wanted: list[Wanted] = [(ResourceKind.CHAIR, name, 1, None) for name in names]
        told = "One chair is added." if len(names) == 1 else f"{len(names)} chairs are added."
        if _done(request, form, lambda: _add(request, id, wanted), told):
            return redirect("setup")
    return _show_resources(request, form, "web/setup/chairs.html", [ResourceKind.CHAIR])


@staff_page(SET_UP)
def people(request: StaffRequest) -> HttpResponse:
    """Nurses and supervising clinicians out of the members of staff."""
    form = PeopleForm(request, request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        wanted: list[Wanted] = [
            (ResourceKind.NURSE, person.full_name, data["units"], person)
            for person in data.get("nurses") or ()
        ]
        wanted += [
            (ResourceKind.CLINICIAN, person.full_name, data["at_once"], person)
            for person in data.get("clinicians") or ()
        ]
        if _done(request, form, lambda: _add(request, data["id"], wanted), "They can be booked."):
            return redirect("setup")
    kinds = [ResourceKind.NURSE, ResourceKind.CLINICIAN]
    return _show_resources(request, form, "web/setup/people.html", kinds)


@staff_page(SET_UP)
def hours(request: StaffRequest) -> HttpResponse:
    """The same weekly hours for all that has none."""
    form = OpeningForm(request.POST or None, initial={"weekdays": [0, 1, 2, 3, 4]})
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data

        def write() -> Any:
            return create_once(
                actor=request.actor,
                noun="first_hours",
                id=data["id"],
                body={name: request.POST.getlist(name) for name in form.fields},
                make=lambda: first_hours.set_for_all(
                    actor=request.actor,
                    id=data["id"],
                    clinic=request.clinic,
                    weekdays=data["weekdays"],
                    hours=data["hours"],
                    now=clock.now(),
                ),
                find=list,
            )

        if _done(request, form, write, "The hours are set. Each has its own page, where they are changed."):
            return redirect("setup")
    context = {"form": form, "without": first_hours.without_hours(request.clinic)}
    return render(request, "web/setup/hours.html", context, status=form.status)


@staff_page(SET_UP)
def protocol_drafts(request: StaffRequest) -> HttpResponse:
    """The default protocols as drafts, and who has to sign one."""
    if request.method == "POST":
        protocols.adopt_defaults(clinic=request.clinic)
        messages.success(
            request, "The default protocols are here as drafts. A prescriber signs what is right."
        )
        return redirect("setup_protocols")
    rows = list(Protocol.objects.filter(clinic=request.clinic).exclude(status=ProtocolStatus.RETIRED))
    context = {
        "protocols": sorted(rows, key=lambda row: (row.status != ProtocolStatus.ACTIVE, row.title)),
        "in_force": any(row.status == ProtocolStatus.ACTIVE for row in rows),
        "may_adopt": protocols.missing_defaults(request.clinic),
        "signers": list(staff(request.clinic.pk, frozenset({Role.PRESCRIBER}))),
        "signs": request.actor.may(frozenset({Role.PRESCRIBER}), request.clinic.pk),
    }
    return render(request, "web/setup/protocols.html", context)


@staff_page(SET_UP)
def messages_step(request: StaffRequest) -> HttpResponse:
    """What carries messages, and one to oneself."""
    form = TryForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        data = form.cleaned_data
        try:
            where = trying_out.try_out(
                actor=request.actor,
                id=data["id"],
                clinic=request.clinic,
                form=Form(data["form"]),
                now=clock.now(),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            # That somebody has tried settles the step; what was tried is kept nowhere.
            rule_settings.change_messaging(actor=request.actor, clinic=request.clinic, changes={})
            messages.success(request, f"A test message is on its way to {where}.")
            return redirect("setup_messages")
    context = {
        "form": form,
        "carried": [(form_.label, opening.is_set_up(form_, request.clinic)) for form_ in Form],
        "inbox": opening.inbox_stands_in(),
        "number": rule_settings.messaging_of(request.clinic).sms_number,
        "needs_number": opening.texts_need_a_number(),
    }
    return render(request, "web/setup/messages.html", context, status=form.status)


def _done(request: StaffRequest, form: ChangeForm, write: Callable[[], Any], words: str) -> bool:
    """Write it and say so; refused, the form tells why."""
    try:
        write()
    except Problem as problem:
        form.add_problem(problem)
        return False
    messages.success(request, words)
    return True


def _add(request: StaffRequest, id: UUID, wanted: list[Wanted]) -> None:
    """Add all of these in one transaction, once however often it is sent."""

    def make() -> list[Resource]:
        return [
            resources.add_resource(
                actor=request.actor,
                id=uuid5(id, f"{kind}/{name}"),
                clinic=request.clinic,
                kind=kind,
                name=name,
                capacity=capacity,
                user_id=person.pk if person else None,
            )
            for kind, name, capacity, person in wanted
        ]

    body = {"wanted": [[kind, name, capacity] for kind, name, capacity, _ in wanted]}
    create_once(
        actor=request.actor, noun="resources", id=id, body=body, make=make, find=lambda: list[Resource]()
    )


def _unbooked(request: StaffRequest, role: Role, kind: ResourceKind) -> Any:
    """Members of staff in this role who are not booked as this kind yet."""
    booked = Resource.objects.filter(clinic=request.clinic, kind=kind, user=OuterRef("pk"))
    return staff(request.clinic.pk, frozenset({role})).exclude(Exists(booked))


def _show_resources(
    request: StaffRequest, form: ChangeForm, template: str, kinds: list[ResourceKind]
) -> HttpResponse:
    listed = Resource.objects.filter(clinic=request.clinic, kind__in=kinds, active=True)
    context = {"form": form, "listed": listed.order_by("kind", "name")}
    return render(request, template, context, status=form.status)
