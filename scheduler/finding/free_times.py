"""When could the next session of a plan be? Rows read, given to arithmetic, answered as times to book.

Nothing here writes, and nothing decides about one booking: that is `decision`, from the same arithmetic.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime, timedelta
from itertools import groupby
from math import ceil
from typing import Any, Final
from uuid import UUID

import numpy as np

from clinic import clock
from clinic.problems import Invalid
from scheduler.finding.availability import Interval, Visit, minute_of, moment_of
from scheduler.finding.fasting import Fasting, NothingSince
from scheduler.finding.frequency import Frequency
from scheduler.finding.local_days import LocalDays
from scheduler.finding.nursing import Turn, named, preferred, turns_of
from scheduler.finding.patient_history import history_of
from scheduler.finding.serving import Team
from scheduler.finding.starts import Feasible, Flags, Numbers, feasible
from scheduler.finding.supply import NO_SUPPLIES, Supplies, supplies, visit_of
from scheduler.finding.wishes import Wish, misfit
from scheduler.models import Protocol, Resource, ResourceKind, TreatmentPlan
from scheduler.prescribing.spacing import spacing_of

ALTERNATIVES_OF_A_KIND: Final = 3
ALTERNATIVES_APART: Final = 60  # minutes
ALTERNATIVE_DAYS_BEFORE: Final = 7
ALTERNATIVE_DAYS_AFTER: Final = 21


@dataclass(frozen=True)
class FeasibleStart:
    """A time that could be booked now, and whom and what it would be booked with. `clinicians` are in the
    order in which they supervise; as a rule there is one."""

    start: datetime
    end: datetime
    chair: Resource
    nurses: tuple[Turn, ...]
    clinicians: tuple[Resource, ...]
    # So soon that somebody has to ask whether the patient has fasted.
    to_ask: NothingSince | None = field(default=None, kw_only=True)

    @property
    def clinician(self) -> Resource:
        """Who supervises when the visit starts."""
        return self.clinicians[0]

    def as_data(self) -> dict[str, Any]:
        return {
            "start": self.start,
            "end": self.end,
            "chair": named(self.chair),
            "nurses": [turn.as_data() for turn in self.nurses],
            "clinician": named(self.clinician),
            "to_ask": self.to_ask.as_data() if self.to_ask else None,
        }


@dataclass(frozen=True)
class Alternative(FeasibleStart):
    """A feasible start near one that is refused, and why it is listed: same_day, same_nurse and same_chair
    (those that were asked for), next_days."""

    kinds: tuple[str, ...]

    def as_data(self) -> dict[str, Any]:
        return {**super().as_data(), "kinds": list(self.kinds)}


@dataclass(frozen=True)
class Ranked(FeasibleStart):
    """A feasible start and how far it is from a wish (`wishes.misfit`)."""

    misfit: int


@dataclass(frozen=True, eq=False)
class Found:
    """Every start of a plan's next session in a window. Which they are is worked out at once, whom and what
    one of them would be booked with when it is asked for (`at`)."""

    feasible: Feasible
    supplies: Supplies
    known: UUID | None  # the nurse whom the patient knows
    zone: str
    asking: "Asking"
    others: Sequence[int] = ()  # the days of the patient's visits near the window, in order
    _days: dict[date, "_Day"] = field(default_factory=dict, repr=False)

    @property
    def minutes(self) -> Numbers:
        """The starts in minutes since the epoch, earliest first."""
        return self.feasible.minutes

    @property
    def in_time(self) -> Flags:
        """Beside `minutes`: it leaves the time that the protocol's fasting takes."""
        return self.minutes >= self.asking.from_minute

    def whole(self, nurse_id: UUID) -> Flags:
        """Beside `minutes`: this nurse could serve the whole visit."""
        return self._of(ResourceKind.NURSE, nurse_id, self.feasible.whole)

    def in_chair(self, chair_id: UUID) -> Flags:
        """Beside `minutes`: this chair is free for it."""
        return self._of(ResourceKind.CHAIR, chair_id, self.feasible.chairs)

    def at(
        self,
        minute: int,
        *,
        chair_id: UUID | None = None,
        nurse_id: UUID | None = None,
        known: UUID | None = None,
    ) -> FeasibleStart:
        """One of the found starts with its chair, nurses and clinician, as `booking` would choose them now.

        A chair or nurse that is asked for has to be one of those who could (`in_chair`, `whole`). `known` is
        the nurse whom the patient will know by then, where visits before it are still to be booked.
        """
        visit = self.feasible.visit
        day = self._day(minute)
        resources = self.supplies.resources
        nurses = day.nurses if nurse_id is None else day.alone[nurse_id]
        order = sorted(day.by_load, key=lambda nurse: nurse != (known or self.known))
        pieces = nurses.serve(visit.nurse_needs, minute, order)
        supervised = day.clinicians.serve(visit.clinician_needs, minute, day.clinician_order)
        place = int(np.searchsorted(self.minutes, minute))
        chairs = self.supplies.stocks[ResourceKind.CHAIR].keys
        free = [key for key, fits in zip(chairs, self.feasible.chairs[:, place], strict=True) if fits]
        return FeasibleStart(
            moment_of(minute),
            moment_of(minute + visit.minutes),
            resources[chair_id or free[0]],
            turns_of(pieces, resources),
            tuple(resources[key] for key, _ in groupby(piece.key for piece in supervised)),
            to_ask=self.asking.of(moment_of(minute), self.zone),
        )

    def recovering_longer(self, minutes: int) -> "Found":
        """The same starts for a visit that recovers so much longer than those found, or shorter."""
        visit = self.feasible.visit.recovering_longer(minutes)
        return replace(self, feasible=replace(self.feasible, visit=visit), _days={})

    def first(self, count: int | None = None) -> list[FeasibleStart]:
        """The first of the starts, or all of them, as `at` answers each."""
        return [self.at(minute) for minute in self.minutes[:count].tolist()]

    def misfits(self, wish: Wish) -> Numbers:
        """Beside `minutes`: how far each is from the wish (`wishes.misfit`)."""
        if not len(self.minutes):
            return np.zeros(0, np.int64)
        ends = self.minutes + self.feasible.visit.minutes
        first, last = (
            clock.local_date(moment_of(int(minute)), self.zone) for minute in (self.minutes[0], ends[-1])
        )
        days = LocalDays.over(first, last, self.zone)
        over_night = days.places(ends) - days.places(self.minutes)
        nobody = np.zeros(len(self.minutes), np.bool_)
        return misfit(
            wish,
            weekdays=(days.numbers(self.minutes) + 6) % 7,  # day 1 was a Monday
            starts=days.wall(self.minutes),
            ends=days.wall(ends) + over_night * 24 * 60,
            by_nurse=self.whole(wish.nurse) if wish.nurse else nobody,
            in_chair=self.in_chair(wish.chair) if wish.chair else nobody,
        )

    def _of(self, kind: ResourceKind, key: UUID, flags: Flags) -> Flags:
        keys = self.supplies.stocks[kind].keys
        return flags[keys.index(key)] if key in keys else np.zeros(len(self.minutes), np.bool_)

    def _day(self, minute: int) -> "_Day":
        on = clock.local_date(moment_of(minute), self.zone)
        if on not in self._days:
            low, high = (minute_of(moment) for moment in clock.day_bounds(on, self.zone))
            reach = max(need.end for need in self.feasible.visit.chair_needs)
            self._days[on] = _Day(self.supplies.between(low, high + reach), low, high)
        return self._days[on]


