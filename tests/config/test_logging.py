"""What reaches the log: never the secret of a patient's link."""

import logging

import pytest
import structlog
from django.core.handlers.exception import response_for_exception
from django.test import Client, RequestFactory

from config.production import WithoutTokens
from config.production import logging as logging_of
from scheduler.visits import queries
from tests.cast import House


def test_a_fault_on_a_patients_page_is_logged_without_the_links_token() -> None:
    record = logging.LogRecord(
        "django.request",
        logging.ERROR,
        __file__,
        1,
        "%s: %s",
        ("Internal Server Error", "/m/82nlqd9TNBP9Zjx4JWjNeA/answer"),
        None,
    )
    assert WithoutTokens().filter(record)
    assert record.getMessage() == "Internal Server Error: /m/…/answer"


def test_a_fault_of_a_calendar_feed_is_logged_without_its_address() -> None:
    address = "/feeds/tJ5d0c0cXl1vQm9nYw4T3u8sB7a6k2e1r0q9p8o7n6m.ics"
    record = logging.LogRecord("django.request", logging.ERROR, __file__, 1, "Fault: %s", (address,), None)
    assert WithoutTokens().filter(record)
    assert record.getMessage() == "Fault: /feeds/….ics"


def test_the_console_takes_the_tokens_out_whoever_logs() -> None:
    configured = logging_of(level="INFO")
    assert configured["handlers"]["console"]["filters"] == ["tokens"]
    record = logging.LogRecord(
        "django.security.csrf",
        logging.WARNING,
        __file__,
        1,
        "Forbidden (%s): %s",
        ("CSRF cookie not set.", "/m/82nlqd9TNBP9Zjx4JWjNeA/confirm"),
        None,
    )
    assert WithoutTokens().filter(record)
    assert record.getMessage() == "Forbidden (CSRF cookie not set.): /m/…/confirm"


def test_the_lines_about_requests_go_through_the_same_level_and_filter(
    caplog: pytest.LogCaptureFixture,
) -> None:
    told = structlog.get_logger("web.request_log")
    with caplog.at_level(logging.WARNING):
        told.info("request_started", request="GET /today")
    assert not caplog.records
    with caplog.at_level(logging.INFO):
        told.info("request_started", request="GET /m/82nlqd9TNBP9Zjx4JWjNeA/confirm", code=200)
    (record,) = caplog.records
    assert WithoutTokens().filter(record)
    assert record.getMessage() == 'event=request_started request="GET /m/…/confirm" code=200'


def test_a_fault_is_told_once_by_its_route(
    house: House, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def broken(*_: object, **__: object) -> None:
        raise LookupError("a fault of ours")

    monkeypatch.setattr(queries, "visits", broken)
    browser = Client(raise_request_exception=False)
    browser.force_login(house.ana)
    assert browser.get(f"/api/v1/appointments/?patient={house.rosa.pk}").status_code == 500
    (told,) = [record for record in caplog.records if "a fault of ours" in record_text(record)]
    assert 'request="GET /api/v1/appointments/"' in told.getMessage()
    assert str(house.rosa.pk) not in caplog.text


def test_a_fault_of_which_nothing_was_told_by_route_keeps_its_traceback(
    caplog: pytest.LogCaptureFixture,
) -> None:
    request = RequestFactory().get("/day/")
    request._raised_exception = KeyError("of another one")  # type: ignore[attr-defined]
    try:
        raise LookupError("a fault of ours")
    except LookupError as fault:
        response_for_exception(request, fault)
    (told,) = [record for record in caplog.records if record.name == "django.request"]
    assert "a fault of ours" in record_text(told)


def record_text(record: logging.LogRecord) -> str:
    return logging.Formatter().format(record)
