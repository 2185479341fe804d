"""Mails to staff about their access, by the mail settings that password resets use.

They name the clinic as patients see it, who did it and which roles: nothing of what is treated, and nobody's
health. A mail leaves after the commit; one that the mail server refuses is logged and undoes nothing.
"""

import logging
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from zoneinfo import ZoneInfo

from anymail.exceptions import AnymailError
from django.conf import settings
from django.core.mail import EmailMessage

from clinic.models import Clinic, Role, User

logger = logging.getLogger(__name__)

NOWHERE: Final = "django.core.mail.backends.dummy.EmailBackend"


def can_be_sent() -> bool:
    """Whether a mail server is set at all (EMAIL_URL). Without one every mail is dropped in silence."""
    return bool(settings.EMAIL_BACKEND != NOWHERE)


def invite(
    *, user: User, clinic: Clinic, inviter: str, offered: Collection[Role], link: str, until: datetime
) -> bool:
    """The link with which somebody new sets their password. Returns whether the mail server took it."""
    ends = until.astimezone(ZoneInfo(clinic.time_zone))
    return _send(
        user.email,
        f"{clinic.sender_name} invites you",
        [
            f"Hello {user.full_name},",
            f"{inviter} invites you to work with {clinic.sender_name} in Chairside as {in_words(offered)}.",
            f"Set your password here:\n\n{link}",
            f"The link works once, until {ends:%H:%M} on {ends.day} {ends:%B %Y}. If you don't know what"
            " this is about, leave it be: without it nothing is opened to anybody.",
        ],
    )


def welcome(*, user: User, clinic: Clinic, inviter: str, given: Collection[Role]) -> bool:
    """To somebody who has a login already."""
    return _send(
        user.email,
        f"You can work with {clinic.sender_name} now",
        [
            f"Hello {user.full_name},",
            f"{inviter} has opened {clinic.sender_name} to you in Chairside, as {in_words(given)}."
            " Sign in as you always do, and choose the clinic at the top of the page.",
            f"{settings.PUBLIC_URL}/",
            f"If you don't work there, tell {clinic.sender_name}: {clinic.phone}.",
        ],
    )


def roles_changed(
    *, user: User, clinic: Clinic, by: str, given: Collection[Role], taken: Collection[Role]
) -> bool:
    lines = [f"You are now {in_words(given)} there as well."] if given else []
    lines += [f"You are no longer {in_words(taken)} there."] if taken else []
    return _send(
        user.email,
        f"Your roles with {clinic.sender_name} have changed",
        [
            f"Hello {user.full_name},",
            f"{by} has changed what you may do with {clinic.sender_name} in Chairside. {' '.join(lines)}",
            "If you don't know why, ask them.",
        ],
    )


def access_ended(*, user: User, clinic: Clinic, by: str) -> bool:
    return _send(
        user.email,
        f"Your access to {clinic.sender_name} has ended",
        [
            f"Hello {user.full_name},",
            f"{by} has ended your access to {clinic.sender_name} in Chairside. What you recorded stays"
            " under your name.",
        ],
    )


def tell_managers(
    *, managers: Sequence[User], clinic: Clinic, by: str, whom: User, given: Collection[Role]
) -> None:
    """To the other managers, when somebody may prescribe or manage: it is never one person's secret."""
    for manager in managers:
        _send(
            manager.email,
            f"{whom.full_name} is {in_words(given)} now",
            [
                f"Hello {manager.full_name},",
                f"{by} has made {whom.full_name} ({whom.email}) {in_words(given)} of {clinic.sender_name} in"
                " Chairside. If that isn't right, take the role away under Clinic, Staff.",
            ],
        )


def in_words(roles: Collection[Role]) -> str:
    """Such as "nurse and manager", in the order of the roles."""
    names = [role.label.lower() for role in Role if role in roles]
    return " and ".join(filter(None, (", ".join(names[:-1]), names[-1])))


def _send(address: str, subject: str, paragraphs: Sequence[str]) -> bool:
    if not can_be_sent():
        return False
    body = "\n\n".join(paragraphs)
    mail = EmailMessage(f"{settings.ACCOUNT_EMAIL_SUBJECT_PREFIX}{subject}", body + "\n", to=[address])
    try:
        mail.send()
    except (OSError, AnymailError) as error:  # of a mail server, and of a provider's own interface
        logger.warning("A mail to staff was not taken: %s", type(error).__name__)
        return False
    return True
