"""What stands in a message when it leaves: the clinic's own words, what a person wrote, how to prepare."""

from datetime import timedelta
from typing import Any

import pytest

from clinic.models import Channel, Patient
from notifications import saying
from notifications.delivering import delivery
from notifications.models import ClinicMessaging, InboxItem, Message, MessageText
from notifications.planning.planner import plan
from scheduler.models import Appointment, Protocol
from tests.cast import NOW, House
from tests.notifications.visits import VISIT, book

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


@pytest.fixture
def visit(house: House) -> Appointment:
    return book(house, house.rosa)


def delivered() -> InboxItem:
    plan(now=NOW)
    delivery.drain(clock=lambda: NOW)
    return InboxItem.objects.get()


def own(house: House, **words: Any) -> MessageText:
    text = {"stage": "confirmation", "language": "en", "subject": "See you {day}", "sms": "Come {day} {link}"}
    return MessageText.objects.create(
        clinic=house.clinic, written_by=house.max, email="Come on {day}: {link}", **{**text, **words}
    )


def test_the_clinics_newest_own_words_are_used(house: House, visit: Appointment) -> None:
    own(house, subject="Older")
    own(house)
    item = delivered()
    assert item.subject == "See you Thu 21 Jan"
    assert "Come on Thu 21 Jan: {link}" in item.body


def test_own_words_are_of_one_language_stage_and_clinic(
    house: House, other_house: House, visit: Appointment
) -> None:
    own(house, language="es")
    own(house, stage="move")
    own(other_house)
    assert delivered().subject == "Your visit on Thu 21 Jan"


def test_own_words_of_a_language_serve_its_regions(house: House, visit: Appointment) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(language="es-MX")
    own(house, language="es", subject="Nos vemos")
    assert delivered().subject == "Nos vemos"


def test_own_words_are_texted_as_well(house: House, visit: Appointment) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    own(house)
    assert delivered().body == "Come Thu 21 Jan {link}"


@pytest.mark.parametrize(
    ("channel", "subject", "body"),
    [
        (Channel.SMS, "", "We found your {scarf}."),
        (Channel.EMAIL, "Lakeside Clinic", "Hello,\n\nWe found your {scarf}.\n\nQuestions?"),
    ],
)
def test_what_a_person_wrote_is_sent_as_it_is(house: House, channel: str, subject: str, body: str) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=channel)
    saying.say(
        key="a reply",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        kind="reply",
        stage="reply",
        due_at=NOW,
        stale_at=NOW + DAY,
        text="We found your {scarf}.",
        written_by=house.ana,
    )
    item = delivered()
    assert item.subject == subject
    assert item.body.startswith(body)


def test_the_visits_protocol_says_how_to_prepare(house: House) -> None:
    visit = book(house, house.rosa)
    Protocol.objects.filter(pk=visit.protocol_id).update(fasting_light_meal_hours=6, fasting_clear_hours=2)
    saying.say(
        key="how to prepare",
        clinic_id=house.clinic.pk,
        patient_id=house.rosa.pk,
        appointment=visit,
        visit_starts_at=VISIT,
        kind="reminder",
        stage="prepare",
        due_at=NOW,
        stale_at=NOW + DAY,
    )
    delivery.drain(clock=lambda: NOW)
    body = InboxItem.objects.get().body
    assert "Eat nothing from 3:30 AM on Thu 21 Jan." in body
    assert "Drink only clear liquids until 7:30 AM, then nothing." in body


def test_a_message_that_carries_questions_says_so(house: House, visit: Appointment) -> None:
    plan(now=NOW)
    carrier = Message.objects.get()
    also = "Behind the same link are a few short questions for you."
    Message.objects.create(
        clinic=house.clinic,
        patient=house.rosa,
        kind="check_in",
        stage="day_7",
        key="a check-in",
        due_at=NOW,
        stale_at=NOW + DAY,
        status="skipped",
        reason="Said together with another message of the day.",
        carried_by=carrier,
    )
    delivery.drain(clock=lambda: NOW)
    assert also in InboxItem.objects.get().body


def test_a_message_that_carries_a_visit_alone_says_nothing_of_questions(
    house: House, visit: Appointment
) -> None:
    assert "questions for you" not in delivered().body


def test_a_text_names_the_clinics_number_on_its_try(house: House, visit: Appointment) -> None:
    Patient.objects.filter(pk=house.rosa.pk).update(preferred_channel=Channel.SMS)
    ClinicMessaging.objects.create(clinic=house.clinic, sms_number="+13125550111")
    delivered()
    assert Message.objects.get().attempts.get().sender == "+13125550111"
