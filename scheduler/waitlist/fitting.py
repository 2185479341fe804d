"""Who on the waitlist would fit the free time of one day, for the desk, which sees it and calls. Reads only.

The offers that go out by themselves (`waitlist`) leave time for the answer and for the notice that each
asked for, and ask by day. Somebody who calls can ask for less: so nothing of that is counted here, and a time
that is shorter than the notice says so. All else is reckoned and ranked as for an offer (`offering`), and
what was offered to somebody before is not shown for them again. Who has an offer open is asked for no other.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from math import ceil
from typing import Any
from uuid import UUID

import numpy as np

from clinic import clock
from clinic.models import Clinic
from scheduler.finding import free_times
from scheduler.finding.availability import Interval, minute_of, moment_of
from scheduler.finding.fasting import NothingSince
from scheduler.finding.free_times import Asking, Found
from scheduler.finding.patient_history import KnownVisit, visits_of_all
from scheduler.finding.starts import Flags, Numbers, feasible
from scheduler.finding.supply import Supplies, supplies, visit_of
from scheduler.finding.wishes import Wish
from scheduler.models import Resource, ResourceKind, TreatmentPlan, WaitlistEntry
from scheduler.prescribing.spacing import Spacing, spacings_of
from scheduler.waitlist import obstacles, offering
from scheduler.waitlist.offering import Rank


@dataclass(frozen=True, order=True)
class Fit:
    """Somebody who waits, the start on this day that suits them best with a chair for it, and all the starts
    that would do, by chair; sorted by who comes first."""

    rank: Rank
    entry: WaitlistEntry = field(compare=False)
    start: datetime = field(compare=False)
    chair: Resource = field(compare=False)
    short_notice: bool = field(compare=False)  # less than they asked for
    to_ask: NothingSince | None = field(compare=False)  # too soon to begin to fast
    starts: Mapping[UUID, Numbers] = field(compare=False)  # minutes since the epoch

    def first_in(self, chair: UUID, span: Interval) -> int | None:
        """The first of their starts in this chair within these minutes."""
        minutes = self.starts.get(chair, np.zeros(0, np.int64))
        inside = minutes[(span[0] <= minutes) & (minutes < span[1])]
        return int(inside[0]) if len(inside) else None


def who_fits(clinic: Clinic, day: date, *, now: datetime) -> list[Fit]:
    """Who would come on this local day from now on, who comes first first: six queries."""
    begins, ends = clock.day_bounds(day, clinic.time_zone)
    if ends <= now:
        return []
    who_wait = obstacles.without_offer(clinic, now=now).filter(
        first_day__lte=day, last_day__gte=day, plan__valid_from__lte=day, plan__valid_until__gte=day
    )
    entries = [entry for entry in who_wait if obstacles.against_any_time(entry, now=now) is None]
    if not entries:
        return []
    spacings = spacings_of([entry.plan for entry in entries])
    visits = visits_of_all({entry.patient_id for entry in entries}, now=now)
    after = clock.day_bounds(day + timedelta(days=1), clinic.time_zone)[1]  # who stays over midnight
    read = supplies(clinic.pk, begins, after, now=now)
    found: dict[Any, Found] = {}
    fits = []
    for entry in entries:
        extra = entry.extra_recovery_minutes
        kind = (entry.plan.protocol_id, extra, frozenset(_features(entry.plan)))
        if kind not in found:
            low = ceil(max(begins, now).timestamp() / 60)
            asking = Asking(free_times.fasting_of(entry.plan.protocol), now)
            found[kind] = _found(entry.plan, extra, read, asking, low=low, ends=ends)
        fit = _fit(entry, day, found[kind], spacings[entry.plan_id], visits[entry.patient_id], now=now)
        if fit is not None:
            fits.append(fit)
    return sorted(fits)


def _features(plan: TreatmentPlan) -> set[str]:
    return {*plan.protocol.chair_features, *plan.chair_features}


def _found(
    plan: TreatmentPlan, extra: int, read: Supplies, asking: Asking, *, low: int, ends: datetime
) -> Found:
    """The day's starts of visits of this kind, whoever the patient is; `extra` minutes of recovery longer."""
    chosen = read.offering(_features(plan))
    starts = feasible(
        visit_of(plan.protocol, extra),
        chairs=chosen.stocks[ResourceKind.CHAIR],
        nurses=chosen.stocks[ResourceKind.NURSE],
        clinicians=chosen.stocks[ResourceKind.CLINICIAN],
        low=low,
        high=minute_of(ends),
    )
    return Found(starts, chosen, None, plan.clinic.time_zone, asking)


