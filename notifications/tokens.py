"""The secret in a patient's link (`clinic.secret_links`): a message sent again carries the same address."""

from functools import cache
from typing import Final
from uuid import UUID

from django.conf import settings
from django.urls import reverse

from clinic import secret_links
from clinic.secret_links import SHORT_BYTES, hash_of
from notifications.models import Message, PatientLink

__all__ = ["NO_LINK", "address_in", "address_of", "hash_of", "token_for"]

# Said alike of a guessed, an expired and a used-up link.
NO_LINK: Final = "This link doesn't work any more. Please call the clinic."
PURPOSE: Final = "notifications.patient_link"
# Stands in a path where a token goes.
PLACE: Final = "TOKEN"


def token_for(link_id: UUID, *, secret: str | None = None) -> str:
    """The link's token, from a secret key (the current one unless given) and the link's id."""
    return secret_links.token_for(PURPOSE, link_id, secret=secret, size=SHORT_BYTES)


def address_in(message: Message) -> str:
    """The address that a message carries: the patient's link, of a page the task's page, or nothing."""
    if message.work_item_id:
        return settings.PUBLIC_URL + reverse("task", args=[message.work_item_id])
    link = PatientLink.objects.filter(message=message).first()
    return address_of(link) if link else ""


def address_of(link: PatientLink) -> str:
    """The whole address as the patient taps it."""
    token = secret_links.token_made(PURPOSE, link.pk, link.token_sha256, size=SHORT_BYTES)
    return settings.PUBLIC_URL + _path().replace(PLACE, token)


@cache
def _path() -> str:
    """The way to any link, asked for once: a batch of messages has hundreds."""
    return reverse("patient_link", args=[PLACE])
