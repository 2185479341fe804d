"""How staff come in: by e-mail address, with a second factor; nobody signs themselves up. What happens is
written down by `clinic.staff.sign_ins`.

Here too: showing once more that it is you, where a signature or a change of roles asks for it
(`reauthenticate`).
"""

import base64
import hashlib
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final
from uuid import UUID

from allauth.account.adapter import DefaultAccountAdapter
from allauth.account.authentication import get_authentication_records
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from allauth.mfa.base.forms import AuthenticateForm, BaseAuthenticateForm, ReauthenticateForm
from allauth.mfa.models import Authenticator
from allauth.usersessions.adapter import DefaultUserSessionsAdapter
from cryptography.fernet import Fernet, MultiFernet
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.http import HttpRequest, HttpResponse
from django.utils.encoding import force_bytes

from clinic.access import Actor
from clinic.models import SignInKind, User
from clinic.problems import Invalid, Problem
from clinic.staff import sign_ins

# As for a sign-in that fails (settings.ACCOUNT_RATE_LIMITS): five within five minutes.
WRONG_AT_MOST: Final = 5
WITHIN_SECONDS: Final = 300


class AccountAdapter(DefaultAccountAdapter):
    """Closed house: accounts are made for people by their clinic."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_authenticate(self, request: HttpRequest, **credentials: Any) -> None:
        try:
            super().pre_authenticate(request, **credentials)
        except ValidationError:  # too many wrong ones
            if user_id := sign_ins.known_by(credentials.get("email", "")):
                sign_ins.record_stopped(request, user_id)
            raise

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        super().authentication_failed(request, **credentials)
        if user_id := sign_ins.known_by(credentials.get("email", "")):
            sign_ins.record(request, user_id, SignInKind.WRONG_PASSWORD)

    def pre_login(self, request: HttpRequest, user: Any, **options: Any) -> HttpResponse | None:
        if not user.is_active:
            sign_ins.record(request, user.pk, SignInKind.SHUT_OUT)
        return super().pre_login(request, user, **options)

    def login(self, request: HttpRequest, user: Any) -> None:
        super().login(request, user)
        shown = [each["type"] for each in get_authentication_records(request, user) if "type" in each]
        sign_ins.record(request, user.pk, SignInKind.SIGNED_IN, second_factor=shown[-1] if shown else "")

    def logout(self, request: HttpRequest) -> None:
        user_id: Any = request.user.pk
        super().logout(request)
        sign_ins.record(request, user_id, SignInKind.SIGNED_OUT)


class SessionsAdapter(DefaultUserSessionsAdapter):
    """Whoever signs their other browsers out: what they ended is written down first."""

    def end_sessions(self, sessions: Any) -> None:
        ended = list(sessions)
        sign_ins.record_ended(ended, by=context.request.user.pk)
        super().end_sessions(ended)


class _CodeWrittenDown(BaseAuthenticateForm):
    def clean_code(self) -> str:
        try:
            return str(super().clean_code())
        except ValidationError as error:
            if error.code == "too_many_login_attempts":
                sign_ins.record_stopped(context.request, self.user.pk)
            else:
                sign_ins.record(context.request, self.user.pk, SignInKind.WRONG_CODE)
            raise


class CodeForm(_CodeWrittenDown, AuthenticateForm):
    """The code of a sign-in."""


class CodeAgainForm(_CodeWrittenDown, ReauthenticateForm):
    """The code of somebody who shows once more that it is them."""


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


class TooManyAttempts(Problem):
    """Somebody tries one password or code after the other."""

    status = 429
    code = "throttled"
    title = "Too many wrong attempts"


@dataclass
class Proof:
    """What somebody sends to show that it is still them. It shows itself nowhere: not in logs, not in errors.

    `shown_by` is whose proof it was found to be: a transaction that PostgreSQL had to begin again doesn't
    ask for a second code, which works only once.
    """

    password: str = field(repr=False)
    code: str = field(default="", repr=False)
    shown_by: UUID | None = field(default=None, init=False, repr=False)


def reauthenticate(*, actor: Actor, proof: Proof, why: str = "it makes this your signature") -> None:
    """Make sure that it is this person: the password, and the code where they have a second factor.

    The code is the app's or one of the recovery codes. Raises `Invalid` at `password` or `code`, and
    `TooManyAttempts` to who was wrong too often, right or wrong now.
    """
    if proof.shown_by == actor.user_id:
        return
    if not proof.password:
        raise Invalid({"password": f"Enter your password again: {why}."})
    attempts = f"reauthentication:{actor.user_id}"
    cache.add(attempts, 0, timeout=WITHIN_SECONDS)
    # Counted before it is looked at: a hundred guesses at once are no way round.
    if _one_more(attempts) > WRONG_AT_MOST:
        raise TooManyAttempts("Too many wrong attempts. Wait five minutes, then try again.")
    wrong = _wrong(User.objects.get(pk=actor.user_id), proof)
    if wrong:
        raise Invalid(wrong)
    cache.delete(attempts)
    proof.shown_by = actor.user_id


def has_second_factor(actor: Actor) -> bool:
    """Whether `reauthenticate` asks this person for a code too."""
    return Authenticator.objects.filter(user_id=actor.user_id, type=Authenticator.Type.TOTP).exists()


def _wrong(user: User, proof: Proof) -> dict[str, str]:
    if not user.check_password(proof.password):
        return {"password": "This is not your password."}
    factors = list(Authenticator.objects.filter(user=user, type__in=("totp", "recovery_codes")))
    if not any(factor.type == Authenticator.Type.TOTP for factor in factors):
        return {}
    if not proof.code:
        return {"code": "Enter the code of your authenticator app."}
    if not any(factor.wrap().validate_code(proof.code) for factor in factors):
        return {"code": "This code is not right, or was used before. Wait for the next one."}
    return {}


def _one_more(attempts: str) -> int:
    try:
        return int(cache.incr(attempts))
    except ValueError:  # the five minutes ended just now
        return 1


def _key(secret: str | bytes) -> bytes:
    return base64.urlsafe_b64encode(hashlib.sha256(b"chairside second factor" + force_bytes(secret)).digest())
