"""What the patient will be told of a visit that is about to be booked, in words for whoever books it."""

from datetime import datetime

from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from notifications.planning.rules import CONFIRMATION
from notifications.reporting import preview
from notifications.reporting.preview import Foreseen
from notifications.reporting.untold import how_to_prepare
from scheduler.finding.free_times import FeasibleStart
from scheduler.models import Appointment, AppointmentStatus, TreatmentPlan
from scheduler.vocabulary import spoken_time


def told_of(plan: TreatmentPlan, feasible: FeasibleStart, now: datetime) -> str:
    """What is written to them at once, as the planner would have it of this visit, which isn't booked yet: a
    sentence, from a fixed number of queries."""
    visit = Appointment(
        clinic=plan.clinic,
        patient=plan.patient,
        plan=plan,
        protocol=plan.protocol,
        during=DateTimeTZRange(feasible.start, feasible.end),
        status=AppointmentStatus.BOOKED,
        created_at=now,
    )
    lines = preview.foreseen(visit, now)
    confirmation = next((line for line in lines if line.stage == CONFIRMATION), None)
    return _at_once(confirmation, plan.patient.given_names, plan.clinic.time_zone, now)


def untold_in_words(visit: Appointment) -> str:
    """What the visit's own page says of one of which no message tells before it, for another page."""
    phone = visit.patient.phone.as_national if visit.patient.phone else "no telephone number is on record"
    return (
        f"Call them: no message goes out before the visit. {visit.patient.full_name}, {phone}."
        f" How to prepare: {how_to_prepare(visit)}"
    )


def _at_once(line: Foreseen | None, name: str, zone: str, now: datetime) -> str:
    if line is None:
        return f"The clinic writes {name} no confirmation: say the time yourself."
    if line.why_not:
        return f"{name} isn't written to. {line.why_not} Say the time yourself."
    form = next(written.form for written in line.written if written.goes)
    when = "at once" if line.due_at <= now else f"on {spoken_time(line.due_at, zone, now=now)}"
    return f"{name} is told {when} by {form.label.lower()}."
