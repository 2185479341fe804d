"""The ways in that somebody has, their sessions, tokens and second factor, ended by a manager who may.

Each opens every clinic that the person works in, so only whoever manages all of those ends them. What a
clinic can always do is to end the access to itself (`members.end_access`): then they open nothing of it.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.mfa.models import Authenticator
from allauth.usersessions.models import UserSession
from django.contrib.sessions.models import Session
from django.db import transaction
from knox.models import get_token_model

from clinic.access import Actor
from clinic.models import Member, Role, User, WayIn
from clinic.problems import Conflict, Forbidden
from clinic.signin import Proof, reauthenticate
from clinic.staff import letters, queries, sign_ins
from clinic.staff.changing import changed, held_by, lock_person, must_work_here, others_who_manage

WHY_AGAIN: Final = "nobody who only found your screen open takes somebody's second factor away"
OWN_SECOND_FACTOR: Final = (
    "Your own second factor is another manager's to take away, or whoever runs the server does it. While you"
    " have it, you change it under Password and second factor."
)
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
        revoked, _ = get_token_model().objects.filter(user=row.user, token_key=key).delete()
        if revoked:
            record(row, WayIn.TOKEN, now)

    return changed(actor, member, change)


def sign_out(*, actor: Actor, member: Member, now: datetime) -> Member:
    """End all their sessions, such as on a tablet that was lost. They sign in again as they always do.

    Raises `Forbidden` `works_elsewhere`."""

    def change(row: Member) -> None:
        must_work_here(row)
        _must_reach(actor, row, "their sessions are")
        end_sessions(row.user_id, by=actor.user_id)
        record(row, WayIn.SESSIONS, now)

    return changed(actor, member, change)


def take_second_factor(
    *, actor: Actor, member: Member, reason: str = "", proof: Proof, now: datetime
) -> Member:
    """Somebody's second factor is lost: it is taken away with its recovery codes, and their sessions end.
    With their password they sign in once more, and set up another one first where the installation asks for
    it.

    They are told by mail, and of a prescriber or manager the other managers are. Nobody does it for
    themselves: who only found a manager's screen and password would be let in by that. Raises `Forbidden`
    `own_second_factor` or `works_elsewhere`, `Conflict` `no_second_factor`, `Invalid` at `password` or
    `code`.
    """
    if member.user_id == actor.user_id:
        raise Forbidden(OWN_SECOND_FACTOR, code="own_second_factor")
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        must_work_here(row)
        _must_reach(actor, row, "the second factor is")
        taken, _ = Authenticator.objects.filter(user=row.user_id).delete()
        if not taken:
            raise Conflict(f"{row.full_name} has no second factor now.", code="no_second_factor")
        end_sessions(row.user_id, by=actor.user_id)
        record(row, WayIn.SECOND_FACTOR, now)
        _tell(actor, row)

    return changed(actor, member, change, reason=reason)


def record(member: Member, way_in: WayIn, now: datetime) -> None:
    """Write into the history of their place what was done about a way in, which has none of its own."""
    member.way_in, member.way_in_at = way_in, now
    member.save(update_fields=["way_in", "way_in_at"])


def _tell(actor: Actor, member: Member) -> None:
    by, clinic, user = actor.name, member.clinic, member.user
    weighty = held_by(member) & {Role.PRESCRIBER, Role.MANAGER}
    managers: list[User] = [
        manager for manager in others_who_manage(member) if weighty and manager.pk != actor.user_id
    ]

    def send() -> None:
        letters.second_factor_taken(user=user, clinic=clinic, by=by)
        for manager in managers:
            letters.second_factor_of_other_taken(manager=manager, whom=member, clinic=clinic, by=by)

    transaction.on_commit(send)


def end_sessions(user_id: UUID, *, by: UUID) -> None:
    """End them all once this transaction stands, in which it is written down who did."""
    sign_ins.record_ended(UserSession.objects.filter(user_id=user_id), by=by)

    def end() -> None:
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()

    transaction.on_commit(end)


def _must_reach(actor: Actor, member: Member, what: str) -> None:
    lock_person(member.user_id)
    if not queries.reaches_whole(actor.user_id, member.user_id):
        raise Forbidden(END_THE_ACCESS.format(name=member.full_name, what=what), code="works_elsewhere")


def forget_run_out(now: datetime) -> None:
    """Let go the sessions that have run out, and what their people's lists say of them. Two queries."""
    Session.objects.filter(expire_date__lte=now).delete()
    UserSession.objects.exclude(session_key__in=Session.objects.values("pk")).delete()
