"""What reaches the log: never the secret of a patient's link, nor what the database refused."""

import io
import logging
from collections.abc import Callable

import pytest
import structlog
from django.core.handlers.exception import response_for_exception
from django.db import IntegrityError, connection, transaction
from django.test import Client, RequestFactory

from clinic.models import Patient
from clinic.transactions import sqlstate, violated_constraint
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


def same_number(house: House) -> None:
    """A constraint on the number, whose refusal PostgreSQL explains with it."""
    Patient.objects.filter(pk=house.omar.pk).update(mrn=house.rosa.mrn)


def no_birth_date(house: House) -> None:
    """Explained with the whole row."""
    Patient.objects.filter(pk=house.rosa.pk).update(birth_date=None)


def no_number(house: House) -> None:
    """Explained with what is no number, and with the line of the statement."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s::int", [f"{house.rosa.family_name}\n{house.rosa.mrn}"])


def no_such_column(house: House) -> None:
    """Explained with the line of the statement, in which the values stand."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s, missing", [house.rosa.mrn])


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (same_number, "mrn"),
        (no_birth_date, 'null value in column \\"birth_date\\"'),
        (no_number, "InvalidTextRepresentation"),
        (no_such_column, 'column \\"missing\\" does not exist'),
    ],
)
def test_what_the_database_refuses_is_told_without_its_values(
    house: House, monkeypatch: pytest.MonkeyPatch, refused: Callable[[House], None], told: str
) -> None:
    def broken(*_: object, **__: object) -> None:
        with transaction.atomic():
            refused(house)

    monkeypatch.setattr(queries, "visits", broken)
    browser = Client(raise_request_exception=False)
    browser.force_login(house.ana)
    (console,) = [each for each in logging.getLogger().handlers if type(each) is logging.StreamHandler]
    written = io.StringIO()
    before = console.setStream(written)
    try:
        assert browser.get(f"/api/v1/appointments/?patient={house.rosa.pk}").status_code == 500
    finally:
        console.setStream(before)
    said = written.getvalue()
    assert told in said
    for value in (house.rosa.mrn, house.rosa.family_name, "DETAIL", "LINE 1"):
        assert value not in said


def test_what_is_refused_says_nothing_of_its_values_to_anybody_and_by_which_constraint(house: House) -> None:
    with pytest.raises(IntegrityError) as refused, transaction.atomic():
        same_number(house)
    assert house.rosa.mrn not in repr(refused.value) + repr(refused.value.__cause__)
    assert sqlstate(refused.value) == "23505"
    assert violated_constraint(refused.value) in str(refused.value)


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
