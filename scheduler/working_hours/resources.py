"""Chairs, nurses and supervising clinicians: added, renamed, changed in capacity, taken out of use.

The hours in which they work are declared in `working_time`; whoever comes back into use has them laid at
once. Nothing here moves a visit: a change that a booked visit stands against is refused with the list of
such visits.
"""

from collections.abc import Sequence
from datetime import datetime
from typing import Final, Literal
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet

from clinic import clock
from clinic.access import Actor
from clinic.models import Clinic, Membership, Role
from clinic.problems import Conflict, Invalid
from clinic.seen import Seen, refuse_unseen
from clinic.transactions import in_transaction, one_at_a_time
from clinic.visible_text import ONE_LINE, hides_something
from scheduler.locks import lock_resource, lock_schedule
from scheduler.models import AppointmentStatus, Claim, Resource, ResourceKind
from scheduler.visits import placing, queries
from scheduler.vocabulary import feature_error
from scheduler.working_hours import openings

MOST_UNITS: Final = 100
# As which member of staff works who is booked as such; a prescriber does what a nurse does.
ROLES_OF: Final = {
    ResourceKind.NURSE: (Role.NURSE, Role.PRESCRIBER),
    ResourceKind.CLINICIAN: (Role.PRESCRIBER,),
}
# Nobody is somebody to be: a change that doesn't speak of the person leaves them.
AS_IT_IS: Final = "as it is"


def add_resource(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    kind: str,
    name: str,
    capacity: int,
    features: Sequence[str] = (),
    user_id: UUID | None = None,
) -> Resource:
    """Add a chair (capacity 1), a nurse (units of nursing load) or a clinician (visits at once).

    `features` are what a chair offers, such as `private-room`; `user_id` is the member of staff behind a
    nurse or clinician. Raises `Invalid`, also for a name that the clinic has for this kind, and for a person
    who is one of this kind already.
    """
    _check_capacity(kind, capacity)
    _check_features(kind, features)
    _check_person(clinic.pk, kind, user_id)
    resource = Resource(
        id=id,
        clinic=clinic,
        kind=kind,
        name=_line(name),
        capacity=capacity,
        features=sorted(set(features)),
        user_id=user_id,
    )

    def work() -> Resource:
        _take_turn(clinic.pk)  # two names that differ by capitals alone would pass each other
        _refuse_twice(resource)
        return _saved(resource)

    return in_transaction(work)


def settings_of(resource: Resource) -> dict[str, object]:
    """What `change_resource` changes, as it stands; `user` is the id of whoever stands behind it."""
    return {
        "name": resource.name,
        "capacity": resource.capacity,
        "features": resource.features,
        "active": resource.active,
        "user": resource.user_id,
    }


def change_resource(
    *,
    actor: Actor,
    resource: Resource,
    name: str | None = None,
    capacity: int | None = None,
    features: Sequence[str] | None = None,
    active: bool | None = None,
    user_id: UUID | Literal["as it is"] | None = AS_IT_IS,
    seen: Seen | None = None,
    now: datetime,
) -> Resource:
    """Change what is given; visits that are done stay as they were. Another member of staff behind a nurse
    takes the visits to come over with it.

    Raises `Invalid`, also for a person who is one of this kind already, and for putting their second place
    back into use; `Conflict` with the `visits` in the way: `capacity_booked` when visits that are not
    done hold units to be given up, `feature_booked` when visits to come need a feature that goes,
    `resource_booked` when any are to come; `ChangedMeanwhile` where something stands otherwise than it was
    `seen`.
    """
    wanted = _given(name=name, capacity=capacity, features=features, active=active)
    if user_id != AS_IT_IS:
        wanted["user"] = user_id

    def work() -> Resource:
        _take_turn(resource.clinic_id)
        placing.release_lapsed(resource.clinic_id, now)
        locked = lock_resource(resource)
        stood_behind, was_active = locked.user_id, locked.active
        refuse_unseen(seen, locked, stands=settings_of(locked), wanted=wanted)
        to_come = Claim.objects.filter(resource=locked, during__endswith__gt=now)
        if name is not None:
            locked.name = _line(name)
        if capacity is not None:
            _check_capacity(locked.kind, capacity)
            _lower(locked, capacity)
        if features is not None:
            _check_features(locked.kind, features)
            _give_up_features(locked, set(locked.features) - set(features), to_come)
            locked.features = sorted(set(features))
        if user_id != AS_IT_IS:
            _check_person(locked.clinic_id, locked.kind, user_id)
            locked.user_id = user_id
        if active is not None:
            if not active:
                _refuse_booked(
                    to_come,
                    f"{locked.name} has visits to come. Move or cancel them first.",
                    code="resource_booked",
                )
            locked.active = active
            if active and not was_active:
                _lay_openings(locked, now)
        if locked.active and (locked.user_id, True) != (stood_behind, was_active):
            _refuse_twice(locked)
        return _saved(locked)

    return in_transaction(work)


