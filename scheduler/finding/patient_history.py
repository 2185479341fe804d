"""What a search for a time has to know of the patient: their other visits and whom they know. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from scheduler.finding.supply import not_counted
from scheduler.models import LIVE_STATUSES, Appointment, Claim, ResourceKind


@dataclass(frozen=True)
class PatientHistory:
    """The patient's live visits, as booking needs them, and the nurse they know."""

    visits: list[tuple[UUID, UUID, datetime, datetime]]  # (appointment, plan, start, end)
    nurse: UUID | None


def history_of(
    patient_id: UUID,
    *,
    now: datetime,
    without: Collection[UUID] = (),
    around: tuple[datetime, datetime] | None = None,
) -> PatientHistory:
    """The patient's live visits, all or those `around` a window, and the nurse of the latest: two queries.

    A hold that has run out by `now` is no visit, nor is any of `without`.
    """
    all_visits = Appointment.objects.filter(patient_id=patient_id, status__in=LIVE_STATUSES)
    if around is not None:
        all_visits = all_visits.filter(during__overlap=DateTimeTZRange(*around))
    visits = list(
        all_visits.exclude(not_counted(now, without))
        .order_by("during__startswith")
        .values_list("pk", "plan_id", "during__startswith", "during__endswith")
    )
    nurse = (
        Claim.objects.filter(appointment__patient_id=patient_id, resource__kind=ResourceKind.NURSE)
        .order_by("-during__startswith")
        .values_list("resource_id", flat=True)
        .first()
    )
    return PatientHistory(visits, nurse)
