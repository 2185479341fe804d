"""Who works here and as what: invited, given roles, taken from them, let go, brought back.

An invitation is accepted by the one whom it is for (`joining`), and by nobody else. Every change locks the
clinic's row and reads again what whoever asks is by then, so that of two managers who take each other's role
at one moment one stays; the database refuses the last one's going as well (0009). What follows for visits and
shifts on call is upstairs' to show before: here tasks go back to everybody.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction
from knox.models import get_token_model

from clinic import work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Member, Membership, MemberState, Role, User, WayIn
from clinic.problems import Conflict, Forbidden, Invalid
from clinic.signin import Proof, reauthenticate
from clinic.staff import invitations, letters, queries, ways_in
from clinic.staff.changing import changed, held_by, lock, lock_person, must_work_here, others_who_manage
from clinic.staff.details import checked
from clinic.transactions import in_transaction

WHY_AGAIN: Final = "who may do what is changed by nobody who only found your screen open"
# Nobody is made one of these in silence: the other managers are told.
TOLD_TO_MANAGERS: Final = frozenset({Role.PRESCRIBER, Role.MANAGER})
FROM_THE_SERVER: Final = (
    "Another clinic of the installation knows this address. Whoever runs the server hands over the link."
)
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
    """Offer somebody roles here. They get a link by mail, and the roles are theirs once they have accepted.

    Somebody who has a login, of another clinic, is invited like anybody, and nothing of it is read or
    changed: until they accept, the clinic has what was typed here. Raises `Invalid` at each field, and
    `Conflict` `member_known` with the `member` that this clinic has for the address.
    """
    email, full_name = email.strip().lower(), full_name.strip()
    details = checked(full_name=full_name, credentials=credentials, mobile=mobile)
    wrong = _wrong_address(email) | _wrong_offer(offered, credentials)
    if wrong:
        raise Invalid(wrong)
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def work_() -> Member:
        lock(actor, clinic.pk)
        user = _user_of(email, full_name)
        _refuse_known(clinic, user)
        with acting(actor.user_id):
            typed = {f"invited_{name.removeprefix('full_')}": value for name, value in details.items()}
            member = Member.objects.create(id=id, clinic=clinic, user=user, **typed)
            return _offer(actor, member, set(offered), now)

    return in_transaction(work_)


def invite_again(*, actor: Actor, member: Member, now: datetime) -> Member:
    """Mail the link of an open invitation once more; it lasts afresh. Raises `Conflict` `not_invited`."""

    def change(row: Member) -> None:
        _must_be_invited(row)
        _offer(actor, row, {Role(role) for role in row.offered}, now)

    return changed(actor, member, change, reason="Invited again")


@dataclass(frozen=True)
class HandedOver:
    """A link to be handed over, which is shown once: `sets_password` to somebody new, else to sign in and
    answer."""

    member: Member
    link: str
    sets_password: bool


def hand_over(*, actor: Actor, member: Member, proof: Proof, now: datetime) -> HandedOver:
    """The link of an open invitation, for its manager to hand to the person: only where no mail is sent.
    Those of before open nothing any more, and the invitation lasts afresh.

    Whoever is invited or works in another clinic as well gets theirs from whoever runs the server: a link for
    setting a password would open that clinic too. Raises `Conflict` `mail_is_sent` or `not_invited`,
    `Forbidden` `known_elsewhere`, `Invalid` at `password` or `code`.
    """
    if letters.can_be_sent():
        raise Conflict("The link goes by mail. Send the invitation again instead.", code="mail_is_sent")
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)
    shown: list[HandedOver] = []

    def change(row: Member) -> None:
        _must_be_invited(row)
        person = lock_person(row.user_id)
        if person.has_usable_password():
            link, sets_password = "", False
        elif Member.objects.filter(user=person).exclude(pk=row.pk).exists():
            raise Forbidden(FROM_THE_SERVER, code="known_elsewhere")
        else:
            invitations.make_links_void(person)
            link, sets_password = invitations.password_link(person), True
        row.invited_until = invitations.lasts_until(now)
        row.way_in, row.way_in_at = WayIn.LINK, now
        row.save(update_fields=["invited_until", "way_in", "way_in_at"])
        shown[:] = [HandedOver(row, link or invitations.answer_link(row), sets_password)]

    changed(actor, member, change)
    return shown[0]


def withdraw_invitation(*, actor: Actor, member: Member, now: datetime) -> Member:
    """Take an invitation back; its link opens nothing any more. Withdrawing again changes nothing.

    Raises `Conflict` `joined` for somebody who has taken it up.
    """

    def change(row: Member) -> None:
        if row.state == MemberState.WORKING:
            raise Conflict(
                f"{row.full_name} has taken up the invitation already. End their access instead.",
                code="joined",
            )
        row.offered, row.invited_until = [], None
        row.save(update_fields=["offered", "invited_until"])
        elsewhere = Member.objects.filter(user=row.user).exclude(offered=[])
        if not row.user.has_usable_password() and not elsewhere.exists():
            invitations.make_links_void(row.user)

    return changed(actor, member, change, reason="Withdrew the invitation")


def change_roles(
    *,
    actor: Actor,
    member: Member,
    give: Collection[Role] = (),
    take: Collection[Role] = (),
    leave_none: bool = False,
    reason: str = "",
    proof: Proof,
    now: datetime,
) -> Member:
    """Give and take roles: at once, for pages and tokens alike. What is held or gone already changes nothing.

    Nobody gives themselves a role, and the last prescriber or nurse loses theirs only where it is said to
    `leave_none`. Raises `Forbidden` `own_role`, `Invalid` for a prescriber without credentials, and
    `Conflict` `not_working`, `no_role_left`, `last_manager` or `last_of_role`.
    """
    given, taken = set(give), set(take)
    if given & taken:
        raise Invalid({"take": f"Give or take, not both: {letters.in_words(given & taken)}."})
    if given and member.user_id == actor.user_id:
        raise Forbidden(
            "Nobody gives themselves a role. Ask another manager, or whoever runs the server.",
            code="own_role",
        )
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        must_work_here(row)
        held = held_by(row)
        new, gone = given - held, taken & held
        if not (held | new) - gone:
            raise Conflict(
                "Somebody without a role doesn't work here. Leave them one, or end their access.",
                code="no_role_left",
            )
        _refuse_prescriber_without_credentials(row, new)
        if Role.MANAGER in gone:
            _refuse_last_manager(row)
        if not leave_none:
            _refuse_to_leave_none(row, gone)
        # Given before taken: in between nobody has none, which would count as having left.
        invitations.give(row, new)
        Membership.objects.filter(clinic=row.clinic, user=row.user, role__in=gone).delete()
        if gone:
            work.take_back(now=now)
        _tell_of_change(actor, row, new, gone)

    return changed(actor, member, change, reason=reason)


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
                f"{row.full_name} hasn't taken up the invitation yet. Withdraw it instead.",
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
            ways_in.end_sessions(row.user_id, by=actor.user_id)
        by, user, clinic = actor.name, row.user, row.clinic
        transaction.on_commit(lambda: letters.access_ended(user=user, clinic=clinic, by=by))

    return changed(actor, member, change, reason=reason)


def bring_back(
    *,
    actor: Actor,
    member: Member,
    give: Collection[Role],
    reason: str = "",
    proof: Proof,
    now: datetime,
) -> Member:
    """Invite somebody again who left, refused or was withdrawn, in the roles that are given now: old ones
    don't come back by themselves, and nobody comes back without accepting.

    Raises `Invalid` without a role or for a prescriber without credentials, `Forbidden` `own_role`, and
    `Conflict` `working` for somebody who works here or is invited.
    """
    given = set(give)
    if not given:
        raise Invalid({"give": "Choose at least one role."})
    reauthenticate(actor=actor, proof=proof, why=WHY_AGAIN)

    def change(row: Member) -> None:
        if row.state in (MemberState.WORKING, MemberState.INVITED):
            raise Conflict(
                f"{row.full_name} works here or is invited already. Change their roles instead.",
                code="working",
            )
        _refuse_prescriber_without_credentials(row, given)
        _offer(actor, row, given, now)

    return changed(actor, member, change, reason=reason)


def _must_be_invited(member: Member) -> None:
    if member.state != MemberState.INVITED:
        raise Conflict(
            f"{member.full_name} has no invitation that is open. Look at what stands now.",
            code="not_invited",
        )


def _offer(actor: Actor, member: Member, given: set[Role], now: datetime) -> Member:
    """Roles to be accepted (`joining`), whether or not they have a login: nobody is told which. A link that
    some clinic's manager was shown opens nothing any more."""
    member.user = lock_person(member.user_id)
    invitations.end_shown_links(member.user)
    member.offered = [role.value for role in Role if role in given]
    member.invited_by_id, member.invited_until = actor.user_id, invitations.lasts_until(now)
    member.refused_at = None
    member.save(update_fields=["offered", "invited_by", "invited_until", "refused_at"])
    invitations.send_after_commit(member, inviter=actor.name)
    _tell_managers(actor, member, given, invited=True)
    return member


