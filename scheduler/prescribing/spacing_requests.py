"""A spacing of its own for one plan is asked for: by the desk, which finds no days inside the protocol's, of
a prescriber, who alone may allow it.

A request is a task for a prescriber, whose first note says what is asked and why; it is open until a
spacing is given (`spacing.override_spacing`) or refused here. Each asking has an id, and a refusal names the
request that it refuses: what is sent again is never about the next one.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from clinic import work
from clinic.access import Actor
from clinic.models import Clinic, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import TreatmentPlan
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
            asking=_cause(locked.pk),
            title=TITLE,
            words=words,
            now=now,
        )
        return asked_with(id)

    return in_transaction(write)


def refuse(*, actor: Actor, plan: TreatmentPlan, task: UUID, reason: str, now: datetime) -> None:
    """The prescriber leaves the spacing as it is, and says why: to the request whose `task` they have read.
    The same answer again changes nothing.

    Raises `Invalid` without a reason and for a task that is no request for this plan, `Conflict` with code
    `answered_before` for a request that has another answer.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the spacing stays."})
    outcome = f"{REFUSED} {said(reason)}"

    def write() -> None:
        item = _requests(locked_plan(plan)).filter(pk=task).first()
        if item is None:
            raise Invalid({"task": "This is no request for another spacing of this plan."})
        if item.closed_at is None:
            causes = [item.cause]
            work.settle(actor=actor, clinic_id=item.clinic_id, causes=causes, outcome=outcome, now=now)
        elif (item.closed_by_id, item.outcome) != (actor.user_id, outcome):
            raise Conflict(
                "This request has been answered before. Look afresh at what is asked now.",
                code="answered_before",
            )

    in_transaction(write)


def settle(*, actor: Actor, plan: TreatmentPlan, outcome: str, now: datetime) -> None:
    """Who has asked has the answer. Inside the caller's transaction, with the plan locked."""
    causes = list(_requests(plan).filter(closed_at=None).values_list("cause", flat=True))
    if causes:
        work.settle(actor=actor, clinic_id=plan.clinic_id, causes=causes, outcome=outcome, now=now)


def open_requests(clinic: Clinic) -> list[SpacingRequest]:
    """What was asked for in a clinic and not decided on, the longest waiting first: three queries."""
    of_clinic = WorkItem.objects.filter(clinic=clinic, cause__startswith=f"{CAUSE}:")
    items = _with_notes(of_clinic.filter(closed_at=None))
    asked_for = TreatmentPlan.objects.filter(pk__in=[_plan_of(item) for item in items])
    plans = {plan.pk: plan for plan in asked_for.select_related("patient", "protocol")}
    return [_request(item, plans[_plan_of(item)]) for item in items]


def open_of(plan: TreatmentPlan) -> SpacingRequest | None:
    """What is asked for this plan and not decided on: one query, two where something is."""
    item = next(iter(_with_notes(_requests(plan).filter(closed_at=None))), None)
    return None if item is None else _request(item, plan)


def asked_with(id: UUID) -> SpacingRequest:
    """The request to which this asking belongs, answered or not."""
    [item] = _with_notes(WorkItem.objects.filter(pk=WorkItemStep.objects.get(pk=id).work_item_id))
    return _request(item, TreatmentPlan.objects.get(pk=_plan_of(item)))


def _request(item: WorkItem, plan: TreatmentPlan) -> SpacingRequest:
    first, *added = item.notes  # type: ignore[attr-defined]  # put there by _with_notes
    return SpacingRequest(item, plan, first, tuple(added))


def _with_notes(items: QuerySet[WorkItem]) -> list[WorkItem]:
    notes = WorkItemStep.objects.filter(kind=WorkItemStepKind.NOTE).select_related("by")
    steps = Prefetch("steps", notes.order_by("at", "created_at"), to_attr="notes")
    return list(items.prefetch_related(steps).order_by("created_at", "pk"))


def _requests(plan: TreatmentPlan) -> QuerySet[WorkItem]:
    """Every time that another spacing was asked for."""
    return WorkItem.objects.filter(clinic_id=plan.clinic_id, cause__startswith=_cause(plan.pk))


def _cause(plan_id: UUID) -> str:
    return f"{CAUSE}:{plan_id}:"


def _plan_of(item: WorkItem) -> UUID:
    return UUID(item.cause.split(":")[1])
