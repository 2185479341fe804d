"""Time is held, booked, moved: every change of who sits where and when goes through here.

Each function locks the clinic's schedule, lets go of holds that ran out, reads again, decides and writes, in
one transaction; a refusal tells every reason and the nearest times without one. Claims are written in
`placing`, what may be booked is decided in `decision`; giving time up is `calling_off`, who comes and who
doesn't `attendance`. Status words are FHIR's (Appointment.status).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic
from clinic.problems import Conflict, Invalid, Stale
from scheduler.finding import free_times
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import Alternative
from scheduler.locks import lock_visit
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    OfferStatus,
    Resource,
    Series,
    TreatmentPlan,
    WaitlistOffer,
)
from scheduler.visits import placing, queries
from scheduler.visits.blockers import Blocker, Occasion, too_soon_to_fast
from scheduler.visits.calling_off import MOVABLE, give_up_hold
from scheduler.visits.changing import alternatives, refusal_of_one, refusal_of_several, under_lock
from scheduler.visits.decision import Decision, decide
from scheduler.visits.placing import Move, Refused
from scheduler.vocabulary import spoken_time


@dataclass(frozen=True)
class Check:
    """The dry run's answer: what would be booked, every blocker, and the nearest times without one."""

    decision: Decision
    alternatives: tuple[Alternative, ...]

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return self.decision.blockers

    @property
    def bookable(self) -> bool:
        return not self.decision.blockers


@dataclass(frozen=True)
class Wanted:
    """One session of several that are booked together."""

    id: UUID
    start: datetime
    chair: Resource | None = None
    nurse: Resource | None = None


def check(
    *,
    actor: Actor,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    appointment: Appointment | None = None,
    was: datetime | None = None,
    seek: bool = True,
    now: datetime,
) -> Check:
    """Would `book` accept this, or `reschedule` of the plan's `appointment`? Takes no lock, changes nothing.

    Without `seek` no other times are looked for. Raises `Invalid`, `Conflict` and `Stale` as these do for
    what is not a matter of time.
    """
    chair_id, nurse_id = _key(chair), _key(nurse)
    occasion, without, lasts, extra = Occasion.NEW, frozenset[UUID](), None, 0
    heeded, stands_at = None, appointment.starts_at if appointment else None
    if appointment is not None:
        _require_where_it_was(appointment, was, now)
        _require_movable(appointment, start)
        move = Move(appointment, start)
        occasion, without = move.occasion, frozenset([appointment.pk])
        lasts, extra, heeded = move.own_lengths, appointment.extra_recovery_minutes, move.heeded
    decision = decide(
        plan=plan,
        start=start,
        chair_id=chair_id,
        nurse_id=nurse_id,
        lasts=lasts,
        without=without,
        heeded=heeded,
        occasion=occasion,
        now=now,
    )
    if not seek:
        return Check(decision, ())
    near = alternatives(decision, chair_id, nurse_id, now, without, extra, heeded)
    # Where it stands is no other time.
    return Check(decision, tuple(one for one in near if one.start != stands_at))


def hold(
    *,
    actor: Actor | None,
    id: UUID,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    until: datetime | None = None,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    now: datetime,
) -> Appointment:
    """Keep a time free while it is talked over; until `until`, or for the clinic's `hold_minutes`.

    Then nobody counts it any more. `without` are the plan's visits that the held one is meant to replace:
    they don't count as sessions, and keep their time; `extra_recovery` are the minutes that the replaced one
    was made longer by. Raises as `book` does, and `Invalid` for an end that is not ahead.
    """
    ends = until or now + timedelta(minutes=plan.clinic.hold_minutes)
    if ends <= now:
        raise Invalid({"until": "A hold ends after it begins: give a later time."})
    return _new_visit(
        actor,
        id,
        plan,
        start,
        chair,
        nurse,
        status=AppointmentStatus.PENDING,
        held_until=ends,
        replacing=without,
        extra_recovery=extra_recovery,
        now=now,
    )


