"""A prescriber goes ahead under a plan in spite of what the chart says (`charted`), and says why.

Kept on the line of the plan's screen; its history keeps what the line said before.
"""

from datetime import datetime

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.locks import lock_schedule
from scheduler.models import ContraindicationFinding, Finding, TreatmentPlan
from scheduler.prescribing import charted
from scheduler.prescribing.standing import locked_plan, require_standing


def go_ahead(*, actor: Actor, plan: TreatmentPlan, item: str, reason: str, now: datetime) -> TreatmentPlan:
    """From now on the plan's screen answers this item with present, and the reason to treat all the same.

    The same reason once more is no step. Raises `Invalid` without a reason, `Conflict` with code `plan_over`
    for a plan that has ended and `nothing_to_answer` where the chart says nothing against it that is open.
    """
    if not said(reason):
        raise Invalid({"reason": "Say why it is right to go ahead."})

    def work() -> TreatmentPlan:
        lock_schedule(plan.clinic_id)
        locked = locked_plan(plan)
        line = ContraindicationFinding.objects.filter(plan=locked, item=item).first()
        if item not in charted.unanswered(locked.pk, now=now):
            if line is not None and line.override_reason == said(reason):
                return locked
            raise Conflict(
                "The chart says nothing against this plan that is not answered.", code="nothing_to_answer"
            )
        require_standing(locked)
        line = line or ContraindicationFinding(plan=locked, item=item)
        line.finding = Finding.PRESENT
        line.override_reason, line.override_by_id, line.override_at = said(reason), actor.user_id, now
        with acting(actor.user_id, reason=said(reason)):
            line.save()
        return locked

    return in_transaction(work)
