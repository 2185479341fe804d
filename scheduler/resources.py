"""Chairs, nurses and supervising clinicians: added, renamed, changed in capacity, taken out of use.

The hours in which they work are in `working_time`. Nothing here moves a visit: a change that a booked
visit stands against is refused with the list of such visits.
"""

from datetime import datetime
from typing import Final
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import QuerySet

from clinic.access import Actor
from clinic.models import Clinic, Membership
from clinic.problems import Conflict, Invalid
from clinic.transactions import in_transaction, violated_constraint
from scheduler import queries
from scheduler.locks import lock_resource
from scheduler.models import Claim, Resource, ResourceKind

MOST_UNITS: Final = 100


def add_resource(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    kind: str,
    name: str,
    capacity: int,
    user_id: UUID | None = None,
) -> Resource:
    """Add a chair (capacity 1), a nurse (units of nursing load) or a clinician (visits at once).

    `user_id` is the member of staff behind a nurse or clinician. Raises `Invalid`, also for a name that
    the clinic has for this kind.
    """
    _check_capacity(kind, capacity)
    if user_id and not Membership.objects.filter(clinic=clinic, user_id=user_id).exists():
        raise Invalid({"user": "This person doesn't work in the clinic."})
    resource = Resource(
        id=id, clinic=clinic, kind=kind, name=name.strip(), capacity=capacity, user_id=user_id
    )
    return in_transaction(lambda: _saved(resource))


def change_resource(
    *,
    actor: Actor,
    resource: Resource,
    name: str | None = None,
    capacity: int | None = None,
    active: bool | None = None,
    now: datetime,
) -> Resource:
    """Change what is given. Raises `Conflict` with the `visits` in the way: `capacity_booked` when claims
    lie in the units to be given up, past ones too, `resource_booked` when visits are still to come."""

    def work() -> Resource:
        locked = lock_resource(resource)
        if name is not None:
            locked.name = name.strip()
        if capacity is not None:
            _check_capacity(locked.kind, capacity)
            _refuse_booked(
                Claim.objects.filter(resource=locked, units__endswith__gt=capacity),
                f"Visits past or to come hold more than {capacity} of {locked.name}'s units. For a lower"
                " capacity from now on, add a new resource and take this one out of use.",
                code="capacity_booked",
            )
            locked.capacity = capacity
        if active is not None:
            if not active:
                _refuse_booked(
                    Claim.objects.filter(resource=locked, during__endswith__gt=now),
                    f"{locked.name} has visits to come. Move or cancel them first.",
                    code="resource_booked",
                )
            locked.active = active
        return _saved(locked)

    return in_transaction(work)


def _check_capacity(kind: str, capacity: int) -> None:
    if kind == ResourceKind.CHAIR and capacity != 1:
        raise Invalid({"capacity": "A chair holds one patient: give 1."})
    if not 1 <= capacity <= MOST_UNITS:
        raise Invalid({"capacity": f"Give 1 to {MOST_UNITS} units."})


def _refuse_booked(claims: QuerySet[Claim], detail: str, *, code: str) -> None:
    visits = queries.standing_in_the_way(claims)
    if visits:
        raise Conflict(detail, code=code, visits=visits)


def _saved(resource: Resource) -> Resource:
    try:
        with transaction.atomic():
            resource.save()
    except IntegrityError as error:
        if violated_constraint(error) != "resource_name_once":
            raise
        kind = ResourceKind(resource.kind).label.lower()
        raise Invalid({"name": f"The clinic has a {kind} of this name. Choose another."}) from error
    return resource