def book(
    *,
    actor: Actor,
    id: UUID,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None = None,
    nurse: Resource | None = None,
    fasted: bool = False,
    now: datetime,
) -> Appointment:
    """Book the plan's next session at `start`; chair and nurses are found where none is chosen.

    A chosen nurse serves the whole visit; otherwise they may hand over where a phase ends. `fasted`: whoever
    books has asked whether the patient has fasted, which a start sooner than the protocol's hours needs.

    Raises `Conflict` with code `not_bookable`, all `blockers` and the nearest `alternatives`, with code
    `fasting_not_asked` and `to_ask` for such a start without `fasted`; `Invalid` for a time off the
    five-minute grid or a chair or nurse that doesn't work in the plan's clinic.
    """
    return _new_visit(
        actor, id, plan, start, chair, nurse, status=AppointmentStatus.BOOKED, fasted=fasted, now=now
    )


def book_held(
    *, actor: Actor | None, appointment: Appointment, fasted: bool = False, now: datetime
) -> Appointment:
    """Book what was held, as it was held: also under the version that it was held under, when its plan was
    taken over to another one since. Booking it again changes nothing.

    Raises `Conflict` with code `hold_over` when it ran out or was given up, or the visit was cancelled or
    missed since, or as `book` does when the plan or the patient has changed meanwhile.
    """

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if visit.status != AppointmentStatus.PENDING and visit.live:
            return visit
        _require_held(visit)
        held = queries.booked_visit(queries.visits().get(pk=visit.pk))
        decision = decide(
            plan=visit.plan,
            start=visit.starts_at,
            now=now,
            chair_id=held.chair.pk if held.chair else None,
            turns=[(turn.start, turn.nurse.pk) for turn in held.nurses] or None,
            lasts=placing.own_lengths(visit),
            resources=resources,
            without=(visit.pk,),
        )
        if decision.blockers:
            raise Refused({visit.pk: decision})
        visit.fasting_asked_at = decision.asked_at(fasted)
        visit.status = AppointmentStatus.BOOKED
        visit.held_until = None
        visit.booked_by_id = _user(actor)
        with acting(_user(actor)):
            visit.save(update_fields=["status", "held_until", "booked_by_id", "fasting_asked_at"])
        return visit

    return under_lock(
        appointment.clinic_id,
        work,
        refusal=lambda refused: refusal_of_one(
            refused,
            without=(appointment.pk,),
            extra_recovery=appointment.extra_recovery_minutes,
            now=now,
        ),
        now=now,
    )


def to_ask_of_held(appointment: Appointment, *, now: datetime) -> NothingSince | None:
    """What has to be asked before this hold is booked. Reads its loaded plan."""
    fasting = free_times.fasting_of(appointment.plan.protocol)
    return fasting.to_ask(appointment.starts_at, now=now, zone=appointment.clinic.time_zone)


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
    chair_id, nurse_id = _key(chair), _key(nurse)

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if in_place_of is None and visit.status in MOVABLE and _stands(visit, start, chair_id, nurse_id):
            return visit
        _require_where_it_was(visit, was, now)
        _require_movable(visit, start)
        held_only = visit.status == AppointmentStatus.PENDING
        asked = None if held_only else fasted
        move = Move(visit, start, chair_id=chair_id, nurse_id=nurse_id, fasted=asked)
        with acting(_user(actor)):
            if in_place_of is not None:
                held = lock_visit(in_place_of)
                _require_held(held)
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


