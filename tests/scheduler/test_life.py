"""The whole life of a schedule against a simple model: a hypothesis state machine on a real PostgreSQL.

Whatever happens in whatever order, after every step the clinic is as the model (`life_model`, minute by
minute in plain Python) says: nothing overlaps, nobody has too much to do, nothing lies outside the hours,
every visit holds exactly its phases, none is lost. The model also says beforehand whether a step must be
accepted or refused and which reasons for a refusal are true, so an explanation that is wrong fails here, and
a time that is refused without need does, too.

One clinic is built for all examples; each example's steps are rolled back.
"""

from collections.abc import Callable
from copy import deepcopy
from datetime import time
from functools import partial
from typing import Any, Final
from unittest import mock
from uuid import NAMESPACE_OID, UUID, uuid5

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from clinic.access import Actor
from clinic.models import Clinic as ClinicRow
from clinic.problems import Conflict
from scheduler.finding import free_times
from scheduler.finding.wishes import Wish
from scheduler.models import (
    Absence,
    AbsenceReason,
    Appointment,
    CancellationReason,
    Claim,
    Closure,
    DayHours,
    Opening,
    Repair,
    Resource,
    ResourceKind,
    TreatmentPlan,
    WaitlistOffer,
    WorkingPattern,
)
from scheduler.repairing import repair
from scheduler.repairing.proposal import Change, Outcome, proposal_of
from scheduler.repairing.reading import Missing
from scheduler.series import proposing, respacing
from scheduler.series.respacing import Accepted
from scheduler.visits import attendance, booking, calling_off, moving
from scheduler.visits.booking import Wanted
from scheduler.visits.placing import Move
from scheduler.waitlist import joining, waitlist
from scheduler.waitlist.waiting import Terms
from scheduler.working_hours import resources, time_off, working_time
from tests.cast import House, make_patient
from tests.scheduler import life_model as model
from tests.scheduler.stage import active_protocol, next_version, plan_row

NINE, NOON, THREE = 9 * 60, 12 * 60, 15 * 60
OPENS, CLOSES = NINE - 60, THREE + 60  # no declared hours reach beyond
HOURS: Final[list[list[tuple[int, int]]]] = [
    [],
    [(NINE, NOON)],
    [(NINE, NOON - 60), (NOON - 30, THREE)],
    [(OPENS, CLOSES)],
]

# (name, kind, capacity, features, from, until), every day of the week.
THINGS: Final = [
    ("Chair 1", ResourceKind.CHAIR, 1, [], NINE, THREE),
    ("Chair 2", ResourceKind.CHAIR, 1, ["private-room"], NINE, THREE),
    ("Nurse 1", ResourceKind.NURSE, 6, [], NINE, NOON + 30),
    ("Nurse 2", ResourceKind.NURSE, 6, [], NOON - 60, THREE),
    ("Dr Nair", ResourceKind.CLINICIAN, 2, [], NINE, NOON),
    ("Dr Ode", ResourceKind.CLINICIAN, 2, [], NOON, THREE),
]
SHAPE: Final = model.Shape(
    (
        model.Part("preparation", 0, 10, 6),
        model.Part("infusion", 10, 35, 3),
        model.Part("observation", 35, 55, 2),
    ),
    turnover=5,
)
SPACING: Final = 2
LONGEST_GAP: Final = 5
OFFER_MINUTES: Final = 30
# More than any of these days needs: a search that is cut short ends elsewhere on a busy machine.
SECONDS: Final = 30
# (plan, patient, sessions, first day, last day, features); Rosa has two plans.
PLANS: Final[list[tuple[str, str, int, int, int, list[str]]]] = [
    ("Rosa's", "Rosa", 3, 0, 11, []),
    ("Rosa's other", "Rosa", 2, 0, 11, []),
    ("Omar's", "Omar", 4, 0, 3, []),
    ("Ines's", "Ines", 4, 0, 11, ["private-room"]),
    ("Juno's", "Juno", 5, 0, 11, []),
    ("Kofi's", "Kofi", 5, 0, 11, []),
]

