"""The dose worksheet: today's weight, the plan's order and the vial become one append-only line.

The arithmetic and its limits are in `dosing`.
"""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from sessions_app import recording
from sessions_app.models import DoseWorksheet, Session
from sessions_app.preparing import dosing


def prepare_dose(
    *,
    actor: Actor,
    id: UUID,
    session: Session,
    weight_kg: Decimal,
    weighed_at: datetime,
    stock_mg_per_ml: Decimal,
    bag_volume_ml: Decimal,
    minutes: int | None = None,
    confirmed: bool = False,
    corrects: UUID | None = None,
    correction_reason: str = "",
    revision: int | None = None,
    now: datetime,
) -> DoseWorksheet:
    """Calculate and keep the dose that the plan orders; `minutes` is the protocol's unless given.

    `confirmed` says that a weight far off the last one was measured again. A later worksheet corrects
    the one before it. Raises `Invalid` naming the field (hard limit, weight not of today, impossible
    inputs; code `confirm` for a weight to confirm), `Conflict`, `Stale`.
    """

    def work() -> DoseWorksheet:
        current = recording.lock(session, "dose", revision=revision)
        corrected = recording.corrected(DoseWorksheet, current, corrects, correction_reason)
        if corrected is None and recording.standing(DoseWorksheet, current).exists():
            raise Conflict("The dose is prepared already: correct that worksheet.", code="dose_prepared")
        order = _order(current, weight_kg, stock_mg_per_ml, bag_volume_ml, minutes)
        _check_moment(current, weighed_at, now)
        refusals = dosing.refusals(order)
        if refusals:
            raise Invalid(refusals)
        doubt = dosing.weight_doubt(weight_kg, last_weight(current))
        if doubt and not confirmed:
            raise Invalid([{"field": "weight_kg", "code": "confirm", "detail": doubt}])
        dose = dosing.calculate(order)
        worksheet = DoseWorksheet.objects.create(
            id=id,
            **recording.entry(current, actor=actor, now=now),
            weight_kg=weight_kg,
            weighed_at=weighed_at,
            ordered_dose=order.dose,
            dose_basis=order.basis,
            stock_mg_per_ml=stock_mg_per_ml,
            bag_volume_ml=bag_volume_ml,
            minutes=order.minutes,
            dose_mg=dose.dose_mg,
            drug_volume_ml=dose.drug_volume_ml,
            concentration_mg_per_ml=dose.concentration_mg_per_ml,
            rate_ml_per_h=dose.rate_ml_per_h,
            formula_version=dosing.FORMULA_VERSION,
            warning=" ".join(filter(None, [dosing.warning(order), doubt])),
            corrects=corrected,
            correction_reason=correction_reason,
        )
        recording.advance(current, "dose", now=now)
        return worksheet

    return in_transaction(work)


def last_weight(session: Session) -> Decimal | None:
    """The weight on this patient's newest worksheet of an earlier session."""
    lines = DoseWorksheet.objects.filter(session__patient_id=session.patient_id, corrected_by__isnull=True)
    newest = lines.exclude(session=session).order_by("-weighed_at").first()
    return newest.weight_kg if newest else None


def _order(
    session: Session,
    weight_kg: Decimal,
    stock_mg_per_ml: Decimal,
    bag_volume_ml: Decimal,
    minutes: int | None,
) -> dosing.Order:
    """The order is the plan's; nobody types a dose at the chair."""
    protocol = session.protocol
    return dosing.Order(
        basis=protocol.dose_basis,
        dose=session.appointment.plan.ordered_dose,
        weight_kg=weight_kg,
        stock_mg_per_ml=stock_mg_per_ml,
        bag_volume_ml=bag_volume_ml,
        minutes=protocol.infusion_minutes if minutes is None else minutes,
        soft_min=protocol.dose_soft_min,
        soft_max=protocol.dose_soft_max,
        hard_max=protocol.dose_hard_max,
    )


def _check_moment(session: Session, weighed_at: datetime, now: datetime) -> None:
    zone = session.clinic.time_zone
    if weighed_at > now:
        raise Invalid({"weighed_at": "The weight can't be from the future."})
    if clock.local_date(weighed_at, zone) != clock.local_date(now, zone):
        raise Invalid({"weighed_at": "The weight must be from today: weigh the patient."})
