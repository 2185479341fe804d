"""Who works here and as what: invited, given roles, taken from them, let go, brought back.

Every change locks the clinic's row and reads again what whoever asks is by then, so that of two managers who
take each other's role at one moment one stays; the database refuses the last one's going as well (0009). What
follows for visits and shifts on call is upstairs' to show before: here tasks go back to everybody.
"""

from collections.abc import Callable, Collection
from datetime import datetime
from typing import Final
from uuid import UUID

from allauth.usersessions.models import UserSession
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from knox.models import get_token_model

from clinic import access, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Member, Membership, MemberState, Role, User
from clinic.phones import e164
from clinic.problems import Conflict, Forbidden, Invalid
from clinic.signin import Proof, reauthenticate
from clinic.staff import invitations, letters
from clinic.transactions import in_transaction
from clinic.visible_text import ONE_LINE, hides_something, is_visible, said

WHY_AGAIN: Final = "who may do what is changed by nobody who only found your screen open"
# Nobody is made one of these in silence: the other managers are told.
TOLD_TO_MANAGERS: Final = frozenset({Role.PRESCRIBER, Role.MANAGER})
CREDENTIALS_FIRST: Final = "Enter the credentials first, such as MD or NP: they stand beside a signature."


def invite(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    email: str,
    full_name: str,
    offered: Collection[Role],
    credentials: str = "",
    mobile: str = "",
    proof: Proof,
    now: datetime,
) -> Member:
    """Let somebody new work here. They get a link to set their password; the roles are theirs once they have.

    Somebody who has a login, of another clinic, works here at once, under their own name and password: nobody
    has two logins. Raises `Invalid` at each field, and `Conflict` `member_known` with the `member` that this
    clinic has for the address.
    """
    email, full_name = email.strip().lower(), full_name.strip()
    details = _checked_details(full_name=full_name, credentials=credentials, mobile=mobile)
    wrong = _wrong_address(email) | _wrong_offer(offered, credentials)
    if wrong:
        raise Invalid(wrong)
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def work_() -> Member:
        _lock(actor, clinic.pk)
        user = _user_of(email, details)
        _refuse_known(actor, clinic, user)
        with acting(actor.user_id):
            if not user.credentials and details["credentials"]:
                user.credentials = details["credentials"]
                user.save(update_fields=["credentials"])
            member = Member.objects.create(id=id, clinic=clinic, user=user)
            return _let_in(actor, member, set(offered), now)

    return in_transaction(work_)


def invite_again(*, actor: Actor, member: Member, now: datetime) -> Member:
    """Mail the link of an open invitation once more; it lasts afresh. Raises `Conflict` `not_invited`."""

    def change(row: Member) -> None:
        if row.state != MemberState.INVITED:
            raise Conflict(
                f"{row.user.full_name} has no invitation that is open. Look at what stands now.",
                code="not_invited",
            )
        _let_in(actor, row, {Role(role) for role in row.offered}, now)

    return _changed(actor, member, change, reason="Invited again")


def withdraw_invitation(*, actor: Actor, member: Member, now: datetime) -> Member:
    """Take an invitation back; its link opens nothing any more. Withdrawing again changes nothing.

    Raises `Conflict` `joined` for somebody who has taken it up.
    """

    def change(row: Member) -> None:
        if row.joined_at is not None and not row.offered:
            raise Conflict(
                f"{row.user.full_name} has taken up the invitation already. End their access instead.",
                code="joined",
            )
        row.offered, row.invited_until = [], None
        row.save(update_fields=["offered", "invited_until"])
        elsewhere = Member.objects.filter(user=row.user).exclude(offered=[])
        if not row.user.has_usable_password() and not elsewhere.exists():
            invitations.make_links_void(row.user)

    return _changed(actor, member, change, reason="Withdrew the invitation")


