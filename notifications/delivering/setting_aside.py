"""One message that can't be decided about or written out: it is set aside alone, and a person looks into it.

The others that are due with it go. What is wrong with it is a defect of ours or a row that nobody should have
been able to write; so the log says which message and which error, and nothing of what either says.
"""

import logging
from traceback import extract_tb
from typing import Final

from django.db import DatabaseError

from clinic import work
from clinic.models import Role, Urgency
from notifications.delivering import undelivered
from notifications.models import Message, MessageStatus

CANNOT_BE_SENT: Final = "It could not be written out: the log of the server says where."
FIND_OUT: Final = "A message could not be sent: open it, and call the patient if it matters"
log = logging.getLogger(__name__)


def set_aside(message: Message, error: Exception) -> None:
    """Refuse this message in memory, with a task for the desk. Raises the error where it is the database's:
    it says nothing about one message, and nothing can be written after it in this transaction."""
    if isinstance(error, DatabaseError):
        raise error
    last = extract_tb(error.__traceback__)[-1]
    log.error(
        "message set aside: id=%s error=%s at=%s:%s",
        message.pk,
        type(error).__name__,
        last.name,
        last.lineno,
    )
    message.status, message.reason = MessageStatus.FAILED, CANNOT_BE_SENT
    work.open_item(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=undelivered.cause_of(message),
        title=FIND_OUT,
        urgency=Urgency.AMBER,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,
    )
