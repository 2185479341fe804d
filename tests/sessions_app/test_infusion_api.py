"""A running infusion over the API: rates, boluses, running total, medicines, waste, notes, stale writes."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from rest_framework.test import APIClient

from clinic import clock
from sessions_app.models import Session
from tests.cast import House, client_of, new_id
from tests.sessions_app import stories
from tests.sessions_app.stories import STARTED_AT

SESSIONS = "/api/v1/sessions/"


class Wall:
    """The clock on the wall, which the doors of the API read."""

    shows: datetime = STARTED_AT

    def after(self, **lapse: int) -> datetime:
        self.shows += timedelta(**lapse)
        return self.shows


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> Wall:
    wall = Wall()
    monkeypatch.setattr(clock, "now", lambda: wall.shows)
    return wall


def post(client: APIClient, session: Session, verb: str, **body: Any) -> Any:
    return client.post(f"{SESSIONS}{session.pk}/{verb}/", {"id": str(new_id()), **body})


def test_the_running_total_comes_with_the_session(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), client_of(house.nils)
    wall.after(minutes=10)
    assert post(nils, session, "rate", rate_ml_per_h="75.0").status_code == 201
    assert post(nils, session, "bolus", volume_ml="4.0", confirmed=True, reason="Dr. Nair").status_code == 201
    wall.after(minutes=10)
    given = nils.get(f"{SESSIONS}{session.pk}/").json()["given"]
    assert given == {
        "at": "2027-01-11T15:40:00Z",
        "volume_ml": "41.50",
        "mg": "14.5",
        "rate_ml_per_h": "75.0",
        "mg_per_h": "26.3",
        "running": True,
        "ordered_mg": "35.0",
        "most_mg": "105.0",
        "left_ml": "58.50",
        "empty_at": "2027-01-11T16:26:48Z",
    }
    stopped = post(nils, session, "stop", volume_ml="60.0")
    assert stopped.json()["errors"][0]["code"] == "confirm"
    stopped = post(nils, session, "stop", volume_ml="60.0", confirmed=True)
    assert (stopped.status_code, stopped.json()["volume_ml"]) == (201, "60.0")
    given = nils.get(f"{SESSIONS}{session.pk}/").json()["given"]
    assert (given["mg"], given["running"], given["empty_at"]) == ("21.0", False, None)


def test_nothing_is_said_to_be_given_before_the_start(house: House, wall: Wall) -> None:
    session = stories.prepared(house)
    assert client_of(house.nils).get(f"{SESSIONS}{session.pk}/").json()["given"] is None


def test_a_bolus_past_the_limit_is_refused_at_its_field(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), client_of(house.nils)
    wall.after(minutes=20)
    for _ in range(2):
        again = post(nils, session, "bolus", volume_ml="100.0", came_from_elsewhere=True, reason="Dr. Nair")
        assert again.status_code == 201
    refused = post(nils, session, "bolus", volume_ml="60.0", confirmed=True, reason="Dr. Nair")
    [error] = refused.json()["errors"]
    assert (refused.status_code, error["field"], error["code"]) == (400, "volume_ml", "hard_limit")


def test_a_step_over_the_api_may_have_happened_before(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), client_of(house.nils)
    wall.after(minutes=10)
    earlier = STARTED_AT + timedelta(minutes=8)
    paused = post(nils, session, "pause", happened_at=earlier.isoformat())
    assert paused.status_code == 201
    late = post(nils, session, "resume", happened_at=STARTED_AT.isoformat())
    assert (late.status_code, late.json()["errors"][0]["field"]) == (400, "happened_at")


def test_medicines_waste_and_notes_stand_in_the_session(house: House, wall: Wall) -> None:
    session, nils = stories.recovering(house), client_of(house.nils)
    wall.after(minutes=45)
    order = {"amount": "2.5", "unit": "mg", "route": "oral", "reason": "Headache"}
    given = {"medicine": "Otherol", "given_at": wall.shows.isoformat(), **order}
    by_nobody = post(nils, session, "medicines", **given)
    assert (by_nobody.status_code, by_nobody.json()["errors"][0]["field"]) == (400, "ordered_by")
    medicine = post(nils, session, "medicines", ordered_by=str(house.priya.pk), **given)
    assert (medicine.status_code, medicine.json()["ordered_by_name"]) == (201, "Priya Nair")
    kept = post(nils, session, "waste", vial="LOT 7", drawn_mg="50.0", wasted_mg="15.0")
    assert kept.status_code == 201
    myself = post(nils, session, "witness", waste=kept.json()["id"])
    assert (myself.status_code, myself.json()["code"]) == (409, "second_person")
    assert post(client_of(house.priya), session, "witness", waste=kept.json()["id"]).status_code == 201
    assert post(nils, session, "notes", text="Blinds down.").status_code == 201
    whole = nils.get(f"{SESSIONS}{session.pk}/").json()
    assert whole["medicines_given"] == [medicine.json()]
    assert (whole["wastes"], whole["waste_witnesses"][0]["waste"]) == ([kept.json()], kept.json()["id"])
    assert whole["notes"][0]["text"] == "Blinds down."


def test_a_rate_set_on_an_older_revision_says_what_changed(house: House, wall: Wall) -> None:
    session, nils = stories.infusing(house), client_of(house.nils)
    wall.after(minutes=10)
    changed = post(client_of(house.priya), session, "rate", rate_ml_per_h="75.0").json()
    stale = nils.post(
        f"{SESSIONS}{session.pk}/rate/",
        {"id": str(new_id()), "rate_ml_per_h": "120.0"},
        headers={"If-Match": f'"{session.revision}"'},
    )
    assert stale.status_code == 412
    [change] = stale.json()["changes"]
    assert (change["part"], change["id"], change["recorded_by"]) == ("infusion", changed["id"], "Priya Nair")
    assert session.infusion_events.count() == 2
