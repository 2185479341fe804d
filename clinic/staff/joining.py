"""An invitation answered by the one whom it is for, signed in: accepted or refused. Nobody else can.

What is offered, and by whom, is in `members`. Until somebody accepts, nothing of what is theirs has changed.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Final

from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Member, MemberState, Role, User
from clinic.problems import Conflict, Forbidden
from clinic.staff import invitations, letters
from clinic.staff.changing import lock_person
from clinic.transactions import in_transaction

CLOSED: Final = "This invitation was withdrawn or has ended. Ask {clinic} to send it again."

BY_ITS_LINK: Final = (
    "Open the link of this invitation, and accept there: {clinic} has sent it to you, or hands it over. A"
    " link to your login was once in somebody else's hands, so signing in alone doesn't show that this is for"
    " you."
)


def accept(*, actor: Actor, member: Member, roles: Collection[Role], key: str = "", now: datetime) -> Member:
    """They work there from now on, as `roles`: those that they were shown. Accepting again changes nothing.

    Somebody who has never worked anywhere takes name, credentials and number from this invitation; everybody
    else keeps their own. `member` is theirs (`queries.invitation_of`). `key` is what its link says, which
    must be followed where a manager of another clinic was shown a link to their login: whoever set the
    password with it is let into that clinic by its own invitation, and into no other. Raises `Conflict`
    `not_invited`, or `offer_changed` when other roles are offered by now, and `Forbidden` `link_needed`.
    """

    def work_() -> Member:
        Clinic.objects.select_for_update(no_key=True).get(pk=member.clinic_id)
        person = lock_person(actor.user_id)
        row = Member.objects.select_related("clinic", "user").get(pk=member.pk, user=actor.user_id)
        if row.state == MemberState.WORKING:
            return row
        _must_be_open(row, now)
        shown_by = invitations.clinics_shown_a_link(person.pk)
        if invitations.link_needed(row, shown_by) and not invitations.has_key(row, key):
            raise Forbidden(BY_ITS_LINK.format(clinic=row.clinic.name), code="link_needed")
        offered = {Role(role) for role in row.offered}
        if set(roles) != offered:
            raise Conflict(
                f"By now you are invited as {letters.in_words(offered)}. Look again, and accept that.",
                code="offer_changed",
            )
        with acting(actor.user_id, reason="Accepted the invitation"):
            _take_details(person, row)
            invitations.give(row, offered)
        row.refresh_from_db()
        return row

    return in_transaction(work_)


def refuse(*, actor: Actor, member: Member, now: datetime) -> Member:
    """They don't want to work there. Refusing again changes nothing. Raises `Conflict` `joined`."""

    def work_() -> Member:
        Clinic.objects.select_for_update(no_key=True).get(pk=member.clinic_id)
        row = Member.objects.select_related("clinic", "user").get(pk=member.pk, user=actor.user_id)
        if row.state == MemberState.WORKING:
            raise Conflict(
                f"You work with {row.clinic.name} already. Ask its manager to end your access.",
                code="joined",
            )
        if row.offered:
            with acting(actor.user_id):
                row.offered, row.invited_until, row.refused_at = [], None, now
                row.save(update_fields=["offered", "invited_until", "refused_at"])
        return row

    return in_transaction(work_)


def _must_be_open(row: Member, now: datetime) -> None:
    if not row.offered or row.invitation_has_ended(now):
        raise Conflict(CLOSED.format(clinic=row.clinic.name), code="not_invited")


def _take_details(person: User, row: Member) -> None:
    """Of somebody new everything that was typed; of anybody else only the credentials that a prescriber must
    have and they have none of."""
    if not Member.objects.filter(user=person, joined_at__isnull=False).exists():
        person.full_name, person.credentials = row.invited_name, row.invited_credentials
        person.mobile = row.invited_mobile
        person.save(update_fields=["full_name", "credentials", "mobile"])
    elif added := adds_credentials(person, row):
        person.credentials = added
        person.save(update_fields=["credentials"])


def adds_credentials(person: User, row: Member) -> str:
    """The credentials that somebody takes over by accepting, who is to prescribe and has none; else empty."""
    if Role.PRESCRIBER not in row.offered or person.credentials.strip():
        return ""
    return row.invited_credentials