def change_roles(
    *,
    actor: Actor,
    member: Member,
    give: Collection[Role] = (),
    take: Collection[Role] = (),
    reason: str = "",
    proof: Proof,
    now: datetime,
) -> Member:
    """Give and take roles: at once, for pages and tokens alike. What is held or gone already changes nothing.

    Nobody gives themselves a role. Raises `Forbidden` `own_role` for that, `Invalid` for a prescriber without
    credentials, and `Conflict` `not_working`, `no_role_left` or `last_manager`.
    """
    given, taken = set(give), set(take)
    if given & taken:
        raise Invalid({"take": f"Give or take, not both: {letters.in_words(given & taken)}."})
    if given and member.user_id == actor.user_id:
        raise Forbidden(
            "Nobody gives themselves a role. Ask another manager, or whoever runs the server (create_user).",
            code="own_role",
        )
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        _must_work_here(row)
        held = held_by(row)
        new, gone = given - held, taken & held
        if not (held | new) - gone:
            raise Conflict(
                "Somebody without a role doesn't work here. Leave them one, or end their access.",
                code="no_role_left",
            )
        _refuse_prescriber_without_credentials(row.user, new)
        if Role.MANAGER in gone:
            _refuse_last_manager(row)
        # Given before taken: in between nobody has none, which would count as having left.
        invitations.give(row, new)
        Membership.objects.filter(clinic=row.clinic, user=row.user, role__in=gone).delete()
        if gone:
            work.take_back(now=now)
        _tell_of_change(actor, row, new, gone)

    return _changed(actor, member, change, reason=reason)


def end_access(*, actor: Actor, member: Member, reason: str = "", proof: Proof, now: datetime) -> Member:
    """Somebody no longer works here, from this moment. What they did stays theirs; their open tasks go back
    to everybody. Ending it again changes nothing.

    Pages and tokens find no role of theirs in this clinic any more; whoever works in no other clinic is
    signed out everywhere and their tokens are revoked. Raises `Conflict` `last_manager`.
    """
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        if row.state == MemberState.INVITED:
            raise Conflict(
                f"{row.user.full_name} hasn't taken up the invitation yet. Withdraw it instead.",
                code="not_joined",
            )
        held = held_by(row)
        if not held:
            return
        if Role.MANAGER in held:
            _refuse_last_manager(row)
        Membership.objects.filter(clinic=row.clinic, user=row.user).delete()
        work.take_back(now=now)
        if not Membership.objects.filter(user=row.user).exists():
            get_token_model().objects.filter(user=row.user).delete()
            sign_out_after_commit(row.user_id)
        by, user, clinic = actor.name, row.user, row.clinic
        transaction.on_commit(lambda: letters.access_ended(user=user, clinic=clinic, by=by))

    return _changed(actor, member, change, reason=reason)


def bring_back(
    *,
    actor: Actor,
    member: Member,
    give: Collection[Role],
    reason: str = "",
    proof: Proof,
    now: datetime,
) -> Member:
    """Let somebody who left work here again, in the roles that are given now: old ones don't come back by
    themselves. Whoever never set a password is invited.

    Raises `Invalid` without a role or for a prescriber without credentials, `Forbidden` `own_role`, and
    `Conflict` `working` for somebody who works here or is invited.
    """
    given = set(give)
    if not given:
        raise Invalid({"give": "Choose at least one role."})
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        if row.state not in (MemberState.LEFT, MemberState.WITHDRAWN):
            raise Conflict(
                f"{row.user.full_name} works here or is invited already. Change their roles instead.",
                code="working",
            )
        _refuse_prescriber_without_credentials(row.user, given)
        _let_in(actor, row, given, now)

    return _changed(actor, member, change, reason=reason)


