"""How a call over the API says by a token who makes it. Making and ending tokens doesn't belong here.

Named in the settings and loaded while DRF itself loads, so nothing here may import DRF's views.
"""

from typing import Any

from knox.auth import TokenAuthentication as KnoxAuthentication
from rest_framework.exceptions import AuthenticationFailed


class TokenAuthentication(KnoxAuthentication):
    """knox's own, that refuses what can't be a token: knox would read it as UTF-8, and look for it in the
    database, which holds no NUL."""

    def authenticate_credentials(self, token: bytes) -> Any:
        if not (token.isascii() and token.decode().isprintable()):
            raise AuthenticationFailed("Invalid token.")
        return super().authenticate_credentials(token)
