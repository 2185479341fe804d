"""A spacing of its own for one plan is asked for: by the desk, which finds no days inside the protocol's, of
a prescriber, who alone may allow it.

A request is a task for a prescriber (`plan_tasks`), whose first note says what is asked and why; it is open
until a spacing is given (`spacing.override_spacing`) or refused here. Each asking has an id, and a refusal
names the request that it refuses: what is sent again is never about the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, prefetch_related_objects

from clinic.access import Actor
from clinic.models import Clinic, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import TreatmentPlan
from scheduler.prescribing import plan_tasks
from scheduler.prescribing.asking import ask_prescriber
from scheduler.prescribing.standing import locked_plan, require_standing

CAUSE: Final = "spacing"  # a task's cause is this, the plan, and the number of the asking
TITLE: Final = "Decide on another spacing for a plan"
REFUSED: Final = "The spacing stays:"


@dataclass(frozen=True)
class SpacingRequest:
    """A request, and all that was noted about it since; the words of each are their writer's."""

    item: WorkItem
    plan: TreatmentPlan
    asked: WorkItemStep
    added: tuple[WorkItemStep, ...]

    @property
    def notes(self) -> tuple[WorkItemStep, ...]:
        return (self.asked, *self.added)


def ask(*, actor: Actor, id: UUID, plan: TreatmentPlan, words: str, now: datetime) -> SpacingRequest:
    """Ask a prescriber for another spacing for this plan, by the end of the clinic's day. While one is asked
    for it is the same task, to which these words are added; `id` is theirs.

    Raises `Invalid` without words, `Conflict` with code `plan_over` for a plan that has ended.
    """

    def write() -> SpacingRequest:
        locked = locked_plan(plan)
        require_standing(locked)
        ask_prescriber(
            actor=actor,
            id=id,
            clinic=locked.clinic,
            patient_id=locked.patient_id,
            asking=plan_tasks.cause_of(CAUSE, locked.pk),
            title=TITLE,
            words=words,
            now=now,
        )
        return asked_with(id)

    return in_transaction(write)


def refuse(*, actor: Actor, plan: TreatmentPlan, task: UUID, reason: str, now: datetime) -> None:
    """The prescriber leaves the spacing as it is, and says why: to the request whose `task` they have read.
    Raises `Invalid` without a reason, and as `plan_tasks.decide` does.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the spacing stays."})
    outcome = f"{REFUSED} {said(reason)}"
    plan_tasks.decide(CAUSE, actor=actor, plan=plan, task=task, outcome=outcome, now=now)


def open_requests(clinic: Clinic) -> list[SpacingRequest]:
    """What was asked for in a clinic and not decided on, the longest waiting first: three queries."""
    return _with_notes(plan_tasks.waiting_in(CAUSE, clinic))


def open_of(plan: TreatmentPlan) -> SpacingRequest | None:
    """What is asked for this plan and not decided on: one query, two where something is."""
    item = plan_tasks.waiting(CAUSE, plan)
    return None if item is None else _with_notes([(item, plan)])[0]


def asked_with(id: UUID) -> SpacingRequest:
    """The request to which this asking belongs, answered or not."""
    item = WorkItem.objects.get(steps=id)
    return _with_notes([(item, TreatmentPlan.objects.get(pk=plan_tasks.plan_of(item.cause)))])[0]


def _with_notes(asked: Sequence[tuple[WorkItem, TreatmentPlan]]) -> list[SpacingRequest]:
    notes = WorkItemStep.objects.filter(kind=WorkItemStepKind.NOTE).select_related("by")
    steps = Prefetch("steps", notes.order_by("at", "created_at"), to_attr="notes")
    prefetch_related_objects([item for item, _ in asked], steps)
    found = []
    for item, plan in asked:
        first, *added = item.notes  # type: ignore[attr-defined]  # put there above
        found.append(SpacingRequest(item, plan, first, tuple(added)))
    return found
