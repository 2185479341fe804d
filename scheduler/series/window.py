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
from scheduler.finding.local_days import NOON, LocalDays
from scheduler.finding.starts import Flags, Numbers
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, ResourceKind, TreatmentPlan
from scheduler.series.planning import Starts


@dataclass(frozen=True, eq=False)
class Window:
    """What was found for a wish. `nurses` are those that a series could have: the one who is wished for, or
    all, whom the patient knows first. `busy_days`: per mille of nursing that is taken, by day."""

    found: Found
    days: LocalDays
    busy_days: Numbers
    wish: Wish
    nurses: tuple[Resource, ...]
    starts: Starts

    @property
    def minutes(self) -> Numbers:
        return self.found.minutes

    @cached_property
    def fits(self) -> Flags:
        """Which starts are all that was wished for, the nurse among it."""
        return self.found.misfits(self.wish) == 0

    @cached_property
    def allowed(self) -> Flags:
        """Which starts may be proposed: all, unless only what was wished for will do."""
        return self.fits if self.wish.only else np.ones(len(self.minutes), np.bool_)

    def for_wish(self, wish: Wish) -> "Window":
        """The same starts for another wish."""
        return _for_wish(self.found, self.days, wish)

    def at(self, place: int, nurse: Resource | None = None) -> FeasibleStart:
        """The start at this place, in the wished chair if it is free; with a nurse, she serves all of it."""
        wished = self.wish.chair
        return self.found.at(
            int(self.minutes[place]),
            chair_id=wished if wished and self.found.in_chair(wished)[place] else None,
            nurse_id=nurse.pk if nurse else None,
        )


def read_window(
    *,
    plan: TreatmentPlan,
    first: date,
    last: date,
    wish: Wish,
    now: datetime,
    without: Collection[UUID] = (),
) -> Window:
    """The free starts from the first local day to the last, both included: `finding.search`'s queries."""
    zone = plan.clinic.time_zone
    found = free_times.search(
        plan=plan,
        first=clock.day_bounds(first, zone)[0],
        until=clock.day_bounds(last, zone)[1],
        now=now,
        without=without,
    )
    return _for_wish(found, LocalDays.over(first, last, zone), wish)


def _for_wish(found: Found, days: LocalDays, wish: Wish) -> Window:
    nurses = found.supplies.stocks[ResourceKind.NURSE]
    keys = [key for key in nurses.keys if wish.nurse in (None, key)]
    keys.sort(key=lambda key: key != found.known)
    busy_days = days.taken(nurses)
    starts = Starts(
        days=days.numbers(found.minutes),
        afternoon=days.wall(found.minutes) >= NOON,
        misfit=found.misfits(replace(wish, nurse=None)),  # who serves is counted by the series' nurse
        taken=busy_days[days.places(found.minutes)],
        whole=np.array([found.whole(key) for key in keys], np.bool_).reshape(len(keys), -1),
    )
    return Window(found, days, busy_days, wish, tuple(found.supplies.resources[key] for key in keys), starts)
