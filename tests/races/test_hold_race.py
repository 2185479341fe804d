"""Holds, moves and cancellations that meet: whoever comes second sees what the first one did.

Each meeting is made to happen: the first one decides and then waits for the second one to be done. With the
locks the second can't be, so the first goes on after a moment; the same meeting with a lock taken out shows
what it is there for.
"""

import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from clinic.problems import Conflict
from scheduler.finding import free_times
from scheduler.models import Appointment, AppointmentStatus, CancellationReason, Claim
from scheduler.visits import attendance, booking, calling_off, moving
from tests.at_once import at_once
from tests.cast import NOW, TODAY, House, make_house, make_patient, new_id
from tests.races.meetings import claimed, meet, without_schedule_lock, without_visit_lock
from tests.races.test_booking_race import OVERLAPS, TWO_PLACES, count
from tests.scheduler.stage import Stage, set_stage

SOON = NOW + timedelta(minutes=10)
JUST_BEFORE = SOON - timedelta(microseconds=1)


@pytest.fixture
def stage(transactional_db: None, monkeypatch: pytest.MonkeyPatch) -> Stage:
    # Looking for other times is not part of the race.
    monkeypatch.setattr(free_times, "alternatives", lambda **asked: ())
    return set_stage(make_house(), chairs=1, nurses=1)


def held(stage: Stage) -> Appointment:
    return booking.hold(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(),
        start=stage.at("9:30"),
        now=NOW,
    )


# --- The end of a hold, and its booking -----------------------------------------------------------------


def book_at_the_last_moment(stage: Stage, hold: Appointment) -> Callable[[], Any]:
    ana = stage.house.actor(stage.house.ana)
    return lambda: booking.book_held(actor=ana, appointment=hold, now=JUST_BEFORE)


def book_when_it_has_run_out(stage: Stage) -> Callable[[], Any]:
    plan = stage.plan(stage.house.omar)
    return lambda: stage.book(plan, "9:30", now=SOON)


