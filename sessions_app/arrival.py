"""The patient is there: a session is opened for an arrived visit. What happens in it is not here."""

from datetime import datetime
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.locks import lock_visit
from scheduler.models import Appointment
from scheduler.visits import attendance
from sessions_app.models import Session


def open_session(*, actor: Actor, id: UUID, appointment: Appointment, now: datetime) -> Session:
    """Open the record of a visit that has arrived.

    Raises `Conflict` with code `not_arrived`, or `session_exists` with the open session's id.
    """

    def work() -> Session:
        visit = lock_visit(appointment)
        existing = Session.objects.filter(appointment=visit).first()
        if existing is not None:
            raise Conflict(
                "This visit has a session already: go on with that one.",
                code="session_exists",
                session=str(existing.pk),
            )
        attendance.open_record(appointment=visit, now=now)
        return Session.objects.create(
            id=id,
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            appointment=visit,
            protocol_id=visit.protocol_id,
            arrived_at=visit.arrived_at or now,
        )

    return in_transaction(work)
