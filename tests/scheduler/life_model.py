"""What a clinic's schedule may hold, minute by minute, in the plainest Python: the model of
tests/scheduler/test_life.py.

Written from the words of the rules (docs/decisions/0005 and 0006, domain.md 2.2 and 8.4) and from nothing in
`scheduler/`, which it does not import: it has no intervals, no grid search and no database, only
dictionaries with an entry for every minute. It is slow and is meant to be obviously right.

Minutes count from midnight of the first day, Monday 8 March 2027 in Chicago. The clocks go forward on the
seventh, so that day has 23 hours.
"""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from typing import Final

FIRST_DAY: Final = date(2027, 3, 8)
FIRST_MOMENT: Final = datetime(2027, 3, 8, 6, 0, tzinfo=UTC)  # midnight in Chicago: CST, UTC-6
DAYS: Final = 12
SPRING_FORWARD: Final = (6, 120)  # Sunday at 2:00
GRID: Final = 5
OF_RESOURCES: Final = {
    "chair_unsuitable",
    "outside_hours",
    "chair_taken",
    "nurse_overloaded",
    "no_clinician",
}
GOING_ON: Final = ("booked", "arrived", "checked-in", "fulfilled")

Stretch = tuple[int, int]
Cells = dict[tuple[str, int], int]  # (thing, minute): units


def at(day: int, wall: int) -> int:
    """The minute at which the clinic's clock shows `wall` minutes past midnight on this day."""
    return day * 1440 + wall - (60 if (day, wall) >= SPRING_FORWARD else 0)


def day_of(minute: int) -> int:
    return (minute + 60) // 1440 if minute >= at(*SPRING_FORWARD) else minute // 1440


def date_of(day: int) -> date:
    return FIRST_DAY + timedelta(days=day)


def moment_of(minute: int) -> datetime:
    return FIRST_MOMENT + timedelta(minutes=minute)


def minute_of(moment: datetime) -> int:
    return int((moment - FIRST_MOMENT).total_seconds()) // 60


@dataclass(frozen=True)
class Part:
    """One phase of a visit, from and until so many minutes after its start."""

    name: str
    start: int
    end: int
    units: int


@dataclass(frozen=True)
class Shape:
    """The phases of one protocol's visits, and the chair's turnover after them."""

    phases: tuple[Part, ...]
    turnover: int

    @property
    def length(self) -> int:
        return self.phases[-1].end

    @property
    def block(self) -> int:
        return self.length + self.turnover


@dataclass
class Pattern:
    weekday: int
    start: int
    end: int
    first: int
    last: int | None = None

    def holds(self, day: int) -> bool:
        return day % 7 == self.weekday and self.first <= day and (self.last is None or day <= self.last)


@dataclass
class Thing:
    """A chair, a nurse or a clinician, with what is declared about its hours."""

    kind: str
    name: str
    capacity: int
    features: frozenset[str] = frozenset()
    active: bool = True
    patterns: list[Pattern] = field(default_factory=list)
    own_hours: dict[int, list[Stretch]] = field(default_factory=dict)
    away: dict[str, Stretch] = field(default_factory=dict)

    def end_pattern(self, pattern: Pattern, last: int) -> None:
        """It holds through this day; one that has not begun by then is taken back."""
        if last < pattern.first:
            self.patterns.remove(pattern)
        else:
            pattern.last = last

    def change_shift(self, weekday: int, first: int, hours: Iterable[Stretch]) -> None:
        """Other hours on this weekday from a day on; the patterns before end the day before."""
        for pattern in self.patterns:
            if pattern.weekday == weekday and (pattern.last is None or pattern.last >= first):
                pattern.last = first - 1
        self.patterns += [Pattern(weekday, start, end, first) for start, end in hours]


@dataclass
class Plan:
    name: str
    patient: str
    shape: Shape
    sessions: int
    spacing: int
    first_day: int
    last_day: int
    features: frozenset[str] = frozenset()
    consent: bool = True


