"""The hourly run lays what is declared, keeps the hours under a visit, and writes nothing twice."""

from datetime import datetime, time, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic import clock
from clinic.models import Role, WorkItem
from scheduler import tasks
from scheduler.models import (
    Appointment,
    DayHours,
    Opening,
    Resource,
    ResourceKind,
)
from scheduler.working_hours import working_time
from tests.cast import NOW, House
from tests.scheduler.declaring import (
    TUESDAY,
    WEDNESDAY,
    absent,
    at,
    booked,
    hours,
    nurse,
    on_day,
    stage,
    weekly,
)
from tests.scheduler.stage import Stage, make_resource, open_on

__all__ = ["booked", "nurse", "stage"]  # fixtures of these stories too


def test_a_second_run_writes_nothing_and_a_later_one_only_adds(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-12:00", "13:00-17:00")
    before = set(Opening.objects.values_list("pk", flat=True))

    assert working_time.lay_openings(clinic=house.clinic, now=NOW) == 0
    assert working_time.lay_openings(clinic=house.clinic, now=at("10:00")) == 0
    assert working_time.lay_openings(clinic=house.clinic, now=NOW + timedelta(days=7)) == 2
    assert before < set(Opening.objects.values_list("pk", flat=True))


def test_a_run_finds_the_stage_as_it_was_set(stage: Stage, booked: Appointment) -> None:
    """So what other stories are told on is what a clinic would have."""
    assert working_time.lay_openings(clinic=stage.house.clinic, now=NOW) == 0


def test_a_run_brings_back_what_somebody_took_and_takes_what_nobody_declared(
    house: House, nurse: Resource
) -> None:
    weekly(house, nurse, "09:00-17:00", weekdays=(1,))
    Opening.objects.filter(during__contains=at("10:00", TUESDAY)).delete()
    open_on(nurse, at("09:00", WEDNESDAY), at("17:00", WEDNESDAY))
    DayHours.objects.all().delete()

    working_time.lay_openings(clinic=house.clinic, now=NOW)

    assert hours(nurse) == ["Tue 12 09:00-17:00", "Tue 19 09:00-17:00"]


def test_a_run_keeps_the_hours_under_a_visit_that_no_declaration_covers(
    stage: Stage, booked: Appointment
) -> None:
    """Somebody changed the declarations behind our back: Rosa keeps her chair, and Max is told once."""
    DayHours.objects.filter(resource=stage.chairs[0]).delete()

    for minutes in (0, 60):
        working_time.lay_openings(clinic=stage.house.clinic, now=NOW + timedelta(minutes=minutes))

    assert hours(stage.chairs[0])[-1] == "Tue 12 10:00-12:10"
    assert len(hours(stage.chairs[1])) == 5
    item = WorkItem.objects.get()
    assert (item.role, item.patient) == (Role.MANAGER, None)
    assert item.title == "Chair 1 is booked outside the declared hours on January 12"
    stage.cancel(booked)
    working_time.lay_openings(clinic=stage.house.clinic, now=NOW + timedelta(minutes=60))
    assert "Tue 12" not in str(hours(stage.chairs[0]))


def test_a_clinic_that_changes_its_zone_keeps_its_wall_times_and_its_visits(
    stage: Stage, booked: Appointment
) -> None:
    """Nine in Chicago is seven in Los Angeles. The hours move; those under Rosa's visit stay."""
    clinic = stage.house.clinic
    clinic.time_zone = "America/Los_Angeles"
    clinic.save()

    working_time.lay_openings(clinic=clinic, now=NOW)

    assert hours(stage.chairs[1], clinic.time_zone)[1] == "Tue 12 09:00-17:00"
    assert hours(stage.chairs[0], clinic.time_zone)[1] == "Tue 12 08:00-17:00"  # 10:00 in Chicago
    assert WorkItem.objects.count() == 3  # a chair, a nurse, a clinician


def test_nobody_out_of_use_is_given_hours(house: House, nurse: Resource) -> None:
    weekly(house, nurse, "09:00-17:00")
    nurse.active = False
    nurse.save()

    assert working_time.lay_openings(clinic=house.clinic, now=NOW + timedelta(days=7)) == 0


def test_the_task_lays_every_clinic_and_trouble_in_one_stops_no_other(
    house: House, other_house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    today = clock.now().date()
    for each in (house, other_house):
        chair = make_resource(each, ResourceKind.CHAIR, "Chair", 1)
        for ahead in range(1, 8):
            DayHours.objects.create(
                resource=chair, day=today + timedelta(days=ahead), hours=[[time(9), time(17)]]
            )
    first = min(house.clinic, other_house.clinic, key=lambda clinic: clinic.pk)
    lay = working_time.lay_openings

    def trouble_in_the_first(**asked: Any) -> int:
        if asked["clinic"] == first:
            raise RuntimeError("trouble")
        return lay(**asked)

    monkeypatch.setattr(working_time, "lay_openings", trouble_in_the_first)
    with pytest.raises(ExceptionGroup):
        tasks.lay_openings()
    assert Opening.objects.exclude(resource__clinic=first).count() == 7

    monkeypatch.undo()
    tasks.lay_openings()
    assert Opening.objects.filter(resource__clinic=first).count() == 7


def test_a_run_costs_the_same_number_of_queries_however_much_is_declared(
    house: House, nurse: Resource
) -> None:
    def queries_of_a_run(now: datetime) -> int:
        with CaptureQueriesContext(connection) as captured:
            assert working_time.lay_openings(clinic=house.clinic, now=now)
        return len(captured)

    weekly(house, nurse, "09:00-17:00", weekdays=(0, 1, 2))
    few = queries_of_a_run(NOW + timedelta(days=1))
    for name, hour in (("Nora", "09:00"), ("Noor", "10:00")):
        weekly(house, make_resource(house, ResourceKind.NURSE, name, 6), "09:00-17:00", weekdays=range(7))
        absent(house, nurse, at(hour, TUESDAY), at(hour, TUESDAY) + timedelta(hours=1))

    assert queries_of_a_run(NOW + timedelta(days=2)) == few


def test_history_tells_who_declared_and_what_was_laid(house: House, nurse: Resource) -> None:
    own = on_day(house, nurse, TUESDAY, "09:00-17:00")
    working_time.clear_day(actor=house.actor(house.max), day_hours=own, now=NOW)

    with connection.cursor() as cursor:
        for table in ("dayhours", "opening"):
            cursor.execute(f"SELECT pgh_label FROM scheduler_{table}event ORDER BY pgh_id")
            assert [label for (label,) in cursor.fetchall()] == ["insert", "delete"]
