"""Clinics with many coming visits, and a past full of messages, for `bench.message_planner`."""

from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from uuid import uuid4

from django.db import connection

from bench.scratch import tidy
from clinic.models import Clinic, User
from scheduler.protocols import protocols

ZONES: Final = ("America/New_York", "America/Chicago", "America/Phoenix", "America/Los_Angeles")
CLINICS: Final = 20
VISITS_A_PATIENT: Final = 5
SPACING: Final = timedelta(days=12)
# The stages of which a past visit has a message each, and how long before it.
SAID: Final = (("confirmation", 40), ("T-7d", 7), ("T-3d", 3), ("T-1d", 1))

PATIENTS: Final = """
    INSERT INTO clinic_patient (id, clinic_id, mrn, family_name, given_names, birth_date, deceased, gender,
           phone, phone_as_given, email, address_line, city, state, postal_code, time_zone, language,
           preferred_channel, escort_name, escort_phone, flags, synthetic)
    SELECT gen_random_uuid(), (%(clinics)s::uuid[])[1 + number %% %(of_clinics)s], 'B' || number,
           'F' || number, 'Bench', '1980-01-01', false, 'unknown', '', '', number || '@bench.example',
           '', '', '', '', '', 'en', 'email', '', '', '{}', true
      FROM generate_series(1, %(patients)s) AS number"""
CONSENTS: Final = """
    INSERT INTO clinic_consent (id, clinic_id, patient_id, scope, form_version, method, given_at, revoked_how)
    SELECT gen_random_uuid(), clinic_id, id, scope, '1', 'paper form', %(now)s, ''
      FROM clinic_patient, unnest(ARRAY['email', 'treatment']) AS scope"""
PLANS: Final = """
    INSERT INTO scheduler_treatmentplan (id, clinic_id, patient_id, protocol_id, indication, ordered_dose,
           sessions_ordered, valid_from, valid_until, prescriber_id, status, prior_treatments, chair_features)
    SELECT gen_random_uuid(), patient.clinic_id, patient.id, protocol.id, 'F33.2', %(dose)s, 12,
           %(now)s::date - 400, %(now)s::date + 400, %(user)s, 'active', '', '{}'
      FROM clinic_patient patient
      JOIN scheduler_protocol protocol
        ON protocol.clinic_id = patient.clinic_id AND protocol.code = 'mood-40'"""
# Every patient has as many visits, so many days apart, at a quarter of an hour of their own in the day.
VISITS: Final = """
    INSERT INTO scheduler_appointment (id, created_at, clinic_id, patient_id, plan_id, protocol_id, during,
           status, patient_status, cancelation_reason, claims_changed)
    SELECT gen_random_uuid(), %(now)s - interval '30 days', plan.clinic_id, plan.patient_id, plan.id,
           plan.protocol_id, tstzrange(starts_at, starts_at + interval '2 hours'), %(status)s,
           'needs-action', '', 0
      FROM (SELECT *, row_number() OVER (ORDER BY id) AS place FROM scheduler_treatmentplan) plan,
           generate_series(0, %(each)s - 1) AS number,
           LATERAL (SELECT date_trunc('day', %(first)s::timestamptz)
                           + number * %(spacing)s + (place %% 12) * interval '1 day'
                           + interval '15 hours' + (place %% 32) * interval '15 minutes') AS at (starts_at)"""
MESSAGES: Final = """
    INSERT INTO notifications_message (id, created_at, clinic_id, patient_id, appointment_id, kind, stage,
           key, visit_starts_at, text, form, urgent, due_at, stale_at, status, reason, sent_at)
    SELECT gen_random_uuid(), due_at, clinic_id, patient_id, visit.id,
           CASE stage WHEN 'confirmation' THEN stage ELSE 'reminder' END, stage,
           visit.id || ':' || stage || ':'
           || to_char(lower(during) AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS"Z"'),
           lower(during), '', '', false, due_at, lower(during), 'sent', '', due_at
      FROM scheduler_appointment visit,
           unnest(%(stages)s::text[], %(days)s::int[]) AS said (stage, days),
           LATERAL (SELECT lower(during) - said.days * interval '1 day') AS at (due_at)
     WHERE visit.status = 'fulfilled'"""


def make(*, coming: int, past: int, now: datetime) -> None:
    """So many visits from tomorrow on, of which nobody was told, and past ones with their messages."""
    user = User.objects.create(email=f"{uuid4()}@bench.example", full_name="Prescriber")
    clinics = []
    for number in range(CLINICS):
        clinic = Clinic.objects.create(
            name=f"Bench {number}",
            sender_name="Bench",
            time_zone=ZONES[number % len(ZONES)],
            phone="+13125550100",
            synthetic=True,
        )
        protocols.adopt_defaults(clinic=clinic)
        clinics.append(clinic.pk)
    patients = coming // VISITS_A_PATIENT
    run("clinic_patient", PATIENTS, clinics=clinics, of_clinics=CLINICS, patients=patients)
    run("clinic_consent", CONSENTS, now=now)
    run("scheduler_treatmentplan", PLANS, now=now, dose=Decimal("0.5"), user=user.pk)
    tidy()  # or each visit's keys are looked for in tables that are thought empty
    long_ago = now - timedelta(days=14) - SPACING * (past // patients)
    for status, count, first in (
        ("booked", coming, now + timedelta(days=1)),
        ("fulfilled", past, long_ago),
    ):
        run(
            "scheduler_appointment",
            VISITS,
            now=now,
            status=status,
            each=count // patients,
            spacing=SPACING,
            first=first,
        )
    stages, days = zip(*SAID, strict=True)
    run("notifications_message", MESSAGES, stages=list(stages), days=list(days))
    tidy()


def run(table: str, statement: str, **asked: Any) -> None:
    """One statement for any number of rows, without their history, which nobody reads here."""
    with connection.cursor() as cursor:
        cursor.execute("SET statement_timeout = 0")
        cursor.execute(f"ALTER TABLE {table} DISABLE TRIGGER USER")
        cursor.execute(statement, asked)
        cursor.execute(f"ALTER TABLE {table} ENABLE TRIGGER USER")