@dataclass
class Visit:
    """A visit or a hold. `held` is what it holds of everything, as it was when it was laid. The status is
    FHIR's, but a hold that was given up is `released`."""

    name: str
    plan: Plan
    start: int
    status: str
    held: Cells
    held_until: int | None = None
    made: int = 0

    def counts(self, now: int) -> bool:
        """Whether it takes room: a hold that has run out doesn't, even before anybody cleared it away."""
        if self.status == "pending":
            return self.held_until is not None and now < self.held_until
        return self.status in GOING_ON


@dataclass
class Waiting:
    """Somebody on the waitlist, for one more session of the plan or for an earlier time of `visit`."""

    plan: Plan
    first_day: int
    last_day: int
    visit: Visit | None
    since: int
    offered: Visit | None = None
    ran_out_on: int | None = None
    had: list[int] = field(default_factory=list)  # starts that were offered
    earlier_than: int = field(init=False)

    def __post_init__(self) -> None:
        self.earlier_than = self.visit.start if self.visit else 0

    def had_by_hand(self, clinic: "Clinic") -> bool:
        """They waited for one more session, and since then one was booked on one of their days; or for an
        earlier time, and their visit was moved to one that is over when the old one began."""
        visit = self.visit
        if visit is not None:
            over = visit.start + self.plan.shape.length <= self.earlier_than
            return over and visit.status in GOING_ON and day_of(visit.start) <= self.last_day
        return any(
            visit.plan is self.plan
            and visit.made > self.since
            and visit.status in GOING_ON
            and self.first_day <= day_of(visit.start) <= self.last_day
            for visit in clinic.visits.values()
        )

    def moot(self, now: int) -> bool:
        """There is nothing to wait for any more."""
        visit = self.visit
        over = visit is not None and (visit.status != "booked" or visit.start <= now)
        return over or min(self.last_day, self.plan.last_day) < day_of(now)

    def offer_stands(self, now: int) -> bool:
        held = self.offered
        if held is None or held.status != "pending" or not held.counts(now):
            return False
        visit = self.visit
        return visit is None or (visit.status == "booked" and held.start < visit.start)

    def wants(self, clinic: "Clinic", start: int, now: int) -> bool:
        """Whether this start may be offered: wished for, new, possible beside all that stands, and with the
        visit that it would replace out of the way of nothing but the patient's own calendar."""
        length = self.plan.shape.length
        if not self.first_day <= day_of(start) <= self.last_day:
            return False
        if any(start < other + length and other < start + length for other in self.had):
            return False
        if self.visit is not None and start >= self.visit.start:
            return False
        beside = Picture(clinic, now).reasons(self.plan, start)
        replacing = Picture(clinic, now, without=[self.visit.name] if self.visit else [])
        return not (
            beside.chair
            or beside.nurse
            or beside.clinician
            or "patient_elsewhere" in beside.patient
            or replacing.patient_reasons(self.plan, start)
        )

    def could_have(self, clinic: "Clinic", now: int, earliest: int) -> bool:
        """Whether there is any start to offer that lies behind the time to answer."""
        end = self.visit.start - self.plan.shape.block + 1 if self.visit else at(DAYS, 0)
        return any(
            self.wants(clinic, start, now)
            for start in range(max(earliest, at(self.first_day, 0)), min(end, at(self.last_day + 1, 0)), GRID)
            if start % GRID == 0 and any(start in opened for opened in clinic.laid.values())
        )


