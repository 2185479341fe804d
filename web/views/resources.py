"""The manager's pages of chairs, nurses and supervising clinicians: listed, added, changed, out of use.

Their hours have pages of their own (`hours`).
"""

from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock
from clinic.access import EVERYONE
from clinic.idempotency import create_once
from clinic.models import Clinic, Membership, User
from clinic.problems import Problem
from clinic.work import staff
from scheduler.access import CHANGE_RESOURCES
from scheduler.models import Opening, Resource, ResourceKind
from scheduler.working_hours import resources
from web.doors import StaffRequest, staff_page
from web.forms import ClinicForm, WholeNumberField
from web.settings_form import SettingsForm

CAPACITY_HELP = "A chair: 1. A nurse: units of nursing load, as a rule 6. A clinician: visits at once."
FEATURES_HELP = "What a chair offers that a plan may ask for, with commas between: private-room, recliner."


class FeaturesField(forms.CharField):
    """Words with commas between; cleans to a list."""

    def clean(self, value: Any) -> list[str]:
        return [word.strip() for word in super().clean(value).split(",") if word.strip()]

    def prepare_value(self, value: Any) -> Any:
        return ", ".join(value) if isinstance(value, list) else value


class PersonField(forms.ModelChoiceField):
    def label_from_instance(self, person: User) -> str:
        return person.full_name


class AddForm(ClinicForm):
    kind = forms.ChoiceField(label="What", choices=[("", "Choose"), *ResourceKind.choices])
    name = forms.CharField(label="Name", max_length=80)
    capacity = WholeNumberField(label="Capacity", help_text=CAPACITY_HELP)
    features = FeaturesField(label="Offers", required=False, max_length=400, help_text=FEATURES_HELP)
    user = PersonField(
        User.objects.none(),
        label="Member of staff",
        required=False,
        empty_label="Nobody",
        help_text="Who stands behind a nurse or a clinician.",
    )

    def __init__(self, clinic: Clinic, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: Any = self.fields["user"]
        people.queryset = staff(clinic.pk, EVERYONE)


class ResourceForm(SettingsForm):
    name = forms.CharField(label="Name", max_length=80)
    capacity = WholeNumberField(label="Capacity", help_text=CAPACITY_HELP)
    features = FeaturesField(label="Offers", required=False, max_length=400, help_text=FEATURES_HELP)
    user = PersonField(
        User.objects.none(),
        label="Member of staff",
        required=False,
        empty_label="Nobody",
        help_text="Whoever takes this over has the visits to come.",
    )
    active = forms.BooleanField(
        label="In use", required=False, help_text="Out of use, nothing is booked with it any more."
    )

    def __init__(self, resource: Resource, data: Any = None) -> None:
        super().__init__(data, stands=resources.settings_of(resource))
        if resource.kind == ResourceKind.CHAIR:
            del self.fields["user"]
        else:
            del self.fields["features"]
            people: Any = self.fields["user"]
            people.queryset = staff(resource.clinic_id, EVERYONE)


@staff_page(CHANGE_RESOURCES)
def resource_list(request: StaffRequest) -> HttpResponse:
    """All of them by kind, and a form to add one; refused, it comes back as it was filled."""
    form = AddForm(request.clinic, request.POST or None)
    if request.method == "POST" and form.is_valid():
        try:
            added = _added(request, form)
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"{added.name} is added. Declare its hours so that it can be booked.")
            return redirect("resource", pk=added.pk)
    listed = list(_resources(request.clinic))
    context = {
        "kinds": [(kind, [row for row in listed if row.kind == kind]) for kind in ResourceKind],
        "form": form,
    }
    return render(request, "web/resources/list.html", context, status=form.status)


@staff_page(CHANGE_RESOURCES)
def resource(request: StaffRequest, pk: UUID) -> HttpResponse:
    """One of them, to be changed. What booked visits stand against is refused with these visits."""
    found = access.fetch(
        request.actor, Resource.objects.filter(clinic=request.clinic), CHANGE_RESOURCES, pk=pk
    )
    form = ResourceForm(found, request.POST or None)
    in_the_way: list[Any] = []
    if request.method == "POST" and form.is_valid():
        try:
            resources.change_resource(
                actor=request.actor, resource=found, seen=form.seen, now=clock.now(), **_changes(form)
            )
        except Problem as problem:
            form.add_problem(problem)
            in_the_way = problem.data.get("visits", [])
        else:
            messages.success(request, "The change is saved.")
            return redirect("resources")
    context = {"resource": found, "form": form, "in_the_way": in_the_way}
    return render(request, "web/resources/resource.html", context, status=form.status)


def _resources(clinic: Clinic) -> QuerySet[Resource]:
    """Those in use first; `idle` has no hours ahead, `nobodys` a person who works here no more."""
    ahead = Opening.objects.filter(resource=OuterRef("pk"), during__endswith__gt=clock.now())
    works = Membership.objects.filter(clinic=OuterRef("clinic"), user=OuterRef("user"), user__is_active=True)
    rows = Resource.objects.filter(clinic=clinic).select_related("user").order_by("-active", "name")
    return rows.annotate(idle=~Exists(ahead), nobodys=Q(user__isnull=False) & ~Exists(works))


def _changes(form: ResourceForm) -> dict[str, Any]:
    changes = dict(form.cleaned_data)
    if "user" in changes:
        person: User | None = changes.pop("user")
        changes["user_id"] = person.pk if person else None
    return changes


def _added(request: StaffRequest, form: AddForm) -> Resource:
    data = form.cleaned_data
    person: User | None = data["user"]
    added, _ = create_once(
        actor=request.actor,
        noun="resource",
        id=data["id"],
        body={name: form.data.get(name) for name in form.fields},
        make=lambda: resources.add_resource(
            actor=request.actor,
            id=data["id"],
            clinic=request.clinic,
            kind=data["kind"],
            name=data["name"],
            capacity=data["capacity"],
            features=data["features"],
            user_id=person.pk if person else None,
        ),
        find=lambda: Resource.objects.get(pk=data["id"]),
    )
    return added
