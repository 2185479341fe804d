"""Old signatures verify for ever: each form of the record has its columns by name."""

import json
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models, transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange

from clinic.models import Clinic, Patient, User
from scheduler.models import Appointment, AppointmentStatus, Protocol, TreatmentPlan
from sessions_app.lines import PARTS
from sessions_app.models import Session, SignedRecord
from sessions_app.signing import forms
from sessions_app.signing.forms import FORMS, NEWEST
from sessions_app.signing.verification import verify_chain

# Two versions of one record exactly as the first form's own code wrote them, before the second form came.
SIGNED_IN_FORM_1 = Path(__file__).with_name("signed_in_form_1.json")


def test_a_record_that_was_signed_in_the_first_form_still_holds(db: None) -> None:
    patient = laid_down(json.loads(SIGNED_IN_FORM_1.read_text()))
    assert verify_chain(patient=patient) is None


def test_a_changed_line_under_the_first_form_is_found(db: None) -> None:
    sample = json.loads(SIGNED_IN_FORM_1.read_text())
    patient = laid_down(sample, systolic_mmhg=123)
    broken = verify_chain(patient=patient)
    assert broken is not None
    assert "vital_signs.0.systolic_mmhg" in broken.what


def test_a_line_of_a_part_that_the_first_form_does_not_know_is_found(db: None) -> None:
    patient = laid_down(json.loads(SIGNED_IN_FORM_1.read_text()))
    session = patient.sessions.get()
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        cursor.execute("ALTER TABLE sessions_app_sessionnote DISABLE TRIGGER USER")
        cursor.execute(
            "INSERT INTO sessions_app_sessionnote (id, session_id, text, correction_reason, revision,"
            " recorded_by_id, recorded_at) VALUES (gen_random_uuid(), %s, 'x', '', 0, %s, now())",
            [session.pk, session.signed_records.first().signed_by_id],  # type: ignore[union-attr]
        )
        cursor.execute("ALTER TABLE sessions_app_sessionnote ENABLE TRIGGER USER")
    broken = verify_chain(patient=patient)
    assert broken is not None
    assert "notes " in broken.what


@pytest.mark.parametrize("part", PARTS)
def test_every_column_of_a_line_is_in_the_newest_form_or_left_out_on_purpose(part: str) -> None:
    columns = {field.name for field in PARTS[part]._meta.concrete_fields}
    assert set(NEWEST.lines[part]) == columns - forms.LEFT_OUT


def test_every_column_of_the_protocol_is_in_the_newest_form_or_left_out_on_purpose() -> None:
    columns = {field.name for field in Protocol._meta.concrete_fields}
    assert set(NEWEST.protocol) == columns - forms.PROTOCOL_LEFT_OUT


@pytest.mark.parametrize("name", FORMS)
def test_a_form_names_no_column_twice_and_only_parts_of_the_record(name: str) -> None:
    form = FORMS[name]
    assert form.name == name
    assert set(form.lines) <= set(PARTS)
    for columns in (*form.lines.values(), form.session, form.protocol, form.plan):
        assert len(columns) == len(set(columns))


def laid_down(sample: list[dict[str, Any]], **first_reading: Any) -> Patient:
    """The rows behind these signed versions, as they stand in the content, but for changes to the first
    reading. The house is made of the names that were frozen."""
    versions = [json.loads(each["content"]) for each in sample]
    last = versions[-1]
    for person, facts in last["people"].items():
        User.objects.create(pk=person, email=f"{person}@lakeside.example", full_name=facts["name"])
    clinic = Clinic.objects.create(
        pk=last["clinic"]["id"], name=last["clinic"]["name"], sender_name="Lakeside"
    )
    patient = Patient.objects.create(clinic=clinic, **{**last["patient"], "id": last["patient"]["id"]})
    protocol = _made(Protocol, last["protocol"], status="active")
    plan = _made(TreatmentPlan, last["plan"], clinic=clinic, patient=patient, protocol=protocol)
    course = {name: value for name, value in last["session"].items() if name != "ended_as"}
    start, end = (datetime.fromisoformat(course.pop(name)) for name in ("planned_start", "planned_end"))
    Appointment.objects.create(
        pk=course["appointment"],
        clinic=clinic,
        patient=patient,
        plan=plan,
        protocol=protocol,
        during=DateTimeTZRange(start, end),
        status=AppointmentStatus.FULFILLED,
        arrived_at=start,
        booked_by=User.objects.get(pk=last["signature"]["signed_by"]),
    )
    session = _made(Session, course, clinic=clinic, patient=patient, state="signed")
    with transaction.atomic():
        for version, sent in zip(versions, sample, strict=True):
            for part in FORMS[version["form"]].lines:
                for line in version[part]:
                    known = PARTS[part]._default_manager.filter(pk=line["id"]).exists()
                    if not known:
                        changes = first_reading if part == "vital_signs" and not line["amendment"] else {}
                        _made(PARTS[part], {**line, **changes}, session=session)
                        first_reading = {} if part == "vital_signs" else first_reading
            _made(
                SignedRecord,
                version["signature"],
                session=session,
                patient=patient,
                content=sent["content"],
                sha256=sent["sha256"],
            )
    return patient


def _made(model: type[models.Model], frozen: dict[str, Any], **more: Any) -> Any:
    """A row of these frozen values; a column that came later has its default."""
    names = {field.name: field for field in model._meta.concrete_fields}
    values = {names[name].attname: names[name].to_python(value) for name, value in frozen.items()}
    row = model._default_manager.create(**values, **more)
    row.refresh_from_db()
    return row
