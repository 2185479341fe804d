"""Patients: register one, and mend what is known about them. Consent, access and search are elsewhere.

What may be said about a patient is checked here, for pages, API and import alike; a refusal names the
field and the mend, and never repeats what was typed.
"""

import re
from collections.abc import Mapping
from datetime import date, datetime
from typing import Any, TypedDict
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError
from phonenumber_field.phonenumber import PhoneNumber, to_python

from clinic import clock
from clinic.access import Actor
from clinic.history import acting
from clinic.models import Channel, Clinic, Patient
from clinic.problems import Conflict, Invalid
from clinic.shared_numbers import refuse_unasked
from clinic.transactions import in_transaction, violated_constraint
from clinic.visible_text import ONE_LINE, hides_something, is_visible

OLDEST_BIRTH_DATE = date(1900, 1, 1)
LINES = {
    "mrn",
    "family_name",
    "given_names",
    "address_line",
    "city",
    "state",
    "postal_code",
    "escort_name",
    "flags",
}
LANGUAGE_TAG = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8})*")
PHONE_MEND = "This isn't a number that can be dialled. Write it in full, such as +1 312 555 0142."


class PatientDetails(TypedDict, total=False):
    """What can be known of a patient; the keys are the columns of `clinic.models.Patient`."""

    mrn: str
    family_name: str
    given_names: str
    birth_date: date
    deceased: bool
    gender: str
    phone: str | PhoneNumber
    email: str
    address_line: str
    city: str
    state: str
    postal_code: str
    time_zone: str
    language: str
    preferred_channel: str
    escort_name: str
    escort_phone: str | PhoneNumber
    flags: list[str]


def register(
    *,
    actor: Actor,
    id: UUID,
    clinic: Clinic,
    details: PatientDetails,
    shared: bool = False,
    now: datetime,
) -> Patient:
    """Write a new patient of the clinic.

    Without an MRN the patient gets one made of the id; without a preferred channel, the first that there
    is an address for: e-mail, text messages, none. Consent comes after: e-mail without one gives way to texts
    with one when a message leaves. `shared` says that another patient has this telephone too, as families
    do. Raises `Invalid`, or `Conflict` `mrn_taken`, and `number_shared` for another patient's
    number that isn't said to be shared.
    """
    known: dict[str, Any] = {"mrn": f"C-{id.hex[:10].upper()}", **_cleaned(details)}
    known.setdefault("preferred_channel", _reachable_by(known))
    patient = Patient(id=id, clinic=clinic, synthetic=clinic.synthetic, **known)
    _check(patient, set(known) | {"family_name", "given_names", "birth_date"}, now)

    def work() -> Patient:
        if patient.phone and not shared:
            refuse_unasked(patient, str(patient.phone))
        with acting(actor.user_id):
            _save(patient, force_insert=True)
        return patient

    return in_transaction(work)


def update_details(
    *,
    actor: Actor,
    patient: Patient,
    changes: PatientDetails,
    reason: str = "",
    shared: bool = False,
    now: datetime,
) -> Patient:
    """Change what is known of a patient: only the keys given. Equal values write no history.

    `shared` says that another patient has this telephone too, as families do. Raises `Invalid`, or `Conflict`
    `mrn_taken`, and `number_shared` for another patient's number that isn't said to be shared.
    """
    wanted = _cleaned(changes)

    def work() -> Patient:
        number = wanted.get("phone")
        if number and number.is_valid() and not shared:
            refuse_unasked(patient, str(number))
        row = Patient.objects.select_for_update(no_key=True).get(pk=patient.pk)
        different = {name for name, value in wanted.items() if getattr(row, name) != value}
        if not different:
            return row
        for name in different:
            setattr(row, name, wanted[name])
        if "phone" in different:
            row.phone_as_given = ""  # an import's doubtful number has been replaced by a person
        _check(row, different, now)
        with acting(actor.user_id, reason=reason):
            _save(row, update_fields=[*different, "phone_as_given"])
        return row

    return in_transaction(work)


def _cleaned(details: Mapping[str, Any]) -> dict[str, Any]:
    """Trimmed text, numbers read as the clinic's country writes them, empty choices left out."""
    known: dict[str, Any] = {}
    for name, value in details.items():
        if isinstance(value, str):
            value = value.strip()
        if name in {"phone", "escort_phone"}:
            value = to_python(value) or ""
        if name == "flags":
            value = list(dict.fromkeys(flag.strip() for flag in value if flag.strip()))
        if name in {"mrn", "preferred_channel", "language"} and not value:
            continue
        known[name] = value
    return known


def _reachable_by(known: Mapping[str, Any]) -> str:
    if known.get("email"):
        return Channel.EMAIL
    return Channel.SMS if known.get("phone") else Channel.NONE


def _check(patient: Patient, touched: set[str], now: datetime) -> None:
    """Raise one `Invalid` with every field among those touched that needs mending."""
    wrong: dict[str, str] = {}
    for name in ("family_name", "given_names"):
        if name in touched and not is_visible(getattr(patient, name)):
            wrong[name] = "A patient needs this name."
    for name in touched & LINES:
        if any(map(hides_something, _texts(getattr(patient, name)))):
            wrong.setdefault(name, ONE_LINE)
    if "birth_date" in touched:
        today = clock.local_date(now, patient.clinic.time_zone)
        if not patient.birth_date:
            wrong["birth_date"] = "Give the date of birth."
        elif not OLDEST_BIRTH_DATE <= patient.birth_date <= today:
            wrong["birth_date"] = "Give a date of birth between 1900 and today."
    for name in ("phone", "escort_phone"):
        number = getattr(patient, name)
        if name in touched and number and not number.is_valid():
            wrong[name] = PHONE_MEND
    if "email" in touched and patient.email:
        try:
            validate_email(patient.email)
        except ValidationError:
            wrong["email"] = "This isn't an e-mail address. Write it like name@example.org."
    if "time_zone" in touched and patient.time_zone:
        try:
            clock.validate_zone(patient.time_zone)
        except ValidationError:
            wrong["time_zone"] = "Name an IANA time zone such as America/Chicago, or leave it empty."
    if "language" in touched and not LANGUAGE_TAG.fullmatch(patient.language):
        wrong["language"] = "Give a language tag such as en or es."
    if touched & {"phone", "email", "preferred_channel"}:
        if patient.preferred_channel == Channel.SMS and not patient.phone:
            wrong.setdefault("phone", "Text messages need a mobile number, or choose another channel.")
        if patient.preferred_channel == Channel.EMAIL and not patient.email:
            wrong.setdefault("email", "E-mail messages need an address, or choose another channel.")
    for field in Patient._meta.fields:
        if field.name in touched and field.name not in wrong:
            try:
                field.clean(getattr(patient, field.name), patient)
            except ValidationError as error:
                wrong[field.name] = " ".join(error.messages)
    if wrong:
        raise Invalid(wrong)


def _texts(value: str | list[str]) -> list[str]:
    return [value] if isinstance(value, str) else value


def _save(patient: Patient, **how: Any) -> None:
    try:
        patient.save(**how)
    except IntegrityError as error:
        if violated_constraint(error) == "patient_mrn_once_per_clinic":
            raise Conflict(
                "Another patient of this clinic has this MRN. Open that chart, or correct the number.",
                code="mrn_taken",
                errors=[{"field": "mrn", "code": "mrn_taken", "detail": "Another patient has this MRN."}],
            ) from error
        raise
