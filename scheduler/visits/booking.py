"""Time is held and booked.

Each function locks the clinic's schedule, lets go of holds that ran out, reads again, decides and writes, in
one transaction; a refusal tells every reason and the nearest times without one. Claims are written in
`placing`, what may be booked is decided in `decision`; a visit that stands is moved in `moving` and given up
in `calling_off`, who comes and who doesn't is `attendance`. Status words are FHIR's (Appointment.status).
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from uuid import UUID

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Invalid
from scheduler.finding import free_times
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import Alternative
from scheduler.locks import lock_visit
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Resource,
    Series,
    TreatmentPlan,
)
from scheduler.visits import moving, placing, queries
from scheduler.visits.blockers import Blocker, Occasion, too_soon_to_fast
from scheduler.visits.calling_off import require_held
from scheduler.visits.changing import alternatives, refusal_of_one, refusal_of_several, under_lock
from scheduler.visits.decision import Decision, decide
from scheduler.visits.placing import Move, Refused


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
    """Would `book` accept this, or `moving.reschedule` of the plan's `appointment`? Takes no lock, changes
    nothing. Without `seek` no other times are looked for.

    Raises `Invalid`, `Conflict` and `Stale` as these do for what is not a matter of time.
    """
    chair_id = chair.pk if chair else None
    nurse_id = nurse.pk if nurse else None
    occasion, without, lasts, extra = Occasion.NEW, frozenset[UUID](), None, 0
    heeded, stands_at = None, appointment.starts_at if appointment else None
    if appointment is not None:
        moving.require_as_seen(appointment, start, was, now)
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
        require_held(visit)
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
        visit.booked_by_id = actor.user_id if actor else None
        with acting(actor.user_id if actor else None):
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
                chair_id=wanted.chair.pk if wanted.chair else None,
                nurse_id=wanted.nurse.pk if wanted.nurse else None,
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
    chair_id = chair.pk if chair else None
    nurse_id = nurse.pk if nurse else None

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
            booked_by=actor.user_id if actor else None,
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
