"""What a call sends along to show that it is still its caller: `clinic.signin.reauthenticate` looks at it.

Also with a token, which anybody may have found. Neither is kept, nor part of what makes a call the same call.
"""

from typing import Final

from rest_framework import serializers

from clinic.viewsets import StrictSerializer

SECRET: Final = ("password", "code")


class PasswordAgainSerializer(StrictSerializer):
    password = serializers.CharField(
        max_length=256, write_only=True, trim_whitespace=False, help_text="Yours, again."
    )
    code = serializers.CharField(
        max_length=32,
        required=False,
        default="",
        allow_blank=True,
        write_only=True,
        help_text="Of your authenticator app, or a recovery code; needed if you have a second factor.",
    )
