"""How far apart a plan's sessions are: the protocol's days, or the prescriber's own for this plan.

This is the one source of it. That a spacing is asked for is in `spacing_requests`.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import SpacingOverride, TreatmentPlan
from scheduler.prescribing import plan_tasks, spacing_requests
from scheduler.prescribing.standing import locked_plan, require_standing

MOST_DAYS_APART: Final = 365


@dataclass(frozen=True)
class Spacing:
    """Calendar days from one session of a plan to the next, at least and at most."""

    min_days: int
    max_days: int
    overridden: bool = False

    @property
    def whose(self) -> str:
        """Who asks for it, as a sentence names them."""
        return "the prescriber" if self.overridden else "the protocol"


def override_spacing(
    *, actor: Actor, id: UUID, plan: TreatmentPlan, min_days: int, max_days: int, reason: str, now: datetime
) -> SpacingOverride:
    """The prescriber's own spacing for this plan, from now on in place of the protocol's.

    Calendar days between sessions, 1 to 365; also fewer than the protocol's (domain.md 2.2: "below min =
    block (prescriber override with reason)"). Visits that are booked already stay; a task that asked for it
    is closed. Raises `Invalid`, and `Conflict` with code `plan_over` for a plan that has ended.
    """
    wrong = {}
    if not 1 <= min_days <= MOST_DAYS_APART:
        wrong["min_days"] = f"Give 1 to {MOST_DAYS_APART} days."
    if not min_days <= max_days <= MOST_DAYS_APART:
        wrong["max_days"] = (
            f"The most days must not be fewer than the fewest, nor more than {MOST_DAYS_APART}."
        )
    if not said(reason):
        wrong["reason"] = "Say why this plan needs another spacing."
    if wrong:
        raise Invalid(wrong)

    def work() -> SpacingOverride:
        locked = locked_plan(plan)
        require_standing(locked)
        outcome = f"Allowed: {min_days} to {max_days} days between."
        plan_tasks.settle(spacing_requests.CAUSE, actor=actor, plan=locked, outcome=outcome, now=now)
        return SpacingOverride.objects.create(
            id=id,
            plan=locked,
            min_days=min_days,
            max_days=max_days,
            reason=said(reason),
            prescriber_id=actor.user_id,
            given_at=now,
        )

    return in_transaction(work)


def spacing_of(plan: TreatmentPlan) -> Spacing:
    """The prescriber's latest override for this plan, or else its protocol's spacing: one query."""
    return spacings_of([plan])[plan.pk]


def spacings_of(plans: Iterable[TreatmentPlan]) -> dict[UUID, Spacing]:
    """`spacing_of` each of these plans, by the plan: one query."""
    spacings = {
        plan.pk: Spacing(plan.protocol.spacing_min_days, plan.protocol.spacing_max_days) for plan in plans
    }
    latest = (
        SpacingOverride.objects.filter(plan__in=list(spacings))
        .order_by("plan", "-given_at", "-created_at")
        .distinct("plan")
        .values_list("plan", "min_days", "max_days")
    )
    return spacings | {plan: Spacing(low, high, overridden=True) for plan, low, high in latest}
