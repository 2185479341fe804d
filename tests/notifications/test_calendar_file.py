"""The calendar file that goes with a confirmation or a cancellation, and with the patient's page."""

from collections.abc import Iterator
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
import time_machine
from icalendar import Calendar

from clinic.models import Channel, Clinic, Patient
from notifications.models import DeliveryAttempt, InboxItem, Message
from notifications.planning.planner import plan
from notifications.tokens import token_for
from tests.cast import NOW, House
from tests.notifications.drains import drain, say
from tests.notifications.mail_server import MailServer, running
from tests.notifications.visits import VISIT, book, cancel, move, stretch
from tests.web.pages import browser_of

MINUTE = timedelta(minutes=1)
DAY = timedelta(days=1)


@pytest.fixture
def mail_server(settings: Any) -> Iterator[MailServer]:
    with running(MailServer()) as server:
        settings.EMAIL_URL = f"smtp://127.0.0.1:{server.port}"
        settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", server.port
        settings.EMAIL_USE_TLS = settings.EMAIL_USE_SSL = False
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = None
        settings.DEFAULT_FROM_EMAIL = "visits@lakeside.example"
        yield server


def attached(mail: EmailMessage) -> bytes:
    (part,) = mail.iter_attachments()
    assert part.get_filename() == "visit.ics"
    assert part.get_content_type() == "text/calendar"
    assert part.get_param("method") == "PUBLISH"
    content = part.get_payload(decode=True)
    assert isinstance(content, bytes)
    return content


def event_of(content: bytes | str) -> Any:
    calendar = Calendar.from_ical(content)
    (event,) = calendar.events
    assert calendar["METHOD"] == "PUBLISH"
    return event


def test_a_confirmation_carries_the_visit_for_the_patients_calendar(
    mail_server: MailServer, house: House
) -> None:
    visit = book(house, house.rosa)
    say()
    (mail,) = mail_server.mails()
    event = event_of(attached(mail))
    assert event["UID"] == str(visit.pk)
    assert (event.start, event.end) == (VISIT, VISIT + timedelta(hours=2))
    assert (event["SUMMARY"], event["STATUS"], event["SEQUENCE"]) == ("Lakeside Clinic", "CONFIRMED", 0)
    assert event["ORGANIZER"] == "mailto:visits@lakeside.example"
    assert "ATTENDEE" not in event
    body = mail.get_body()
    assert body is not None
    assert "Your visit is booked" in body.get_content()


def test_the_file_says_nothing_of_the_illness_the_patient_or_the_link(
    mail_server: MailServer, house: House
) -> None:
    Clinic.objects.update(name="Lakeside Ketamine Clinic", address="1 Depression Road")
    book(house, house.rosa)
    say()
    content = attached(mail_server.mails()[0]).decode()
    assert token_for(Message.objects.get(stage="confirmation").link.pk) not in content
    for word in ("Ketamine", "Depression", "infusion", "Rosa", "Delgado", "1980", "mood", "http"):
        assert word.lower() not in content.lower()


def test_a_clinics_name_is_escaped_and_long_lines_are_folded(house: House) -> None:
    name = "Salud, mente; y “calma” del Lago \\ Ñuñoa"
    Clinic.objects.update(sender_name=name)
    visit = book(house, house.rosa)
    say()
    (text,) = files()
    event = event_of(text)
    assert (event["SUMMARY"], event["UID"]) == (name, str(visit.pk))
    assert event["DTSTAMP"].dt == event["LAST-MODIFIED"].dt == NOW
    assert max(len(line) for line in text.encode().split(b"\r\n")) <= 75
    assert text.endswith("END:VEVENT\r\nEND:VCALENDAR\r\n")


def test_a_retry_sends_the_same_bytes(mail_server: MailServer, house: House) -> None:
    visit = book(house, house.rosa)
    plan(now=NOW)
    mail_server.at_data = ["451 later"]
    drain(NOW)
    # Each of these would change the file if it were made again.
    Clinic.objects.update(phone="+13125550199")
    move(visit, VISIT + DAY)
    move(visit, VISIT)
    drain(NOW + MINUTE)
    first, second = mail_server.offered
    assert first == second


