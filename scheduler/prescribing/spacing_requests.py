"""A spacing of its own for one plan is asked for: by the desk, which finds no days inside the protocol's, of
a prescriber, who alone may allow it.

A request is a task for a prescriber, whose first note says what is asked and why; it is open until a
spacing is given (`plans.override_spacing`) or refused here.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Prefetch, QuerySet

from clinic import clock, work
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency, WorkItem, WorkItemStep, WorkItemStepKind
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import PlanStatus, TreatmentPlan

CAUSE: Final = "spacing"  # a task's cause is this, the plan, and the number of the asking
TITLE: Final = "Decide on another spacing for a plan"
REFUSED: Final = "The spacing stays:"


@dataclass(frozen=True)
class SpacingRequest:
    """A request that waits for a decision."""

    item: WorkItem
    plan: TreatmentPlan
    notes: tuple[WorkItemStep, ...]

    @property
    def words(self) -> str:
        return " ".join(note.words for note in self.notes)

    @property
    def asked_by(self) -> str:
        first = self.notes[0].by if self.notes else None
        return first.full_name if first else ""

    @property
    def asked_at(self) -> datetime:
        return self.notes[0].at if self.notes else self.item.created_at


def ask(*, actor: Actor, plan: TreatmentPlan, words: str, now: datetime) -> WorkItem:
    """Ask a prescriber for another spacing for this plan, by the end of the clinic's day. While one is asked
    for it is the same task, to which other words are added.

    Raises `Invalid` without words, `Conflict` with code `plan_over` for a plan that has ended.
    """

    def write() -> WorkItem:
        locked = _locked(plan)
        if locked.status not in (PlanStatus.ACTIVE, PlanStatus.ON_HOLD):
            raise Conflict("This plan is over. A prescriber writes a new one.", code="plan_over")
        zone = locked.clinic.time_zone
        closed = _requests(locked).filter(closed_at__isnull=False).count()
        return work.ask(
            actor=actor,
            clinic_id=locked.clinic_id,
            patient_id=locked.patient_id,
            cause=f"{_cause(locked.pk)}{closed + 1}",
            title=TITLE,
            urgency=Urgency.ROUTINE,
            role=Role.PRESCRIBER,
            due_at=clock.day_bounds(clock.local_date(now, zone), zone)[1],
            words=words,
            now=now,
        )

    return in_transaction(write)


def refuse(*, actor: Actor, plan: TreatmentPlan, reason: str, now: datetime) -> None:
    """The prescriber leaves the spacing as it is, and says why. The same answer again changes nothing.

    Raises `Invalid` without a reason, `Conflict` with code `nothing_asked` where nobody asks for it.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the spacing stays."})
    outcome = f"{REFUSED} {said(reason)}"

    def write() -> None:
        locked = _locked(plan)
        if _requests(locked).filter(closed_at=None).exists():
            settle(actor=actor, plan=locked, outcome=outcome, now=now)
        elif not _requests(locked).filter(closed_by_id=actor.user_id, outcome=outcome).exists():
            raise Conflict("Nobody asks for another spacing of this plan any more.", code="nothing_asked")

    in_transaction(write)


def settle(*, actor: Actor, plan: TreatmentPlan, outcome: str, now: datetime) -> None:
    """Who has asked has the answer. Inside the caller's transaction, with the plan locked."""
    causes = list(_requests(plan).filter(closed_at=None).values_list("cause", flat=True))
    if causes:
        work.settle(actor=actor, clinic_id=plan.clinic_id, causes=causes, outcome=outcome, now=now)


def open_requests(clinic: Clinic) -> list[SpacingRequest]:
    """What was asked for in a clinic and not decided on, the longest waiting first: three queries."""
    items = _with_notes(WorkItem.objects.filter(clinic=clinic, cause__startswith=f"{CAUSE}:"))
    of_clinic = TreatmentPlan.objects.filter(pk__in=[_plan_of(item) for item in items])
    plans = {plan.pk: plan for plan in of_clinic.select_related("patient", "protocol")}
    return [_request(item, plans[_plan_of(item)]) for item in items]


def open_of(plan: TreatmentPlan) -> SpacingRequest | None:
    """What is asked for this plan and not decided on: one query, two where something is."""
    item = next(iter(_with_notes(_requests(plan))), None)
    return None if item is None else _request(item, plan)


def _request(item: WorkItem, plan: TreatmentPlan) -> SpacingRequest:
    return SpacingRequest(item, plan, tuple(item.notes))  # type: ignore[attr-defined]


def _with_notes(items: QuerySet[WorkItem]) -> Iterable[WorkItem]:
    notes = WorkItemStep.objects.filter(kind=WorkItemStepKind.NOTE).select_related("by")
    steps = Prefetch("steps", notes.order_by("at", "created_at"), to_attr="notes")
    return list(items.filter(closed_at=None).prefetch_related(steps).order_by("created_at", "pk"))


def _requests(plan: TreatmentPlan) -> QuerySet[WorkItem]:
    """Every time that another spacing was asked for."""
    return WorkItem.objects.filter(clinic_id=plan.clinic_id, cause__startswith=_cause(plan.pk))


def _cause(plan_id: UUID) -> str:
    return f"{CAUSE}:{plan_id}:"


def _plan_of(item: WorkItem) -> UUID:
    return UUID(item.cause.split(":")[1])


def _locked(plan: TreatmentPlan) -> TreatmentPlan:
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    return TreatmentPlan.objects.select_related("clinic").get(pk=plan.pk)
