"""Does what a message says still stand? Asked by delivery right before sending; `planner` compares what is
wanted.

Each reason is a sentence of `reasons`. What takes a query is asked for a whole batch (`answered`).
"""

from collections import defaultdict
from collections.abc import Collection, Iterable
from datetime import date, datetime
from typing import Final
from uuid import UUID

from django.db import connection

from clinic import clock
from clinic.access import CALLED_ABOUT
from clinic.models import Membership, Role, WorkItem
from notifications.models import DiaryNudge, Message, MessageKind
from notifications.planning import reasons, rules
from notifications.planning.said import SAID_WITH, Told
from scheduler.models import AppointmentStatus, OfferStatus
from sessions_app.models import DiaryDay

# Written or asked for by a person, or owed to one: they stand as long as somebody is there to read them.
WRITTEN = (MessageKind.REPLY, MessageKind.ANSWER)
# In the key of a page about a task that was taken and forgotten: it stands until the task is closed.
FORGOTTEN: Final = "late"


def fallen_through(message: Message, answered: Collection[UUID]) -> str:
    """Why this message must not be said, or an empty string: no query, where the appointment, the patient,
    the task and the offer are loaded. `answered` is what the room's own function says of the batch."""
    if message.kind == MessageKind.PAGE:
        return _taken(message.work_item, forgotten=f":{FORGOTTEN}-" in message.key)
    if message.patient is not None and message.patient.deceased:
        return reasons.PATIENT_DECEASED
    if message.kind in WRITTEN:
        return ""
    if message.kind == MessageKind.CHECK_IN:
        before = message.stage == rules.BEFORE_NEXT
        done = reasons.ANSWERED if message.pk in answered else ""
        return (_visit_fallen_through(message) if before else "") or done
    if message.kind == MessageKind.DIARY:
        return reasons.DIARY_WRITTEN if message.pk in answered else ""
    if message.kind == MessageKind.OFFER:
        return _offer_over(message)
    status = message.visit.status
    if message.kind == MessageKind.MISSED:
        return "" if status == AppointmentStatus.NOSHOW else reasons.NOT_MISSED
    if message.kind == MessageKind.CANCELLATION:
        return "" if status == AppointmentStatus.CANCELLED else reasons.NOT_CANCELLED
    return _visit_fallen_through(message) or _changed_again(message)


def answered(messages: Iterable[Message]) -> set[UUID]:
    """Those of these messages that ask for what was given, or is wanted no more: at most three queries, none
    where nothing is asked. Reads the loaded patients and clinics."""
    asking = [message for message in messages if message.kind == MessageKind.CHECK_IN]
    diaries = [message for message in messages if message.kind == MessageKind.DIARY]
    return (_questions_answered(asking) if asking else set()) | (_days_written(diaries) if diaries else set())


def not_theirs(messages: Iterable[Message]) -> set[UUID]:
    """The pages among these to somebody who can no longer be called about the task: one query, none without
    pages. Reads the loaded tasks."""
    pages = [(message, message.work_item) for message in messages if message.kind == MessageKind.PAGE]
    if not pages:
        return set()
    held: dict[tuple[UUID | None, UUID], set[Role]] = defaultdict(set)
    called = {message.user_id for message, _ in pages}
    for user, clinic, role in Membership.objects.filter(user__in=called, user__is_active=True).values_list(
        "user", "clinic", "role"
    ):
        held[user, clinic].add(Role(role))
    return {
        message.pk
        for message, item in pages
        if item and held[message.user_id, item.clinic_id].isdisjoint(CALLED_ABOUT[Role(item.role)])
    }


def _taken(item: WorkItem | None, *, forgotten: bool) -> str:
    if item is None or item.closed_at or (item.acknowledged_at and not forgotten):
        return reasons.TASK_TAKEN
    return ""


def overtaken(message: Message, told: Told | None) -> str:
    """Why a notice says too little or too much to somebody who goes by this, or an empty string."""
    starts_from = {
        MessageKind.CONFIRMATION: None,
        MessageKind.MOVE: message.instead_of,
        MessageKind.CHANGE: message.visit_starts_at,
        MessageKind.CANCELLATION: message.visit_starts_at,
    }[MessageKind(message.kind)]
    if (told.starts_at if told else None) != starts_from:
        return reasons.TOLD_OTHERWISE
    if message.kind == MessageKind.CHANGE and not (told and told.changed):
        return reasons.TOLD_OTHERWISE
    return ""


def left_out(message: Message, told: Told | None, now: datetime) -> str:
    """Why a confirmation isn't said with its series any more, or an empty string."""
    late = reasons.TOO_LATE if now >= message.stale_at else ""
    return _visit_fallen_through(message) or late or overtaken(message, told)


def _visit_fallen_through(message: Message) -> str:
    visit = message.visit
    if visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR):
        return reasons.VISIT_CANCELLED
    if visit.status == AppointmentStatus.NOSHOW:
        return reasons.VISIT_MISSED
    if visit.starts_at != message.visit_starts_at:
        return reasons.VISIT_MOVED
    return "" if visit.status == AppointmentStatus.BOOKED else reasons.VISIT_BEGUN


def _changed_again(message: Message) -> str:
    """The change to the version and the recovery that the visit has now has a message of its own."""
    visit = message.visit
    planned = (message.protocol_id, message.extra_recovery_minutes or 0)
    other = message.protocol_id is not None and planned != (visit.protocol_id, visit.extra_recovery_minutes)
    return reasons.CHANGED_AGAIN if message.kind == MessageKind.CHANGE and other else ""


def _offer_over(message: Message) -> str:
    if message.visit.waitlist_offer.status != OfferStatus.OPEN:
        return reasons.OFFER_OVER
    return "" if message.visit.starts_at == message.visit_starts_at else reasons.VISIT_MOVED


def _questions_answered(messages: Iterable[Message]) -> set[UUID]:
    """Those whose check-ins, their own, carried and asked for again, are all finished or closed, or before a
    visit that isn't ahead any more."""
    with connection.cursor() as cursor:
        cursor.execute(
            f"""{SAID_WITH}
                SELECT said.root FROM said JOIN notifications_checkin asked ON asked.message_id = said.id
                  JOIN notifications_message own ON own.id = said.id
                  LEFT JOIN scheduler_appointment visit
                    ON visit.id = own.appointment_id AND visit.status = 'booked'
                   AND lower(visit.during) = own.visit_starts_at
                 GROUP BY said.root
                HAVING bool_and(asked.completed_at IS NOT NULL OR asked.ended_at IS NOT NULL
                                OR (asked.kind = '{rules.BEFORE_NEXT}' AND visit.id IS NULL))""",  # noqa: S608
            [[message.pk for message in messages]],
        )
        return {root for (root,) in cursor.fetchall()}


def _days_written(messages: Iterable[Message]) -> set[UUID]:
    """Those whose day of the diary is there, or whose patient wishes to be asked no more."""
    days: dict[UUID, tuple[UUID, date]] = {}
    for message in messages:
        patient = message.addressee
        zone = patient.time_zone or message.clinic.time_zone
        days[message.pk] = (patient.pk, clock.local_date(message.due_at, zone))
    patients = {patient for patient, _ in days.values()}
    wishing = set(
        DiaryNudge.objects.filter(patient__in=patients, stopped_at=None).values_list("patient", flat=True)
    )
    rows = DiaryDay.objects.filter(patient__in=patients, day__in={day for _, day in days.values()})
    written = set(rows.values_list("patient", "day"))
    return {key for key, about in days.items() if about in written or about[0] not in wishing}