@dataclass(frozen=True)
class Asking:
    """When it is now, what the protocol asks for, and the start for which the patient fasts already."""

    fasting: Fasting
    now: datetime
    heeded: datetime | None = None

    def of(self, start: datetime, zone: str) -> NothingSince | None:
        return self.fasting.to_ask(start, now=self.now, zone=zone, heeded=self.heeded)

    @property
    def from_minute(self) -> int:
        """The first minute from which nothing has to be asked."""
        first = self.now + self.fasting.lead
        return ceil(min(first, self.heeded or first).timestamp() / 60)


class _Day:
    """Who could be asked on one local day, in which order."""

    def __init__(self, supplies: Supplies, low: int, high: int) -> None:
        self.nurses = Team(supplies.nurses, spare=True)
        self.alone = {supply.key: Team([supply], spare=True) for supply in supplies.nurses}
        self.by_load = preferred(supplies.nurses, known=None, low=low, high=high)
        self.clinicians = Team(supplies.clinicians, spare=False)
        self.clinician_order = [supply.key for supply in supplies.clinicians]


def search(
    *,
    plan: TreatmentPlan,
    first: datetime,
    until: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    heeded: datetime | None = None,
) -> Found:
    """Every start in [first, until) at which the plan's next session fits: four queries.

    Looks at chairs and what they have to offer, nurses, the clinician, spacing, how many sessions a week and
    a year have room for, the patient's own visits and the days for which the plan is valid; what the plan
    itself lacks (consent, sessions) is told by `decision.against_any_time`. A nurse who is asked for
    (`nurse_id`) serves the whole visit, which lasts `extra_recovery` minutes longer than the protocol says.
    `heeded` is the start for which the patient fasts already, that of a visit to be moved.

    Raises `Invalid` for a chair or nurse that doesn't work in the plan's clinic.
    """
    visit = visit_of(plan.protocol, extra_recovery)
    zone = plan.clinic.time_zone
    asking = Asking(fasting_of(plan.protocol), now, heeded)
    low = max(first, now, clock.day_bounds(plan.valid_from, zone)[0])
    high = min(until, clock.day_bounds(plan.valid_until, zone)[1])
    if low >= high:
        return Found(_feasible(visit, NO_SUPPLIES, low=0, high=0), NO_SUPPLIES, None, zone, asking)
    spacing = spacing_of(plan)
    frequency = frequency_of(plan.protocol)
    reach = timedelta(days=max(spacing.min_days, frequency.reach) + 1)
    history = history_of(plan.patient_id, now=now, without=without, around=(low - reach, high + reach))
    # Whole days are read: who has least to do that day must not hang on where the window begins.
    first_day, last_day = (
        clock.local_date(low, zone),
        clock.local_date(high + timedelta(minutes=visit.minutes + visit.turnover), zone),
    )
    read = supplies(
        plan.clinic_id,
        clock.day_bounds(first_day, zone)[0],
        clock.day_bounds(last_day, zone)[1],
        now=now,
        without=without,
    )
    for kind, key in ((ResourceKind.CHAIR, chair_id), (ResourceKind.NURSE, nurse_id)):
        if key is not None and key not in read.stocks[kind].keys:
            raise Invalid({kind: f"This is not a working {kind} of the patient's clinic."})
    chosen = read.offering({*plan.protocol.chair_features, *plan.chair_features}).only(
        chair=chair_id, nurse=nurse_id
    )
    others = sorted(clock.local_date(start, zone).toordinal() for _, _, start, _ in history.visits)
    full = frequency.full_days(first_day.toordinal(), last_day.toordinal(), others)
    found = _feasible(
        visit,
        chosen,
        busy=[(minute_of(start), minute_of(end)) for _, _, start, end in history.visits],
        forbidden=[
            *(too_close(start, spacing.min_days, zone) for _, _, start, _ in history.visits),
            *(minutes_of(date.fromordinal(day), zone) for day in full),
        ],
        low=ceil(low.timestamp() / 60),
        high=ceil(high.timestamp() / 60),
    )
    return Found(found, chosen, history.nurse, zone, asking, others)


