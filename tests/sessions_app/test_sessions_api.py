"""A session over the API, as the nurse's tablet uses it: the whole visit, resends, stale writes, roles."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.test import APIClient

from clinic import clock
from clinic.models import AccessLog
from scheduler.models import Appointment, AppointmentStatus
from sessions_app.models import Session
from sessions_app.preparing import checklist
from tests.cast import NOW, PASSWORD, House, client_of, new_id
from tests.sessions_app import stories

SESSIONS = "/api/v1/sessions/"


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> "Wall":
    """The clock on the wall, which the doors of the API read."""
    wall = Wall()
    monkeypatch.setattr(clock, "now", lambda: wall.shows)
    return wall


class Wall:
    shows: datetime = NOW

    def after(self, **lapse: int) -> datetime:
        self.shows += timedelta(**lapse)
        return self.shows


def post(client: APIClient, session: Session | str, verb: str, body: dict[str, Any], **extra: Any) -> Any:
    pk = session if isinstance(session, str) else session.pk
    return client.post(f"{SESSIONS}{pk}/{verb}/", body, **extra)


def calm_body(at: datetime, **changes: Any) -> dict[str, Any]:
    reading = {"measured_at": at.isoformat(), **stories.CALM.values, **changes}
    return {"id": str(new_id()), **reading}


def test_a_second_amendment_from_the_same_page_is_told_of_the_first(house: House, wall: Wall) -> None:
    session = stories.signed(house)
    wall.after(minutes=140)
    nils = client_of(house.nils)
    page = nils.get(f"{SESSIONS}{session.pk}/")
    seen = {"If-Match": page.headers["ETag"]}

    def late_note(words: str) -> dict[str, Any]:
        line = {"id": str(new_id()), "note": {"text": words}}
        return {"id": str(new_id()), "reason": words, "corrections": [line], "password": PASSWORD}

    first = post(nils, session, "amendments", late_note("Left with her sister"), headers=seen)
    assert first.status_code == 201
    assert first.headers["ETag"] == f'"{page.json()["revision"] + 1}"'
    stale = post(client_of(house.priya), session, "amendments", late_note("Second"), headers=seen)
    assert (stale.status_code, stale.json()["changes"][0]["part"]) == (412, "notes")
    now = {"If-Match": nils.get(f"{SESSIONS}{session.pk}/").headers["ETag"]}
    assert now["If-Match"] == first.headers["ETag"]
    third = post(client_of(house.priya), session, "amendments", late_note("Third"), headers=now)
    assert third.status_code == 201


def stands(session: Session) -> str:
    return str(session.checklist_answers.get(item="suicidality", corrected_by=None).pk)


def test_an_answer_that_does_not_name_the_one_it_replaces_undoes_nothing(house: House, wall: Wall) -> None:
    session = stories.arrived(house)
    line = stories.fail(house, session, "suicidality", at=wall.shows, note="Says plan")
    passed = {"item": "suicidality", "result": "pass", "reason": "m2"}
    body = {"id": str(new_id()), "answers": [passed]}
    answer = post(client_of(house.priya), session, "checklist", body)
    assert (answer.status_code, answer.json()["errors"][0]["code"]) == (400, "stale")
    assert "Nils Berg has answered" in answer.json()["errors"][0]["detail"]
    assert checklist.blocking_lines(session) == [line]


def test_an_answer_sent_again_undoes_nothing_that_was_found_since(house: House, wall: Wall) -> None:
    session = stories.arrived(house)
    nils, priya = client_of(house.nils), client_of(house.priya)

    def said(result: str, **more: Any) -> dict[str, Any]:
        return {"id": str(new_id()), "answers": [{"item": "suicidality", "result": result, **more}]}

    first = said("fail", note="Passing thoughts")
    assert post(nils, session, "checklist", first).status_code == 201
    passed = said("pass", reason="Asked again: none", replaces=stands(session))
    assert post(nils, session, "checklist", passed).status_code == 201
    found = said("fail", note="Tells of a plan", reason="Said so to me", replaces=stands(session))
    assert post(priya, session, "checklist", found).status_code == 201
    again = post(nils, session, "checklist", passed)
    assert again.status_code == 200
    assert session.checklist_answers.count() == 3
    assert "suicidality" in [line.item for line in checklist.blocking_lines(session)]
    assert post(nils, session, "checklist", {"answers": passed["answers"]}).status_code == 400


def test_the_whole_visit_over_the_api(house: House, wall: Wall) -> None:
    nils = client_of(house.nils)
    visit = stories.arrived_visit(house)
    body = {"id": str(new_id()), "appointment": str(visit.pk)}
    opened = nils.post(SESSIONS, body)
    assert (opened.status_code, opened.json()["state"]) == (201, "arrived")
    session = body["id"]

    wall.after(minutes=10)
    answers = [
        {"item": item.code, "result": "pass", "note": "Sam Reyes, 312 555 0100" if item.note_on_pass else ""}
        for item in stories.ASKED
    ]
    answered = post(nils, session, "checklist", {"id": str(new_id()), "answers": answers})
    assert (answered.status_code, answered.json()["state"]) == (201, "preparing")
    assert _status(visit) == AppointmentStatus.CHECKED_IN
    dose = {
        "id": str(new_id()),
        "weight_kg": "70.0",
        "weighed_at": wall.shows.isoformat(),
        "stock_mg_per_ml": "50",
        "bag_volume_ml": "100",
        "confirmed": True,
    }
    prepared = post(nils, session, "dose", dose)
    assert (prepared.status_code, prepared.json()["dose_mg"]) == (201, "35.0")
    checked = {"id": str(new_id()), "worksheet": dose["id"], **stories.FOUND}
    assert post(client_of(house.priya), session, "dose-checks", checked).status_code == 201
    assert post(nils, session, "vitals", calm_body(wall.shows)).status_code == 201

    wall.after(minutes=5)
    assert post(nils, session, "start", {"id": str(new_id())}).status_code == 201
    wall.after(minutes=10)
    nausea = {"id": str(new_id()), "term": "nausea", "grade": 1, "onset_at": wall.shows.isoformat()}
    assert post(nils, session, "side-effects", nausea).status_code == 201
    paused = post(nils, session, "pause", {"id": str(new_id()), "reason": "Nausea"})
    assert paused.status_code == 201
    wall.after(minutes=5)
    assert post(nils, session, "vitals", calm_body(wall.shows)).status_code == 201
    assert post(nils, session, "resume", {"id": str(new_id())}).status_code == 201
    wall.after(minutes=30)
    assert post(nils, session, "stop", {"id": str(new_id())}).status_code == 201

    wall.after(minutes=60)
    assert post(nils, session, "vitals", calm_body(wall.shows, dissociation=0)).status_code == 201
    wall.after(minutes=15)
    assert post(nils, session, "vitals", calm_body(wall.shows, dissociation=0)).status_code == 201
    home = {"id": str(new_id()), **stories.GOING_HOME}
    assert post(nils, session, "discharge", home).status_code == 201
    assert _status(visit) == AppointmentStatus.FULFILLED
    vial = {"id": str(new_id()), "vial": "LOT 7", "drawn_mg": "50.0", "wasted_mg": "15.0"}
    assert post(nils, session, "waste", vial).status_code == 201
    seen = {"id": str(new_id()), "waste": vial["id"]}
    assert post(client_of(house.priya), session, "witness", seen).status_code == 201
    proof = {"password": PASSWORD}
    signed = post(nils, session, "sign", {"id": str(new_id()), "meaning": stories.MEANING, **proof})
    assert (signed.status_code, signed.json()["version"]) == (201, 1)

    first = nils.get(f"{SESSIONS}{session}/").json()["vital_signs"][0]
    reading = {key: value for key, value in calm_body(NOW + timedelta(minutes=10)).items() if key != "id"}
    amendment = {
        "id": str(new_id()),
        "reason": "The cuff had slipped.",
        **proof,
        "corrections": [
            {"id": str(new_id()), "corrects": first["id"], "vital_signs": {**reading, "systolic_mmhg": 132}}
        ],
    }
    amended = post(nils, session, "amendments", amendment)
    assert (amended.status_code, amended.json()["version"]) == (201, 2)
    assert post(nils, session, "amendments", amendment).status_code == 200
    versions = nils.get(f"{SESSIONS}{session}/record/").json()
    assert [version["version"] for version in versions] == [1, 2]
    assert [step["kind"] for step in versions[1]["content"]["infusion"]] == [
        "start",
        "pause",
        "resume",
        "stop",
    ]


def test_the_same_call_sent_again_records_once(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils, body = client_of(house.nils), calm_body(wall.shows)
    first = post(nils, session, "vitals", body)
    wall.after(minutes=5)
    again = post(nils, session, "vitals", body)
    assert (first.status_code, again.status_code) == (201, 200)
    assert first.json() == again.json()
    assert session.vital_signs.filter(pk=body["id"]).count() == 1
    other = post(nils, session, "vitals", {**body, "pain_nrs": 9})
    assert (other.status_code, other.json()["code"]) == (409, "id_reused")


def test_an_id_of_one_session_is_not_answered_for_another(house: House, wall: Wall) -> None:
    rosas, omars = stories.infusing(house), stories.infusing(house, house.omar)
    wall.after(minutes=30)
    nils, body = client_of(house.nils), calm_body(wall.shows)
    assert post(nils, rosas, "vitals", body).status_code == 201
    assert post(nils, omars, "vitals", body).json()["code"] == "id_reused"


def test_a_stale_write_is_told_where_the_session_is_now(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils = client_of(house.nils)
    seen = nils.get(f"{SESSIONS}{session.pk}/").headers["ETag"]
    paused = post(nils, session, "pause", {"id": str(new_id())}, headers={"If-Match": seen})
    assert paused.status_code == 201
    stale = post(nils, session, "stop", {"id": str(new_id())}, headers={"If-Match": seen})
    assert stale.status_code == 412
    assert stale.json()["state"] == "paused"
    assert f'"{stale.json()["revision"]}"' == paused.headers["ETag"]
    assert stories.fresh(session).state == "paused"


def test_a_revision_that_is_no_number_is_refused(house: House) -> None:
    session = stories.infusing(house)
    answer = post(client_of(house.nils), session, "pause", {"id": str(new_id())}, headers={"If-Match": '"x"'})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, "If-Match")


def test_a_start_names_everything_that_is_missing(house: House, wall: Wall) -> None:
    session = stories.arrived(house)
    stories.measure(house, session, stories.calm(NOW, temperature_cel=None, absent_reason="No probe"))
    answer = post(client_of(house.nils), session, "start", {"id": str(new_id())})
    assert (answer.status_code, answer.json()["code"]) == (409, "not_ready")
    assert [blocker["code"] for blocker in answer.json()["blockers"]] == [
        "checklist_complete",
        "dose_prepared",
        "baseline",
    ]


def test_unusual_values_come_back_with_a_code_that_asks_to_confirm(house: House, wall: Wall) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    nils, body = client_of(house.nils), calm_body(wall.shows, heart_rate_per_min=151)
    asked = post(nils, session, "vitals", body)
    assert (asked.status_code, asked.json()["errors"][0]["code"]) == (400, "confirm")
    assert post(nils, session, "vitals", {**body, "confirmed": True}).status_code == 201


def test_an_amended_line_is_of_exactly_one_kind(house: House) -> None:
    session = stories.signed(house)
    body = {
        "id": str(new_id()),
        "reason": "Late entry",
        "password": PASSWORD,
        "corrections": [{"id": str(new_id())}],
    }
    answer = post(client_of(house.nils), session, "amendments", body)
    assert answer.status_code == 400
    assert "Send one of vital_signs, side_effect" in answer.json()["detail"]


@pytest.mark.parametrize(("name", "status"), [("nils", 200), ("priya", 200), ("max", 200), ("ana", 403)])
def test_the_desk_reads_no_session(house: House, name: str, status: int) -> None:
    session = stories.signed(house)
    client = client_of(getattr(house, name))
    for path in ("", f"{session.pk}/", f"{session.pk}/record/"):
        assert client.get(f"{SESSIONS}{path}").status_code == status


@pytest.mark.parametrize(("name", "status"), [("ana", 403), ("max", 403), ("nils", 201), ("priya", 201)])
def test_only_nurses_and_prescribers_write(house: House, wall: Wall, name: str, status: int) -> None:
    session = stories.infusing(house)
    wall.after(minutes=30)
    client = client_of(getattr(house, name))
    assert post(client, session, "pause", {"id": str(new_id())}).status_code == status


def test_another_clinics_session_is_not_there(house: House, other_house: House) -> None:
    session = stories.infusing(house)
    outsider = client_of(other_house.nils)
    assert outsider.get(f"{SESSIONS}{session.pk}/").status_code == 404
    assert post(outsider, session, "pause", {"id": str(new_id())}).status_code == 404
    visit = {"id": str(new_id()), "appointment": str(stories.arrived_visit(house, house.omar).pk)}
    assert outsider.post(SESSIONS, visit).status_code == 404


def test_a_look_at_a_session_is_written_down(house: House) -> None:
    session = stories.signed(house)
    client_of(house.max).get(f"{SESSIONS}{session.pk}/")
    client_of(house.max).get(f"{SESSIONS}{session.pk}/record/")
    looks = AccessLog.objects.filter(patient=house.rosa, user=house.max).order_by("id")
    assert [look.what for look in looks] == ["session", "signed record"]


def test_a_look_that_is_refused_is_no_look(house: House) -> None:
    client_of(house.ana).get(f"{SESSIONS}{stories.signed(house).pk}/")
    assert not AccessLog.objects.exists()


def test_the_list_is_found_by_local_day_state_and_patient(house: House, other_house: House) -> None:
    rosas = stories.infusing(house)
    stories.arrived(house, house.omar)
    stories.arrived(other_house)
    nils = client_of(house.nils)

    def listed(**filters: str) -> list[str]:
        return [row["patient_name"] for row in nils.get(SESSIONS, filters).json()["results"]]

    assert sorted(listed()) == ["Omar Haddad", "Rosa Delgado"]
    assert sorted(listed(day="2027-01-11")) == ["Omar Haddad", "Rosa Delgado"]
    assert listed(day="2027-01-12") == []
    assert listed(state="infusing") == ["Rosa Delgado"]
    assert listed(patient=str(rosas.patient_id)) == ["Rosa Delgado"]
    assert nils.get(SESSIONS, {"day": "yesterday"}).status_code == 400


def test_the_list_and_the_detail_need_a_fixed_number_of_queries(house: House) -> None:
    first = stories.signed(house)
    nils = client_of(house.nils)
    few = _queries(nils, SESSIONS), _queries(nils, f"{SESSIONS}{first.pk}/")
    stories.signed(house, house.omar)
    later = stories.infusing(house, at=NOW + timedelta(days=3))
    for minutes in range(30, 40):
        stories.measure(house, later, stories.calm(NOW + timedelta(days=3, minutes=minutes)))
    many = _queries(nils, SESSIONS), _queries(nils, f"{SESSIONS}{later.pk}/")
    assert many == few


def _queries(client: APIClient, path: str) -> int:
    with CaptureQueriesContext(connection) as captured:
        assert client.get(path).status_code == 200
    return len(captured)


def _status(visit: Appointment) -> str:
    visit.refresh_from_db()
    return visit.status


@pytest.mark.parametrize("at", ["0001-01-01T00:00Z", "0001-01-01T00:00+14:00", "9999-12-31T23:59-14:00"])
def test_a_reading_at_the_end_of_time_is_refused(house: House, at: str) -> None:
    session = stories.prepared(house)
    body = {"id": str(new_id()), **stories.CALM.values, "measured_at": at}
    answer = post(client_of(house.nils), session, "vitals", body)
    told = {error["field"]: error["detail"] for error in answer.json()["errors"]}
    assert (answer.status_code, told) == (400, {"measured_at": "Give a day from 1900 to 2199."})
