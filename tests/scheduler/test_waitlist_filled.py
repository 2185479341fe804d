"""The migration that keeps starts in columns: what stood on the waitlist is filled in from history."""

from datetime import timedelta
from importlib import import_module

import pytest
from django.db import connection

from scheduler.models import Appointment, WaitlistEntry, WaitlistOffer
from scheduler.visits import moving
from scheduler.waitlist import waitlist
from tests.cast import NOW, TODAY, House
from tests.scheduler.stage import Stage, set_stage
from tests.scheduler.waits import hold_for, join

FILL: str = import_module("scheduler.migrations.0010_waitlist_wishes_and_starts").FILL
AS_IT_WAS = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE scheduler_waitlistentry DROP CONSTRAINT waitlist_earlier_than_its_visit;
ALTER TABLE scheduler_waitlistoffer ALTER starts_at DROP NOT NULL;
ALTER TABLE scheduler_waitlistofferevent ALTER starts_at DROP NOT NULL;
UPDATE scheduler_waitlistentry SET earlier_than = NULL;
UPDATE scheduler_waitlistoffer SET starts_at = NULL;
ALTER TABLE scheduler_waitlistofferevent DISABLE TRIGGER USER;
UPDATE scheduler_waitlistofferevent SET starts_at = NULL;
ALTER TABLE scheduler_waitlistofferevent ENABLE TRIGGER USER;
"""
AN_HOUR_LATER = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE scheduler_appointmentevent DISABLE TRIGGER USER;
UPDATE scheduler_appointmentevent SET pgh_created_at = pgh_created_at + interval '1 hour'
 WHERE pgh_id = (SELECT max(pgh_id) FROM scheduler_appointmentevent);
ALTER TABLE scheduler_appointmentevent ENABLE TRIGGER USER;
"""
DAY = timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


def move(stage: Stage, visit: Appointment, wall_time: str) -> None:
    """Some time later: a test's transaction has one time for all that it writes."""
    ana = stage.house.actor(stage.house.ana)
    moving.reschedule(actor=ana, appointment=visit, start=stage.at(wall_time, TODAY + DAY), now=NOW)
    with connection.cursor() as cursor:
        cursor.execute(AN_HOUR_LATER)


def migrate() -> None:
    with connection.cursor() as cursor:
        cursor.execute(AS_IT_WAS)
        cursor.execute(FILL)


def test_an_offer_was_for_the_start_that_its_hold_began_with(stage: Stage) -> None:
    offer = hold_for(stage, join(stage, stage.plan()), "13:00")
    move(stage, waitlist.accept(actor=None, offer=offer, now=NOW), "9:00")
    migrate()
    assert WaitlistOffer.objects.get().starts_at == stage.at("13:00")
    events = WaitlistOffer.pgh_event_model.objects.values_list("starts_at", flat=True)  # type: ignore[attr-defined]
    assert set(events) == {stage.at("13:00")}


def test_who_wants_an_earlier_time_wants_it_earlier_than_when_they_joined(stage: Stage) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "13:30", TODAY + DAY)
    join(stage, plan, appointment=visit)
    move(stage, visit, "14:00")
    migrate()
    assert WaitlistEntry.objects.get().earlier_than == stage.at("13:30", TODAY + DAY)


def test_who_waits_for_one_more_session_wants_it_earlier_than_nothing(stage: Stage) -> None:
    join(stage, stage.plan())
    migrate()
    assert WaitlistEntry.objects.get().earlier_than is None
