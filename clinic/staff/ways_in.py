"""The ways in that somebody has, their sessions and tokens, ended by a manager who may.

Both open every clinic that the person works in, so only whoever manages all of those ends them. What a clinic
can always do is to end the access to itself (`members.end_access`): then they open nothing of it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.db import transaction
from knox.models import get_token_model

from clinic.access import Actor
from clinic.models import Member
from clinic.problems import Forbidden
from clinic.staff import queries
from clinic.staff.changing import changed, lock_person, must_work_here

END_THE_ACCESS: Final = (
    "{name} works in another clinic too, and {what} theirs there as well. They can see to it themselves under"
    " Your sign-in, or somebody who manages all of their clinics. What can't wait: end their access here."
)


def revoke_token(*, actor: Actor, member: Member, key: str, now: datetime) -> Member:
    """One of their tokens for the API opens nothing any more. `key` is its first characters, as the list
    shows them. Revoking again changes nothing. Raises `Forbidden` `works_elsewhere`."""

    def change(row: Member) -> None:
        must_work_here(row)
        _must_reach(actor, row, "a token is")
        get_token_model().objects.filter(user=row.user, token_key=key).delete()

    return changed(actor, member, change, reason="Revoked a token")


def sign_out(*, actor: Actor, member: Member, now: datetime) -> Member:
    """End all their sessions, such as on a tablet that was lost. They sign in again as they always do.

    Raises `Forbidden` `works_elsewhere`."""

    def change(row: Member) -> None:
        must_work_here(row)
        _must_reach(actor, row, "their sessions are")
        sign_out_after_commit(row.user_id)

    return changed(actor, member, change, reason="Signed them out")


def sign_out_after_commit(user_id: UUID) -> None:
    def end() -> None:
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()

    transaction.on_commit(end)


def _must_reach(actor: Actor, member: Member, what: str) -> None:
    lock_person(member.user_id)
    if not queries.reaches_whole(actor.user_id, member.user_id):
        raise Forbidden(END_THE_ACCESS.format(name=member.full_name, what=what), code="works_elsewhere")
