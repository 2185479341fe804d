"""What hangs on one person in a clinic: what would be nobody's, or somebody else's, if they were not there.

Read before a role is taken away or somebody is let go, so that it is handed over first. Here, because tasks,
turns on call, visits and records meet on no lower floor. Nothing here writes.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Generic, TypeVar

from django.db.models import QuerySet

from clinic.models import Member, WorkItem
from notifications.escalating import on_call
from notifications.models import OnCallShift
from scheduler.models import (
    LIVE_STATUSES,
    STANDING_STATUSES,
    Appointment,
    AppointmentStatus,
    Claim,
    Resource,
    TreatmentPlan,
)
from sessions_app.models import Session, SessionState

RowType = TypeVar("RowType")
MOST_SHOWN: Final = 8
OVER: Final = (SessionState.SIGNED,)


@dataclass(frozen=True)
class Pile(Generic[RowType]):
    """The first of them, and how many there are."""

    rows: Sequence[RowType]
    count: int

    @property
    def more(self) -> int:
        return self.count - len(self.rows)


@dataclass(frozen=True)
class Duties:
    """`visits` to come that claim a nurse or clinician who is them; `unsigned` records of infusions in which
    they had a hand; `plans` that are theirs and go on; `resources` that stand for them in the schedule."""

    tasks: Pile[WorkItem]
    shifts: Pile[OnCallShift]
    visits: Pile[Appointment]
    unsigned: Pile[Session]
    plans: Pile[TreatmentPlan]
    resources: Sequence[Resource]

    @property
    def any(self) -> bool:
        return any(pile.count for pile in (self.tasks, self.shifts, self.visits, self.unsigned, self.plans))


def duties_of(member: Member, *, now: datetime) -> Duties:
    """Eleven queries, however much it is."""
    clinic, user = member.clinic_id, member.user_id
    tasks = WorkItem.objects.filter(clinic=clinic, owner=user, closed_at=None).order_by("due_at", "pk")
    shifts = on_call.shifts(after=now).filter(clinic=clinic, user=user)
    visits = Appointment.objects.filter(
        clinic=clinic,
        status__in=set(LIVE_STATUSES) - {AppointmentStatus.FULFILLED},
        pk__in=Claim.objects.filter(
            resource__clinic=clinic, resource__user=user, during__endswith__gt=now
        ).values("appointment"),
    )
    unsigned = Session.objects.filter(
        clinic=clinic, pk__in=Session.objects.filter(infusion_events__recorded_by=user).values("pk")
    ).exclude(state__in=OVER)
    plans = TreatmentPlan.objects.filter(clinic=clinic, prescriber=user, status__in=STANDING_STATUSES)
    return Duties(
        tasks=_pile(tasks),
        shifts=_pile(shifts),
        visits=_pile(visits.order_by("during", "pk")),
        unsigned=_pile(unsigned.order_by("arrived_at", "pk")),
        plans=_pile(plans.select_related("protocol", "patient").order_by("created_at", "pk")),
        resources=list(Resource.objects.filter(clinic=clinic, user=user).order_by("kind", "name")),
    )


def _pile(rows: QuerySet[Any]) -> Pile[Any]:
    return Pile(list(rows[:MOST_SHOWN]), rows.count())
