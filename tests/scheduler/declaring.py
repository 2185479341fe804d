"""Hours as a manager declares them, and openings as the clinic's wall shows them."""

from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest

from clinic import clock
from scheduler.models import (
    Absence,
    AbsenceReason,
    Appointment,
    Closure,
    DayHours,
    Opening,
    Resource,
    ResourceKind,
    WorkingPattern,
)
from scheduler.working_hours import time_off, working_time
from scheduler.working_hours.hours import Stretch
from tests.cast import NOW, TODAY, House, new_id
from tests.scheduler.stage import Stage, make_resource, set_stage

HORIZON = 14
TUESDAY, WEDNESDAY = TODAY + timedelta(days=1), TODAY + timedelta(days=2)


@pytest.fixture
def nurse(house: House) -> Resource:
    """A nurse whose hours are laid two weeks ahead."""
    house.clinic.opening_horizon_days = HORIZON
    house.clinic.save()
    return make_resource(house, ResourceKind.NURSE, "Nils", 6)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture
def booked(stage: Stage) -> Appointment:
    """Rosa on Tuesday at 10:00 in the first chair, which is hers until 12:10 with its turnover."""
    return stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])


def stretches(*hours: str) -> list[Stretch]:
    pairs = [text.split("-") for text in hours]
    return [(time.fromisoformat(start), time.fromisoformat(until)) for start, until in pairs]


def weekly(
    house: House, resource: Resource, *hours: str, weekdays: Iterable[int] = (0,), **changes: Any
) -> list[WorkingPattern]:
    asked = {"id": new_id(), "valid_from": TODAY, "now": NOW, **changes}
    return working_time.set_pattern(
        actor=house.actor(house.max),
        resource=resource,
        weekdays=list(weekdays),
        hours=stretches(*hours),
        **asked,
    )


def on_day(house: House, resource: Resource, day: date, *hours: str, **changes: Any) -> DayHours:
    return working_time.set_day(
        actor=house.actor(house.max),
        resource=resource,
        day=day,
        hours=stretches(*hours),
        **{"id": new_id(), "now": NOW, **changes},
    )


def own_hours(resource: Resource, day: date) -> UUID:
    return DayHours.objects.get(resource=resource, day=day).pk


def absent(house: House, resource: Resource, start: datetime, end: datetime, **changes: Any) -> Absence:
    asked = {"id": new_id(), "reason": AbsenceReason.ILLNESS, "now": NOW, **changes}
    return time_off.record_absence(
        actor=house.actor(house.ana), resource=resource, start=start, end=end, **asked
    )


def closed(house: House, start: datetime, end: datetime, **changes: Any) -> Closure:
    asked = {"id": new_id(), "name": "Painters", "now": NOW, **changes}
    return time_off.close(actor=house.actor(house.max), clinic=house.clinic, start=start, end=end, **asked)


def hours(resource: Resource, zone: str = "America/Chicago") -> list[str]:
    """Each opening as the clinic's wall shows it."""
    found = Opening.objects.filter(resource=resource).order_by("during")
    return [f"{wall(row.during.lower, zone)}-{wall(row.during.upper, zone)[-5:]}" for row in found]


def wall(moment: datetime, zone: str) -> str:
    return f"{moment.astimezone(ZoneInfo(zone)):%a %d %H:%M}"


def at(wall_time: str, day: date = TODAY) -> datetime:
    return clock.at_local(day, time.fromisoformat(wall_time), "America/Chicago")
