"""What every change of a clinic's staff goes through: one at a time, on the row as it is by then.

What is changed stands in `members`, `details` and `ways_in`; what people do about themselves in `joining` and
`own_details`.
"""

from collections.abc import Callable
from uuid import UUID

from clinic import access, work
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Clinic, Member, Membership, MemberState, Role, User
from clinic.problems import Conflict, Forbidden
from clinic.transactions import in_transaction
from clinic.visible_text import said


def changed(actor: Actor, member: Member, change: Callable[[Member], None], *, reason: str = "") -> Member:
    """`change` under the clinic's lock, on the row as it is by then; gives it back as it is after."""

    def work_() -> Member:
        lock(actor, member.clinic_id)
        row = Member.objects.select_related("user", "clinic").get(pk=member.pk)
        with acting(actor.user_id, reason=said(reason)):
            change(row)
        row.refresh_from_db()
        return row

    return in_transaction(work_)


def lock(actor: Actor, clinic_id: UUID) -> None:
    """One change of staff at a time in a clinic; whoever was a manager when they asked may be none by now."""
    Clinic.objects.select_for_update(no_key=True).get(pk=clinic_id)
    still = Membership.objects.filter(
        clinic=clinic_id, user=actor.user_id, role__in=access.MANAGE_STAFF, user__is_active=True
    )
    if not still.exists():
        raise Forbidden(access.refusal(access.MANAGE_STAFF))


def lock_person(user_id: UUID) -> User:
    """Their login as it is now. Nobody joins another clinic meanwhile: `joining.accept` locks it as well."""
    return User.objects.select_for_update(no_key=True).get(pk=user_id)


def held_by(member: Member) -> set[Role]:
    held = Membership.objects.filter(clinic_id=member.clinic_id, user_id=member.user_id)
    return {Role(role) for role in held.values_list("role", flat=True)}


def others_who_manage(member: Member) -> list[User]:
    """Who manages this clinic beside them, and can: has a password, and isn't shut out."""
    managers = work.staff(member.clinic_id, access.MANAGE_STAFF).exclude(pk=member.user_id)
    return [user for user in managers if user.has_usable_password()]


def must_work_here(member: Member) -> None:
    if member.state != MemberState.WORKING:
        raise Conflict(f"{member.full_name} doesn't work here now.", code="not_working")
