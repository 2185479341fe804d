"""Whether the patient comes: said beforehand, seen at the desk, in the chair, over; or missed. And undoing.

One step of a visit's status each, as FHIR names them (Appointment.status, participationstatus). When and
where a visit is belongs to `booking` and `moving`; what happens in the chair is the session's record, floors
above.
"""

from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from django.utils.text import get_text_list

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.locks import lock_schedule, lock_visit
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    ParticipantStatus,
    PlanStatus,
    Resource,
)
from scheduler.visits import placing
from scheduler.visits.blockers import MENDS, Occasion
from scheduler.visits.changing import refusal_of_one, require_where_it_was, under_lock
from scheduler.visits.decision import Decision, decide
from scheduler.visits.parts import PinnedTurns
from scheduler.vocabulary import spoken_time, wall_time

NOT_CONFIRMED: Final = "It isn't confirmed: ask the patient about that time."
GIVEN_UP: Final = (AppointmentStatus.CANCELLED, AppointmentStatus.NOSHOW)


def confirm(*, appointment: Appointment, was: datetime | None = None, now: datetime) -> Appointment:
    """The patient says yes to the visit. Saying it again changes nothing. `was` is the start that they were
    asked about, where whoever asked has seen it.

    Raises `Conflict` with code `visit_cancelled`, `visit_over`, or `wrong_status` for a time that is held,
    and `Stale` `visit_moved` for a visit that isn't at `was` any more: nobody has said yes to where it is.
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if not visit.live:
            raise Conflict(
                "This visit was cancelled. Please call the clinic for a new time.", code="visit_cancelled"
            )
        require_where_it_was(visit, was, NOT_CONFIRMED, now=now)
        if visit.patient_status == ParticipantStatus.ACCEPTED:
            return visit
        if visit.status == AppointmentStatus.PENDING:
            raise Conflict("This time is held and not booked yet: book it first.", code="wrong_status")
        if visit.status == AppointmentStatus.FULFILLED or visit.ends_at <= now:
            raise Conflict("This visit is over.", code="visit_over")
        visit.patient_status = ParticipantStatus.ACCEPTED
        visit.save(update_fields=["patient_status"])
        return visit

    return in_transaction(work)


def arrive(*, actor: Actor, appointment: Appointment, now: datetime) -> Appointment:
    """The patient is here, on the day of the visit. Checking in again changes nothing.

    Raises `Conflict` with code `not_today`, `wrong_status` for a visit that was cancelled or is over, or
    `plan_not_active`: nobody is treated under an order that the prescriber has put on hold or ended.
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.status in (AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN):
            return visit
        _require_status(visit, AppointmentStatus.BOOKED)
        zone = visit.clinic.time_zone
        day = clock.local_date(visit.starts_at, zone)
        if clock.local_date(now, zone) != day:
            raise Conflict(f"This visit is on {day}. Check in on that day.", code="not_today")
        _require_active_plan(visit)
        visit.status = AppointmentStatus.ARRIVED
        visit.arrived_at = now
        with acting(actor.user_id):
            visit.save(update_fields=["status", "arrived_at"])
        return visit

    return in_transaction(work)


def missed_from(visit: Appointment) -> datetime:
    """From when on a visit can be marked as missed: so long after its start as its clinic waits, and at the
    latest when it would be over."""
    grace = timedelta(minutes=visit.clinic.no_show_after_minutes)
    return min(visit.starts_at + grace, visit.ends_at)


def mark_no_show(*, actor: Actor, appointment: Appointment, now: datetime) -> Appointment:
    """The patient has not come, and the clinic has waited for them: the visit's claims go, its row stays.

    Marking it again changes nothing. Raises `Conflict` with code `not_begun` before its start,
    `not_missed_yet` while the clinic waits (`missed_from`), or `wrong_status` for a visit that is not booked
    (any more).
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.status == AppointmentStatus.NOSHOW:
            return visit
        _require_status(visit, AppointmentStatus.BOOKED)
        if now < visit.starts_at:
            starts = spoken_time(visit.starts_at, visit.clinic.time_zone, now=now)
            raise Conflict(
                f"This visit begins {starts}. It can be missed from then on; until then, cancel it.",
                code="not_begun",
            )
        if now < missed_from(visit):
            zone = visit.clinic.time_zone
            began, until = (wall_time(moment, zone) for moment in (visit.starts_at, missed_from(visit)))
            raise Conflict(
                f"This visit began at {began}. The clinic waits until {until} before it is missed.",
                code="not_missed_yet",
            )
        placing.vacate([visit])
        visit.status = AppointmentStatus.NOSHOW
        with acting(actor.user_id):
            visit.save(update_fields=["status", *placing.CLAIM_FIELDS])
        return visit

    return in_transaction(work)


def undo(*, actor: Actor, appointment: Appointment, now: datetime) -> Appointment:
    """Take the last step back: a cancellation, a missed visit, or a check-in that was a mistake.

    A visit that had given up its time is booked for the same time again, with the chair and nurses it had,
    or else with others; never at another time. Raises `Conflict` with code `not_bookable` and all `blockers`
    where that time is gone, and with code `nothing_to_undo` for any other visit, also for one of which a
    session was opened: then its record says what happened.
    """

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if visit.lapsed_hold or not (visit.status in GIVEN_UP or visit.status == AppointmentStatus.ARRIVED):
            raise _nothing_to_undo(visit)
        if visit.status == AppointmentStatus.ARRIVED:
            if visit.record_opened_at is not None:
                raise _nothing_to_undo(visit)
            visit.arrived_at = None
        else:
            placing.resettle(visit, _same_time_again(visit, resources, now))
            if visit.status == AppointmentStatus.CANCELLED:
                visit.patient_status = ParticipantStatus.NEEDS_ACTION
            visit.cancelation_reason = ""
            visit.cancelled_at = visit.cancelled_late = None
        visit.status = AppointmentStatus.BOOKED
        with acting(actor.user_id):
            visit.save(
                update_fields=[
                    "status",
                    "patient_status",
                    "cancelation_reason",
                    "cancelled_at",
                    "cancelled_late",
                    "arrived_at",
                ]
            )
        return visit

    return under_lock(
        appointment.clinic_id,
        work,
        refusal=lambda refused: refusal_of_one(
            refused, extra_recovery=appointment.extra_recovery_minutes, now=now
        ),
        now=now,
    )


def open_record(*, appointment: Appointment, now: datetime) -> Appointment:
    """A session's record is opened for the visit: from now on its arrival stands.

    Raises `Conflict` with code `not_arrived`; and with `chair_not_free` before the visit's time, where
    nothing could be entered yet: until the record is open the check-in can be undone and the visit moved.
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.status != AppointmentStatus.ARRIVED:
            raise Conflict(
                "A session opens when the patient has arrived: check the patient in first.",
                code="not_arrived",
            )
        if visit.record_opened_at is None:
            if now < visit.starts_at:
                placing.require_chair_free(visit, now=now)
            visit.record_opened_at = now
            visit.save(update_fields=["record_opened_at"])
        return visit

    return in_transaction(work)


