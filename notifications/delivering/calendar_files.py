"""Which messages and links give the patient a calendar file. `scheduler.calendars` says what stands in it."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from clinic.problems import Missing
from notifications.models import LinkPurpose, Message, MessageKind, PatientLink
from notifications.planning import said
from notifications.tokens import NO_LINK
from scheduler.calendars import ical
from scheduler.calendars.ical import Entry
from scheduler.models import Appointment, AppointmentStatus

# A reminder changes nothing about the entry that a patient has; booked, moved and cancelled do.
WITH_FILE: Final = frozenset(said.NOTICES)


def sequences_of(messages: Iterable[Message]) -> dict[UUID, int]:
    """How often the visits of those of these messages that carry a file have changed: at most one query."""
    visits = [message.visit.pk for message in messages if message.kind in WITH_FILE]
    if not visits:
        return {}
    return {visit: revision.sequence for visit, revision in ical.revisions_of(visits).items()}


def file_of(messages: Sequence[Message], *, phone: str, sequences: Mapping[UUID, int], now: datetime) -> str:
    """The file for a message, the first of these, and for those of its series that it tells as well; an empty
    string for one that carries none.

    `phone`: the clinic's, as people read it. `sequences`: how often their visits have changed.
    """
    message = messages[0]
    if message.kind not in WITH_FILE:
        return ""
    entries = [
        Entry(
            each.visit,
            each.visit_start,
            sequences.get(each.visit.pk, 0),
            cancelled=each.kind == MessageKind.CANCELLATION,
        )
        for each in messages
    ]
    return _file(message, entries, phone=phone, now=now)


def file_behind(link: PatientLink, visits: Sequence[Appointment], *, now: datetime) -> str:
    """The file that a patient takes from the page of the visits that its message told: how they stand now.

    Raises `Missing` for a link of another purpose.
    """
    if link.purpose != LinkPurpose.VISIT:
        raise Missing(NO_LINK)
    revisions = ical.revisions_of([visit.pk for visit in visits])
    entries = [
        Entry(
            visit,
            visit.starts_at,
            revisions[visit.pk].sequence,
            cancelled=visit.status == AppointmentStatus.CANCELLED,
        )
        for visit in visits
    ]
    return _file(link.message, entries, phone=link.message.clinic.phone.as_national, now=now)


def _file(message: Message, entries: Sequence[Entry], *, phone: str, now: datetime) -> str:
    return ical.patient_file(
        entries,
        sender=message.clinic.sender_name,
        organizer=settings.DEFAULT_FROM_EMAIL,
        phone=phone,
        written_at=now,
    )