def change_details(
    *,
    actor: Actor,
    member: Member,
    full_name: str | None = None,
    credentials: str | None = None,
    mobile: str | None = None,
    charge: bool | None = None,
    now: datetime,
) -> Member:
    """Change what is given. The address that somebody signs in with is not: whoever could change it could
    become them.

    Raises `Invalid`: a line that hides something, a number that can't be dialled, credentials taken from a
    prescriber, a charge nurse who is no nurse.
    """
    details = _checked_details(full_name=full_name, credentials=credentials, mobile=mobile)

    def change(row: Member) -> None:
        _must_be_known(row)
        held = held_by(row)
        if details.get("credentials") == "" and Role.PRESCRIBER in held:
            raise Invalid({"credentials": "A prescriber's credentials stand beside each signature."})
        for name, value in details.items():
            setattr(row.user, name, value)
        row.user.save(update_fields=list(details))
        if charge is not None:
            nurse = Membership.objects.filter(clinic=row.clinic, user=row.user, role=Role.NURSE).first()
            if nurse is None and charge:
                raise Invalid({"charge": f"{row.user.full_name} is no nurse here: only a nurse can be."})
            if nurse is not None:
                nurse.charge = charge
                nurse.save(update_fields=["charge"])

    return _changed(actor, member, change)


def revoke_token(*, actor: Actor, member: Member, key: str, now: datetime) -> Member:
    """One of their tokens for the API opens nothing any more, in any clinic: a token is its owner's. `key` is
    its first characters, as the list shows them. Revoking again changes nothing."""

    def change(row: Member) -> None:
        _must_work_here(row)
        get_token_model().objects.filter(user=row.user, token_key=key).delete()

    return _changed(actor, member, change, reason="Revoked a token")


def sign_out(*, actor: Actor, member: Member, now: datetime) -> Member:
    """End all their sessions, such as on a tablet that was lost. They sign in again as they always do."""

    def change(row: Member) -> None:
        _must_work_here(row)
        sign_out_after_commit(row.user_id)

    return _changed(actor, member, change, reason="Signed them out")


def sign_out_after_commit(user_id: UUID) -> None:
    def end() -> None:
        for session in UserSession.objects.filter(user_id=user_id):
            session.end()

    transaction.on_commit(end)


def held_by(member: Member) -> set[Role]:
    held = Membership.objects.filter(clinic_id=member.clinic_id, user_id=member.user_id)
    return {Role(role) for role in held.values_list("role", flat=True)}


def others_who_manage(member: Member) -> list[User]:
    """Who manages this clinic beside them, and can: has a password, and isn't shut out."""
    managers = work.staff(member.clinic_id, access.MANAGE_STAFF).exclude(pk=member.user_id)
    return [user for user in managers if user.has_usable_password()]


def _changed(actor: Actor, member: Member, change: Callable[[Member], None], *, reason: str = "") -> Member:
    """`change` under the clinic's lock, on the row as it is by then; gives it back as it is after."""

    def work_() -> Member:
        _lock(actor, member.clinic_id)
        row = Member.objects.select_related("user", "clinic").get(pk=member.pk)
        with acting(actor.user_id, reason=said(reason)):
            change(row)
        row.refresh_from_db()
        return row

    return in_transaction(work_)


