"""How the schedule is changed: under its lock, free of holds that ran out; and what a refusal says.

`booking`, `moving` and `lengthening` do their work in here. What stands in the way is found in `decision`,
the nearest times without it in `free_times`.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import TypeVar
from uuid import UUID

from clinic.problems import Conflict, Stale
from clinic.transactions import in_transaction
from scheduler.finding import free_times
from scheduler.finding.free_times import Alternative
from scheduler.locks import lock_schedule
from scheduler.models import Appointment, Resource, TreatmentPlan
from scheduler.visits import placing
from scheduler.visits.decision import Decision
from scheduler.visits.placing import Refused
from scheduler.vocabulary import spoken_time

Result = TypeVar("Result")


def under_lock(
    clinic_id: UUID,
    work: Callable[[list[Resource]], Result],
    *,
    refusal: Callable[[Refused], Conflict],
    now: datetime,
) -> Result:
    """Do `work` with the clinic's schedule locked and free of holds that ran out.

    It is given the locked resources. What it raises as `Refused` becomes the `refusal`; that is made when
    the lock is let go of, so that other times are not sought under it.
    """

    def attempt() -> Result:
        resources = lock_schedule(clinic_id)
        placing.release_lapsed(clinic_id, now)
        return work(resources)

    try:
        return in_transaction(attempt)
    except Refused as refused:
        raise refusal(refused) from refused


def require_where_it_was(visit: Appointment, was: datetime | None, mend: str, *, now: datetime) -> None:
    """Who moves or confirms a visit has seen it at `was`, where they say so; by now it may be somewhere else.
    Raises `Stale` with code `visit_moved`."""
    if was in (None, visit.starts_at):
        return
    where = spoken_time(visit.starts_at, visit.clinic.time_zone, now=now)
    raise Stale(f"Somebody else has moved this visit meanwhile, to {where}. {mend}", code="visit_moved")


def alternatives(
    decision: Decision,
    chair_id: UUID | None,
    nurse_id: UUID | None,
    now: datetime,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    heeded: datetime | None = None,
) -> tuple[Alternative, ...]:
    """The nearest times without a blocker; none where there is nothing to seek, or seeking is of no use."""
    if not decision.blockers or not decision.another_time_may_do:
        return ()
    return free_times.alternatives(
        plan=TreatmentPlan.objects.select_related("clinic", "protocol").get(pk=decision.plan.pk),
        start=decision.start,
        now=now,
        chair_id=chair_id,
        nurse_id=nurse_id,
        without=without,
        extra_recovery=extra_recovery,
        heeded=heeded,
    )


def refusal_of_one(
    refused: Refused,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    *,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    now: datetime,
) -> Conflict:
    """One visit's refusal: every reason, and the nearest times. `extra_recovery`: how much longer than its
    protocol says it takes."""
    (decision,) = refused.decisions.values()
    nearest = alternatives(decision, chair_id, nurse_id, now, without, extra_recovery)
    return Conflict(
        " ".join(blocker.detail for blocker in decision.blockers),
        code="not_bookable",
        blockers=[blocker.as_data() for blocker in decision.blockers],
        alternatives=[feasible.as_data() for feasible in nearest],
    )


def refusal_of_several(refused: Refused, name: str) -> Conflict:
    """The refusal of visits that go together: each that can't be, with its reasons."""
    told = []
    for decision in refused.decisions.values():
        when = spoken_time(decision.start, decision.zone, now=decision.decided_at)
        told.append(f"{when}: {' '.join(blocker.detail for blocker in decision.blockers)}")
    rows = [
        {
            "id": key,
            "start": decision.start,
            "blockers": [blocker.as_data() for blocker in decision.blockers],
        }
        for key, decision in refused.decisions.items()
    ]
    return Conflict(" ".join(told), code="not_bookable", **{name: rows})