@dataclass
class Clinic:
    """Everything that was declared and agreed. `laid` are each thing's open minutes, see `lay`."""

    things: dict[str, Thing] = field(default_factory=dict)
    closed: dict[str, Stretch] = field(default_factory=dict)
    plans: dict[str, Plan] = field(default_factory=dict)
    visits: dict[str, Visit] = field(default_factory=dict)
    waiting: dict[str, Waiting] = field(default_factory=dict)
    laid: dict[str, set[int]] = field(default_factory=dict)

    def tidy_waitlist(self, now: int) -> None:
        """Offers that don't stand any more are closed, and whoever waits for nothing leaves the list."""
        for name, waiting in list(self.waiting.items()):
            held = waiting.offered
            if held is not None and not waiting.offer_stands(now):
                if held.status in ("pending", "released"):
                    if held.held_until is not None and held.held_until <= now:
                        waiting.ran_out_on = day_of(held.held_until)
                    held.status, held.held, held.held_until = "released", {}, None
                    waiting.offered = None
                elif held.status in GOING_ON:  # somebody has booked it at the desk
                    del self.waiting[name]
                    continue
                else:  # booked at the desk and lost since: they wait on
                    waiting.offered = None
            if waiting.moot(now) or waiting.had_by_hand(self):
                if waiting.offered is not None:
                    waiting.offered.status, waiting.offered.held = "released", {}
                del self.waiting[name]

    def declared(self, thing: Thing) -> set[int]:
        """A day's own hours, or else the weekly patterns; less absences, less closures."""
        minutes: set[int] = set()
        for day in range(DAYS):
            hours = thing.own_hours.get(
                day, [(pattern.start, pattern.end) for pattern in thing.patterns if pattern.holds(day)]
            )
            for start, end in hours:
                minutes.update(range(at(day, start), at(day, end)))
        for start, end in [*thing.away.values(), *self.closed.values()]:
            minutes.difference_update(range(start, end))
        return minutes

    def lay(self, now: int) -> set[str]:
        """Open what is declared from now on; what is over stays as it was. The names of the visits that would
        lose a minute which they hold: then the hours may not change, and they don't."""
        laid = {
            name: {minute for minute in self.laid.get(name, set()) if minute < now}
            | {minute for minute in self.declared(thing) if minute >= now}
            for name, thing in self.things.items()
        }
        stranded = {
            visit.name
            for visit in self.visits.values()
            if visit.counts(now)
            and any(minute in self.laid[name] and minute not in laid[name] for name, minute in visit.held)
        }
        if not stranded:
            self.laid = laid
        return stranded


@dataclass(frozen=True)
class Reasons:
    """All that stands against one visit, by whose reason it is. None at all: it has to be accepted."""

    patient: set[str]
    chair: set[str]
    nurse: set[str]
    clinician: set[str]

    def __bool__(self) -> bool:
        return bool(self.patient or self.chair or self.nurse or self.clinician)

    def disagreement(self, told: Collection[str]) -> str:
        """What is wrong with a refusal that tells these codes; empty when it is right.

        What is about the patient has to be told whole. Of chairs, nurses and clinicians a refusal tells about
        those that come nearest, so each that is short has to be told with something that is true.
        """
        codes = set(told)
        about_patient = codes - OF_RESOURCES
        if about_patient != self.patient:
            return f"told of the patient {about_patient}, true is {self.patient}"
        untrue = codes & OF_RESOURCES - self.chair - self.nurse - self.clinician
        if untrue:
            return f"told {untrue}, true is {self}"
        silent = [short for short in (self.chair, self.nurse, self.clinician) if short and not short & codes]
        return f"not a word of {silent}, told {codes}" if silent else ""


