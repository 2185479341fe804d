"""Declaring over the API: working hours, a day's own, absences, closures, and holidays that are offered."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import User
from scheduler.models import Absence, Closure, DayHours, Opening, ResourceKind, WorkingPattern
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, make_resource, set_stage

API = "/api/v1/"
TUESDAY = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def get(user: User, path: str, **asked: Any) -> Any:
    return client_of(user).get(API + path, asked)


def post(user: User, path: str, body: dict[str, Any]) -> Any:
    return client_of(user).post(API + path, body)


def delete(user: User, path: str) -> Any:
    return client_of(user).delete(API + path)


def starts(stage: Stage, resource: Any, day: Any = TUESDAY) -> list[str]:
    asked = {"clinic": stage.house.clinic.pk, "day": day, "resource": resource.pk}
    return [row["start"] for row in get(stage.house.ana, "openings/", **asked).data["results"]]


def test_weekly_hours_are_set_listed_replaced_and_ended(stage: Stage) -> None:
    max_, chair = stage.house.max, stage.chairs[0]
    saturday = TODAY + timedelta(days=5)
    body = {
        "id": new_id(),
        "resource": chair.pk,
        "weekdays": [5],
        "hours": [["09:00", "12:30"], ["13:00", "00:00"]],
        "valid_from": TODAY,
    }

    made = post(max_, "working-hours/", body)

    assert made.status_code == 201
    assert [(row["weekday"], row["starts_at"], row["ends_at"]) for row in made.data] == [
        (5, "09:00", "12:30"),
        (5, "13:00", "00:00"),
    ]
    asked = {"clinic": stage.house.clinic.pk, "resource": chair.pk}
    assert len(get(stage.house.nils, "working-hours/", **asked).data["results"]) == 2
    assert starts(stage, chair, saturday) == ["2027-01-16T15:00:00Z", "2027-01-16T19:00:00Z"]

    early = {**body, "id": new_id(), "hours": [["08:00", "12:00"]]}
    refused = post(max_, "working-hours/", early)
    standing = [row["id"] for row in made.data]
    assert (refused.status_code, refused.data["code"]) == (409, "hours_changed")
    assert sorted(map(str, refused.data["standing"])) == sorted(standing)
    replaced = post(max_, "working-hours/", {**early, "in_place_of": standing})
    assert starts(stage, chair, saturday) == ["2027-01-16T14:00:00Z"]

    ended = post(max_, f"working-hours/{replaced.data[0]['id']}/end/", {"last_day": TODAY})
    assert (ended.status_code, ended.data["valid_until"]) == (200, TODAY.isoformat())
    assert starts(stage, chair, saturday) == []


def test_a_day_is_given_its_own_hours_and_back(stage: Stage) -> None:
    max_, chair = stage.house.max, stage.chairs[0]
    own = DayHours.objects.get(resource=chair, day=TUESDAY)
    body = {"id": new_id(), "resource": chair.pk, "day": TUESDAY, "hours": [["12:00", "14:00"]]}
    assert post(max_, "day-hours/", body).data["code"] == "hours_changed"

    made = post(max_, "day-hours/", {**body, "in_place_of": own.pk})

    assert (made.status_code, made.data["hours"]) == (201, [["12:00", "14:00"]])
    assert starts(stage, chair) == ["2027-01-12T18:00:00Z"]
    asked = {"clinic": stage.house.clinic.pk, "resource": chair.pk}
    assert len(get(stage.house.priya, "day-hours/", **asked).data["results"]) == 5
    assert delete(max_, f"day-hours/{body['id']}/").status_code == 204
    assert starts(stage, chair) == []


def test_the_desk_records_an_absence_and_takes_it_back(stage: Stage) -> None:
    ana, nurse = stage.house.ana, stage.nurses[0]
    start, end = stage.at("12:00", TUESDAY), stage.at("13:00", TUESDAY)
    body = {"id": new_id(), "resource": nurse.pk, "start": start, "end": end, "reason": "illness"}

    assert post(ana, "absences/", body).status_code == 201
    again = post(ana, "absences/", {**body, "id": new_id()})
    assert (again.status_code, again.data["code"]) == (409, "absent_already")

    assert starts(stage, nurse) == ["2027-01-12T15:00:00Z", "2027-01-12T19:00:00Z"]
    listed = get(ana, "absences/", clinic=stage.house.clinic.pk).data["results"]
    assert [(row["reason"], row["start"]) for row in listed] == [("illness", "2027-01-12T18:00:00Z")]
    assert get(stage.house.nils, "absences/", clinic=stage.house.clinic.pk).status_code == 403
    assert delete(ana, f"absences/{body['id']}/").status_code == 204
    assert not Absence.objects.exists()
    assert starts(stage, nurse) == ["2027-01-12T15:00:00Z"]


def test_the_clinic_is_closed_for_whole_days_or_a_stretch(stage: Stage) -> None:
    max_, clinic = stage.house.max, stage.house.clinic
    whole = {
        "id": new_id(),
        "clinic": clinic.pk,
        "name": "Painters",
        "first_day": TUESDAY,
        "last_day": TUESDAY,
    }
    stretch = {
        "id": new_id(),
        "clinic": clinic.pk,
        "name": "Party",
        "start": stage.at("12:00", TODAY),
        "end": stage.at("17:00", TODAY),
    }

    assert [post(max_, "closures/", body).status_code for body in (whole, stretch)] == [201, 201]

    assert [starts(stage, stage.chairs[0], day) for day in (TODAY, TUESDAY)] == [["2027-01-11T15:00:00Z"], []]
    listed = get(stage.house.nils, "closures/", clinic=clinic.pk).data["results"]
    assert [(row["name"], row["start"]) for row in listed] == [
        ("Party", "2027-01-11T18:00:00Z"),
        ("Painters", "2027-01-12T06:00:00Z"),
    ]
    assert delete(max_, f"closures/{whole['id']}/").status_code == 204
    assert starts(stage, stage.chairs[0]) == ["2027-01-12T15:00:00Z"]


def test_public_holidays_are_offered_and_close_nothing_by_themselves(stage: Stage) -> None:
    max_, clinic = stage.house.max, stage.house.clinic
    asked = {"clinic": clinic.pk, "year": 2027}
    assert get(max_, "closures/public-holidays/", **asked).data["code"] == "no_calendar"
    clinic.holiday_calendar = "US-IL"
    clinic.save()

    offered = get(max_, "closures/public-holidays/", **asked).data

    assert {"day": "2027-02-12", "name": "Lincoln's Birthday"} in offered  # Illinois has it, others don't
    assert not Closure.objects.exists()
    day = {"first_day": "2027-02-12", "last_day": "2027-02-12", "name": "Lincoln's Birthday"}
    closed = post(max_, "closures/", {"id": new_id(), "clinic": clinic.pk, **day})
    assert (closed.status_code, closed.data["public_holiday"]) == (201, True)
    far = get(max_, "closures/public-holidays/", clinic=clinic.pk, year=1999)
    assert (far.status_code, far.data["errors"][0]["field"]) == (400, "year")


def test_a_refusal_lists_the_visits_and_what_to_repair(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "10:00", TUESDAY)
    nurse = stage.nurses[0]
    start, end = stage.at("9:00", TUESDAY), stage.at("11:00", TUESDAY)
    body = {"id": new_id(), "resource": nurse.pk, "start": start, "end": end, "reason": "illness"}

    answer = post(stage.house.ana, "absences/", body)

    told = answer.json()
    assert (answer.status_code, told["code"]) == (409, "visits_stranded")
    assert told["detail"].startswith("This would take hours away from 1 booked visit.")
    assert [row["appointment"] for row in told["visits"]] == [str(visit.pk)]
    assert told["visits"][0]["resource"] == {"id": str(nurse.pk), "name": nurse.name}
    assert told["repair"] == {
        "day": TUESDAY.isoformat(),
        "resource": str(nurse.pk),
        "from": "2027-01-12T15:00:00Z",
        "until": "2027-01-12T17:00:00Z",
    }
    assert "Rosa" not in answer.content.decode()


def declarations(stage: Stage) -> dict[str, dict[str, Any]]:
    """What a manager may declare, for each address."""
    resource = stage.chairs[1].pk
    return {
        "working-hours/": {
            "resource": resource,
            "weekdays": [5],
            "hours": [["09:00", "17:00"]],
            "valid_from": TODAY,
        },
        "day-hours/": {"resource": resource, "day": TODAY + timedelta(days=9), "hours": []},
        "absences/": {
            "resource": resource,
            "start": "2027-01-12T14:00:00Z",
            "end": "2027-01-12T15:00:00Z",
            "reason": "leave",
        },
        "closures/": {
            "clinic": stage.house.clinic.pk,
            "name": "Painters",
            "first_day": TUESDAY,
            "last_day": TUESDAY,
        },
    }


@pytest.mark.parametrize("path", ["day-hours/", "absences/", "closures/"])
def test_what_was_taken_back_is_not_declared_again_by_a_late_copy_of_the_call(
    stage: Stage, path: str
) -> None:
    max_, body = stage.house.max, {"id": new_id(), **declarations(stage)[path]}
    assert post(max_, path, body).status_code == 201
    assert delete(max_, f"{path}{body['id']}/").status_code == 204

    answer = post(max_, path, body)

    assert (answer.status_code, answer.data["code"]) == (409, "taken_back")
    assert "taken back or replaced since" in answer.data["detail"]


def test_a_days_hours_that_gave_way_are_not_declared_again_by_a_late_copy(stage: Stage) -> None:
    max_, body = stage.house.max, {"id": new_id(), **declarations(stage)["day-hours/"]}
    assert post(max_, "day-hours/", body).status_code == 201
    assert post(max_, "day-hours/", {**body, "id": new_id(), "in_place_of": body["id"]}).status_code == 201

    answer = post(max_, "day-hours/", body)

    assert (answer.status_code, answer.data["code"]) == (409, "taken_back")


def test_weekly_hours_that_gave_way_wholly_are_not_declared_again_by_a_late_copy(stage: Stage) -> None:
    max_ = stage.house.max
    body = {"id": new_id(), **declarations(stage)["working-hours/"], "weekdays": [5, 6]}
    made = post(max_, "working-hours/", body).data
    saturday = {**body, "id": new_id(), "weekdays": [5], "in_place_of": [made[0]["id"]]}
    assert post(max_, "working-hours/", saturday).status_code == 201
    answer = post(max_, "working-hours/", body)
    assert (answer.status_code, [row["weekday"] for row in answer.data]) == (200, [6])
    sunday = {**body, "id": new_id(), "weekdays": [6], "in_place_of": [made[1]["id"]]}
    assert post(max_, "working-hours/", sunday).status_code == 201

    answer = post(max_, "working-hours/", body)

    assert (answer.status_code, answer.data["code"]) == (409, "taken_back")


def test_no_hours_at_all_leave_nothing_to_be_taken_back(stage: Stage) -> None:
    body = {"id": new_id(), **declarations(stage)["working-hours/"], "hours": []}

    assert [post(stage.house.max, "working-hours/", body).status_code for _ in range(2)] == [201, 200]


def test_weekly_hours_that_would_end_before_they_begin_are_taken_back(stage: Stage) -> None:
    body = {**declarations(stage)["working-hours/"], "valid_from": TODAY + timedelta(days=7)}
    made = post(stage.house.max, "working-hours/", {"id": new_id(), **body}).data

    answer = post(stage.house.max, f"working-hours/{made[0]['id']}/end/", {"last_day": TODAY})

    assert (answer.status_code, answer.content) == (204, b"")
    assert not WorkingPattern.objects.filter(pk=made[0]["id"]).exists()


@pytest.mark.parametrize("path", ["working-hours/", "day-hours/", "absences/", "openings/"])
def test_the_hours_of_a_resource_that_is_not_there_are_not_an_empty_list(
    stage: Stage, other_house: House, path: str
) -> None:
    day = {"day": TODAY} if path == "openings/" else {}
    foreign = make_resource(other_house, ResourceKind.CHAIR, "Theirs", 1)
    for resource in (new_id(), foreign.pk):
        answer = get(stage.house.max, path, clinic=stage.house.clinic.pk, resource=resource, **day)
        assert answer.status_code == 404


@pytest.mark.parametrize(
    ("path", "changes", "field", "sentence"),
    [
        ("working-hours/", {"weekdays": [7]}, "weekdays.0", "less than or equal to 6"),
        ("working-hours/", {"weekdays": []}, "weekdays", "Choose weekdays, from 0 (Monday) to 6 (Sunday)."),
        ("working-hours/", {"hours": [["09:00"]]}, "hours.0", "at least 2"),
        ("working-hours/", {"hours": [["17:00", "09:00"]]}, "hours", "17:00 to 09:00 ends before it begins."),
        ("working-hours/", {"hours": "nine to five"}, "hours", "list"),
        ("working-hours/", {"valid_until": "9999-12-31"}, "valid_until", "Give a day from 1900 to 2199."),
        ("working-hours/", {"shift": "early"}, "shift", "Unknown field."),
        ("day-hours/", {"day": "2027-01-10"}, "day", "Days that are over stay as they were."),
        ("day-hours/", {"hours": [["09:00", "12:00"], ["11:00", "13:00"]]}, "hours", "overlap"),
        ("absences/", {"reason": "bored"}, "reason", "Choose one of: leave, illness, training"),
        ("absences/", {"end": "2027-01-11T14:00:00Z"}, "end", "The end must be after the start."),
        ("absences/", {"end": "2027-01-12T14:00:00"}, "end", "RFC 3339"),
        ("working-hours/", {"weekdays": [1] * 8}, "weekdays", "no more than 7"),
        ("working-hours/", {"hours": [["09:00", "17:00"]] * 25}, "hours", "no more than 24"),
        ("working-hours/", {"in_place_of": [0]}, "in_place_of.0", "valid UUID"),
        ("closures/", {"name": " "}, "name", "blank"),
        ("closures/", {"name": "Paint\ners"}, "name", "on one line"),
        ("closures/", {"last_day": None}, "last_day", "null"),
        ("closures/", {"last_day": "2027-01-11"}, "last_day", "The last day must not be before the first."),
        ("closures/", {"start": "2027-01-12T14:00:00Z"}, "first_day", "Give `first_day` and `last_day`, or"),
    ],
)
def test_input_that_cannot_be_is_told_at_its_field(
    stage: Stage, path: str, changes: dict[str, Any], field: str, sentence: str
) -> None:
    answer = post(stage.house.max, path, {"id": new_id(), **declarations(stage)[path], **changes})

    errors = {row["field"]: row["detail"] for row in answer.data["errors"]}
    assert answer.status_code == 400
    assert sentence in errors[field]


def test_lists_cost_the_same_however_long_they_are(stage: Stage) -> None:
    max_, clinic, chair = stage.house.max, stage.house.clinic, stage.chairs[0]

    def declare(number: int) -> None:
        day = TODAY + timedelta(days=20 + number)
        body: dict[str, Any] = {"resource": chair.pk, "hours": [["09:00", "17:00"]]}
        made = [
            post(max_, "working-hours/", {"id": new_id(), **body, "weekdays": [number], "valid_from": TODAY}),
            post(max_, "day-hours/", {"id": new_id(), **body, "day": day}),
            post(
                max_,
                "absences/",
                {
                    "id": new_id(),
                    "resource": chair.pk,
                    "reason": "leave",
                    "start": stage.at("9:00", day),
                    "end": stage.at("17:00", day),
                },
            ),
            post(
                max_,
                "closures/",
                {"id": new_id(), "clinic": clinic.pk, "name": "Party", "first_day": day, "last_day": day},
            ),
        ]
        assert [answer.status_code for answer in made] == [201] * 4

    def queries() -> dict[str, int]:
        counted = {}
        for path in ("working-hours/", "day-hours/", "absences/", "closures/"):
            with CaptureQueriesContext(connection) as captured:
                assert get(max_, path, clinic=clinic.pk).data["results"]
            counted[path] = len(captured)
        return counted

    declare(0)
    few = queries()
    declare(1)
    declare(2)

    assert queries() == few
    assert WorkingPattern.objects.count() == 3


def test_openings_are_read_and_never_written(stage: Stage) -> None:
    opening = Opening.objects.first()
    assert opening is not None

    assert post(stage.house.max, "openings/", {"id": new_id()}).status_code == 405
    assert delete(stage.house.max, f"openings/{opening.pk}/").status_code == 404
