"""Does what a message says still stand? Asked by the planner, and again by delivery right before sending.

Each reason is a sentence that the message log shows as it is.
"""

from datetime import datetime

from clinic.models import WorkItem
from notifications.models import Message, MessageKind
from scheduler.models import AppointmentStatus, OfferStatus

PATIENT_DECEASED = "The patient has died."
VISIT_CANCELLED = "The visit was cancelled."
VISIT_MISSED = "The visit was missed."
VISIT_MOVED = "The visit was moved to another time."
VISIT_BEGUN = "The visit had begun."
OFFER_OVER = "The offer was answered or has ended."
NOT_CANCELLED = "The visit takes place after all."
TOLD_OTHERWISE = "The patient was told something else meanwhile."
SHORT_NOTICE = "Quiet hours would leave less than an hour before the visit."
TASK_TAKEN = "Somebody has taken the task."
NO_RULE = "No rule asks for it any more."
TOO_LATE = "It would have come too late to be of use."

# Of these a message recovers when the visit comes back to where it was, or the patient's night ends earlier.
RECOVERABLE = frozenset(
    {VISIT_CANCELLED, VISIT_MOVED, VISIT_BEGUN, VISIT_MISSED, NOT_CANCELLED, SHORT_NOTICE, NO_RULE}
)

# They stand whatever becomes of a visit.
SAID_OF_NO_VISIT = frozenset({MessageKind.CHECK_IN, MessageKind.DIARY, MessageKind.REPLY, MessageKind.ANSWER})


def fallen_through(message: Message) -> str:
    """Why this message must not be said, or an empty string. Reads the loaded appointment and patient."""
    if message.kind == MessageKind.PAGE:
        return _taken(message.work_item)
    if message.patient.deceased:
        return PATIENT_DECEASED
    if message.kind in SAID_OF_NO_VISIT:
        return ""
    appointment = message.visit
    if message.kind == MessageKind.OFFER:
        if appointment.waitlist_offer.status != OfferStatus.OPEN:
            return OFFER_OVER
        return "" if appointment.starts_at == message.visit_starts_at else VISIT_MOVED
    if message.kind == MessageKind.CANCELLATION:
        return "" if appointment.status == AppointmentStatus.CANCELLED else NOT_CANCELLED
    if appointment.status in (AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR):
        return VISIT_CANCELLED
    if appointment.status == AppointmentStatus.NOSHOW:
        return VISIT_MISSED
    if appointment.starts_at != message.visit_starts_at:
        return VISIT_MOVED
    return "" if appointment.status == AppointmentStatus.BOOKED else VISIT_BEGUN


def _taken(item: WorkItem | None) -> str:
    return TASK_TAKEN if item is None or item.closed_at or item.acknowledged_at else ""


def overtaken(message: Message, told: datetime | None) -> str:
    """Why a notice says too little or too much to somebody who goes by this start, or an empty string."""
    starts_from = {
        MessageKind.CONFIRMATION: None,
        MessageKind.MOVE: message.instead_of,
        MessageKind.CANCELLATION: message.visit_starts_at,
    }[MessageKind(message.kind)]
    return "" if told == starts_from else TOLD_OTHERWISE
