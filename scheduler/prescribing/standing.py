"""How a plan that stands is changed: its row under the lock, and refused when the plan is over."""

from uuid import UUID

from clinic.problems import Conflict
from scheduler.models import STANDING_STATUSES, PlanStatus, TreatmentPlan


def locked_plan(plan: TreatmentPlan) -> TreatmentPlan:
    """The plan as it is once nobody else changes it, with its protocol, patient and clinic: two queries."""
    TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)
    # Read after the wait, with what is joined.
    return TreatmentPlan.objects.select_related("protocol", "patient", "clinic").get(pk=plan.pk)


def locked_standing(patient_id: UUID) -> list[TreatmentPlan]:
    """Every plan of a patient that stands, once nobody else changes it, with its clinic. In the order of
    their keys: two who each want them all wait for one another, and never in a circle. One query."""
    standing = TreatmentPlan.objects.filter(patient=patient_id, status__in=STANDING_STATUSES)
    locked = standing.select_for_update(of=("self",), no_key=True)
    return list(locked.select_related("clinic").order_by("pk"))


def require_standing(plan: TreatmentPlan) -> None:
    """Raises `Conflict` with code `plan_over` for a plan that is neither active nor on hold."""
    if not plan.stands:
        raise Conflict(
            f"This plan is {PlanStatus(plan.status).label.lower()}, and stays so."
            " A prescriber can write a new one.",
            code="plan_over",
        )
