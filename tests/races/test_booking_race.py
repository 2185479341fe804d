"""Many desks at once on the same chairs, on real connections: nothing overlaps, nothing is lost.

The same race is run with the lock taken out, to show what it is there for: the constraints still keep the
schedule right, at the price of deadlocks (docs/decisions/0003-booking-locks.md).
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import UUID

import pytest
from django.db import OperationalError, connection

from clinic import transactions
from clinic.access import Actor
from clinic.problems import Busy, Conflict
from scheduler.finding import free_times
from scheduler.models import Appointment, AppointmentStatus, CancellationReason, Claim, Resource
from scheduler.visits import booking, calling_off, changing
from scheduler.visits.decision import Decision, decide
from tests.at_once import at_once
from tests.cast import NOW, TODAY, House, make_house, make_patient, new_id
from tests.races.meetings import unlocked
from tests.scheduler.stage import Stage, set_stage

THREADS = 32
PATIENTS = 64
CHAIRS, NURSES = 4, 4

OVERLAPS = """
    SELECT count(*) FROM scheduler_claim one JOIN scheduler_claim other
        ON one.resource_id = other.resource_id AND one.id < other.id
       AND one.units && other.units AND one.during && other.during"""
TWO_PLACES = """
    SELECT count(*) FROM scheduler_appointment one JOIN scheduler_appointment other
        ON one.patient_id = other.patient_id AND one.id < other.id AND one.during && other.during
     WHERE one.status = 'booked' AND other.status = 'booked'"""


@dataclass
class Desk:
    """One thread: books and cancels at random, and remembers what it was told."""

    stage: Stage
    actor: Actor
    plans: list[Any]
    seed: int
    attempts: int
    standing: set[UUID] = field(default_factory=set)
    cancelled: set[UUID] = field(default_factory=set)
    refused: int = 0
    deadlocks: int = 0

    def work(self) -> "Desk":
        chance = random.Random(self.seed)
        for _ in range(self.attempts):
            try:
                if self.standing and chance.random() < 0.3:
                    self.cancel(chance.choice(sorted(self.standing)))
                else:
                    self.book(chance)
            except Conflict:
                self.refused += 1
            except Busy as busy:
                cause = busy.__cause__
                if not isinstance(cause, OperationalError) or transactions.sqlstate(cause) != "40P01":
                    raise
                self.deadlocks += 1
        return self

    def book(self, chance: random.Random) -> None:
        id = new_id()
        booking.book(
            actor=self.actor,
            id=id,
            plan=chance.choice(self.plans),
            start=self.some_start(chance),
            chair=self.some(chance, self.stage.chairs),
            nurse=self.some(chance, self.stage.nurses),
            now=NOW,
        )
        self.standing.add(id)

    def cancel(self, id: UUID) -> None:
        calling_off.cancel(
            actor=self.actor,
            appointment=Appointment.objects.get(pk=id),
            reason=CancellationReason.PATIENT,
            now=NOW,
        )
        self.standing.remove(id)
        self.cancelled.add(id)

    def some_start(self, chance: random.Random) -> datetime:
        day = TODAY + timedelta(days=chance.randrange(2))
        return self.stage.at("9:00", day) + timedelta(minutes=5 * chance.randrange(70))

    def some(self, chance: random.Random, resources: list[Resource]) -> Resource | None:
        return chance.choice([None, *resources])


@pytest.fixture
def race(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Callable[[int], list[Desk]]:
    # Looking for other times is not part of the race, and would be most of the work.
    monkeypatch.setattr(free_times, "alternatives", lambda **asked: [])
    house: House = make_house()
    stage = set_stage(house, chairs=CHAIRS, nurses=NURSES, days=2)
    plans = [stage.plan(make_patient(house.clinic, f"P{n}", "Test")) for n in range(PATIENTS)]
    actor = house.actor(house.ana)

    def run(attempts: int) -> list[Desk]:
        desks = [Desk(stage, actor, plans, seed, attempts) for seed in range(THREADS)]
        outcomes = at_once(*(desk.work for desk in desks))
        for outcome in outcomes:
            if isinstance(outcome, Exception):
                raise outcome
        return desks

    return run


def count(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.fetchone()[0])


def schedule_is_right(desks: list[Desk]) -> None:
    standing = set().union(*(desk.standing for desk in desks))
    cancelled = set().union(*(desk.cancelled for desk in desks))
    assert standing, "the race booked nothing"
    assert cancelled, "the race cancelled nothing"
    assert count(OVERLAPS) == 0
    assert count(TWO_PLACES) == 0
    booked = set(Appointment.objects.filter(status=AppointmentStatus.BOOKED).values_list("pk", flat=True))
    assert booked == standing
    for kind in ("chair", "nurse", "clinician"):
        held = Claim.objects.filter(resource__kind=kind).values_list("appointment_id", flat=True)
        assert set(held) == standing


def test_racing_desks_never_overlap_lose_or_deadlock(race: Callable[[int], list[Desk]]) -> None:
    desks = race(12)

    schedule_is_right(desks)
    assert sum(desk.deadlocks for desk in desks) == 0
    assert sum(desk.refused for desk in desks) > 0, "nobody was ever in anybody's way"


@pytest.mark.drill
def test_without_the_lock_the_race_shows_deadlocks(
    race: Callable[[int], list[Desk]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Desks that decide on the same picture and then write at once: the constraints refuse them, and
    where two have each written what the other is waiting for, PostgreSQL picks a victim."""
    monkeypatch.setattr(changing, "lock_schedule", unlocked)
    monkeypatch.setattr(booking, "decide", decide_together)
    monkeypatch.setattr(transactions, "ATTEMPTS", 1)

    for _ in range(30):  # rounds in an empty clinic: whether two wait for each other is chance
        desks = race(6)
        schedule_is_right(desks)
        if any(desk.deadlocks for desk in desks):
            return
        for desk in desks:
            for id in sorted(desk.standing):
                desk.cancel(id)
    pytest.fail("nobody ever waited for each other")


gate = Barrier(THREADS // 4)


def decide_together(**asked: Any) -> Decision:
    """Decide, then wait for others who have decided, so that all write at the same moment."""
    decision = decide(**asked)
    try:
        gate.wait(0.5)
    except BrokenBarrierError:
        gate.reset()
    return decision


@pytest.mark.drill
@pytest.mark.timeout(1800)
def test_thirty_two_desks_with_four_hundred_attempts_each(
    race: Callable[[int], list[Desk]], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tests.at_once.PATIENCE_SECONDS", 1500)

    desks = race(400)

    schedule_is_right(desks)
    assert sum(desk.deadlocks for desk in desks) == 0
