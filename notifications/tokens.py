"""The secret in a patient's link: derived from the link's id when it is needed, stored only as a hash.

Whoever reads the database can't open a link; a message sent again carries the same address.
"""

import base64
import hashlib
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

TOKEN_BYTES = 16  # 128 bits: 22 characters, short enough for a text message


def token_for(link_id: UUID) -> str:
    """The link's token, from the secret key and the link's id."""
    digest = salted_hmac("notifications.patient_link", str(link_id), algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What is stored and looked up: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(link_id: UUID) -> str:
    """The whole address as the patient taps it."""
    return settings.PUBLIC_URL + reverse("patient_link", args=[token_for(link_id)])
