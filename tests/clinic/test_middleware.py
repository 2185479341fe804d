"""An abandoned screen signs itself out; polling keeps nobody in; every answer wears its headers."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client

from tests.cast import PASSWORD, House

LEFT_AT = datetime(2027, 1, 11, 15, 0, tzinfo=UTC)
API = "/api/v1/clinics/"
POLL: Any = {"HTTP_X_CHAIRSIDE_POLL": "1"}


@pytest.fixture
def ana(house: House) -> Any:
    """Ana's browser, which was used for the last time at 15:00:00."""
    client = Client()
    with time_machine.travel(LEFT_AT, tick=False):
        client.post("/accounts/login/", {"login": house.ana.email, "password": PASSWORD})
        assert client.get(API).status_code == 200
    return client


def after(client: Client, minutes: int, seconds: int = 0, **headers: str) -> int:
    with time_machine.travel(LEFT_AT + timedelta(minutes=minutes, seconds=seconds), tick=False):
        return client.get(API, **headers).status_code  # type: ignore[arg-type]


def test_at_14_minutes_and_59_seconds_the_screen_is_still_signed_in(ana: Client) -> None:
    assert after(ana, 14, 59) == 200


def test_at_15_minutes_it_is_signed_out(ana: Client) -> None:
    assert after(ana, 15) == 401


def test_doing_something_starts_the_quarter_of_an_hour_afresh(ana: Client) -> None:
    assert after(ana, 14) == 200
    assert after(ana, 28, 59) == 200
    assert after(ana, 43, 59) == 401


def test_polling_is_answered_but_is_not_doing_something(ana: Client) -> None:
    assert after(ana, 10, **POLL) == 200
    assert after(ana, 14, 59, **POLL) == 200
    assert after(ana, 15, **POLL) == 401


def test_a_page_sends_the_person_to_sign_in_after_idling(ana: Client) -> None:
    with time_machine.travel(LEFT_AT + timedelta(minutes=15), tick=False):
        answer = ana.get("/")
    assert answer["Location"].startswith("/accounts/login/?next=")


def test_the_session_that_idled_out_is_gone_and_does_not_come_back(ana: Client) -> None:
    after(ana, 15)
    assert after(ana, 0) == 401


@pytest.mark.parametrize("path", ["/accounts/login/", API, "/nowhere/"])
def test_every_answer_wears_the_security_headers(db: None, path: str) -> None:
    headers = Client().get(path).headers
    policy = headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    assert "frame-ancestors 'none'" in policy
    assert "report-uri /csp-report/" in policy
    assert headers["Cache-Control"].startswith(("no-store", "max-age=0"))
    assert "no-store" in headers["Cache-Control"]
    assert headers["X-Content-Type-Options"] == "nosniff"
    assert headers["X-Frame-Options"] == "DENY"
    assert headers["Referrer-Policy"] == "same-origin"
    assert "camera=()" in headers["Permissions-Policy"]
    assert headers["Cross-Origin-Opener-Policy"] == "same-origin"
    assert headers["Cross-Origin-Resource-Policy"] == "same-origin"


def test_the_sign_in_page_runs_no_inline_script_and_no_inline_style(db: None) -> None:
    page = Client().get("/accounts/login/").content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "<script>" not in page


@pytest.mark.parametrize("charset", ["utf-7", "raw_unicode_escape", "hex", "utf-16"])
@pytest.mark.parametrize(
    ("address", "content_type"),
    [
        ("/accounts/login/", "multipart/form-data; boundary=B"),
        ("/patients/find/", "multipart/form-data; boundary=B"),
        ("/api/v1/patients/find/", "application/json"),
    ],
)
def test_what_is_not_written_in_utf_8_is_refused(
    house: House, address: str, content_type: str, charset: str
) -> None:
    """Other charsets can write what PostgreSQL can't store, such as half a character."""
    half = "+2AA-" if charset == "utf-7" else "\\ud800"
    parts = "".join(
        f'--B\r\nContent-Disposition: form-data; name="{name}"\r\n\r\n{half}\r\n'
        for name in ("login", "password", "text")
    )
    body = f"{parts}--B--\r\n" if "multipart" in content_type else f'{{"text": "{half}"}}'
    browser = Client(raise_request_exception=False)
    browser.force_login(house.ana)
    answer = browser.generic("POST", address, body, content_type=f"{content_type}; charset={charset}")
    assert answer.status_code == 415
