"""Every kind of error is an RFC 9457 answer that names the field and the mend; input is read strictly."""

import json
from base64 import b64encode
from typing import Any

import pytest
from django.test import Client
from rest_framework.throttling import UserRateThrottle

from clinic.models import Patient
from clinic.problem_handler import as_problem_response
from clinic.problems import Conflict, Invalid, Missing, Problem, Stale
from tests.cast import House, client_of, make_patient, new_id

PATIENTS = "/api/v1/patients/"


def valid(house: House, **more: Any) -> dict[str, Any]:
    return {
        "id": str(new_id()),
        "clinic": str(house.clinic.pk),
        "family_name": "Stone",
        "given_names": "Ivy",
        "birth_date": "1990-02-03",
        **more,
    }


def check(answer: Any, status: int, code: str) -> dict[str, Any]:
    """The answer is a whole problem-details object of this status and code."""
    assert answer.status_code == status, answer.content
    assert answer["Content-Type"] == "application/problem+json"
    body: dict[str, Any] = answer.json()
    assert (body["status"], body["code"]) == (status, code)
    assert body["type"] == f"urn:chairside:problem:{code}"
    assert body["title"]
    assert body["detail"]
    assert "{" not in body["title"]
    return body


def fields(body: dict[str, Any]) -> dict[str, str]:
    return {error["field"]: error["detail"] for error in body["errors"]}


def test_unknown_fields_are_refused_with_those_that_are_known(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, birthdate="1990-02-03"))
    mends = fields(check(answer, 400, "invalid"))
    assert mends["birthdate"].startswith("Unknown field. Known fields: id, shared, mrn, family_name")
    assert not Patient.objects.filter(family_name="Stone").exists()


def test_all_that_is_wrong_is_said_at_once(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, {"id": "7", "clinic": "x", "birth_date": "3 May"})
    mends = fields(check(answer, 400, "invalid"))
    assert set(mends) == {"id", "clinic", "birth_date", "family_name", "given_names"}


def test_what_the_clinic_would_not_accept_names_field_and_mend(house: House) -> None:
    wrong = valid(
        house, phone="12", email="ivy", time_zone="Chicago", language="English", birth_date="1890-01-01"
    )
    mends = fields(check(client_of(house.ana).post(PATIENTS, wrong), 400, "invalid"))
    assert "+1 312 555 0142" in mends["phone"]
    assert "name@example.org" in mends["email"]
    assert "America/Chicago" in mends["time_zone"]
    assert "en or es" in mends["language"]
    assert "between 1900 and today" in mends["birth_date"]


def test_a_value_outside_the_choices_is_answered_with_the_choices(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, gender="f"))
    assert fields(check(answer, 400, "invalid"))["gender"] == ("Choose one of: female, male, other, unknown.")


def test_an_error_never_repeats_what_was_typed(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, phone="555-SECRET", gender="SECRET"))
    assert "SECRET" not in answer.content.decode()


def test_an_item_of_a_list_is_named_by_its_place(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, flags=["fine", "x" * 41]))
    assert set(fields(check(answer, 400, "invalid"))) == {"flags.1"}


@pytest.mark.parametrize("body", ["{", "", "[]", '"text"', "7", "null", '{"a": NaN}', "\x00"])
def test_what_is_no_json_object_is_refused(house: House, body: str) -> None:
    answer = client_of(house.ana).post(PATIENTS, body, content_type="application/json")
    check(answer, 400, "parse_error" if body else "invalid")


def test_another_content_type_is_refused(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, "a=1", content_type="application/x-www-form-urlencoded")
    check(answer, 415, "unsupported_media_type")


def test_a_body_that_is_too_large_is_refused_unread(house: House) -> None:
    large = json.dumps(valid(house, escort_name="x" * 1_000_000))
    answer = client_of(house.ana).post(PATIENTS, large, content_type="application/json")
    assert "1000000 bytes" in check(answer, 413, "too_large")["detail"]


def test_a_method_that_a_route_does_not_have(house: House) -> None:
    answer = client_of(house.ana).delete(f"{PATIENTS}{house.rosa.pk}/")
    assert check(answer, 405, "method_not_allowed")["detail"] == "Use GET or PATCH at this address."
    assert "GET" in answer["Allow"]


@pytest.mark.parametrize("address", [f"{PATIENTS}find/", "/api/v1/links/open/"])
def test_where_one_can_only_send_a_look_is_told_so(house: House, address: str) -> None:
    answer = client_of(house.ana).get(address)
    assert check(answer, 405, "method_not_allowed")["detail"] == "Use POST at this address."


