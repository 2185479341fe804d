"""What happens at the staff's sign-ins, written down as it happens: who came in, with which second factor,
who was refused, who went, and who ended whose session. A table keeps it, no log.

What opens is decided by allauth and `clinic.signin`, which call this; it is read in `clinic.staff.activity`.
"""

from collections.abc import Iterable
from datetime import timedelta
from ipaddress import ip_address
from typing import Any, Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db.models.functions import Now
from django.http import HttpRequest

from clinic import clock
from clinic.callers import address_of
from clinic.models import SecondFactor, SignInKind, SignInLog, User

BROWSER_LENGTH: Final = 200
# Who is stopped is told so at every attempt; it is written down once in the five minutes that they wait.
STOPPED_AGAIN: Final = timedelta(minutes=5)


def record(request: HttpRequest, user_id: UUID, what: SignInKind, *, second_factor: str = "") -> None:
    """Write down what this request did at somebody's sign-in."""
    SignInLog.objects.create(
        user_id=user_id,
        what=what,
        second_factor=second_factor if second_factor in SecondFactor.values else "",
        address=_address(address_of(request)),
        browser=_line(request.headers.get("User-Agent", "")),
    )


def record_stopped(request: HttpRequest, user_id: UUID) -> None:
    """The same for whoever was wrong too often: once while they wait, however often they try."""
    lately = SignInLog.objects.filter(user_id=user_id, what=SignInKind.STOPPED, at__gt=Now() - STOPPED_AGAIN)
    if not lately.exists():
        record(request, user_id, SignInKind.STOPPED)


def known_by(email: str) -> UUID | None:
    """Whose address this is. What is typed for nobody's is kept nowhere: it may be a password."""
    return User.objects.filter(email=email.strip().lower()).values_list("pk", flat=True).first()


def record_ended(sessions: Iterable[UserSession], *, by: UUID) -> None:
    """Write down that somebody ends these sessions; those that have run out by themselves are left out. Three
    queries."""
    listed = list(sessions)
    keys = [session.session_key for session in listed]
    running = set(
        Session.objects.filter(session_key__in=keys, expire_date__gt=clock.now()).values_list("pk", flat=True)
    )
    SignInLog.objects.bulk_create(
        SignInLog(
            user_id=session.user_id,
            what=SignInKind.ENDED,
            address=_address(session.ip),
            browser=_line(session.user_agent),
            by_id=by,
        )
        for session in listed
        if session.session_key in running
    )


def _address(told: str) -> str | None:
    """Null for what is no address: a socket of this machine has none, and a proxy may pass on anything."""
    try:
        found: Any = ip_address(told)
    except ValueError:
        return None
    return None if getattr(found, "scope_id", None) else str(found)


def _line(browser: str) -> str:
    return "".join(letter for letter in browser if letter.isprintable())[:BROWSER_LENGTH]