def _user_of(email: str, name: str) -> User:
    """The login with this address, made now if there is none: without a password that anybody knows. What it
    is called then is decided by the first invitation that they accept."""
    found = User.objects.filter(email__iexact=email).first()
    if found is not None:
        return found
    try:
        with transaction.atomic():
            return User.objects.create_user(email, full_name=name)
    except IntegrityError:  # another clinic invites the same person at this moment
        return User.objects.get(email__iexact=email)


def _refuse_known(clinic: Clinic, user: User) -> None:
    known = Member.objects.select_related("user").filter(clinic=clinic, user=user).first()
    if known is not None:
        now_ = {
            MemberState.WORKING: "works here",
            MemberState.INVITED: "is invited",
            MemberState.LEFT: "was here before",
        }
        raise Conflict(
            f"{known.full_name} {now_.get(known.state, 'was invited before')} with this address. Open their"
            " page in the list of staff to change that.",
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


def _refuse_prescriber_without_credentials(member: Member, given: set[Role]) -> None:
    if Role.PRESCRIBER in given and not member.credentials.strip():
        raise Invalid({"give": CREDENTIALS_FIRST})


def _refuse_last_manager(member: Member) -> None:
    if not others_who_manage(member):
        raise Conflict(
            f"{member.full_name} is the only manager who can sign in. Make somebody else one first.",
            code="last_manager",
        )


def _refuse_to_leave_none(member: Member, gone: set[Role]) -> None:
    last = queries.last_as(member, gone)
    if last:
        words = letters.in_words(last)
        raise Conflict(
            f"{member.full_name} is the only {words} here. Make somebody else {words} first, or say that the"
            " clinic is to have none.",
            code="last_of_role",
        )


def _tell_of_change(actor: Actor, member: Member, given: set[Role], taken: set[Role]) -> None:
    if not given | taken:
        return
    by, user, clinic = actor.name, member.user, member.clinic
    transaction.on_commit(
        lambda: letters.roles_changed(user=user, clinic=clinic, by=by, given=given, taken=taken)
    )
    _tell_managers(actor, member, given, invited=False)


def _tell_managers(actor: Actor, member: Member, given: set[Role], *, invited: bool) -> None:
    weighty = given & TOLD_TO_MANAGERS
    managers = [user for user in others_who_manage(member) if user.pk != actor.user_id]
    if weighty and managers:
        clinic, by = member.clinic, actor.name
        transaction.on_commit(
            lambda: letters.tell_managers(
                managers=managers, clinic=clinic, by=by, whom=member, given=weighty, invited=invited
            )
        )
