"""A plan under a retired version of its protocol is taken over to the version in force, by a prescriber.

The order stays as it was written: the same dose, the same sessions, of which those had go on counting. Where
the version in force doesn't allow it, a new plan is written instead (`plans`). Visits that are booked stay
as they were booked; what taking one over means for its time is `visits.versions`'s.
"""

from datetime import datetime
from typing import Final

from django.db.models import Count, Q, QuerySet

from clinic import clock, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Role, Urgency
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from scheduler.locks import lock_schedule
from scheduler.models import (
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    Protocol,
    ProtocolStatus,
    TreatmentPlan,
)
from scheduler.prescribing import plan_tasks
from scheduler.prescribing.orders import Order, errors_under
from scheduler.prescribing.standing import locked_plan, require_standing

CAUSE: Final = "plan_taken_over"  # a task's cause is this, the plan, and the version that it follows now


def in_force_for(plan: TreatmentPlan) -> Protocol | None:
    """The version that a plan under a retired one can be taken over to; None where there is none, and for a
    plan that is over or needs none. One query for a plan under a retired version, else none."""
    if not plan.stands or plan.protocol.status != ProtocolStatus.RETIRED:
        return None
    versions = Protocol.objects.filter(clinic_id=plan.clinic_id, code=plan.protocol.code)
    return versions.filter(status=ProtocolStatus.ACTIVE).first()


def left_behind(protocol: Protocol) -> QuerySet[Protocol]:
    """The retired versions of this protocol under which plans still stand; `plans_standing` counts them."""
    standing = Count("plans", filter=Q(plans__status__in=STANDING_STATUSES))
    retired = Protocol.objects.filter(
        clinic_id=protocol.clinic_id, code=protocol.code, status=ProtocolStatus.RETIRED
    )
    return retired.annotate(plans_standing=standing).filter(plans_standing__gt=0).order_by("version")


def errors_of(plan: TreatmentPlan, to: Protocol, *, soft_limit_acknowledged: bool) -> list[dict[str, str]]:
    """Why this order can't stand under another version, each at its field, as `take_over` says it."""
    before = plan.protocol
    if to.dose_basis != before.dose_basis:
        detail = (
            f"This dose was ordered in {before.dose_basis}; version {to.version} doses in {to.dose_basis}."
            " End this plan and write a new one."
        )
        return [{"field": "ordered_dose", "code": "other_dose_basis", "detail": detail}]
    order = Order(
        protocol=to,
        indication=plan.indication,
        ordered_dose=plan.ordered_dose,
        soft_limit_acknowledged=soft_limit_acknowledged,
        sessions_ordered=plan.sessions_ordered,
        valid_from=plan.valid_from,
        valid_until=plan.valid_until,
        chair_features=plan.chair_features,
        findings={},
    )
    return errors_under(to, order, patient=plan.patient)


def take_over(
    *,
    actor: Actor,
    plan: TreatmentPlan,
    to: Protocol,
    soft_limit_acknowledged: bool = False,
    now: datetime,
) -> TreatmentPlan:
    """The plan stands under the version in force from now on: `to`, which the prescriber has read.

    Visits that are booked keep the version, the time and the people that they have, and so do held and
    offered times; where there are any the desk gets a task to look at them. A plan that stands under that
    version already stays as it is. Raises `Invalid` with everything that the version doesn't allow,
    `Conflict` with code `plan_over` for a plan that has ended, `other_protocol` for a version of another
    protocol and `version_in_force` for a plan whose own version is.
    """

    def write() -> TreatmentPlan:
        lock_schedule(plan.clinic_id)  # nothing is booked on what the plan was before
        row = locked_plan(plan)
        if row.protocol_id == to.pk:
            return row
        target = Protocol.objects.select_for_update(no_key=True).get(pk=to.pk)
        _require_sense(row, target)
        wrong = errors_of(row, target, soft_limit_acknowledged=soft_limit_acknowledged)
        if wrong:
            raise Invalid(wrong)
        row.protocol = target
        with acting(actor.user_id, reason=f"Taken over to version {target.version}"):
            row.save(update_fields=["protocol"])
        _tell_desk(actor, row, now)
        return row

    return in_transaction(write)


def visits_behind(plan: TreatmentPlan, now: datetime) -> QuerySet[Appointment]:
    """The plan's visits to come that were booked under another version than it stands under, by time."""
    return _to_come(plan, Q(status=AppointmentStatus.BOOKED), now)


def _to_come(plan: TreatmentPlan, which: Q, now: datetime) -> QuerySet[Appointment]:
    ahead = Appointment.objects.filter(which, plan=plan, during__startswith__gt=now)
    return ahead.exclude(protocol=plan.protocol_id).order_by("during", "pk")


def _require_sense(plan: TreatmentPlan, to: Protocol) -> None:
    require_standing(plan)
    if to.clinic_id != plan.clinic_id or to.code != plan.protocol.code:
        raise Conflict(
            f"The plan is under {plan.protocol.code}. Choose a version of that protocol.",
            code="other_protocol",
        )
    if plan.protocol.status == ProtocolStatus.ACTIVE:
        raise Conflict("The plan stands under the version in force.", code="version_in_force")


def _tell_desk(actor: Actor, plan: TreatmentPlan, now: datetime) -> None:
    """One task for the plan, with what is booked, held or offered; that of a take-over before is over."""
    outcome = f"The plan was taken over to version {plan.protocol.version} meanwhile."
    plan_tasks.settle(CAUSE, actor=actor, plan=plan, outcome=outcome, now=now)
    held = Q(status=AppointmentStatus.PENDING, held_until__gt=now)
    first = _to_come(plan, Q(status=AppointmentStatus.BOOKED) | held, now).first()
    if first is None:
        return
    tonight = clock.day_end(now, plan.clinic.time_zone)
    work.open_item(
        clinic_id=plan.clinic_id,
        patient_id=plan.patient_id,
        cause=f"{plan_tasks.cause_of(CAUSE, plan.pk)}{plan.protocol.version}",
        title="Look at the booked visits and held times: their plan follows a newer protocol version",
        urgency=Urgency.ROUTINE,
        role=Role.FRONT_DESK,
        due_at=min(tonight, first.starts_at),
    )