def _take_turn(clinic_id: UUID) -> None:
    """Nobody else adds or changes any until the transaction ends, also where none is in use to be locked."""
    one_at_a_time(f"resources:{clinic_id}")
    lock_schedule(clinic_id)


def _given(*, name: str | None, features: Sequence[str] | None, **more: object) -> dict[str, object]:
    """What was given of these, in the shapes of `settings_of`."""
    given = {
        "name": None if name is None else name.strip(),
        "features": None if features is None else sorted(set(features)),
        **more,
    }
    return {key: value for key, value in given.items() if value is not None}


def _lay_openings(resource: Resource, now: datetime) -> None:
    """What was declared for everybody while it was out of use holds for it too. It has no visits to come."""
    clinic = resource.clinic
    today = clock.local_date(now, clinic.time_zone)
    changes = openings.changes(clinic=clinic, resources=[resource], first=today, last=None, now=now)
    openings.write((change, change.redrawn()) for change in changes)


def _lower(resource: Resource, capacity: int) -> None:
    """Claims of visits that are done part with the capacity where they reach past the new one (0006)."""
    beyond = Claim.objects.filter(resource=resource, units__endswith__gt=capacity, capacity__isnull=False)
    done = Q(appointment__status=AppointmentStatus.FULFILLED)
    _refuse_booked(
        beyond.exclude(done),
        f"Visits that are not done hold more than {capacity} of {resource.name}'s units. Move or cancel them,"
        " or mark those as missed to which nobody came.",
        code="capacity_booked",
    )
    beyond.filter(done).update(capacity=None)
    resource.capacity = capacity


def _give_up_features(chair: Resource, gone: set[str], to_come: QuerySet[Claim]) -> None:
    if gone:
        needed = Q(appointment__plan__chair_features__overlap=list(gone)) | Q(
            appointment__protocol__chair_features__overlap=list(gone)
        )
        _refuse_booked(
            to_come.filter(needed),
            f"Visits to come need what {chair.name} would no longer offer: {', '.join(sorted(gone))}."
            " Move them to another chair first.",
            code="feature_booked",
        )


def _line(name: str) -> str:
    if hides_something(name.strip()):
        raise Invalid({"name": ONE_LINE})
    return name.strip()


def _check_features(kind: str, features: Sequence[str]) -> None:
    wrong = feature_error(features)
    if features and kind != ResourceKind.CHAIR:
        wrong = "Only a chair has features."
    if wrong:
        raise Invalid({"features": wrong})


def without_the_role(clinic: Clinic, kind: ResourceKind) -> QuerySet[Resource]:
    """What is in use as a nurse or a clinician though the member of staff behind it no longer has such a
    role here, by name. Whoever has left altogether isn't among them."""
    held = Membership.objects.filter(clinic=clinic, user=OuterRef("user"))
    rows = Resource.objects.filter(Exists(held), clinic=clinic, kind=kind, active=True)
    return rows.exclude(Exists(held.filter(role__in=ROLES_OF[kind]))).order_by("name")


def _check_person(clinic_id: UUID, kind: str, user_id: UUID | None) -> None:
    if user_id is None:
        return
    if kind == ResourceKind.CHAIR:
        raise Invalid({"user": "Nobody stands behind a chair."})
    if not Membership.objects.filter(clinic=clinic_id, user_id=user_id).exists():
        raise Invalid({"user": "This person doesn't work in the clinic."})


def _refuse_twice(resource: Resource) -> None:
    """One person in two places of one kind would nurse twice what one may. Only what becomes so is refused:
    places that were made before this rule can still be changed in all else."""
    if resource.user_id is None:
        return
    same = Resource.objects.filter(clinic=resource.clinic_id, kind=resource.kind, active=True)
    other = same.filter(user=resource.user_id).exclude(pk=resource.pk).order_by("name").first()
    if other:
        raise Invalid(
            {
                "user": f"This person stands behind {other.name} already. Choose somebody else, or change"
                f" {other.name} first."
            }
        )


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
    """Written, under the schedule's lock: read aloud, Chair 2 and chair 2 are one name."""
    of_kind = Resource.objects.filter(clinic=resource.clinic_id, kind=resource.kind)
    if of_kind.filter(name__iexact=resource.name).exclude(pk=resource.pk).exists():
        kind = ResourceKind(resource.kind).label.lower()
        raise Invalid({"name": f"The clinic has a {kind} of this name. Choose another."})
    resource.save()
    return resource
