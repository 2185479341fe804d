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
from django.utils.text import get_text_list

from clinic.models import Clinic, Member, Role, User

logger = logging.getLogger(__name__)

NOWHERE: Final = "django.core.mail.backends.dummy.EmailBackend"


def can_be_sent() -> bool:
    """Whether a mail server is set at all (EMAIL_URL). Without one every mail is dropped in silence."""
    return bool(settings.EMAIL_BACKEND != NOWHERE)


def invite(
    *,
    address: str,
    name: str,
    clinic: Clinic,
    inviter: str,
    offered: Collection[Role],
    link: str,
    known: bool,
    until: datetime,
    then: str = "",
) -> bool:
    """The link with which somebody new sets a password, or somebody `known` answers; `then`: where somebody
    new must accept, if signing in is not enough. Returns whether the mail server took it."""
    ends = until.astimezone(ZoneInfo(clinic.time_zone))
    first = "Sign in as you always do, and accept or refuse" if known else "Set your password"
    accept = "" if known or then else " Then sign in with it and accept."
    return _send(
        address,
        f"{clinic.sender_name} invites you",
        [
            f"Hello {name},",
            f"{inviter} invites you to work with {clinic.sender_name} in Chairside as {in_words(offered)}.",
            f"{first} here:\n\n{link}",
            *([f"Then sign in with it, and accept here:\n\n{then}"] if then else []),
            f"The invitation stands until {ends:%H:%M} on {ends.day} {ends:%B %Y}.{accept} If you don't know"
            " what this is about, leave it be: until you accept, nothing is opened to anybody.",
        ],
    )


def number_changed(*, user: User, by: str) -> bool:
    """To the person, whoever changed it: a page that goes elsewhere reaches nobody. `by`: empty for them."""
    whose = f"{by} has changed" if by else "You have changed"
    now = f"It ends in {str(user.mobile)[-2:]} now." if user.mobile else "You are paged by e-mail now."
    return _send(
        user.email,
        "The number that pages you has changed",
        [
            f"Hello {user.full_name},",
            f"{whose} the number on which Chairside pages you about urgent tasks. {now}",
            "If that isn't right, sign in, change it under Your details, and change your password.",
        ],
    )


def second_factor_taken(*, user: User, clinic: Clinic, by: str) -> bool:
    return _send(
        user.email,
        "Your second factor was taken away",
        [
            f"Hello {user.full_name},",
            f"{by} of {clinic.sender_name} has taken away your second factor for Chairside, with its recovery"
            " codes, and you are signed out everywhere. Sign in with your password, and set up another one.",
            f"If you didn't ask for that, change your password at once and tell {clinic.sender_name}: until"
            " you have set up another one, your password alone lets you in.",
        ],
    )


def second_factor_of_other_taken(*, manager: User, whom: Member, clinic: Clinic, by: str) -> bool:
    return _send(
        manager.email,
        f"A second factor was taken away with {clinic.sender_name}",
        [
            f"Hello {manager.full_name},",
            f"{by} has taken away the second factor of {whom.full_name}, who works with"
            f" {clinic.sender_name}. They set up another one when they sign in.",
            "If you don't know why, ask them: you are told so that this is never one person's secret.",
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
    *, managers: Sequence[User], clinic: Clinic, by: str, whom: Member, given: Collection[Role], invited: bool
) -> None:
    """To the other managers, when somebody is to prescribe or manage: it is never one person's secret."""
    person, roles = f"{whom.full_name} ({whom.user.email})", in_words(given)
    if invited:
        subject = f"{whom.full_name} is invited as {roles}"
        what = f"{by} has invited {person} to {clinic.sender_name} in Chairside as {roles}."
        mend = "withdraw the invitation"
    else:
        subject = f"{whom.full_name} is {roles} now"
        what = f"{by} has made {person} {roles} of {clinic.sender_name} in Chairside."
        mend = "take the role away"
    for manager in managers:
        mended = f"If that isn't right, {mend} under Clinic, Staff."
        _send(manager.email, subject, [f"Hello {manager.full_name},", f"{what} {mended}"])


def in_words(roles: Collection[Role]) -> str:
    """Such as "nurse and manager", in the order of the roles."""
    return get_text_list([role.label.lower() for role in Role if role in roles], "and")


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
