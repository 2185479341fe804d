"""A start sooner than the protocol's fasting: offered last, taken only by whoever asked, kept on the visit.

The protocol asks for 6 h without food and 2 h without drink; it is Monday 9:00.
"""

from datetime import timedelta

import pytest
import time_machine

from clinic.problems import Conflict
from scheduler.finding.fasting import Fasting
from scheduler.finding.wishes import Wish
from scheduler.models import Appointment
from scheduler.repairing.choices import Choices
from scheduler.series import proposing
from scheduler.series.best_starts import best_starts
from scheduler.visits import booking, moving
from scheduler.waitlist import by_hand, fitting, joining, obstacles, waiting, waitlist
from scheduler.waitlist.waiting import Terms
from tests.cast import NOW, TODAY, House, client_of, local, new_id
from tests.scheduler import small_days
from tests.scheduler.stage import Stage, set_stage

TOMORROW = TODAY + timedelta(days=1)
HOURS = Fasting(6, 2)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, fasting=True)


def test_only_what_is_over_already_is_to_be_asked() -> None:
    asked = {
        wall: HOURS.to_ask(local(TODAY, wall), now=NOW, zone="America/Chicago")
        for wall in ("9:05", "12:00", "14:55", "15:00")
    }
    words = {wall: to_ask.words if to_ask else None for wall, to_ask in asked.items()}
    assert words == {
        "9:05": "Only if they have eaten nothing since 03:05 and drunk nothing since 07:05: ask",
        "12:00": "Only if they have eaten nothing since 06:00: ask",
        "14:55": "Only if they have eaten nothing since 08:55: ask",
        "15:00": None,
    }


def test_the_day_is_said_where_it_is_another() -> None:
    to_ask = Fasting(12, None).to_ask(local(TODAY, "10:00"), now=NOW, zone="America/Chicago")
    assert to_ask is not None
    assert to_ask.words == "Only if they have eaten nothing since Sun, Jan 10, 22:00: ask"


def test_such_a_start_is_taken_only_by_whoever_asked_and_the_visit_keeps_when(stage: Stage) -> None:
    plan = stage.plan()
    with pytest.raises(Conflict, match="eaten nothing since 03:30") as refused:
        stage.book(plan, "9:30")
    assert refused.value.code == "fasting_not_asked"
    assert not Appointment.objects.exists()
    assert stage.book(plan, "9:30", fasted=True).fasting_asked_at == NOW
    assert stage.book(stage.plan(stage.house.omar), "10:00", TOMORROW).fasting_asked_at is None


def test_what_stands_in_the_way_is_told_first(stage: Stage) -> None:
    with pytest.raises(Conflict) as refused:
        stage.book(stage.plan(), "8:00", now=NOW - timedelta(hours=2))
    assert refused.value.code == "not_bookable"


def test_a_hold_is_talked_over_and_asks_when_it_is_booked(stage: Stage) -> None:
    actor = stage.house.actor(stage.house.ana)
    held = booking.hold(actor=actor, id=new_id(), plan=stage.plan(), start=stage.at("9:30"), now=NOW)
    with pytest.raises(Conflict, match="eaten nothing since 03:30"):
        booking.book_held(actor=actor, appointment=held, now=NOW)
    booked = booking.book_held(actor=actor, appointment=held, fasted=True, now=NOW)
    assert booked.fasting_asked_at == NOW


def test_a_move_asks_only_where_it_brings_the_visit_forward(stage: Stage) -> None:
    actor = stage.house.actor(stage.house.ana)
    visit = stage.book(stage.plan(), "13:00", fasted=True)
    later = moving.reschedule(actor=actor, appointment=visit, start=stage.at("13:30"), now=NOW)
    assert later.fasting_asked_at == NOW  # they fast for 13:00 already; it was as late as that all the same
    with pytest.raises(Conflict, match="eaten nothing since 05:00"):
        moving.reschedule(actor=actor, appointment=visit, start=stage.at("11:00"), now=NOW)
    sooner = moving.reschedule(actor=actor, appointment=visit, start=stage.at("11:00"), fasted=True, now=NOW)
    assert sooner.fasting_asked_at == NOW
    in_time = moving.reschedule(actor=actor, appointment=visit, start=stage.at("11:00", TOMORROW), now=NOW)
    assert in_time.fasting_asked_at is None
    near = booking.check(actor=actor, plan=visit.plan, start=stage.at("10:00"), appointment=visit, now=NOW)
    assert near.bookable
    assert near.decision.to_ask is not None