class Picture:
    """The clinic at one moment: who is at work in each minute and how much of it is taken."""

    def __init__(self, clinic: Clinic, now: int, *, without: Collection[str] = ()) -> None:
        self.clinic = clinic
        self.now = now
        self.visits = [
            visit for visit in clinic.visits.values() if visit.counts(now) and visit.name not in without
        ]
        self.open = clinic.laid
        self.load: Cells = {}
        for visit in self.visits:
            for cell, units in visit.held.items():
                self.load[cell] = self.load.get(cell, 0) + units

    # What stands against one visit

    def reasons(
        self, plan: Plan, start: int, *, chair: str | None = None, nurse: str | None = None
    ) -> "Reasons":
        """Every reason against a visit of this plan that starts in this minute."""
        return Reasons(
            patient=self.patient_reasons(plan, start),
            chair=self.chair_reasons(plan, start, chair),
            nurse=self.nurse_reasons(plan, start, nurse),
            clinician=self.clinician_reasons(plan, start),
        )

    def patient_reasons(self, plan: Plan, start: int) -> set[str]:
        """What the plan, the patient's other visits and the calendar say."""
        reasons = set()
        if start < self.now:
            reasons.add("in_the_past")
        if not plan.consent:
            reasons.add("consent_missing")
        if not plan.first_day <= day_of(start) <= plan.last_day:
            reasons.add("plan_expired")
        if sum(visit.plan is plan for visit in self.visits) >= plan.sessions:
            reasons.add("sessions_used_up")
        for visit in self.visits:
            if visit.plan.patient != plan.patient:
                continue
            if visit.start < start + plan.shape.length and start < visit.start + visit.plan.shape.length:
                reasons.add("patient_elsewhere")
            if abs(day_of(visit.start) - day_of(start)) < plan.spacing:
                reasons.add("spacing_too_close")
        return reasons

    def chair_reasons(self, plan: Plan, start: int, chosen: str | None = None) -> set[str]:
        """One chair from arrival through turnover, with all that the plan asks of it."""
        block = range(start, start + plan.shape.block)
        chairs = self._things("chair", chosen)
        suitable = [name for name in chairs if plan.features <= self.clinic.things[name].features]
        if any(all(self.able(name, minute, 1) for minute in block) for name in suitable):
            return set()
        reasons = self._why(suitable or chairs, [(minute, 1) for minute in block], taken="chair_taken")
        return reasons if suitable else reasons | {"chair_unsuitable"}

    def nurse_reasons(self, plan: Plan, start: int, chosen: str | None = None) -> set[str]:
        """In every minute one nurse with room for the phase; another only from a phase's or a shift's edge
        on. A nurse who was asked for does it all."""
        nurses = self._things("nurse", chosen)
        reasons: set[str] = set()
        for phase in plan.shape.phases:
            stretch = (start + phase.start, start + phase.end)
            if not self._relay(nurses, stretch, phase.units):
                needs = [(minute, phase.units) for minute in range(*stretch)]
                reasons |= self._why(nurses, needs, taken="nurse_overloaded")
        return reasons

    def clinician_reasons(self, plan: Plan, start: int) -> set[str]:
        """A supervising clinician from start to discharge, who changes at shift edges alone."""
        stretch = (start, start + plan.shape.length)
        return set() if self._relay(self._things("clinician"), stretch, 1) else {"no_clinician"}

    def able(self, name: str, minute: int, units: int) -> bool:
        return minute in self.open[name] and self._has_room(name, minute, units)

    def starts(
        self, plan: Plan, days: Iterable[int], *, chair: str | None = None, nurse: str | None = None
    ) -> list[int]:
        """Every minute on the grid at which nothing stands against this plan's next visit."""
        return [
            start
            for day in days
            for start in range(at(day, 0), at(day + 1, 0), GRID)
            if any(start in self.open[name] for name in self._things("chair", chair))
            and not self.reasons(plan, start, chair=chair, nurse=nurse)
        ]

    def sessions_left(self, plan: Plan) -> int:
        return plan.sessions - sum(visit.plan is plan for visit in self.visits)

    def spaced(self, plan: Plan, starts: Collection[int], longest: int) -> bool:
        """Whether the sessions keep the spacing among each other."""
        days = sorted(day_of(start) for start in starts)
        return all(plan.spacing <= after - before <= longest for before, after in pairwise(days))

    def series_possible(self, plan: Plan, days: Iterable[int], count: int, longest: int) -> bool:
        """Whether so many sessions could be booked one after the other, for a patient without any visits;
        for others this says no."""
        if any(visit.plan.patient == plan.patient for visit in self.visits):
            return False
        possible = [day for day in days if day < DAYS and self.starts(plan, [day])]
        ends = dict.fromkeys(possible, 1)  # the most sessions that can end on this day
        for day in possible:
            before = [ends[other] for other in possible if plan.spacing <= day - other <= longest]
            ends[day] += max(before, default=0)
        return max(ends.values(), default=0) >= count

    # Whether what was laid is lawful

    def complaints(self, plan: Plan, start: int, held: Mapping[tuple[str, int], int]) -> list[str]:
        """What is wrong with a visit that holds this; the picture is the one before it was laid."""
        wrong = []
        by_kind: dict[str, dict[int, list[tuple[str, int]]]] = {"chair": {}, "nurse": {}, "clinician": {}}
        for (name, minute), units in held.items():
            by_kind[self.clinic.things[name].kind].setdefault(minute, []).append((name, units))
            if not self.able(name, minute, units):
                wrong.append(f"{name} has no room for {units} at {minute}")
        wanted: dict[str, dict[int, int]] = {
            "chair": dict.fromkeys(range(start, start + plan.shape.block), 1),
            "clinician": dict.fromkeys(range(start, start + plan.shape.length), 1),
            "nurse": {
                start + minute: phase.units
                for phase in plan.shape.phases
                for minute in range(phase.start, phase.end)
            },
        }
        edges = {start + phase.start for phase in plan.shape.phases}
        for kind, needed in wanted.items():
            found = {minute: [units for _, units in those] for minute, those in by_kind[kind].items()}
            if found != {minute: [units] for minute, units in needed.items()}:
                wrong.append(f"the {kind} does not serve exactly the phases")
                continue
            serving = {minute: those[0][0] for minute, those in by_kind[kind].items()}
            for minute in sorted(serving)[1:]:
                before, after = serving[minute - 1], serving[minute]
                if before == after or (kind == "nurse" and minute in edges):
                    continue
                if kind == "chair" or not self._shift_edge(before, after, minute):
                    wrong.append(f"{before} hands over to {after} in the middle of things, at {minute}")
        for name, _ in held:
            thing = self.clinic.things[name]
            if thing.kind == "chair" and not plan.features <= thing.features:
                wrong.append(f"{name} does not offer {set(plan.features)}")
                break
        return wrong

    def _things(self, kind: str, chosen: str | None = None) -> list[str]:
        return [
            thing.name
            for thing in self.clinic.things.values()
            if thing.kind == kind and thing.active and chosen in (None, thing.name)
        ]

    def _has_room(self, name: str, minute: int, units: int) -> bool:
        return self.load.get((name, minute), 0) + units <= self.clinic.things[name].capacity

    def _shift_edge(self, before: str, after: str, minute: int) -> bool:
        """The one who gives goes home now, or the one who takes has just come."""
        leaves = minute - 1 in self.open[before] and minute not in self.open[before]
        comes = minute in self.open[after] and minute - 1 not in self.open[after]
        return leaves or comes

    def _relay(self, names: Collection[str], stretch: Stretch, units: int) -> bool:
        """Whether these can serve the stretch, one after the other, changing at shift edges alone."""
        start, end = stretch
        hands = {name for name in names if self.able(name, start, units)}
        for minute in range(start + 1, end):
            ready = [name for name in names if self.able(name, minute, units)]
            hands = {
                name
                for name in ready
                if name in hands or any(self._shift_edge(other, name, minute) for other in hands)
            }
        return bool(hands)

    def _why(self, names: Collection[str], needs: Iterable[tuple[int, int]], *, taken: str) -> set[str]:
        """Of all these nobody can: closed in some needed minute, taken in some needed minute, or both."""
        needed = list(needs)
        reasons = set()
        if not names or any(minute not in self.open[name] for name in names for minute, _ in needed):
            reasons.add("outside_hours")
        if any(not self._has_room(name, minute, units) for name in names for minute, units in needed):
            reasons.add(taken)
        return reasons