def test_a_moved_visit_is_the_same_entry_with_a_higher_sequence(house: House) -> None:
    visit = book(house, house.rosa)
    say()
    move(visit, VISIT + DAY)
    say(NOW + MINUTE)
    first, second = (event_of(text) for text in files())
    assert first["UID"] == second["UID"]
    assert (first["SEQUENCE"], second["SEQUENCE"]) == (0, 1)
    assert second.start == VISIT + DAY


def test_a_cancelled_visit_is_taken_out_of_the_patients_calendar(house: House) -> None:
    visit = book(house, house.rosa)
    say()
    cancel(visit)
    say(NOW + MINUTE)
    first, second = (event_of(text) for text in files())
    assert (second["UID"], second["STATUS"]) == (first["UID"], "CANCELLED")
    assert second["SEQUENCE"] > first["SEQUENCE"]


def test_only_what_changes_the_entry_carries_a_file(house: House) -> None:
    book(house, house.rosa)
    say()
    say(VISIT - timedelta(days=3))
    reminder = Message.objects.get(stage="T-3d")
    assert DeliveryAttempt.objects.get(message=reminder).calendar == ""


def test_a_text_message_carries_no_file(house: House) -> None:
    Patient.objects.update(preferred_channel=Channel.SMS)
    book(house, house.rosa)
    say()
    assert InboxItem.objects.get().calendar == ""


@pytest.mark.parametrize("day", [(2027, 3, 14), (2027, 11, 7)])
def test_on_the_days_of_the_clock_change_the_moment_is_the_visits(
    house: House, day: tuple[int, int, int]
) -> None:
    """UTC needs no rules of a zone: the moment is the same for every program."""
    from_utc = VISIT.replace(year=day[0], month=day[1], day=day[2], hour=15, minute=30)
    visit = book(house, house.rosa, from_utc)
    visit.during = stretch(from_utc)
    say()
    (text,) = files()
    assert f"DTSTART:{from_utc:%Y%m%dT%H%M%SZ}" in text


def test_the_inbox_page_offers_the_file_as_it_arrived(house: House) -> None:
    book(house, house.rosa)
    say()
    item = InboxItem.objects.get()
    page = browser_of(house.ana).get("/inbox/")
    assert f"/inbox/{item.pk}/visit.ics" in page.content.decode()
    answer = browser_of(house.ana).get(f"/inbox/{item.pk}/visit.ics")
    assert answer.content.decode() == item.calendar
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == 'attachment; filename="visit.ics"'


def test_another_clinics_staff_find_no_file(house: House, other_house: House) -> None:
    book(house, house.rosa)
    say()
    item = InboxItem.objects.get()
    assert browser_of(other_house.ana).get(f"/inbox/{item.pk}/visit.ics").status_code == 404


def test_a_message_without_a_file_has_none_to_take(house: House) -> None:
    Patient.objects.update(preferred_channel=Channel.SMS)
    book(house, house.rosa)
    say()
    assert b"visit.ics" not in browser_of(house.ana).get("/inbox/").content
    item = InboxItem.objects.get()
    assert browser_of(house.ana).get(f"/inbox/{item.pk}/visit.ics").status_code == 404


def test_the_patients_page_offers_the_file_once_the_birth_year_was_right(house: House) -> None:
    visit = book(house, house.rosa)
    with time_machine.travel(NOW, tick=False):
        say()
        token = token_for(Message.objects.get(stage="confirmation").link.pk)
        phone = browser_of()
        locked = phone.get(f"/m/{token}/visit.ics")
        assert b"BEGIN:VCALENDAR" not in locked.content
        phone.post(f"/m/{token}/birth-year", {"birth_year": "1980"})
        assert f"/m/{token}/visit.ics" in phone.get(f"/m/{token}").content.decode()
        answer = phone.get(f"/m/{token}/visit.ics")
    event = event_of(answer.content)
    assert (event["UID"], event.start) == (str(visit.pk), VISIT)
    assert answer["Cache-Control"] == "no-store"


def test_a_check_ins_link_has_no_visit_to_take(house: House) -> None:
    with time_machine.travel(NOW, tick=False):
        answer = browser_of().get("/m/guessed/visit.ics")
    assert answer.status_code == 404


def files() -> list[str]:
    """The calendar files sent so far, in order."""
    attempts = DeliveryAttempt.objects.exclude(calendar="").order_by("started_at")
    return list(attempts.values_list("calendar", flat=True))