def test_the_best_time_is_never_one_that_leaves_no_time_to_fast(stage: Stage) -> None:
    offered = best_starts(plan=stage.plan(), now=NOW)
    assert offered[0].to_ask is None
    marked = [offer.to_ask is not None for offer in offered]
    assert marked == sorted(marked)
    assert next(offer for offer in offered if "Soonest" in offer.reasons).to_ask is None


def test_a_series_begins_where_it_leaves_the_time_to_fast(house: House) -> None:
    """Nobody asks in a series. Today, no visit that leaves it ends by 17:00."""
    stage = set_stage(house, days=30, fasting=True)
    plan = stage.plan()
    for wish in (Wish(), Wish(nurse=stage.nurses[0].pk, only=True)):
        offers = proposing.propose(plan=plan, wish=wish, now=NOW).offers
        assert offers
        assert min(session.start for offer in offers for session in offer.sessions) > stage.at("17:00")


def test_the_waitlist_leaves_the_time_to_answer_and_then_to_fast(stage: Stage) -> None:
    clinic = stage.house.clinic
    entry = joining.join(
        actor=stage.house.actor(stage.house.ana),
        id=new_id(),
        plan=stage.plan(),
        terms=Terms(TODAY, TODAY, notice_hours=0),
        now=NOW,
    )
    low, _ = obstacles.bounds(entry, now=NOW)
    assert low == NOW + timedelta(minutes=clinic.offer_minutes, hours=6)
    assert waitlist.offer_freed(clinic=clinic, now=NOW) == []  # no visit ends by 17:00 from there


def test_who_is_offered_such_a_time_by_hand_is_asked_before_they_take_it(stage: Stage) -> None:
    ana = stage.house.actor(stage.house.ana)
    entry = joining.join(
        actor=ana, id=new_id(), plan=stage.plan(), terms=Terms(TODAY, TODAY, notice_hours=0), now=NOW
    )
    (fit,) = fitting.who_fits(stage.house.clinic, TODAY, now=NOW - timedelta(hours=1))
    assert fit.start == stage.at("14:00")  # the first that leaves the time, not the first
    assert fit.to_ask is None
    offer = by_hand.offer(actor=ana, id=new_id(), entry=entry, start=stage.at("11:00"), now=NOW)
    with pytest.raises(Conflict, match="eaten nothing since 05:00"):
        waitlist.accept(actor=None, offer=offer, now=NOW)
    assert waiting.stands(waiting.offers().get(pk=offer.pk), NOW)
    assert waitlist.accept(actor=None, offer=offer, fasted=True, now=NOW).fasting_asked_at == NOW


def test_a_repair_brings_nobody_forward_who_has_no_time_left_to_fast() -> None:
    here = small_days.visit("rosa", 300, notice=240)
    moves = [choice.start for choice in Choices(small_days.day(here)).moving(here)]
    assert min(moves) == 240
    assert max(moves) > 300


@time_machine.travel(NOW, tick=False)
def test_over_the_api_it_is_said_with_the_booking(stage: Stage) -> None:
    desk, plan = client_of(stage.house.ana), stage.plan()
    asked = {"plan": plan.pk, "start": stage.at("9:30")}
    checked = desk.post("/api/v1/appointments/check/", asked, format="json").json()
    assert checked["bookable"]
    assert checked["to_ask"]["detail"].startswith("This time does only if")
    refused = desk.post("/api/v1/appointments/", {"id": new_id(), **asked}, format="json")
    assert (refused.status_code, refused.json()["code"]) == (409, "fasting_not_asked")
    sent = {"id": new_id(), "fasted": True, **asked}
    booked = desk.post("/api/v1/appointments/", sent, format="json")
    assert (booked.status_code, bool(booked.json()["fasting_asked_at"])) == (201, True)
