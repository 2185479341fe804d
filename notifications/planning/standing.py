"""Does what a message says still stand? Asked by delivery right before sending; `planner` compares what is
wanted.

Each reason is a sentence of `reasons`.
"""

from datetime import datetime

from clinic import clock
from clinic.models import WorkItem
from notifications.models import CheckIn, DiaryNudge, Message, MessageKind
from notifications.planning import reasons, rules
from scheduler.models import AppointmentStatus, OfferStatus
from sessions_app.models import DiaryDay

# Written or asked for by a person, or owed to one: they stand as long as somebody is there to read them.
WRITTEN = (MessageKind.REPLY, MessageKind.ANSWER)


def fallen_through(message: Message) -> str:
    """Why this message must not be said, or an empty string. Reads the loaded appointment and patient; of
    questions and the diary also whether they were answered: one query."""
    if message.kind == MessageKind.PAGE:
        return _taken(message.work_item)
    if message.patient.deceased:
        return reasons.PATIENT_DECEASED
    if message.kind in WRITTEN:
        return ""
    if message.kind == MessageKind.CHECK_IN:
        before = message.stage == rules.BEFORE_NEXT
        return (_visit_fallen_through(message) if before else "") or _answered(message)
    if message.kind == MessageKind.DIARY:
        return _diary_written(message)
    if message.kind == MessageKind.OFFER:
        return _offer_over(message)
    status = message.visit.status
    if message.kind == MessageKind.MISSED:
        return "" if status == AppointmentStatus.NOSHOW else reasons.NOT_MISSED
    if message.kind == MessageKind.CANCELLATION:
        return "" if status == AppointmentStatus.CANCELLED else reasons.NOT_CANCELLED
    return _visit_fallen_through(message)


def _taken(item: WorkItem | None) -> str:
    return reasons.TASK_TAKEN if item is None or item.closed_at or item.acknowledged_at else ""


def overtaken(message: Message, told: datetime | None) -> str:
    """Why a notice says too little or too much to somebody who goes by this start, or an empty string."""
    starts_from = {
        MessageKind.CONFIRMATION: None,
        MessageKind.MOVE: message.instead_of,
        MessageKind.CANCELLATION: message.visit_starts_at,
    }[MessageKind(message.kind)]
    return "" if told == starts_from else reasons.TOLD_OTHERWISE


def _visit_fallen_through(message: Message) -> str:
    visit = message.visit
    if visit.status in (AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR):
        return reasons.VISIT_CANCELLED
    if visit.status == AppointmentStatus.NOSHOW:
        return reasons.VISIT_MISSED
    if visit.starts_at != message.visit_starts_at:
        return reasons.VISIT_MOVED
    return "" if visit.status == AppointmentStatus.BOOKED else reasons.VISIT_BEGUN


def _offer_over(message: Message) -> str:
    if message.visit.waitlist_offer.status != OfferStatus.OPEN:
        return reasons.OFFER_OVER
    return "" if message.visit.starts_at == message.visit_starts_at else reasons.VISIT_MOVED


def _answered(message: Message) -> str:
    """Whether none of the check-ins that it asks for, or asks for again, is open any more."""
    asked = CheckIn.objects.filter(message__in=[message.pk, message.again_of_id])
    open_ones = [
        completed_at is None and ended_at is None
        for completed_at, ended_at in asked.values_list("completed_at", "ended_at")
    ]
    return reasons.ANSWERED if open_ones and not any(open_ones) else ""


def _diary_written(message: Message) -> str:
    day = clock.local_date(message.due_at, message.patient.zone)
    wished = DiaryNudge.objects.filter(patient=message.patient_id, stopped_at=None)
    written = DiaryDay.objects.filter(patient=message.patient_id, day=day)
    return "" if wished.exists() and not written.exists() else reasons.DIARY_WRITTEN
