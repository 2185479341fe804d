"""What a clinic has to give in a window: openings and claims read as arithmetic reads them. Writes nothing.

Whole minutes since the epoch, as in `availability`. What counts is decided here and nowhere else: a hold that
has run out claims nothing, nor do appointments that are asked to be left out. What fits is `finding`'s.
"""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import BigIntegerField, Func, Q

from scheduler.availability import Interval, Supply, Visit
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Claim,
    Opening,
    Protocol,
    Resource,
    ResourceKind,
)
from scheduler.packing import Rectangle


class _MinutesUp(Func):
    """A moment as whole minutes since the epoch, rounded up."""

    template = "CEIL(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
    output_field = BigIntegerField()


class _MinutesDown(Func):
    """A moment as whole minutes since the epoch, rounded down."""

    template = "FLOOR(EXTRACT(EPOCH FROM %(expressions)s) / 60)::bigint"
    output_field = BigIntegerField()


@dataclass(frozen=True)
class Supplies:
    """Everything a clinic has to give in a window, as `availability` reads it, with the rows behind it."""

    resources: dict[UUID, Resource]
    chairs: list[Supply]
    nurses: list[Supply]
    clinicians: list[Supply]

    def only(self, *, chair: UUID | None, nurse: UUID | None) -> "Supplies":
        """Narrowed to a chosen chair or nurse."""
        return Supplies(
            self.resources,
            [supply for supply in self.chairs if chair in (None, supply.key)],
            [supply for supply in self.nurses if nurse in (None, supply.key)],
            self.clinicians,
        )


def visit_of(protocol: Protocol) -> Visit:
    """A protocol's phases as `availability` reads them."""
    return Visit(
        preparation=protocol.preparation_minutes,
        infusion=protocol.infusion_minutes,
        observation=protocol.observation_minutes,
        turnover=protocol.turnover_minutes,
        preparation_units=protocol.preparation_units,
        infusion_units=protocol.infusion_units,
        observation_units=protocol.observation_units,
    )


def not_counted(now: datetime, without: Collection[UUID] = ()) -> Q:
    """The appointments whose time counts as free: holds that have run out, and those in `without`."""
    return Q(status=AppointmentStatus.PENDING, held_until__lte=now) | Q(pk__in=without)


def supplies(
    clinic_id: UUID,
    low: datetime,
    high: datetime,
    *,
    now: datetime,
    resources: Sequence[Resource] | None = None,
    without: Collection[UUID] = (),
) -> Supplies:
    """Openings and claims of the clinic's working resources in [low, high): three queries.

    `resources` are the rows when they are locked and loaded already. An opening counts from its first
    whole minute to its last; a claim counts for every minute it touches, unless its appointment is a hold
    that has run out by `now` or one of `without`.
    """
    if resources is None:
        resources = list(Resource.objects.filter(clinic_id=clinic_id, active=True))
    ids = [resource.pk for resource in resources]
    window = DateTimeTZRange(low, high)
    opened: dict[UUID, list[Interval]] = {key: [] for key in ids}
    for key, start, end in Opening.objects.filter(resource_id__in=ids, during__overlap=window).values_list(
        "resource_id", _MinutesUp("during__startswith"), _MinutesDown("during__endswith")
    ):
        opened[key].append((start, end))
    taken: dict[UUID, list[Rectangle]] = {key: [] for key in ids}
    free = Appointment.objects.filter(not_counted(now, without), clinic_id=clinic_id)
    for key, start, end, first, last in (
        Claim.objects.filter(resource_id__in=ids, during__overlap=window)
        .exclude(appointment_id__in=free.values("pk"))
        .values_list(
            "resource_id",
            _MinutesDown("during__startswith"),
            _MinutesUp("during__endswith"),
            "units__startswith",
            "units__endswith",
        )
    ):
        taken[key].append(Rectangle(start, end, first, last))
    by_kind: dict[str, list[Supply]] = {kind: [] for kind in ResourceKind.values}
    for resource in sorted(resources, key=lambda resource: (resource.name, resource.pk)):
        by_kind[resource.kind].append(
            Supply(resource.pk, resource.capacity, opened[resource.pk], taken[resource.pk])
        )
    return Supplies(
        {resource.pk: resource for resource in resources},
        by_kind[ResourceKind.CHAIR],
        by_kind[ResourceKind.NURSE],
        by_kind[ResourceKind.CLINICIAN],
    )
