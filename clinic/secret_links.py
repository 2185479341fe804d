"""The secret in an address that opens without signing in: derived from a row's id when it is needed, and
stored only as a hash.

Whoever reads the database can't open such an address, and it need not be stored to be said again. What an
address opens, and for how long, is the business of the floor that gives it out.
"""

import base64
import hashlib
from typing import Final
from uuid import UUID

from django.conf import settings
from django.utils.crypto import salted_hmac

SHORT_BYTES: Final = 16  # 128 bits: 22 characters, short enough for a text message
LONG_BYTES: Final = 32


def token_for(purpose: str, row_id: UUID, *, secret: str | None = None, size: int = LONG_BYTES) -> str:
    """The row's token for this purpose, from a secret key (the current one unless given) and its id."""
    digest = salted_hmac(purpose, str(row_id), secret, algorithm="sha256").digest()
    return base64.urlsafe_b64encode(digest[:size]).rstrip(b"=").decode()


def hash_of(token: str) -> str:
    """What is stored and looked up: SHA-256 in hex."""
    return hashlib.sha256(token.encode()).hexdigest()


def token_made(purpose: str, row_id: UUID, token_sha256: str, *, size: int = LONG_BYTES) -> str:
    """The token with this hash. A row keeps the token it was made with: after a change of SECRET_KEY,
    SECRET_KEY_FALLBACKS finds it."""
    keys = (settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS)
    tokens = [token_for(purpose, row_id, secret=key, size=size) for key in keys]
    return next((token for token in tokens if hash_of(token) == token_sha256), tokens[0])
