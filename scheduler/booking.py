"""The one module that writes claims: a visit is booked, cancelled, confirmed, checked in.

Each function locks, reads again, decides and writes in one transaction. What may be booked is decided in
`decision`; the database keeps the rectangles apart whatever happens here. Status words are FHIR's
(Appointment.status, participationstatus).
"""

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict
from clinic.transactions import in_transaction, violated_constraint
from scheduler import finding
from scheduler.availability import moment_of
from scheduler.decision import Blocker, Decision, decide
from scheduler.finding import FeasibleStart
from scheduler.locks import lock_schedule
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    CancellationReason,
    Claim,
    ParticipantStatus,
    Resource,
    TreatmentPlan,
)

# What a refusal by the database means, should one ever come in spite of the lock.
REFUSED_BY: Final = {
    "claim_no_overlap": Blocker("taken_meanwhile", "Somebody has just taken this time."),
    "claim_inside_opening": Blocker("outside_hours", "The working hours have just changed."),
    "claim_inside_capacity": Blocker("nurse_overloaded", "A capacity has just changed."),
    "claim_units_inside_capacity": Blocker("nurse_overloaded", "A capacity has just changed."),
    "appointment_patient_in_one_place": Blocker(
        "patient_elsewhere", "The patient has another visit at this time."
    ),
}


class NotBookable(Exception):
    """Something stands in the way: carries the decision out of the transaction that it ends."""

    def __init__(self, decision: Decision) -> None:
        super().__init__("not bookable")
        self.decision = decision


@dataclass(frozen=True)
class Check:
    """The dry run's answer: what would be booked, every blocker, and the nearest times without one."""

    decision: Decision
    alternatives: tuple[FeasibleStart, ...]

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return self.decision.blockers

    @property
    def bookable(self) -> bool:
        return not self.decision.blockers


def check(
    *,
    actor: Actor,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    now: datetime,
) -> Check:
    """Would `book` accept this? Takes no lock and changes nothing. Raises `Invalid` as `book` does."""
    decision = decide(
        plan=_read_again(plan), start=start, chair_id=_key(chair), nurse_id=_key(nurse), now=now
    )
    return Check(decision, _alternatives(decision, _key(chair), _key(nurse), now))


def book(
    *,
    actor: Actor,
    id: UUID,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    now: datetime,
) -> Appointment:
    """Book the plan's next session at `start`; chair and nurses are found where none is chosen.

    A chosen nurse serves the whole visit; otherwise they may hand over where a phase ends.

    Raises `Conflict` with code `not_bookable`, all `blockers` and the nearest `alternatives`; `Invalid`
    for a time off the five-minute grid or a chair or nurse that doesn't work in the plan's clinic.
    """

    chair_id, nurse_id = _key(chair), _key(nurse)

    def work() -> Appointment:
        try:
            # A refusal goes back to this savepoint, which lets go of the lock before alternatives are sought.
            with transaction.atomic():
                decision = decide(
                    resources=lock_schedule(plan.clinic_id),
                    plan=_read_again(plan),
                    start=start,
                    chair_id=chair_id,
                    nurse_id=nurse_id,
                    now=now,
                )
                return _write(actor, id, decision)
        except NotBookable as refusal:
            alternatives = _alternatives(refusal.decision, chair_id, nurse_id, now)
            raise _refused(refusal.decision.blockers, alternatives) from refusal

    return in_transaction(work)


def cancel(
    *, actor: Actor, appointment: Appointment, reason: CancellationReason, now: datetime
) -> Appointment:
    """Cancel a visit that has not begun: its claims go, its row stays with the reason.

    Cancelling again for the same reason changes nothing. Raises `Conflict` with code `already_cancelled`
    (for another reason) or `too_late_to_cancel` (arrived: from then on the session tells what happened).
    """

    def work() -> Appointment:
        visit = _locked(appointment)
        if visit.status == AppointmentStatus.CANCELLED:
            if visit.cancelation_reason == reason:
                return visit
            raise Conflict("This visit was cancelled before, for another reason.", code="already_cancelled")
        if visit.status not in (AppointmentStatus.PENDING, AppointmentStatus.BOOKED):
            raise Conflict(
                "This visit has begun. If nothing is infused, the nurse records that in the session.",
                code="too_late_to_cancel",
            )
        with acting(actor.user_id, reason=CancellationReason(reason).label):
            Claim.objects.filter(appointment=visit).delete()
            visit.status = AppointmentStatus.CANCELLED
            visit.cancelation_reason = reason
            visit.cancelled_at = now
            visit.save(update_fields=["status", "cancelation_reason", "cancelled_at"])
        return visit

    return in_transaction(work)


def confirm(*, appointment: Appointment, now: datetime) -> Appointment:
    """The patient says yes to the visit. Saying it again changes nothing.

    Raises `Conflict` with code `visit_cancelled` or `visit_over`.
    """

    def work() -> Appointment:
        visit = _locked(appointment)
        if not visit.live:
            raise Conflict(
                "This visit was cancelled. Please call the clinic for a new time.", code="visit_cancelled"
            )
        if visit.patient_status == ParticipantStatus.ACCEPTED:
            return visit
        if visit.status == AppointmentStatus.FULFILLED or visit.ends_at <= now:
            raise Conflict("This visit is over.", code="visit_over")
        visit.patient_status = ParticipantStatus.ACCEPTED
        visit.save(update_fields=["patient_status"])
        return visit

    return in_transaction(work)


