"""The main job from beginning to end over the API, each step by the person whose job it is.

Everybody comes with a token of their own; only the clock is moved by hand.
"""

import json
import re
from collections.abc import Iterator
from datetime import date, datetime, timedelta
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from rest_framework.test import APIClient

from clinic.models import Patient, User
from notifications import tasks
from scheduler.prescribing import screening
from tests.cast import NOW, PASSWORD, TODAY, House, local, new_id
from tests.scheduler.stage import set_stage
from tests.sessions_app import stories

API = "/api/v1/"
# Eight days ahead: far enough for every reminder but the first visit's week-before one.
VISIT_DAY = date(2027, 1, 15)
CALM = {
    "systolic_mmhg": 122,
    "diastolic_mmhg": 78,
    "heart_rate_per_min": 71,
    "respiratory_rate_per_min": 14,
    "oxygen_saturation_percent": 98,
    "temperature_cel": "36.6",
    "rass": 0,
    "pain_nrs": 2,
}


class Person:
    """Somebody with a token; every call must answer with the status that is expected of it."""

    def __init__(self, user: User | None = None) -> None:
        self.client = APIClient()
        if user:
            out = StringIO()
            call_command("create_token", user.email, stdout=out)
            token = max(out.getvalue().split(), key=len)
            self.client.credentials(HTTP_AUTHORIZATION=f"Bearer {token}")

    def get(self, path: str, **query: Any) -> Any:
        answer = self.client.get(API + path, query)
        assert answer.status_code == 200, answer.content
        return answer.json()

    def post(self, path: str, body: dict[str, Any] | None = None, *, expect: int = 200) -> Any:
        answer = self.client.post(API + path, body or {})
        assert answer.status_code == expect, answer.content
        return answer.json()

    def create(self, path: str, **body: Any) -> Any:
        return self.post(path, {"id": str(new_id()), **body}, expect=201)


@pytest.fixture
def clock() -> Iterator[Any]:
    with time_machine.travel(NOW, tick=False) as traveller:
        yield traveller


def import_a_patient(folder: Path) -> Patient:
    """Ada comes from another system, as a FHIR Bundle."""
    patient = {
        "resourceType": "Patient",
        "id": "ada",
        "identifier": [
            {
                "type": {
                    "coding": [{"system": "http://terminology.hl7.org/CodeSystem/v2-0203", "code": "MR"}]
                },
                "system": "urn:example:mrn",
                "value": "L-77",
            }
        ],
        "name": [{"use": "official", "family": "Novak", "given": ["Ada"]}],
        "gender": "female",
        "birthDate": "1985-04-02",
        "telecom": [{"system": "email", "value": "ada@patients.example"}],
    }
    bundle = folder / "bundle.json"
    entries = [{"fullUrl": "urn:uuid:0d0a4a5e-0000-4000-8000-000000000001", "resource": patient}]
    bundle.write_text(json.dumps({"resourceType": "Bundle", "type": "collection", "entry": entries}))
    call_command("import_patients", str(bundle), stdout=StringIO(), stderr=StringIO())
    return Patient.objects.get(mrn="L-77")


def deliver() -> None:
    """What beat asks of the worker twice a minute."""
    tasks.plan()
    tasks.drain()


def messages_to(desk: Person, patient: Patient) -> list[str]:
    """The bodies on the patient's phone, oldest first."""
    found = desk.get("inbox/")["results"]
    return [item["body"] for item in reversed(found) if item["patient"] == str(patient.pk)]


def token_in(body: str) -> str:
    found = re.search(r"/m/([\w-]+)", body)
    assert found, body
    return found.group(1)


