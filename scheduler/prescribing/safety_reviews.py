"""After a serious event in a session a prescriber looks, and decides before the next infusion of the plan: it
goes on, with another dose, or the plan ends. Until then nothing more is booked under it and the next start is
held.

The ground is domain.md 4.1 and 4.2: what is escalated at once, and what is seen by a prescriber before the
next session. Which events these are is found upstairs (`sessions_app.observing.serious_events`), which opens
these tasks (`plan_tasks`). Their words are read at the desk: they say nothing of what happened.
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Clinic, WorkItem
from clinic.problems import Invalid
from clinic.visible_text import said
from scheduler.models import TreatmentPlan
from scheduler.prescribing import dose_orders, plan_tasks
from scheduler.prescribing.standing import locked_plan
from scheduler.vocabulary import plain_amount

CAUSE: Final = "safety"  # a task's cause is this, the plan, the session, and how often it has happened there
TITLE: Final = "Decide on the next infusion after the last session"
GOES_ON: Final = "The course goes on"
MORE: Final = "More has happened in that session since: it is decided together."
WAITS: Final = "safety_review_waits"  # the code of the blocker
WORDS: Final = (
    "What happened in an earlier session waits for a prescriber: they decide on the plan's page whether the"
    " course goes on, and with which dose."
)


@dataclass(frozen=True)
class SafetyReview:
    """A plan that waits for a prescriber's look at one of its sessions."""

    item: WorkItem
    plan: TreatmentPlan

    @property
    def session_id(self) -> UUID:
        return session_of(self.item.cause)

    @property
    def words(self) -> str:
        return WORDS


@dataclass(frozen=True)
class OtherDose:
    """Another dose for the sessions to come, in the protocol's basis; `was` is what they saw ordered."""

    ordered_dose: Decimal
    was: Decimal
    soft_limit_acknowledged: bool = False


def open_review(*, plan: TreatmentPlan, session_id: UUID, now: datetime) -> None:
    """The prescriber's task about this session. What happens there later opens it anew, so that nobody
    decides on what they haven't read. Nothing for a plan that has ended. Inside the caller's transaction."""
    locked = locked_plan(plan)
    if not locked.stands:
        return
    of_session = plan_tasks.tasks_of(CAUSE, locked).filter(cause__contains=f":{session_id.hex}:")
    older = list(of_session.values_list("cause", "closed_at"))
    causes = [cause for cause, closed_at in older if closed_at is None]
    if causes:
        work.settle(actor=None, clinic_id=locked.clinic_id, causes=causes, outcome=MORE, now=now)
    plan_tasks.open_task(
        CAUSE,
        plan=locked,
        about=f"{session_id.hex}:{len(older) + 1}",
        title=TITLE,
        due_at=plan_tasks.due_by(locked, now),
    )


def decide(
    *,
    actor: Actor,
    plan: TreatmentPlan,
    task: UUID,
    reason: str,
    other_dose: OtherDose | None = None,
    now: datetime,
) -> None:
    """The prescriber has looked and lets the course go on, where they say so with another dose from the next
    session on; ending the plan is `plans.end_plan`. Raises `Invalid` without a reason, and what
    `plan_tasks.decide` and `dose_orders.order_dose` do.
    """
    if not said(reason):
        raise Invalid({"reason": "Say what you found, and why the course goes on."})
    dose = f" with {plain_amount(other_dose.ordered_dose)} {plan.protocol.dose_basis}" if other_dose else ""

    def order(locked: TreatmentPlan) -> None:
        if other_dose:
            dose_orders.order_dose(
                actor=actor,
                plan=locked,
                ordered_dose=other_dose.ordered_dose,
                was=other_dose.was,
                reason=reason,
                soft_limit_acknowledged=other_dose.soft_limit_acknowledged,
            )

    plan_tasks.decide(
        CAUSE,
        actor=actor,
        plan=plan,
        task=task,
        outcome=f"{GOES_ON}{dose}: {said(reason)}",
        now=now,
        first=order,
    )


def waiting_for(plan: TreatmentPlan) -> SafetyReview | None:
    """What this plan waits for: one query."""
    item = plan_tasks.waiting(CAUSE, plan)
    return None if item is None else SafetyReview(item, plan)


def waiting_in(clinic: Clinic) -> list[SafetyReview]:
    """Every plan of a clinic that waits, the longest waiting first: two queries."""
    return [SafetyReview(item, plan) for item, plan in plan_tasks.waiting_in(CAUSE, clinic)]


def session_of(cause: str) -> UUID:
    return UUID(cause.split(":")[2])
