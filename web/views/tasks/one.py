"""One task: what it is about and what happened so far, which renews itself; taking it, noting what was tried,
handing it over, closing it with what was done.
"""

from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render

from clinic import access, clock, queries, work
from clinic.idempotency import create_once
from clinic.models import WorkItem, WorkItemStep
from clinic.problems import Problem
from notifications.delivering import sending_state
from notifications.escalating import calls
from notifications.talking import text_tasks
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm
from web.views import readiness_answers
from web.views.tasks import at_the_chair
from web.views.tasks.forms import HandOverForm, NoteForm, OutcomeForm
from web.views.tasks.lines import TURNS, lines_of

# Three forms with fields of the same names stand on one page.
NOTE_IDS: Final = "note_%s"
HAND_OVER_IDS: Final = "hand_over_%s"


@dataclass(frozen=True)
class Step:
    """One step of a task: whom it called, and whose turn it was."""

    row: WorkItemStep
    called: list[calls.Call]
    turn: str


@staff_page(access.VIEW_WORK, methods=["GET"])
def task(request: StaffRequest, pk: UUID) -> HttpResponse:
    return _show(request, _fetch(request, pk))


@staff_page(access.DO_WORK, methods=["POST"])
def take(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _fetch(request, pk)
    work.acknowledge(actor=request.actor, item=item, now=clock.now())
    messages.success(request, "The task is yours.")
    return redirect("task", pk=pk)


@staff_page(access.DO_WORK, methods=["POST"])
def close(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _fetch(request, pk)
    form = OutcomeForm(item, request.POST)
    if form.is_valid():
        try:
            text_tasks.close(actor=request.actor, item=item, outcome=form.said, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The task is closed.")
            return redirect("tasks")
    return _show(request, item, outcome=form)


@staff_page(access.DO_WORK, methods=["POST"])
def note(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _fetch(request, pk)
    form = NoteForm(request.POST, auto_id=NOTE_IDS)
    if form.is_valid():
        id, words = form.cleaned_data["id"], form.said
        try:
            create_once(
                actor=request.actor,
                noun="work_item_step",
                id=id,
                body={"item": item.pk, "words": words},
                make=lambda: work.note(actor=request.actor, id=id, item=item, words=words, now=clock.now()),
                find=lambda: WorkItemStep.objects.get(pk=id),
            )
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The note is kept with the task.")
            return redirect("task", pk=pk)
    return _show(request, item, note=form)


@staff_page(access.DO_WORK, methods=["POST"])
def hand_over(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _fetch(request, pk)
    form = HandOverForm(item, request.POST, auto_id=HAND_OVER_IDS)
    if form.is_valid():
        to, words = form.cleaned_data["to"], form.cleaned_data["words"]
        try:
            work.hand_over(actor=request.actor, item=item, to=to, words=words, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, f"The task is {to.full_name}'s. Until they take it, its clock runs.")
            return redirect("task", pk=pk)
    return _show(request, item, hand_over=form)


def _fetch(request: StaffRequest, pk: UUID) -> WorkItem:
    rows = WorkItem.objects.select_related("clinic", "patient", "owner", "closed_by")
    return access.fetch(request.actor, rows, access.DO_WORK, pk=pk)


def _steps(item: WorkItem) -> list[Step]:
    made = calls.of_tasks([item]).get(item.pk, [])
    return [
        Step(step, calls.of_step(step, made), TURNS.get(step.rung.partition("-")[0], step.rung))
        for step in queries.steps_of(item)
    ]


def _show(request: StaffRequest, item: WorkItem, **refused: ChangeForm) -> HttpResponse:
    """The task with its steps; a refused form comes back as it was filled."""
    now = clock.now()
    [line] = lines_of(request.actor, request.clinic, [item], now=now)
    forms: dict[str, Any] = {
        "outcome_form": refused.get("outcome") or OutcomeForm(item),
        "note_form": refused.get("note") or NoteForm(auto_id=NOTE_IDS),
        "hand_over_form": refused.get("hand_over") or HandOverForm(item, auto_id=HAND_OVER_IDS),
    }
    context = {
        "line": line,
        # A closed task has room for its outcome alone: anything else was refused because it is closed.
        "too_late": refused.get("note") or refused.get("hand_over") if item.closed_at else None,
        "steps": _steps(item),
        "calling_is_off": sending_state.is_paused(),
        "chair": at_the_chair.of_task(request.actor, item),
        "readiness": readiness_answers.of_task(request.actor, item),
        "now": now,
    }
    status = next((form.status for form in refused.values()), 200)
    return render(request, "web/tasks/task.html", context | forms, status=status)
