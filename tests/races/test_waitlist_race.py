"""An offer answered at once from two sides, on real connections: exactly one visit, and one answer.

It is also run with the lock of the entry taken out, to show what that is there for.
"""

import time
from collections.abc import Callable
from datetime import timedelta
from threading import Barrier, BrokenBarrierError
from typing import Any
from uuid import UUID

import pytest

from clinic.problems import Conflict, Problem
from scheduler.models import (
    LIVE_STATUSES,
    Appointment,
    AppointmentStatus,
    OfferStatus,
    WaitlistEntry,
    WaitlistOffer,
    WaitlistStatus,
)
from scheduler.visits import calling_off
from scheduler.waitlist import joining, waiting, waitlist
from tests.at_once import at_once
from tests.cast import NOW, TODAY, make_house, make_patient
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join

DAY = timedelta(days=1)
ROUNDS = 6


@pytest.fixture
def stage(transactional_db: None) -> Stage:
    return set_stage(make_house(), chairs=2, nurses=2)


def an_offer(stage: Stage, number: int, *, earlier: bool) -> WaitlistOffer:
    """A time held for a new patient; `earlier`: instead of their visit on Friday."""
    plan = stage.plan(make_patient(stage.house.clinic, f"P{number}", "Waits"), sessions_ordered=1)
    day = TODAY + (number % 3) * DAY
    visit = stage.book(plan, ["9:00", "11:10", "13:20"][number // 2], TODAY + 4 * DAY) if earlier else None
    entry = join(stage, plan, appointment=visit)
    return hold_for(stage, entry, "13:00", day)


def one_visit_and_one_answer(offer: WaitlistOffer) -> None:
    """However it went: what the offer says is what is on the books."""
    row = WaitlistOffer.objects.select_related("entry__appointment", "appointment").get(pk=offer.pk)
    live = Appointment.objects.filter(patient=row.entry.patient, status__in=LIVE_STATUSES)
    booked = list(live.exclude(status=AppointmentStatus.PENDING))
    start = row.appointment.starts_at
    assert row.status != OfferStatus.OPEN
    assert not live.filter(status=AppointmentStatus.PENDING).exists(), "a hold outlived its offer"
    if row.status == OfferStatus.ACCEPTED:
        assert row.entry.status == WaitlistStatus.BOOKED
        assert [visit.starts_at for visit in booked] == [start]
    else:
        assert row.entry.status != WaitlistStatus.BOOKED
        assert booked == ([row.entry.appointment] if row.entry.appointment else [])
    for visit in Appointment.objects.filter(patient=row.entry.patient):
        assert visit.claims.exists() == (visit in booked)


Race = Callable[[Stage, WaitlistOffer], list[Callable[[], Any]]]


def link_and_desk(stage: Stage, offer: WaitlistOffer) -> list[Callable[[], Any]]:
    ana = stage.house.actor(stage.house.ana)
    return [
        lambda: waitlist.accept(actor=None, offer=offer, now=NOW),
        lambda: waitlist.accept(actor=ana, offer=offer, now=NOW),
        lambda: waitlist.accept(actor=None, offer=offer, now=NOW),
    ]


def yes_and_no(stage: Stage, offer: WaitlistOffer) -> list[Callable[[], Any]]:
    return [
        lambda: waitlist.accept(actor=None, offer=offer, now=NOW),
        lambda: waitlist.decline(actor=None, offer=offer, now=NOW),
    ]


def yes_and_the_clock(stage: Stage, offer: WaitlistOffer) -> list[Callable[[], Any]]:
    """Two clocks need not agree: one still has a second to go where the other's time is over."""
    return [
        lambda: waitlist.accept(actor=None, offer=offer, now=offer.expires_at - timedelta(seconds=1)),
        lambda: waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at),
        lambda: waitlist.expire(clinic=stage.house.clinic, now=offer.expires_at),
    ]


def yes_and_leaving(stage: Stage, offer: WaitlistOffer) -> list[Callable[[], Any]]:
    ana = stage.house.actor(stage.house.ana)
    return [
        lambda: waitlist.accept(actor=None, offer=offer, now=NOW),
        lambda: joining.withdraw(actor=ana, entry=offer.entry, now=NOW),
    ]


RACES = [link_and_desk, yes_and_no, yes_and_the_clock, yes_and_leaving]


def run(race: Race, stage: Stage, offer: WaitlistOffer) -> None:
    for outcome in at_once(*race(stage, offer)):
        if isinstance(outcome, Exception) and not isinstance(outcome, Conflict):
            raise outcome


@pytest.mark.parametrize("earlier", [False, True])
@pytest.mark.parametrize("race", RACES)
def test_two_answers_at_once_leave_exactly_one_visit(race: Race, earlier: bool, stage: Stage) -> None:
    for number in range(ROUNDS):
        offer = an_offer(stage, number, earlier=earlier)
        run(race, stage, offer)
        one_visit_and_one_answer(offer)


@pytest.fixture
def unlocked(monkeypatch: pytest.MonkeyPatch) -> None:
    """The entry is read without its lock: two look before either writes, and whoever wants to let go of the
    hold is a moment slower than who books it."""
    gate = Barrier(2)
    release = calling_off.release

    def release_late(**asked: Any) -> Appointment:
        time.sleep(0.3)
        return release(**asked)

    def look_together(entry_id: UUID) -> WaitlistEntry:
        return waiting.with_plan().get(pk=entry_id)

    def read_together(offer: WaitlistOffer) -> WaitlistOffer:
        row = waiting.offers().get(pk=offer.pk)
        try:
            gate.wait(2)
        except BrokenBarrierError:
            gate.reset()
        return row

    monkeypatch.setattr(joining, "locked", look_together)
    monkeypatch.setattr(waitlist, "_locked_offer", read_together)
    monkeypatch.setattr(calling_off, "release", release_late)


@pytest.mark.parametrize("race", [yes_and_no, yes_and_the_clock])
def test_without_the_entrys_lock_the_answers_contradict_each_other(
    race: Race, stage: Stage, unlocked: None
) -> None:
    """A visit that moves gives its hold up, so the hold's own lock can't tell a yes from a no."""
    for number in range(ROUNDS):
        offer = an_offer(stage, number, earlier=True)
        at_once(*race(stage, offer)[:2])
        try:
            one_visit_and_one_answer(offer)
        except AssertionError:
            return
    pytest.fail("the answers never met")


def test_workers_at_once_hold_a_time_for_one_and_offer_one_to_each(stage: Stage) -> None:
    for number in range(6):
        join(stage, stage.plan(make_patient(stage.house.clinic, f"W{number}", "Waits")), last_day=TODAY)

    def look() -> Any:
        return waitlist.offer_freed(clinic=stage.house.clinic, now=NOW)

    outcomes = at_once(look, look, look, look)
    assert not [outcome for outcome in outcomes if isinstance(outcome, Problem | Exception)]
    offers = list(WaitlistOffer.objects.select_related("appointment"))
    assert len(offers) == sum(len(outcome) for outcome in outcomes) > 1
    assert len({offer.entry_id for offer in offers}) == len(offers)
    held = Appointment.objects.filter(status=AppointmentStatus.PENDING)
    assert set(held) == {offer.appointment for offer in offers}


def test_two_desks_that_put_one_plan_on_the_list_at_once_make_one_entry(stage: Stage) -> None:
    plan = stage.plan()
    outcomes = at_once(*[lambda: join(stage, plan)] * 4)
    refused = [outcome for outcome in outcomes if not isinstance(outcome, WaitlistEntry)]
    assert [getattr(refusal, "code", refusal) for refusal in refused] == ["already_waiting"] * 3