def test_a_patient_goes_from_a_plan_to_a_signed_record_and_an_alarming_answer_reaches_a_nurse(
    house: House, clock: Any, tmp_path: Path
) -> None:
    set_stage(house)
    ana, nils, priya = Person(house.ana), Person(house.nils), Person(house.priya)
    phone = Person()
    ada = import_a_patient(tmp_path)

    # 1. The prescriber writes a plan for the imported patient.
    for scope in ("treatment", "email"):
        ana.create(
            "consents/",
            patient=str(ada.pk),
            scope=scope,
            form_version="2026-1",
            method="paper form",
            given_at=NOW.isoformat(),
        )
    protocol = next(row for row in priya.get("protocols/")["results"] if row["status"] == "active")
    plan = priya.create(
        "plans/",
        patient=str(ada.pk),
        protocol=protocol["id"],
        indication="F33.2",
        ordered_dose="0.5",
        sessions_ordered=6,
        valid_from=TODAY.isoformat(),
        valid_until=(TODAY + timedelta(days=60)).isoformat(),
        findings=[{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
    )

    # 2. The front desk sees feasible starts, books one, and books and cancels another.
    window = {"from": local(VISIT_DAY, "8:00").isoformat(), "to": local(VISIT_DAY, "18:00").isoformat()}
    starts = ana.get("availability/", plan=plan["id"], **window)["starts"]
    assert starts[0]["start"] == local(VISIT_DAY, "9:00").isoformat().replace("+00:00", "Z")
    visit = ana.create("appointments/", plan=plan["id"], start=starts[0]["start"])
    refused = ana.post("appointments/check/", {"plan": plan["id"], "start": starts[0]["start"]})
    assert {blocker["code"] for blocker in refused["blockers"]} >= {"patient_elsewhere", "spacing_too_close"}
    other = ana.create("appointments/", plan=plan["id"], start=local(date(2027, 1, 12), "10:00").isoformat())
    ana.post(f"appointments/{other['id']}/cancel/", {"reason": "pat-lt"})

    # 3. Messages follow the schedule; the link in one confirms; the cancelled visit is not mentioned.
    deliver()
    confirmation = messages_to(ana, ada)[0]
    proof = {"token": token_in(confirmation), "birth_year": 1985}
    assert phone.post("links/confirm/", proof)["visit"]["patient_status"] == "accepted"
    for day in (12, 14):
        clock.move_to(local(date(2027, 1, day), "9:30"))
        deliver()
    clock.move_to(local(VISIT_DAY, "8:30"))
    deliver()
    told = messages_to(ana, ada)
    assert len(told) >= 2
    # Neither the Tuesday that was cancelled nor anything about health is ever said.
    assert not [body for body in told if re.search(r"12 Jan|10:00|ketamine|infusion|Novak|1985", body, re.I)]

    # 4. The patient arrives; the nurse runs the session to a signed record and amends it.
    session = run_the_session(ana, nils, priya, clock, visit["id"])
    amend_a_reading(nils, session)

    # 5. A check-in goes out the next morning; an alarming answer opens a task that the nurse sees.
    clock.move_to(local(VISIT_DAY + timedelta(days=1), "9:05"))
    deliver()
    check_in = {"token": token_in(messages_to(ana, ada)[-1]), "birth_year": 1985}
    question = phone.post("links/open/", check_in)["check_ins"][0]["questions"][0]
    answered = phone.post(
        "links/answer/",
        {**check_in, "id": str(new_id()), "question": question["code"], "value": "yes"},
        expect=201,
    )
    assert [line["number"] for line in answered["emergency_lines"]] == ["911", "988"]
    task = next(row for row in nils.get("tasks/")["results"] if row["urgency"] == "red")
    assert task["patient"] == str(ada.pk)
    nils.post(f"tasks/{task['id']}/acknowledge/")
    nils.post(f"tasks/{task['id']}/close/", {"outcome": "Called; safe, seen by Dr Nair at 10:00."})
    assert not [row for row in nils.get("tasks/")["results"] if row["id"] == task["id"]]


def run_the_session(ana: Person, nils: Person, priya: Person, clock: Any, visit_id: str) -> str:
    """From arrival to the signature; returns the session's id."""

    def at(wall_time: str) -> str:
        moment: datetime = local(VISIT_DAY, wall_time)
        clock.move_to(moment)
        return moment.isoformat()

    at("8:55")
    ana.post(f"appointments/{visit_id}/check-in/")
    session = nils.create("sessions/", appointment=visit_id)["id"]
    here = f"sessions/{session}/"
    answers = [
        {"item": item.code, "result": "pass", "note": "Sam Reyes, 312 555 0100" if item.note_on_pass else ""}
        for item in stories.ASKED
    ]
    nils.create(f"{here}checklist/", answers=answers)
    weighed = at("9:05")
    worksheet = {"weighed_at": weighed, "stock_mg_per_ml": "50", "bag_volume_ml": "100", "confirmed": True}
    dose = nils.create(f"{here}dose/", weight_kg="70.0", **worksheet)
    assert (dose["dose_mg"], dose["rate_ml_per_h"]) == ("35.0", "150.0")
    checked = priya.create(f"{here}dose-checks/", worksheet=dose["id"], **stories.FOUND)
    assert checked["disagreements"] == []
    nils.create(f"{here}vitals/", measured_at=at("9:10"), **CALM)
    at("9:20")
    nils.create(f"{here}start/")
    nils.create(f"{here}vitals/", measured_at=at("9:30"), **CALM)
    nils.create(f"{here}side-effects/", term="nausea", grade=1, onset_at=at("9:35"), action="Reclined")
    at("10:00")
    nils.create(f"{here}stop/")
    for wall_time in ("10:40", "10:55"):
        nils.create(f"{here}vitals/", measured_at=at(wall_time), **CALM, dissociation=0)
    at("11:00")
    nils.create(f"{here}discharge/", **stories.GOING_HOME)
    vial = nils.create(f"{here}waste/", vial="LOT 7", drawn_mg="50.0", wasted_mg="15.0")
    priya.create(f"{here}witness/", waste=vial["id"])
    at("11:10")
    nils.create(f"{here}sign/", meaning="gave", password=PASSWORD)
    late = nils.post(f"{here}vitals/", {"id": str(new_id()), "measured_at": weighed, **CALM}, expect=409)
    assert late["code"]
    return session


def amend_a_reading(nils: Person, session: str) -> None:
    """A correction after the signature is a new version; both stay readable."""
    here = f"sessions/{session}/"
    wrong = nils.get(here)["vital_signs"][1]
    nils.create(
        f"{here}amendments/",
        reason="The cuff had slipped.",
        password=PASSWORD,
        corrections=[
            {
                "id": str(new_id()),
                "corrects": wrong["id"],
                "vital_signs": {"measured_at": wrong["measured_at"], **CALM, "systolic_mmhg": 132},
            }
        ],
    )
    first, second = nils.get(f"{here}record/")
    assert (first["version"], second["version"]) == (1, 2)
    assert second["previous_sha256"] == first["sha256"]
    call_command("verify_records", stdout=StringIO())