days = st.sampled_from(
    [0, 0, 0, 1, 1, 1, 2, 2, 3, 4, 6, 7, 8]
)  # the first days are full, the seventh is short
slots = st.integers(0, (CLOSES - OPENS) // model.GRID - 1)
picks = st.integers(0, 999)
things = st.sampled_from([name for name, *_ in THINGS])


class Staged:
    """The clinic's rows behind the names of the model; one for all examples."""

    def __init__(self, house: House) -> None:
        ClinicRow.objects.filter(pk=house.clinic.pk).update(
            opening_horizon_days=model.DAYS, offer_minutes=OFFER_MINUTES
        )
        self.clinic = ClinicRow.objects.get(pk=house.clinic.pk)
        self.ana: Actor = house.actor(house.ana)
        self.resources: dict[str, Resource] = {}
        for name, kind, capacity, features, start, end in THINGS:
            resource = Resource.objects.create(
                clinic=self.clinic, kind=kind, name=name, capacity=capacity, features=features
            )
            self.resources[name] = resource
            for weekday in range(7):
                WorkingPattern.objects.create(
                    resource=resource,
                    weekday=weekday,
                    starts_at=wall(start),
                    ends_at=wall(end),
                    valid_from=model.FIRST_DAY,
                )
        working_time.lay_openings(clinic=self.clinic, now=model.moment_of(model.at(0, 0)))
        preparation, infusion, observation = SHAPE.phases
        protocol = next_version(
            active_protocol(house),
            house,
            preparation_minutes=preparation.end - preparation.start,
            infusion_minutes=infusion.end - infusion.start,
            infusion_least_minutes=infusion.end - infusion.start,
            observation_minutes=observation.end - observation.start,
            turnover_minutes=SHAPE.turnover,
            spacing_min_days=SPACING,
            spacing_max_days=LONGEST_GAP,
        )
        patients = {"Rosa": house.rosa, "Omar": house.omar}
        self.plans: dict[str, TreatmentPlan] = {}
        for name, patient, sessions, first, last, features in PLANS:
            if patient not in patients:
                patients[patient] = make_patient(self.clinic, patient, "Vale")
            self.plans[name] = plan_row(
                house,
                protocol,
                patients[patient],
                sessions_ordered=sessions,
                valid_from=model.date_of(first),
                valid_until=model.date_of(last),
                chair_features=features,
            )


def fresh_model() -> model.Clinic:
    clinic = model.Clinic()
    for name, kind, capacity, features, start, end in THINGS:
        patterns = [model.Pattern(weekday, start, end, first=0) for weekday in range(7)]
        clinic.things[name] = model.Thing(
            kind.value, name, capacity, features=frozenset(features), patterns=patterns
        )
    for name, patient, sessions, first, last, features in PLANS:
        clinic.plans[name] = model.Plan(
            name, patient, SHAPE, sessions, SPACING, first, last, features=frozenset(features)
        )
    clinic.lay(0)
    return clinic


def wall(minute: int) -> time:
    return time(*divmod(minute, 60))


class Life(RuleBasedStateMachine):
    """Things that happen in a clinic, in any order. `staged` is set on the class before it runs."""

    staged: Staged

    def __init__(self) -> None:
        super().__init__()
        self.clinic = fresh_model()
        self.now = model.at(0, 8 * 60)
        self.rows: dict[str, UUID] = {}
        self.entries: dict[str, UUID] = {}  # on the waitlist, by plan
        self.offers: dict[str, WaitlistOffer] = {}
        self.compared: tuple[Any, Any] | None = None  # openings that were found right
        self.made = 0
        # The same steps have to lead to the same clinic, or they can't be told again: among equals the
        # smaller id comes first.
        self.chance = mock.patch.object(waitlist, "uuid4", self._id)
        self.chance.start()
        self.undone = transaction.atomic()
        self.undone.__enter__()

    def teardown(self) -> None:
        self.chance.stop()
        transaction.set_rollback(True)
        self.undone.__exit__(None, None, None)

    # What happens

    @initialize(wishes=st.lists(st.tuples(st.sampled_from(PLANS), days, picks), min_size=4, max_size=9))
    def some_visits_are_booked(self, wishes: list[tuple[Any, int, int]]) -> None:
        for plan, day, pick in wishes:
            if pick % 3:
                self.book_what_fits(plan, day, pick)
            else:
                self.hold(plan, day, pick, 10)

    @rule(minutes=st.sampled_from([5, 10, 30, 60, 24 * 60]))
    def time_passes(self, minutes: int) -> None:
        if self.now + minutes < model.at(9, 0):
            self.now += minutes

    @precondition(lambda self: self._ahead())
    @rule(minutes=st.sampled_from([-20, 0, 30]))
    def the_next_visit_comes_up(self, minutes: int) -> None:
        self.now = max(self.now, min(visit.start for visit in self._ahead()) + minutes)

    @rule(plan=st.sampled_from(PLANS), day=days, slot=slots)
    def book(self, plan: Any, day: int, slot: int) -> None:
        self._new(plan[0], model.at(day, OPENS + slot * model.GRID))

    @rule(
        plan=st.sampled_from(PLANS),
        day=days,
        slot=slots,
        chair=st.sampled_from([None, "Chair 1", "Chair 2"]),
        nurse=st.sampled_from([None, "Nurse 1", "Nurse 2"]),
    )
    def book_with(self, plan: Any, day: int, slot: int, chair: str | None, nurse: str | None) -> None:
        self._new(plan[0], model.at(day, OPENS + slot * model.GRID), chair, nurse)

    @rule(plan=st.sampled_from(PLANS), day=days, pick=picks)
    def book_what_fits(self, plan: Any, day: int, pick: int) -> None:
        """A time of which the model says that it can be booked has to be."""
        starts = model.Picture(self.clinic, self.now).starts(self.clinic.plans[plan[0]], [day])
        if starts:
            assert self._new(plan[0], starts[pick % len(starts)])

    @rule(plan=st.sampled_from(PLANS), day=days, pick=picks, minutes=st.sampled_from([5, 10, 30]))
    def hold(self, plan: Any, day: int, pick: int, minutes: int) -> None:
        starts = model.Picture(self.clinic, self.now).starts(self.clinic.plans[plan[0]], [day])
        start = starts[pick % len(starts)] if starts else model.at(day, OPENS)
        self._new(plan[0], start, until=self.now + minutes)

    @precondition(lambda self: self._of("pending"))
    @rule(pick=picks)
    def book_held(self, pick: int) -> None:
        held = self._pick("pending", pick)
        picture = model.Picture(self.clinic, self.now, without=[held.name])
        answer = self._answer(
            lambda: booking.book_held(actor=self.staged.ana, appointment=self._row(held), now=self._moment())
        )
        if not held.counts(self.now):
            self._refused(answer, "hold_over")
        elif not self._judged(picture.reasons(held.plan, held.start), answer):
            held.status, held.held_until = "booked", None

    @precondition(lambda self: self._of("pending"))
    @rule(pick=picks, plan=st.sampled_from(PLANS), late=st.sampled_from([-5, 0, 0, 5]))
    def want_what_is_held(self, pick: int, plan: Any, late: int) -> None:
        """Until the very moment up to which it is held nobody else can have it; from then on anybody can."""
        held = self._pick("pending", pick)
        (chair,) = {name for name, _ in held.held if name.startswith("Chair")}
        if held.counts(self.now) and held.held_until is not None:
            self.now = max(self.now, held.held_until + late)
        self._new(plan[0], held.start, chair)

    @precondition(lambda self: self._of("pending"))
    @rule(pick=picks)
    def release(self, pick: int) -> None:
        held = self._pick("pending", pick)
        calling_off.release(actor=self.staged.ana, appointment=self._row(held), now=self._moment())
        self._gone(held)

    @precondition(lambda self: self._of("pending", "booked"))
    @rule(
        pick=picks,
        day=days,
        slot=slots,
        chair=st.sampled_from([None, None, "Chair 1", "Chair 2"]),
        nurse=st.sampled_from([None, None, "Nurse 1", "Nurse 2"]),
    )
    def move(self, pick: int, day: int, slot: int, chair: str | None, nurse: str | None) -> None:
        self._move(self._pick("pending", pick, "booked"), model.at(day, OPENS + slot * 5), chair, nurse)

    @precondition(lambda self: self._of("pending", "booked"))
    @rule(pick=picks, day=days, place=picks)
    def move_to_what_fits(self, pick: int, day: int, place: int) -> None:
        visit = self._pick("pending", pick, "booked")
        starts = model.Picture(self.clinic, self.now, without=[visit.name]).starts(visit.plan, [day])
        if starts and visit.counts(self.now):
            start = starts[place % len(starts)]
            self._move(visit, start)
            assert visit.start == start or self._asked_about(visit)

    @precondition(lambda self: self._of("pending", "booked"))
    @rule(pick=picks, reason=st.sampled_from([CancellationReason.PATIENT, CancellationReason.ROOM]))
    def cancel(self, pick: int, reason: CancellationReason) -> None:
        visit = self._pick("pending", pick, "booked")
        calling_off.cancel(
            actor=self.staged.ana, appointment=self._row(visit), reason=reason, now=self._moment()
        )
        self._gone(visit)

    @precondition(lambda self: self._of("booked"))
    @rule(pick=picks)
    def arrive(self, pick: int) -> None:
        visit = self._near_now(pick)
        answer = self._answer(
            lambda: attendance.arrive(actor=self.staged.ana, appointment=self._row(visit), now=self._moment())
        )
        if model.day_of(self.now) != model.day_of(visit.start):
            self._refused(answer, "not_today")
        else:
            self._accepted(answer)
            visit.status = "arrived"

    @precondition(lambda self: self._of("arrived"))
    @rule(pick=picks)
    def begin(self, pick: int) -> None:
        """Who is in the chair early holds it from then on, and nobody else may."""
        visit = self._pick("arrived", pick)
        (chair,) = {name for name, _ in visit.held if name.startswith("Chair")}
        early = {(chair, minute) for minute in range(self.now, visit.start)}
        answer = self._answer(lambda: attendance.begin(appointment=self._row(visit), now=self._moment()))
        if any(
            not early.isdisjoint(other.held)
            for other in self.clinic.visits.values()
            if other is not visit and other.counts(self.now) and other.status != "fulfilled"
        ):
            self._refused(answer, "chair_not_free")
            return
        self._accepted(answer)
        visit.status = "checked-in"
        held = self._held_by(self.rows[visit.name])
        assert held in (visit.held, visit.held | dict.fromkeys(early, 1))
        visit.held = held

    @precondition(lambda self: self._of("arrived", "checked-in"))
    @rule(pick=picks)
    def fulfil(self, pick: int) -> None:
        visit = self._pick("arrived", pick, "checked-in")
        attendance.fulfil(appointment=self._row(visit), now=self._moment())
        turned_over = self.now + (visit.plan.shape.turnover if visit.status == "checked-in" else 0)
        visit.held = {
            (name, minute): units
            for (name, minute), units in visit.held.items()
            if minute < (turned_over if name.startswith("Chair") else self.now)
        }
        visit.status = "fulfilled"
        assert self._held_by(self.rows[visit.name]) == visit.held

    @precondition(lambda self: self._of("booked"))
    @rule(pick=picks)
    def miss(self, pick: int) -> None:
        visit = self._near_now(pick)
        answer = self._answer(
            lambda: attendance.mark_no_show(
                actor=self.staged.ana, appointment=self._row(visit), now=self._moment()
            )
        )
        if self.now < visit.start:
            self._refused(answer, "not_begun")
        else:
            self._accepted(answer)
            visit.status, visit.held = "noshow", {}

    @precondition(lambda self: self._of("cancelled", "noshow", "arrived", "released", "fulfilled"))
    @rule(pick=picks)
    def undo(self, pick: int) -> None:
        visit = self._pick("cancelled", pick, "noshow", "arrived", "released", "fulfilled")
        picture = model.Picture(self.clinic, self.now)
        reasons = picture.reasons(visit.plan, visit.start)
        reasons.patient.discard("in_the_past")
        answer = self._answer(
            lambda: attendance.undo(actor=self.staged.ana, appointment=self._row(visit), now=self._moment())
        )
        if visit.status in ("released", "fulfilled"):
            self._refused(answer, "nothing_to_undo")
        elif visit.status == "arrived":
            self._accepted(answer)
            visit.status = "booked"
        elif not self._judged(reasons, answer):
            held = self._held_by(self.rows[visit.name])
            assert not picture.complaints(visit.plan, visit.start, held)
            visit.status, visit.held = "booked", held

    @rule(thing=things, day=days, slot=slots, minutes=st.sampled_from([30, 120, 480]))
    def be_absent(self, thing: str, day: int, slot: int, minutes: int) -> None:
        self._absence(thing, model.at(day, OPENS + slot * model.GRID), minutes)

    @precondition(lambda self: self._ahead())
    @rule(pick=picks, whose=picks, minutes=st.sampled_from([5, 60]))
    def be_absent_from_a_visit(self, pick: int, whose: int, minutes: int) -> None:
        ahead = self._ahead()
        visit = ahead[pick % len(ahead)]
        serving = sorted({name for name, _ in visit.held})
        first = min(minute for name, minute in visit.held if name == serving[whose % len(serving)])
        self._absence(serving[whose % len(serving)], first, minutes)

    @precondition(lambda self: any(thing.away for thing in self.clinic.things.values()))
    @rule(pick=picks)
    def come_back(self, pick: int) -> None:
        absences = [(thing, key) for thing in self.clinic.things.values() for key in thing.away]
        thing, key = absences[pick % len(absences)]
        call = partial(
            time_off.withdraw_absence,
            actor=self.staged.ana,
            absence=Absence.objects.get(pk=key),
            now=self._moment(),
        )
        if thing.away[key][1] <= self.now:
            self._refused(self._answer(call), "over")
        else:
            self._declare(lambda: thing.away.pop(key), call)

    @precondition(lambda self: self._ahead())
    @rule(pick=picks, whose=picks, minutes=st.sampled_from([30, 120, 480]))
    def repair_a_day(self, pick: int, whose: int, minutes: int) -> None:
        """Somebody whom a visit needs falls ill, or its chair breaks: what is proposed can be carried out,
        loses nobody, and leaves what lies behind as it was. Whom nobody could serve is left to people."""
        ahead = self._ahead()
        visit = ahead[pick % len(ahead)]
        serving = sorted({name for name, _ in visit.held})
        thing = serving[whose % len(serving)]
        day = model.day_of(visit.start)
        start = min(minute for name, minute in visit.held if name == thing)
        end = min(start + minutes, model.at(day, CLOSES))
        key = self._id()
        found: list[Repair] = []
        answer = self._answer(
            lambda: found.append(
                repair.propose(
                    actor=self.staged.ana,
                    id=key,
                    clinic=self.staged.clinic,
                    day=model.date_of(day),
                    disruption=Missing(
                        model.moment_of(start),
                        model.moment_of(end),
                        self.staged.resources[thing],
                        AbsenceReason.ILLNESS,
                    ),
                    now=self._moment(),
                    seconds=SECONDS,
                )
            )
        )
        if answer is not None:
            self._refused(answer, "not_repairable")
            return
        plan = proposal_of(found[0].proposal)
        answer = self._answer(
            lambda: repair.accept(actor=self.staged.ana, repair=found[0], now=self._moment())
        )
        if not plan.can_be_carried_out:
            self._refused(answer, "not_repairable")
            return
        self._accepted(answer)
        since = model.minute_of(plan.since)
        for change in plan.changes:
            self._carry_out(change, since)
        self.clinic.things[thing].away[str(uuid5(key, "absence"))] = (max(start, since), end)
        assert not self.clinic.lay(self.now), "repaired, and somebody would still lose what they hold"
        for change in plan.changes:
            self._repaired(change)

    def _carry_out(self, change: Change, since: int) -> None:
        visit = self.clinic.visits[self.names[change.visit]]
        if change.outcome == Outcome.GIVEN_UP:
            self._gone(visit)
            return
        if change.outcome == Outcome.ANOTHER_DAY:
            visit.status = "booked" if change.dates else "cancelled"
            visit.start = model.minute_of(change.dates[0]) if change.dates else visit.start
        elif change.to is not None:
            visit.start = model.minute_of(change.to.start)
        held = self._held_by(self.rows[visit.name])
        if change.begun:
            behind = {cell: units for cell, units in visit.held.items() if cell[1] < since}
            assert {cell: units for cell, units in held.items() if cell[1] < since} == behind
        visit.held = held

    def _repaired(self, change: Change) -> None:
        """A visit that had not begun is lawful where it is, and a new time is right for its patient."""
        visit = self.clinic.visits[self.names[change.visit]]
        if change.begun or not visit.held:
            return
        picture = model.Picture(self.clinic, self.now, without=[visit.name])
        self._lawful(picture, visit.plan, visit.start, visit.held, None, None)
        if change.outcome != Outcome.KEPT:
            assert not picture.patient_reasons(visit.plan, visit.start)

    @rule(thing=things, day=days, hours=st.sampled_from(HOURS))
    def set_day(self, thing: str, day: int, hours: list[tuple[int, int]]) -> None:
        if day < model.day_of(self.now):
            return
        resource = self.staged.resources[thing]
        standing = DayHours.objects.filter(resource=resource, day=model.date_of(day)).first()
        self._declare(
            lambda: self.clinic.things[thing].own_hours.update({day: hours}),
            lambda: working_time.set_day(
                actor=self.staged.ana,
                id=self._id(),
                resource=resource,
                day=model.date_of(day),
                hours=[(wall(start), wall(end)) for start, end in hours],
                in_place_of=standing.pk if standing else None,
                now=self._moment(),
            ),
        )

    @precondition(lambda self: any(thing.own_hours for thing in self.clinic.things.values()))
    @rule(pick=picks)
    def clear_day(self, pick: int) -> None:
        own = [(thing, day) for thing in self.clinic.things.values() for day in thing.own_hours]
        thing, day = own[pick % len(own)]
        call = partial(
            working_time.clear_day,
            actor=self.staged.ana,
            day_hours=DayHours.objects.get(
                resource=self.staged.resources[thing.name], day=model.date_of(day)
            ),
            now=self._moment(),
        )
        if day < model.day_of(self.now):
            self._refused(self._answer(call), "over")
        else:
            self._declare(lambda: thing.own_hours.pop(day), call)

    @rule(thing=things, weekday=st.integers(0, 6), day=days, hours=st.sampled_from(HOURS))
    def change_shift(self, thing: str, weekday: int, day: int, hours: list[tuple[int, int]]) -> None:
        """Other hours on one weekday, from a day on."""
        if day < model.day_of(self.now):
            return
        resource = self.staged.resources[thing]
        first = model.date_of(day)
        standing = working_time.patterns_standing(resource, [weekday], first, None)
        self._declare(
            lambda: self.clinic.things[thing].change_shift(weekday, day, hours),
            lambda: working_time.set_pattern(
                actor=self.staged.ana,
                id=self._id(),
                resource=resource,
                weekdays=[weekday],
                hours=[(wall(start), wall(end)) for start, end in hours],
                valid_from=first,
                in_place_of=[pattern.pk for pattern in standing],
                now=self._moment(),
            ),
        )

    @rule(thing=things, pick=picks, day=days)
    def end_pattern(self, thing: str, pick: int, day: int) -> None:
        """Weekly hours that hold through a day and no longer."""
        rows = list(WorkingPattern.objects.filter(resource=self.staged.resources[thing]).order_by("pk"))
        if not rows or day < model.day_of(self.now) - 1:
            return
        row = rows[pick % len(rows)]
        if row.valid_until and row.valid_until < model.date_of(day):
            return
        first = (row.valid_from - model.FIRST_DAY).days
        (same,) = [
            pattern
            for pattern in self.clinic.things[thing].patterns
            if (pattern.weekday, pattern.first, wall(pattern.start)) == (row.weekday, first, row.starts_at)
            and (pattern.last is None or pattern.last >= pattern.first)
        ]
        place = self.clinic.things[thing].patterns.index(same)
        self._declare(
            lambda: self.clinic.things[thing].end_pattern(self.clinic.things[thing].patterns[place], day),
            lambda: working_time.end_pattern(
                actor=self.staged.ana, pattern=row, last_day=model.date_of(day), now=self._moment()
            ),
        )

    @precondition(lambda self: len(self._ahead()) > 1)
    @rule(pick=picks, other=picks, day=days, place=picks)
    def rearrange(self, pick: int, other: int, day: int, place: int) -> None:
        """One visit takes another's place, which goes to where it fits: both or none."""
        ahead = self._ahead()
        first, second = ahead[pick % len(ahead)], ahead[other % len(ahead)]
        if first is second:
            return
        order = sorted((first, second), key=lambda visit: self.rows[visit.name])
        gone = model.Picture(self.clinic, self.now, without=[first.name, second.name])
        starts = gone.starts(second.plan, [day]) or [model.at(day, OPENS)]
        wanted = {first.name: second.start, second.name: starts[place % len(starts)]}
        answer = self._answer(
            lambda: moving.rearrange(
                actor=self.staged.ana,
                clinic=self.staged.clinic,
                moves=[
                    Move(self._row(visit), model.moment_of(wanted[visit.name])) for visit in (first, second)
                ],
                reason="They change places",
                now=self._moment(),
            )
        )
        alone = {visit.name: self._reasons_to_go(gone, visit, wanted[visit.name]) for visit in order}
        if answer is not None:
            self._refused(answer, "not_bookable")
            told = {self.names[row["id"]]: row["blockers"] for row in answer.data["visits"]}
            assert set(told) >= {name for name, reasons in alone.items() if reasons}
            for name, reasons in alone.items():
                if reasons:  # what stands against it with the other one gone is told, at the least
                    codes = {blocker["code"] for blocker in told[name]}
                    assert reasons.patient <= codes
            return
        assert not any(alone.values()), f"moved in spite of {alone}"
        for visit in order:
            visit.start, visit.held = wanted[visit.name], {}
        for visit in order:
            picture = model.Picture(self.clinic, self.now, without=[visit.name])
            held = self._held_by(self.rows[visit.name])
            self._lawful(picture, visit.plan, visit.start, held, None, None)
            visit.held = held

    def _reasons_to_go(self, picture: model.Picture, visit: model.Visit, start: int) -> model.Reasons:
        reasons = picture.reasons(visit.plan, start)
        if start == visit.start:
            reasons.patient.clear()  # it keeps its time: only who serves it is asked
        return reasons

    @rule(plan=st.sampled_from(PLANS))
    def respace(self, plan: Any) -> None:
        """Whatever is proposed mends the spacing of what is still to come, and can be carried out."""
        asked = {"plan": self.staged.plans[plan[0]], "now": self._moment()}
        found = respacing.respace(**asked)
        if not found.shifts:
            return
        moved = [self.clinic.visits[self.names[shift.reviewed.appointment.pk]] for shift in found.shifts]
        moves = [
            Accepted(shift.reviewed.appointment.pk, shift.reviewed.appointment.starts_at, shift.start)
            for shift in found.shifts
        ]
        assert self._answer(lambda: respacing.accept(actor=self.staged.ana, moves=moves, **asked)) is None
        for visit, shift in zip(moved, found.shifts, strict=True):
            assert visit.plan.name == plan[0]
            assert visit.start > self.now
            visit.start, visit.held = model.minute_of(shift.start), {}
        for visit in moved:
            picture = model.Picture(self.clinic, self.now, without=[visit.name])
            held = self._held_by(self.rows[visit.name])
            self._lawful(picture, visit.plan, visit.start, held, None, None)
            visit.held = held
        assert not respacing.respace(**asked).review.out_of_spacing

    @rule(day=days, hours=st.sampled_from([(OPENS, NOON), (NINE, CLOSES)]))
    def close(self, day: int, hours: tuple[int, int]) -> None:
        start, end = (model.at(day, minute) for minute in hours)
        if end <= self.now or (start, end) in self.clinic.closed.values():
            return
        key = self._id()
        self._declare(
            lambda: self.clinic.closed.update({str(key): (start, end)}),
            lambda: time_off.close(
                actor=self.staged.ana,
                id=key,
                clinic=self.staged.clinic,
                start=model.moment_of(start),
                end=model.moment_of(end),
                name="Burst pipe",
                now=self._moment(),
            ),
        )

    @precondition(lambda self: self.clinic.closed)
    @rule(pick=picks)
    def reopen(self, pick: int) -> None:
        key = list(self.clinic.closed)[pick % len(self.clinic.closed)]
        call = partial(
            time_off.reopen,
            actor=self.staged.ana,
            closure=Closure.objects.get(pk=key),
            now=self._moment(),
        )
        if self.clinic.closed[key][1] <= self.now:
            self._refused(self._answer(call), "over")
        else:
            self._declare(lambda: self.clinic.closed.pop(key), call)

    @rule(nurse=st.sampled_from(["Nurse 1", "Nurse 2"]), capacity=st.sampled_from([5, 6, 9]))
    def change_capacity(self, nurse: str, capacity: int) -> None:
        over = {
            self.names[key]
            for key, thing, _, high, _, _ in self._claims()
            if thing == nurse and high > capacity
        }
        answer = self._answer(
            lambda: resources.change_resource(
                actor=self.staged.ana,
                resource=self.staged.resources[nurse],
                capacity=capacity,
                now=self._moment(),
            )
        )
        in_the_way = {name for name in over if self._still_to_come(self.clinic.visits[name])}
        if in_the_way:
            self._refused(answer, "capacity_booked", visits=in_the_way)
        else:
            self._accepted(answer)
            self.clinic.things[nurse].capacity = capacity

    @rule(plan=st.sampled_from(PLANS), first=days, last=days, count=st.integers(2, 3))
    def book_series(self, plan: Any, first: int, last: int, count: int) -> None:
        """Whatever is proposed can be booked as it is; nothing is proposed only where nothing is possible."""
        wanted = self.clinic.plans[plan[0]]
        picture = model.Picture(self.clinic, self.now)
        if count > picture.sessions_left(wanted) or last < max(first, model.day_of(self.now)):
            return
        if not (first <= wanted.last_day and wanted.first_day <= last):
            return
        asked: dict[str, Any] = {
            "plan": self.staged.plans[plan[0]],
            "wish": Wish(),
            "now": self._moment(),
        }
        proposed = proposing.propose(
            count=count, first=model.date_of(first), last=model.date_of(last), **asked
        )
        assert not proposed.blockers
        for offer in proposed.offers:
            starts = [model.minute_of(session.start) for session in offer.sessions]
            assert len(starts) == count
            assert picture.spaced(wanted, starts, LONGEST_GAP), f"{starts} do not keep the spacing"
            assert not any(picture.reasons(wanted, start) for start in starts)
        if not proposed.offers:
            assert not picture.series_possible(wanted, range(first, last + 1), count, LONGEST_GAP)
            return
        sessions = [
            Wanted(self._id(), session.start, session.wished_chair, session.wished_nurse)
            for session in proposed.offers[0].sessions
        ]
        made = {"actor": self.staged.ana, "id": self._id(), "sessions": sessions, **asked}
        assert self._answer(lambda: proposing.book(**made)) is None
        for session in sessions:
            start = model.minute_of(session.start)
            self._learn(session.id, model.Picture(self.clinic, self.now), wanted, start, "booked")

    @rule(plan=st.sampled_from(PLANS), first=days, length=days, sooner=st.booleans())
    def wait(self, plan: Any, first: int, length: int, sooner: bool) -> None:
        """For one more session, or for an earlier time of one that is booked."""
        wanted = self.clinic.plans[plan[0]]
        first = max(first, model.day_of(self.now), wanted.first_day)
        booked = [visit for visit in self._of("booked") if visit.plan is wanted and visit.start > self.now]
        visit = booked[0] if sooner and booked else None
        if first > wanted.last_day or (visit and model.day_of(visit.start) < first):
            return
        key = self._id()
        answer = self._answer(
            lambda: joining.join(
                actor=self.staged.ana,
                id=key,
                plan=self.staged.plans[plan[0]],
                terms=Terms(model.date_of(first), model.date_of(first + length), notice_hours=0),
                appointment=self._row(visit) if visit else None,
                now=self._moment(),
            )
        )
        if plan[0] in self.clinic.waiting:
            self._refused(answer, "already_waiting")
        else:
            self._accepted(answer)
            self.entries[plan[0]] = key
            self.clinic.waiting[plan[0]] = model.Waiting(wanted, first, first + length, visit, self.now)
            self.offer_what_is_free()

    @precondition(lambda self: self.clinic.waiting)
    @rule()
    def offer_what_is_free(self) -> None:
        """Everybody who can be given something is offered something that they can have."""
        self.clinic.tidy_waitlist(self.now)
        offers = waitlist.offer_freed(clinic=self.staged.clinic, now=self._moment())
        plans = {entry: plan for plan, entry in self.entries.items()}
        for offer in offers:
            waiting = self.clinic.waiting[plans[offer.entry_id]]
            start = model.minute_of(offer.appointment.starts_at)
            assert waiting.wants(self.clinic, start, self.now)
            assert waiting.offered is None
            waiting.offered = self._learn(
                offer.appointment_id,
                model.Picture(self.clinic, self.now),
                waiting.plan,
                start,
                "pending",
                until=model.minute_of(offer.expires_at),
            )
            waiting.had.append(start)
            self.offers[waiting.plan.name] = offer
        today = model.day_of(self.now)
        if not model.at(today, 8 * 60) <= self.now < model.at(today, 20 * 60):
            return  # nobody is asked at night, and the time to answer stands still
        for waiting in self.clinic.waiting.values():
            if waiting.offered is None and waiting.ran_out_on != today:
                assert not waiting.could_have(self.clinic, self.now, self.now + OFFER_MINUTES)

    @precondition(lambda self: any(waiting.offered for waiting in self.clinic.waiting.values()))
    @rule(pick=picks)
    def accept(self, pick: int) -> None:
        waiting, held = self._offered_to(pick)
        visit = waiting.visit
        picture = model.Picture(self.clinic, self.now, without=[held.name, *([visit.name] if visit else [])])
        answer = self._answer(
            lambda: waitlist.accept(actor=None, offer=self.offers[waiting.plan.name], now=self._moment())
        )
        if not waiting.offer_stands(self.now):
            self._refused(answer, "offer_over")
        elif not self._judged(picture.reasons(waiting.plan, held.start), answer):
            del self.clinic.waiting[waiting.plan.name]
            if visit is None:
                held.status, held.held_until = "booked", None
            else:
                self._gone(held)
                visit.start, visit.held = held.start, self._held_by(self.rows[visit.name])
                assert not picture.complaints(visit.plan, visit.start, visit.held)

    @precondition(lambda self: any(waiting.offered for waiting in self.clinic.waiting.values()))
    @rule(pick=picks)
    def decline(self, pick: int) -> None:
        """What was declined is free, and is not offered to the same patient again."""
        waiting, held = self._offered_to(pick)
        answer = self._answer(
            lambda: waitlist.decline(actor=None, offer=self.offers[waiting.plan.name], now=self._moment())
        )
        if not waiting.offer_stands(self.now):
            self._refused(answer, "offer_over")
            return
        self._accepted(answer)
        self._gone(held)
        waiting.offered = None
        self.offer_what_is_free()

    @rule(plan=st.sampled_from(PLANS), day=days)
    def search(self, plan: Any, day: int) -> None:
        """What is offered on a day is exactly what fits, the plan's own sessions aside."""
        wanted = self.clinic.plans[plan[0]]
        picture = model.Picture(self.clinic, self.now)
        found = free_times.search(
            plan=self.staged.plans[plan[0]],
            first=model.moment_of(model.at(day, 0)),
            until=model.moment_of(model.at(day + 1, 0)),
            now=self._moment(),
        ).first()
        fitting = [
            start
            for start in range(model.at(day, OPENS), model.at(day, CLOSES), model.GRID)
            if not (reasons := picture.reasons(wanted, start)).chair | reasons.nurse | reasons.clinician
            and reasons.patient <= {"sessions_used_up"}
        ]
        assert [model.minute_of(feasible.start) for feasible in found] == fitting

    # What is true after every step

    @invariant()
    def the_clinic_is_as_the_model_says(self) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        names = self.names
        held: dict[str, model.Cells] = {name: {} for name in self.rows}
        painted: dict[tuple[str, int, int], str] = {}
        for key, thing, low, high, start, end in self._claims():
            visit = self.clinic.visits[names[key]]
            if visit.status == "pending" and not visit.counts(self.now):
                continue
            for minute in range(start, end):
                held[visit.name][thing, minute] = held[visit.name].get((thing, minute), 0) + high - low
                for unit in range(low, high):
                    other = painted.setdefault((thing, unit, minute), visit.name)
                    assert other == visit.name, f"{visit.name} and {other} hold the same of {thing}"
                    assert visit.status == "fulfilled" or unit < self.clinic.things[thing].capacity
        for name, visit in self.clinic.visits.items():
            if visit.status != "pending" or visit.counts(self.now):
                assert held[name] == visit.held, f"{name} does not hold what it was given"
        self._compare_openings(painted)
        self._compare_rows(names)
        self._nobody_is_in_two_places()

    def _compare_openings(self, painted: dict[tuple[str, int, int], str]) -> None:
        for thing, _, minute in painted:
            assert minute in self.clinic.laid[thing], f"{thing} is claimed outside its hours"
        named = {resource.pk: name for name, resource in self.staged.resources.items()}
        rows = [
            (named[key], model.minute_of(during.lower), model.minute_of(during.upper))
            for key, during in Opening.objects.order_by("pk").values_list("resource_id", "during")
        ]
        if self.compared == (rows, self.clinic.laid):
            return
        opened: dict[str, set[int]] = {name: set() for name in self.clinic.things}
        for thing, start, end in rows:
            assert opened[thing].isdisjoint(range(start, end)), f"{thing}'s openings overlap"
            opened[thing].update(range(start, min(end, model.at(model.DAYS, 0))))
        assert opened == self.clinic.laid, "hours are open that nobody declared, or the other way round"
        self.compared = rows, self.clinic.laid

    def _compare_rows(self, names: dict[UUID, str]) -> None:
        rows = Appointment.objects.values_list("pk", "status", "during")
        assert {key for key, _, _ in rows} == set(names), "visits were lost or made up"
        for key, status, during in rows:
            visit = self.clinic.visits[names[key]]
            if visit.status == "pending" and not visit.counts(self.now):
                assert status in ("pending", "cancelled"), f"{visit.name} is {status}"
                continue
            expected = "cancelled" if visit.status == "released" else visit.status
            assert (status, model.minute_of(during.lower)) == (expected, visit.start), visit.name

    def _nobody_is_in_two_places(self) -> None:
        present: dict[tuple[str, int], str] = {}
        for visit in self.clinic.visits.values():
            if visit.counts(self.now):
                for minute in range(visit.start, visit.start + visit.plan.shape.length):
                    other = present.setdefault((visit.plan.patient, minute), visit.name)
                    assert other == visit.name, f"{visit.plan.patient} is in two places"

    # How it is asked

    def _id(self) -> UUID:
        self.made += 1
        return uuid5(NAMESPACE_OID, str(self.made))

    def _absence(self, thing: str, start: int, minutes: int) -> None:
        if start + minutes <= self.now:
            return
        key = self._id()
        away = self.clinic.things[thing].away.values()
        covered = any(first <= start and start + minutes <= last for first, last in away)
        call = partial(
            time_off.record_absence,
            actor=self.staged.ana,
            id=key,
            resource=self.staged.resources[thing],
            start=model.moment_of(start),
            end=model.moment_of(start + minutes),
            reason=AbsenceReason.ILLNESS,
            now=self._moment(),
        )
        if covered:
            self._refused(self._answer(call), "absent_already")
            return
        self._declare(
            lambda: self.clinic.things[thing].away.update({str(key): (start, start + minutes)}), call
        )

    def _new(
        self,
        plan: str,
        start: int,
        chair: str | None = None,
        nurse: str | None = None,
        *,
        until: int | None = None,
    ) -> bool:
        """Ask beforehand, then book or hold: the same answer twice, and the one that the model gives."""
        picture = model.Picture(self.clinic, self.now)
        reasons = picture.reasons(self.clinic.plans[plan], start, chair=chair, nurse=nurse)
        asked: dict[str, Any] = {
            "actor": self.staged.ana,
            "plan": self.staged.plans[plan],
            "start": model.moment_of(start),
            "chair": self.staged.resources.get(chair or ""),
            "nurse": self.staged.resources.get(nurse or ""),
            "now": self._moment(),
        }
        told = booking.check(**asked)
        assert not reasons.disagreement([blocker.code for blocker in told.blockers])
        for feasible in told.alternatives:
            self._offered(picture, self.clinic.plans[plan], model.minute_of(feasible.start))
        key = self._id()
        if until is None:
            answer = self._answer(lambda: booking.book(id=key, **asked))
        else:
            answer = self._answer(lambda: booking.hold(id=key, until=model.moment_of(until), **asked))
        if self._judged(reasons, answer):
            return False
        status = "booked" if until is None else "pending"
        self._learn(key, picture, self.clinic.plans[plan], start, status, chair, nurse, until=until)
        return True

    def _learn(
        self,
        key: UUID,
        picture: model.Picture,
        plan: model.Plan,
        start: int,
        status: str,
        chair: str | None = None,
        nurse: str | None = None,
        *,
        until: int | None = None,
    ) -> model.Visit:
        """A new visit, with what it was given: that has to be lawful in the picture before it."""
        name = f"visit {len(self.rows) + 1}"
        self.rows[name] = key
        held = self._held_by(key)
        self._lawful(picture, plan, start, held, chair, nurse)
        visit = self.clinic.visits[name] = model.Visit(name, plan, start, status, held, until, self.now)
        return visit

    def _move(
        self, visit: model.Visit, start: int, chair: str | None = None, nurse: str | None = None
    ) -> None:
        picture = model.Picture(self.clinic, self.now, without=[visit.name])
        reasons = picture.reasons(visit.plan, start, chair=chair, nurse=nurse)
        if visit.status == "booked" and start == visit.start:
            reasons.patient.clear()  # it keeps its time: only who serves it is asked
        answer = self._answer(
            lambda: moving.reschedule(
                actor=self.staged.ana,
                appointment=self._row(visit),
                start=model.moment_of(start),
                chair=self.staged.resources.get(chair or ""),
                nurse=self.staged.resources.get(nurse or ""),
                now=self._moment(),
            )
        )
        if not visit.counts(self.now):
            self._refused(answer, "hold_over")
            return
        if self._asked_about(visit) and start != visit.start:
            self._refused(answer, "offered")
            return
        if self._judged(reasons, answer):
            return
        visit.start, visit.held = start, self._held_by(self.rows[visit.name])
        self._lawful(picture, visit.plan, start, visit.held, chair, nurse)

    def _lawful(
        self,
        picture: model.Picture,
        plan: model.Plan,
        start: int,
        held: model.Cells,
        chair: str | None,
        nurse: str | None,
    ) -> None:
        assert not picture.complaints(plan, start, held)
        serving = {name for name, _ in held}
        assert chair is None or chair in serving
        assert nurse is None or {name for name in serving if name.startswith("Nurse")} == {nurse}

    def _offered(self, picture: model.Picture, plan: model.Plan, start: int) -> None:
        """An alternative that is offered can be booked; with other people than were asked for, perhaps."""
        assert not picture.reasons(plan, start), f"{start} is offered and can't be booked"

    def _answer(self, call: Callable[[], Any]) -> Conflict | None:
        """The refusal, if it was one."""
        try:
            call()
        except Conflict as refusal:
            return refusal
        return None

    def _accepted(self, answer: Conflict | None) -> None:
        assert answer is None, f"refused without need: {answer.code}"

    def _refused(self, answer: Conflict | None, code: str, *, visits: set[str] | None = None) -> None:
        assert answer is not None, f"accepted in spite of {code}"
        assert answer.code == code, answer.code
        if visits is not None:
            assert {self.names[row["appointment"]] for row in answer.data["visits"]} == visits

    def _declare(self, in_the_model: Callable[[], Any], call: Callable[[], Any]) -> None:
        """A declaration about hours: refused, with the visits, exactly when some would lose a minute."""
        things, closed = deepcopy(self.clinic.things), dict(self.clinic.closed)
        in_the_model()
        stranded = self.clinic.lay(self.now)
        answer = self._answer(call)
        if stranded:
            self._refused(answer, "visits_stranded", visits=stranded)
            self.clinic.things, self.clinic.closed = things, closed
        else:
            self._accepted(answer)

    def _judged(self, reasons: model.Reasons, answer: Conflict | None) -> bool:
        """Whether it was refused, which has to be so exactly when the model has a reason; told truly."""
        if answer is None:
            assert not reasons, f"accepted in spite of {reasons}"
            return False
        self._refused(answer, "not_bookable")
        assert reasons, f"refused without need: {answer.data['blockers']}"
        wrong = reasons.disagreement([blocker["code"] for blocker in answer.data["blockers"]])
        assert not wrong, wrong
        return True

    def _gone(self, visit: model.Visit) -> None:
        if visit.counts(self.now):  # what had run out before keeps the moment at which it did
            visit.held_until = None
        visit.status = "released" if visit.status == "pending" else "cancelled"
        visit.held = {}

    def _still_to_come(self, visit: model.Visit) -> bool:
        return visit.counts(self.now) and visit.status != "fulfilled"

    @property
    def names(self) -> dict[UUID, str]:
        return {key: name for name, key in self.rows.items()}

    def _moment(self) -> Any:
        return model.moment_of(self.now)

    def _row(self, visit: model.Visit) -> Appointment:
        return Appointment.objects.select_related("clinic").get(pk=self.rows[visit.name])

    def _of(self, *statuses: str) -> list[model.Visit]:
        return [visit for visit in self.clinic.visits.values() if visit.status in statuses]

    def _ahead(self) -> list[model.Visit]:
        return [visit for visit in self._of("booked") if visit.start > self.now]

    def _near_now(self, pick: int) -> model.Visit:
        """A booked visit, rather one of about this time."""
        booked = sorted(self._of("booked"), key=lambda visit: abs(visit.start - self.now))
        return booked[pick % min(2, len(booked))]

    def _asked_about(self, visit: model.Visit) -> bool:
        """A patient on the waitlist thinks it over: until they answer it stays where it is."""
        held = visit.status == "pending"
        return held and any(waiting.offered is visit for waiting in self.clinic.waiting.values())

    def _offered_to(self, pick: int) -> tuple[model.Waiting, model.Visit]:
        offered = [(waiting, waiting.offered) for waiting in self.clinic.waiting.values() if waiting.offered]
        return offered[pick % len(offered)]

    def _pick(self, status: str, pick: int, *others: str) -> model.Visit:
        fitting = self._of(status, *others)
        return fitting[pick % len(fitting)]

    def _claims(self) -> list[tuple[UUID, str, int, int, int, int]]:
        named = {resource.pk: name for name, resource in self.staged.resources.items()}
        return [
            (
                key,
                named[resource],
                units.lower,
                units.upper,
                model.minute_of(during.lower),
                model.minute_of(during.upper),
            )
            for key, resource, units, during in Claim.objects.values_list(
                "appointment_id", "resource_id", "units", "during"
            )
        ]

    def _held_by(self, appointment: UUID) -> model.Cells:
        cells: model.Cells = {}
        for key, thing, low, high, start, end in self._claims():
            if key == appointment:
                for minute in range(start, end):
                    cells[thing, minute] = cells.get((thing, minute), 0) + high - low
        return cells


def live(house: House, **asked: Any) -> None:
    Life.staged = Staged(house)
    run_state_machine_as_test(
        Life,
        settings=settings(
            suppress_health_check=list(HealthCheck),
            print_blob=False,
            report_multiple_bugs=False,
            **asked,
        ),
    )


def test_whatever_happens_the_schedule_stays_as_a_simple_model_says(house: House) -> None:
    live(house, max_examples=12, stateful_step_count=25, derandomize=True, database=None)


@pytest.mark.drill
@pytest.mark.timeout(3600)
def test_a_long_life_stays_as_a_simple_model_says(house: House) -> None:
    live(house, max_examples=300, stateful_step_count=60, database=None)
