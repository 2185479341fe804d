"""The frame around every page: headers, health, reports, error pages that reveal nothing, few queries."""

import json
import logging
from datetime import timedelta
from socket import socket
from typing import Any
from unittest import mock

import pytest
from django.core.cache import cache
from django.db import DatabaseError, connection
from django.http import HttpRequest, HttpResponse
from django.test import Client, override_settings
from django.test.utils import CaptureQueriesContext
from django.urls import path, reverse
from redis.exceptions import RedisError

from clinic.models import Role, Urgency, User, WorkItem
from config import urls
from tests.cast import NOW, House
from tests.scheduler.stage import set_stage
from tests.silence import silent
from tests.web.pages import browser_of, words

__all__ = ["silent"]  # a fixture of these stories too


def breaking(request: HttpRequest) -> HttpResponse:
    raise RuntimeError("Rosa Delgado, MRN-ROSA")


urlpatterns = [path("breaking/", breaking), path("api/v1/breaking/", breaking), *urls.urlpatterns]
handler400, handler403 = urls.handler400, urls.handler403
handler404, handler500 = urls.handler404, urls.handler500


def task(house: House, **fields: Any) -> WorkItem:
    details: dict[str, Any] = {
        "clinic": house.clinic,
        "title": "Call back",
        "urgency": Urgency.AMBER,
        "role": Role.NURSE,
        "due_at": NOW + timedelta(hours=1),
        **fields,
    }
    return WorkItem.objects.create(cause=f"test:{WorkItem.objects.count()}", **details)


def report(browser: Client, body: Any) -> HttpResponse:
    return browser.post("/csp-report/", json.dumps(body), content_type="application/csp-report")  # type: ignore[return-value]


@pytest.mark.parametrize("address", ["/accounts/login/", "/nowhere/", "/health/", "/api/v1/nowhere/"])
def test_every_answer_carries_the_policy_and_the_headers(db: None, address: str) -> None:
    headers = browser_of().get(address).headers
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["Referrer-Policy"] == "same-origin"
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cache-Control"] == "no-store" or "no-cache" in headers["Cache-Control"]
    assert "camera=()" in headers["Permissions-Policy"]


def test_no_template_holds_an_inline_script_style_or_handler(house: House) -> None:
    for address in ("/accounts/login/", "/nowhere/", "/api/docs/"):
        page = browser_of(None if "login" in address else house.nils).get(address).content.decode()
        assert "<style" not in page
        assert " style=" not in page
        assert " onclick=" not in page
        assert "<script>" not in page


def test_health_is_well_when_both_databases_answer(db: None) -> None:
    answer = browser_of().get("/health/")
    assert (answer.status_code, answer.content) == (200, b"ok")


def test_health_names_what_does_not_answer(db: None) -> None:
    with (
        mock.patch.object(connection, "cursor", side_effect=DatabaseError("host=secret")),
        mock.patch.object(cache, "get", side_effect=RedisError("unix:/secret")),
    ):
        answer = browser_of().get("/health/")
    assert (answer.status_code, answer.content) == (503, b"no answer: database, cache")


def test_a_request_is_logged_by_its_route_and_health_not_at_all(
    house: House, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        browser_of().get("/health/")
        browser_of(house.nils).get("/api/v1/patients/", {"search": "Delgado"})
    assert "GET /api/v1/" in caplog.text
    assert "Delgado" not in caplog.text
    assert "health" not in caplog.text


def test_a_report_logs_the_directive_and_the_origin_alone(db: None, caplog: pytest.LogCaptureFixture) -> None:
    answer = report(
        browser_of(enforce_csrf_checks=True),
        {
            "csp-report": {
                "violated-directive": "script-src-elem 'self'",
                "blocked-uri": "https://evil.example/path?patient=Rosa\nforged line",
                "document-uri": "https://clinic.example/patients/Rosa",
            }
        },
    )
    assert answer.status_code == 204
    assert "CSP: script-src-elem blocked https://evil.example" in caplog.text
    assert "Rosa" not in caplog.text
    assert "\nforged" not in caplog.text


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"csp-report": {}}, 400),
        ([], 400),
        ("x", 400),
        ({"csp-report": {"pad": "x" * 9000}}, 413),
        ({"csp-report": {"violated-directive": "img-src", "blocked-uri": "http://[::1"}}, 400),
        ({"csp-report": {"violated-directive": "img-src", "blocked-uri": "http://exa\u2100mple.com"}}, 400),
    ],
)
def test_nonsense_reports_are_refused(db: None, body: Any, status: int) -> None:
    assert report(browser_of(), body).status_code == status


def test_a_report_that_is_nested_too_deeply_is_refused(db: None) -> None:
    answer = browser_of().post("/csp-report/", "[" * 8000, content_type="application/csp-report")
    assert answer.status_code == 400


def test_reports_from_one_place_are_counted(db: None) -> None:
    browser = browser_of()
    answers = [report(browser, []).status_code for _ in range(61)]
    assert answers == [400] * 60 + [429]


def test_a_report_is_taken_uncounted_while_valkey_is_silent(
    db: None, silent: socket, caplog: pytest.LogCaptureFixture
) -> None:
    body = {"csp-report": {"violated-directive": "img-src", "blocked-uri": "https://evil.example/x"}}
    assert report(browser_of(), body).status_code == 204
    assert "CSP: img-src blocked https://evil.example" in caplog.text


