"""How a plan that stands is changed: its row under the lock, and refused when the plan is over."""

from clinic.problems import Conflict
from scheduler.models import PlanStatus, TreatmentPlan


def locked_plan(plan: TreatmentPlan) -> TreatmentPlan:
    """The plan as it is once nobody else changes it, with its protocol, patient and clinic: two queries."""
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    # Read after the wait, with what is joined.
    return TreatmentPlan.objects.select_related("protocol", "patient", "clinic").get(pk=plan.pk)


def require_standing(plan: TreatmentPlan) -> None:
    """Raises `Conflict` with code `plan_over` for a plan that is neither active nor on hold."""
    if not plan.stands:
        raise Conflict(
            f"This plan is {PlanStatus(plan.status).label.lower()}, and stays so."
            " A prescriber can write a new one.",
            code="plan_over",
        )
