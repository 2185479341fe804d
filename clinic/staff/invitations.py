"""Links with which people come in: to where an invitation is accepted, for somebody new first to a password.

The latter is allauth's own, which works once and ends by itself. Nobody types a password for somebody else,
and where mail is sent no manager sees the link: it goes to the mailbox that the person signs in with. Who may
be invited, and as what, is decided in `members`; what accepting does, in `joining`.
"""

from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from allauth.account.forms import default_token_generator
from allauth.account.utils import user_pk_to_url_str
from django.conf import settings
from django.core.signing import Signer
from django.db import transaction
from django.urls import reverse
from django.utils.crypto import constant_time_compare

from clinic import clock
from clinic.models import Member, Membership, Role, User, WayIn
from clinic.staff import letters

KEY: Final = Signer(salt="chairside.invitation")


def password_link(user: User) -> str:
    """Where this person sets their password: it works once, for as long as PASSWORD_RESET_TIMEOUT gives."""
    address = reverse(
        "account_reset_password_from_key",
        kwargs={"uidb36": user_pk_to_url_str(user), "key": default_token_generator.make_token(user)},
    )
    return f"{settings.PUBLIC_URL}{address}"


def answer_link(member: Member) -> str:
    """Where this invitation is accepted or refused, signed in (web.routes.own), with what shows that whoever
    follows it was given it."""
    return f"{settings.PUBLIC_URL}/accounts/invitations/?key={key_of(member)}"


def key_of(member: Member) -> str:
    """What only the link of the latest invitation says: one that was sent or shown again has another."""
    until = member.invited_until.timestamp() if member.invited_until else 0.0
    return KEY.signature(f"{member.pk} {until:.6f}")


def has_key(member: Member, key: str) -> bool:
    return constant_time_compare(key_of(member), key)


def link_needed(member: Member, shown_by: set[UUID]) -> bool:
    """Whether being signed in is not enough to accept this one: `clinics_shown_a_link` of another clinic."""
    return bool(shown_by - {member.clinic_id})


def clinics_shown_a_link(user_id: UUID) -> set[UUID]:
    """The clinics a manager of which, or whoever runs the server for them, had a link of this person's in
    hand: they may have set the password themselves. Of the history, since what a manager does later about a
    way in writes over the place's own `way_in`: one query."""
    versions: Any = Member.pgh_event_model  # type: ignore[attr-defined]
    places = Member.objects.filter(user=user_id).values("pk")
    shown = versions.objects.filter(pgh_obj__in=places, way_in=WayIn.LINK)
    return set(shown.values_list("clinic_id", flat=True).distinct())


def lasts_until(now: datetime) -> datetime:
    return now + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)


def send_after_commit(member: Member, *, inviter: str) -> None:
    """Mail the link once the invitation is kept, and write down that the mail server took it."""

    def send() -> None:
        known = member.user.has_usable_password()
        followed = link_needed(member, clinics_shown_a_link(member.user_id))
        taken = letters.invite(
            address=member.user.email,
            name=member.user.full_name if known else member.full_name,
            clinic=member.clinic,
            inviter=inviter,
            offered=[Role(role) for role in member.offered],
            link=answer_link(member) if known else password_link(member.user),
            known=known,
            then=answer_link(member) if followed and not known else "",
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


def end_shown_links(user: User) -> None:
    """A link that a manager was shown opens nothing any more from the moment at which anybody invites again:
    it would open that invitation as well. `user` is locked, and as it is now."""
    if not user.has_usable_password() and clinics_shown_a_link(user.pk):
        make_links_void(user)


def make_links_void(user: User) -> None:
    """Links that were sent out open nothing any more. Only of somebody who has no password yet."""
    user.set_unusable_password()
    user.save(update_fields=["password"])