def test_a_hold_is_booked_or_runs_out_and_never_both(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = held(stage)

    booked, other = meet(monkeypatch, book_at_the_last_moment(stage, hold), book_when_it_has_run_out(stage))

    assert booked.status == AppointmentStatus.BOOKED
    assert isinstance(other, Conflict)
    assert claimed() == {hold.pk}


def test_without_the_locks_it_is_booked_and_has_no_chair(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = held(stage)
    without_schedule_lock(monkeypatch)
    without_visit_lock(monkeypatch)

    booked, other = meet(monkeypatch, book_at_the_last_moment(stage, hold), book_when_it_has_run_out(stage))

    assert (booked.status, other.status) == ("booked", "booked")
    assert claimed() == {other.pk}, "the hold's booking kept its claims"


def test_who_comes_when_it_has_run_out_gets_it(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = held(stage)

    other, booked = meet(monkeypatch, book_when_it_has_run_out(stage), book_at_the_last_moment(stage, hold))

    assert other.status == AppointmentStatus.BOOKED
    assert isinstance(booked, Conflict)
    assert booked.code == "hold_over"
    assert claimed() == {other.pk}


def test_two_desks_book_one_hold_into_one_visit(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    hold = held(stage)
    ana, max = stage.house.actor(stage.house.ana), stage.house.actor(stage.house.max)

    outcomes = meet(
        monkeypatch,
        lambda: booking.book_held(actor=ana, appointment=hold, now=NOW),
        lambda: booking.book_held(actor=max, appointment=hold, now=NOW),
    )

    assert [(visit.pk, visit.status) for visit in outcomes] == [(hold.pk, "booked")] * 2
    assert Appointment.objects.get().booked_by_id == stage.house.ana.pk
    assert Appointment.objects.get().events.count() == 2  # type: ignore[attr-defined]  # held, booked


def test_without_the_locks_the_second_desk_books_it_again(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    hold = held(stage)
    without_schedule_lock(monkeypatch)
    without_visit_lock(monkeypatch)
    ana, max = stage.house.actor(stage.house.ana), stage.house.actor(stage.house.max)

    meet(
        monkeypatch,
        lambda: booking.book_held(actor=ana, appointment=hold, now=NOW),
        lambda: booking.book_held(actor=max, appointment=hold, now=NOW),
    )

    assert Appointment.objects.get().events.count() == 3  # type: ignore[attr-defined]


# --- A move and a cancellation --------------------------------------------------------------------------


def a_move_and_a_cancellation(stage: Stage) -> tuple[Appointment, Callable[[], Any], Callable[[], Any]]:
    visit = stage.book(stage.plan(), "9:30")
    ana = stage.house.actor(stage.house.ana)
    return (
        visit,
        lambda: moving.reschedule(actor=ana, appointment=visit, start=stage.at("13:00"), now=NOW),
        lambda: stage.cancel(visit),
    )


def test_a_visit_that_is_moved_and_cancelled_at_once_holds_nothing(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, move, cancel = a_move_and_a_cancellation(stage)

    moved, cancelled = meet(monkeypatch, move, cancel)

    assert moved.starts_at == stage.at("13:00")
    assert cancelled.status == AppointmentStatus.CANCELLED
    assert claimed() == set()


def test_without_the_visits_lock_a_cancelled_visit_holds_a_chair(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A cancellation takes no other: taking claims away breaks no rule of the schedule. What the move claims
    anew is written after the cancellation has looked."""
    visit, move, cancel = a_move_and_a_cancellation(stage)
    without_visit_lock(monkeypatch)

    meet(monkeypatch, move, cancel)

    assert Appointment.objects.get().status == AppointmentStatus.CANCELLED
    assert claimed() == {visit.pk}


# --- All of it, at random ----------------------------------------------------------------------------------


@dataclass
class Desk:
    """One thread on two chairs: holds, books, moves, cancels, gives up, at moments of its own."""

    stage: Stage
    plans: list[Any]
    seed: int
    attempts: int
    refused: int = 0
    done: dict[str, int] = field(default_factory=dict)

    def work(self) -> "Desk":
        chance = random.Random(self.seed)
        acts = (self.hold, self.book, self.book_held, self.move, self.cancel, self.undo, self.sweep)
        for _ in range(self.attempts):
            act = chance.choice(acts)
            now = NOW + timedelta(minutes=chance.randrange(25))
            try:
                act(chance, now)
                self.done[act.__name__] = self.done.get(act.__name__, 0) + 1
            except Conflict:
                self.refused += 1
        return self

    @property
    def ana(self) -> Any:
        return self.stage.house.actor(self.stage.house.ana)

    def hold(self, chance: random.Random, now: datetime) -> None:
        booking.hold(
            actor=self.ana,
            id=new_id(),
            plan=chance.choice(self.plans),
            start=self.some_start(chance),
            now=now,
        )

    def book(self, chance: random.Random, now: datetime) -> None:
        self.stage.book(chance.choice(self.plans), "9:30", now=now)

    def book_held(self, chance: random.Random, now: datetime) -> None:
        booking.book_held(actor=self.ana, appointment=self.some("pending", chance), now=now)

    def move(self, chance: random.Random, now: datetime) -> None:
        visit = self.some("booked", chance)
        moving.reschedule(actor=self.ana, appointment=visit, start=self.some_start(chance), now=now)

    def cancel(self, chance: random.Random, now: datetime) -> None:
        self.stage.cancel(self.some("booked", chance), CancellationReason.PATIENT, now)

    def undo(self, chance: random.Random, now: datetime) -> None:
        attendance.undo(actor=self.ana, appointment=self.some("cancelled", chance), now=now)

    def sweep(self, chance: random.Random, now: datetime) -> None:
        calling_off.release_lapsed(now=now)

    def some(self, status: str, chance: random.Random) -> Appointment:
        rows = list(Appointment.objects.filter(status=status).order_by("pk"))
        if not rows:
            raise Conflict("There is none.")
        return chance.choice(rows)

    def some_start(self, chance: random.Random) -> datetime:
        day = TODAY + timedelta(days=chance.randrange(2))
        return self.stage.at("9:30", day) + timedelta(minutes=30 * chance.randrange(11))


def test_desks_that_hold_book_move_and_cancel_leave_a_schedule_that_is_right(
    transactional_db: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(free_times, "alternatives", lambda **asked: ())
    house: House = make_house()
    stage = set_stage(house, chairs=2, nurses=2, days=2)
    plans = [stage.plan(make_patient(house.clinic, f"P{n}", "Test")) for n in range(16)]

    desks = at_once(*(Desk(stage, plans, seed, 15).work for seed in range(12)))

    for desk in desks:
        if isinstance(desk, Exception):
            raise desk
    acts = {act for desk in desks for act in desk.done}
    assert acts >= {"hold", "book", "move", "cancel", "sweep"}
    assert sum(desk.refused for desk in desks) > 0, "nobody was ever in anybody's way"
    assert count(OVERLAPS) == count(TWO_PLACES) == 0
    standing = Appointment.objects.filter(status__in=["pending", "booked"])
    assert claimed() == set(standing.values_list("pk", flat=True))
    for visit in standing:
        chair = Claim.objects.get(appointment=visit, resource__kind="chair")
        assert chair.during.lower == visit.starts_at
