"""What a search for a time has to know of the patient: their other visits and whom they know. Reads only."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.prepared import fetch_all
from scheduler.models import LIVE_STATUSES, Appointment, AppointmentStatus, ResourceKind

KnownVisit = tuple[UUID, UUID, datetime, datetime]  # (appointment, plan, start, end)

# Always a row, with the nurse; without a visit nothing else is in it.
READ: Final = """
    SELECT known.nurse, visit.id, visit.plan_id, lower(visit.during), upper(visit.during)
      FROM (SELECT (SELECT claim.resource_id FROM scheduler_claim claim
                      JOIN scheduler_appointment of ON of.id = claim.appointment_id
                      JOIN scheduler_resource nurse ON nurse.id = claim.resource_id
                     WHERE of.patient_id = %(patient)s AND nurse.kind = %(nurse)s
                     ORDER BY lower(claim.during) DESC LIMIT 1) AS nurse) known
      LEFT JOIN scheduler_appointment visit
             ON visit.patient_id = %(patient)s
            AND visit.status = ANY(%(live)s)
            AND visit.during && %(around)s
            AND NOT (visit.status = %(held)s AND visit.held_until <= %(now)s)
            AND visit.id <> ALL(%(without)s::uuid[])
     ORDER BY visit.during"""


@dataclass(frozen=True)
class PatientHistory:
    """The patient's live visits, as booking needs them, and the nurse they know."""

    visits: list[KnownVisit]
    nurse: UUID | None


def history_of(
    patient_id: UUID,
    *,
    now: datetime,
    without: Collection[UUID] = (),
    around: tuple[datetime, datetime] | None = None,
) -> PatientHistory:
    """The patient's live visits, all or those `around` a window, and the nurse of the latest: one query.

    A hold that has run out by `now` is no visit, nor is any of `without`.
    """
    rows = fetch_all(
        READ,
        {
            "patient": patient_id,
            "around": DateTimeTZRange(*around or (None, None)),
            "without": list(without),
            "now": now,
            "live": list(LIVE_STATUSES),
            "held": AppointmentStatus.PENDING,
            "nurse": ResourceKind.NURSE,
        },
    )
    return PatientHistory([(*row,) for _, *row in rows if row[0]], nurse=rows[0][0])


def visits_of_all(patients: Collection[UUID], *, now: datetime) -> dict[UUID, list[KnownVisit]]:
    """The live visits of each of these patients, as `history_of` reads those of one: one query."""
    rows = (
        Appointment.objects.filter(patient__in=patients, status__in=LIVE_STATUSES)
        .exclude(status=AppointmentStatus.PENDING, held_until__lte=now)
        .order_by("during__startswith")
        .values_list("patient", "pk", "plan", "during__startswith", "during__endswith")
    )
    found: dict[UUID, list[KnownVisit]] = {patient: [] for patient in patients}
    for patient, *visit in rows:
        found[patient].append((*visit,))
    return found
