"""A prescriber's plan for a patient: written whole, then put on hold, taken up or ended.

What is compared before it is written is in `orders`, how far apart its sessions are in `spacing`. What
booking asks of a plan later (still active, not expired, sessions left) is in `visits.blockers`.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.locks import lock_schedule
from scheduler.models import (
    LIVE_STATUSES,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    ContraindicationFinding,
    Finding,
    PlanStatus,
    Protocol,
    TreatmentPlan,
)
from scheduler.prescribing import plan_requests, screening, spacing_requests
from scheduler.prescribing.orders import Order, errors_of
from scheduler.prescribing.standing import locked_plan, require_standing


def write_plan(
    *,
    actor: Actor,
    id: UUID,
    patient: Patient,
    protocol: Protocol,
    indication: str,
    ordered_dose: Decimal,
    sessions_ordered: int,
    valid_from: date,
    valid_until: date,
    findings: Mapping[str, screening.Answer],
    prior_treatments: str = "",
    chair_features: Sequence[str] = (),
    soft_limit_acknowledged: bool = False,
    now: datetime,
) -> TreatmentPlan:
    """Write an active plan; the actor is its prescriber and answers for every override.

    `ordered_dose` is in the protocol's dose basis, `findings` is by item code of `screening.ITEMS`, the
    dates are the clinic's days, both included. A dose past the protocol's hard limit is refused; one
    outside its soft range needs `soft_limit_acknowledged` (domain.md 1.4). `chair_features` are what the
    chair has to offer for this patient, besides what the protocol asks for. A task that asked for a plan
    is closed. Raises `Invalid` naming every field that needs mending at once; `findings.<item>` names a line
    of the screen. Raises `Conflict` with code `plan_stands` and the `plan` where the patient has one under
    this protocol for these days.
    """
    order = Order(
        protocol=protocol,
        indication=indication,
        ordered_dose=ordered_dose,
        soft_limit_acknowledged=soft_limit_acknowledged,
        sessions_ordered=sessions_ordered,
        valid_from=valid_from,
        valid_until=valid_until,
        chair_features=chair_features,
        findings=findings,
    )
    wrong = errors_of(order, patient=patient, now=now)
    if wrong:
        raise Invalid(wrong)

    def work() -> TreatmentPlan:
        Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        _refuse_second(patient, protocol, valid_from)
        plan = TreatmentPlan.objects.create(
            id=id,
            clinic_id=patient.clinic_id,
            patient=patient,
            protocol=protocol,
            indication=indication,
            ordered_dose=ordered_dose,
            sessions_ordered=sessions_ordered,
            valid_from=valid_from,
            valid_until=valid_until,
            prescriber_id=actor.user_id,
            prior_treatments=said(prior_treatments),
            chair_features=sorted(set(chair_features)),
        )
        ContraindicationFinding.objects.bulk_create(
            _finding(plan, item, answer, actor=actor, now=now) for item, answer in findings.items()
        )
        plan_requests.settle(actor=actor, patient=patient, now=now)
        return plan

    return in_transaction(work)


def put_on_hold(*, actor: Actor, plan: TreatmentPlan, reason: str) -> TreatmentPlan:
    """Nothing more is booked under the plan until it is taken up again; what is booked stays.

    Raises `Invalid` without a reason, `Conflict` with code `plan_over` for a plan that has ended.
    """
    return _change_status(actor, plan, PlanStatus.ON_HOLD, reason)


def take_up(*, actor: Actor, plan: TreatmentPlan, reason: str) -> TreatmentPlan:
    """A plan on hold is active again. Raises as `put_on_hold` does."""
    return _change_status(actor, plan, PlanStatus.ACTIVE, reason)


def end_plan(*, actor: Actor, plan: TreatmentPlan, reason: str, now: datetime) -> TreatmentPlan:
    """The order is revoked for good. Visits under it have to be cancelled first: each is a promise to a
    patient, and a person tells them.

    Raises `Invalid` without a reason, `Conflict` with code `plan_booked` and the `visits` to come.
    """

    def no_loose_ends() -> None:
        to_come = Appointment.objects.filter(
            plan=plan, status__in=LIVE_STATUSES, during__endswith__gt=now
        ).exclude(status=AppointmentStatus.FULFILLED)
        visits = list(to_come.order_by("during").values("id", "during__startswith", "status"))
        if visits:
            raise Conflict(
                f"{len(visits)} visit{'s are' if len(visits) > 1 else ' is'} still to come under this plan."
                " Cancel them first.",
                code="plan_booked",
                visits=[{"appointment": row["id"], "start": row["during__startswith"]} for row in visits],
            )
        spacing_requests.settle(actor=actor, plan=plan, outcome="The plan has ended.", now=now)

    return _change_status(actor, plan, PlanStatus.REVOKED, reason, provided=no_loose_ends)


def _refuse_second(patient: Patient, protocol: Protocol, valid_from: date) -> None:
    """Two orders of one kind would each be booked out: one course, one plan."""
    standing = (
        TreatmentPlan.objects.filter(
            patient=patient,
            protocol__code=protocol.code,
            status__in=STANDING_STATUSES,
            valid_until__gte=valid_from,
        )
        .values_list("pk", flat=True)
        .first()
    )
    if standing is not None:
        raise Conflict(
            f"This patient has a plan under {protocol.code} that still holds. Book under that one, or end it"
            " before you write another.",
            code="plan_stands",
            plan=str(standing),
        )


def _change_status(
    actor: Actor,
    plan: TreatmentPlan,
    status: PlanStatus,
    reason: str,
    *,
    provided: Callable[[], None] = lambda: None,
) -> TreatmentPlan:
    """One step of a plan's status; a step already taken is no step. Under the lock of the schedule, so that
    nothing is booked on what the plan was before."""
    if not said(reason):
        raise Invalid({"reason": "Say why."})

    def work() -> TreatmentPlan:
        lock_schedule(plan.clinic_id)
        locked = locked_plan(plan)
        if locked.status != status:
            require_standing(locked)
            provided()
            locked.status = status
            with acting(actor.user_id, reason=said(reason)):
                locked.save(update_fields=["status"])
        return locked

    return in_transaction(work)


def _finding(
    plan: TreatmentPlan, item: str, answer: screening.Answer, *, actor: Actor, now: datetime
) -> ContraindicationFinding:
    reason = said(answer.override_reason)
    return ContraindicationFinding(
        plan=plan,
        item=item,
        finding=Finding(answer.finding),
        override_reason=reason,
        override_by_id=actor.user_id if reason else None,
        override_at=now if reason else None,
    )
