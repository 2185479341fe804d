"""The assessment at the end of an induction: the response against the baseline, and whether the patient goes
on with another series, goes on to maintenance, or stops (domain.md 1.1, row 14). Written once; a later one
stands beside it.

That it is due is a prescriber's task (`plan_tasks`), opened upstairs when as many infusions as the plan
orders were given (`sessions_app.outcomes.course_ends`). It holds nothing: what follows is a new plan, or the
end of this one (`plans`).
"""

from collections.abc import Collection
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.db.models import QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.models import WorkItem
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import CourseAssessment, CourseStep, TreatmentPlan
from scheduler.prescribing import plan_tasks
from scheduler.prescribing.standing import locked_plan

CAUSE: Final = "course_assessment"  # a task's cause is this, the plan, and how many infusions there were
TITLE: Final = "Assess a course whose sessions are all given"
# Ours: before the first maintenance infusion that the defaults allow (domain.md 2.2, one per 7 to 42 days).
WITHIN: Final = timedelta(days=7)


def assess(
    *, actor: Actor, id: UUID, plan: TreatmentPlan, step: str, words: str, now: datetime
) -> CourseAssessment:
    """Write down what the prescriber found and what follows; the task that asked for it closes. Also of a
    plan that has ended. Raises `Invalid` naming the field."""
    wrong = {}
    if step not in CourseStep:
        wrong["step"] = f"Choose one of: {', '.join(CourseStep.values)}."
    if not said(words):
        wrong["words"] = "Say how the patient has responded, against the baseline."
    if wrong:
        raise Invalid(wrong)

    def work() -> CourseAssessment:
        locked = locked_plan(plan)
        made = CourseAssessment.objects.create(
            id=id, plan=locked, step=step, words=said(words), assessed_by_id=actor.user_id, assessed_at=now
        )
        outcome = f"Assessed: {CourseStep(step).label.lower()}."
        plan_tasks.settle(CAUSE, actor=actor, plan=locked, outcome=outcome, now=now)
        return made

    return in_transaction(work)


def open_task(*, plan: TreatmentPlan, infusions: int, now: datetime) -> None:
    """The prescriber's task, made once."""
    due_at = clock.day_end(now + WITHIN, plan.clinic.time_zone)
    plan_tasks.open_task(CAUSE, plan=plan, about=str(infusions), title=TITLE, due_at=due_at)


def asked_of(patients: Collection[UUID]) -> set[UUID]:
    """The plans of these patients that somebody was asked to assess: one query."""
    items = WorkItem.objects.filter(patient__in=patients, cause__startswith=f"{CAUSE}:")
    return {plan_tasks.plan_of(cause) for cause in items.values_list("cause", flat=True)}


def is_due(plan: TreatmentPlan) -> bool:
    """Whether a prescriber was asked to assess it and hasn't: one query."""
    return plan_tasks.waiting(CAUSE, plan) is not None


def assessments_of(plan: TreatmentPlan) -> QuerySet[CourseAssessment]:
    """The newest first: one query."""
    rows = CourseAssessment.objects.filter(plan=plan).select_related("assessed_by")
    return rows.order_by("-assessed_at", "-created_at")
