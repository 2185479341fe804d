"""Links with which people come in: to where an invitation is accepted, for somebody new first to a password.

The latter is allauth's own, which works once and ends by itself. Nobody types a password for somebody else,
and where mail is sent no manager sees the link: it goes to the mailbox that the person signs in with. Who may
be invited, and as what, is decided in `members`; what accepting does, in `joining`.
"""

from datetime import datetime, timedelta

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.db import transaction
from django.urls import reverse

from clinic import clock
from clinic.models import Member, Membership, Role, User
from clinic.staff import letters


def password_link(user: User) -> str:
    """Where this person sets their password: it works once, for as long as PASSWORD_RESET_TIMEOUT gives."""
    address = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return f"{settings.PUBLIC_URL}{address}"


def answer_link() -> str:
    """Where invitations are accepted or refused, signed in: web.routes.own."""
    return f"{settings.PUBLIC_URL}/accounts/invitations/"


def lasts_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def send_after_commit(member: Member, *, inviter: str) -> None:
    """Mail the link once the invitation is kept, and write down that the mail server took it."""

    def send() -> None:
        known = member.user.has_usable_password()
        taken = letters.invite(
            address=member.user.email,
            name=member.user.full_name if known else member.full_name,
            clinic=member.clinic,
            inviter=inviter,
            offered=[Role(role) for role in member.offered],
            link=answer_link() if known else password_link(member.user),
            known=known,
            until=member.invited_until or clock.now(),
        )
        member.invitation_sent_at = clock.now() if taken else None
        member.save(update_fields=["invitation_sent_at"])

    transaction.on_commit(send)


def give(member: Member, given: set[Role]) -> None:
    """The roles' rows; the place in the clinic follows by trigger."""
    Membership.objects.bulk_create(
        [
            Membership(user_id=member.user_id, clinic_id=member.clinic_id, role=role)
            for role in Role
            if role in given
        ],
        ignore_conflicts=True,
    )


def make_links_void(user: User) -> None:
    """Links that were sent out open nothing any more. Only of somebody who has no password yet."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