def test_nobody_is_asked_who_they_are(house: House) -> None:
    answer = client_of(None).get(PATIENTS)
    check(answer, 401, "not_authenticated")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_a_made_up_token_is_refused(house: House) -> None:
    answer = Client(HTTP_AUTHORIZATION="Bearer made-up").get(PATIENTS)
    check(answer, 401, "authentication_failed")


@pytest.mark.parametrize("token", [b"\xff", b"made\xc3\xa9up", b"made\x00up"])
def test_what_can_be_no_token_is_refused_as_a_made_up_one(house: House, token: bytes) -> None:
    answer = Client(HTTP_AUTHORIZATION=f"Bearer {token.decode('latin-1')}").get("/api/v1/me/")
    check(answer, 401, "authentication_failed")
    assert answer["WWW-Authenticate"] == "Bearer"


def test_another_clinics_row_is_not_there(house: House, other_house: House) -> None:
    answer = client_of(other_house.ana).get(f"{PATIENTS}{house.rosa.pk}/")
    check(answer, 404, "not_found")


@pytest.mark.parametrize("address", [f"{PATIENTS}7/", f"{PATIENTS}../etc/", "/api/v1/nowhere/"])
def test_nonsense_for_an_id_is_an_unknown_address(house: House, address: str) -> None:
    check(client_of(house.ana).get(address), 404, "not_found")


def test_who_asks_too_often_is_told_when_to_come_back(house: House, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(UserRateThrottle, "THROTTLE_RATES", {"user": "2/min"})
    client = client_of(house.ana)
    for _ in range(2):
        assert client.get(PATIENTS).status_code == 200
    answer = client.get(PATIENTS)
    check(answer, 429, "throttled")
    assert 0 < int(answer["Retry-After"]) <= 60


def test_a_session_without_its_csrf_token_is_refused(house: House) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(house.ana)
    answer = client.post(PATIENTS, json.dumps(valid(house)), content_type="application/json")
    check(answer, 403, "permission_denied")


@pytest.mark.parametrize(
    ("problem", "status"),
    [(Conflict("Taken.", blockers=[1]), 409), (Stale("Changed."), 412), (Missing(), 404)],
)
def test_each_kind_of_problem_has_its_status_and_carries_its_data(problem: Problem, status: int) -> None:
    answer = as_problem_response(problem, {})
    assert answer is not None
    assert (answer.status_code, answer.data["code"]) == (status, problem.code)
    assert answer.data.get("blockers") == problem.data.get("blockers")


def test_an_unknown_error_is_left_to_become_a_logged_500() -> None:
    assert as_problem_response(ValueError("Rosa"), {}) is None


def test_invalid_says_every_field_in_one_sentence_too() -> None:
    assert Invalid({"a": "Mend a.", "b": "Mend b."}).detail == "a: Mend a. b: Mend b."


def test_a_list_stays_whole_while_rows_arrive(house: House) -> None:
    for number in range(7):
        make_patient(house.clinic, f"P{number}", "Old", consents=False)
    client = client_of(house.ana)
    page = client.get(PATIENTS, {"page_size": 4}).json()
    seen = [row["id"] for row in page["results"]]
    while page["next"]:
        make_patient(house.clinic, f"N{len(seen)}", "New", consents=False)
        page = client.get(page["next"]).json()
        seen += [row["id"] for row in page["results"]]
    old = Patient.objects.exclude(family_name="New").values_list("pk", flat=True)
    assert sorted(seen) == sorted(map(str, old))


def test_rows_of_one_moment_are_all_paged(house: House) -> None:
    """All of a test is one transaction, and so one `created_at`; DRF by itself would turn in a circle."""
    Patient.objects.bulk_create(
        Patient(
            clinic=house.clinic, mrn=f"B{n}", family_name="Bulk", given_names="B", birth_date="1990-01-01"
        )
        for n in range(1_250)
    )
    client = client_of(house.ana)
    address, seen = f"{PATIENTS}?page_size=200", []
    for _ in range(7):
        page = client.get(address).json()
        seen += [row["id"] for row in page["results"]]
        address = page["next"]
    assert address is None
    assert len(set(seen)) == len(seen) == 1_252


@pytest.mark.parametrize("address", [PATIENTS, "/api/v1/links/open/"])
@pytest.mark.parametrize("body", ["[" * 100_000, '{"a":' * 16_000])
def test_json_that_is_nested_too_deeply_is_refused(house: House, address: str, body: str) -> None:
    answer = client_of(house.ana).post(address, body, content_type="application/json")
    assert "nested too deeply" in check(answer, 400, "parse_error")["detail"]


def test_half_a_character_is_refused_wherever_it_stands(house: House) -> None:
    """JSON can say it, UTF-8 can't."""
    for wrong, named in (
        ({"\ud800": 2}, "\\ud800"),
        ({"family_name": "\ud800"}, "family_name"),
        ({"id": [{"\udc00": "x"}]}, "id"),
    ):
        body = json.dumps(valid(house, **wrong))
        answer = client_of(house.ana).post(PATIENTS, body, content_type="application/json")
        assert list(fields(check(answer, 400, "invalid"))) == [named]


@pytest.mark.parametrize(
    "inside",
    [
        "p=abc",
        "p=%00",
        "p=9999-99-99",
        "p=2027-01-11",
        "p=infinity",
        "r=1&p=abc",
        "r=x",
        "o=-1",
        "o=99999999999999999999999",
        f"o={'9' * 6000}",
    ],
)
def test_a_made_up_cursor_is_refused(house: House, inside: str) -> None:
    answer = client_of(house.ana).get(PATIENTS, {"cursor": b64encode(inside.encode()).decode()})
    assert "`next`" in fields(check(answer, 400, "invalid"))["cursor"]


def test_a_made_up_cursor_among_names_is_refused(house: House) -> None:
    cursor = b64encode(b"p=%00").decode()
    for address in ("/api/v1/resources/", "/api/v1/protocols/"):
        answer = client_of(house.ana).get(address, {"cursor": cursor, "clinic": str(house.clinic.pk)})
        assert set(fields(check(answer, 400, "invalid"))) == {"cursor"}


@pytest.mark.parametrize("faults", [{"flags": [{}] * 10_000}, {f"x{n}": 1 for n in range(10_000)}])
def test_of_many_faults_the_first_are_told_and_the_rest_counted(house: House, faults: dict[str, Any]) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, **faults))
    errors = check(answer, 400, "invalid")["errors"]
    assert len(errors) == 21
    assert errors[-1] == {"field": "body", "code": "more_errors", "detail": "And 9,980 more."}
    assert len(answer.content) < 20_000