def book_all(
    *, actor: Actor, plan: TreatmentPlan, series: Series, sessions: Sequence[Wanted], now: datetime
) -> list[Appointment]:
    """Book several sessions of one plan, all or none, in the order given.

    Each is decided with those before it booked. Raises `Conflict` with code `not_bookable` and, in
    `sessions`, the `id`, `start` and `blockers` of every one that can't be.
    """

    def work(resources: list[Resource]) -> list[Appointment]:
        booked: list[Appointment] = []
        refused: dict[UUID, Decision] = {}
        for wanted in sessions:
            decision = decide(
                plan=plan,
                start=wanted.start,
                now=now,
                chair_id=_key(wanted.chair),
                nurse_id=_key(wanted.nurse),
                resources=resources,
            )
            if decision.to_ask:
                # Nobody asks in a series: what is so soon is booked by itself.
                decision = replace(decision, blockers=(*decision.blockers, too_soon_to_fast(decision.to_ask)))
            if decision.blockers:
                refused[wanted.id] = decision
                continue
            booked.append(
                placing.place(
                    id=wanted.id,
                    decision=decision,
                    status=AppointmentStatus.BOOKED,
                    booked_by=actor.user_id,
                    series=series,
                )
            )
        if refused:
            raise Refused(refused)
        return booked

    return under_lock(
        plan.clinic_id, work, refusal=lambda refused: refusal_of_several(refused, "sessions"), now=now
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
        raise _hold_over()
    if appointment.status not in MOVABLE:
        raise _not_movable(appointment)


def _new_visit(
    actor: Actor | None,
    id: UUID,
    plan: TreatmentPlan,
    start: datetime,
    chair: Resource | None,
    nurse: Resource | None,
    *,
    status: AppointmentStatus,
    held_until: datetime | None = None,
    replacing: Collection[UUID] = (),
    extra_recovery: int = 0,
    fasted: bool = False,
    now: datetime,
) -> Appointment:
    chair_id, nurse_id = _key(chair), _key(nurse)

    def work(resources: list[Resource]) -> Appointment:
        decision = decide(
            plan=plan,
            start=start,
            now=now,
            chair_id=chair_id,
            nurse_id=nurse_id,
            extra_recovery=extra_recovery,
            resources=resources,
            replacing=replacing,
        )
        return placing.place(
            id=id,
            decision=decision,
            status=status,
            booked_by=_user(actor),
            held_until=held_until,
            extra_recovery=extra_recovery,
            fasting_asked_at=_asked_at(decision, status, fasted),
        )

    return under_lock(
        plan.clinic_id,
        work,
        refusal=lambda refused: refusal_of_one(
            refused, chair_id, nurse_id, extra_recovery=extra_recovery, now=now
        ),
        now=now,
    )


def _asked_at(decision: Decision, status: AppointmentStatus, fasted: bool) -> datetime | None:
    """A hold is talked over still, and what stands against the time is told first."""
    if status != AppointmentStatus.BOOKED or decision.blockers:
        return None
    return decision.asked_at(fasted)


def _as_locked(move: Move) -> Move:
    visit = lock_visit(move.appointment)
    wanted = (AppointmentStatus.CHECKED_IN,) if move.since else ()
    if visit.status not in (*MOVABLE, AppointmentStatus.ARRIVED, *wanted):
        raise _not_movable(visit)
    _require_not_offered(visit, move.start)
    return replace(move, appointment=visit)


def _require_movable(visit: Appointment, start: datetime) -> None:
    require_movable(visit)
    _require_not_offered(visit, start)


def _require_where_it_was(visit: Appointment, was: datetime | None, now: datetime) -> None:
    """Who moves a visit has seen it somewhere; by now it may be somewhere else."""
    if was in (None, visit.starts_at):
        return
    where = spoken_time(visit.starts_at, visit.clinic.time_zone, now=now)
    raise Stale(
        f"Somebody else has moved this visit meanwhile, to {where}. Nothing was changed: move it from there"
        " if it still has to move.",
        code="visit_moved",
    )


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


def _require_held(visit: Appointment) -> None:
    if visit.status != AppointmentStatus.PENDING:
        raise _hold_over()


def _hold_over() -> Conflict:
    return Conflict("This time is held no longer. Choose a time again.", code="hold_over")


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


def _key(resource: Resource | None) -> UUID | None:
    return resource.pk if resource else None


def _user(actor: Actor | None) -> UUID | None:
    """Nobody of the staff: a patient who accepts an offer, the worker that makes one."""
    return actor.user_id if actor else None
