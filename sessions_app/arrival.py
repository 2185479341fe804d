"""The patient is there: a session is opened for an arrived visit, with what the patient confirmed beforehand
as lines of its checklist. What happens in it is not here.
"""

from datetime import datetime
from uuid import UUID

from clinic.access import Actor
from clinic.problems import Conflict
from clinic.transactions import in_transaction
from scheduler.locks import lock_visit
from scheduler.models import Appointment
from scheduler.visits import attendance
from sessions_app.models import AnsweredBy, ChecklistAnswer, Session
from sessions_app.preparing import checklist, readiness


def open_session(*, actor: Actor, id: UUID, appointment: Appointment, now: datetime) -> Session:
    """Open the record of a visit that has arrived; the newest readiness answers some items already.

    Raises `Conflict` with code `not_arrived`, `chair_not_free` while the chair is another visit's, or
    `session_exists` with the open session's id.
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
        session = Session.objects.create(
            id=id,
            clinic_id=visit.clinic_id,
            patient_id=visit.patient_id,
            appointment=visit,
            protocol_id=visit.protocol_id,
            arrived_at=visit.arrived_at or now,
        )
        _take_over_readiness(session, actor=actor, now=now)
        return session

    return in_transaction(work)


def _take_over_readiness(session: Session, *, actor: Actor, now: datetime) -> None:
    """Lines of the patient's own answers, marked as such; they came with the session's first revision.

    That all is well is asked anew when another visit has come between; a doubt stands (`readiness.standing`).
    """
    asked = {item.code for item in checklist.items_of(session.protocol)}
    ChecklistAnswer.objects.bulk_create(
        ChecklistAnswer(
            session=session,
            revision=session.revision,
            recorded_by_id=actor.user_id,
            recorded_at=now,
            item=said.item,
            result=said.result,
            note=said.note,
            source=AnsweredBy.PATIENT,
        )
        for said in readiness.said(readiness.standing(session.appointment))
        if said.item in asked
    )
