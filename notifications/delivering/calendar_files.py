"""Which messages and links give the patient a calendar file. `scheduler.calendars` says what stands in it."""

from collections.abc import Iterable
from datetime import datetime
from typing import Final
from uuid import UUID

from django.conf import settings

from clinic.problems import Missing
from notifications.models import LinkPurpose, Message, MessageKind, PatientLink
from notifications.planning import said
from notifications.tokens import NO_LINK
from scheduler.calendars import ical
from scheduler.models import AppointmentStatus

# A reminder changes nothing about the entry that a patient has; booked, moved and cancelled do.
WITH_FILE: Final = frozenset(said.NOTICES)


def sequences_of(messages: Iterable[Message]) -> dict[UUID, int]:
    """How often the visits of those of these messages that carry a file have changed: at most one query."""
    visits = [message.visit.pk for message in messages if message.kind in WITH_FILE]
    if not visits:
        return {}
    return {visit: revision.sequence for visit, revision in ical.revisions_of(visits).items()}


def file_of(message: Message, *, phone: str, sequence: int, now: datetime) -> str:
    """The file for this message, or an empty string for one that carries none.

    `phone`: the clinic's, as people read it. `sequence`: how often its visit has changed.
    """
    if message.kind not in WITH_FILE:
        return ""
    return _file(
        message,
        phone=phone,
        starts_at=message.visit_start,
        cancelled=message.kind == MessageKind.CANCELLATION,
        sequence=sequence,
        now=now,
    )


def file_behind(link: PatientLink, *, now: datetime) -> str:
    """The file that a patient takes from the visit's own page: how the visit stands now.

    Raises `Missing` for a link of another purpose.
    """
    if link.purpose != LinkPurpose.VISIT:
        raise Missing(NO_LINK)
    visit = link.message.visit
    return _file(
        link.message,
        phone=link.message.clinic.phone.as_national,
        starts_at=visit.starts_at,
        cancelled=visit.status == AppointmentStatus.CANCELLED,
        sequence=ical.revisions_of([visit.pk])[visit.pk].sequence,
        now=now,
    )


def _file(
    message: Message, *, phone: str, starts_at: datetime, cancelled: bool, sequence: int, now: datetime
) -> str:
    return ical.patient_file(
        appointment=message.visit,
        starts_at=starts_at,
        sender=message.clinic.sender_name,
        organizer=settings.DEFAULT_FROM_EMAIL,
        phone=phone,
        cancelled=cancelled,
        sequence=sequence,
        written_at=now,
    )