def arrive(*, actor: Actor, appointment: Appointment, now: datetime) -> Appointment:
    """The patient is here, on the day of the visit. Checking in again changes nothing.

    Raises `Conflict` with code `not_today`, or `wrong_status` for a visit that was cancelled or is over.
    """

    def work() -> Appointment:
        visit = _locked(appointment)
        if visit.status in (AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN):
            return visit
        _require_status(visit, AppointmentStatus.BOOKED)
        zone = visit.clinic.time_zone
        day = clock.local_date(visit.starts_at, zone)
        if clock.local_date(now, zone) != day:
            raise Conflict(f"This visit is on {day}. Check in on that day.", code="not_today")
        visit.status = AppointmentStatus.ARRIVED
        visit.arrived_at = now
        visit.save(update_fields=["status", "arrived_at"])
        return visit

    return in_transaction(work)


def begin(*, appointment: Appointment) -> Appointment:
    """The patient is in the chair. Raises `Conflict` with code `wrong_status` unless they have arrived."""
    return _move(appointment, AppointmentStatus.CHECKED_IN, from_status=(AppointmentStatus.ARRIVED,))


def fulfil(*, appointment: Appointment) -> Appointment:
    """The visit is over, with or without an infusion. Raises `Conflict` with code `wrong_status` unless the
    patient had arrived."""
    return _move(
        appointment,
        AppointmentStatus.FULFILLED,
        from_status=(AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN),
    )


def _move(
    appointment: Appointment, status: AppointmentStatus, *, from_status: tuple[AppointmentStatus, ...]
) -> Appointment:
    """One step of the visit's status; a step already taken is no step."""

    def work() -> Appointment:
        visit = _locked(appointment)
        if visit.status != status:
            _require_status(visit, *from_status)
            visit.status = status
            visit.save(update_fields=["status"])
        return visit

    return in_transaction(work)


def _read_again(plan: TreatmentPlan) -> TreatmentPlan:
    return TreatmentPlan.objects.select_related("clinic", "patient", "protocol").get(pk=plan.pk)


def _locked(appointment: Appointment) -> Appointment:
    return (
        Appointment.objects.select_for_update(of=("self",), no_key=True)
        .select_related("clinic")
        .get(pk=appointment.pk)
    )


def _require_status(visit: Appointment, *allowed: AppointmentStatus) -> None:
    if visit.status not in allowed:
        current = AppointmentStatus(visit.status).label.lower()
        needed = " or ".join(status.label.lower() for status in allowed)
        raise Conflict(f"This visit is {current}; it must be {needed} for this.", code="wrong_status")


def _write(actor: Actor, id: UUID, decision: Decision) -> Appointment:
    """The appointment and its rectangles: two statements. Raises `NotBookable`."""
    if decision.blockers:
        raise NotBookable(decision)
    try:
        return _insert(actor, id, decision)
    except IntegrityError as error:
        constraint = violated_constraint(error)
        if constraint == "scheduler_appointment_pkey":
            raise Conflict(
                "This id is another visit's. Make a new id for a new visit.", code="id_reused"
            ) from error
        if constraint not in REFUSED_BY:
            raise
        raise NotBookable(replace(decision, blockers=(REFUSED_BY[constraint],))) from error


def _insert(actor: Actor, id: UUID, decision: Decision) -> Appointment:
    plan = decision.plan
    appointment = Appointment.objects.create(
        id=id,
        clinic=plan.clinic,
        patient=plan.patient,
        plan=plan,
        protocol=plan.protocol,
        during=DateTimeTZRange(decision.start, decision.end),
        booked_by_id=actor.user_id,
    )
    Claim.objects.bulk_create(
        Claim(
            appointment=appointment,
            resource=share.resource,
            phase=box.name,
            units=NumericRange(box.low, box.high),
            during=DateTimeTZRange(moment_of(box.start), moment_of(box.end)),
            capacity=share.resource.capacity,
        )
        for share in decision.shares
        for box in share.rectangles
    )
    return appointment


def _alternatives(
    decision: Decision, chair_id: UUID | None, nurse_id: UUID | None, now: datetime
) -> tuple[FeasibleStart, ...]:
    if not decision.blockers or not decision.another_time_may_do:
        return ()
    found = finding.alternatives(
        plan=decision.plan, start=decision.start, now=now, chair_id=chair_id, nurse_id=nurse_id
    )
    return tuple(found)


def _refused(blockers: tuple[Blocker, ...], alternatives: tuple[FeasibleStart, ...]) -> Conflict:
    return Conflict(
        " ".join(blocker.detail for blocker in blockers),
        code="not_bookable",
        blockers=[blocker.as_data() for blocker in blockers],
        alternatives=[feasible.as_data() for feasible in alternatives],
    )


def _key(resource: Resource | None) -> UUID | None:
    return resource.pk if resource else None
