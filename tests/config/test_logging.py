"""What reaches the log: never the secret of a patient's link."""

import logging

from config.production import WithoutTokens


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
