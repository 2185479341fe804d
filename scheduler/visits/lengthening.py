"""A visit's chair and nurse are kept for a longer recovery than its protocol says, or as long as that again.

What the visit holds already stays as it is: only what is added at its end is asked of its chair, of whoever
nurses by then, and of the clinician. So it can be done while the patient is recovering. The protocol's own
phases are never shortened, and what a discharge asks for stays what it was.
"""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict, Invalid
from scheduler.finding.availability import GRID_MINUTES, Visit, minute_of
from scheduler.finding.supply import visit_of
from scheduler.locks import lock_visit
from scheduler.models import MOST_EXTRA_RECOVERY, Appointment, AppointmentStatus, Claim, Resource
from scheduler.visits import placing, queries
from scheduler.visits.blockers import Blocker, Occasion
from scheduler.visits.changing import under_lock
from scheduler.visits.decision import Decision, decide
from scheduler.visits.placing import Move, Refused
from scheduler.vocabulary import wall_time

HAS_ROOM: Final = (AppointmentStatus.BOOKED, AppointmentStatus.ARRIVED, AppointmentStatus.CHECKED_IN)


@dataclass(frozen=True)
class Lengthening:
    """The dry run's answer: until when it would be, every blocker, and the most minutes without one."""

    decision: Decision
    longest: int

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return self.decision.blockers


def may_lengthen(appointment: Appointment) -> bool:
    """Whether its recovery can be made longer at all: it is to come, or under way."""
    return appointment.status in HAS_ROOM


def check(*, appointment: Appointment, extra_recovery_minutes: int, now: datetime) -> Lengthening:
    """Would `lengthen` accept this? Takes no lock, changes nothing; raises as it does for what is not a
    matter of who is free."""
    _require_possible(appointment, extra_recovery_minutes, now)
    decision = _decided(appointment, extra_recovery_minutes, now)
    longest = (
        _longest(appointment, extra_recovery_minutes, now) if decision.blockers else extra_recovery_minutes
    )
    return Lengthening(decision, longest)


def lengthen(
    *, actor: Actor, appointment: Appointment, extra_recovery_minutes: int, now: datetime
) -> Appointment:
    """Keep the chair and its nurse so many minutes longer than the visit's protocol says, from 0 on.

    Doing it again changes nothing. Raises `Invalid` for a number that is none of the five-minute grid, or
    with which the visit would be over by now; `Conflict` with code `not_lengthened` and all `blockers`, and
    `longest`, the most minutes without one; `wrong_status` for a visit that is not to come and not under way.
    """

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if visit.extra_recovery_minutes == extra_recovery_minutes and may_lengthen(visit):
            return visit
        _require_possible(visit, extra_recovery_minutes, now)
        move = _tail(visit, extra_recovery_minutes)
        with acting(actor.user_id, reason="Recovery"):
            placing.vacate([visit], since=move.since)
            visit.extra_recovery_minutes = extra_recovery_minutes
            placing.settle(moves=[move], resources=resources, now=now)
        return visit

    return under_lock(
        appointment.clinic_id,
        work,
        refusal=lambda refused: _refusal(refused, appointment, extra_recovery_minutes, now),
        now=now,
    )


def _tail(visit: Appointment, extra: int) -> Move:
    """What changes of the visit: from its end on, or from its new end on where that is the earlier one."""
    change = timedelta(minutes=extra - visit.extra_recovery_minutes)
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    return Move(
        visit,
        visit.starts_at,
        chair_id=shown.chair.pk if shown.chair else None,
        since=min(visit.ends_at, visit.ends_at + change),
        lasts=_lasting(visit, change),
    )


def _lasting(visit: Appointment, change: timedelta) -> Visit:
    """As long as it is now, a late infusion included, and the change at the end of its recovery."""
    own = visit_of(visit.protocol)
    minutes = minute_of(visit.ends_at + change) - minute_of(visit.starts_at)
    return replace(own, observation=minutes - own.preparation - own.infusion)


def _decided(visit: Appointment, extra: int, now: datetime) -> Decision:
    move = _tail(visit, extra)
    ends = {
        claim.resource_id for claim in Claim.objects.filter(appointment=visit, during__endswith=move.since)
    }
    return decide(
        plan=visit.plan,
        start=visit.starts_at,
        now=now,
        chair_id=move.chair_id,
        since=move.since,
        serving=list(ends),
        lasts=move.lasts,
        without=(visit.pk,),
        occasion=Occasion.STANDING,
    )


def _longest(visit: Appointment, refused: int, now: datetime) -> int:
    """The most minutes, fewer than were refused, that nothing stands against. Where more fit, fewer do: it is
    looked for by halves."""
    low, high = visit.extra_recovery_minutes // GRID_MINUTES, refused // GRID_MINUTES
    while high - low > 1:
        middle = (low + high) // 2
        if _decided(visit, middle * GRID_MINUTES, now).blockers:
            high = middle
        else:
            low = middle
    return low * GRID_MINUTES


def _refusal(refused: Refused, appointment: Appointment, extra: int, now: datetime) -> Conflict:
    (decision,) = refused.decisions.values()
    visit = queries.visits().get(pk=appointment.pk)
    return Conflict(
        " ".join(blocker.detail for blocker in decision.blockers),
        code="not_lengthened",
        blockers=[blocker.as_data() for blocker in decision.blockers],
        longest=_longest(visit, extra, now),
    )


def _require_possible(visit: Appointment, extra: int, now: datetime) -> None:
    if not may_lengthen(visit):
        current = AppointmentStatus(visit.status).label.lower()
        raise Conflict(
            f"This visit is {current}: the recovery of one that is booked or under way can be changed.",
            code="wrong_status",
        )
    if not 0 <= extra <= MOST_EXTRA_RECOVERY or extra % GRID_MINUTES:
        raise Invalid(
            {"extra_recovery_minutes": f"Give 0 to {MOST_EXTRA_RECOVERY} minutes in steps of {GRID_MINUTES}."}
        )
    end = visit.ends_at + timedelta(minutes=extra - visit.extra_recovery_minutes)
    if end <= now:
        raise Invalid(
            {
                "extra_recovery_minutes": f"The visit would have ended at"
                f" {wall_time(end, visit.clinic.time_zone)}. Give more minutes."
            }
        )
