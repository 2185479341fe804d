"""After as many infusions without a response as the protocol version says, a prescriber decides whether the
course goes on (domain.md 2.2, "stop if no response after"). Until then nothing more is booked under the plan,
and the next start is held.

That it waits is a task for a prescriber, one for each time; it is open until they say that it goes on, the
plan ends, or a response is on record after all. Whether there is one is found upstairs
(`sessions_app.outcomes.course_responses`), which opens these tasks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.db.models import CharField, OuterRef, Q, QuerySet, Subquery, Value
from django.db.models.functions import Cast, Concat

from clinic import clock, work
from clinic.access import Actor
from clinic.models import Clinic, Role, Urgency, WorkItem
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import TreatmentPlan
from scheduler.prescribing.standing import locked_plan, require_standing

CAUSE: Final = "course_review"  # a task's cause is this, the plan, and how many infusions there were
TITLE: Final = "Decide whether a course goes on"
GOES_ON: Final = "The course goes on:"
WAITS: Final = "course_review_waits"  # the code of the blocker


@dataclass(frozen=True)
class CourseReview:
    """A course that waits for a prescriber's decision, and after how many infusions."""

    item: WorkItem
    plan: TreatmentPlan

    @property
    def infusions(self) -> int:
        return infusions_of(self.item.cause)

    @property
    def found(self) -> str:
        return found_words(self.item.cause)

    @property
    def words(self) -> str:
        return waits_words(self.item.cause)


def open_review(*, plan: TreatmentPlan, infusions: int, due_at: datetime) -> WorkItem:
    """The task for this course after so many infusions, made once."""
    return work.open_item(
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        cause=f"{cause_of(plan.pk)}{infusions}",
        title=TITLE,
        urgency=Urgency.ROUTINE,
        role=Role.PRESCRIBER,
        due_at=due_at,
    )


def go_on(*, actor: Actor, plan: TreatmentPlan, task: UUID, reason: str, now: datetime) -> None:
    """The prescriber lets the course go on, and says why: the `task` is the one that they have read. Asked
    again after as many infusions more. The same answer again changes nothing.

    Raises `Invalid` without a reason and for a task that is no such one of this plan, `Conflict` with code
    `plan_over` for a plan that has ended and `answered_before` for a task that has another answer.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the course goes on."})
    outcome = f"{GOES_ON} {said(reason)}"

    def write() -> None:
        locked = locked_plan(plan)
        item = reviews(locked).filter(pk=task).first()
        if item is None:
            raise Invalid({"task": "This is no decision that this plan waits for."})
        if item.closed_at is None:
            require_standing(locked)
            work.settle(actor=actor, clinic_id=item.clinic_id, causes=[item.cause], outcome=outcome, now=now)
        elif (item.closed_by_id, item.outcome) != (actor.user_id, outcome):
            raise Conflict(
                "This was decided before. Look afresh at what the plan waits for now.",
                code="answered_before",
            )

    in_transaction(write)


def settle(*, actor: Actor | None, plan: TreatmentPlan, outcome: str, now: datetime) -> None:
    """Nothing is to be decided any more. Inside the caller's transaction, with the plan locked."""
    causes = list(reviews(plan).filter(closed_at=None).values_list("cause", flat=True))
    if causes:
        work.settle(actor=actor, clinic_id=plan.clinic_id, causes=causes, outcome=outcome, now=now)


def waiting_for(plan: TreatmentPlan) -> CourseReview | None:
    """What this plan waits for: one query."""
    item = reviews(plan).filter(closed_at=None).order_by("-created_at").first()
    return None if item is None else CourseReview(item, plan)


def waiting_in(clinic: Clinic) -> list[CourseReview]:
    """Every course of a clinic that waits, the longest waiting first: two queries."""
    open_items = WorkItem.objects.filter(clinic=clinic, cause__startswith=f"{CAUSE}:", closed_at=None)
    items = list(open_items.order_by("created_at", "pk"))
    asked_for = TreatmentPlan.objects.filter(pk__in=[plan_of(item.cause) for item in items])
    plans = {plan.pk: plan for plan in asked_for.select_related("patient", "protocol")}
    return [CourseReview(item, plans[plan_of(item.cause)]) for item in items]


def reviews(plan: TreatmentPlan) -> QuerySet[WorkItem]:
    """Every time that this course waited."""
    return WorkItem.objects.filter(patient=plan.patient_id, cause__startswith=cause_of(plan.pk))


def reviews_of(patients: Collection[UUID]) -> QuerySet[WorkItem]:
    """Every time that a course of one of these patients waited, and every one that waits."""
    every = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:")
    return every.filter(Q(patient__in=patients) | Q(closed_at=None))


def waiting_cause(*, plan: str) -> Subquery:
    """Beside rows that have a `patient` and, by this name, a plan: the cause of the task that it waits for,
    if it waits."""
    begins: Any = Concat(Value(f"{CAUSE}:"), Cast(OuterRef(plan), CharField()), Value(":"))
    items = WorkItem.objects.filter(patient=OuterRef("patient"), closed_at=None, cause__startswith=begins)
    return Subquery(items.values("cause")[:1])


def found_words(cause: str) -> str:
    """Of a task's cause, what was found."""
    infusions = infusions_of(cause)
    return f"After {infusions} infusion{'' if infusions == 1 else 's'} no response is on record"


def waits_words(cause: str) -> str:
    """What was found, and what it waits for."""
    return f"{found_words(cause)}: a prescriber decides on the plan's page whether the course goes on."


def due_by(plan: TreatmentPlan, next_start: datetime | None, now: datetime) -> datetime:
    """By the end of the clinic's day, and before the patient comes again."""
    zone = plan.clinic.time_zone
    tonight = clock.day_bounds(clock.local_date(now, zone), zone)[1]
    return min(tonight, next_start) if next_start else tonight


def cause_of(plan_id: UUID) -> str:
    return f"{CAUSE}:{plan_id}:"


def plan_of(cause: str) -> UUID:
    return UUID(cause.split(":")[1])


def infusions_of(cause: str) -> int:
    return int(cause.rsplit(":", 1)[1])
