"""Booked visits of a plan that was taken over to another protocol version: they stay as they were booked
until they are moved, or somebody takes them over here, each at its own time.

Another version may take longer, ask for more nursing or for another chair: what stands against that is told
by the same `decision` that books. How a plan is taken over is `prescribing.taking_over`'s.
"""

from dataclasses import dataclass
from datetime import datetime

from clinic.access import Actor
from clinic.history import acting
from clinic.problems import Conflict
from scheduler.locks import lock_visit
from scheduler.models import Appointment, AppointmentStatus, Resource, TreatmentPlan
from scheduler.prescribing import taking_over
from scheduler.visits import placing, queries
from scheduler.visits.blockers import Blocker
from scheduler.visits.changing import refusal_of_one, under_lock
from scheduler.visits.decision import Decision, decide
from scheduler.visits.placing import Move

REASON = "Taken over to the plan's protocol version"


@dataclass(frozen=True)
class Behind:
    """A visit under an older version, and what its own time would be under its plan's."""

    appointment: Appointment
    decision: Decision

    @property
    def blockers(self) -> tuple[Blocker, ...]:
        return self.decision.blockers

    @property
    def minutes_longer(self) -> int:
        """Fewer than none where the plan's version is the shorter one."""
        return int((self.decision.end - self.appointment.ends_at).total_seconds() // 60)


def behind(*, plan: TreatmentPlan, now: datetime) -> list[Behind]:
    """The plan's visits to come that were booked under another version, by time, each with every reason
    against taking it over where it is. Three queries a visit, four where somebody's hours are short."""
    visits = taking_over.visits_behind(plan, now).select_related("protocol", "plan", "clinic")
    return [
        Behind(
            visit,
            decide(
                plan=plan,
                start=visit.starts_at,
                now=now,
                lasts=Move(visit, visit.starts_at, anew=True).own_lengths,
                without=(visit.pk,),
            ),
        )
        for visit in visits
    ]


def take_over(*, actor: Actor, appointment: Appointment, now: datetime) -> Appointment:
    """Lay a booked visit anew under the version of its plan: its time stays, how long it takes may change.

    It keeps its chair and its one nurse where these can serve it still. A visit under that version already
    stays as it is. Raises `Conflict` with code `not_bookable`, all `blockers` and the nearest `alternatives`,
    and `not_movable` for a visit that is not to come any more.
    """

    def work(resources: list[Resource]) -> Appointment:
        visit = lock_visit(appointment)
        if visit.protocol_id == visit.plan.protocol_id:
            return visit
        if visit.status != AppointmentStatus.BOOKED:
            raise Conflict(
                f"This visit is {AppointmentStatus(visit.status).label.lower()}: it stays under the version"
                " that it was booked under.",
                code="not_movable",
            )
        with acting(actor.user_id, reason=REASON):
            as_it_is = _with_the_same(visit)
            kept = decide(
                plan=visit.plan,
                start=visit.starts_at,
                now=now,
                chair_id=as_it_is.chair_id,
                nurse_id=as_it_is.nurse_id,
                lasts=as_it_is.own_lengths,
                resources=resources,
                without=(visit.pk,),
            )
            placing.vacate([visit])
            move = Move(visit, visit.starts_at, anew=True) if kept.blockers else as_it_is
            placing.settle(moves=[move], resources=resources, now=now)
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


def _with_the_same(visit: Appointment) -> Move:
    """In the chair and with the one nurse that the visit has."""
    shown = queries.booked_visit(queries.visits().get(pk=visit.pk))
    nurses = {turn.nurse.pk for turn in shown.nurses}
    return Move(
        visit,
        visit.starts_at,
        chair_id=shown.chair.pk if shown.chair else None,
        nurse_id=nurses.pop() if len(nurses) == 1 else None,
        anew=True,
    )
