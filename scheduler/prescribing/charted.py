"""What the chart itself says to the contraindication screen, where it outweighs an answer: an allergy to what
is infused. It stands before every booking and every start until a prescriber has gone ahead in spite of it.

Nothing is written here. What is asked is in `screening`, going ahead with a reason is `going_ahead`'s.
"""

from collections.abc import Iterable
from typing import Final
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import queries
from clinic.models import Allergy, Patient
from scheduler.models import ContraindicationFinding, Finding, TreatmentPlan

SENSITIVITY: Final = "ketamine_sensitivity"
# How a substance on a chart names what is infused here, in the languages that the house speaks and by brand.
# Rather one too many: whoever knows better says so with a reason, or judges the allergy on the chart.
INFUSED: Final = ("ketamin", "ketalar", "spravato")


def against(patient: Patient) -> dict[str, str]:
    """What the chart says, in words, by the item of the screen to which it says it: one query."""
    return _in_words(_to_what_is_infused(queries.allergies_that_hold(patient)))


def unanswered(plan: TreatmentPlan) -> dict[str, str]:
    """What of it no prescriber has gone ahead in spite of under this plan, also what came to the chart after
    the plan was written; by item, in words. One query."""
    return unanswered_by(plan_id=plan.pk, patient_id=plan.patient_id)


def unanswered_by(*, plan_id: UUID, patient_id: UUID) -> dict[str, str]:
    """The same where only the ids are known."""
    gone_ahead = ContraindicationFinding.objects.filter(
        plan=plan_id, item=SENSITIVITY, finding=Finding.PRESENT, override_at__gte=OuterRef("created_at")
    )
    found = _to_what_is_infused(queries.allergies_that_hold(patient_id))
    return _in_words(found.filter(~Exists(gone_ahead)))


def _to_what_is_infused(allergies: QuerySet[Allergy]) -> QuerySet[Allergy]:
    named = Q()
    for word in INFUSED:
        named |= Q(substance__icontains=word)
    return allergies.filter(named)


def _in_words(allergies: Iterable[Allergy]) -> dict[str, str]:
    named = [
        f"{each.substance} ({_CRITICAL[each.criticality]})"
        if each.criticality in _CRITICAL
        else each.substance
        for each in allergies
    ]
    return {SENSITIVITY: f"The chart has an allergy to {', '.join(named)}."} if named else {}


_CRITICAL: Final = {"high": "high risk", "low": "low risk"}
