"""How staff come in: by e-mail address, with a second factor; nobody signs themselves up."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest


class AccountAdapter(DefaultAccountAdapter):
    """Closed house: accounts are made for people by their clinic."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False


class MFAAdapter(DefaultMFAAdapter):
    """Names the person by their e-mail address in the authenticator app."""

    def get_totp_label(self, user: Any) -> str:
        return str(user.email)
