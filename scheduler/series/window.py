"""The free starts of a window as `planning` reads them, with the rows behind them: one search."""

from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cached_property
from uuid import UUID

import numpy as np

from clinic import clock
from scheduler.finding import free_times
from scheduler.finding.free_times import FeasibleStart, Found
from scheduler.finding.frequency import Frequency
from scheduler.finding.local_days import NOON, LocalDays
from scheduler.finding.starts import Flags, Numbers
from scheduler.finding.wishes import Wish
from scheduler.models import Claim, Resource, ResourceKind, TreatmentPlan
from scheduler.series.planning import Starts
from scheduler.series.spaced_days import Course


@dataclass(frozen=True, eq=False)
class Window:
    """What was found for a wish. `busy_days`: per mille of nursing that is taken, by day."""

    found: Found
    days: LocalDays
    busy_days: Numbers
    wish: Wish
    starts: Starts
    now: datetime
    frequency: Frequency

    @property
    def today(self) -> date:
        return clock.local_date(self.now, self.found.zone)

    @property
    def minutes(self) -> Numbers:
        return self.found.minutes

    @cached_property
    def nurses(self) -> tuple[Resource, ...]:
        """All who nurse in these days."""
        supplies = self.found.supplies
        return tuple(supplies.resources[key] for key in supplies.stocks[ResourceKind.NURSE].keys)

    @cached_property
    def whole(self) -> Flags:
        """(nurses, starts): she could serve the whole visit."""
        flags = [self.found.whole(nurse.pk) for nurse in self.nurses]
        return np.array(flags, np.bool_).reshape(len(flags), len(self.minutes))

    @property
    def wished_nurse(self) -> Resource | None:
        """Who is wished for, if she is at work in these days."""
        return next((nurse for nurse in self.nurses if nurse.pk == self.wish.nurse), None)

    @cached_property
    def fits(self) -> Flags:
        """Which starts are all that was wished for, the nurse among it."""
        return self.found.misfits(self.wish) == 0

    @cached_property
    def allowed(self) -> Flags:
        """Which starts may be proposed: those that leave the time to fast, and of these all, unless only what
        was wished for will do."""
        return self.fits & self.found.in_time if self.wish.only else self.found.in_time

    def for_wish(self, wish: Wish) -> "Window":
        """The same starts for another wish."""
        return _for_wish(self.found, self.days, wish, self.now, self.frequency)

    def limited(self, course: Course) -> Course:
        """The course, with what else of the patient's visits takes from a week and a year."""
        return replace(course, frequency=self.frequency, beside=tuple(self.found.others))

    def recovering_longer(self, minutes: int) -> "Window":
        """The same starts for visits that recover so much longer than those looked for, or shorter."""
        return replace(self, found=self.found.recovering_longer(minutes))

    def at(
        self, place: int, nurse: Resource | None = None, *, known: Resource | None = None
    ) -> FeasibleStart:
        """The start at this place, in the wished chair if it is free; with a nurse, she serves all of it.

        `known` is whom the patient knows by then, if that is somebody else than today.
        """
        wished = self.wish.chair
        return self.found.at(
            int(self.minutes[place]),
            chair_id=wished if wished and self.found.in_chair(wished)[place] else None,
            nurse_id=nurse.pk if nurse else None,
            known=known.pk if known else None,
        )


def read_window(
    *,
    plan: TreatmentPlan,
    first: date,
    last: date,
    wish: Wish,
    now: datetime,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
) -> Window:
    """The free starts from the first local day to the last, both included: `finding.search`'s queries."""
    zone = plan.clinic.time_zone
    found = free_times.search(
        plan=plan,
        first=clock.day_bounds(first, zone)[0],
        until=clock.day_bounds(last, zone)[1],
        now=now,
        without=without,
        extra_recovery=extra_recovery,
    )
    days = LocalDays.over(first, last, zone)
    return _for_wish(found, days, wish, now, free_times.frequency_of(plan.protocol))


def last_nursed(patient_id: UUID) -> datetime | None:
    """When the latest of the patient's visits is begun to be nursed: its nurse is the one they know."""
    claims = Claim.objects.filter(appointment__patient_id=patient_id, resource__kind=ResourceKind.NURSE)
    return claims.order_by("-during__startswith").values_list("during__startswith", flat=True).first()


def _for_wish(found: Found, days: LocalDays, wish: Wish, now: datetime, frequency: Frequency) -> Window:
    busy_days = days.taken(found.supplies.stocks[ResourceKind.NURSE])
    starts = Starts(
        days=days.numbers(found.minutes),
        afternoon=days.wall(found.minutes) >= NOON,
        misfit=found.misfits(replace(wish, nurse=None)),  # the nurse is counted by `whole`
        taken=busy_days[days.places(found.minutes)],
        whole=found.whole(wish.nurse) if wish.nurse else np.ones(len(found.minutes), np.bool_),
    )
    return Window(found, days, busy_days, wish, starts, now, frequency)
