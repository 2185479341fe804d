"""Tasks for staff: what waits for somebody, how long already, and the two things to do with it."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import access, clock, queries, work
from clinic.models import Role, WorkItem
from clinic.problems import Problem
from notifications.models import CheckInAnswer
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm


class OutcomeForm(ChangeForm):
    outcome = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Say in a few words what was done. A task never closes in silence."},
    )


@dataclass(frozen=True)
class Line:
    """One open task as this person sees it."""

    item: WorkItem
    form: OutcomeForm
    about: str  # the address of what it is about, or empty
    mine: bool
    may_act: bool
    overdue: bool


@staff_page(access.VIEW_WORK, methods=["GET"])
def tasks(request: StaffRequest) -> HttpResponse:
    return _show(request)


@staff_page(access.DO_WORK, methods=["POST"])
def take(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = access.fetch(request.actor, WorkItem.objects.all(), access.DO_WORK, pk=pk)
    work.acknowledge(actor=request.actor, item=item, now=clock.now())
    messages.success(request, "The task is yours.")
    return redirect("tasks")


@staff_page(access.DO_WORK, methods=["POST"])
def close(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = access.fetch(request.actor, WorkItem.objects.all(), access.DO_WORK, pk=pk)
    form = OutcomeForm(request.POST, prefix=str(pk))
    if form.is_valid():
        try:
            work.close(actor=request.actor, item=item, outcome=form.cleaned_data["outcome"], now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The task is closed.")
            return redirect("tasks")
    return _show(request, refused={pk: form})


def _show(request: StaffRequest, refused: dict[UUID, OutcomeForm] | None = None) -> HttpResponse:
    """The open tasks; a refused form comes back as it was filled, also when its task is closed by now."""
    refused = refused or {}
    now = clock.now()
    items = list(queries.open_work_items().filter(clinic=request.clinic))
    gone = WorkItem.objects.filter(pk__in=set(refused) - {item.pk for item in items})
    items = [*gone.select_related("patient", "owner"), *items]
    addresses = _addresses(items)
    lines = [
        Line(
            item=item,
            form=refused.get(item.pk) or OutcomeForm(prefix=str(item.pk)),
            about=addresses.get(item.cause, ""),
            mine=item.owner_id == request.actor.user_id,
            may_act=request.actor.may(access.TASK_OF[Role(item.role)], item.clinic_id),
            overdue=item.due_at <= now and item.acknowledged_at is None,
        )
        for item in items
    ]
    status = next((form.status for form in refused.values()), 200)
    return render(request, "web/work/tasks.html", {"lines": lines, "now": now}, status=status)


def _addresses(items: list[WorkItem]) -> dict[str, str]:
    """Where to read what each cause is about: one query."""
    causes: dict[str, list[tuple[UUID, str]]] = {}
    for item in items:
        kind, _, key = item.cause.partition(":")
        if kind in ("message", "check_in_answer"):
            causes.setdefault(kind, []).append((UUID(key), item.cause))
    found = {cause: reverse("message", args=[pk]) for pk, cause in causes.get("message", [])}
    answers: dict[Any, str] = dict(causes.get("check_in_answer", []))
    given = CheckInAnswer.objects.filter(pk__in=answers).values_list("pk", "check_in_id")
    return found | {answers[pk]: reverse("check_in", args=[check_in]) for pk, check_in in given}
