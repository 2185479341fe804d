"""Tasks about one plan: of each kind one after the other, opened, decided by a prescriber, settled.

A task's cause is its kind, the plan, and what it is about. What opens one, what the words are, and whether
the plan waits for it, is said by its kind: `course_reviews`, `safety_reviews`, `course_assessments`,
`spacing_requests`, `taking_over`.
"""

from collections.abc import Callable, Iterable
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db.models import CharField, Min, OuterRef, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from clinic import clock, work
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan
from scheduler.prescribing.standing import locked_plan, require_standing


def open_task(kind: str, *, plan: TreatmentPlan, about: str, title: str, due_at: datetime) -> None:
    """The prescriber's task, made once."""
    open_tasks(kind, [(plan, about)], title=title, due_at=due_at)


def open_tasks(
    kind: str,
    wanted: Iterable[tuple[TreatmentPlan, str]],
    *,
    title: str,
    due_at: datetime,
    urgency: Urgency = Urgency.ROUTINE,
) -> None:
    """The same for several plans, each with what it is about. One query."""
    work.open_items(
        [
            WorkItem(
                clinic_id=plan.clinic_id,
                patient_id=plan.patient_id,
                cause=f"{cause_of(kind, plan.pk)}{about}",
                title=title,
                urgency=urgency,
                role=Role.PRESCRIBER,
                due_at=due_at,
            )
            for plan, about in wanted
        ]
    )


def decide(
    kind: str,
    *,
    actor: Actor,
    plan: TreatmentPlan,
    task: UUID,
    outcome: str,
    now: datetime,
    first: Callable[[TreatmentPlan], object] = lambda plan: None,
) -> None:
    """The prescriber's decision about the `task` that they have read; `first` is done in the same
    transaction, with the plan locked. The same answer again changes nothing.

    Raises `Invalid` for a task that is no such one of this plan, `Conflict` with code `plan_over` for a plan
    that has ended and `answered_before` for a task that has another answer.
    """

    def write() -> None:
        locked = locked_plan(plan)
        item = tasks_of(kind, locked).filter(pk=task).first()
        if item is None:
            raise Invalid({"task": "This is no such task of this plan."})
        if item.closed_at is None:
            require_standing(locked)
            first(locked)
            work.settle(actor=actor, clinic_id=item.clinic_id, causes=[item.cause], outcome=outcome, now=now)
        elif (item.closed_by_id, item.outcome) != (actor.user_id, outcome):
            raise Conflict(
                "This was decided before. Look afresh at what is asked now.",
                code="answered_before",
            )

    in_transaction(write)


def settle(kind: str, *, actor: Actor | None, plan: TreatmentPlan, outcome: str, now: datetime) -> None:
    """Nothing is to be decided any more. Inside the caller's transaction, with the plan locked."""
    causes = list(tasks_of(kind, plan).filter(closed_at=None).values_list("cause", flat=True))
    if causes:
        work.settle(actor=actor, clinic_id=plan.clinic_id, causes=causes, outcome=outcome, now=now)


def waiting(kind: str, plan: TreatmentPlan) -> WorkItem | None:
    """The one that is open: one query."""
    return tasks_of(kind, plan).filter(closed_at=None).order_by("-created_at").first()


def waiting_in(kind: str, clinic: Clinic) -> list[tuple[WorkItem, TreatmentPlan]]:
    """Every open one of a clinic with its plan, the longest waiting first: two queries."""
    open_items = WorkItem.objects.filter(clinic=clinic, cause__startswith=f"{kind}:", closed_at=None)
    items = list(open_items.order_by("created_at", "pk"))
    asked_for = TreatmentPlan.objects.filter(pk__in=[plan_of(item.cause) for item in items])
    plans = {plan.pk: plan for plan in asked_for.select_related("patient", "protocol")}
    return [(item, plans[plan_of(item.cause)]) for item in items]


def waiting_cause(kind: str, *, plan: str) -> Subquery:
    """Beside rows that have a `patient` and, by this name, a plan: the cause of the open one, if there is
    one."""
    begins: Any = Concat(Value(f"{kind}:"), Cast(OuterRef(plan), CharField()), Value(":"))
    items = WorkItem.objects.filter(patient=OuterRef("patient"), closed_at=None, cause__startswith=begins)
    return Subquery(items.values("cause")[:1])


def tasks_of(kind: str, plan: TreatmentPlan) -> QuerySet[WorkItem]:
    """Every one, open or closed."""
    return WorkItem.objects.filter(patient=plan.patient_id, cause__startswith=cause_of(kind, plan.pk))


def due_by(plan: TreatmentPlan, now: datetime) -> datetime:
    """By the end of the clinic's day, and before the patient comes again. One query."""
    tonight = clock.day_end(now, plan.clinic.time_zone)
    ahead = Appointment.objects.filter(
        patient=plan.patient_id, status=AppointmentStatus.BOOKED, during__startswith__gt=now
    )
    next_start = ahead.aggregate(first=Min("during__startswith"))["first"]
    return min(tonight, next_start) if next_start else tonight


def cause_of(kind: str, plan_id: UUID) -> str:
    return f"{kind}:{plan_id}:"


def plan_of(cause: str) -> UUID:
    return UUID(cause.split(":")[1])
