"""After as many infusions without a response as the protocol version says, a prescriber decides whether the
course goes on (domain.md 2.2, "stop if no response after"). Until then nothing more is booked under the plan,
and the next start is held.

That it waits is a task for a prescriber, one for each time (`plan_tasks`); it is open until they say that
it goes on, the plan ends, or a response is on record after all. Whether there is one is found upstairs
(`sessions_app.outcomes.course_responses`), which opens these tasks.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.models import Q, QuerySet

from clinic.access import Actor
from clinic.models import Clinic, WorkItem
from clinic.problems import Invalid
from clinic.visible_text import said
from scheduler.models import TreatmentPlan
from scheduler.prescribing import plan_tasks

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


def open_review(*, plan: TreatmentPlan, infusions: int, now: datetime) -> None:
    """The task for this course after so many infusions, made once."""
    due_at = plan_tasks.due_by(plan, now)
    plan_tasks.open_task(CAUSE, plan=plan, about=str(infusions), title=TITLE, due_at=due_at)


def go_on(*, actor: Actor, plan: TreatmentPlan, task: UUID, reason: str, now: datetime) -> None:
    """The prescriber lets the course go on, and says why: the `task` is the one that they have read. Asked
    again after as many infusions more. Raises `Invalid` without a reason, and as `plan_tasks.decide` does.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the course goes on."})
    outcome = f"{GOES_ON} {said(reason)}"
    plan_tasks.decide(CAUSE, actor=actor, plan=plan, task=task, outcome=outcome, now=now)


def waiting_for(plan: TreatmentPlan) -> CourseReview | None:
    """What this plan waits for: one query."""
    item = plan_tasks.waiting(CAUSE, plan)
    return None if item is None else CourseReview(item, plan)


def waiting_in(clinic: Clinic) -> list[CourseReview]:
    """Every course of a clinic that waits, the longest waiting first: two queries."""
    return [CourseReview(item, plan) for item, plan in plan_tasks.waiting_in(CAUSE, clinic)]


def reviews_of(patients: Collection[UUID]) -> QuerySet[WorkItem]:
    """Every time that a course of one of these patients waited, and every one that waits."""
    every = WorkItem.objects.filter(cause__startswith=f"{CAUSE}:")
    return every.filter(Q(patient__in=patients) | Q(closed_at=None))


def found_words(cause: str) -> str:
    """Of a task's cause, what was found."""
    infusions = infusions_of(cause)
    return f"After {infusions} infusion{'' if infusions == 1 else 's'} no response is on record"


def waits_words(cause: str) -> str:
    """What was found, and what it waits for."""
    return f"{found_words(cause)}: a prescriber decides on the plan's page whether the course goes on."


def infusions_of(cause: str) -> int:
    return int(cause.rsplit(":", 1)[1])
