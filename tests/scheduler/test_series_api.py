"""A series over the API: what each call answers, what it refuses, and in how many queries."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext

from clinic.models import User
from scheduler.models import Appointment, TreatmentPlan
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage

SERIES = "/api/v1/series/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, nurses=2, days=30)


@pytest.fixture
def plan(stage: Stage) -> TreatmentPlan:
    return stage.plan()


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def post(user: User, path: str, **body: Any) -> Any:
    return client_of(user).post(f"{SERIES}{path}", body, format="json")


def get(user: User, path: str, **asked: Any) -> Any:
    return client_of(user).get(f"{SERIES}{path}", asked)


def booked_with(proposal: dict[str, Any]) -> list[dict[str, Any]]:
    return [{"id": str(new_id()), **session["book"]} for session in proposal["sessions"]]


def test_what_is_proposed_can_be_sent_back_to_be_booked(stage: Stage, plan: TreatmentPlan) -> None:
    wish = {"weekdays": [0, 3], "earliest": "12:00", "nurse": str(stage.nurses[1].pk)}
    answer = post(stage.house.ana, "propose/", plan=str(plan.pk), wish=wish)
    assert answer.status_code == 200
    proposed = answer.json()
    assert (proposed["count"], proposed["first"], len(proposed["proposals"])) == (6, "2027-01-11", 3)
    assert proposed["spacing"] == {"min_days": 2, "max_days": 5, "overridden": False}
    first = proposed["proposals"][0]
    assert first["nurse"]["name"] == "Nurse 2"
    assert first["words"][0].startswith("Mon and Thu afternoons")
    assert first["words"][1] == "All with Nurse 2"
    assert first["cost"]["total"] == sum(cost for name, cost in first["cost"].items() if name != "total")

    id = str(new_id())
    made = post(stage.house.ana, "", id=id, plan=str(plan.pk), sessions=booked_with(first), wish=wish)
    assert made.status_code == 201, made.content
    shown = get(stage.house.nils, f"{id}/").json()
    assert shown == made.json()
    assert [visit["start"] for visit in shown["appointments"]] == [
        session["start"] for session in first["sessions"]
    ]
    assert {turn["name"] for visit in shown["appointments"] for turn in visit["nurses"]} == {"Nurse 2"}
    assert {visit["series"] for visit in shown["appointments"]} == {id}


def test_a_refused_series_names_its_sessions_and_has_fresh_proposals(
    stage: Stage, plan: TreatmentPlan
) -> None:
    sessions = [
        {"id": str(new_id()), "start": stage.at(wall, TODAY + timedelta(days=ahead)).isoformat()}
        for ahead, wall in ((0, "10:00"), (1, "10:00"), (4, "20:00"))
    ]
    answer = post(stage.house.ana, "", id=str(new_id()), plan=str(plan.pk), sessions=sessions)
    assert answer.status_code == 409
    refusal = answer.json()
    assert refusal["code"] == "not_bookable"
    assert [row["number"] for row in refusal["sessions"]] == [2, 3]
    assert [blocker["code"] for blocker in refusal["sessions"][0]["blockers"]] == ["spacing_too_close"]
    again = post(
        stage.house.ana,
        "",
        id=str(new_id()),
        plan=str(plan.pk),
        sessions=booked_with(refusal["proposals"][0]),
    )
    assert again.status_code == 201


def test_an_impossible_series_names_its_gap_and_what_to_ask_instead(
    stage: Stage, plan: TreatmentPlan
) -> None:
    asked = post(stage.house.ana, "propose/", plan=str(plan.pk), last="2027-01-20").json()
    assert asked["proposals"] == []
    impossible = asked["impossible"]
    assert (impossible["placed"], impossible["next_from"]) == (5, "2027-01-22")
    first = impossible["relaxations"][0]
    assert (first["code"], first["ask"]) == ("longer_window", {"last": "2027-01-21"})
    assert post(stage.house.ana, "propose/", plan=str(plan.pk), **first["ask"]).json()["proposals"]


def test_a_series_out_of_step_is_reviewed_re_spaced_and_in_step_again(
    stage: Stage, plan: TreatmentPlan
) -> None:
    for ahead in (1, 8):
        stage.book(plan, "10:00", TODAY + timedelta(days=ahead))
    ana, key = stage.house.ana, str(plan.pk)
    reviewed = get(ana, "review/", plan=key).json()
    assert [(visit["gap"], visit["fit"]) for visit in reviewed["visits"]] == [(None, None), (7, "above")]
    assert reviewed["out_of_spacing"]
    assert reviewed["next_due"] == {"first": "2027-01-21", "last": "2027-01-24"}
    found = post(ana, "respace/", plan=key).json()
    assert found["impossible"] == ""
    (move,) = found["moves"]
    assert (move["before"], move["days"]) == (reviewed["visits"][1]["start"], -2)
    accepted = {name: move[name] for name in ("appointment", "before", "start")}
    for _ in range(2):  # sent again, nothing more happens
        answer = post(ana, "respace/accept/", plan=key, moves=[accepted])
        assert answer.status_code == 200, answer.content
        assert not answer.json()["out_of_spacing"]
    assert Appointment.objects.get(pk=move["appointment"]).starts_at.isoformat()[:10] == "2027-01-17"


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("propose/", {"wish": {"weekday": [1]}}, "wish.weekday"),
        ("propose/", {"wish": {"weekdays": [7]}}, "wish.weekdays.0"),
        ("propose/", {"count": 9}, "count"),
        ("", {"sessions": []}, "sessions"),
        ("", {"sessions": [{"start": "2027-01-11T10:00:00-06:00"}]}, "sessions.0.id"),
        ("respace/accept/", {"moves": []}, "moves"),
    ],
)
def test_what_is_wrong_is_said_at_its_field(
    stage: Stage, plan: TreatmentPlan, path: str, body: dict[str, Any], field: str
) -> None:
    sent = {"plan": str(plan.pk), **({"id": str(new_id())} if path == "" else {}), **body}
    answer = post(stage.house.ana, path, **sent)
    assert answer.status_code == 400
    assert field in [error["field"] for error in answer.json()["errors"]]


def test_a_nurse_of_another_clinic_can_not_be_wished_for(
    stage: Stage, plan: TreatmentPlan, other_house: House
) -> None:
    stranger = set_stage(other_house).nurses[0]
    answer = post(stage.house.ana, "propose/", plan=str(plan.pk), wish={"nurse": str(stranger.pk)})
    assert answer.status_code == 404


def test_the_review_takes_as_many_queries_for_five_visits_as_for_one(
    stage: Stage, plan: TreatmentPlan
) -> None:
    def queries() -> int:
        with CaptureQueriesContext(connection) as counted:
            assert get(stage.house.ana, "review/", plan=str(plan.pk)).status_code == 200
        return len(counted)

    stage.book(plan, "10:00")
    one = queries()
    for ahead in (2, 4, 6, 8):
        stage.book(plan, "10:00", TODAY + timedelta(days=ahead))
    assert queries() == one


def test_a_list_without_an_end_is_refused_at_the_door(stage: Stage, plan: TreatmentPlan) -> None:
    start = stage.at("9:00").isoformat()
    sessions = [{"id": str(new_id()), "start": start} for _ in range(61)]
    ana, key = stage.house.ana, str(plan.pk)
    booked = post(ana, "", id=str(new_id()), plan=key, sessions=sessions)
    asked = post(ana, "propose/", plan=key, count=600_000)
    wished = post(ana, "propose/", plan=key, wish={"weekdays": [0] * 8})
    assert [answer.status_code for answer in (booked, asked, wished)] == [400, 400, 400]
    assert "Give at most 60 sessions at once." in booked.content.decode()


def test_a_wish_for_somebody_who_is_no_nurse_is_refused_at_its_field(
    stage: Stage, plan: TreatmentPlan
) -> None:
    answer = post(stage.house.ana, "propose/", plan=str(plan.pk), wish={"nurse": str(stage.clinician.pk)})
    assert answer.status_code == 400
    assert [error["field"] for error in answer.json()["errors"]] == ["wish.nurse"]
