"""A prescriber's plan for a patient: written whole, checked against the protocol version and the screen; then
put on hold, taken up, ended, or given a spacing of its own.

The doses and limits are the protocol's; this module compares, it never chooses. What booking asks of a
plan later (still active, not expired, sessions left) is in `booking`.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Final
from uuid import UUID

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.locks import lock_schedule
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    ContraindicationFinding,
    Finding,
    PlanStatus,
    Protocol,
    ProtocolStatus,
    SpacingOverride,
    TreatmentPlan,
)
from scheduler.prescribing import plan_requests, screening, spacing_requests
from scheduler.vocabulary import ICD_10_CM, feature_error, plain_amount

DOSE_PLACES: Final = Decimal("0.001")
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


@dataclass(frozen=True, kw_only=True)
class Order:
    """What a prescriber has filled in of a plan so far; None is what can't be read yet."""

    protocol: Protocol | None
    indication: str | None
    ordered_dose: Decimal | None
    soft_limit_acknowledged: bool
    sessions_ordered: int | None
    valid_from: date | None
    valid_until: date | None
    chair_features: Sequence[str]
    findings: Mapping[str, screening.Answer]


def errors_of(order: Order, *, patient: Patient, now: datetime) -> list[dict[str, str]]:
    """Everything that needs mending in what is known of an order, each at its field, as `write_plan` says it.

    What is not known yet is not judged, and neither is what depends on it.
    """
    wrong: list[dict[str, str]] = []
    if order.protocol is not None:
        wrong += errors_under(order.protocol, order, patient=patient)
    if order.valid_from is not None and order.valid_until is not None:
        today = clock.local_date(now, patient.clinic.time_zone)
        wrong += _validity_errors(order.valid_from, order.valid_until, today)
    wrong += _feature_errors(order.chair_features)
    wrong += [
        _error(f"findings.{obstacle.item}", obstacle.mend, code=obstacle.code)
        for obstacle in screening.obstacles(order.findings)
    ]
    return wrong


def errors_under(protocol: Protocol, order: Order, *, patient: Patient) -> list[dict[str, str]]:
    """What of an order this version of a protocol doesn't allow; a part of `errors_of`."""
    wrong = _protocol_errors(patient, protocol)
    if order.indication is not None:
        wrong += _indication_errors(protocol, order.indication)
    if order.sessions_ordered is not None:
        wrong += _session_errors(protocol, order.sessions_ordered)
    if order.ordered_dose is not None:
        acknowledged = order.soft_limit_acknowledged
        wrong += dose_errors(protocol, order.ordered_dose, soft_limit_acknowledged=acknowledged)
    return wrong


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


def override_spacing(
    *, actor: Actor, id: UUID, plan: TreatmentPlan, min_days: int, max_days: int, reason: str, now: datetime
) -> SpacingOverride:
    """The prescriber's own spacing for this plan, from now on in place of the protocol's.

    Calendar days between sessions, 1 to 365; also fewer than the protocol's (domain.md 2.2: "below min =
    block (prescriber override with reason)"). Visits that are booked already stay; a task that asked for it
    is closed. Raises `Invalid`, and `Conflict` with code `plan_over` for a plan that has ended.
    """
    wrong = []
    if not 1 <= min_days <= MOST_DAYS_APART:
        wrong.append(_error("min_days", f"Give 1 to {MOST_DAYS_APART} days."))
    if not min_days <= max_days <= MOST_DAYS_APART:
        wrong.append(
            _error(
                "max_days",
                f"The most days must not be fewer than the fewest, nor more than {MOST_DAYS_APART}.",
            )
        )
    if not said(reason):
        wrong.append(_error("reason", "Say why this plan needs another spacing."))
    if wrong:
        raise Invalid(wrong)

    def work() -> SpacingOverride:
        locked = _locked(plan)
        _require_status(locked, PlanStatus.ACTIVE, PlanStatus.ON_HOLD)
        spacing_requests.settle(
            actor=actor, plan=locked, outcome=f"Allowed: {min_days} to {max_days} days between.", now=now
        )
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


def put_on_hold(*, actor: Actor, plan: TreatmentPlan, reason: str) -> TreatmentPlan:
    """Nothing more is booked under the plan until it is taken up again; what is booked stays.

    Raises `Invalid` without a reason, `Conflict` with code `plan_over` for a plan that has ended.
    """
    return _change_status(actor, plan, PlanStatus.ON_HOLD, reason, of=(PlanStatus.ACTIVE,))


def take_up(*, actor: Actor, plan: TreatmentPlan, reason: str) -> TreatmentPlan:
    """A plan on hold is active again. Raises as `put_on_hold` does."""
    return _change_status(actor, plan, PlanStatus.ACTIVE, reason, of=(PlanStatus.ON_HOLD,))


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

    return _change_status(
        actor,
        plan,
        PlanStatus.REVOKED,
        reason,
        of=(PlanStatus.ACTIVE, PlanStatus.ON_HOLD),
        provided=no_loose_ends,
    )


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