def _fit(
    entry: WaitlistEntry,
    day: date,
    found: Found,
    spacing: Spacing,
    visits: Sequence[KnownVisit],
    *,
    now: datetime,
) -> Fit | None:
    """`visits` are the patient's."""
    zone, minutes = entry.clinic.time_zone, found.minutes
    length = found.feasible.visit.minutes
    wished = list(
        offering.stretches(
            first_day=day,
            last_day=day,
            weekdays=entry.weekdays,
            earliest=entry.earliest,
            latest=entry.latest,
            visit_minutes=length,
            zone=zone,
        )
    )
    # The visit that an earlier one would stand for doesn't count: it is left at its time until then.
    others = [(start, end) for key, _, start, end in visits if key != entry.appointment_id]
    misfits = found.misfits(Wish(nurse=entry.nurse_id, chair=entry.chair_id))
    if not _has_room(entry, day, others, zone):
        return None
    suits = _possible(entry, found, spacing, others)
    if entry.only:
        suits &= misfits == 0
    # One that leaves the time to fast, where there is any.
    in_time = suits & found.in_time
    choice = next(
        filter(
            None,
            (
                offering.best_start(
                    wished,
                    minutes[these],
                    misfits[these],
                    visit_days=[clock.local_date(start, zone) for start, _ in others],
                    max_days=spacing.max_days,
                )
                for these in (in_time, suits)
            ),
        ),
        None,
    )
    if choice is None:
        return None
    for stretch in wished:
        suits &= (stretch.low <= minutes) & (minutes < stretch.high)
    chairs = found.supplies.stocks[ResourceKind.CHAIR].keys
    starts = {chair: minutes[suits & found.in_chair(chair)] for chair in chairs}
    free = [chair for chair in chairs if choice.minute in starts[chair]]
    chair = next((key for key in free if key == entry.chair_id), free[0])
    start = moment_of(choice.minute)
    return Fit(
        Rank.of(choice, waiting_since=entry.created_at, entry=entry.pk),
        entry,
        start,
        found.supplies.resources[chair],
        start < now + timedelta(hours=entry.notice_hours),
        found.asking.of(start, zone),
        starts,
    )


def _has_room(
    entry: WaitlistEntry, day: date, others: Sequence[tuple[datetime, datetime]], zone: str
) -> bool:
    """Whether the protocol allows another session in that week and that year."""
    days = sorted(clock.local_date(start, zone).toordinal() for start, _ in others)
    return free_times.frequency_of(entry.plan.protocol).has_room(day.toordinal(), days)


def _possible(
    entry: WaitlistEntry, found: Found, spacing: Spacing, others: Sequence[tuple[datetime, datetime]]
) -> Flags:
    """Of the day's starts those that this patient could be given, whatever they wish for: apart from their
    other visits and from what they were offered before, and over before the visit it would stand for."""
    minutes, length = found.minutes, found.feasible.visit.minutes
    had = [minute_of(offer.starts_at) for offer in entry.offers.all()]
    possible = offering.apart_from(
        minutes,
        length,
        [
            *((minute_of(start), minute_of(end)) for start, end in others),
            *((start, start + length) for start in had),
        ],
    )
    for start, _ in others:
        low, high = free_times.too_close(start, spacing.min_days, found.zone)
        possible &= (minutes < low) | (high <= minutes)
    if entry.appointment is not None:
        block = length + found.feasible.visit.turnover
        possible &= minutes + block <= minute_of(entry.appointment.starts_at)
    return possible
