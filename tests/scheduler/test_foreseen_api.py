"""What a change of hours or of a protocol would touch, over the API: asked for, and nothing is changed."""

from datetime import date, timedelta
from typing import Any

import pytest
import time_machine

from scheduler.models import Absence, Closure, DayHours, Protocol, WorkingPattern
from tests.cast import NOW, TODAY, House, client_of
from tests.scheduler.stage import Stage, set_stage

TUESDAY = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def check(user: Any, path: str, **body: Any) -> Any:
    return client_of(user).post(f"/api/v1/{path}/check/", body, format="json")


def test_weekly_hours_tell_what_they_gain_what_gives_way_and_when_the_clocks_change(stage: Stage) -> None:
    chair = stage.chairs[0]
    standing = WorkingPattern.objects.create(
        resource=chair, weekday=6, starts_at="09:00", ends_at="17:00", valid_from=TODAY
    )
    stage.house.clinic.opening_horizon_days = 7
    stage.house.clinic.save()

    told = check(
        stage.house.max,
        "working-hours",
        resource=chair.pk,
        weekdays=[6],
        hours=[["01:00", "05:00"]],
        valid_from=TODAY,
    )

    assert told.status_code == 200
    assert (told.data["gained_minutes"], told.data["lost_minutes"]) == (240, 480)
    assert told.data["gives_way"] == [str(standing.pk)]
    assert told.data["clocks"][0] == {
        "day": "2027-03-14",
        "hours": ["01:00", "05:00"],
        "minutes": 180,
        "runs": ["01:00", "05:00"],
    }
    assert told.data["visits"] == []
    assert list(WorkingPattern.objects.all()) == [standing]


def test_visits_in_the_way_are_told_with_what_to_repair(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", TUESDAY, chair=stage.chairs[0])
    begins, ends = stage.at("0:00", TUESDAY), stage.at("0:00", TUESDAY + timedelta(days=1))
    chair, clinic = stage.chairs[0].pk, stage.house.clinic.pk
    asked: dict[str, dict[str, Any]] = {
        "day-hours": {"resource": chair, "day": TUESDAY, "hours": []},
        "absences": {"resource": chair, "start": begins, "end": ends},
        "closures": {"clinic": clinic, "first_day": TUESDAY, "last_day": TUESDAY},
    }

    for path, body in asked.items():
        told = check(stage.house.max, path, **body)
        assert {row["appointment"] for row in told.data["visits"]} == {str(visit.pk)}, path
        assert [row["day"] for row in told.data["repairs"]] == [TUESDAY.isoformat()]
        assert told.data["lost_minutes"] == 8 * 60 * (4 if path == "closures" else 1)
    assert not Absence.objects.exists()
    assert not Closure.objects.exists()
    assert DayHours.objects.get(resource=chair, day=TUESDAY).hours


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("working-hours", {"weekdays": [1], "hours": [["12:00", "09:00"]], "valid_from": TODAY}, "hours"),
        ("day-hours", {"day": date(2027, 1, 1), "hours": []}, "day"),
        ("absences", {"start": NOW, "end": NOW}, "end"),
    ],
)
def test_what_cannot_be_declared_is_told_at_its_field(
    stage: Stage, path: str, body: dict[str, Any], field: str
) -> None:
    told = check(stage.house.max, path, resource=stage.chairs[0].pk, **body)

    assert told.status_code == 400
    assert [error["field"] for error in told.data["errors"]] == [field]


def test_another_clinics_resource_is_not_there(stage: Stage, other_house: House) -> None:
    told = check(other_house.max, "day-hours", resource=stage.chairs[0].pk, day=TUESDAY, hours=[])

    assert told.status_code == 404


def test_a_draft_tells_what_it_changes_and_touches(stage: Stage) -> None:
    plan = stage.plan()
    stage.book(plan, "10:00", TUESDAY)

    told = check(
        stage.house.priya,
        "protocols",
        after=stage.protocol.pk,
        observation_minutes=90,
        series_max=5,
        series_typical=5,
    )

    assert told.data["changed"] == ["observation_minutes", "series_typical", "series_max"]
    touches = told.data["touches"]
    assert (touches["plans"], touches["visits"], touches["minutes_longer"]) == (1, 1, 30)
    assert touches["not_allowed"] == [
        {"plan": str(plan.pk), "mends": ["Order 1 to 5 sessions under mood-40."]}
    ]
    wrong = check(stage.house.priya, "protocols", after=stage.protocol.pk, spacing_min_days=9)
    assert [error["field"] for error in wrong.data["errors"]] == ["spacing_max_days"]
    assert not Protocol.objects.filter(version=2).exists()
