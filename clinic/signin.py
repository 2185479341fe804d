"""How staff come in: by e-mail address, with a second factor; nobody signs themselves up."""

import base64
import hashlib
from functools import cached_property
from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.http import HttpRequest
from django.utils.encoding import force_bytes


class AccountAdapter(DefaultAccountAdapter):
    """Closed house: accounts are made for people by their clinic."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Names the person by their e-mail address in the authenticator app; keeps secrets encrypted.

    The key comes from SECRET_KEY, which is not in the database: a copy of the database alone gives
    nobody a second factor. After a change of SECRET_KEY, SECRET_KEY_FALLBACKS opens the older ones.
    """

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)

    def encrypt(self, text: str) -> str:
        return self._cipher.encrypt(text.encode()).decode()

    def decrypt(self, encrypted_text: str) -> str:
        return self._cipher.decrypt(encrypted_text.encode()).decode()

    @cached_property
    def _cipher(self) -> MultiFernet:
        secrets = [settings.SECRET_KEY, *settings.SECRET_KEY_FALLBACKS]
        return MultiFernet([Fernet(_key(secret)) for secret in secrets])


def _key(secret: str | bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"chairside second factor" + force_bytes(secret)).digest())
