"""After a serious event in a session, or a visit that was cancelled for a pregnancy, a prescriber looks, and
decides before the next infusion: the course goes on, with another dose, or the plan ends. Until then nothing
more is booked and the next start is held, under every plan of the patient that stands: what came up is about
the patient. Each plan is decided on by itself.

The ground is domain.md 4.1 and 4.2, what is escalated at once or seen by a prescriber before the next
session, and of 6.2 the possible pregnancy. Which events these are is found upstairs
(`sessions_app.observing.serious_events`), which opens these tasks (`plan_tasks`); cancelling is
`scheduler.visits.calling_off`'s. Their words are read at the desk: they say nothing of what happened.
"""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import work
from clinic.access import Actor
from clinic.models import Clinic, Urgency, WorkItem
from clinic.problems import Invalid
from clinic.visible_text import said
from scheduler.models import Appointment, CancellationReason, TreatmentPlan
from scheduler.prescribing import dose_orders, plan_tasks
from scheduler.prescribing.standing import locked_standing
from scheduler.vocabulary import plain_amount

# A task's cause is this, the plan, the session or the visit, and how often it was asked of it.
CAUSE: Final = "safety"
OF_VISIT: Final = "v"  # before the key of a visit; no hexadecimal digit, and a cause has no room for more
TITLE: Final = "Decide on the next infusion after the last session"
TITLE_OF_VISIT: Final = "Decide on the next infusion after a cancelled visit"
GOES_ON: Final = "The course goes on"
MORE: Final = "More has happened in that session since: it is decided together."
WAITS: Final = "safety_review_waits"  # the code of the blocker
WORDS: Final = (
    "Something has come up that a prescriber must see first: they decide on the plan's page whether the"
    " course goes on, and with which dose."
)
# For what a visit is cancelled when a prescriber has to look (domain.md 6.2, which names no other).
LOOKED_AT: Final = frozenset({CancellationReason.PATIENT_PREGNANCY})


@dataclass(frozen=True)
class SafetyReview:
    """A plan that waits for a prescriber's look at a session or a cancelled visit of its patient."""

    item: WorkItem
    plan: TreatmentPlan

    @property
    def session_id(self) -> UUID | None:
        return None if self._about.startswith(OF_VISIT) else UUID(self._about)

    @property
    def visit_id(self) -> UUID | None:
        about = self._about
        return UUID(about.removeprefix(OF_VISIT)) if about.startswith(OF_VISIT) else None

    @property
    def _about(self) -> str:
        return self.item.cause.split(":")[2]

    @property
    def words(self) -> str:
        return WORDS


@dataclass(frozen=True)
class OtherDose:
    """Another dose for the sessions to come, in the protocol's basis; `was` is what they saw ordered."""

    ordered_dose: Decimal
    was: Decimal
    soft_limit_acknowledged: bool = False


def open_reviews(*, patient_id: UUID, session_id: UUID, now: datetime) -> None:
    """The prescriber's task about this session, one for each plan of the patient that stands. What happens
    there later opens it anew, so that nobody decides on what they haven't read. Inside the caller's
    transaction."""
    plans, about = locked_standing(patient_id), session_id.hex
    if not plans:
        return
    times, waiting = _asked_of(patient_id, about)
    if waiting:
        work.settle(actor=None, clinic_id=plans[0].clinic_id, causes=waiting, outcome=MORE, now=now)
    # Routine: who must come now is called by a task of its own.
    _ask(plans, about, times, title=TITLE, urgency=Urgency.ROUTINE, now=now)


def after_cancellation(visit: Appointment, reason: CancellationReason, *, now: datetime) -> None:
    """The prescriber's task about this visit, cancelled just now, where `reason` is one of `LOOKED_AT`: once
    for each plan of the patient that stands and doesn't wait for it already. Inside the caller's transaction,
    with the visit locked."""
    if reason not in LOOKED_AT:
        return
    plans, about = locked_standing(visit.patient_id), f"{OF_VISIT}{visit.pk.hex}"
    times, waiting = _asked_of(visit.patient_id, about)
    asked = {plan_tasks.plan_of(cause) for cause in waiting}
    others = [plan for plan in plans if plan.pk not in asked]
    _ask(others, about, times, title=TITLE_OF_VISIT, urgency=Urgency.AMBER, now=now)


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


def _asked_of(patient_id: UUID, about: str) -> tuple[Counter[UUID], list[str]]:
    """How often each plan was asked about this, and the causes of the tasks that are open. One query."""
    every = WorkItem.objects.filter(
        patient=patient_id, cause__startswith=f"{CAUSE}:", cause__contains=f":{about}:"
    )
    rows = list(every.values_list("cause", "closed_at"))
    times = Counter(plan_tasks.plan_of(cause) for cause, _ in rows)
    return times, [cause for cause, closed_at in rows if closed_at is None]


def _ask(
    plans: Sequence[TreatmentPlan],
    about: str,
    times: Counter[UUID],
    *,
    title: str,
    urgency: Urgency,
    now: datetime,
) -> None:
    """One task for each of these plans of one patient: two queries, however many there are."""
    if not plans:
        return
    plan_tasks.open_tasks(
        CAUSE,
        [(plan, f"{about}:{times[plan.pk] + 1}") for plan in plans],
        title=title,
        due_at=plan_tasks.due_by(plans[0], now),
        urgency=urgency,
    )
