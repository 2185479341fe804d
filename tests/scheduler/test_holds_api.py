"""Holds, moves and what is taken back, as the API's callers see them."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from pytest_django import DjangoAssertNumQueries

from scheduler.models import Appointment
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage

API = "/api/v1/"
TOMORROW = TODAY + timedelta(days=1)


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2)


@pytest.fixture(autouse=True)
def _monday_morning() -> Any:
    with time_machine.travel(NOW, tick=False):
        yield


def post(stage: Stage, path: str, body: dict[str, Any] | None = None) -> Any:
    return client_of(stage.house.ana).post(API + path, body or {}, format="json")


def held(stage: Stage, wall_time: str = "9:30") -> Any:
    body = {"id": str(new_id()), "plan": str(stage.plan().pk), "start": stage.at(wall_time).isoformat()}
    return post(stage, "holds/", body)


def test_a_time_is_held_and_booked(stage: Stage) -> None:
    hold = held(stage)

    assert (hold.status_code, hold.data["status"]) == (201, "pending")
    assert hold.data["held_until"] == "2027-01-11T15:10:00Z"
    booked = post(stage, f"holds/{hold.data['id']}/book/")
    assert (booked.status_code, booked.data["status"], booked.data["held_until"]) == (200, "booked", None)
    assert booked.data["chair"] == hold.data["chair"]


def test_a_hold_that_ran_out_says_so(stage: Stage) -> None:
    hold = held(stage)

    with time_machine.travel(NOW + timedelta(minutes=10), tick=False):
        answer = post(stage, f"holds/{hold.data['id']}/book/")

    assert (answer.status_code, answer.data["code"]) == (409, "hold_over")


@pytest.mark.parametrize(("step", "body"), [("cancel", {"reason": "pat"}), ("no-show", {})])
def test_a_visit_that_was_cancelled_or_missed_is_not_booked_by_a_late_copy(
    stage: Stage, step: str, body: dict[str, str]
) -> None:
    hold = held(stage)
    assert post(stage, f"holds/{hold.data['id']}/book/").data["status"] == "booked"
    assert post(stage, f"holds/{hold.data['id']}/book/").data["status"] == "booked"
    with time_machine.travel(stage.at("9:30") + timedelta(minutes=1), tick=False):
        assert post(stage, f"appointments/{hold.data['id']}/{step}/", body).status_code == 200

        answer = post(stage, f"holds/{hold.data['id']}/book/")

    assert (answer.status_code, answer.data["code"]) == (409, "hold_over")


def test_a_hold_is_given_up(stage: Stage) -> None:
    hold = held(stage)
    client = client_of(stage.house.ana)

    for _ in range(2):
        assert client.delete(f"{API}holds/{hold.data['id']}/").status_code == 204

    listed = client.get(
        f"{API}appointments/", {"clinic": str(stage.house.clinic.pk), "day": TODAY.isoformat()}
    ).data["results"]
    assert listed == []
    assert Appointment.objects.get().lapsed_hold


def test_a_visit_is_moved(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    moved = post(
        stage,
        f"appointments/{visit.pk}/reschedule/",
        {"start": stage.at("13:00", TOMORROW).isoformat(), "chair": str(stage.chairs[1].pk)},
    )

    assert (moved.status_code, moved.data["id"]) == (200, str(visit.pk))
    assert moved.data["start"] == "2027-01-12T19:00:00Z"
    assert moved.data["chair"]["name"] == "Chair 2"


def test_a_move_that_is_refused_carries_what_a_refused_booking_carries(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    answer = post(stage, f"appointments/{visit.pk}/reschedule/", {"start": stage.at("16:00").isoformat()})

    assert (answer.status_code, answer.data["code"]) == (409, "not_bookable")
    assert "outside_hours" in [blocker["code"] for blocker in answer.data["blockers"]]
    assert answer.data["alternatives"]


def test_check_tells_whether_a_visit_could_be_moved(stage: Stage) -> None:
    plan = stage.plan(sessions_ordered=1)
    visit = stage.book(plan, "9:30")
    asked = {"plan": str(plan.pk), "start": stage.at("10:00").isoformat()}

    assert not post(stage, "appointments/check/", asked).data["bookable"]
    assert post(stage, "appointments/check/", {**asked, "appointment": str(visit.pk)}).data["bookable"]


def test_check_finds_no_visit_of_another_plan(stage: Stage) -> None:
    other = stage.book(stage.plan(stage.house.omar), "9:30")
    asked = {"plan": str(stage.plan().pk), "start": stage.at("10:00").isoformat()}

    assert post(stage, "appointments/check/", {**asked, "appointment": str(other.pk)}).status_code == 404


def test_a_missed_visit_is_marked_taken_back_and_told(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:00")

    assert post(stage, f"appointments/{visit.pk}/no-show/").data["status"] == "noshow"
    assert post(stage, f"appointments/{visit.pk}/undo/").data["status"] == "booked"
    told = client_of(stage.house.ana).get(f"{API}appointments/{visit.pk}/history/").data

    assert [line["what"] for line in told] == ["booked", "no-show", "undone"]
    assert {line["by"] for line in told} == {"Ana Lima"}


def test_the_day_is_listed_with_a_fixed_number_of_queries(
    stage: Stage, django_assert_num_queries: DjangoAssertNumQueries
) -> None:
    client, asked = (
        client_of(stage.house.ana),
        {"clinic": str(stage.house.clinic.pk), "day": TODAY.isoformat()},
    )
    stage.book(stage.plan(stage.house.omar), "13:00")
    client.get(f"{API}appointments/", asked)

    with django_assert_num_queries(4):
        assert len(client.get(f"{API}appointments/", asked).data["results"]) == 1
    held(stage)
    with django_assert_num_queries(4):
        assert len(client.get(f"{API}appointments/", asked).data["results"]) == 2
