"""A clinic with so many infusions running, a monitor at each chair, and the day's readings."""

import uuid
from datetime import UTC, datetime, timedelta
from typing import Final

from django.db import connection
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange, NumericRange

from clinic.models import Clinic, Membership, Patient, Role, User
from scheduler.models import (
    Appointment,
    AppointmentStatus,
    Claim,
    Opening,
    Phase,
    Protocol,
    Resource,
    ResourceKind,
    TreatmentPlan,
)
from scheduler.protocols.default_protocols import DEFAULT_PROTOCOLS
from sessions_app.models import (
    InfusionEvent,
    InfusionEventKind,
    MonitorDevice,
    Session,
    SessionState,
    VitalSigns,
)

HOURS: Final = timedelta(hours=4)
EVERY: Final = timedelta(minutes=15)
CODE: Final = "pain-4h"
NAME: Final = "bench"


def identifier(chair: int, clinic: str = NAME) -> str:
    return f"{clinic}-{chair}"


def email(role: Role, clinic: str) -> str:
    return f"{role}@{clinic}.example"


def make(chairs: int, *, readings: bool = False, name: str = NAME) -> list[Session]:
    """Sessions that have been infusing for nearly four hours; with `readings` one set each quarter hour."""
    now = datetime.now(UTC)
    began = now - HOURS + EVERY
    clinic = Clinic.objects.create(
        name=name, sender_name=name, time_zone="UTC", phone="+13125550100", synthetic=True
    )
    staff = {role: _person(clinic, role) for role in (Role.NURSE, Role.PRESCRIBER)}
    record = next(record for record in DEFAULT_PROTOCOLS if record["code"] == CODE)
    prescriber = staff[Role.PRESCRIBER]
    protocol = Protocol.objects.create(
        clinic=clinic, version=1, **record, status="active", approved_by=prescriber, approved_at=began
    )
    sessions = [_seated(clinic, protocol, prescriber, chair, began) for chair in range(chairs)]
    InfusionEvent.objects.bulk_create(
        InfusionEvent(
            session=session,
            kind=InfusionEventKind.START,
            recorded_at=began,
            recorded_by=staff[Role.NURSE],
            happened_at=began,
        )
        for session in sessions
    )
    if readings:
        VitalSigns.objects.bulk_create(
            reading(session, staff[Role.NURSE], began + EVERY * number)
            for session in sessions
            for number in range(int(HOURS / EVERY))
        )
    return sessions


def reading(session: Session, nurse: User, moment: datetime) -> VitalSigns:
    return VitalSigns(
        session=session,
        recorded_by=nurse,
        recorded_at=moment,
        measured_at=moment,
        systolic_mmhg=122,
        diastolic_mmhg=78,
        heart_rate_per_min=71,
        respiratory_rate_per_min=14,
        oxygen_saturation_percent=98,
        temperature_cel="36.6",
        pain_nrs=2,
        rass=0,
    )


def store_samples(sessions: list[Session], count: int, *, after: int = 0) -> None:
    """So many samples of years past, spread over the sessions, straight into the table in one statement.

    The append-only triggers are for UPDATE and DELETE; indexes and keys are made as ever.
    """
    monitors = MonitorDevice.objects.filter(clinic=sessions[0].clinic).order_by("pk")
    devices = list(monitors.values_list("pk", flat=True))
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL synchronous_commit = off")
        cursor.execute(
            """INSERT INTO sessions_app_monitorsample
                   (session_id, device_id, control_id, position, measured_at, received_at,
                    heart_rate_per_min, respiratory_rate_per_min, oxygen_saturation_percent)
               SELECT (%(sessions)s::uuid[])[1 + number %% %(places)s],
                      (%(devices)s::uuid[])[1 + number %% %(places)s],
                      'P' || number, 1, moment, moment, 71, 14, 98
                 FROM generate_series(%(first)s, %(last)s) AS number,
                      LATERAL (SELECT now() - interval '1 day' - number * interval '1 second')
                               AS at (moment)""",
            {
                "sessions": [session.pk for session in sessions],
                "devices": devices,
                "places": min(len(sessions), len(devices)),
                "first": after + 1,
                "last": after + count,
            },
        )


def _person(clinic: Clinic, role: Role) -> User:
    user = User.objects.create(email=email(role, clinic.name), full_name=str(role.label))
    Membership.objects.create(clinic=clinic, user=user, role=role)
    return user


def _seated(clinic: Clinic, protocol: Protocol, prescriber: User, number: int, began: datetime) -> Session:
    arrived = began - timedelta(minutes=30)
    during = DateTimeTZRange(arrived, began + timedelta(hours=6))
    patient = Patient.objects.create(
        clinic=clinic,
        mrn=f"{number:04}",
        family_name=str(number),
        given_names="Bench",
        birth_date="1980-01-01",
    )
    plan = TreatmentPlan.objects.create(
        clinic=clinic,
        patient=patient,
        protocol=protocol,
        indication=protocol.indications[0],
        ordered_dose="0.4",
        sessions_ordered=3,
        valid_from=arrived.date(),
        valid_until=arrived.date() + timedelta(days=90),
        prescriber=prescriber,
    )
    visit = Appointment.objects.create(
        clinic=clinic,
        patient=patient,
        plan=plan,
        protocol=protocol,
        during=during,
        status=AppointmentStatus.CHECKED_IN,
        arrived_at=arrived,
    )
    chair = Resource.objects.create(
        clinic=clinic, kind=ResourceKind.CHAIR, name=f"Chair {number:02}", capacity=1
    )
    Opening.objects.create(resource=chair, during=during)
    Claim.objects.create(
        appointment=visit,
        resource=chair,
        phase=Phase.WHOLE,
        units=NumericRange(0, 1),
        during=during,
        capacity=1,
    )
    MonitorDevice.objects.create(
        id=uuid.uuid4(),
        clinic=clinic,
        identifier=identifier(number, clinic.name),
        name=f"Monitor {number}",
        chair=chair,
        chair_since=arrived,
    )
    return Session.objects.create(
        clinic=clinic,
        patient=patient,
        appointment=visit,
        protocol=protocol,
        state=SessionState.INFUSING,
        arrived_at=arrived,
        started_at=began,
    )
