"""Visits as rows, for stories about messages: no chair, nurse or clinician is needed to be reminded."""

from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection
from psycopg.types.range import TimestamptzRange

from clinic.models import Patient
from scheduler.models import Appointment, AppointmentStatus, Protocol, TreatmentPlan
from scheduler.protocols import protocols
from sessions_app.models import Session, SessionState
from tests.cast import NOW, House, local
from tests.kept import kept
from tests.scheduler.stage import plan_row

# A Thursday ten days after NOW, 9:30 in Chicago.
VISIT = local(date(2027, 1, 21), "9:30")
DATED = """
SET CONSTRAINTS ALL IMMEDIATE;
ALTER TABLE {history} DISABLE TRIGGER USER;
UPDATE {history} SET pgh_created_at = %s WHERE {which};
ALTER TABLE {history} ENABLE TRIGGER USER;
"""


@kept
def book(house: House, patient: Patient, starts_at: datetime = VISIT, **fields: Any) -> Appointment:
    plan = TreatmentPlan.objects.filter(patient=patient).first() or write_plan(house, patient)
    # When a row was written is the database's own time, too, but for one that is told.
    appointment = Appointment.objects.create(
        clinic=house.clinic,
        patient=patient,
        plan=plan,
        protocol=plan.protocol,
        during=stretch(starts_at),
        booked_by=house.ana,
        **{"created_at": NOW, **fields},
    )
    return Appointment.objects.get(pk=appointment.pk)


def write_plan(house: House, patient: Patient) -> TreatmentPlan:
    protocols.adopt_defaults(clinic=house.clinic)
    return plan_row(house, Protocol.objects.get(clinic=house.clinic, code="mood-40"), patient)


def stretch(starts_at: datetime) -> TimestamptzRange:
    return TimestamptzRange(starts_at, starts_at + timedelta(hours=2))


def cancel(appointment: Appointment, at: datetime = NOW) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(
        status=AppointmentStatus.CANCELLED, cancelation_reason="pat", cancelled_at=at
    )


def move(appointment: Appointment, starts_at: datetime) -> None:
    Appointment.objects.filter(pk=appointment.pk).update(during=stretch(starts_at))


def confirm(visit: Appointment, at: datetime) -> None:
    Appointment.objects.filter(pk=visit.pk).update(patient_status="accepted")
    date_history(
        "scheduler_appointmentevent", at, "pgh_obj_id = %s AND patient_status = 'accepted'", visit.pk
    )


def date_history(history: str, at: datetime, which: str = "true", *about: Any) -> None:
    """The history's time is the database's own, which no test can stop."""
    with connection.cursor() as cursor:
        cursor.execute(DATED.format(history=history, which=which), [at, *about])


def discharge(appointment: Appointment, at: datetime) -> Session:
    """The visit took place and the patient went home at `at`."""
    Appointment.objects.filter(pk=appointment.pk).update(status=AppointmentStatus.FULFILLED)
    return Session.objects.create(
        clinic=appointment.clinic,
        patient=appointment.patient,
        appointment=appointment,
        protocol=appointment.protocol,
        state=SessionState.DISCHARGED,
        arrived_at=appointment.starts_at,
        started_at=appointment.starts_at + timedelta(minutes=20),
        stopped_at=appointment.starts_at + timedelta(minutes=60),
        discharged_at=at,
    )
