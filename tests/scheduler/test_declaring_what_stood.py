"""The migration to declared hours: what was opened or taken away by hand is the same after a lay-run."""

from datetime import date, datetime, time, timedelta
from importlib import import_module

import pytest
import time_machine
from django.apps import apps
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler.models import DayHours, Opening, Resource, ResourceKind, WorkingPattern
from scheduler.working_hours import working_time
from tests.cast import NOW, TODAY, House, local
from tests.scheduler.stage import make_resource

declare_what_stands = import_module("scheduler.migrations.0005_declared_hours").declare_what_stands

HORIZON = 21


@pytest.fixture
def nurse(house: House) -> Resource:
    """Nils works Mondays and Tuesdays 9 to 5, as version 0.1 laid it out."""
    house.clinic.opening_horizon_days = HORIZON
    house.clinic.save()
    nurse = make_resource(house, ResourceKind.NURSE, "Nils", 6)
    for weekday in (0, 1):
        WorkingPattern.objects.create(
            resource=nurse, weekday=weekday, starts_at=time(9), ends_at=time(17), valid_from=TODAY
        )
    for ahead in range(HORIZON + 1):
        day = TODAY + timedelta(days=ahead)
        if day.weekday() in (0, 1):
            opened(nurse, local(day, "9:00"), local(day, "17:00"))
    return nurse


def opened(resource: Resource, start: datetime, end: datetime) -> Opening:
    return Opening.objects.create(resource=resource, during=DateTimeTZRange(start, end))


def own_hours(resource: Resource) -> dict[date, list[list[time]]]:
    return dict(DayHours.objects.filter(resource=resource).values_list("day", "hours"))


def minutes(resource: Resource) -> list[tuple[datetime, datetime]]:
    found = Opening.objects.filter(resource=resource).order_by("during")
    return [(opening.during.lower, opening.during.upper) for opening in found]


def migrate() -> None:
    with time_machine.travel(NOW, tick=False):
        declare_what_stands(apps, None)


def test_what_the_pattern_explains_needs_no_declaration(nurse: Resource) -> None:
    migrate()

    assert own_hours(nurse) == {}


def test_hours_made_and_taken_away_by_hand_become_days_of_their_own(house: House, nurse: Resource) -> None:
    tuesday, saturday = TODAY + timedelta(days=1), TODAY + timedelta(days=5)
    far = TODAY + timedelta(days=HORIZON + 40)
    Opening.objects.filter(during__contains=local(tuesday, "10:00")).delete()
    opened(nurse, local(TODAY, "17:00"), local(TODAY, "19:00"))
    opened(nurse, local(saturday, "20:00"), local(saturday + timedelta(days=1), "2:00"))
    opened(nurse, local(far, "9:00"), local(far, "12:00"))
    before = minutes(nurse)

    migrate()
    working_time.lay_openings(clinic=house.clinic, now=NOW)

    assert own_hours(nurse) == {
        TODAY: [[time(9), time(19)]],
        tuesday: [],
        saturday: [[time(20), time(0)]],
        saturday + timedelta(days=1): [[time(0), time(2)]],
        far: [[time(9), time(12)]],
    }
    # The two that touch are one opening now.
    assert minutes(nurse) == [(before[0][0], before[1][1]), *before[2:]]


def test_a_chair_that_had_hours_only_by_hand_keeps_them(house: House, nurse: Resource) -> None:
    chair = make_resource(house, ResourceKind.CHAIR, "Chair 1", 1)
    opened(chair, local(TODAY, "9:00"), local(TODAY, "17:00"))
    before = minutes(chair)

    migrate()
    working_time.lay_openings(clinic=house.clinic, now=NOW)

    assert minutes(chair) == before


def test_the_days_on_which_the_clocks_change_are_kept_too(house: House, nurse: Resource) -> None:
    spring = date(2027, 3, 14)
    opened(nurse, local(spring, "0:00"), local(spring + timedelta(days=1), "0:00"))

    migrate()

    assert own_hours(nurse) == {spring: [[time(0), time(0)]]}


def test_what_is_over_and_what_was_never_laid_out_is_left_alone(house: House, nurse: Resource) -> None:
    yesterday = TODAY - timedelta(days=1)
    opened(nurse, local(yesterday, "9:00"), local(yesterday, "17:00"))
    late = make_resource(house, ResourceKind.NURSE, "Nora", 6)
    WorkingPattern.objects.create(
        resource=late, weekday=0, starts_at=time(9), ends_at=time(17), valid_from=TODAY
    )

    migrate()

    assert not DayHours.objects.exists()
