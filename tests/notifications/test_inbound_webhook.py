"""Only our provider hands over texts: signed, small, and as often as it likes."""

import base64
import hashlib
import hmac
from typing import Any
from urllib.parse import urlencode

import pytest
from django.test import Client

from clinic.models import WorkItem
from notifications.api.inbound import MOST_BYTES
from notifications.models import InboundMessage
from tests.cast import House
from tests.notifications.texts import OURS, ROSAS, give_number

TOKEN = "the-accounts-own-token"
ADDRESS = "https://clinic.example/inbound/sms/"


@pytest.fixture(autouse=True)
def provider(house: House, settings: Any) -> None:
    give_number(house.clinic)
    settings.PUBLIC_URL = "https://clinic.example"
    settings.SMS = {"url": "https://api.twilio.com", "sid": "AC1", "token": TOKEN}


def a_text(**changes: str) -> dict[str, str]:
    return {"MessageSid": "SM1", "From": ROSAS, "To": OURS, "Body": "Hello", "AccountSid": "AC1"} | changes


def signature_of(fields: dict[str, str], *, address: str = ADDRESS, token: str = TOKEN) -> str:
    """As the provider documents it: the address, then each field's name and value, sorted by name."""
    said = address + "".join(name + value for name, value in sorted(fields.items()))
    return base64.b64encode(hmac.new(token.encode(), said.encode(), hashlib.sha1).digest()).decode()


def post(fields: dict[str, str], signature: str | None = None) -> Any:
    """As the provider calls: without a cookie, and without our forms' token."""
    return Client(enforce_csrf_checks=True).post(
        "/inbound/sms/",
        urlencode(fields),
        content_type="application/x-www-form-urlencoded",
        headers={"X-Twilio-Signature": signature_of(fields) if signature is None else signature},
    )


def test_a_signed_text_is_taken_and_nothing_is_said_to_the_provider() -> None:
    answer = post(a_text(Body="¿Puedo llevar a mi perro? 🐕"))
    assert answer.status_code == 200
    assert answer["Content-Type"] == "text/xml"
    assert answer.content == b'<?xml version="1.0" encoding="UTF-8"?><Response/>'
    assert InboundMessage.objects.get().body == "¿Puedo llevar a mi perro? 🐕"


def test_a_text_handed_over_again_is_answered_alike_and_taken_once() -> None:
    assert post(a_text()).content == post(a_text()).content
    assert InboundMessage.objects.count() == 1


@pytest.mark.parametrize(
    "signature",
    [
        "",
        "nonsense",
        signature_of(a_text(), token="another-token"),
        signature_of(a_text(), address="https://elsewhere.example/inbound/sms/"),
        signature_of(a_text(Body="Another text")),
    ],
)
def test_what_is_not_signed_by_our_provider_is_refused(signature: str) -> None:
    answer = post(a_text(), signature)
    assert answer.status_code == 403
    assert not InboundMessage.objects.exists()


def test_without_a_provider_nothing_is_taken(settings: Any) -> None:
    settings.SMS = {}
    assert post(a_text()).status_code == 403


def test_who_tries_signatures_is_slowed_down_and_the_provider_is_not() -> None:
    refused = [post(a_text(), "guess").status_code for _ in range(31)]
    assert refused == [403] * 30 + [429]
    assert post(a_text()).status_code == 200


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        ("", ""),
        ("", "application/json"),
        ("", "application/x-www-form-urlencoded"),
        ("{}", "application/json"),
        ("a&" * 2000, "application/x-www-form-urlencoded"),
    ],
)
def test_what_is_no_form_of_the_providers_is_refused_and_slowed_down_too(
    body: str, content_type: str, caplog: pytest.LogCaptureFixture
) -> None:
    stranger = Client(raise_request_exception=False)
    with caplog.at_level("WARNING"):
        answers = [
            stranger.generic("POST", "/inbound/sms/", body, content_type=content_type).status_code
            for _ in range(31)
        ]
    assert answers == [403] * 30 + [429]
    assert "Traceback" not in caplog.text


def test_a_call_that_is_too_large_is_not_read() -> None:
    answer = post(a_text(Body="x" * MOST_BYTES))
    assert answer.status_code == 413
    assert not InboundMessage.objects.exists()


def test_a_call_without_its_fields_says_which() -> None:
    fields = a_text()
    del fields["From"]
    answer = post(fields)
    assert answer.status_code == 400
    assert b"From" in answer.content


def test_a_picture_is_told_of_and_not_kept() -> None:
    post(a_text(Body="", NumMedia="2"))
    assert InboundMessage.objects.get().body == "[With 2 pictures or files, which are not kept.]"


def test_a_text_with_a_nul_in_it_is_kept_without_it() -> None:
    assert post(a_text(Body="I want to\x00 die", MessageSid="SM\x001")).status_code == 200
    text = InboundMessage.objects.get()
    assert (text.body, text.provider_reference) == ("I want to die", "SM1")


@pytest.mark.parametrize(
    "beside", [{"NumMedia": ""}, {"NumMedia": "many"}, {"MessageSid": "SM" + "1" * 200}, {"MessageSid": ""}]
)
def test_what_stands_beside_the_words_never_loses_them(beside: dict[str, str]) -> None:
    fields = a_text(Body="kill myself", **beside)
    assert [post(fields).status_code, post(fields).status_code] == [200, 200]
    assert InboundMessage.objects.get().body == "kill myself"
    assert WorkItem.objects.filter(urgency="red").count() == 1


@pytest.mark.parametrize("told", ["", "SM" + "1" * 200])
def test_texts_without_an_id_that_can_be_kept_are_two_texts(told: str) -> None:
    post(a_text(Body="Hello", MessageSid=told))
    post(a_text(Body="Hello again", MessageSid=told and told + "2"))
    assert InboundMessage.objects.count() == 2


def test_a_text_to_no_clinics_number_is_answered_and_left() -> None:
    assert post(a_text(To="+13125550199")).status_code == 200
    assert not InboundMessage.objects.exists()


def test_nothing_of_a_text_is_logged(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level("DEBUG"):
        post(a_text(Body="xyzzy"))
    assert "xyzzy" not in caplog.text
    assert ROSAS not in caplog.text
