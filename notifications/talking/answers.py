"""What is said back to a text, by itself: one message of the known words, at once and at any hour.

An answer goes to the number that wrote, whatever consent is on record: its owner has just asked for it. Of a
number that must not be written to only `ALLOWED` leaves the house, and to one that no living patient has only
`TO_ANYBODY`. Nothing that a patient wrote is repeated.
"""

from collections.abc import Collection, Mapping
from datetime import datetime, timedelta
from types import MappingProxyType
from typing import Any, Final
from uuid import UUID

from clinic.models import Patient
from notifications import saying
from notifications.models import (
    BlockReason,
    Form,
    InboundMessage,
    LinkPurpose,
    Message,
    MessageKind,
    MessageStatus,
    TimeRequest,
)
from scheduler.models import Appointment

CONFIRMED: Final = "confirmed"
CHOOSE_TIME: Final = "choose_time"
STOPPED: Final = "stopped"
STARTED: Final = "started"
HELP: Final = "help"
TO_A_PERSON: Final = "to_a_person"
WRONG_NUMBER: Final = "wrong_number"

# What may still be said to a number that is blocked: that it is, and where help is.
ALLOWED: Final[Mapping[BlockReason, frozenset[str]]] = MappingProxyType(
    {
        BlockReason.STOP: frozenset({STOPPED, HELP}),
        BlockReason.WRONG_NUMBER: frozenset({WRONG_NUMBER, HELP}),
        # Who writes from it can be reached after all.
        BlockReason.UNREACHABLE: frozenset({HELP}),
    }
)
# Whoever it is: that an opt-out holds, and where help is. The rest is a person's to answer.
TO_ANYBODY: Final = frozenset({STOPPED, HELP})
# A confirmation of an opt-out is presumed fine within 5 minutes [V:28,32b]; other answers stay of use. [D]
STOPPED_OF_USE_FOR: Final = timedelta(minutes=5)
OF_USE_FOR: Final = timedelta(hours=1)
OVERRULED: Final = "A later text from this number said the opposite."


def answer(
    *,
    text: InboundMessage,
    patient: Patient | None,
    stage: str,
    once: str,
    blocks: Collection[BlockReason],
    now: datetime,
    visit: Appointment | None = None,
) -> Message | None:
    """Say this to the number of this text once for `once`: to its patient, of several to the first, in their
    language. None where the number's blocks don't let it out, or a stranger is told no such thing."""
    if any(stage not in ALLOWED[reason] for reason in blocks):
        return None
    if patient is None and stage not in TO_ANYBODY:
        return None
    about: dict[str, Any] = {}
    if visit is not None:
        about = {"appointment": visit, "visit_starts_at": visit.starts_at}
    return saying.say(
        key=f"answer:{stage}:{once}",
        clinic_id=text.clinic_id,
        patient_id=patient.pk if patient else None,
        in_answer_to=text,
        kind=MessageKind.ANSWER,
        stage=stage,
        due_at=now,
        stale_at=now + (STOPPED_OF_USE_FOR if stage == STOPPED else OF_USE_FOR),
        form=Form.SMS,
        urgent=True,
        **about,
    )


def take_back(*, clinic_id: UUID, number: str, stage: str) -> None:
    """What was to be said to this number and is not so any more. What is on its way can't be held. Inside the
    caller's transaction."""
    waiting = Message.objects.filter(
        clinic=clinic_id,
        kind=MessageKind.ANSWER,
        stage=stage,
        status=MessageStatus.PLANNED,
        in_answer_to__sender=number,
    )
    found = waiting.select_for_update(of=("self",), skip_locked=True, no_key=True)
    Message.objects.filter(pk__in=[message.pk for message in found]).update(
        status=MessageStatus.SKIPPED, reason=OVERRULED
    )


def offer_times(
    *,
    text: InboundMessage,
    request: TimeRequest,
    once: str,
    blocks: Collection[BlockReason],
    now: datetime,
) -> Message | None:
    """The link on which the patient chooses another time, open until the time that doesn't suit."""
    message = answer(
        text=text,
        patient=request.appointment.patient,
        stage=CHOOSE_TIME,
        once=once,
        blocks=blocks,
        visit=request.appointment,
        now=now,
    )
    if message is not None:
        saying.give_link(message, purpose=LinkPurpose.TIMES, expires_at=request.visit_starts_at)
    return message
