"""Somebody's clinics, with what waits for them in each: where they choose in which of them they are now."""

from dataclasses import dataclass

from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic.models import Clinic, Role
from clinic.queries import open_task_counts
from sessions_app.access import READ_SESSIONS
from web.doors import NoClinic, NotChosen, StaffRequest, choose_clinic, enter, own_page
from web.forms import SwitchClinicForm
from web.queries import in_the_chair_counts


@dataclass(frozen=True)
class Line:
    """One of them: how many open tasks are this person's or free for their roles, and how many patients sit
    in a chair, which is told to who may read sessions."""

    clinic: Clinic
    roles: list[str]
    tasks: int
    in_the_chair: int | None
    here: bool


@own_page(methods=["GET"])
def clinics(request: StaffRequest) -> HttpResponse:
    """All of them by name: five queries, however many there are."""
    try:
        enter(request)
    except NotChosen:
        here = None
    except NoClinic:
        return redirect("home")
    else:
        here = request.clinic
    person = request.person
    tasks, seated = open_task_counts(person), in_the_chair_counts(person)
    readable = set(person.clinics(READ_SESSIONS))
    lines = [
        Line(
            clinic=clinic,
            roles=[str(role.label) for role in Role if role in person.roles[clinic.pk]],
            tasks=tasks.get(clinic.pk, 0),
            in_the_chair=seated.get(clinic.pk, 0) if clinic.pk in readable else None,
            here=clinic == here,
        )
        for clinic in request.clinics
    ]
    return render(request, "web/own/clinics.html", {"lines": lines})


@own_page(methods=["POST"])
def switch(request: StaffRequest) -> HttpResponse:
    """To the pages of one of their clinics. What names none of them changes nothing."""
    form = SwitchClinicForm(request.POST)
    return choose_clinic(request, form.cleaned_data["clinic"]) if form.is_valid() else redirect("clinics")
