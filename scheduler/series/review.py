"""How a plan's visits follow each other, against the spacing it asks for. Reads, never writes.

domain.md 2.2: calendar days in the clinic's zone between starts; below the least is blocked (a prescriber may
override), above the most is "series interrupted". What could be done about it is `respacing`'s.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import NamedTuple
from uuid import UUID

from clinic import clock
from scheduler.finding.supply import not_counted
from scheduler.models import LIVE_STATUSES, Appointment, AppointmentStatus, TreatmentPlan
from scheduler.prescribing.spacing import Spacing, spacing_of, spacings_of
from scheduler.visits import queries
from scheduler.visits.queries import BookedVisit


class Fit(StrEnum):
    """A gap between two visits against the plan's spacing."""

    BELOW = "below"
    WITHIN = "within"
    ABOVE = "above"


class Due(NamedTuple):
    """The days on which a session may be, both included."""

    first: date
    last: date


@dataclass(frozen=True)
class Reviewed:
    """A visit of the plan, its number, and the days since the one before it. A visit that is yet to come may
    be moved."""

    visit: BookedVisit
    number: int
    day: date
    gap: int | None
    fit: Fit | None
    movable: bool

    @property
    def appointment(self) -> Appointment:
        return self.visit.appointment


@dataclass(frozen=True)
class Review:
    """All live visits of a plan in order, and what of it is not booked yet."""

    spacing: Spacing
    visits: tuple[Reviewed, ...]
    sessions_left: int
    today: date

    @property
    def held(self) -> int:
        """How many of them are only held."""
        return sum(visit.appointment.status == AppointmentStatus.PENDING for visit in self.visits)

    @property
    def booked(self) -> int:
        return len(self.visits) - self.held

    @property
    def out_of_spacing(self) -> bool:
        """A gap is too short or too long that moving visits can still change."""
        return any(reviewed.movable and reviewed.fit not in (None, Fit.WITHIN) for reviewed in self.visits)

    @property
    def next_due(self) -> Due | None:
        """When the next session has to be that is not booked yet; None for any day."""
        if not self.visits or not self.sessions_left:
            return None
        last = self.visits[-1].day
        return Due(last + timedelta(days=self.spacing.min_days), last + timedelta(days=self.spacing.max_days))

    @property
    def interrupted(self) -> bool:
        """Sessions are left, none is booked, and the day until which the next one was due is past."""
        return self.next_due is not None and self.next_due.last < self.today


def review(*, plan: TreatmentPlan, now: datetime) -> Review:
    """The plan's visits with each gap: three queries. A hold that has run out by `now` is no visit."""
    rows = (
        queries.visits()
        .filter(plan=plan, status__in=LIVE_STATUSES)
        .exclude(not_counted(now))
        .order_by("during__startswith", "pk")
    )
    return _reviewed(plan, spacing_of(plan), [queries.booked_visit(row) for row in rows], now)


def reviews(
    *, standing: Sequence[TreatmentPlan], visits: Iterable[BookedVisit], now: datetime
) -> dict[UUID, Review]:
    """`review` of each of a patient's plans, from all their visits, which are at hand: one query."""
    spacings = spacings_of(standing)
    counted = sorted(
        (visit for visit in visits if visit.appointment.live and not visit.appointment.ran_out_by(now)),
        key=lambda visit: (visit.appointment.starts_at, visit.appointment.pk),
    )
    return {
        plan.pk: _reviewed(
            plan, spacings[plan.pk], [each for each in counted if each.appointment.plan_id == plan.pk], now
        )
        for plan in standing
    }


def _reviewed(plan: TreatmentPlan, spacing: Spacing, counted: Iterable[BookedVisit], now: datetime) -> Review:
    """The visits, in their order, against the spacing."""
    zone = plan.clinic.time_zone
    visits: list[Reviewed] = []
    for visit in counted:
        row = visit.appointment
        day = clock.local_date(row.starts_at, zone)
        gap = (day - visits[-1].day).days if visits else None
        visits.append(
            Reviewed(
                visit=visit,
                number=len(visits) + 1,
                day=day,
                gap=gap,
                fit=None if gap is None else fit_of(gap, spacing),
                movable=row.status == AppointmentStatus.BOOKED and row.starts_at > now,
            )
        )
    return Review(
        spacing=spacing,
        visits=tuple(visits),
        sessions_left=max(0, plan.sessions_ordered - len(visits)),
        today=clock.local_date(now, zone),
    )


def fit_of(days: int, spacing: Spacing) -> Fit:
    """How a gap of so many calendar days stands to the spacing."""
    if days < spacing.min_days:
        return Fit.BELOW
    return Fit.ABOVE if days > spacing.max_days else Fit.WITHIN
