"""What has changed and no message can tell: somebody at the desk calls instead.

A reminder that reaches nobody is lost and no more. A visit that was moved or cancelled is another matter: the
patient would come at the old time, or not come at the new one. Whether a message can be delivered is
`delivery`'s, which asks here for the task.
"""

from typing import Final

from django.db.models import Q

from clinic import work
from clinic.models import Role, Urgency
from notifications.models import Message, MessageKind
from notifications.planning import reasons, said

MOVED: Final = "Call: this patient's visit has moved, and no message could tell them"
CHANGED: Final = (
    "Call: this patient's visit takes another time or preparation than before, and no message could tell them"
)
CANCELLED: Final = "Call: this patient's visit is cancelled, and no message could tell them"
TITLES: Final = {MessageKind.CHANGE: CHANGED, MessageKind.CANCELLATION: CANCELLED}


def cause_of(message: Message) -> str:
    """Names the one task that there may be about the message's last try, or about the next where a person has
    found that the last did not arrive: what they found of one says nothing of another, which may be lost or
    refused again, or can't be made. The first goes by the message alone."""
    last = message.attempts.order_by("number").values_list("number", "error").last()
    number, error = last or (1, "")
    number += error == said.NOT_ARRIVED
    return f"{said.CAUSE}:{message.pk}" + (f":{number}" if number > 1 else "")


def call_instead(message: Message) -> None:
    """A task for the desk where this message, which will not arrive, was to tell of a change.

    One for a notice, however often it is noticed, and due before the notice would have lost its use.
    """
    if not _tells_of_a_change(message):
        return
    work.open_item(
        clinic_id=message.clinic_id,
        patient_id=message.patient_id,
        cause=cause_of(message),
        title=TITLES.get(MessageKind(message.kind), MOVED),
        urgency=Urgency.AMBER,
        role=Role.FRONT_DESK,
        due_at=message.stale_at,
    )


def _tells_of_a_change(message: Message) -> bool:
    if message.kind in (MessageKind.MOVE, MessageKind.CHANGE, MessageKind.CANCELLATION):
        return True
    if message.kind != MessageKind.CONFIRMATION:
        return False
    # Of whom nothing has reached yet, a visit that moved is still to be told as a new one; and so is one that
    # takes place after all.
    earlier = Message.objects.filter(appointment=message.appointment_id, kind__in=said.NOTICES)
    moved = ~Q(visit_starts_at=message.visit_starts_at)
    called_off = Q(kind=MessageKind.CANCELLATION) & ~Q(reason__in=reasons.CAN_PASS)
    return earlier.filter(moved | called_off).exists()