@pytest.mark.urls(__name__)
@pytest.mark.parametrize("address", ["/breaking/", "/api/v1/breaking/"])
def test_a_broken_page_reveals_nothing(house: House, address: str) -> None:
    browser = browser_of(house.nils)
    browser.raise_request_exception = False
    answer = browser.get(address)
    assert answer.status_code == 500
    assert b"Rosa" not in answer.content
    assert b"Traceback" not in answer.content
    assert b"broke" in answer.content


def test_an_unknown_address_is_a_page_to_people_and_a_problem_to_programs(house: House) -> None:
    page = browser_of(house.nils).get("/nowhere/")
    assert page.status_code == 404
    assert "Not found" in words(page)
    answer = browser_of(house.nils).get("/api/v1/nowhere/")
    assert answer.status_code == 404
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert answer.json()["code"] == "not_found"


def test_a_foreign_host_header_is_refused(db: None) -> None:
    assert browser_of().get("/nowhere/", headers={"Host": "evil.example"}).status_code == 400


def test_the_frame_counts_the_tasks_that_are_mine_or_anybodys_of_my_role(
    house: House, other_house: House
) -> None:
    task(house)
    task(house, owner=house.nils, role=Role.FRONT_DESK)
    task(house, owner=house.priya)
    task(house, role=Role.MANAGER)
    task(house, closed_at=NOW, closed_by=house.nils, outcome="Called.")
    task(other_house)
    assert browser_of(house.nils).get("/nowhere/").context["frame"].open_tasks == 2


def test_the_frame_says_whose_clinic_it_is_and_that_it_is_made_up(house: House) -> None:
    page = words(browser_of(house.nils).get("/nowhere/"))
    assert "Lakeside Infusion Clinic" in page
    assert "a synthetic clinic" in page
    house.clinic.synthetic = False
    house.clinic.save()
    assert "a synthetic clinic" not in words(browser_of(house.nils).get("/nowhere/"))


def test_the_frame_asks_five_questions_however_many_tasks_there_are(house: House) -> None:
    """The session, the user, the roles, the clinics, the open tasks."""
    browser = browser_of(house.nils)
    browser.get("/nowhere/")
    for _ in range(3):
        task(house)
    with CaptureQueriesContext(connection) as captured:
        browser.get("/nowhere/")
    questions = [query["sql"] for query in captured if query["sql"].startswith("SELECT")]
    assert len(questions) == 5, "\n".join(questions)


@pytest.mark.parametrize(("who", "where"), [("nils", "nurse_station"), ("ana", "day"), ("max", "day")])
def test_everybody_starts_where_their_day_is(house: House, who: str, where: str) -> None:
    set_stage(house)
    assert where_it_starts(getattr(house, who)) == where


def test_the_manager_of_a_clinic_with_nothing_to_book_starts_by_setting_it_up(house: House) -> None:
    assert where_it_starts(house.max) == "setup"
    assert where_it_starts(house.ana) == "day"


def where_it_starts(user: User) -> str:
    with mock.patch("web.views.frame.redirect", side_effect=lambda name: HttpResponse(name)):
        return browser_of(user).get("/").content.decode()


def test_the_api_manual_is_for_staff(house: House) -> None:
    assert browser_of().get("/api/docs/").status_code == 302
    assert browser_of().get("/api/schema/").status_code == 401
    assert browser_of(house.ana).get("/api/docs/").status_code == 200
    assert browser_of(house.ana).get("/api/schema/").status_code == 200


@pytest.mark.parametrize(
    ("who", "places"),
    [
        ("ana", ["Day", "Patients", "Tasks", "Messages", "Texts", "Hours"]),
        ("nils", ["Day", "Patients", "Nurse", "Tasks", "Messages", "Texts", "Monitors"]),
        ("priya", ["Day", "Patients", "Nurse", "Decisions", "Tasks", "Messages", "Texts", "Clinic"]),
        ("max", ["Day", "Patients", "Nurse", "Tasks", "Messages", "Texts", "Clinic"]),
    ],
)
def test_everybody_is_shown_only_where_they_may_go(house: House, who: str, places: list[str]) -> None:
    frame = browser_of(getattr(house, who)).get("/nowhere/").context["frame"]
    assert [entry.label for entry in frame.navigation] == places


def test_what_a_manager_arranges_stands_in_one_menu_that_says_where_one_is(house: House) -> None:
    page = browser_of(house.max).get(reverse("booking_settings"))

    group = page.context["frame"].navigation[-1]
    assert [entry.label for entry in group.entries] == [
        "Settings",
        "Staff",
        "Hours",
        "Protocols",
        "Chairs and nurses",
        "Monitors",
        "Booking settings",
        "Message rules",
        "Sending",
        "Reports",
    ]
    assert [entry.label for entry in group.entries if entry.here] == ["Booking settings"]
    assert group.here
    assert page.content.decode().count('aria-current="page"') == 1


def test_what_a_narrow_bar_has_no_room_for_stands_behind_more(house: House) -> None:
    with override_settings(MODE="demo"):
        for who, more in ((house.priya, ""), (house.ana, "tablet")):
            frame = browser_of(who).get("/nowhere/").context["frame"]
            assert [entry.label for entry in frame.folded] == ["Messages", "Texts", "Inbox"]
            assert frame.folds == more
    assert browser_of(house.ana).get("/nowhere/").context["frame"].folds == "tablet"


def test_the_demo_shows_the_phones_of_its_made_up_patients(house: House) -> None:
    with override_settings(MODE="demo"):
        frame = browser_of(house.ana).get("/nowhere/").context["frame"]
        assert frame.navigation[-1].label == "Inbox"
