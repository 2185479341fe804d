"""Repairing a day over the API: proposed, looked at, accepted; only by the desk and the manager."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine

from clinic.models import User
from scheduler.models import Absence, Repair
from tests.cast import NOW, TODAY, House, client_of, new_id
from tests.scheduler.stage import Stage, set_stage

API = "/api/v1/repairs/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house, chairs=2, nurses=2)


@pytest.fixture(autouse=True)
def _nine_in_the_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def missing(stage: Stage, **changes: Any) -> dict[str, Any]:
    told = {
        "resource": str(stage.nurses[0].pk),
        "start": stage.at("10:00").isoformat(),
        "end": stage.at("17:00").isoformat(),
        "reason": "illness",
    }
    return {**told, **changes}


def post(user: User, stage: Stage, **told: Any) -> Any:
    body = {"id": str(new_id()), "clinic": str(stage.house.clinic.pk), "day": TODAY.isoformat(), **told}
    return client_of(user).post(API, body, format="json")


def test_a_repair_is_proposed_looked_at_and_accepted(stage: Stage) -> None:
    ana = stage.house.ana
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    answer = post(ana, stage, missing=missing(stage))
    assert answer.status_code == 201, answer.content
    plan = answer.json()["plan"]
    assert plan["parts"] == {
        "kept": 1,
        "moved": 0,
        "another_day": 0,
        "given_up": 0,
        "left_alone": 0,
        "minutes_moved": 0,
        "other_nurses": 1,
        "other_chairs": 0,
    }
    assert (plan["cost"], plan["bound"], plan["gap"], plan["can_be_carried_out"]) == (5, 5, 0.0, True)
    (change,) = plan["changes"]
    assert (change["visit"], change["outcome"]) == (str(visit.pk), "kept")
    assert [turn["nurse"] for turn in change["to"]["nurses"]] == [str(stage.nurses[1].pk)]
    assert {fault["cause"] for fault in plan["faults"]} == {"away"}
    address = f"{API}{answer.json()['id']}/"
    assert client_of(ana).get(address).json() == answer.json()
    accepted = client_of(ana).post(f"{address}accept/", {}, format="json")
    assert (accepted.status_code, accepted.json()["accepted_by"]) == (200, str(ana.pk))
    assert Absence.objects.count() == 1


def test_running_late_is_told_by_minutes(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")
    answer = post(stage.house.ana, stage, late={"minutes": 40, "appointment": str(visit.pk)})
    (change,) = answer.json()["plan"]["changes"]
    assert (change["outcome"], change["to"]["start"]) == ("moved", "2027-01-11T16:10:00Z")
    assert answer.json()["plan"]["parts"]["minutes_moved"] == 40


def test_an_outdated_plan_is_refused_with_its_code(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "13:00", nurse=stage.nurses[0])
    proposed = post(stage.house.ana, stage, missing=missing(stage)).json()
    stage.cancel(visit)
    answer = client_of(stage.house.ana).post(f"{API}{proposed['id']}/accept/", {}, format="json")
    assert (answer.status_code, answer.json()["code"]) == (409, "plan_outdated")


def test_either_something_is_missing_or_late_and_not_both(stage: Stage) -> None:
    for told in ({}, {"missing": missing(stage), "late": {"minutes": 5}}):
        answer = post(stage.house.ana, stage, **told)
        assert answer.status_code == 400
        assert "went wrong" in answer.json()["detail"]


def test_what_cannot_be_is_said_at_its_field(stage: Stage) -> None:
    answer = post(stage.house.ana, stage, missing=missing(stage, end=stage.at("9:00").isoformat()))
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "end")
    answer = post(stage.house.ana, stage, late={"minutes": 40, "visit": "none"})
    assert "Unknown field" in answer.json()["detail"]
    assert not Repair.objects.exists()


def test_a_resource_or_visit_of_another_clinic_is_not_found(stage: Stage, other_house: House) -> None:
    theirs = set_stage(other_house)
    visit = theirs.book(theirs.plan(), "13:00", TODAY + timedelta(days=1))
    answer = post(stage.house.ana, stage, missing=missing(stage, resource=str(theirs.nurses[0].pk)))
    assert answer.status_code == 404
    answer = post(stage.house.ana, stage, late={"minutes": 40, "appointment": str(visit.pk)})
    assert answer.status_code == 404


def test_nurses_and_prescribers_do_not_repair_days(stage: Stage) -> None:
    for user in (stage.house.nils, stage.house.priya):
        answer = post(user, stage, missing=missing(stage))
        assert answer.status_code == 403