def begin(*, appointment: Appointment, now: datetime) -> Appointment:
    """The patient is in the chair. Before the visit's time, the chair has to be free until then, and is held
    from now on.

    Raises `Conflict` with code `wrong_status` unless they have arrived, `chair_not_free` when the chair is
    still another visit's.
    """

    def work() -> Appointment:
        if now < appointment.starts_at:
            lock_schedule(appointment.clinic_id)
            placing.release_lapsed(appointment.clinic_id, now)
        visit = lock_visit(appointment)
        if visit.status == AppointmentStatus.CHECKED_IN:
            return visit
        _require_status(visit, AppointmentStatus.ARRIVED)
        if now < visit.starts_at:
            placing.draw_forward(visit, now=now)
        visit.status = AppointmentStatus.CHECKED_IN
        visit.save(update_fields=["status", "claims_changed"])
        return visit

    return in_transaction(work)


def fulfil(*, appointment: Appointment, now: datetime) -> Appointment:
    """The visit is over, with or without an infusion: what it holds beyond now is free for others.

    The visit's own time stays as it was agreed. Doing it again changes nothing. Raises `Conflict` with code
    `wrong_status` unless the patient had arrived.
    """

    def work() -> Appointment:
        visit = lock_visit(appointment)
        if visit.status != AppointmentStatus.FULFILLED:
            _require_status(visit, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN)
            # Before the status: what a visit that is done has held stays as it was (Claim's trigger).
            placing.give_back(visit, now=now)
            visit.status = AppointmentStatus.FULFILLED
            visit.save(update_fields=["status", *placing.CLAIM_FIELDS])
        return visit

    return in_transaction(work)


def _same_time_again(visit: Appointment, resources: list[Resource], now: datetime) -> Decision:
    """With whom the visit had, or else with whoever is free; the last decision tells why not."""
    chair_id, turns = _had(visit, resources)

    def again(chair_id: UUID | None, turns: PinnedTurns | None) -> Decision:
        return decide(
            plan=visit.plan,
            start=visit.starts_at,
            now=now,
            chair_id=chair_id,
            turns=turns,
            lasts=placing.own_lengths(visit),
            resources=resources,
            without=(visit.pk,),
            occasion=Occasion.AGAIN,
        )

    as_it_was = again(chair_id, turns)
    return again(None, None) if as_it_was.blockers and (chair_id or turns) else as_it_was


def _had(visit: Appointment, resources: list[Resource]) -> tuple[UUID | None, PinnedTurns | None]:
    """The chair and the nurses of a visit before it gave them up, as far as they are still working."""
    had = visit.held_before or {"chair": None, "nurses": []}
    working = {resource.pk for resource in resources}
    chair_id = UUID(had["chair"]) if had["chair"] else None
    turns = [(datetime.fromisoformat(moment), UUID(key)) for moment, key in had["nurses"]]
    return (
        chair_id if chair_id in working else None,
        turns if turns and all(key in working for _, key in turns) else None,
    )


def _require_active_plan(visit: Appointment) -> None:
    status = PlanStatus(visit.plan.status)
    if status != PlanStatus.ACTIVE:
        mend = MENDS.get(status, "A prescriber has to write a new one.")
        raise Conflict(
            f"The plan is {status.label.lower()}, so nobody is checked in under it. {mend}"
            " Or cancel this visit.",
            code="plan_not_active",
        )


def _require_status(visit: Appointment, *allowed: AppointmentStatus) -> None:
    if visit.status not in allowed:
        current = AppointmentStatus(visit.status).label.lower()
        needed = get_text_list([status.label.lower() for status in allowed], "or")
        raise Conflict(f"This visit is {current}; it must be {needed} for this.", code="wrong_status")


def _nothing_to_undo(visit: Appointment) -> Conflict:
    if visit.record_opened_at is not None:
        detail = "A session was opened for this visit: its record says what happened, and stays."
    else:
        current = AppointmentStatus(visit.status).label.lower()
        detail = f"This visit is {current}: there is no step to take back."
    return Conflict(detail, code="nothing_to_undo")
