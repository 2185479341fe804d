"""Time is given up: a hold, or a visit that was booked and has not begun.

Under the schedule's lock, as in `booking`. Undoing it, and who doesn't come without a word, is
`attendance`'s.
"""

from datetime import datetime, timedelta
from functools import partial
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.locks import lock_schedule, lock_visit
from scheduler.models import Appointment, AppointmentStatus, CancellationReason
from scheduler.prescribing import safety_reviews
from scheduler.visits import placing

# What has not begun: it may be moved, and it may be called off.
MOVABLE: Final = (AppointmentStatus.PENDING, AppointmentStatus.BOOKED)


def release(*, actor: Actor | None, appointment: Appointment, now: datetime) -> Appointment:
    """Give a held time up. One that has ended already stays as it is.

    Raises `Conflict` with code `hold_booked` when it was booked.
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.lapsed_hold:
            return visit
        if visit.status != AppointmentStatus.PENDING:
            raise Conflict("This hold was booked. Cancel the visit instead.", code="hold_booked")
        with acting(actor.user_id if actor else None):
            give_up_hold(visit, now)
        return visit

    return in_transaction(work)


def cancel(
    *, actor: Actor, appointment: Appointment, reason: CancellationReason, now: datetime
) -> Appointment:
    """Cancel a visit that has not begun: its claims go, its row stays with the reason, and whether it was
    late (closer to the visit than the clinic's `late_cancellation_hours`). A hold is given up. Where
    a prescriber has to look at the reason the patient's plans wait for it (`safety_reviews`).

    Cancelling again for the same reason changes nothing. Raises `Conflict` with code `already_cancelled`
    (for another reason) or `too_late_to_cancel` (arrived: from then on the session tells what happened).
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.status == AppointmentStatus.CANCELLED:
            if visit.lapsed_hold or visit.cancelation_reason == reason:
                return visit
            raise Conflict("This visit was cancelled before, for another reason.", code="already_cancelled")
        if visit.status not in MOVABLE:
            raise Conflict(
                "This visit has begun. If nothing is infused, the nurse records that in the session.",
                code="too_late_to_cancel",
            )
        with acting(actor.user_id, reason=CancellationReason(reason).label):
            if visit.status == AppointmentStatus.PENDING:
                give_up_hold(visit, now)
            else:
                _call_off(visit, reason, now)
        safety_reviews.after_cancellation(visit, reason, now=now)
        return visit

    return in_transaction(work)


def release_lapsed(*, now: datetime) -> int:
    """Let go of every hold that ran out, clinic by clinic. Returns how many; nobody counted them any more."""
    ran_out = Appointment.objects.filter(status=AppointmentStatus.PENDING, held_until__lte=now)

    def work(clinic_id: UUID) -> int:
        lock_schedule(clinic_id)
        return placing.release_lapsed(clinic_id, now)

    clinics = ran_out.order_by("clinic_id").values_list("clinic_id", flat=True).distinct()
    return sum(in_transaction(partial(work, clinic_id)) for clinic_id in clinics)


def give_up_hold(visit: Appointment, now: datetime) -> None:
    """Its claims go. Inside the caller's transaction, with the visit locked."""
    placing.vacate([visit])
    visit.status = AppointmentStatus.CANCELLED
    visit.cancelled_at = now
    visit.save(update_fields=["status", "cancelled_at", *placing.CLAIM_FIELDS])


def require_held(visit: Appointment) -> None:
    """Raises `Conflict` with code `hold_over` for a hold that ran out, was given up or was booked."""
    if visit.status != AppointmentStatus.PENDING:
        raise hold_over()


def hold_over() -> Conflict:
    return Conflict("This time is held no longer. Choose a time again.", code="hold_over")


def is_late(visit: Appointment, now: datetime) -> bool:
    """Whether calling it off now is late for the clinic. Reads its loaded clinic."""
    return visit.starts_at - now < timedelta(hours=visit.clinic.late_cancellation_hours)


def _call_off(visit: Appointment, reason: CancellationReason, now: datetime) -> None:
    placing.vacate([visit])
    visit.status = AppointmentStatus.CANCELLED
    visit.cancelation_reason = reason
    visit.cancelled_at = now
    visit.cancelled_late = is_late(visit, now)
    visit.save(
        update_fields=[
            "status",
            "cancelation_reason",
            "cancelled_at",
            "cancelled_late",
            *placing.CLAIM_FIELDS,
        ]
    )
