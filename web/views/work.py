"""Tasks for staff: what waits for somebody, how long already, and the two things to do with it."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.db.models import Model
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse

from clinic import access, clock, queries, work
from clinic.access import Permission
from clinic.models import Role, WorkItem
from clinic.problems import Problem
from notifications.access import VIEW_CHECK_INS, VIEW_MESSAGES
from notifications.models import CheckInAnswer
from sessions_app.access import MAY, PLACE_MONITORS, READ_SESSIONS
from sessions_app.models import ChecklistAnswer, SideEffect, VitalSigns
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm

Subjects = Callable[[Iterable[UUID]], Iterable[tuple[UUID, UUID]]]


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
    addresses = _addresses(request, items)
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


def _addresses(request: StaffRequest, items: list[WorkItem]) -> dict[str, str]:
    """Where this person may read what each cause is about: a query for each kind of cause at most."""
    causes: dict[str, dict[UUID, str]] = {}
    for item in items:
        kind, _, key = item.cause.partition(":")
        if kind in READ_AT:
            causes.setdefault(kind, {})[UUID(key[:36])] = item.cause
    found: dict[str, str] = {}
    for kind, (route, permission, subjects_of) in READ_AT.items():
        if kind in causes and request.actor.may(permission, request.clinic.pk):
            by_row = causes[kind]
            found |= {by_row[row]: reverse(route, args=[subject]) for row, subject in subjects_of(by_row)}
    return found


def _of_itself(rows: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    return ((row, row) for row in rows)


def _parents(model: type[Model], parent: str) -> Subjects:
    """Each row's parent, which has the page."""
    return lambda rows: model._default_manager.filter(pk__in=list(rows)).values_list("pk", parent)


def _decided_in(rows: Iterable[UUID]) -> Iterable[tuple[UUID, UUID]]:
    """The session of each line that waits for a decision, whatever kind of line it is."""
    lines = list(rows)
    for model in (ChecklistAnswer, VitalSigns, SideEffect):
        yield from model._default_manager.filter(pk__in=lines).values_list("pk", "session_id")


# By the kind of a task's cause: the page that tells more, who may read it, and whose page it is.
READ_AT: Final[dict[str, tuple[str, Permission, Subjects]]] = {
    "message": ("message", VIEW_MESSAGES, _of_itself),
    "check_in_answer": ("check_in", VIEW_CHECK_INS, _parents(CheckInAnswer, "check_in_id")),
    "alert": ("alert", READ_SESSIONS, _of_itself),
    "unmatched_message": ("monitor_message", PLACE_MONITORS, _of_itself),
    "decide": ("session_decisions", MAY["checklist"], _decided_in),
    "vital_signs": ("session", READ_SESSIONS, _parents(VitalSigns, "session_id")),
    "side_effect": ("session", READ_SESSIONS, _parents(SideEffect, "session_id")),
}
