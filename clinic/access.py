"""Fetch and permission are one act: ask here for a row and get it, or a problem.

A `Permission` is the set of roles that may do a thing; each floor lists its own in its `access.py`.
Another clinic's row and a row that does not exist are the same 404; in one's own clinic a missing role
is a 403 that names the roles. There is no other way from an id in a request to a row.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any, Final, TypeVar
from uuid import UUID

from django.db import models
from django.db.models.functions import Now
from django.utils.text import get_text_list

from clinic.models import AccessLog, Clinic, Member, Membership, Patient, Role, StaffLook, User
from clinic.problems import Forbidden, Missing

Permission = frozenset[Role]
RowType = TypeVar("RowType", bound=models.Model)
LONG_LOOK: Final = timedelta(hours=1)


def roles(*allowed: Role) -> Permission:
    return frozenset(allowed)


EVERYONE = roles(*Role)
DESK = roles(Role.FRONT_DESK, Role.MANAGER)
CLINICAL = roles(Role.NURSE, Role.PRESCRIBER)

# The ground floor's own table.
VIEW_PATIENTS = EVERYONE
WRITE_PATIENTS = DESK | CLINICAL
IMPORT_PATIENTS = roles(Role.MANAGER)
SET_UP = roles(Role.MANAGER)
RECORD_CONSENT = DESK | CLINICAL
RECORD_ALLERGIES = CLINICAL
VIEW_ACCESS_LOG = roles(Role.MANAGER, Role.PRESCRIBER)
VIEW_CLINICS = EVERYONE
MANAGE_STAFF = roles(Role.MANAGER)
VIEW_STAFF_ACTIVITY = roles(Role.MANAGER)  # what one of the staff opened, and their sign-ins
VIEW_WORK = EVERYONE
DO_WORK = EVERYONE  # and, for each task, its own role below
TASK_OF = {
    Role.FRONT_DESK: EVERYONE,
    Role.NURSE: CLINICAL,
    Role.PRESCRIBER: roles(Role.PRESCRIBER),
    Role.MANAGER: roles(Role.MANAGER),
}
# And who may be called about it: a manager can't do it, but can see to it that somebody does.
CALLED_ABOUT = {role: allowed | roles(Role.MANAGER) for role, allowed in TASK_OF.items()}


@dataclass(frozen=True)
class Actor:
    """Whoever is asking: a user with roles in clinics, read once per request."""

    user_id: UUID
    name: str
    roles: Mapping[UUID, frozenset[Role]] = field(default_factory=dict)

    def may(self, permission: Permission, clinic_id: UUID) -> bool:
        return not permission.isdisjoint(self.roles.get(clinic_id, frozenset()))

    def clinics(self, permission: Permission) -> list[UUID]:
        """The clinics in which this person holds one of the permission's roles."""
        return [clinic_id for clinic_id in self.roles if self.may(permission, clinic_id)]


def actor_of(user: User) -> Actor:
    """Read a signed-in user's roles: one query."""
    held: dict[UUID, frozenset[Role]] = {}
    for clinic_id, role in Membership.objects.filter(user=user).values_list("clinic_id", "role"):
        held[clinic_id] = held.get(clinic_id, frozenset()) | {Role(role)}
    return Actor(user_id=user.pk, name=user.full_name, roles=held)


def visible(
    actor: Actor, queryset: models.QuerySet[RowType], permission: Permission
) -> models.QuerySet[RowType]:
    """The rows of a list that this person may see; an empty list for somebody without the role."""
    return queryset.filter(**{f"{_clinic_path(queryset.model)}__in": actor.clinics(permission)})


def fetch(
    actor: Actor, queryset: models.QuerySet[RowType], permission: Permission, /, **lookup: Any
) -> RowType:
    """The one row, or `Missing` (not in this person's clinics), or `Forbidden` (not for this role)."""
    path = _clinic_path(queryset.model)
    row = queryset.filter(**{f"{path}__in": list(actor.roles)}, **lookup).first()
    if row is None:
        raise Missing
    require(actor, permission, clinic_id_of(row))
    return row


def require(actor: Actor, permission: Permission, clinic_id: UUID) -> None:
    """Raise `Missing` for a clinic that isn't this person's, `Forbidden` for a role that isn't enough."""
    if clinic_id not in actor.roles:
        raise Missing
    if not actor.may(permission, clinic_id):
        raise Forbidden(refusal(permission))


def refusal(permission: Permission) -> str:
    names = role_names(permission)
    return f"This needs the role {names}." if names else "Nobody may do this."


def role_names(permission: Permission) -> str:
    return get_text_list([role.label.lower() for role in Role if role in permission], "or")


def fetch_clinic(actor: Actor, permission: Permission, clinic_id: UUID) -> Clinic:
    """The clinic that a new row is to stand in."""
    return fetch(actor, Clinic.objects.all(), permission, pk=clinic_id)


def open_chart(actor: Actor, permission: Permission, patient_id: UUID, *, what: str) -> Patient:
    """Fetch a patient and write down that this person looked, at what, in the same transaction."""
    patient = fetch(actor, Patient.objects.select_related("clinic"), permission, pk=patient_id)
    log_look(actor, patient, what=what)
    return patient


def log_look(actor: Actor, patient: Patient, *, what: str) -> None:
    """Write a look at a chart that was fetched by another of its rows (a visit, a session, a message)."""
    AccessLog.objects.create(clinic_id=patient.clinic_id, patient=patient, user_id=actor.user_id, what=what)


def log_long_look(actor: Actor, patient: Patient, *, what: str) -> None:
    """The same for a part of a page that renews itself: a chart that stays open is looked at once an hour."""
    lately = Now() - LONG_LOOK
    if not patient.access_log.filter(user_id=actor.user_id, what=what, at__gt=lately).exists():
        log_look(actor, patient, what=what)


def log_staff_look(actor: Actor, member: Member, *, what: str) -> None:
    """Write down that somebody looked at what one of the staff did."""
    StaffLook.objects.create(
        clinic_id=member.clinic_id, user_id=actor.user_id, about_id=member.user_id, what=what
    )


def clinic_id_of(row: models.Model) -> UUID:
    """Follow the model's `clinic_path` from a loaded row."""
    value: Any = row
    for step in _clinic_path(type(row)).split("__"):
        value = getattr(value, step)
    return value


def _clinic_path(model: type[models.Model]) -> str:
    return str(model.clinic_path)  # type: ignore[attr-defined]
