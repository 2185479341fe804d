"""The schedule over the API: what each call answers, to whom, and in how many queries."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from rest_framework.response import Response

from clinic.models import AccessLog, Consent, User
from scheduler.models import Appointment, DayHours, Protocol, Resource, TreatmentPlan
from scheduler.prescribing import screening
from tests.cast import NOW, PASSWORD, TODAY, House, client_of, make_patient, new_id
from tests.scheduler.stage import Stage, plan_row, set_stage

API = "/api/v1/"


@pytest.fixture
def stage(house: House) -> Stage:
    return set_stage(house)


@pytest.fixture(autouse=True)
def _monday_morning() -> Iterator[None]:
    with time_machine.travel(NOW, tick=False):
        yield


def get(user: User, path: str, **asked: Any) -> Response:
    return client_of(user).get(f"{API}{path}", asked)


def post(user: User, path: str, body: dict[str, Any] | None = None) -> Response:
    return client_of(user).post(f"{API}{path}", body or {}, format="json")


def booking_of(stage: Stage, plan: TreatmentPlan, wall_time: str, **chosen: Any) -> dict[str, Any]:
    return {"id": str(new_id()), "plan": str(plan.pk), "start": stage.at(wall_time).isoformat(), **chosen}


def order(stage: Stage, **changes: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "patient": str(stage.house.rosa.pk),
        "protocol": str(stage.protocol.pk),
        "indication": "F33.2",
        "ordered_dose": "0.5",
        "sessions_ordered": 6,
        "valid_from": "2027-01-11",
        "valid_until": "2027-04-11",
        "findings": [{"item": item.code, "finding": "absent"} for item in screening.ITEMS],
        **changes,
    }


# --- Protocols and plans ----------------------------------------------------------------------------------


def test_protocols_are_listed_and_a_draft_is_activated(stage: Stage) -> None:
    listed = get(stage.house.ana, "protocols/").data["results"]
    assert [(row["code"], row["status"]) for row in listed] == [
        ("cluster-60", "draft"),
        ("headache-4h", "draft"),
        ("mood-40", "active"),
        ("pain-4h", "draft"),
    ]

    path = f"protocols/{listed[0]['id']}/activate/"
    assert post(stage.house.max, path).status_code == 403
    bare, guess = post(stage.house.priya, path), post(stage.house.priya, path, {"password": "guess"})
    answer = post(stage.house.priya, path, {"password": PASSWORD})

    assert [refused.status_code for refused in (bare, guess)] == [400, 400]
    assert [refused.data["errors"][0]["field"] for refused in (bare, guess)] == ["password", "password"]
    assert (answer.status_code, answer.data["status"]) == (200, "active")
    assert Protocol.objects.get(code="cluster-60").approved_by == stage.house.priya


def test_a_new_clinic_takes_the_default_protocols_over_as_drafts(house: House, other_house: House) -> None:
    asked = {"clinic": str(house.clinic.pk)}

    for _ in range(2):
        adopted = post(house.max, "protocols/adopt-defaults/", asked)
        assert adopted.status_code == 200
        assert [(row["code"], row["status"], row["version"]) for row in adopted.data] == [
            (code, "draft", 1) for code in ("cluster-60", "headache-4h", "mood-40", "pain-4h")
        ]

    assert Protocol.objects.count() == 4
    assert post(other_house.max, "protocols/adopt-defaults/", asked).status_code == 404
    assert post(house.max, "protocols/adopt-defaults/", {}).data["errors"][0]["field"] == "clinic"
    again = {"password": PASSWORD}
    signed = post(house.priya, f"protocols/{adopted.data[2]['id']}/activate/", again)
    assert (signed.status_code, signed.data["status"]) == (200, "active")


def test_a_plan_is_written_and_read_back(stage: Stage) -> None:
    answer = post(stage.house.priya, "plans/", order(stage))

    assert answer.status_code == 201
    assert (answer.data["ordered_dose"], answer.data["status"]) == ("0.500", "active")
    assert len(answer.data["findings"]) == len(get(stage.house.ana, "plans/screening-items/").data)
    again = get(stage.house.ana, f"plans/{answer.data['id']}/")
    assert again.data == answer.data
    of_rosa = get(stage.house.ana, "plans/", patient=stage.house.rosa.pk).data["results"]
    assert [row["id"] for row in of_rosa] == [answer.data["id"]]
    assert set(AccessLog.objects.values_list("what", flat=True)) == {"new plan", "plan", "plans"}


def test_a_refused_plan_names_each_field(stage: Stage) -> None:
    findings = [{"item": item.code, "finding": "absent"} for item in screening.ITEMS[1:]]

    answer = post(stage.house.priya, "plans/", order(stage, ordered_dose="1.6", findings=findings))

    assert answer.status_code == 400
    assert [(error["field"], error["code"]) for error in answer.data["errors"]] == [
        ("ordered_dose", "hard_limit"),
        ("findings.cardiovascular_uncontrolled", "unanswered"),
    ]


def test_an_item_answered_twice_is_refused(stage: Stage) -> None:
    body = order(stage)
    body["findings"].append({"item": "pregnancy", "finding": "present"})

    assert post(stage.house.priya, "plans/", body).data["errors"][0]["field"] == "findings.pregnancy"


@pytest.mark.parametrize("role", ["ana", "nils", "max"])
def test_only_a_prescriber_writes_a_plan(stage: Stage, role: str) -> None:
    assert post(getattr(stage.house, role), "plans/", order(stage)).status_code == 403


# --- Resources and openings -------------------------------------------------------------------------------


def test_a_manager_adds_a_chair_and_takes_it_out_of_use(stage: Stage) -> None:
    body = {
        "id": str(new_id()),
        "clinic": str(stage.house.clinic.pk),
        "kind": "chair",
        "name": "Chair 9",
        "capacity": 1,
    }
    assert post(stage.house.ana, "resources/", body).status_code == 403
    assert post(stage.house.max, "resources/", body).status_code == 201
    assert (
        post(stage.house.max, "resources/", {**body, "id": str(new_id())}).data["errors"][0]["field"]
        == "name"
    )

    out = client_of(stage.house.max).patch(f"{API}resources/{body['id']}/", {"active": False}, format="json")

    assert out.data["active"] is False
    names = [row["name"] for row in get(stage.house.ana, "resources/").data["results"]]
    assert names == ["Chair 1", "Chair 2", "Chair 9", "Dr Nair", "Nurse 1"]


def test_a_chair_for_two_is_refused(stage: Stage) -> None:
    body = {
        "id": str(new_id()),
        "clinic": str(stage.house.clinic.pk),
        "kind": "chair",
        "name": "X",
        "capacity": 2,
    }

    assert "holds one patient" in post(stage.house.max, "resources/", body).data["detail"]


def test_a_staff_member_of_another_clinic_is_no_nurse_here(stage: Stage, other_house: House) -> None:
    body = {
        "id": str(new_id()),
        "clinic": str(stage.house.clinic.pk),
        "kind": "nurse",
        "name": "N",
        "capacity": 6,
        "user": str(other_house.nils.pk),
    }

    assert post(stage.house.max, "resources/", body).data["errors"][0]["field"] == "user"


def test_lowering_a_capacity_under_visits_lists_them(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    answer = client_of(stage.house.max).patch(
        f"{API}resources/{stage.nurses[0].pk}/", {"capacity": 5}, format="json"
    )

    assert (answer.status_code, answer.data["code"]) == (409, "capacity_booked")
    assert [str(row["appointment"]) for row in answer.data["visits"]] == [str(visit.pk)]


def test_the_openings_of_a_day_are_listed(stage: Stage) -> None:
    asked = {"clinic": stage.house.clinic.pk, "day": TODAY, "resource": stage.chairs[0].pk}

    listed = get(stage.house.ana, "openings/", **asked).data["results"]

    assert [row["start"] for row in listed] == ["2027-01-11T15:00:00Z"]


# --- Finding, booking, and what becomes of a visit --------------------------------------------------------


def test_every_start_that_is_offered_can_be_booked(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "11:00")
    plan = stage.plan()

    offered = get(
        stage.house.ana,
        "availability/",
        plan=plan.pk,
        **{"from": stage.at("0:00").isoformat(), "to": stage.at("23:55").isoformat()},
    ).data["starts"]

    assert offered[0]["start"] == "2027-01-11T15:00:00Z"
    assert offered[0]["chair"]["name"] == "Chair 2"  # Omar needs Chair 1 before its turnover ended
    offered_starts = {row["start"] for row in offered}
    for minutes in range(0, 24 * 60, 25):
        start = stage.at("0:00") + timedelta(minutes=minutes)
        asked = {"plan": str(plan.pk), "start": start.isoformat()}
        bookable = post(stage.house.ana, "appointments/check/", asked).data["bookable"]
        assert bookable == (f"{start:%Y-%m-%dT%H:%M:%SZ}" in offered_starts), start


@pytest.mark.parametrize(("first", "last"), [(0, 0), (1, 0), (0, 366)])
def test_a_window_that_is_none_or_too_long_is_refused(stage: Stage, first: int, last: int) -> None:
    window = {
        "from": (NOW + timedelta(days=first)).isoformat(),
        "to": (NOW + timedelta(days=last)).isoformat(),
    }

    answer = get(stage.house.ana, "availability/", plan=stage.plan().pk, **window)

    assert (answer.status_code, answer.data["errors"][0]["field"]) == (400, "to")


def test_a_time_without_an_offset_is_refused(stage: Stage) -> None:
    body = {**booking_of(stage, stage.plan(), "9:30"), "start": "2027-01-11T09:30:00"}

    assert post(stage.house.ana, "appointments/", body).data["errors"][0]["field"] == "start"


def test_a_visit_is_booked_confirmed_and_checked_in(stage: Stage) -> None:
    body = booking_of(stage, stage.plan(), "9:30", chair=str(stage.chairs[1].pk))

    booked = post(stage.house.ana, "appointments/", body)
    assert (booked.status_code, booked.data["status"]) == (201, "booked")
    assert booked.data["chair"] == {"id": str(stage.chairs[1].pk), "name": "Chair 2"}
    assert (booked.data["start"], booked.data["end"]) == ("2027-01-11T15:30:00Z", "2027-01-11T17:30:00Z")
    confirmed = post(stage.house.ana, f"appointments/{body['id']}/confirm/")
    assert confirmed.data["patient_status"] == "accepted"
    arrived = post(stage.house.nils, f"appointments/{body['id']}/check-in/")

    assert (arrived.data["status"], arrived.data["arrived_at"]) == ("arrived", "2027-01-11T15:00:00Z")


def test_booking_again_with_the_same_id_books_once(stage: Stage) -> None:
    body = booking_of(stage, stage.plan(), "9:30")

    first = post(stage.house.ana, "appointments/", body)
    again = post(stage.house.ana, "appointments/", body)

    assert (first.status_code, again.status_code) == (201, 200)
    assert first.data == again.data
    assert Appointment.objects.count() == 1
    other = post(stage.house.ana, "appointments/", {**body, "start": stage.at("14:00").isoformat()})
    assert (other.status_code, other.data["code"]) == (409, "id_reused")


def test_a_booking_that_is_refused_carries_blockers_and_alternatives(stage: Stage) -> None:
    stage.book(stage.plan(stage.house.omar), "9:30", chair=stage.chairs[0])
    body = booking_of(stage, stage.plan(), "9:30", chair=str(stage.chairs[0].pk))

    answer = post(stage.house.ana, "appointments/", body)

    assert (answer.status_code, answer.data["code"]) == (409, "not_bookable")
    assert [blocker["code"] for blocker in answer.data["blockers"]] == ["chair_taken", "nurse_overloaded"]
    nearest = next(offer for offer in answer.data["alternatives"] if "same_chair" in offer["kinds"])
    assert nearest["chair"]["id"] == stage.chairs[0].pk
    assert [turn["name"] for turn in nearest["nurses"]] == ["Nurse 1"]
    retried = {**body, "start": nearest["start"].isoformat()}
    assert post(stage.house.ana, "appointments/", retried).status_code == 201  # a refusal uses up no id


def test_a_refusal_never_repeats_who_the_patient_is(stage: Stage) -> None:
    Consent.objects.filter(patient=stage.house.rosa).update(revoked_at=NOW)

    answer = post(stage.house.ana, "appointments/", booking_of(stage, stage.plan(), "9:30"))

    assert [blocker["code"] for blocker in answer.data["blockers"]] == ["consent_missing"]
    assert "Rosa" not in answer.rendered_content.decode()


def test_a_visit_is_cancelled_for_a_reason_of_the_list(stage: Stage) -> None:
    visit = stage.book(stage.plan(), "9:30")

    wrong = post(stage.house.ana, f"appointments/{visit.pk}/cancel/", {"reason": "bored"})
    done = post(stage.house.ana, f"appointments/{visit.pk}/cancel/", {"reason": "oth-weath"})

    assert wrong.status_code == 400
    assert (done.data["status"], done.data["cancelation_reason"], done.data["chair"]) == (
        "cancelled",
        "oth-weath",
        None,
    )


def test_visits_are_listed_by_day_in_order_of_time_and_by_patient(stage: Stage) -> None:
    late = stage.book(stage.plan(), "13:00")
    early = stage.book(stage.plan(stage.house.omar), "9:30")
    ana = stage.house.ana

    of_day = get(ana, "appointments/", clinic=stage.house.clinic.pk, day=TODAY).data["results"]
    of_rosa = get(ana, "appointments/", patient=stage.house.rosa.pk).data["results"]

    assert [row["id"] for row in of_day] == [str(early.pk), str(late.pk)]
    assert [row["id"] for row in of_rosa] == [str(late.pk)]
    assert get(ana, "appointments/").status_code == 400
    assert (
        get(ana, "appointments/", clinic=stage.house.clinic.pk, day=TODAY - timedelta(1)).data["results"]
        == []
    )


def test_pages_of_a_day_follow_each_other(stage: Stage) -> None:
    for wall_time, name in (("9:00", "Abe"), ("11:00", "Bea"), ("13:00", "Cai")):
        stage.book(stage.plan(make_patient(stage.house.clinic, name, "Test")), wall_time)
    client = client_of(stage.house.ana)
    asked: dict[str, Any] = {"clinic": stage.house.clinic.pk, "day": TODAY, "page_size": 2}

    page = client.get(f"{API}appointments/", asked)
    rest = client.get(page.data["next"])

    names = [row["patient_name"] for row in [*page.data["results"], *rest.data["results"]]]
    assert names == ["Abe Test", "Bea Test", "Cai Test"]


def test_another_clinics_rows_are_not_there(stage: Stage, other_house: House) -> None:
    plan = stage.plan()
    visit = stage.book(plan, "9:30")
    ana, priya, max_ = other_house.ana, other_house.priya, other_house.max

    answers = [
        get(ana, f"appointments/{visit.pk}/"),
        post(ana, f"appointments/{visit.pk}/cancel/", {"reason": "pat"}),
        post(ana, "appointments/", booking_of(stage, plan, "13:00")),
        get(ana, "appointments/", clinic=stage.house.clinic.pk, day=TODAY),
        get(ana, f"plans/{plan.pk}/"),
        post(priya, "plans/", order(stage)),
        get(ana, f"resources/{stage.chairs[0].pk}/"),
        client_of(max_).delete(f"{API}day-hours/{DayHours.objects.first().pk}/"),  # type: ignore[union-attr]
        post(priya, f"protocols/{stage.protocol.pk}/activate/"),
    ]

    assert [answer.status_code for answer in answers] == [404] * len(answers)
    assert get(ana, "resources/").data["results"] == []


def test_lists_cost_the_same_however_long_they_are(stage: Stage) -> None:
    paths: dict[str, dict[str, Any]] = {
        "appointments/": {"clinic": stage.house.clinic.pk, "day": TODAY},
        "openings/": {"clinic": stage.house.clinic.pk, "day": TODAY},
        "plans/": {"patient": stage.house.rosa.pk},
        "protocols/": {},
        "resources/": {},
    }

    def queries() -> dict[str, int]:
        counted = {}
        for path, asked in paths.items():
            with CaptureQueriesContext(connection) as captured:
                assert get(stage.house.ana, path, **asked).status_code == 200
            counted[path] = len(captured)
        return counted

    stage.book(stage.plan(), "9:30")
    few = queries()
    for wall_time, name in (("11:30", "Abe"), ("14:00", "Bea")):
        stage.book(stage.plan(make_patient(stage.house.clinic, name, "Test")), wall_time)
    plan_row(stage.house, stage.protocol, stage.house.rosa)
    Resource.objects.create(clinic=stage.house.clinic, kind="chair", name="Chair 9", capacity=1)

    assert queries() == few


def test_asking_for_free_times_costs_the_same_whatever_is_booked(stage: Stage) -> None:
    plan = stage.plan()
    window = {"from": NOW.isoformat(), "to": (NOW + timedelta(days=5)).isoformat()}

    def queries() -> int:
        with CaptureQueriesContext(connection) as captured:
            get(stage.house.ana, "availability/", plan=plan.pk, **window)
        return len(captured)

    few = queries()
    for wall_time, name in (("9:30", "Abe"), ("11:30", "Bea")):
        stage.book(stage.plan(make_patient(stage.house.clinic, name, "Test")), wall_time)

    assert queries() == few


@pytest.mark.parametrize("day", ["0001-01-01", "9999-12-31"])
@pytest.mark.parametrize("path", ["appointments/", "openings/", "sessions/"])
def test_a_day_at_the_end_of_time_is_refused(stage: Stage, path: str, day: str) -> None:
    asked = {"day": day} if path == "sessions/" else {"day": day, "clinic": str(stage.house.clinic.pk)}
    answer = get(stage.house.max if path == "openings/" else stage.house.nils, path, **asked)
    assert (answer.status_code, answer.data["errors"][0]["field"]) == (400, "day")
    assert answer.data["errors"][0]["detail"] == "Give a day from 1900 to 2199."


@pytest.mark.parametrize(
    "start", ["9999-12-20T09:00:00Z", "0001-01-01T00:00Z", "0001-01-05T00:00+14:00", "9999-12-31T23:00-14:00"]
)
def test_a_time_at_the_end_of_time_is_refused(stage: Stage, start: str) -> None:
    plan = str(stage.plan().pk)
    check = post(stage.house.ana, "appointments/check/", {"plan": plan, "start": start})
    window = get(stage.house.ana, "availability/", **{"plan": plan, "from": start, "to": start})
    assert (check.status_code, check.data["errors"][0]["field"]) == (400, "start")
    assert check.data["errors"][0]["detail"] == "Give a day from 1900 to 2199."
    assert (window.status_code, window.data["errors"][0]["field"]) == (400, "from")


def test_a_plan_may_not_be_valid_beyond_the_end_of_time(stage: Stage) -> None:
    answer = post(stage.house.priya, "plans/", order(stage, valid_until="9999-12-31"))
    assert (answer.status_code, answer.data["errors"][0]["field"]) == (400, "valid_until")
