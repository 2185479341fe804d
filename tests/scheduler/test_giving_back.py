"""A visit that ends early gives back what it held beyond its real end, and keeps what lies behind."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import DatabaseError, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler.levelling.level_report import level_of_day
from scheduler.models import Appointment, Claim
from scheduler.reporting.reports import Period
from scheduler.reporting.use import utilisation
from scheduler.visits import attendance
from scheduler.visits.visit_history import appointment_history
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage

# mood-40 at 9:30: prepared until 9:50, infused until 10:30, watched until 11:30, the chair ready by 11:40.
LEFT = "10:45"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def treated(stage: Stage, left: datetime, **chosen: Any) -> Appointment:
    """Rosa came for 9:30, sat in the first chair from then on, and left at that moment."""
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0], **chosen)
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)
    return attendance.fulfil(appointment=visit, now=left)


def held(visit: Appointment, name: str) -> list[tuple[datetime, datetime]]:
    claims = Claim.objects.filter(appointment=visit, resource__name=name).order_by("during")
    return [(claim.during.lower, claim.during.upper) for claim in claims]


def test_the_chair_is_free_after_its_turnover_and_the_people_from_the_real_end_on(stage: Stage) -> None:
    as_booked = stage.book(stage.plan(stage.house.omar), "13:00", chair=stage.chairs[0])
    turnover = timedelta(minutes=as_booked.protocol.turnover_minutes)

    visit = treated(stage, stage.at(LEFT))

    assert turnover
    assert held(visit, "Chair 1") == [(stage.at("9:30"), stage.at(LEFT) + turnover)]
    assert held(visit, "Dr Nair") == [(stage.at("9:30"), stage.at(LEFT))]
    nursed = held(visit, "Nurse 1")
    assert (nursed[0][0], nursed[-1][1]) == (stage.at("9:30"), stage.at(LEFT))


def test_somebody_else_can_have_the_freed_time(stage: Stage) -> None:
    """Omar asks for the same chair and nurse at a time that Rosa had until 11:30."""
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    omar = stage.plan(stage.house.omar)
    refused = stage.check(omar, "11:00", chair=stage.chairs[0], now=stage.at("9:30"))
    assert "chair_taken" in {blocker.code for blocker in refused.blockers}
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=visit.starts_at)
    attendance.fulfil(appointment=visit, now=stage.at(LEFT))

    booked = stage.book(omar, "11:00", chair=stage.chairs[0], now=stage.at(LEFT))

    assert held(booked, "Chair 1")[0][0] == stage.at("11:00")


def test_but_not_the_minutes_in_which_the_chair_is_made_ready(stage: Stage) -> None:
    treated(stage, stage.at(LEFT))

    answer = stage.check(stage.plan(stage.house.omar), LEFT, chair=stage.chairs[0], now=stage.at(LEFT))

    assert {blocker.code for blocker in answer.blockers} == {"chair_taken"}


def test_a_minute_that_was_begun_is_not_given_away(stage: Stage) -> None:
    visit = treated(stage, stage.at(LEFT) + timedelta(seconds=1))

    assert held(visit, "Dr Nair")[-1][1] == stage.at(LEFT) + timedelta(minutes=1)


@pytest.mark.parametrize("late", [0, 30])
def test_who_stays_as_long_as_planned_or_longer_gives_nothing_back(stage: Stage, late: int) -> None:
    booked = stage.book(stage.plan(), "9:30")
    before = list(Claim.objects.filter(appointment=booked).order_by("pk").values())
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=booked, now=NOW)
    attendance.begin(appointment=booked, now=booked.starts_at)
    chair_ready = booked.ends_at + timedelta(minutes=booked.protocol.turnover_minutes)

    attendance.fulfil(appointment=booked, now=booked.ends_at + timedelta(minutes=late))

    assert list(Claim.objects.filter(appointment=booked).order_by("pk").values()) == before
    assert Claim.objects.filter(appointment=booked, during__endswith=chair_ready).exists()
    booked.refresh_from_db()
    assert booked.claims_changed == 0


def test_who_is_sent_home_from_the_desk_leaves_no_chair_to_make_ready(stage: Stage) -> None:
    """The pre-check failed before the visit's time: nobody sat down, and all of it is free."""
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)

    done = attendance.fulfil(appointment=visit, now=stage.at("9:25"))

    assert not Claim.objects.filter(appointment=visit).exists()
    assert done.held_before is not None
    assert done.held_before["chair"] == str(stage.chairs[0].pk)
    assert not stage.check(
        stage.plan(stage.house.omar), "9:30", chair=stage.chairs[0], now=stage.at("9:25")
    ).blockers


def test_who_sat_down_early_and_left_before_the_visits_time_leaves_the_chair_its_turnover(
    stage: Stage,
) -> None:
    visit = stage.book(stage.plan(), "9:30", chair=stage.chairs[0])
    attendance.arrive(actor=stage.house.actor(stage.house.ana), appointment=visit, now=NOW)
    attendance.begin(appointment=visit, now=stage.at("9:10"))
    turnover = timedelta(minutes=visit.protocol.turnover_minutes)

    attendance.fulfil(appointment=visit, now=stage.at("9:15"))

    assert held(visit, "Chair 1") == [(stage.at("9:10"), stage.at("9:15") + turnover)]
    assert not held(visit, "Nurse 1")
    assert level_of_day(stage.house.clinic, TODAY, now=stage.at("9:20")) is not None


def test_the_record_of_the_visit_stays_whole(stage: Stage) -> None:
    """Its agreed time, its arrival and its history stay; what it really used is what the reports count."""
    visit = treated(stage, stage.at(LEFT))
    visit.refresh_from_db()

    assert (visit.starts_at, visit.status) == (stage.at("9:30"), "fulfilled")
    assert visit.ends_at > stage.at(LEFT)
    assert [step.what for step in appointment_history(visit, now=NOW)][-1] == "fulfilled"
    period = Period.of(stage.house.clinic, TODAY, TODAY)
    chair = next(use for use in utilisation(stage.house.clinic, period).resources if use.name == "Chair 1")
    turnover = visit.protocol.turnover_minutes
    assert chair.delivered == chair.booked == 75 + turnover


def test_done_again_it_gives_back_no_more(stage: Stage) -> None:
    visit = treated(stage, stage.at(LEFT))
    before = list(Claim.objects.filter(appointment=visit).order_by("pk").values())

    attendance.fulfil(appointment=visit, now=stage.at("10:00"))

    assert list(Claim.objects.filter(appointment=visit).order_by("pk").values()) == before


def test_the_database_keeps_what_a_visit_that_is_done_has_held(stage: Stage) -> None:
    visit = treated(stage, stage.at(LEFT))
    claims = Claim.objects.filter(appointment=visit)
    shorter = DateTimeTZRange(stage.at("9:30"), stage.at("9:35"))

    for tampering in (
        lambda: claims.delete(),
        lambda: claims.filter(resource=stage.chairs[0]).update(during=shorter),
        lambda: claims.filter(resource=stage.chairs[0]).update(resource=stage.chairs[1]),
    ):
        with pytest.raises(DatabaseError, match="stays as it was"), transaction.atomic():
            tampering()