def _feasible(visit: Visit, chosen: Supplies, **window: Any) -> Feasible:
    return feasible(
        visit,
        chairs=chosen.stocks[ResourceKind.CHAIR],
        nurses=chosen.stocks[ResourceKind.NURSE],
        clinicians=chosen.stocks[ResourceKind.CLINICIAN],
        **window,
    )


def fasting_of(protocol: Protocol) -> Fasting:
    """What a protocol version asks for."""
    return Fasting(protocol.fasting_light_meal_hours, protocol.fasting_clear_hours)


def ranked(
    found: Found, wish: Wish, *, limit: int | None = None, apart: timedelta = timedelta(0)
) -> list[Ranked]:
    """The starts that fit the wish best first, the earlier first among equals; at most `limit`, none nearer
    than `apart` to a better one.

    With `wish.only`, those alone that are all that was wished for. The wished nurse serves and the wished
    chair is taken wherever they can.
    """
    points = found.misfits(wish)
    best = np.argsort(points, kind="stable")
    if wish.only:
        best = best[points[best] == 0]
    answer = []
    for place in _apart(found.minutes, best.tolist(), apart // timedelta(minutes=1), limit):
        start = found.at(
            int(found.minutes[place]),
            chair_id=wish.chair if wish.chair and found.in_chair(wish.chair)[place] else None,
            nurse_id=wish.nurse if wish.nurse and found.whole(wish.nurse)[place] else None,
        )
        answer.append(Ranked(**vars(start), misfit=int(points[place])))
    return answer


def alternatives(
    *,
    plan: TreatmentPlan,
    start: datetime,
    now: datetime,
    chair_id: UUID | None = None,
    nurse_id: UUID | None = None,
    without: Collection[UUID] = (),
    extra_recovery: int = 0,
    heeded: datetime | None = None,
) -> tuple[Alternative, ...]:
    """The nearest times to one that is refused, by what stays the same, in order of time: one search.

    At most three on the same day, three with the nurse and three in the chair that were asked for (a week
    back and three weeks ahead), and one on each of the next three days that have any, at the time of day
    nearest to that asked for; of one kind never two within an hour.
    """
    found = search(
        plan=plan,
        first=start - timedelta(days=ALTERNATIVE_DAYS_BEFORE),
        until=start + timedelta(days=ALTERNATIVE_DAYS_AFTER),
        now=now,
        without=without,
        extra_recovery=extra_recovery,
        heeded=heeded,
    )
    zone = plan.clinic.time_zone
    day = clock.local_date(start, zone)
    low, high = (minute_of(moment) for moment in clock.day_bounds(day, zone))
    minutes = found.minutes
    fits = {"same_day": (low <= minutes) & (minutes < high)}
    if nurse_id is not None:
        fits["same_nurse"] = found.whole(nurse_id)
    if chair_id is not None:
        fits["same_chair"] = found.in_chair(chair_id)
    chosen = {kind: _nearest(minutes, flags, minute_of(start)) for kind, flags in fits.items()}
    chosen["next_days"] = _on_next_days(minutes, start, zone)
    answer = []
    for place in sorted({place for places in chosen.values() for place in places}):
        kinds = tuple(kind for kind, places in chosen.items() if place in places)
        nearby = found.at(
            int(minutes[place]),
            chair_id=chair_id if "same_chair" in kinds else None,
            nurse_id=nurse_id if "same_nurse" in kinds else None,
        )
        answer.append(Alternative(**vars(nearby), kinds=kinds))
    return tuple(answer)


def _nearest(minutes: Numbers, fits: Flags, at: int) -> list[int]:
    """The places of the starts nearest to minute `at`, none within an hour of another."""
    places = np.flatnonzero(fits)
    nearest = places[np.argsort(np.abs(minutes[places] - at), kind="stable")]
    return _apart(minutes, nearest.tolist(), ALTERNATIVES_APART, ALTERNATIVES_OF_A_KIND)


def _apart(minutes: Numbers, places: Sequence[int], apart: int, limit: int | None) -> list[int]:
    """The first of these places, none nearer than `apart` minutes to one before it."""
    chosen: list[int] = []
    for place in places:
        if len(chosen) == limit:
            break
        if not apart or all(abs(minutes[place] - minutes[other]) >= apart for other in chosen):
            chosen.append(place)
    return chosen


def _on_next_days(minutes: Numbers, start: datetime, zone: str) -> list[int]:
    """The place of one start on each of the first days after that of `start`, at the nearest time of day."""
    first = clock.local_date(start, zone)
    days = LocalDays.over(first, first + timedelta(days=ALTERNATIVE_DAYS_AFTER + 1), zone)
    later = np.flatnonzero(minutes >= days.begins[1])
    on = days.places(minutes[later])
    wall = days.wall(np.append(minutes[later], minute_of(start)))
    off = np.abs(wall[:-1] - wall[-1])
    return [
        int(later[on == day][np.argmin(off[on == day])]) for day in np.unique(on)[:ALTERNATIVES_OF_A_KIND]
    ]


def frequency_of(protocol: Protocol) -> Frequency:
    """How many sessions a protocol version allows."""
    return Frequency(protocol.most_per_week, protocol.most_per_year)


def minutes_of(day: date, zone: str) -> Interval:
    """All of a local day."""
    begins, ends = clock.day_bounds(day, zone)
    return minute_of(begins), minute_of(ends)


def too_close(visit_start: datetime, min_days: int, zone: str) -> Interval:
    """The minutes in which no other session of this patient may start: calendar days in the clinic's zone,
    counted between starts (domain.md 2.2)."""
    if min_days == 0:
        return (0, 0)
    day = clock.local_date(visit_start, zone)
    reach = timedelta(days=min_days - 1)
    return (
        minute_of(clock.day_bounds(day - reach, zone)[0]),
        minute_of(clock.day_bounds(day + reach, zone)[1]),
    )
