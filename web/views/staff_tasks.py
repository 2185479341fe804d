"""Tasks for staff: what waits for somebody and how long already; one task with its steps, and what to do
with it. What makes and closes them is clinic.work.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final
from uuid import UUID

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect, render
from django.utils import timezone

from clinic import access, clock, queries, work
from clinic.idempotency import create_once
from clinic.models import Role, Urgency, User, WorkItem, WorkItemStep
from clinic.problems import Problem
from notifications.delivering import sending_state
from notifications.escalating import calls
from notifications.escalating.clocks import AGAIN
from notifications.planning.standing import FORGOTTEN
from notifications.talking import text_tasks
from web.doors import StaffRequest, staff_page
from web.forms import ChangeForm, ClinicForm
from web.views import readiness_answers, task_at_the_chair
from web.views.task_subjects import addresses_of

CLOSED_SHOWN: Final = 100
# What calls late in the evening is due after midnight, and no less pressing for that.
EVENING_RUNS_ON: Final = timedelta(hours=1)
TURNS: Final = {
    "first": "first in turn",
    "second": "second in turn",
    "supervisor": "supervisor in turn",
    AGAIN: "once more",
    FORGOTTEN: "taken, and still open past its time",
}
NEVER_IN_SILENCE: Final = "Say in a few words what was done. A task never closes in silence."


class OutcomeForm(ChangeForm):
    outcome = forms.CharField(
        label="What was done",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": NEVER_IN_SILENCE},
    )


class NoteForm(ClinicForm):
    words = forms.CharField(
        label="What was tried",
        max_length=2000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": "Write what was done or tried."},
    )


class Colleague(forms.ModelChoiceField):
    def label_from_instance(self, user: User) -> str:
        return user.full_name


class HandOverForm(ChangeForm):
    to = Colleague(User.objects.none(), label="To", empty_label="Choose a colleague")
    words = forms.CharField(
        label="What they need to know",
        max_length=2000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )

    def __init__(self, item: WorkItem, *args: object, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)  # type: ignore[arg-type]
        others = work.may_do(item).exclude(pk=item.owner_id) if item.owner_id else work.may_do(item)
        self.fields["to"].queryset = others  # type: ignore[attr-defined]


@dataclass(frozen=True)
class Line:
    """One task as this person sees it."""

    item: WorkItem
    about: str  # the address of what it is about, or empty
    mine: bool
    may_act: bool
    overdue: bool

    @property
    def unanswered(self) -> bool:
        return self.item.acknowledged_at is None and self.item.closed_at is None


@staff_page(access.VIEW_WORK, methods=["GET"])
def tasks(request: StaffRequest) -> HttpResponse:
    """Open tasks, those that nobody answers first; or the last ones that were closed."""
    closed = request.GET.get("state") == "closed"
    rows = queries.closed_work_items() if closed else queries.open_work_items()
    items = list(rows.filter(clinic=request.clinic)[: CLOSED_SHOWN if closed else None])
    lines = _lines(request, items)
    pressing = [line for line in lines if line.unanswered and line.item.urgency != Urgency.ROUTINE]
    now = clock.now()
    _, midnight = clock.day_bounds(timezone.localdate(now), request.clinic.time_zone)
    today_ends = max(midnight, now + EVENING_RUNS_ON)
    # What is due today before what has until a later day; of each red first, then by when it is due.
    pressing.sort(key=lambda line: (line.item.due_at >= today_ends, line.item.urgency != Urgency.RED))
    context = {
        "closed": closed,
        "pressing": pressing,
        "lines": [line for line in lines if line not in pressing],
        "now": now,
        "most": CLOSED_SHOWN,
        "calling_is_off": sending_state.is_paused(),
    }
    return render(request, "web/tasks/tasks.html", context)


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
    form = OutcomeForm(request.POST)
    if form.is_valid():
        try:
            outcome = form.cleaned_data["outcome"]
            text_tasks.close(actor=request.actor, item=item, outcome=outcome, now=clock.now())
        except Problem as problem:
            form.add_problem(problem)
        else:
            messages.success(request, "The task is closed.")
            return redirect("tasks")
    return _show(request, item, outcome=form)


@staff_page(access.DO_WORK, methods=["POST"])
def note(request: StaffRequest, pk: UUID) -> HttpResponse:
    item = _fetch(request, pk)
    form = NoteForm(request.POST)
    if form.is_valid():
        id, words = form.cleaned_data["id"], form.cleaned_data["words"]
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
    form = HandOverForm(item, request.POST)
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


def _lines(request: StaffRequest, items: list[WorkItem]) -> list[Line]:
    now, addresses = clock.now(), addresses_of(request.actor, request.clinic, items)
    return [
        Line(
            item=item,
            about=addresses.get(item.cause, ""),
            mine=item.owner_id == request.actor.user_id,
            may_act=request.actor.may(access.TASK_OF[Role(item.role)], item.clinic_id),
            overdue=item.due_at <= now and item.acknowledged_at is None and item.closed_at is None,
        )
        for item in items
    ]


@dataclass(frozen=True)
class Step:
    """One step of a task: whom it called, and whose turn it was."""

    row: WorkItemStep
    called: list[calls.Call]
    turn: str


def _steps(item: WorkItem) -> list[Step]:
    made = calls.of_tasks([item]).get(item.pk, [])
    return [
        Step(step, calls.of_step(step, made), TURNS.get(step.rung.partition("-")[0], step.rung))
        for step in queries.steps_of(item)
    ]


def _show(request: StaffRequest, item: WorkItem, **refused: ChangeForm) -> HttpResponse:
    """The task with its steps; a refused form comes back as it was filled."""
    [line] = _lines(request, [item])
    context = {
        "line": line,
        "steps": _steps(item),
        "calling_is_off": sending_state.is_paused(),
        "chair": task_at_the_chair.of_task(request.actor, item),
        "readiness": readiness_answers.of_task(request.actor, item),
        "outcome_form": refused.get("outcome") or OutcomeForm(),
        "note_form": refused.get("note") or NoteForm(),
        "hand_over_form": refused.get("hand_over") or HandOverForm(item),
        "now": clock.now(),
    }
    status = next((form.status for form in refused.values()), 200)
    return render(request, "web/tasks/task.html", context, status=status)
