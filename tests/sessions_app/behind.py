"""What a superuser could do to a record, past the triggers; and a record that has a line of every kind."""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.db import connection

from sessions_app import models
from sessions_app.lines import PARTS
from sessions_app.models import Session
from tests.cast import House
from tests.sessions_app import stories

TABLES = ["signedrecord", "session", *(str(model._meta.model_name) for model in PARTS.values())]


def behind_the_triggers(statement: str, *values: Any) -> None:
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE sessions_app_{table} DISABLE TRIGGER USER")
        cursor.execute(statement, values or None)
        for table in TABLES:
            cursor.execute(f"ALTER TABLE sessions_app_{table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # as an amendment needs them


def without_keys() -> None:
    """Drop every foreign key of this floor's tables: nothing but the verification is left in the way."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute(
            """SELECT conrelid::regclass::text, conname FROM pg_constraint
                WHERE contype = 'f' AND conrelid::regclass::text LIKE 'sessions_app_%'"""
        )
        for table, name in cursor.fetchall():
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT "{name}"')


def one_of_each(session: Session) -> None:
    """A line of each kind that the session has none of yet, as bare rows, whatever its state."""
    at, by = session.arrived_at + timedelta(minutes=30), session.infusion_events.earliest("recorded_at")
    line = {"session": session, "recorded_at": at, "recorded_by_id": by.recorded_by_id}
    reading = session.vital_signs.earliest("measured_at")
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE sessions_app_{table} DISABLE TRIGGER USER")
        models.PrescriberOverride.objects.create(
            **line, subject="start_limits", about=reading.pk, reason="Known hypertension"
        )
        models.MedicineGiven.objects.create(
            **line,
            medicine="ondansetron",
            amount=Decimal("4"),
            unit="mg",
            route="IV",
            given_at=at,
            reason="Nausea",
        )
        alert = models.Alert.objects.create(
            **line,
            kind="limit",
            level="caution",
            sign="systolic_mmhg",
            detail="162, limit 160",
            raised_at=at,
            reading=reading,
        )
        models.AlertStep.objects.create(**line, alert=alert, kind="resolved", words="Rested, now 130")
        models.SideEffect.objects.create(
            **line, term="nausea", onset_at=at, grade=1, outcome="resolved", ended_at=at, action="Reclined"
        )
        models.SessionNote.objects.create(**line, text="Slept through most of it. Zoë sat with her.")
        for table in TABLES:
            cursor.execute(f"ALTER TABLE sessions_app_{table} ENABLE TRIGGER USER")
        cursor.execute("SET CONSTRAINTS ALL DEFERRED")  # as an amendment needs them


def full(house: House) -> Session:
    """A discharged session with a line of every kind, ready to be signed."""
    session = stories.discharged(house)
    one_of_each(session)
    return stories.fresh(session)