def _lock(actor: Actor, clinic_id: UUID) -> None:
    """One change of staff at a time in a clinic; whoever was a manager when they asked may be none by now."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    still = Membership.objects.filter(
        clinic=clinic_id, user=actor.user_id, role__in=access.MANAGE_STAFF, user__is_active=True
    )
    if not still.exists():
        raise Forbidden(access.refusal(access.MANAGE_STAFF))


def _let_in(actor: Actor, member: Member, given: set[Role], now: datetime) -> Member:
    """Whoever has a password works here at once; whoever has none is sent a link to set one with."""
    user, clinic, by = member.user, member.clinic, actor.name
    if user.has_usable_password():
        invitations.give(member, given)
        member.refresh_from_db()
        transaction.on_commit(lambda: letters.welcome(user=user, clinic=clinic, inviter=by, given=given))
    else:
        member.offered = [role.value for role in Role if role in given]
        member.invited_by_id, member.invited_until = actor.user_id, invitations.lasts_until(now)
        member.save(update_fields=["offered", "invited_by", "invited_until"])
        invitations.send_after_commit(member, inviter=by)
    _tell_managers(actor, member, given)
    return member


def _user_of(email: str, details: dict[str, str]) -> User:
    """The login with this address, made now if there is none: without a password that anybody knows."""
    found = User.objects.filter(email__iexact=email).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return User.objects.create_user(email, **details)
    except IntegrityError:  # another clinic invites the same person at this moment
        return User.objects.get(email__iexact=email)


def _refuse_known(actor: Actor, clinic: Clinic, user: User) -> None:
    if not user.is_active:
        raise Invalid({"email": "This login was shut out. Ask whoever runs the server to open it again."})
    known = Member.objects.filter(clinic=clinic, user=user).first()
    if known is not None:
        now_ = {MemberState.WORKING: "works here", MemberState.INVITED: "is invited"}
        raise Conflict(
            f"{user.full_name} {now_.get(known.state, 'was here before')} with this address. Open their page"
            " in the list of staff to change that.",
            code="member_known",
            member=str(known.pk),
        )


def _wrong_address(email: str) -> dict[str, str]:
    try:
        validate_email(email)
    except ValidationError:
        return {"email": "Enter an e-mail address, such as nora@clinic.example."}
    return {}


def _wrong_offer(offered: Collection[Role], credentials: str) -> dict[str, str]:
    if not offered:
        return {"roles": "Choose at least one role."}
    if Role.PRESCRIBER in offered and not credentials.strip():
        return {"credentials": CREDENTIALS_FIRST}
    return {}


def _checked_details(**given: str | None) -> dict[str, str]:
    """What was given, trimmed, the number as it is dialled. Raises `Invalid`."""
    details = {name: value.strip() for name, value in given.items() if value is not None}
    wrong = {name: ONE_LINE for name, value in details.items() if hides_something(value)}
    if "full_name" in details and not is_visible(details["full_name"]):
        wrong["full_name"] = "Enter the name, as it stands beside a signature."
    if details.get("mobile"):
        details["mobile"] = e164(details["mobile"])
        if not details["mobile"]:
            wrong["mobile"] = "Enter a phone number such as +1 312 555 0123."
    if wrong:
        raise Invalid(wrong)
    return details


def _refuse_prescriber_without_credentials(user: User, given: set[Role]) -> None:
    if Role.PRESCRIBER in given and not user.credentials.strip():
        raise Invalid({"give": CREDENTIALS_FIRST})


def _refuse_last_manager(member: Member) -> None:
    if not others_who_manage(member):
        raise Conflict(
            f"{member.user.full_name} is the only manager who can sign in. Make somebody else one first.",
            code="last_manager",
        )


def _must_work_here(member: Member) -> None:
    if member.state != MemberState.WORKING:
        raise Conflict(f"{member.user.full_name} doesn't work here now.", code="not_working")


def _must_be_known(member: Member) -> None:
    if member.state not in (MemberState.WORKING, MemberState.INVITED):
        raise Conflict(f"{member.user.full_name} doesn't work here now.", code="not_working")


def _tell_of_change(actor: Actor, member: Member, given: set[Role], taken: set[Role]) -> None:
    if not given | taken:
        return
    by, user, clinic = actor.name, member.user, member.clinic
    transaction.on_commit(
        lambda: letters.roles_changed(user=user, clinic=clinic, by=by, given=given, taken=taken)
    )
    _tell_managers(actor, member, given)


def _tell_managers(actor: Actor, member: Member, given: set[Role]) -> None:
    weighty = given & TOLD_TO_MANAGERS
    managers = [user for user in others_who_manage(member) if user.pk != actor.user_id]
    if weighty and managers:
        by, whom, clinic = actor.name, member.user, member.clinic
        transaction.on_commit(
            lambda: letters.tell_managers(managers=managers, clinic=clinic, by=by, whom=whom, given=weighty)
        )
