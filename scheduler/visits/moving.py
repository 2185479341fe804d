"""A visit is moved, or the hold on one: to another time, or to other people; alone, or several at once.

Under the schedule's lock, as in `booking`. What may be moved at all is said here, whether it fits there in
`decision`.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Final
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict
from scheduler.locks import lock_visit
from scheduler.models import Appointment, AppointmentStatus, OfferStatus, Resource, WaitlistOffer
from scheduler.visits import placing, queries
from scheduler.visits.calling_off import MOVABLE, give_up_hold, hold_over, require_held
from scheduler.visits.changing import refusal_of_one, refusal_of_several, require_where_it_was, under_lock
from scheduler.visits.placing import Move

STILL_THERE: Final = "Nothing was changed: move it from there if it still has to move."


def reschedule(
    *,
    actor: Actor | None,
    appointment: Appointment,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    in_place_of: Appointment | None = None,
    was: datetime | None = None,
    fasted: bool = False,
    now: datetime,
) -> Appointment:
    """Move a visit, or the hold on one, to another time or to other people; it keeps its id.

    Chair and nurses are found where none is chosen. The patient has to confirm a new time anew. Where the
    visit stands already as it is asked for, nothing changes. `in_place_of` is a hold on that time, given up
    for this visit, which is laid under the hold's version. `was` is the start that whoever asks has seen.
    Raises as `book` does (of `fasted` for an earlier start), `Stale` when the visit is at another time by
    now, and `Conflict` with code `not_movable` for a visit that is not to come any more, `hold_over` when
    the hold has ended, `offered` for one that a patient is asked about.
    """
    chair_id = chair.pk if chair else None
    nurse_id = nurse.pk if nurse else None

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if in_place_of is None and visit.status in MOVABLE and _stands(visit, start, chair_id, nurse_id):
            return visit
        require_as_seen(visit, start, was, now)
        held_only = visit.status == AppointmentStatus.PENDING
        asked = None if held_only else fasted
        move = Move(visit, start, chair_id=chair_id, nurse_id=nurse_id, fasted=asked)
        with acting(actor.user_id if actor else None):
            if in_place_of is not None:
                held = lock_visit(in_place_of)
                require_held(held)
                give_up_hold(held, now)
                move = replace(move, under=held.protocol)
            placing.vacate([visit])
            placing.settle(moves=[move], resources=resources, now=now)
        return visit

    own = [visit.pk for visit in (appointment, in_place_of) if visit is not None]
    return under_lock(
        appointment.clinic_id,
        work,
        refusal=lambda refused: refusal_of_one(
            refused,
            chair_id,
            nurse_id,
            without=own,
            extra_recovery=appointment.extra_recovery_minutes,
            now=now,
        ),
        now=now,
    )


def rearrange(
    *, actor: Actor, clinic: Clinic, moves: Sequence[Move], reason: str, now: datetime
) -> list[Appointment]:
    """Move several visits at once, all or none: they may take each other's places.

    Raises `Conflict` with code `not_bookable` and, in `visits`, the `id`, `start` and `blockers` of every one
    that can't go where it is asked to, and with code `not_movable` for one that is over.
    """

    def work(resources: list[Resource]) -> list[Appointment]:
        locked = [_as_locked(move) for move in sorted(moves, key=lambda move: move.appointment.pk)]
        with acting(actor.user_id, reason=reason):
            placing.vacate([move.appointment for move in locked if move.since is None])
            for move in locked:
                if move.since is not None:
                    placing.vacate([move.appointment], since=move.since)
            placing.settle(moves=locked, resources=resources, now=now)
        return [move.appointment for move in locked]

    return under_lock(clinic.pk, work, refusal=lambda refused: refusal_of_several(refused, "visits"), now=now)


def require_movable(appointment: Appointment) -> None:
    """Another time may be sought for it. Raises `Conflict` with code `not_movable` or `hold_over`."""
    if appointment.lapsed_hold:
        raise hold_over()
    if appointment.status not in MOVABLE:
        raise _not_movable(appointment)


def require_as_seen(visit: Appointment, start: datetime, was: datetime | None, now: datetime) -> None:
    """It may be moved there by somebody who has seen it at `was`. Raises as `reschedule` does."""
    require_where_it_was(visit, was, STILL_THERE, now=now)
    require_movable(visit)
    _require_not_offered(visit, start)


def _as_locked(move: Move) -> Move:
    visit = lock_visit(move.appointment)
    wanted = (AppointmentStatus.CHECKED_IN,) if move.since else ()
    if visit.status not in (*MOVABLE, AppointmentStatus.ARRIVED, *wanted):
        raise _not_movable(visit)
    _require_not_offered(visit, move.start)
    return replace(move, appointment=visit)


def _require_not_offered(visit: Appointment, start: datetime) -> None:
    """A patient is being asked whether they take this very time: until the answer it stays."""
    if visit.status != AppointmentStatus.PENDING or visit.starts_at == start:
        return
    if WaitlistOffer.objects.filter(appointment=visit, status=OfferStatus.OPEN).exists():
        raise Conflict(
            "This time is offered to a patient on the waitlist and stays until they answer. Enter their"
            " answer on the waitlist, or give up the hold.",
            code="offered",
        )


def _not_movable(visit: Appointment) -> Conflict:
    mend = {
        AppointmentStatus.ARRIVED: " Undo the check-in first.",
        AppointmentStatus.CANCELLED: " Book a new time, or undo the cancellation.",
        AppointmentStatus.NOSHOW: " Book a new time, or undo it.",
    }.get(AppointmentStatus(visit.status), "")
    current = AppointmentStatus(visit.status).label.lower()
    return Conflict(f"This visit is {current} and can't be moved.{mend}", code="not_movable")


def _stands(visit: Appointment, start: datetime, chair_id: UUID | None, nurse_id: UUID | None) -> bool:
    """It is booked as it is asked for."""
    if visit.starts_at != start:
        return False
    if chair_id is None and nurse_id is None:
        return True
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    return chair_id in (None, shown.chair and shown.chair.pk) and (
        nurse_id is None or [turn.nurse.pk for turn in shown.nurses] == [nurse_id]
    )
