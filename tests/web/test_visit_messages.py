"""The page of a visit's messages, sending one again, and searching the log."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from notifications.delivering import delivery
from notifications.models import DeliveryAttempt, Message, MessageText
from notifications.planning.planner import plan
from notifications.planning.rule_settings import change_rule
from scheduler.models import Appointment
from tests.cast import NOW, House, new_id
from tests.notifications.texts import give_number, prefers_texts, text
from tests.notifications.visits import book, date_history
from tests.web.pages import browser_of, words


@pytest.fixture
def visit(house: House) -> Iterator[Appointment]:
    with time_machine.travel(NOW, tick=False):
        appointment = book(house, house.rosa)
        plan(now=NOW)
        delivery.drain(clock=lambda: NOW)
        yield appointment


def test_the_desk_comes_from_a_visit_to_all_its_messages(house: House, visit: Appointment) -> None:
    said = words(browser_of(house.ana).get(reverse("visit_messages", args=[visit.pk])))
    assert "Visit booked Sent" in said
    assert "Reminder that asks to confirm Still to come" in said
    assert "r…@patients.example" in said
    assert "rosa@patients.example" not in said


def test_the_page_says_why_what_is_to_come_goes_by_e_mail(house: House, visit: Appointment) -> None:
    give_number(house.clinic)
    page, ana = reverse("visit_messages", args=[visit.pk]), browser_of(house.ana)
    assert "Texts to this patient are stopped." not in words(ana.get(page))
    text("STOP")
    assert "Texts to this patient are stopped." in words(ana.get(page))


@pytest.mark.parametrize(
    ("outcome", "said"),
    [
        ("started", "Begun"),
        ("accepted", "Sent"),
        ("temporary_failure", "Refused for now"),
        ("permanent_failure", "Refused for good"),
        ("withdrawn", "Taken back before it left"),
    ],
)
def test_what_came_of_a_try_is_said_in_plain_words(
    house: House, visit: Appointment, outcome: str, said: str
) -> None:
    ana = browser_of(house.ana)
    DeliveryAttempt.objects.update(outcome=outcome)
    assert f"09:00: {said}" in words(ana.get(reverse("visit_messages", args=[visit.pk])))
    assert f"e-mail by inbox: {said}" in words(ana.get(reverse("message", args=[Message.objects.get().pk])))


@pytest.mark.parametrize(("asked", "is_open"), [("", False), ("?status=sent", True), ("?first=soon", True)])
def test_the_logs_filters_stand_behind_their_name_until_one_is_used(
    house: House, visit: Appointment, asked: str, is_open: bool
) -> None:
    page = browser_of(house.ana).get(f"/messages/{asked}").content.decode()
    assert ('<details class="filters-fold" open>' in page) == is_open
    assert ('<details class="filters-fold">' in page) != is_open


def test_a_visit_whose_next_words_are_refused_by_now_shows_its_messages_and_which_will_not_be_said(
    house: House, visit: Appointment
) -> None:
    MessageText.objects.create(
        clinic=house.clinic,
        stage="T-3d",
        language="en",
        subject="Your ketamine visit",
        email="{link}",
        sms="{link}",
        written_by=house.max,
    )
    page = browser_of(house.ana).get(reverse("visit_messages", args=[visit.pk]))
    refused = "Reminder that asks to confirm Will not be sent The clinic's own words for it are refused now"
    assert (page.status_code, refused in words(page)) == (200, True)
    assert "ketamine" not in words(page)


def test_another_clinic_finds_neither_page(house: House, other_house: House, visit: Appointment) -> None:
    outsider, first = browser_of(other_house.max), Message.objects.get(stage="confirmation")
    assert outsider.get(reverse("visit_messages", args=[visit.pk])).status_code == 404
    assert outsider.post(reverse("message_again", args=[first.pk]), {"id": new_id()}).status_code == 404


def test_sending_again_twice_by_a_double_tap_sends_once(house: House, visit: Appointment) -> None:
    ana, first = browser_of(house.ana), Message.objects.get(stage="confirmation")
    sent = {"id": new_id(), "text": "Please call us."}
    for _ in range(2):
        assert "It is on its way." in words(
            ana.post(reverse("message_again", args=[first.pk]), sent, follow=True)
        )
    assert Message.objects.filter(again_of=first).count() == 1


def test_what_goes_by_e_mail_is_not_counted_as_texts(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    said = words(browser_of(house.ana).get(reverse("message_again", args=[first.pk])))
    assert "By e-mail, signed “Lakeside Clinic”" in said
    assert "texts at most" not in said


def test_refused_words_come_back_with_their_mend(house: House, visit: Appointment) -> None:
    first = Message.objects.get(stage="confirmation")
    prefers_texts(house.rosa)
    sent = {"id": new_id(), "text": "Your ketamine is ready"}
    answer = browser_of(house.ana).post(reverse("message_again", args=[first.pk]), sent)
    assert answer.status_code == 400
    assert "tells a lock screen what the visit is about" in words(answer)
    assert "Your ketamine is ready" in words(answer)
    assert "39 characters, 1 text" in words(answer)


def test_what_was_sent_stands_in_the_box_to_be_edited_with_its_link(house: House, visit: Appointment) -> None:
    ana, first = browser_of(house.ana), Message.objects.get(stage="confirmation")
    page = reverse("message_again", args=[first.pk])
    box = "Your visit is booked for Thu 21 Jan at 9:30 AM.\n\nSee how to prepare, and confirm: {link}"
    assert ana.get(page).context["edited"]["text"].value() == box
    sent = {"id": new_id(), "text": box.replace("See how", "Please see how")}
    assert "It is on its way." in words(ana.post(page, sent, follow=True))
    again = Message.objects.get(again_of=first)
    assert again.text.startswith("Lakeside Clinic: Your visit is booked")
    assert again.link.purpose == first.link.purpose


def test_edited_words_arrive_in_a_letter_without_the_name_that_a_text_begins_with(
    house: House, visit: Appointment
) -> None:
    first = Message.objects.get(stage="confirmation")
    sent = {"id": new_id(), "text": "Please come to the side door."}
    page = browser_of(house.ana).post(reverse("message_again", args=[first.pk]), sent, follow=True)
    assert "It has not left yet" in words(page)
    delivery.drain(clock=lambda: NOW)
    tried = DeliveryAttempt.objects.get(message__again_of=first)
    assert tried.form == "email"
    assert tried.body.startswith("Hello,\n\nPlease come to the side door.")


def test_an_emptied_box_is_not_taken_for_as_it_was(house: House, visit: Appointment) -> None:
    ana, first = browser_of(house.ana), Message.objects.get(stage="confirmation")
    page = reverse("message_again", args=[first.pk])
    answer = ana.post(page, {"id": new_id(), "text": " "})
    assert (answer.status_code, "Write what you want to say." in words(answer)) == (400, True)
    assert not Message.objects.filter(again_of=first).exists()
    ana.post(page, {"id": new_id()})
    assert Message.objects.get(again_of=first).text == ""


def test_edited_words_are_measured_and_looked_through_while_they_are_typed(
    house: House, visit: Appointment
) -> None:
    address = reverse("check_message_again", args=[Message.objects.get(stage="confirmation").pk])
    prefers_texts(house.rosa)
    ana = browser_of(house.ana)
    said = words(ana.post(address, {"id": new_id(), "text": "Confirm: {link}"}))
    assert "and {link} as long as it will be" in said
    twice = words(ana.post(address, {"id": new_id(), "text": "{link} {link}"}))
    assert "Put {link} in once at most" in twice


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ({"stage": "confirmation"}, True),
        ({"stage": "T-3d"}, False),
        ({"channel": "email"}, True),
        ({"channel": "sms"}, False),
        ({"first": "2027-01-11", "last": "2027-01-11"}, True),
        ({"first": "2027-01-12"}, False),
        ({"last": "2027-01-10"}, False),
    ],
)
def test_the_log_is_searched_by_message_way_and_days(
    house: House, visit: Appointment, query: dict[str, str], found: bool
) -> None:
    said = words(browser_of(house.ana).get(reverse("messages"), query))
    assert ("Rosa Delgado" in said) is found


@pytest.mark.parametrize(
    ("status", "kind", "offered"),
    [
        ("failed", "confirmation", True),
        ("unknown", "confirmation", True),
        ("sent", "confirmation", False),
        ("failed", "answer", False),  # what is said back by itself
    ],
)
def test_what_reached_nobody_is_sent_again_from_the_log(
    house: House, visit: Appointment, status: str, kind: str, offered: bool
) -> None:
    message = Message.objects.get(stage="confirmation")
    Message.objects.filter(pk=message.pk).update(status=status, kind=kind, reason="The provider refused it.")
    page = browser_of(house.ana).get(reverse("messages")).content.decode()
    assert (reverse("message_again", args=[message.pk]) in page) is offered
    own = browser_of(house.ana).get(reverse("message", args=[message.pk])).content.decode()
    assert (reverse("message_again", args=[message.pk]) in own) is (kind != "answer")


def test_a_day_that_is_none_is_said_at_its_field(house: House, visit: Appointment) -> None:
    answer = browser_of(house.ana).get(reverse("messages"), {"first": "yesterday"})
    assert (answer.status_code, "Enter a valid date." in words(answer)) == (400, True)


def test_the_page_says_which_messages_the_clinic_has_switched_off(house: House, visit: Appointment) -> None:
    actor = house.actor(house.max)
    change_rule(actor=actor, clinic=house.clinic, stage="T-3d", changes={"enabled": False})
    date_history("notifications_messageruleevent", NOW)
    said = words(browser_of(house.ana).get(reverse("visit_messages", args=[visit.pk])))
    assert "Reminder that asks to confirm Switched off" in said
    assert "The clinic has switched this message off: since" in said


def test_the_chart_leads_to_the_messages_of_each_visit(house: House, visit: Appointment) -> None:
    page = browser_of(house.ana).get(reverse("patient", args=[house.rosa.pk]))
    assert f'href="{reverse("visit_messages", args=[visit.pk])}"' in page.content.decode()


def test_a_patients_messages_are_found_by_name_which_stands_in_no_address(
    house: House, other_house: House, visit: Appointment
) -> None:
    page = browser_of(house.ana).post(reverse("messages_find"), {"text": "delgado"})
    assert f'href="/messages/?patient={house.rosa.pk}"' in page.content.decode()
    assert "Nobody fits" in words(browser_of(house.ana).post(reverse("messages_find"), {"text": "zzzz"}))
    theirs = browser_of(other_house.max).post(reverse("messages_find"), {"text": "delgado"})
    assert str(house.rosa.pk) not in theirs.content.decode()


def test_a_number_that_a_patient_had_before_finds_their_messages(house: House, visit: Appointment) -> None:
    ana = browser_of(house.ana)
    old = house.rosa.phone.as_national
    house.rosa.phone = "+13125550199"
    house.rosa.save()
    found = ana.post(reverse("messages_find"), {"text": old})
    assert f'href="/messages/?patient={house.rosa.pk}"' in found.content.decode()
    assert "MRN-ROSA; had this number before" in words(found)
    now = words(ana.post(reverse("messages_find"), {"text": "312 555 0199"}))
    assert "Rosa Delgado" in now
    assert "had this number before" not in now


def test_an_empty_log_says_what_is_meant(house: House, other_house: House, visit: Appointment) -> None:
    ana, log = browser_of(house.ana), reverse("messages")
    assert "No message fits" in words(ana.get(log, {"stage": "T-3d"}))
    omar = {"patient": str(house.omar.pk)}
    assert "Nothing has fallen due for this patient" in words(ana.get(log, omar))
    narrowed = {**omar, "status": "failed"}
    assert "Nothing like this was wanted for this patient" in words(ana.get(log, narrowed))
    assert "Nothing has fallen due yet" in words(browser_of(other_house.max).get(log))


def test_the_log_asks_no_more_for_120_messages_than_for_one(
    house: House, visit: Appointment, request: pytest.FixtureRequest
) -> None:
    ana = browser_of(house.ana)
    narrowed = {"status": "skipped", "stage": "confirmation", "first": "2027-01-01", "last": "2027-01-31"}
    ana.get(reverse("messages"), narrowed)
    with CaptureQueriesContext(connection) as with_none:
        ana.get(reverse("messages"), narrowed)
    request.getfixturevalue("long_log")
    with CaptureQueriesContext(connection) as with_many:
        assert len(shown(ana.get(reverse("messages"), narrowed))) == 50
    assert len(with_many) == len(with_none)


# --- Pages of the log ------------------------------------------------------------------------------------


@pytest.fixture
def long_log(house: House, visit: Appointment) -> list[UUID]:
    """120 messages, ten to a moment, the latest first."""
    first = Message.objects.get(stage="confirmation")
    rows = [
        Message(
            clinic=first.clinic,
            patient=first.patient,
            appointment=first.appointment,
            kind=first.kind,
            stage=first.stage,
            visit_starts_at=first.visit_starts_at,
            key=f"log:{number}",
            due_at=NOW - timedelta(hours=1 + number // 10),
            stale_at=first.stale_at,
            status="skipped",
            reason="The visit had begun.",
        )
        for number in range(120)
    ]
    Message.objects.bulk_create(rows)
    return list(Message.objects.order_by("-due_at", "-pk").values_list("pk", flat=True))


def shown(page: Any) -> list[UUID]:
    return [row.pk for row in page.context["rows"]]


def test_the_logs_pages_hold_every_message_once_and_lead_back(house: House, long_log: list[UUID]) -> None:
    ana, seen, addresses = browser_of(house.ana), list[UUID](), [""]
    page = ana.get(reverse("messages"))
    while True:
        seen += shown(page)
        if not page.context["page"].earlier:
            break
        addresses.append(page.context["page"].earlier)
        page = ana.get(f"{reverse('messages')}?{addresses[-1]}")
    assert seen == long_log
    back = ana.get(f"{reverse('messages')}?{page.context['page'].later}")
    assert shown(back) == long_log[50:100]
    first = ana.get(f"{reverse('messages')}?{back.context['page'].later}")
    assert (shown(first), first.context["page"].later) == (long_log[:50], "")


def test_a_message_that_arrives_meanwhile_moves_no_other_to_the_next_page(
    house: House, long_log: list[UUID]
) -> None:
    ana = browser_of(house.ana)
    page = ana.get(reverse("messages"))
    newest = Message.objects.get(pk=long_log[0])
    Message.objects.create(**{**_columns(newest), "key": "log:new", "id": uuid4()})
    assert shown(ana.get(f"{reverse('messages')}?{page.context['page'].earlier}")) == long_log[50:100]


def _columns(row: Message) -> dict[str, Any]:
    return {field.attname: getattr(row, field.attname) for field in Message._meta.concrete_fields}


def test_the_pages_keep_what_the_log_was_narrowed_to(house: House, long_log: list[UUID]) -> None:
    page = browser_of(house.ana).get(reverse("messages"), {"status": "skipped"})
    assert "status=skipped" in page.context["page"].earlier
    assert set(shown(page)) <= set(long_log)


@pytest.mark.parametrize(
    "edge",
    [
        "nonsense",
        "2027-01-11~x",
        "2027-01-11T09:00~" + str(UUID(int=1)),
        "0001-01-01T00:00:00+14:00~" + str(UUID(int=1)),
    ],
)
def test_an_edge_that_no_page_gave_out_is_refused(house: House, visit: Appointment, edge: str) -> None:
    answer = browser_of(house.ana).get(reverse("messages"), {"earlier": edge})
    assert answer.status_code == 400
    assert "This address is not whole." in words(answer)
