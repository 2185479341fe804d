"""Whom no message tells of their visit before it, so that somebody has to call; and what to say then. Reads
only. The task for it is `delivering.untold_visits`'s.
"""

from datetime import datetime

from notifications.planning import said
from notifications.reporting import preview
from notifications.wording import writing
from notifications.wording.writing import Fasting
from scheduler.models import Appointment, AppointmentStatus, ParticipantStatus


def is_untold(appointment: Appointment, now: datetime) -> bool:
    """Whether nothing has told, nor will tell, this patient of the visit's start before it. Never of one that
    they have confirmed, and that isn't to come. A fixed number of queries."""
    to_come = appointment.status == AppointmentStatus.BOOKED and appointment.starts_at > now
    if not to_come or appointment.patient_status == ParticipantStatus.ACCEPTED:
        return False
    if said.telling().filter(appointment=appointment, visit_starts_at=appointment.starts_at).exists():
        return False
    return not any(
        line.kind in said.BEFORE_A_VISIT and not line.why_not and line.due_at < appointment.starts_at
        for line in preview.foreseen(appointment, now)
    )


def how_to_prepare(appointment: Appointment) -> str:
    """What a message would have said of it, in English, for whoever calls."""
    clinic, protocol = appointment.clinic, appointment.protocol
    words = writing.words_for(
        sender=clinic.sender_name,
        phone=clinic.phone.as_national,
        clinic_zone=clinic.time_zone,
        visit_starts_at=appointment.starts_at,
        fasting=Fasting(protocol.fasting_light_meal_hours, protocol.fasting_clear_hours),
    )
    return words.preparation.replace("\n", " ")
