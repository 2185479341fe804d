"""What a Prometheus server reads: the numbers behind the banner, of the whole house, nothing of anybody."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.test import Client
from prometheus_client.parser import text_string_to_metric_families

from clinic import work
from clinic.models import Channel, Patient, Role, Urgency, WorkItem
from notifications.models import ClinicMessaging, DeliveryAttempt, Message, SendingState
from notifications.planning.planner import plan
from notifications.talking import inbound
from notifications.watching import health
from notifications.watching.heartbeats import BEAT, DRAIN, PLANNER, beat
from tests.cast import NOW, House
from tests.notifications.visits import book
from tests.web.pages import browser_of, words

MINUTE = timedelta(minutes=1)
TOKEN = "4f9c2b7e1d8a6c3f5b0e9d7a2c4f6b8e"
LATER = NOW + 20 * MINUTE

Numbers = dict[tuple[str, ...], float]


@pytest.fixture(autouse=True)
def running(db: None, settings: Any) -> Iterator[None]:
    """Everything ran a moment ago, and whoever measures has a token."""
    settings.METRICS_TOKEN = TOKEN
    with time_machine.travel(NOW, tick=False):
        beat(BEAT, PLANNER, DRAIN, now=NOW)
        yield


def ask(token: str = TOKEN) -> Any:
    return Client().get("/metrics", headers={"Authorization": f"Bearer {token}"})


def numbers() -> Numbers:
    """By name and labels, such as ("chairside_circuit_open", "sms")."""
    page = ask()
    assert page.status_code == 200
    return {
        (sample.name, *sample.labels.values()): sample.value
        for family in text_string_to_metric_families(page.content.decode())
        for sample in family.samples
    }


def escalation(house: House, urgency: Urgency, cause: str) -> WorkItem:
    return work.open_item(
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        cause=cause,
        title="Call the patient now",
        urgency=urgency,
        role=Role.NURSE,
        due_at=NOW + 15 * MINUTE,
    )


def refused(message: Message, form: str, outcome: str, number: int = 1) -> None:
    DeliveryAttempt.objects.create(
        message=message,
        number=number,
        channel="inbox",
        form=form,
        recipient="",
        body="",
        started_at=NOW,
        outcome=outcome,
    )


def test_without_a_token_of_its_own_the_house_has_no_such_page(settings: Any) -> None:
    settings.METRICS_TOKEN = ""
    assert ask().status_code == 404
    assert ask("").status_code == 404


@pytest.mark.parametrize("token", ["", "guessed", TOKEN[:-1], f"{TOKEN}0"])
def test_a_wrong_token_reads_nothing(token: str) -> None:
    page = ask(token)
    assert (page.status_code, page["WWW-Authenticate"]) == (401, "Bearer")
    assert b"chairside" not in page.content


def test_a_sign_in_is_no_token(house: House) -> None:
    assert browser_of(house.max).get("/metrics").status_code == 401


def test_all_is_well_in_numbers(house: House) -> None:
    found = numbers()
    assert found["chairside_late",] == 0
    assert found["chairside_heartbeat_age_seconds", "beat"] == 0
    assert found["chairside_oldest_due_message_age_seconds", "sms"] == 0
    assert found["chairside_sending_paused", "all"] == 0
    assert found["chairside_open_escalations", "red"] == 0


def test_the_banner_the_health_endpoint_and_the_metrics_agree(house: House, long_up: None) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    SendingState.objects.update_or_create(name="sms", defaults={"closed_until": LATER + MINUTE})
    SendingState.objects.update_or_create(name="email", defaults={"paused_at": NOW})
    with time_machine.travel(LATER, tick=False):
        health.cache.clear()
        details = browser_of().get("/health/details/").json()
        banner = words(browser_of(house.max).get("/tasks/"))
        found = numbers()
    assert len(details["late"]) >= 4
    assert found["chairside_late",] == len(details["late"])
    assert all(sentence in banner for sentence in details["late"])
    ages = {name[1]: age for name, age in found.items() if name[0] == "chairside_heartbeat_age_seconds"}
    assert ages == details["ages"]
    assert found["chairside_oldest_due_message_age_seconds", "email"] == details["oldest_due"] == 1200
    assert [way for way in ("all", "sms", "email") if found["chairside_sending_paused", way]] == ["email"]
    assert [way for way in ("all", "sms", "email") if found["chairside_circuit_open", way]] == ["sms"]


def test_the_oldest_due_message_is_told_by_the_way_that_it_is_to_take(house: House) -> None:
    Patient.objects.filter(pk=house.omar.pk).update(preferred_channel=Channel.SMS)
    book(house, house.rosa)
    plan(now=NOW)
    book(house, house.omar)
    plan(now=NOW + 5 * MINUTE)
    with time_machine.travel(LATER, tick=False):
        found = numbers()
    assert found["chairside_oldest_due_message_age_seconds", "email"] == 20 * 60
    assert found["chairside_oldest_due_message_age_seconds", "sms"] == 15 * 60


def test_what_a_clinic_holds_back_itself_is_no_fault_of_the_machinery(house: House, long_up: None) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    ClinicMessaging.objects.create(clinic=house.clinic, paused_at=NOW)
    beat(BEAT, PLANNER, DRAIN, now=LATER)
    assert health.read(LATER).late == []
    with time_machine.travel(LATER, tick=False):
        assert numbers()["chairside_clinics_paused",] == 1


def test_texts_that_nobody_could_be_given_are_counted_by_why(house: House) -> None:
    found = numbers()
    assert found["chairside_texts_left_total", "no_clinic"] == 0
    inbound.take(
        provider="twilio",
        reference="SM1",
        sender="+13125550142",
        recipient="+13125550199",
        body="Hello",
        received_at=NOW,
        now=NOW,
    )
    found = numbers()
    assert found["chairside_texts_left_total", "no_clinic"] == 1
    assert found["chairside_texts_left_total", "no_telephone"] == 0


def test_refusals_are_counted_by_way_and_kind_for_a_quarter_of_an_hour(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    message = Message.objects.get()
    refused(message, "email", "temporary_failure", 1)
    refused(message, "email", "temporary_failure", 2)
    refused(message, "sms", "permanent_failure", 3)
    found = numbers()
    assert found["chairside_provider_errors", "email", "temporary_failure"] == 2
    assert found["chairside_provider_errors", "sms", "permanent_failure"] == 1
    assert found["chairside_provider_errors", "sms", "temporary_failure"] == 0
    with time_machine.travel(NOW + 16 * MINUTE, tick=False):
        assert numbers()["chairside_provider_errors", "email", "temporary_failure"] == 0


def test_open_escalations_are_counted_by_level_with_the_age_of_the_oldest(
    house: House, other_house: House
) -> None:
    first = escalation(house, Urgency.RED, "a:1")
    escalation(other_house, Urgency.RED, "a:2")
    escalation(house, Urgency.AMBER, "a:3")
    escalation(house, Urgency.ROUTINE, "a:4")
    over = escalation(house, Urgency.AMBER, "a:5")
    WorkItem.objects.update(created_at=NOW - MINUTE)
    WorkItem.objects.filter(pk=first.pk).update(created_at=NOW - 7 * MINUTE)
    nils = house.actor(house.nils)
    work.acknowledge(actor=nils, item=first, now=NOW)
    work.close(actor=nils, item=over, outcome="Spoke with her.", now=NOW)
    found = numbers()
    assert (found["chairside_open_escalations", "red"], found["chairside_open_escalations", "amber"]) == (
        2,
        1,
    )
    assert found["chairside_untaken_escalations", "red"] == 1
    assert found["chairside_oldest_escalation_age_seconds", "red"] == 7 * 60


def test_sends_whose_fate_nobody_knows_are_counted(house: House) -> None:
    book(house, house.rosa)
    plan(now=NOW)
    Message.objects.update(status="unknown", reason="The answer was lost.")
    assert numbers()["chairside_unknown_sends",] == 1


def test_no_number_names_a_clinic_or_a_patient(house: House, other_house: House) -> None:
    for each in (house, other_house):
        book(each, each.rosa)
        escalation(each, Urgency.RED, "a:1")
    plan(now=NOW)
    said = ask().content.decode()
    ids = [str(each.pk) for each in (house.clinic, other_house.clinic, house.rosa, other_house.rosa)]
    for secret in ("Lakeside", "Hillside", "Rosa", "Delgado", "rosa@", "+1312", *ids):
        assert secret not in said
    labels = {label for name in numbers() for label in name[1:]}
    assert labels <= {
        *("beat", "worker", "planner", "drain", "all", "sms", "email", "red", "amber"),
        *("temporary_failure", "permanent_failure", "no_clinic", "no_telephone"),
    }


def test_it_takes_two_queries_however_much_there_is(
    house: House, other_house: House, django_assert_num_queries: Any
) -> None:
    with django_assert_num_queries(2):
        ask()
    for each in (house, other_house):
        for number, patient in enumerate((each.rosa, each.omar)):
            book(each, patient)
            escalation(each, Urgency.RED, f"a:{number}")
    plan(now=NOW)
    with django_assert_num_queries(2):
        ask()


def test_who_asks_for_open_metrics_is_given_them() -> None:
    page = Client().get(
        "/metrics",
        headers={"Authorization": f"Bearer {TOKEN}", "Accept": "application/openmetrics-text; version=1.0.0"},
    )
    assert page["Content-Type"].startswith("application/openmetrics-text")
    assert page.content.endswith(b"# EOF\n")