def test_of_a_long_unknown_name_the_beginning_is_told(house: House) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, **{"x" * 10_000: 1}))
    assert list(fields(check(answer, 400, "invalid"))) == ["x" * 60 + "\N{HORIZONTAL ELLIPSIS}"]


@pytest.mark.parametrize("number", ["1" * 5_000, "NaN", "-Infinity"])
def test_a_number_that_cannot_be_read_is_said_plainly(house: House, number: str) -> None:
    body = f'{{"deceased": {number}}}'
    answer = client_of(house.ana).post(PATIENTS, body, content_type="application/json")
    detail = check(answer, 400, "parse_error")["detail"]
    assert detail.startswith("A number in this JSON can't be read: write it with fewer digits")


@pytest.mark.parametrize("number", ["1e400", "-1e400", '[{"a": 1e400}]'])
def test_a_number_past_every_float_names_its_field(house: House, number: str) -> None:
    body = f'{{"birth_date": "1990-01-02", "deceased": {number}}}'
    answer = client_of(house.ana).post(PATIENTS, body, content_type="application/json")
    assert "can't be read" in fields(check(answer, 400, "invalid"))["deceased"]


def test_a_character_in_two_halves_is_read(house: House) -> None:
    body = json.dumps(valid(house, given_names="Ivy \U0001f600"))
    assert "\\ud83d\\ude00" in body
    answer = client_of(house.ana).post(PATIENTS, body, content_type="application/json")
    assert answer.status_code == 201


@pytest.mark.parametrize("id", [0, 7, 1.5, True, [], {}])
def test_an_id_is_written_as_text(house: House, id: Any) -> None:
    answer = client_of(house.ana).post(PATIENTS, valid(house, id=id))
    assert list(fields(check(answer, 400, "invalid"))) == ["id"]


def test_what_should_be_an_object_or_a_list_is_said_plainly(house: House) -> None:
    answer = client_of(house.max).post("/api/v1/absences/", "7", content_type="application/json")
    assert check(answer, 400, "parse_error")["detail"] == "Send a JSON object: { … }."
    body = {"id": str(new_id()), "findings": ["absent"], "chair_features": "bed"}
    mends = fields(check(client_of(house.priya).post("/api/v1/plans/", body), 400, "invalid"))
    assert mends["findings.0"] == "Send a JSON object here: { … }."
    assert mends["chair_features"] == "Send a JSON list here: [ … ]."
