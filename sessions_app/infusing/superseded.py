"""Infusions that run on an older order than their plan's: another dose that is ordered changes nothing of
what the pump gives, so whoever orders it and whoever watches it are told. Read only.
"""

from decimal import Decimal

from scheduler.models import TreatmentPlan
from scheduler.vocabulary import plain_amount
from sessions_app import states
from sessions_app.infusing.progress import worksheet_of
from sessions_app.models import Session


def ordered_since(session: Session) -> str:
    """What the plan orders by now, where an infusion that isn't over was started on another: "0.4 mg/kg";
    "" where it is the same. No query for a session with its plan, protocol and worksheets."""
    if session.state not in states.RUNNING:
        return ""
    started_on, plan = worksheet_of(session), session.appointment.plan
    if started_on is None or started_on.ordered_dose == plan.ordered_dose:
        return ""
    return _dose(plan.ordered_dose, session.protocol.dose_basis)


def running_on_older(plan: TreatmentPlan) -> list[str]:
    """The doses on which this plan's infusions run that aren't the ordered one: two queries."""
    running = Session.objects.filter(appointment__plan=plan, state__in=states.RUNNING).order_by("started_at")
    sheets = [worksheet_of(session) for session in running.prefetch_related("dose_worksheets")]
    return [
        _dose(sheet.ordered_dose, sheet.dose_basis)
        for sheet in sheets
        if sheet and sheet.ordered_dose != plan.ordered_dose
    ]


def _dose(amount: Decimal, basis: str) -> str:
    return f"{plain_amount(amount)} {basis}"
