"""A prescriber's plan for a patient: written whole, then put on hold, taken up or ended.

What is compared before it is written is in `orders`, how far apart its sessions are in `spacing`. What
booking asks of a plan later (still active, not expired, sessions left) is in `visits.blockers`.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Patient, User
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from clinic.visible_text import said
from scheduler.evaluating import eligibility
from scheduler.locks import lock_schedule
from scheduler.models import (
    LIVE_STATUSES,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    ContraindicationFinding,
    Finding,
    PlanEnd,
    PlanStatus,
    Protocol,
    TreatmentPlan,
)
from scheduler.prescribing import (
    course_reviews,
    plan_requests,
    plan_tasks,
    safety_reviews,
    screening,
    spacing_requests,
)
from scheduler.prescribing.orders import Order, errors_of
from scheduler.prescribing.standing import locked_plan, require_standing

# Of these ends the listed reason alone tells nobody what came to pass.
TOLD_IN_WORDS: Final = (PlanEnd.ADVERSE_EVENT, PlanEnd.OTHER)


@dataclass(frozen=True)
class Ended:
    """How a course came to its end: by the list, in words, by whom, when. Each may be unknown of one that
    ended before reasons were listed."""

    label: str
    words: str
    by: str
    at: datetime | None


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
    this protocol for these days, and what stands against their eligibility (`eligibility.against_plan`).
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
        _refuse_ineligible(patient, now)
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


def end_plan(
    *, actor: Actor, plan: TreatmentPlan, end_reason: str, reason: str = "", now: datetime
) -> TreatmentPlan:
    """The course is over for good: completed, or revoked before. `end_reason` is one of `PlanEnd`, `reason`
    says more; of an adverse event and of another reason it has to. Visits under it have to be cancelled
    first: each is a promise to a patient, and a person tells them.

    Raises `Invalid` naming what is missing, `Conflict` with code `plan_booked` and the `visits` to come,
    and `plan_over` for a plan that has ended otherwise.
    """
    if end_reason not in PlanEnd:
        raise Invalid({"end_reason": f"Choose how it ends: {', '.join(PlanEnd.values)}."})
    ended = PlanEnd(end_reason)
    if ended in TOLD_IN_WORDS and not said(reason):
        raise Invalid({"reason": "Say what happened." if ended is PlanEnd.ADVERSE_EVENT else "Say why."})

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
        for kind in (spacing_requests.CAUSE, course_reviews.CAUSE, safety_reviews.CAUSE):
            plan_tasks.settle(kind, actor=actor, plan=plan, outcome="The plan has ended.", now=now)

    status = PlanStatus.COMPLETED if ended is PlanEnd.COMPLETED else PlanStatus.REVOKED
    return _change_status(
        actor, plan, status, said(reason) or ended.label, ended=ended, provided=no_loose_ends
    )


def end_of(plan: TreatmentPlan) -> Ended | None:
    """How a plan's course came to its end, by whom and when; None while it stands. Two queries, none while
    it stands."""
    if plan.stands:
        return None
    events: Any = plan.events  # type: ignore[attr-defined]  # pghistory adds it
    change = events.filter(status=plan.status).select_related("pgh_context").order_by("pgh_id").first()
    context = change.pgh_context.metadata if change and change.pgh_context else {}
    who: Any = context.get("user")
    by = User.objects.filter(pk=who).values_list("full_name", flat=True).first()
    label, words = plan.get_end_reason_display() if plan.end_reason else "", context.get("reason", "")
    return Ended(label, "" if words == label else words, by or "", change.pgh_created_at if change else None)


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


def _refuse_ineligible(patient: Patient, now: datetime) -> None:
    against = eligibility.against_plan(patient, now=now)
    if against is not None:
        code, words = against
        raise Conflict(words, code=code)


def _change_status(
    actor: Actor,
    plan: TreatmentPlan,
    status: PlanStatus,
    reason: str,
    *,
    ended: PlanEnd | None = None,
    provided: Callable[[], None] = lambda: None,
) -> TreatmentPlan:
    """One step of a plan's status; a step already taken is no step. Under the lock of the schedule, so that
    nothing is booked on what the plan was before."""
    if not said(reason):
        raise Invalid({"reason": "Say why."})

    def work() -> TreatmentPlan:
        lock_schedule(plan.clinic_id)
        locked = locked_plan(plan)
        if (locked.status, locked.end_reason) != (status, ended or ""):
            require_standing(locked)
            provided()
            locked.status, locked.end_reason = status, ended or ""
            with acting(actor.user_id, reason=said(reason)):
                locked.save(update_fields=["status", "end_reason"])
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
