"""A message's words and the envelope they go in: the first try's again on a retry, written now otherwise."""

from datetime import datetime
from typing import Any, Final

from django.db.models import DEFERRED

from notifications import tokens
from notifications.channels.envelope import Envelope
from notifications.delivering import calendar_files
from notifications.delivering.addressing import Address
from notifications.delivering.gathering import Facts
from notifications.models import DeliveryAttempt, Form, Message
from notifications.wording import crisis_words, gsm7, writing
from notifications.wording.texts import SERIES
from notifications.wording.writing import Fasting

STAFF_LANGUAGE: Final = "en"
# PostgreSQL's; for a default Django would make an expression for each.
NOT_ASKED: Any = DEFERRED


def attempt_at(
    message: Message, address: Address, facts: Facts, *, channel: str, now: datetime
) -> DeliveryAttempt:
    """The attempt's row, not saved yet: today's address, and the words and the file of the try before, unless
    they tell of a visit that is no longer so."""
    tries = facts.tries.get(message.pk, ())
    before = next((each for each in reversed(tries) if each.form == address.form), None)
    if before is not None and message.pk not in facts.left_out:
        subject, body, calendar = before.subject, before.body, before.calendar
    else:
        subject, body = _words(message, address.form, facts)
        calendar = _calendar(message, facts, now) if address.form == Form.EMAIL else ""
    return DeliveryAttempt(
        created_at=NOT_ASKED,
        message=message,
        number=len(tries) + 1,
        channel=channel,
        form=address.form,
        sender=_sender(message, address.form, facts),
        recipient=address.recipient,
        subject=subject,
        body=body,
        calendar=calendar,
        started_at=now,
    )


def envelope_of(attempt: DeliveryAttempt, *, link: str, written_at: datetime) -> Envelope:
    """What a channel takes for this attempt. `written_at`: when its words were, at the first try."""
    message = attempt.message
    return Envelope(
        key=str(message.pk),
        form=Form(attempt.form),
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        user_id=message.user_id,
        sender=attempt.sender,
        recipient=attempt.recipient,
        subject=attempt.subject,
        body=attempt.body,
        link=link,
        written_at=written_at,
        calendar=attempt.calendar,
    )


def written_at(attempt: DeliveryAttempt, facts: Facts) -> datetime:
    """When the words of this attempt were written."""
    same = (
        each.started_at
        for each in facts.tries.get(attempt.message_id, ())
        if (each.form, each.body) == (attempt.form, attempt.body)
    )
    return next(same, attempt.started_at)


def link_in(message: Message, facts: Facts) -> str:
    """The address that the message carries, or an empty string."""
    link = facts.links.get(message.pk)
    if link is not None:
        return tokens.address_of(link)
    return tokens.address_in(message) if message.work_item_id else ""


def _sender(message: Message, form: Form, facts: Facts) -> str:
    messaging = facts.clinics.get(message.clinic_id)
    number = str(messaging.sms_number) if messaging else ""
    return (number if form == Form.SMS else "") or message.clinic.sender_name


def _words(message: Message, form: Form, facts: Facts) -> tuple[str, str]:
    """(subject, body); a text message has no subject."""
    language = _language(message)
    tongue = writing.language_of(language)
    clinic = message.clinic
    if message.text:  # as a person wrote it
        # A letter names its sender around the words.
        paragraph = message.text.removeprefix(f"{gsm7.plain(clinic.sender_name)}: ")
        frame = tongue.frame.format(
            paragraph=paragraph, phone=facts.phones[message.clinic_id], sender=clinic.sender_name
        )
        return (clinic.sender_name, frame) if form == Form.EMAIL else ("", message.text)
    visit, starts_at = message.appointment, message.visit_starts_at
    series = [each.visit_start for each in facts.series.get(message.pk, ())]
    words = writing.words_for(
        sender=clinic.sender_name,
        phone=facts.phones[message.clinic_id],
        clinic_zone=clinic.time_zone,
        visit_starts_at=starts_at,
        visit_ends_at=visit.end_from(starts_at) if visit and starts_at else None,
        instead_of=message.instead_of,
        series=series,
        fasting=_fasting(message),
        language=language,
    )
    stage = SERIES if series else message.stage
    own = facts.own_texts.get((message.clinic_id, stage, tongue.code))
    if form == Form.SMS:
        length = len(link_in(message, facts))
        return "", writing.write_sms(stage, words, language=language, own=own, link_length=length)
    also = message.pk in facts.asking_besides
    return writing.write_email(stage, words, language=language, own=own, also=also)


def _language(message: Message) -> str:
    """The patient's; of somebody unknown, that in which they called for help."""
    if message.patient is not None and not message.user_id:
        return message.patient.language
    return crisis_words.language_of(message.in_answer_to.body) if message.in_answer_to else STAFF_LANGUAGE


def _calendar(message: Message, facts: Facts, now: datetime) -> str:
    return calendar_files.file_of(
        [message, *facts.series.get(message.pk, ())],
        phone=facts.phones[message.clinic_id],
        sequences=facts.sequences,
        now=now,
    )


def _fasting(message: Message) -> Fasting | None:
    if message.appointment is None:
        return None
    protocol = message.appointment.protocol
    return Fasting(protocol.fasting_light_meal_hours, protocol.fasting_clear_hours)
