"""Another dose for the sessions to come: a prescriber's order under a plan that stands, and those before it.

The protocol version's limits are compared as for a new plan (`orders.dose_errors`); nothing here chooses a
dose. What an order means for a session is the worksheet's (`sessions_app.preparing.dose`): one that was
reckoned under the order before starts nothing any more, and an infusion that runs keeps its own.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from itertools import pairwise
from typing import Any
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import User
from clinic.problems import Invalid, Stale
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan
from scheduler.prescribing import orders
from scheduler.prescribing.standing import locked_plan, require_standing
from scheduler.vocabulary import plain_amount


@dataclass(frozen=True)
class DoseOrder:
    """A dose as it was ordered under a plan, in its protocol's dose basis. The one that the plan was written
    with has no reason of its own."""

    dose: Decimal
    ordered_at: datetime
    by: str
    reason: str

    @property
    def amount(self) -> str:
        """0.5, not 0.500."""
        return plain_amount(self.dose)


def order_dose(
    *,
    actor: Actor,
    plan: TreatmentPlan,
    ordered_dose: Decimal,
    was: Decimal,
    reason: str,
    soft_limit_acknowledged: bool = False,
) -> TreatmentPlan:
    """From now on the plan orders this dose, in its protocol's dose basis, for every session that has not
    started.

    `was` is the order that the prescriber had before them. Past the protocol's hard limit it is refused,
    outside its usual range it needs `soft_limit_acknowledged` (domain.md 1.4). A dose that stands already is
    no new order. Raises `Invalid` naming each field, `Stale` with code `dose_changed` where another dose was
    ordered meanwhile, `Conflict` with code `plan_over` for a plan that has ended.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why the dose changes."})

    def work() -> TreatmentPlan:
        locked = locked_plan(plan)
        if locked.ordered_dose == ordered_dose:
            return locked
        require_standing(locked)
        if locked.ordered_dose != was:
            raise Stale(
                f"{plain_amount(locked.ordered_dose)} {locked.protocol.dose_basis} is ordered by now. Look at"
                " who ordered it and why, and decide again.",
                code="dose_changed",
                ordered_dose=str(locked.ordered_dose),
            )
        wrong = orders.dose_errors(
            locked.protocol, ordered_dose, soft_limit_acknowledged=soft_limit_acknowledged
        )
        if wrong:
            raise Invalid(wrong)
        locked.ordered_dose = ordered_dose
        with acting(actor.user_id, reason=said(reason)):
            locked.save(update_fields=["ordered_dose"])
        return locked

    return in_transaction(work)


def orders_of(plan: TreatmentPlan) -> list[DoseOrder]:
    """Every dose that was ordered under the plan, the newest first: two queries.

    The first is the prescriber's whose plan it is, whoever's hand brought the row in."""
    events: Any = plan.events  # type: ignore[attr-defined]  # pghistory adds it
    rows = list(events.select_related("pgh_context").order_by("pgh_id"))
    changes = [
        (after, _context(after))
        for before, after in pairwise([None, *rows])
        if before is None or before.ordered_dose != after.ordered_dose
    ]
    acted = {context["user"] for _, context in changes if context.get("user")}
    people = User.objects.filter(pk__in=acted | {str(plan.prescriber_id)}).values_list("pk", "full_name")
    names = {str(pk): name for pk, name in people}
    ordered = [
        DoseOrder(
            row.ordered_dose,
            row.pgh_created_at,
            by=names.get(context.get("user", "") if place else str(plan.prescriber_id), ""),
            reason=context.get("reason", "") if place else "",
        )
        for place, (row, context) in enumerate(changes)
    ]
    return ordered[::-1]


def in_the_chair(plan: TreatmentPlan) -> list[UUID]:
    """The plan's visits whose patient is in the chair: what has started there keeps its dose."""
    there = Appointment.objects.filter(plan=plan, status=AppointmentStatus.CHECKED_IN)
    return list(there.order_by("during").values_list("pk", flat=True))


def first_doses(plan_ids: Collection[UUID]) -> dict[UUID, Decimal]:
    """The dose that each of these plans was written with, whatever was ordered later: one query."""
    events: Any = TreatmentPlan.pgh_event_model  # type: ignore[attr-defined]  # pghistory adds it
    written = events.objects.filter(pgh_obj__in=plan_ids).order_by("pgh_obj", "pgh_id").distinct("pgh_obj")
    return dict(written.values_list("pgh_obj", "ordered_dose"))


def _context(row: Any) -> dict[str, str]:
    return row.pgh_context.metadata if row.pgh_context else {}
