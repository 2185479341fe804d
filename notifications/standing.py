"""Does what a message says still stand? Asked by the planner, and again by delivery right before sending.

Each reason is a sentence that the message log shows as it is.
"""

from notifications.models import Message, MessageKind
from scheduler.models import AppointmentStatus, OfferStatus

PATIENT_DECEASED = "The patient has died."
VISIT_CANCELLED = "The visit was cancelled."
VISIT_MISSED = "The visit was missed."
VISIT_MOVED = "The visit was moved to another time."
VISIT_BEGUN = "The visit had begun."
OFFER_OVER = "The offer was answered or has ended."
NOT_CANCELLED = "The visit takes place after all."
NO_RULE = "No rule asks for it any more."
TOO_LATE = "It would have come too late to be of use."

# Of these a message recovers when the visit comes back to where it was.
RECOVERABLE = frozenset({VISIT_CANCELLED, VISIT_MOVED, VISIT_BEGUN, VISIT_MISSED, NOT_CANCELLED, NO_RULE})


def fallen_through(message: Message) -> str:
    """Why this message must not be said, or an empty string. Reads the loaded appointment and patient."""
    appointment = message.appointment
    if message.patient.deceased:
        return PATIENT_DECEASED
    if message.kind == MessageKind.CHECK_IN:
        return ""
    if message.kind == MessageKind.OFFER:
        return "" if appointment.waitlist_offer.status == OfferStatus.OPEN else OFFER_OVER
    if message.kind == MessageKind.CANCELLATION:
        if appointment.status != AppointmentStatus.CANCELLED:
            return NOT_CANCELLED
        return "" if appointment.starts_at == message.visit_starts_at else VISIT_MOVED
    if appointment.status in (AppointmentStatus.CANCELLED, AppointmentStatus.ENTERED_IN_ERROR):
        return VISIT_CANCELLED
    if appointment.status == AppointmentStatus.NOSHOW:
        return VISIT_MISSED
    if appointment.starts_at != message.visit_starts_at:
        return VISIT_MOVED
    return "" if appointment.status == AppointmentStatus.BOOKED else VISIT_BEGUN
