"""Who is called on each rung now: whoever has the shift, otherwise whoever has the role. And when there is
anybody in the house at all.
"""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError
from django.db.models import QuerySet
from psycopg.types.range import TimestamptzRange

from clinic import access, work
from clinic.access import Actor, Permission
from clinic.history import acting
from clinic.models import Clinic, Membership, Role, User
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction
from notifications.escalating import ladder
from notifications.models import OnCallRung, OnCallShift
from scheduler.models import Opening, ResourceKind

# Whom the calendar is for: urgent tasks are nurses', and a shift is written before there is any.
ON_CALL_FOR: Final = Role.NURSE


def add_shift(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    user: User,
    rung: str,
    starts_at: datetime,
    ends_at: datetime,
    now: datetime,
) -> OnCallShift:
    """Put somebody on call.

    Raises `Invalid` for somebody who can't stand on this rung or a stretch that is over; `Conflict`
    `on_call_taken` where somebody has this rung in a part of it.
    """
    errors = {}
    if not may_stand(clinic_id=clinic.pk, rung=rung, role=ON_CALL_FOR).filter(pk=user.pk).exists():
        errors["user"] = _why_not(user, clinic, rung)
    if ends_at <= starts_at:
        errors["ends_at"] = "Give an end after the start."
    elif ends_at <= now:
        errors["ends_at"] = "This stretch is over. Give an end that lies ahead."
    if errors:
        raise Invalid(errors)

    def write() -> OnCallShift:
        with acting(actor.user_id):
            return OnCallShift.objects.create(
                id=id,
                clinic=clinic,
                user=user,
                rung=rung,
                during=TimestamptzRange(starts_at, ends_at),
                recorded_by_id=actor.user_id,
            )

    try:
        return in_transaction(write)
    except IntegrityError as error:
        if "on_call_one_person_a_rung" not in str(error):
            raise
        raise Conflict(
            f"Somebody is {OnCallRung(rung).label.lower()} in a part of this stretch: withdraw that first.",
            code="on_call_taken",
        ) from error


def withdraw_shift(*, actor: Actor, shift: OnCallShift, now: datetime) -> OnCallShift:
    """Take somebody off call from now on; what has been is kept. Withdrawing again changes nothing."""

    def write() -> OnCallShift:
        row = OnCallShift.objects.select_for_update(no_key=True).get(pk=shift.pk)
        if row.withdrawn_at is None:
            row.withdrawn_at = now
            with acting(actor.user_id):
                row.save(update_fields=["withdrawn_at"])
        return row

    return in_transaction(write)


def shifts(*, until: datetime | None = None, after: datetime | None = None) -> QuerySet[OnCallShift]:
    """Shifts that stand, the earliest first."""
    rows = OnCallShift.objects.filter(withdrawn_at__isnull=True).select_related("user", "clinic")
    if until is not None:
        rows = rows.filter(during__startswith__lt=until)
    if after is not None:
        rows = rows.filter(during__endswith__gt=after)
    return rows.order_by("during", "rung")


def may_stand(*, clinic_id: UUID, rung: str, role: str) -> QuerySet[User]:
    """Everybody who may be called on this rung about a task for this role, by name: who can do it, and as
    supervisor also who can see to it that somebody does."""
    return work.staff(clinic_id, _roles_on(rung, role))


def people(
    *, clinic_id: UUID, rung: str, role: str, called: Collection[UUID] = (), now: datetime
) -> Sequence[User]:
    """Whom to call: the shift's person, else the role's people (first), the charge nurses or prescribers
    (second), the prescribers or managers (supervisor), of those who may stand there. Whoever was `called`
    before is passed over, so that each rung reaches somebody else. Empty where a clinic has nobody else."""
    able = {
        user.pk: user for user in may_stand(clinic_id=clinic_id, rung=rung, role=role).exclude(pk__in=called)
    }
    on_shift = OnCallShift.objects.filter(
        clinic=clinic_id, rung=rung, during__contains=now, withdrawn_at__isnull=True, user__in=able
    )
    found = [able[shift.user_id] for shift in on_shift]
    if found:
        return found
    members = list(Membership.objects.filter(clinic=clinic_id, user__in=able))

    def with_role(wanted: str, *, charge: bool = False) -> list[User]:
        having = {each.user_id for each in members if each.role == wanted and (each.charge or not charge)}
        return [user for key, user in able.items() if key in having]

    if rung == ladder.FIRST:
        return with_role(role)
    if rung == ladder.SECOND:
        return with_role(Role.NURSE, charge=True) or with_role(Role.PRESCRIBER)
    return with_role(Role.PRESCRIBER) or with_role(Role.MANAGER)


def in_turn(*, clinic_id: UUID, role: str, now: datetime) -> list[tuple[OnCallRung, Sequence[User]]]:
    """Whom each rung would reach about an urgent task for this role that came now and nobody took."""
    called: set[UUID] = set()
    turns = []
    for rung in OnCallRung:
        found = people(clinic_id=clinic_id, rung=rung, role=role, called=called, now=now)
        called |= {user.pk for user in found}
        turns.append((rung, found))
    return turns


def staffed(*, clinic_id: UUID, now: datetime) -> bool:
    """Whether a nurse works in this clinic at this moment."""
    return _nursing(clinic_id).filter(during__contains=now).exists()


def staffed_again_at(*, clinic_id: UUID, now: datetime) -> datetime | None:
    """When the next nurse begins; None where no hours are laid out ahead."""
    ahead = _nursing(clinic_id).filter(during__startswith__gt=now).order_by("during__startswith")
    opening = ahead.first()
    return opening.during.lower if opening else None


def _roles_on(rung: str, role: str) -> Permission:
    roles = access.CALLED_ABOUT if rung == ladder.SUPERVISOR else access.TASK_OF
    return roles[Role(role)]


def _why_not(user: User, clinic: Clinic, rung: str) -> str:
    if not work.staff(clinic.pk, access.EVERYONE).filter(pk=user.pk).exists():
        return f"{user.full_name} doesn't work in {clinic.name}."
    wanted = access.role_names(_roles_on(rung, ON_CALL_FOR))
    return f"{user.full_name} can't be called for a patient on this rung: choose a {wanted}."


def _nursing(clinic_id: UUID) -> QuerySet[Opening]:
    """A nurse who is out of use keeps the hours that were laid out for them."""
    return Opening.objects.filter(
        resource__clinic=clinic_id, resource__kind=ResourceKind.NURSE, resource__active=True
    )
