"""The secret in a patient's link: derived from the link's id when it is needed, stored only as a hash.

Whoever reads the database can't open a link; a message sent again carries the same address.
"""

import base64
import hashlib
from uuid import UUID

from django.conf import settings
from django.urls import reverse
from django.utils.crypto import salted_hmac

from notifications.models import PatientLink

TOKEN_BYTES = 16  # 128 bits: 22 characters, short enough for a text message


def token_for(link_id: UUID, *, secret: str | None = None) -> str:
    """The link's token, from a secret key (the current one unless given) and the link's id."""
    digest = salted_hmac("notifications.patient_link", str(link_id), secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:TOKEN_BYTES]).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What is stored and looked up: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def address_of(link: PatientLink) -> str:
    """The whole address as the patient taps it.

    A link keeps the token it was made with: after a change of SECRET_KEY, SECRET_KEY_FALLBACKS finds it.
    """
    tokens = [token_for(link.pk, secret=key) for key in (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)]
    made_with = next((token for token in tokens if hash_of(token) == link.token_sha256), tokens[0])
    return settings.PUBLIC_URL + reverse("patient_link", args=[made_with])