def dose_errors(protocol: Protocol, dose: Decimal, *, soft_limit_acknowledged: bool) -> list[dict[str, str]]:
    """What is wrong with a dose under this protocol: hard limit, or soft range not acknowledged."""
    unit = protocol.dose_basis
    if dose <= 0:
        return [_error("ordered_dose", f"Order a dose above 0 {unit}.")]
    if dose != dose.quantize(DOSE_PLACES):
        return [_error("ordered_dose", f"Give at most three decimals of {unit}.")]
    if dose > protocol.dose_hard_max:
        return [
            _error(
                "ordered_dose",
                f"{plain_amount(dose)} {unit} is above this protocol's limit of"
                f" {plain_amount(protocol.dose_hard_max)} {unit}. Order less.",
                code="hard_limit",
            )
        ]
    if not protocol.dose_soft_min <= dose <= protocol.dose_soft_max and not soft_limit_acknowledged:
        return [
            _error(
                "soft_limit_acknowledged",
                f"{plain_amount(dose)} {unit} is outside this protocol's usual range of"
                f" {plain_amount(protocol.dose_soft_min)} to {plain_amount(protocol.dose_soft_max)} {unit}."
                " Acknowledge it, or order a dose inside the range.",
                code="soft_limit",
            )
        ]
    return []


def _refuse_second(patient: Patient, protocol: Protocol, valid_from: date) -> None:
    """Two orders of one kind would each be booked out: one course, one plan."""
    standing = (
        TreatmentPlan.objects.filter(
            patient=patient,
            protocol__code=protocol.code,
            status__in=[PlanStatus.ACTIVE, PlanStatus.ON_HOLD],
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
    of: tuple[PlanStatus, ...],
    provided: Callable[[], None] = lambda: None,
) -> TreatmentPlan:
    """One step of a plan's status; a step already taken is no step. Under the lock of the schedule, so that
    nothing is booked on what the plan was before."""
    if not said(reason):
        raise Invalid({"reason": "Say why."})

    def work() -> TreatmentPlan:
        lock_schedule(plan.clinic_id)
        locked = _locked(plan)
        if locked.status != status:
            _require_status(locked, *of)
            provided()
            locked.status = status
            with acting(actor.user_id, reason=said(reason)):
                locked.save(update_fields=["status"])
        return locked

    return in_transaction(work)


def _locked(plan: TreatmentPlan) -> TreatmentPlan:
    return TreatmentPlan.objects.select_for_update(no_key=True).get(pk=plan.pk)


def _require_status(plan: TreatmentPlan, *allowed: PlanStatus) -> None:
    if plan.status not in allowed:
        raise Conflict(
            f"This plan is {plan.status}, and stays so. A prescriber can write a new one.", code="plan_over"
        )


def _protocol_errors(patient: Patient, protocol: Protocol) -> list[dict[str, str]]:
    wrong = []
    if patient.deceased:
        wrong.append(_error("patient", "This patient is recorded as deceased."))
    if protocol.clinic_id != patient.clinic_id:
        wrong.append(_error("protocol", "Choose a protocol of the patient's clinic."))
    elif protocol.status != ProtocolStatus.ACTIVE:
        wrong.append(
            _error(
                "protocol",
                f"{protocol.code} version {protocol.version} is not in force."
                " A prescriber activates a protocol by signing it.",
                code="protocol_inactive",
            )
        )
    return wrong


def _indication_errors(protocol: Protocol, indication: str) -> list[dict[str, str]]:
    if not ICD_10_CM.fullmatch(indication):
        return [_error("indication", "Give an ICD-10-CM code with its point, such as F33.2.")]
    if indication not in protocol.indications:
        return [
            _error(
                "indication",
                f"{protocol.code} is for {', '.join(protocol.indications)}."
                " Choose one of these, or another protocol.",
            )
        ]
    return []


def _session_errors(protocol: Protocol, sessions: int) -> list[dict[str, str]]:
    if 1 <= sessions <= protocol.series_max:
        return []
    return [_error("sessions_ordered", f"Order 1 to {protocol.series_max} sessions under {protocol.code}.")]


def _validity_errors(valid_from: date, valid_until: date, today: date) -> list[dict[str, str]]:
    if valid_until < valid_from:
        return [_error("valid_until", "The last day must not be before the first.")]
    if valid_until < today:
        return [_error("valid_until", "This day is past. Give a day from today on.")]
    return []


def _feature_errors(features: Sequence[str]) -> list[dict[str, str]]:
    unsaid = feature_error(features)
    return [_error("chair_features", unsaid)] if unsaid else []


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


def _error(field: str, mend: str, *, code: str = "invalid") -> dict[str, str]:
    return {"field": field, "code": code, "detail": mend}
