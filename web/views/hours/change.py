"""What every change of hours shares on its page: made once, refused with the visits that stand in its way."""

from collections.abc import Callable
from datetime import date
from typing import Any
from urllib.parse import urlencode
from uuid import UUID

from django.forms import Form
from django.http import HttpResponse, QueryDict
from django.shortcuts import redirect

from clinic import access, clock
from clinic.idempotency import create_once
from clinic.problems import Problem
from scheduler.models import Resource
from scheduler.visits import queries
from web.doors import StaffRequest
from web.forms import ChangeForm


def today_of(request: StaffRequest) -> date:
    return clock.local_date(clock.now(), request.clinic.time_zone)


def resource_of(request: StaffRequest, permission: access.Permission, pk: UUID) -> Resource:
    resources = Resource.objects.filter(clinic=request.clinic).select_related("clinic")
    return access.fetch(request.actor, resources, permission, pk=pk)


def once(
    request: StaffRequest,
    form: Form,
    noun: str,
    *,
    make: Callable[[UUID], Any],
    find: Callable[[UUID], Any],
) -> None:
    """The form's change, once however often it is sent; refused when it was taken back since."""
    id = form.cleaned_data["id"]
    create_once(
        actor=request.actor,
        noun=noun,
        id=id,
        body={"path": request.path, **{name: request.POST.getlist(name) for name in form.fields}},
        make=lambda: make(id),
        find=lambda: find(id),
    )


def sent_with(request: StaffRequest, **changed: Any) -> QueryDict:
    """What was sent, with something else in a hidden field."""
    data = request.POST.copy()
    for name, value in changed.items():
        data[name] = value
    return data


def refused(request: StaffRequest, form: ChangeForm, problem: Problem) -> dict[str, Any]:
    """The refusal at the form, and the visits that stand in the way."""
    form.add_problem(problem)
    return stranded(request, problem)


def stranded(request: StaffRequest, problem: Problem) -> dict[str, Any]:
    """The visits that a refusal names, with what each would lose, and the way to the repair of each day."""
    if problem.code != "visits_stranded":
        return {}
    needs: dict[UUID, list[str]] = {}
    for row in problem.data["visits"]:
        needs.setdefault(row["appointment"], []).append(row["resource"]["name"])
    found = queries.visits().filter(clinic=request.clinic, pk__in=needs).order_by("during", "pk")
    return {
        "stranded": [(appointment, needs[appointment.pk]) for appointment in found],
        "repairs": [(repair["day"], _as_query(repair)) for repair in problem.data["repairs"]],
    }


def _as_query(repair: dict[str, Any]) -> str:
    """What the repair page is to be opened with."""
    query = {"from": repair["from"].isoformat(), "until": repair["until"].isoformat()}
    if repair["resource"]:
        query["resource"] = str(repair["resource"])
    return urlencode(query)


def to_week(on: date) -> HttpResponse:
    response = redirect("hours")
    response["Location"] += f"?week={on}"
    return response
