"""One message row, written now: what isn't the planner's, such as a page to staff or the answer to a text.

The row's id is made from its key, here and for the planner: whoever writes it a second time changes nothing.
"""

from datetime import datetime
from typing import Any, Final
from uuid import UUID, uuid5

from notifications import tokens
from notifications.models import LinkPurpose, Message, PatientLink

NAMESPACE: Final = UUID("b5f5a3a2-4f0c-5d0e-9a3b-6f0f7a1c2d11")


def id_of(key: str) -> UUID:
    """The id of the message with this key."""
    return uuid5(NAMESPACE, key)


def link_id_of(key: str) -> UUID:
    return uuid5(NAMESPACE, f"link:{key}")


def say(
    *,
    key: str,
    clinic_id: UUID,
    patient_id: UUID | None,
    kind: str,
    stage: str,
    due_at: datetime,
    stale_at: datetime,
    **fields: Any,
) -> Message:
    """The message with this key, made now unless it is there; `fields` are further columns of `Message`."""
    message, _ = Message.objects.get_or_create(
        key=key,
        defaults={
            "id": id_of(key),
            "clinic_id": clinic_id,
            "patient_id": patient_id,
            "kind": kind,
            "stage": stage,
            "due_at": due_at,
            "stale_at": stale_at,
            **fields,
        },
    )
    return message


def give_link(message: Message, *, purpose: LinkPurpose, expires_at: datetime) -> PatientLink:
    """The message's link, made now unless it has one."""
    link_id = link_id_of(message.key)
    link, _ = PatientLink.objects.get_or_create(
        message=message,
        defaults={
            "id": link_id,
            "patient_id": message.addressee.pk,
            "purpose": purpose,
            "token_sha256": tokens.hash_of(tokens.token_for(link_id)),
            "expires_at": expires_at,
        },
    )
    return link
