"""The repairs of a day that were carried out already: another one comes on top of them. Writes nothing.

Saying twice that the clinic is forty minutes late moves people twice; nobody but the desk knows whether that
is meant, so it is told and not refused.
"""

from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from clinic.models import Clinic
from scheduler.models import Appointment, Repair, Resource
from scheduler.repairing.reading import Mishap, Missing, RunningLate, missing_of


@dataclass(frozen=True)
class Earlier:
    """One repair that was carried out, and what had gone wrong."""

    repair: UUID
    at: datetime
    mishap: Mishap


def carried_out(clinic: Clinic, day: date) -> list[Earlier]:
    """The repairs of this local day, the first one first: two queries."""
    rows = list(
        Repair.objects.filter(clinic=clinic, day=day).exclude(accepted_at=None).order_by("accepted_at")
    )
    resources = {resource.pk: resource for resource in Resource.objects.filter(clinic=clinic)} if rows else {}
    return [Earlier(row.pk, row.accepted_at, _mishap(row, resources)) for row in rows if row.accepted_at]


def alike(one: Mishap, other: Mishap) -> bool:
    """The same might have been said twice: late and late, or the same one missing at the same time."""
    if isinstance(one, RunningLate) and isinstance(other, RunningLate):
        keys = {mishap.appointment.pk if mishap.appointment else None for mishap in (one, other)}
        return None in keys or len(keys) == 1
    if isinstance(one, Missing) and isinstance(other, Missing):
        return one.resource == other.resource and one.start < other.end and other.start < one.end
    return False


def _mishap(row: Repair, resources: dict[UUID, Resource]) -> Mishap:
    data = row.disruption
    if data["kind"] == "late":
        key = data["appointment"]
        return RunningLate(data["minutes"], Appointment(pk=UUID(key)) if key else None)
    return missing_of(data, resources[UUID(data["resource"])] if data["resource"] else None)
